//! In which embedding space a source's vectors are, and whether the target keeps vectors of it.

use super::error::TransferError;
use super::read_back::{SpaceId, TargetSpaces};
use super::source::Plan;
use crate::model::{Kind, Space};

impl TargetSpaces {
    /// Returns the space in which a source's vectors are kept; `None` if no vectors of it were ever
    /// brought.
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

    /// Returns the space in which a source's vectors were brought: the one that it names, else the only
    /// one of their width. `None` if that leaves more than one.
    pub(super) fn brought_from(&self, plan: &Plan) -> Option<&Space> {
        let is_as_wide = |space: &&Space| {
            let mut widths = plan.kinds.iter().filter_map(|kind| kind.dims);
            widths.all(|width| width == space.dims)
        };
        let mut as_wide = self.brought.iter().filter(is_as_wide);
        if let Some(named) = &plan.space
            && let Some(found) = as_wide
                .clone()
                .find(|space| space.is_comparable_with(named))
        {
            return Some(found);
        }
        let first = as_wide.next()?;
        as_wide
            .all(|other| other.is_comparable_with(first))
            .then_some(first)
    }
}

impl Plan {
    /// Returns the one embedding space of the vectors, unless there are none: that of the model which
    /// is named, else the one that the source names. Of a source that names none, vectors of 1024 are
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::{KindPlan, ReadOptions};

    fn plan(dims: usize, named: Option<Space>) -> Plan {
        Plan {
            layout: "",
            options: ReadOptions::default(),
            space: named,
            left_out: Vec::new(),
            state: None,
            database: None,
            kinds: vec![KindPlan {
                kind: Kind::Node,
                files: Vec::new(),
                rows: 1,
                dims: Some(dims),
                vectors: String::new(),
                chunks: Vec::new(),
            }],
        }
    }

    #[test]
    fn a_source_that_does_not_say_is_of_the_only_space_of_its_width() {
        let [a, b, wide] =
            [("a", 2), ("b", 2), ("a", 3)].map(|(model, dims)| Space::local(model, dims));
        let brought = |spaces: &[&Space]| TargetSpaces {
            brought: spaces.iter().map(|space| (*space).clone()).collect(),
            ..TargetSpaces::default()
        };
        assert_eq!(
            brought(&[&wide, &a, &a]).brought_from(&plan(2, None)),
            Some(&a)
        );
        assert_eq!(brought(&[&wide]).brought_from(&plan(2, None)), None);
        // Which of two it is nobody knows, unless it says so.
        let two = brought(&[&b, &a]);
        assert_eq!(two.brought_from(&plan(2, None)), None);
        assert_eq!(two.brought_from(&plan(2, Some(a.clone()))), Some(&a));
        // What it says was not believed when it was moved.
        assert_eq!(brought(&[&b]).brought_from(&plan(2, Some(a))), Some(&b));
    }
}
