//! A migration from a data directory into PostgreSQL: plan → validate → copy → verify.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::cancel::Cancel;
use super::copy::{Copying, OnExisting};
use super::error::TransferError;
use super::inputs;
use super::outputs::Outputs;
use super::prepare::{Prepared, SourceOptions, survey};
use super::progress::{Phase, Progress};
use super::receipt::{Receipt, ReceiptCounts, ReceiptScope};
use super::source::Reading;
use super::verification::{Verification, verify_prepared};
use super::workers::Conveyor;
use crate::backend::postgres::{
    ChunkCounts, Database, DatabaseError, Lock, Refusal, Run, RunChunk, RunStatus, SchemaVersion,
    Target,
};
use crate::model::{Kind, PerKind, Scope, Space, Timestamp};

/// How a migration goes about it.
#[derive(Debug, Clone)]
pub struct MigrateOptions {
    /// What is read.
    pub source: SourceOptions,
    /// The embedding model of the vectors; 1024-wide ones are BGE-M3's unless named.
    pub model: Option<String>,
    /// Write the sound rows though others are refused.
    pub reject: bool,
    /// Where refused rows go: a file, or a directory in which it is `rejects.jsonl` or, while there
    /// are files with other rows, `rejects-2.jsonl` and so on.
    pub rejects: PathBuf,
    /// What happens to rows that are there already and differ.
    pub existing: OnExisting,
    /// Leave an unfinished run behind and begin anew.
    pub restart: bool,
    /// Where the receipt goes: a file, or a directory in which it is named after the run.
    pub receipt: PathBuf,
    /// Whether these two may take the place of other files.
    pub replace_files: bool,
    /// How long to wait for another run of the same scope.
    pub lock_seconds: u64,
}

/// What a migration did.
#[derive(Debug, Clone)]
pub struct Report {
    /// The run in the ledger.
    pub run_id: Uuid,
    /// Whose memories.
    pub scope: Scope,
    /// What became of each kind.
    pub counts: PerKind<ReceiptCounts>,
    /// What the comparison found.
    pub verification: Verification,
    /// From the first write to the end of the comparison, in this session.
    pub took: Duration,
    /// Rows that this session copied; an earlier one had done the others.
    pub copied: u64,
    /// Where the receipt is.
    pub receipt: PathBuf,
    /// Where refused rows are, if there were any.
    pub rejects: Option<PathBuf>,
}

/// A migration whose source was read through and checked; nothing is written yet.
pub struct Migration {
    database: Database,
    target: Target,
    scope: Scope,
    options: MigrateOptions,
    outputs: Outputs,
    /// The embedding space of the vectors, unless there are none.
    pub space: Option<Space>,
    /// What was found.
    pub prepared: Prepared,
}

impl OnExisting {
    /// `keep` or `update`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Update => "update",
        }
    }
}

impl Migration {
    /// Checks the database and where the receipt goes, then reads and checks the whole source.
    ///
    /// # Errors
    /// If the database cannot be worked with, the owner is not in it, receipt or rejected rows could
    /// not be written, or the source cannot be used; also if rows are refused and `reject` is not
    /// set.
    pub async fn prepare(
        database: &Database,
        scope: Scope,
        options: MigrateOptions,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Self, TransferError> {
        let mut connection = database.connect().await?;
        let target = connection.require_target().await?;
        connection.require_scope(scope).await?;
        connection.require_wall(scope).await?;
        target
            .warnings
            .iter()
            .for_each(|warning| progress.note(warning));
        drop(connection);
        let outputs = Outputs::look(&options, scope, cancel).await?;
        let surveyed = survey(&options.source, progress, cancel).await?;
        let space = surveyed.space(options.model.as_deref())?;
        let prepared = surveyed
            .validate(scope, &options.source, progress, cancel)
            .await?;
        if !options.reject {
            prepared.require_flawless()?;
        }
        let sources = prepared.files.iter().map(|(_, print)| print.path.as_path());
        outputs.require_other_than(sources)?;
        Ok(Self {
            database: database.clone(),
            target,
            scope,
            options,
            outputs,
            space,
            prepared,
        })
    }

    /// Writes and compares.
    ///
    /// # Errors
    /// If the database fails, another run holds the scope, an unfinished run has other inputs, or
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
        let result = self.work(run_id, chunks, began, progress, cancel).await;
        if let Err(error) = &result {
            self.note_failure(run_id, error).await;
        }
        drop::<Lock>(lock);
        result
    }

