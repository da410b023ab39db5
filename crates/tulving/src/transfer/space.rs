//! In which embedding space a source's vectors are, and whether the target keeps vectors of it.

use super::error::TransferError;
use super::read_back::{SpaceId, TargetSpaces};
use super::source::Plan;
use crate::model::{Kind, Space};

impl TargetSpaces {
    /// The space in which a source's vectors are kept; `None` if no vectors of it were ever brought.
    ///
    /// # Errors
    /// [`TransferError::SpaceDropped`] if they were, and are not kept any more.
    pub(super) fn find(
        &self,
        space: &Space,
        noun: &'static str,
    ) -> Result<Option<SpaceId>, TransferError> {
        let comparable = |(_, kept): &&(SpaceId, Space)| kept.is_comparable_with(space);
        if let Some((id, _)) = self.kept.iter().find(comparable) {
            return Ok(Some(*id));
        }
        let was_brought = |brought: &Space| brought.is_comparable_with(space);
        if self.kept.is_empty() || !self.brought.iter().any(was_brought) {
            return Ok(None);
        }
        let kept = self.kept.iter().map(|(_, kept)| kept.to_string());
        Err(TransferError::SpaceDropped {
            noun,
            space: space.clone(),
            kept: kept.collect::<Vec<_>>().join(" and "),
        })
    }

    /// The space of the last vectors that were brought, if a source's are as wide: it is taken for that of a
    /// source that does not say.
    pub(super) fn last(&self, plan: &Plan) -> Option<&Space> {
        let mut widths = plan.kinds.iter().filter_map(|kind| kind.dims);
        let last = self.brought.first()?;
        widths.all(|width| width == last.dims).then_some(last)
    }
}

impl Plan {
    /// The one embedding space of the vectors, unless there are none: that of the model which is
    /// named, else the one that the source names. Of a source that names none, vectors of 1024 are
    /// taken for BGE-M3's.
    ///
    /// # Errors
    /// If the vectors' widths do not fit the model, or each other.
    pub(super) fn space(&self, model: Option<&str>) -> Result<Option<Space>, TransferError> {
        let mut space: Option<Space> = None;
        let mut first = Kind::Node;
        let named = self.space.as_ref().filter(|_| model.is_none());
        for source in &self.kinds {
            let Some(found) = source.dims else {
                continue;
            };
            let refuse = |expected: String| {
                Err(TransferError::Dimensions {
                    file: source.vectors.clone(),
                    found,
                    expected,
                })
            };
            let misfit = |expected: String| {
                Err(TransferError::Width {
                    file: source.vectors.clone(),
                    found,
                    expected,
                })
            };
            match (&space, model) {
                (Some(space), _) if space.dims != found => {
                    let first = first.plural();
                    return misfit(format!("the {first}' vectors have {}", space.dims));
                }
                (Some(_), _) => {}
                (None, _) if found > Space::MAX_DIMS => {
                    return misfit(format!("pgvector stores at most {}", Space::MAX_DIMS));
                }
                (None, None) if named.is_some_and(|named| named.dims != found) => {
                    let named = named.map(ToString::to_string).unwrap_or_default();
                    return misfit(format!("the manifest says that they are of {named}"));
                }
                (None, None) if named.is_some() => {
                    (space, first) = (named.cloned(), source.kind);
                }
                (None, None) if found != Space::BGE_M3_DIMS => {
                    return refuse(format!(
                        "only vectors of {} are taken for {}'s unless their model is named",
                        Space::BGE_M3_DIMS,
                        Space::BGE_M3
                    ));
                }
                (None, Some(Space::BGE_M3)) if found != Space::BGE_M3_DIMS => {
                    return refuse(format!(
                        "those of {} have {}",
                        Space::BGE_M3,
                        Space::BGE_M3_DIMS
                    ));
                }
                (None, model) => {
                    let model = model.unwrap_or(Space::BGE_M3);
                    (space, first) = (Some(Space::local(model, found)), source.kind);
                }
            }
        }
        Ok(space)
    }
}
