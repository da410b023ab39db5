//! A database as the target of a migration.

use async_trait::async_trait;
use serde_json::Value as Json;
use uuid::Uuid;

use super::connect::{Connection, Database};
use super::error::DatabaseError;
use super::refusal::Refusal;
use crate::backend::Forgotten;
use crate::model::{Document, Key, Kind, Scope, Space};
use crate::transfer::{
    ChunkWrite, DocumentWrite, Existing, Ledger, Lock, Phase, Progress, ReadBack, Reader, Run,
    RunChunk, RunStatus, Sink, SpaceId, Target, TargetSpaces, TransferError, Writer,
};

/// One owner's memories in a database, to be moved there.
#[derive(Debug, Clone)]
pub struct PostgresSink {
    database: Database,
    scope: Scope,
    restores: bool,
}

impl PostgresSink {
    /// Says no more than whose memories and where; nothing is connected yet.
    #[must_use]
    pub fn new(database: Database, scope: Scope) -> Self {
        Self {
            database,
            scope,
            restores: false,
        }
    }

    /// Lets what was forgotten come back; its tombstones are taken away as it is written.
    #[must_use]
    pub fn restoring(mut self) -> Self {
        self.restores = true;
        self
    }

    async fn session(&self) -> Result<Box<Session>, DatabaseError> {
        Ok(Box::new(Session {
            connection: self.database.connect().await?,
            scope: self.scope,
            restored: None,
        }))
    }
}

#[async_trait]
impl ReadBack for PostgresSink {
    fn scope(&self) -> Scope {
        self.scope
    }

    async fn require_ready(&self) -> Result<Target, TransferError> {
        let mut connection = self.database.connect().await?;
        let found = connection.require_target().await?;
        connection.require_scope(self.scope).await?;
        Ok(Target {
            noun: "database",
            database: Some((&found).into()),
            identity: found.identity,
            warnings: found.warnings,
        })
    }

    async fn require_isolated(&self) -> Result<(), TransferError> {
        let mut connection = self.database.connect().await?;
        connection.require_wall(self.scope).await?;
        Ok(())
    }

    async fn spaces(&self) -> Result<TargetSpaces, TransferError> {
        let mut connection = self.database.connect().await?;
        let scoped = connection.scoped(self.scope).await?;
        Ok(scoped.target_spaces().await?)
    }

    async fn forgotten(&self) -> Result<Forgotten, TransferError> {
        if self.restores {
            return Ok(Forgotten::default());
        }
        let mut connection = self.database.connect().await?;
        let scoped = connection.scoped(self.scope).await?;
        Ok(scoped.forgotten().await?)
    }

    async fn reader(&self) -> Result<Box<dyn Reader>, TransferError> {
        Ok(self.session().await?)
    }
}

#[async_trait]
impl Sink for PostgresSink {
    async fn lock(&self, seconds: u64) -> Result<Lock, TransferError> {
        Ok(Lock::new(self.database.lock(self.scope, seconds).await?))
    }

    async fn make_space(&self, space: &Space) -> Result<SpaceId, TransferError> {
        let mut connection = self.database.connect().await?;
        Ok(SpaceId(connection.space(space).await?))
    }

    /// Many rows are written several times as fast into tables without an index of the scope's
    /// vectors. Until it is built again searches are exact.
    async fn begin_bulk(&self, rows: u64, progress: &dyn Progress) -> Result<bool, TransferError> {
        const MANY: u64 = 2000;
        let mut connection = self.database.connect().await?;
        let is_valid = |(_, is_valid): &(String, bool)| *is_valid;
        if rows >= MANY
            && connection
                .index_names(self.scope)
                .await?
                .iter()
                .any(is_valid)
        {
            // Before they are gone: whoever goes on has to know.
            let scoped = connection.scoped(self.scope).await?;
            scoped.note_index(true).await?;
            match connection.drop_indexes(self.scope).await {
                // Only the tables' owner may: then it takes longer.
                Err(DatabaseError::Refused(Refusal::Privilege { .. })) => {
                    progress.note("the index of the scope's vectors stays, and slows the copy down: only the tables' owner could remove it");
                    let scoped = connection.scoped(self.scope).await?;
                    scoped.note_index(false).await?;
                }
                dropped => dropped?,
            }
        }
        let scoped = connection.scoped(self.scope).await?;
        Ok(scoped.lacks_index().await?)
    }

    async fn end_bulk(&self, progress: &dyn Progress) -> Result<(), TransferError> {
        progress.note("building the index of the vectors anew …");
        let mut connection = self.database.connect().await?;
        let built = self
            .database
            .index_locked(&mut connection, self.scope, false, &|_| {});
        match built.await {
            // The rows are there, and found: exactly, which takes longer.
            Err(error @ DatabaseError::Refused(_)) => {
                progress.note(&format!(
                    "the index was not built, and searches are exact until tulving index: {error}"
                ));
                return Ok(());
            }
            built => built?,
        };
        let scoped = connection.scoped(self.scope).await?;
        scoped.note_index(false).await?;
        Ok(())
    }

    async fn writer(&self) -> Result<Box<dyn Writer>, TransferError> {
        let mut session = self.session().await?;
        if self.restores {
            let scoped = session.connection.scoped(self.scope).await?;
            session.restored = Some(scoped.forgotten().await?);
        }
        Ok(session)
    }
}