    /// Waits for other runs of the scope, and says so if it takes a while.
    async fn lock(&self, progress: &dyn Progress, cancel: &Cancel) -> Result<Lock, TransferError> {
        let seconds = self.options.lock_seconds;
        let mut lock = std::pin::pin!(self.database.lock(self.scope, seconds));
        let mut told = false;
        loop {
            tokio::select! {
                lock = &mut lock => return Ok(lock?),
                () = cancel.wait() => {
                    let phase = "the wait for another run";
                    return Err(TransferError::Interrupted { phase });
                }
                () = tokio::time::sleep(Duration::from_secs(1)), if !told => {
                    let scope = self.scope;
                    progress.note(&format!("another run for {scope} is at work; waiting up to {seconds} s …"));
                    told = true;
                }
            }
        }
    }

    /// Finds the unfinished run of this scope, or enters a new one.
    async fn enter(&self, progress: &dyn Progress) -> Result<(Uuid, Vec<RunChunk>), TransferError> {
        let mut connection = self.database.connect().await?;
        let now = inputs::inputs(
            self.scope,
            &self.target.identity,
            self.space.as_ref(),
            &self.prepared,
            &self.options,
        );
        let scoped = connection.scoped(self.scope).await?;
        let unfinished = scoped.unfinished_run().await?;
        let resumed = unfinished.as_ref().filter(|_| !self.options.restart);
        let all = self.prepared.sources.iter();
        let all: Vec<RunChunk> = all
            .flat_map(|checked| checked.source.chunks.iter().copied())
            .collect();
        self.outputs.require_own(resumed.map(|run| run.run_id))?;
        if let Some(run) = &unfinished
            && !self.options.restart
        {
            let Run { run_id, inputs, .. } = run;
            let changes = inputs::changes(inputs, &now);
            if !changes.is_empty() {
                let changed = changes.join("; ");
                return Err(DatabaseError::from(Refusal::RunChanged {
                    run_id: *run_id,
                    changed,
                })
                .into());
            }
            let mut chunks = scoped.run_chunks(*run_id).await?;
            if chunks.is_empty() {
                // Their table was lost, and put back by `schema apply`.
                scoped.enter_chunks(*run_id, &all).await?;
                chunks = all;
            }
            scoped
                .note_run(*run_id, RunStatus::Running, Phase::Copy.as_str(), None)
                .await?;
            scoped.commit().await?;
            let done = chunks.iter().filter(|chunk| chunk.done.is_some()).count();
            progress.note(&format!(
                "resuming run {run_id}: {done} of {} chunks are done",
                chunks.len()
            ));
            return Ok((*run_id, chunks));
        }
        if let Some(run) = unfinished {
            scoped
                .note_run(
                    run.run_id,
                    RunStatus::Abandoned,
                    &run.phase,
                    Some("left behind with --restart"),
                )
                .await?;
        }
        let run_id = Uuid::now_v7();
        scoped.enter_run(run_id, &now).await?;
        scoped.enter_chunks(run_id, &all).await?;
        scoped.commit().await?;
        Ok((run_id, all))
    }

