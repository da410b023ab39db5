//! The third phase: rows are written, chunk by chunk.

use std::collections::HashMap;

use super::error::TransferError;
use super::source::{Loaded, SourceRow};
use super::workers::Work;
use crate::backend::postgres::{ChunkCounts, Connection, DatabaseError, Existing, RunChunk};
use crate::model::{Memory, Scope};
use crate::record::{self, Part};
use uuid::Uuid;

/// What happens to rows that are there already and differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnExisting {
    /// They stay as they are, and are reported.
    Keep,
    /// They are replaced.
    Update,
}

/// Writes chunks of one run.
pub(crate) struct Copying {
    pub(crate) scope: Scope,
    pub(crate) run_id: Uuid,
    pub(crate) space_id: i32,
    pub(crate) existing: OnExisting,
}

/// How often a chunk is tried when other transactions are in its way.
const TRIES: u32 = 5;

impl Work for Copying {
    type Done = ChunkCounts;

    async fn work(
        &self,
        connection: &mut Connection,
        chunk: &RunChunk,
        loaded: Loaded,
    ) -> Result<ChunkCounts, TransferError> {
        let mut tries = 1;
        loop {
            match self.write(connection, chunk, &loaded).await {
                Err(error) if error.is_transient() && tries < TRIES => tries += 1,
                result => return Ok(result?),
            }
        }
    }
}

impl Copying {
    /// Compares, then writes rows and their mark in the ledger in one transaction.
    async fn write(
        &self,
        connection: &mut Connection,
        chunk: &RunChunk,
        loaded: &Loaded,
    ) -> Result<ChunkCounts, DatabaseError> {
        let scoped = connection.scoped(self.scope).await?;
        let ids: Vec<&str> = loaded
            .rows
            .iter()
            .map(|row| row.stored.memory.id())
            .collect();
        let there: HashMap<String, Existing> = scoped
            .existing(chunk.kind, &ids)
            .await?
            .into_iter()
            .map(|existing| (existing.stored.memory.id().to_owned(), existing))
            .collect();
        scoped.commit().await?;
        let mut counts = ChunkCounts {
            rejected: loaded.flawed.len() as u64,
            ..ChunkCounts::default()
        };
        let (mut rows, mut replacing) = (Vec::new(), Vec::new());
        for row in &loaded.rows {
            match there.get(row.stored.memory.id()) {
                None => {
                    counts.inserted += 1;
                    rows.push(&row.stored);
                }
                Some(existing) if same(row, existing, self.space_id) => counts.unchanged += 1,
                Some(_) if self.existing == OnExisting::Update => {
                    counts.updated += 1;
                    replacing.push(row.stored.memory.id());
                    rows.push(&row.stored);
                }
                Some(_) => counts.kept += 1,
            }
        }
        let first = match rows.len() {
            0 => 0,
            count => connection.reserve(chunk.kind, self.scope, count).await?,
        };
        let mut scoped = connection.scoped(self.scope).await?;
        scoped.defer_durability().await?;
        if !rows.is_empty() {
            let written = scoped
                .write(chunk.kind, &rows, self.space_id, &replacing, first)
                .await?;
            if written.rows != rows.len() as u64 || written.replaced != replacing.len() as u64 {
                return Err(DatabaseError::RowsMissing {
                    table: chunk.kind.table(),
                    sent: rows.len() as u64,
                    arrived: written.rows,
                });
            }
        }
        scoped.finish_chunk(self.run_id, chunk, counts).await?;
        scoped.commit().await?;
        Ok(counts)
    }
}

/// Whether a row of the source is in the database as it would be written now. The live fields may
/// differ: the database's are the newer.
fn same(source: &SourceRow, existing: &Existing, space_id: i32) -> bool {
    let (ours, theirs) = (&source.stored, &existing.stored);
    let kind = ours.memory.kind();
    let differing = ours.memory.differing(&theirs.memory);
    differing.iter().all(|field| kind.is_live(field))
        && ours.has_vector_of(theirs)
        && existing.searchable
        && existing.space_id == ours.vector.as_ref().map(|_| space_id)
        && content(&ours.memory) == content(&theirs.memory)
}

fn content(memory: &Memory) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    record::write(memory, Part::Content, &mut bytes)
        .ok()
        .map(|()| bytes)
}