#[async_trait]
impl Ledger for PostgresSink {
    async fn unfinished(&self) -> Result<Option<Run>, TransferError> {
        let mut connection = self.database.connect().await?;
        let scoped = connection.scoped(self.scope).await?;
        let run = scoped.unfinished_run().await?;
        scoped.commit().await?;
        Ok(run)
    }

    async fn enter(
        &self,
        run_id: Uuid,
        inputs: &Json,
        chunks: &[RunChunk],
        left_behind: Option<&Run>,
    ) -> Result<(), TransferError> {
        let mut connection = self.database.connect().await?;
        let scoped = connection.scoped(self.scope).await?;
        if let Some(run) = left_behind {
            let (status, why) = (RunStatus::Abandoned, Some("left behind with --restart"));
            scoped.note_run(run.run_id, status, &run.phase, why).await?;
        }
        scoped.enter_run(run_id, inputs).await?;
        scoped.enter_chunks(run_id, chunks).await?;
        Ok(scoped.commit().await?)
    }

    async fn resume(
        &self,
        run_id: Uuid,
        chunks: &[RunChunk],
    ) -> Result<Vec<RunChunk>, TransferError> {
        let mut connection = self.database.connect().await?;
        let scoped = connection.scoped(self.scope).await?;
        let mut entered = scoped.run_chunks(run_id).await?;
        if entered.is_empty() {
            // Their table was lost, and put back by `schema apply`.
            scoped.enter_chunks(run_id, chunks).await?;
            entered = chunks.to_vec();
        }
        let (status, phase) = (RunStatus::Running, Phase::Copy.as_str());
        scoped.note_run(run_id, status, phase, None).await?;
        scoped.commit().await?;
        Ok(entered)
    }

    async fn note(
        &self,
        run_id: Uuid,
        status: RunStatus,
        phase: Phase,
        error: Option<&str>,
    ) -> Result<(), TransferError> {
        let mut connection = self.database.connect().await?;
        let scoped = connection.scoped(self.scope).await?;
        scoped
            .note_run(run_id, status, phase.as_str(), error)
            .await?;
        Ok(scoped.commit().await?)
    }

    async fn finish(
        &self,
        run_id: Uuid,
        verified: bool,
        receipt: &Json,
    ) -> Result<(), TransferError> {
        let mut connection = self.database.connect().await?;
        let scoped = connection.scoped(self.scope).await?;
        scoped.finish_run(run_id, verified, receipt).await?;
        Ok(scoped.commit().await?)
    }
}

/// A connection of a worker's own.
struct Session {
    connection: Connection,
    scope: Scope,
    /// Tombstones that are taken away with what is written.
    restored: Option<Forgotten>,
}

#[async_trait]
impl Reader for Session {
    async fn existing(
        &mut self,
        kind: Kind,
        ids: &[&str],
        space: Option<SpaceId>,
    ) -> Result<Vec<Existing>, TransferError> {
        let scoped = self.connection.scoped(self.scope).await?;
        let rows = scoped.existing(kind, ids, space.map(|space| space.0));
        let rows = rows.await?;
        scoped.commit().await?;
        Ok(rows)
    }

    async fn count(&mut self, kind: Kind) -> Result<u64, TransferError> {
        let scoped = self.connection.scoped(self.scope).await?;
        let count = scoped.count(kind).await?;
        scoped.commit().await?;
        Ok(count)
    }

    async fn ids(
        &mut self,
        kind: Kind,
        after: &str,
        limit: usize,
    ) -> Result<Vec<String>, TransferError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let scoped = self.connection.scoped(self.scope).await?;
        let ids = scoped.ids(kind, after, limit).await?;
        scoped.commit().await?;
        Ok(ids)
    }

    async fn documents(
        &mut self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>, TransferError> {
        let scoped = self.connection.scoped(self.scope).await?;
        Ok(scoped.list_documents(after, limit).await?)
    }
}

#[async_trait]
impl Writer for Session {
    async fn write_documents(&mut self, write: DocumentWrite<'_>) -> Result<(), TransferError> {
        let mut scoped = self.connection.scoped(self.scope).await?;
        let ids = write.documents.iter().map(|it| it.document.id.clone());
        let ids: Vec<String> = ids.collect();
        scoped.restore(self.restored.as_ref(), &[], &ids).await?;
        Ok(scoped.write_documents(write).await?)
    }

    async fn write(&mut self, write: ChunkWrite<'_>) -> Result<(), TransferError> {
        let ChunkWrite {
            run_id,
            chunk,
            rows,
            replacing,
            space,
            counts,
        } = write;
        let first = match rows.len() {
            0 => 0,
            count => {
                let reserve = self.connection.reserve(chunk.kind, self.scope, count);
                reserve.await?
            }
        };
        let mut scoped = self.connection.scoped(self.scope).await?;
        scoped.defer_durability().await?;
        let keys: Vec<Key> = rows.iter().map(|row| row.memory.key()).collect();
        scoped.restore(self.restored.as_ref(), &keys, &[]).await?;
        if !rows.is_empty() {
            // Where there is no space there are no vectors.
            let space_id = space.map_or(0, |space| space.0);
            scoped
                .write(chunk.kind, rows, space_id, replacing, first)
                .await?;
        }
        scoped.finish_chunk(run_id, chunk, counts).await?;
        Ok(scoped.commit().await?)
    }
}

impl From<DatabaseError> for TransferError {
    fn from(error: DatabaseError) -> Self {
        if error.is_transient() {
            Self::Conflict(error.into())
        } else if error.is_crowded() {
            Self::Crowded(error.into())
        } else {
            Self::End(error.into())
        }
    }
}