    async fn work(
        &self,
        run_id: Uuid,
        chunks: Vec<RunChunk>,
        began: (Timestamp, Instant),
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Report, TransferError> {
        let workers = self.options.source.workers;
        let rejects = self
            .outputs
            .write_rejects(run_id, &self.prepared, workers, cancel)
            .await?;
        let space_id = match &self.space {
            Some(space) => Some(self.database.connect().await?.space(space).await?),
            None => None,
        };
        let indexed = self.drop_indexes(&chunks, progress).await?;
        let all: u64 = chunks.iter().map(|chunk| u64::from(chunk.rows)).sum();
        let before = chunks.iter().filter(|chunk| chunk.done.is_some());
        let before: u64 = before.map(|chunk| u64::from(chunk.rows)).sum();
        progress.phase(Phase::Copy, Some(all));
        progress.resumed(before);
        let mut counts = PerKind::<ChunkCounts>::default();
        for (kind, counts) in counts.iter_mut() {
            let (done, todo): (Vec<_>, Vec<_>) = chunks
                .iter()
                .copied()
                .filter(|chunk| chunk.kind == kind)
                .partition(|chunk| chunk.done.is_some());
            for chunk in &done {
                *counts += chunk.done.unwrap_or_default();
            }
            let copying = Copying {
                scope: self.scope,
                run_id,
                space_id: space_id.unwrap_or_default(),
                existing: self.options.existing,
            };
            self.copy(kind, copying, todo, counts, progress, cancel)
                .await?;
        }
        if indexed {
            progress.note("building the index of the vectors anew …");
            let mut connection = self.database.connect().await?;
            self.database
                .index_locked(&mut connection, self.scope, false, &|_| {})
                .await?;
        }
        self.note(run_id, RunStatus::Running, Phase::Verify, None)
            .await?;
        let verification = verify_prepared(
            &self.database,
            self.scope,
            &self.prepared,
            &self.options.source,
            false,
            space_id,
            progress,
            cancel,
        )
        .await?;
        self.finish(run_id, counts, verification, all - before, began, rejects)
            .await
    }

    /// Many rows are written several times as fast into tables without an index of the scope's
    /// vectors; whether there was one, to be built again. Until then searches are exact.
    async fn drop_indexes(
        &self,
        chunks: &[RunChunk],
        progress: &dyn Progress,
    ) -> Result<bool, DatabaseError> {
        const MANY: u64 = 2000;
        let left = chunks.iter().filter(|chunk| chunk.done.is_none());
        if left.map(|chunk| u64::from(chunk.rows)).sum::<u64>() < MANY {
            return Ok(false);
        }
        let connection = self.database.connect().await?;
        match connection.drop_indexes(self.scope).await {
            // Only the tables' owner may: then it takes longer.
            Err(DatabaseError::Refused(Refusal::Privilege { .. })) => {
                progress.note("the index of the scope's vectors stays, and slows the copy down: only the tables' owner could remove it");
                Ok(false)
            }
            dropped => dropped,
        }
    }

    async fn copy(
        &self,
        kind: Kind,
        copying: Copying,
        chunks: Vec<RunChunk>,
        counts: &mut ChunkCounts,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<(), TransferError> {
        let Some(checked) = self
            .prepared
            .sources
            .iter()
            .find(|checked| checked.source.kind == kind)
        else {
            return Ok(());
        };
        let reading = Reading {
            stamp: self.prepared.stamp,
            digests: false,
            repeated: checked.repeated.clone(),
        };
        let source = Arc::clone(&checked.source);
        Conveyor::new(
            source,
            reading,
            chunks,
            self.options.source.workers,
            cancel.clone(),
        )
        .run(
            &self.database,
            copying,
            Phase::Copy.as_str(),
            |chunk, done| {
                *counts += done;
                progress.advance(u64::from(chunk.rows));
            },
        )
        .await?;
        Ok(checked.source.pair.unchanged()?)
    }

    /// Receipt first, then the ledger: a run that is finished has its receipt.
    async fn finish(
        &self,
        run_id: Uuid,
        counts: PerKind<ChunkCounts>,
        verification: Verification,
        copied: u64,
        (started_at, began): (Timestamp, Instant),
        rejects: Option<PathBuf>,
    ) -> Result<Report, TransferError> {
        let took = began.elapsed();
        let receipt = Receipt {
            format: Receipt::FORMAT,
            tulving: env!("CARGO_PKG_VERSION").to_owned(),
            run_id,
            scope: ReceiptScope::from(self.scope),
            verified: verification.verified,
            files: self.prepared.files.iter().map(Into::into).collect(),
            rows: self.options.source.rows.clone(),
            layout: self.prepared.layout.to_owned(),
            kinds: self
                .prepared
                .sources
                .iter()
                .map(|checked| checked.source.kind.plural().to_owned())
                .collect(),
            space: self.space.as_ref().map(Into::into),
            counts: counts.map(|kind, counts| self.counts(kind, counts)),
            source_digest: crate::hex(&verification.source_digest),
            target_digest: crate::hex(&verification.target_digest),
            cast_f32: self.options.source.cast_f32,
            restamped: self.options.source.restamp,
            postgresql: self.target.server.clone(),
            pgvector: self.target.vector.clone(),
            schema_version: SchemaVersion::newest(),
            started_at: started_at.isoformat(),
            finished_at: Timestamp::now().isoformat(),
        };
        let path = self.outputs.write_receipt(&receipt)?;
        let result = serde_json::to_value(&receipt).unwrap_or_default();
        let mut connection = self.database.connect().await?;
        let scoped = connection.scoped(self.scope).await?;
        scoped
            .finish_run(run_id, verification.verified, &result)
            .await?;
        scoped.commit().await?;
        Ok(Report {
            run_id,
            scope: self.scope,
            counts: receipt.counts,
            verification,
            took,
            copied,
            receipt: path,
            rejects,
        })
    }

    fn counts(&self, kind: Kind, counts: ChunkCounts) -> ReceiptCounts {
        let summary = &self.prepared.kinds[kind];
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

    async fn note(
        &self,
        run_id: Uuid,
        status: RunStatus,
        phase: Phase,
        error: Option<&str>,
    ) -> Result<(), DatabaseError> {
        let mut connection = self.database.connect().await?;
        let scoped = connection.scoped(self.scope).await?;
        scoped
            .note_run(run_id, status, phase.as_str(), error)
            .await?;
        scoped.commit().await
    }

    /// Leaves word in the ledger, if the database still listens; what happened is told anyway.
    async fn note_failure(&self, run_id: Uuid, error: &TransferError) {
        let phase = match error {
            TransferError::Interrupted { phase } if *phase == Phase::Verify.as_str() => {
                Phase::Verify
            }
            _ => Phase::Copy,
        };
        let _ = self
            .note(
                run_id,
                RunStatus::Interrupted,
                phase,
                Some(&error.to_string()),
            )
            .await;
    }
}
