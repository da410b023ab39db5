//! The third phase: rows are written, chunk by chunk.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use super::chunk::RunChunk;
use super::counts::{ChunkCounts, DocumentCounts};
use super::documents;
use super::error::TransferError;
use super::pipeline::Task;
use super::read_back::{Existing, SpaceId};
use super::report::OnExisting;
use super::row::{Loaded, Stored};
use super::sink::{ChunkWrite, Sink, Writer};
use super::source::SourceDocument;
use crate::model::{Document, Memory};
use crate::record::{self, Part};

/// Writes chunks of one run.
#[derive(Clone)]
pub(super) struct Copying {
    pub(super) sink: Arc<dyn Sink>,
    pub(super) run_id: Uuid,
    pub(super) space: Option<SpaceId>,
    pub(super) existing: OnExisting,
    /// Documents that stay as they are, and so get no chunks.
    pub(super) kept: Arc<HashSet<String>>,
}

/// How often a chunk is tried when other writers are in its way.
const TRIES: u32 = 5;

impl Task for Copying {
    type Session = Box<dyn Writer>;
    type Done = ChunkCounts;

    async fn open(&self) -> Result<Self::Session, TransferError> {
        self.sink.writer().await
    }

    async fn process(
        &self,
        writer: &mut Self::Session,
        chunk: &RunChunk,
        loaded: Loaded,
    ) -> Result<ChunkCounts, TransferError> {
        let mut tries = 1;
        loop {
            match self.write(&mut **writer, chunk, &loaded).await {
                Err(TransferError::Conflict(_)) if tries < TRIES => tries += 1,
                result => return result,
            }
        }
    }
}

impl Copying {
    /// Compares documents, then writes those that are new or replaced.
    pub(super) async fn documents(
        &mut self,
        documents: &[SourceDocument],
        is_of_source: &(dyn Fn(&str) -> bool + Send + Sync),
    ) -> Result<DocumentCounts, TransferError> {
        if documents.is_empty() {
            return Ok(DocumentCounts::default());
        }
        let mut writer = self.open().await?;
        let mut tries = 1;
        let copied = loop {
            let copied = documents::copy(&mut *writer, documents, self.existing, is_of_source);
            match copied.await {
                Err(TransferError::Conflict(_)) if tries < TRIES => tries += 1,
                copied => break copied?,
            }
        };
        self.kept = Arc::new(copied.kept);
        Ok(copied.counts)
    }

    /// Returns whether a memory is part of something that stays as it is.
    fn is_of_kept(&self, memory: &Memory) -> bool {
        let of_documents = memory.kind() == Document::PIECES;
        let container = memory.position().filter(|_| of_documents);
        container.is_some_and(|(document, _)| self.kept.contains(document))
    }

    /// Compares, then writes the rows that are new or replaced.
    async fn write(
        &self,
        writer: &mut dyn Writer,
        chunk: &RunChunk,
        loaded: &Loaded,
    ) -> Result<ChunkCounts, TransferError> {
        let ids: Vec<&str> = loaded
            .rows
            .iter()
            .map(|row| row.stored.memory.id())
            .collect();
        let there: HashMap<String, Existing> = writer
            .existing(chunk.kind, &ids, self.space)
            .await?
            .into_iter()
            .map(|existing| (existing.stored.memory.id().to_owned(), existing))
            .collect();
        let mut counts = ChunkCounts {
            rejected: loaded.flawed.len() as u64,
            ..ChunkCounts::default()
        };
        let (mut rows, mut replacing) = (Vec::new(), Vec::new());
        for row in &loaded.rows {
            let row = &row.stored;
            match there.get(row.memory.id()) {
                None if self.is_of_kept(&row.memory) => counts.kept += 1,
                None => {
                    counts.inserted += 1;
                    rows.push(row);
                }
                Some(existing) if same(row, existing) => counts.unchanged += 1,
                Some(_) if self.existing == OnExisting::Update => {
                    counts.updated += 1;
                    replacing.push(row.memory.id());
                    rows.push(row);
                }
                Some(_) => counts.kept += 1,
            }
        }
        let write = ChunkWrite {
            run_id: self.run_id,
            chunk,
            rows: &rows,
            replacing: &replacing,
            space: self.space,
            counts,
        };
        writer.write(write).await?;
        Ok(counts)
    }
}

/// Returns whether a row of the source is in the target as it would be written now. The live fields may
/// differ: the target's are the newer.
fn same(ours: &Stored, existing: &Existing) -> bool {
    let theirs = &existing.stored;
    let kind = ours.memory.kind();
    let differing = ours.memory.differing(&theirs.memory);
    differing.iter().all(|field| kind.is_live(field))
        && ours.has_vector_of(theirs)
        && existing.searchable
        && (ours.vector.is_none() || existing.in_space)
        && content(&ours.memory) == content(&theirs.memory)
}

fn content(memory: &Memory) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    record::write(memory, Part::Content, &mut bytes)
        .ok()
        .map(|()| bytes)
}
