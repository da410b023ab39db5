//! A migration from a source into a sink: plan → validate → copy → verify.

use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::cancel::Cancel;
use super::chunk::RunChunk;
use super::error::TransferError;
use super::inputs;
use super::outputs::Outputs;
use super::prepared::{Prepared, survey};
use super::progress::Progress;
use super::read_back::{SpaceId, Target};
use super::report::{MigrateOptions, Report};
use super::running::Running;
use super::sink::{Lock, Sink};
use super::source::Source;
use crate::model::{Space, Timestamp};

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
        let prepared = Prepared::validate(snapshot, options.workers, progress, cancel).await?;
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

    /// Writes and compares.
    ///
    /// # Errors
    /// If the target fails, another run holds the scope, an unfinished run has other inputs, or
    /// the user asked to stop. A difference found in the end is no error: see
    /// [`Report::verification`].
    pub async fn run(
        self,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Report, TransferError> {
        let began = (Timestamp::now(), Instant::now());
        let lock = self.lock(progress, cancel).await?;
        let (run_id, chunks) = self.enter(progress).await?;
        let running = Running {
            migration: &self,
            run_id,
            began,
            progress,
            cancel,
        };
        let result = running.work(chunks).await;
        if let Err(error) = &result {
            running.note_failure(error).await;
        }
        drop(lock);
        result
    }

    /// The number of the vectors' space in the target.
    pub(super) async fn space_id(&self) -> Result<Option<SpaceId>, TransferError> {
        match (self.kept, &self.space) {
            (None, Some(space)) => Ok(Some(self.sink.make_space(space).await?)),
            (kept, _) => Ok(kept),
        }
    }

    /// Waits for other runs of the scope, and says so if it takes a while.
    async fn lock(&self, progress: &dyn Progress, cancel: &Cancel) -> Result<Lock, TransferError> {
        let seconds = self.options.lock_seconds;
        let mut lock = self.sink.lock(seconds);
        let mut told = false;
        loop {
            tokio::select! {
                lock = &mut lock => return lock,
                () = cancel.wait() => {
                    let phase = "the wait for another run";
                    return Err(TransferError::Interrupted { phase });
                }
                () = tokio::time::sleep(Duration::from_secs(1)), if !told => {
                    let scope = self.sink.scope();
                    progress.note(&format!("another run for {scope} is at work; waiting up to {seconds} s …"));
                    told = true;
                }
            }
        }
    }

    /// Finds the unfinished run of this scope, or enters a new one.
    async fn enter(&self, progress: &dyn Progress) -> Result<(Uuid, Vec<RunChunk>), TransferError> {
        let now = inputs::inputs(self);
        let all = self.prepared.plan().chunks();
        let unfinished = self.sink.unfinished().await?;
        let resumed = unfinished.as_ref().filter(|_| !self.options.restart);
        self.outputs.require_own(resumed.map(|run| run.run_id))?;
        let Some(run) = resumed else {
            let run_id = Uuid::now_v7();
            let left_behind = unfinished.as_ref();
            self.sink.enter(run_id, &now, &all, left_behind).await?;
            return Ok((run_id, all));
        };
        let run_id = run.run_id;
        let changes = inputs::changes(&run.inputs, &now);
        if !changes.is_empty() {
            let changed = changes.join("; ");
            return Err(TransferError::RunChanged { run_id, changed });
        }
        let chunks = self.sink.resume(run_id, &all).await?;
        let done = chunks.iter().filter(|chunk| chunk.done.is_some()).count();
        progress.note(&format!(
            "resuming run {run_id}: {done} of {} chunks are done",
            chunks.len()
        ));
        Ok((run_id, chunks))
    }
}
