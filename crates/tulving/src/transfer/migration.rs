//! A migration from a source into a sink: plan → validate → copy → verify.

use std::sync::Arc;

use super::cancel::Cancel;
use super::error::TransferError;
use super::outputs::Outputs;
use super::prepared::{Prepared, survey};
use super::progress::Progress;
use super::read_back::{SpaceId, Target};
use super::report::MigrateOptions;
use super::sink::Sink;
use super::source::Source;
use crate::model::Space;

/// A migration whose source was read through and checked; nothing is written yet.
pub struct Migration {
    pub(super) sink: Arc<dyn Sink>,
    pub(super) target: Target,
    pub(super) options: MigrateOptions,
    pub(super) outputs: Outputs,
    /// The embedding space of the vectors, unless there are none.
    pub space: Option<Space>,
    /// Its number, if the target keeps vectors of it already.
    kept: Option<SpaceId>,
    /// What was found.
    pub prepared: Prepared,
}

impl Migration {
    /// Checks the target and where the receipt goes, then reads and checks the whole source.
    ///
    /// # Errors
    /// If the target cannot be worked with, the owner is not in it, receipt or rejected rows could
    /// not be written, or the source cannot be used; also if rows are refused and `reject` is not
    /// set.
    pub async fn prepare(
        source: &dyn Source,
        sink: Arc<dyn Sink>,
        options: MigrateOptions,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Self, TransferError> {
        // First, since that is quick.
        let target = sink.require_ready().await?;
        sink.require_isolated().await?;
        target
            .warnings
            .iter()
            .for_each(|warning| progress.note(warning));
        let outputs = Outputs::look(&options, sink.scope(), cancel).await?;
        let snapshot = survey(source, progress, cancel).await?;
        let space = snapshot.plan().space(options.model.as_deref())?;
        let kept = match &space {
            Some(space) => sink.spaces().await?.find(space, target.noun)?,
            None => None,
        };
        let (forgotten, workers) = (sink.forgotten().await?, options.workers);
        let prepared = Prepared::validate(snapshot, forgotten, workers, progress, cancel).await?;
        if !options.reject {
            prepared.require_flawless()?;
        }
        let files = prepared.plan().files().map(|file| file.path.as_path());
        outputs.require_other_than(files)?;
        Ok(Self {
            sink,
            target,
            options,
            outputs,
            space,
            kept,
            prepared,
        })
    }

    /// Makes sure, once no erasure is under way any more, that nothing was forgotten since the rows were checked.
    pub(super) async fn require_same_forgotten(&self) -> Result<(), TransferError> {
        match self.sink.forgotten().await?.tombstones == self.prepared.forgotten.tombstones {
            true => Ok(()),
            false => Err(TransferError::MoreForgotten),
        }
    }

    /// Returns the number of the vectors' space in the target.
    pub(super) async fn space_id(&self) -> Result<Option<SpaceId>, TransferError> {
        match (self.kept, &self.space) {
            (None, Some(space)) => Ok(Some(self.sink.make_space(space).await?)),
            (kept, _) => Ok(kept),
        }
    }
}
