//! A run: rows are copied and compared, then the receipt is written.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::cancel::Cancel;
use super::chunk::RunChunk;
use super::copy::Copying;
use super::counts::{ChunkCounts, DocumentCounts};
use super::error::TransferError;
use super::inputs;
use super::ledger::RunStatus;
use super::migration::Migration;
use super::pipeline::Pipeline;
use super::progress::{Phase, Progress};
use super::read_back::{ReadBack, SpaceId};
use super::receipt::{Receipt, ReceiptCounts, ReceiptScope};
use super::report::Report;
use super::sink::{Lock, Sink};
use super::verification::Verification;
use super::verify::Comparison;
use crate::model::{Document, Kind, PerKind, Timestamp};

impl Migration {
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
        self.require_same_forgotten().await?;
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

/// A run that was entered in the ledger.
pub(super) struct Running<'m> {
    pub(super) migration: &'m Migration,
    pub(super) run_id: Uuid,
    pub(super) began: (Timestamp, Instant),
    pub(super) progress: &'m dyn Progress,
    pub(super) cancel: &'m Cancel,
}

/// What a session copied.
struct Copied {
    counts: PerKind<ChunkCounts>,
    documents: DocumentCounts,
    /// Rows of this session alone.
    rows: u64,
}

impl Running<'_> {
    /// Copies what is not done yet, and compares everything.
    pub(super) async fn work(&self, chunks: Vec<RunChunk>) -> Result<Report, TransferError> {
        let Migration { sink, prepared, .. } = self.migration;
        let rejects = self
            .migration
            .outputs
            .write_rejects(self.run_id, prepared, self.cancel)
            .await?;
        let space = self.migration.space_id().await?;
        let copied = self.copy(&chunks, space).await?;
        sink.note(self.run_id, RunStatus::Running, Phase::Verify, None)
            .await?;
        let target: Arc<dyn ReadBack> = Arc::<dyn Sink>::clone(sink);
        let comparison = Comparison {
            target: &target,
            prepared,
            exact: self.migration.options.exact,
            space,
            progress: self.progress,
            cancel: self.cancel,
        };
        let verification = comparison.run().await?;
        self.finish(copied, verification, rejects).await
    }

    async fn copy(
        &self,
        chunks: &[RunChunk],
        space: Option<SpaceId>,
    ) -> Result<Copied, TransferError> {
        let sink = &self.migration.sink;
        let rows = |chunks: &mut dyn Iterator<Item = &RunChunk>| -> u64 {
            chunks.map(|chunk| u64::from(chunk.rows)).sum()
        };
        let all = rows(&mut chunks.iter());
        let left = rows(&mut chunks.iter().filter(|chunk| chunk.done.is_none()));
        let bulk = sink.begin_bulk(left, self.progress).await?;
        self.progress.phase(Phase::Copy, Some(all));
        self.progress.resumed(all - left);
        // Before the chunks that are pieces of them.
        let prepared = &self.migration.prepared;
        // The rows of a file are not all that the source has.
        let is_part = prepared.plan().options.rows.is_some();
        let is_of_source = |id: &str| is_part || prepared.has(Document::PIECES, id);
        let mut copying = Copying {
            sink: Arc::clone(sink),
            run_id: self.run_id,
            space,
            existing: self.migration.options.existing,
            kept: Arc::default(),
        };
        let documents = &prepared.documents;
        let documents = copying.documents(documents, &is_of_source).await?;
        let mut counts = PerKind::<ChunkCounts>::default();
        for (kind, counts) in counts.iter_mut() {
            let of_kind = chunks.iter().filter(|chunk| chunk.kind == kind).copied();
            let (done, todo): (Vec<_>, Vec<_>) = of_kind.partition(|chunk| chunk.done.is_some());
            for chunk in &done {
                *counts += chunk.done.unwrap_or_default();
            }
            if self.migration.prepared.plan().has(kind) {
                self.copy_kind(kind, todo, copying.clone(), counts).await?;
            }
        }
        if bulk {
            sink.end_bulk(self.progress).await?;
        }
        Ok(Copied {
            counts,
            documents,
            rows: left,
        })
    }

    async fn copy_kind(
        &self,
        kind: Kind,
        chunks: Vec<RunChunk>,
        copying: Copying,
        counts: &mut ChunkCounts,
    ) -> Result<(), TransferError> {
        let Migration {
            prepared, options, ..
        } = self.migration;
        let (snapshot, reading) = (&prepared.snapshot, prepared.reading(kind));
        Pipeline::new(snapshot, reading, chunks, options.workers, self.cancel)
            .run(copying, Phase::Copy, |chunk, done| {
                *counts += done;
                self.progress.advance(u64::from(chunk.rows));
            })
            .await?;
        snapshot.require_unchanged(kind).await
    }

    /// Receipt first, then the ledger: a run that is finished has its receipt.
    async fn finish(
        &self,
        copied: Copied,
        verification: Verification,
        rejects: Option<PathBuf>,
    ) -> Result<Report, TransferError> {
        let (started_at, began) = self.began;
        let took = began.elapsed();
        let Migration {
            sink,
            target,
            outputs,
            prepared,
            space,
            ..
        } = self.migration;
        let plan = prepared.plan();
        let kinds = plan.kinds.iter().map(|plan| plan.kind.plural().to_owned());
        let receipt = Receipt {
            format: Receipt::FORMAT,
            tulving: env!("CARGO_PKG_VERSION").to_owned(),
            run_id: self.run_id,
            scope: ReceiptScope::from(sink.scope()),
            verified: verification.verified,
            files: plan.files().map(Into::into).collect(),
            rows: plan.options.rows.clone(),
            layout: plan.layout.to_owned(),
            kinds: kinds.collect(),
            space: space.as_ref().map(Into::into),
            counts: copied.counts.map(|kind, counts| self.counts(kind, counts)),
            documents: (copied.documents.found > 0).then_some(copied.documents),
            source_digest: crate::hex(&verification.source_digest),
            target_digest: crate::hex(&verification.target_digest),
            cast_f32: plan.options.cast_f32,
            restamped: plan.options.restamp,
            database: target.database.clone().or_else(|| plan.database.clone()),
            started_at: started_at.isoformat(),
            finished_at: Timestamp::now().isoformat(),
        };
        let path = outputs.write_receipt(&receipt)?;
        let result = serde_json::to_value(&receipt).unwrap_or_default();
        sink.finish(self.run_id, verification.verified, &result)
            .await?;
        Ok(Report {
            run_id: self.run_id,
            scope: sink.scope(),
            counts: receipt.counts,
            documents: receipt.documents,
            verification,
            took,
            copied: copied.rows,
            receipt: path,
            rejects,
        })
    }

    fn counts(&self, kind: Kind, counts: ChunkCounts) -> ReceiptCounts {
        let summary = &self.migration.prepared.kinds[kind];
        ReceiptCounts {
            found: summary.found,
            inserted: counts.inserted,
            updated: counts.updated,
            unchanged: counts.unchanged,
            kept: counts.kept,
            rejected: counts.rejected,
            zoneless_times: summary.zoneless_times,
            zero_vectors: summary.zero_vectors,
        }
    }

    /// Leaves word in the ledger, if the target still listens; what happened is told anyway.
    pub(super) async fn note_failure(&self, error: &TransferError) {
        let phase = match error {
            TransferError::Interrupted { phase } if *phase == Phase::Verify.as_str() => {
                Phase::Verify
            }
            _ => Phase::Copy,
        };
        let (status, why) = (RunStatus::Interrupted, error.to_string());
        let sink = &self.migration.sink;
        let _ = sink.note(self.run_id, status, phase, Some(&why)).await;
    }
}
