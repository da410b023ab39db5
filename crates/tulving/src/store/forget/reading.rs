//! What is read of memories before they are forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::Selection;
use crate::backend::{Backend, BackendError, Counts, Entry, Filter, Forgotten, Needles};
use crate::json;
use crate::model::{Document, Key, Kind, Memory, Scope, Space};
use crate::record::{self, Part};
use crate::search::text::{indexed, written};
use crate::store::{Pages, StoreError};

/// Memories and documents that are read at once.
const AT_ONCE: usize = 1000;

/// What is known of memories and documents that are to be forgotten.
#[derive(Debug, Default)]
pub(super) struct Doomed {
    pub(super) keys: BTreeSet<Key>,
    /// Kinds of which there may be traces, though what they are of came back since.
    pub(super) kinds: BTreeSet<Kind>,
    pub(super) documents: BTreeSet<String>,
    pub(super) needles: Needles,
    pub(super) pieces: Pieces,
    /// How many memories and documents were read.
    pub(super) read: Counts,
    pub(super) read_documents: u64,
}

/// Reads memories of one scope.
pub(super) struct Reading<'b> {
    pub(super) backend: &'b dyn Backend,
    pub(super) scope: Scope,
    #[cfg_attr(
        not(feature = "http"),
        expect(dead_code, reason = "no other embedder has a cache")
    )]
    pub(super) caches: Vec<Cached>,
}

/// A folder of vectors that were computed before, and the spaces that they may be of.
pub(super) type Cached = (PathBuf, Vec<Space>);

/// How many chunks of each document are to go, by its id.
pub(super) type Pieces = BTreeMap<String, u64>;

impl Reading<'_> {
    /// Adds what a selection names to what is to be forgotten already, and documents of which it leaves no chunk.
    /// Ids that were named are always looked for, whether they are there or not.
    ///
    /// # Errors
    /// If it cannot be read, or names what is not there and was not forgotten before.
    pub(super) async fn doom_selected(
        &self,
        selection: &Selection,
        doomed: &mut Doomed,
        read: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), StoreError> {
        match selection {
            Selection::Everything => {
                self.passing(&Filter::default(), doomed, read).await?;
                self.all_documents(|document| doomed.document(document))
                    .await?;
            }
            Selection::Passing(filter) => {
                self.passing(filter, doomed, read).await?;
                self.doom_emptied(doomed).await?;
            }
            Selection::Ids(ids) => {
                ids.iter().for_each(|id| doomed.needles.add_id(id));
                let forgotten = self.backend.forgotten(self.scope).await?;
                let ids: BTreeSet<&String> = ids.iter().collect();
                let ids: Vec<String> = ids.into_iter().cloned().collect();
                for ids in ids.chunks(AT_ONCE) {
                    for memory in self.with_ids(ids, &forgotten).await? {
                        self.doom(&memory, doomed)?;
                    }
                    read(doomed.keys.len() as u64);
                }
                self.doom_emptied(doomed).await?;
            }
            Selection::Documents(ids) => {
                ids.iter().for_each(|id| doomed.needles.add_id(id));
                for document in self.documents(ids).await? {
                    doomed.document(&document);
                }
                if let Some(chunks) = pieces(ids) {
                    self.passing(&chunks, doomed, read).await?;
                }
            }
        }
        Ok(())
    }

    async fn passing(
        &self,
        filter: &Filter,
        doomed: &mut Doomed,
        read: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), StoreError> {
        self.memories(filter, |memory| {
            self.doom(memory, doomed)?;
            read(doomed.keys.len() as u64);
            Ok(())
        })
        .await
    }

    async fn doom_emptied(&self, doomed: &mut Doomed) -> Result<(), StoreError> {
        for document in self.emptied(&doomed.pieces).await? {
            doomed.document(&document);
        }
        Ok(())
    }

    /// Returns how many chunks of each document pass.
    pub(super) async fn pieces_passing(&self, filter: &Filter) -> Result<Pieces, StoreError> {
        let mut pieces = Pieces::new();
        if filter.wants(Document::PIECES) {
            let filter = Filter {
                kinds: vec![Document::PIECES],
                ..filter.clone()
            };
            self.memories(&filter, |memory| {
                note_piece(memory, &mut pieces);
                Ok(())
            })
            .await?;
        }
        Ok(pieces)
    }

    /// Returns the documents that have no more chunks than these.
    pub(super) async fn emptied(&self, going: &Pieces) -> Result<Vec<Document>, StoreError> {
        let mut emptied = Vec::new();
        for (document, count) in going {
            let ids = std::slice::from_ref(document);
            if let Some(chunks) = pieces(ids)
                && self.backend.count(self.scope, &chunks).await?.total() == *count
            {
                let found = self.backend.documents(self.scope, ids).await?;
                emptied.extend(found.into_iter().flatten());
            }
        }
        Ok(emptied)
    }

    fn doom(&self, memory: &Memory, doomed: &mut Doomed) -> Result<(), StoreError> {
        let (record, key) = (rendered(memory), memory.key());
        doomed.read[key.kind] += 1;
        let is_new = !doomed.keys.contains(&key);
        doomed.needles.add_known(memory.id(), &record, is_new);
        for text in written(memory) {
            doomed.needles.add_written(&text, is_new);
        }
        doomed.kinds.insert(key.kind);
        doomed.keys.insert(key);
        note_piece(memory, &mut doomed.pieces);
        #[cfg(feature = "http")]
        for (folder, spaces) in &self.caches {
            let text = crate::search::text::embedded(memory);
            for space in spaces {
                crate::embed::forget_cached(folder, space, &text)?;
            }
        }
        Ok(())
    }

    /// Returns the memories with these ids, each kind that has one.
    ///
    /// # Errors
    /// If an id is of no memory, and was never one that was forgotten.
    pub(super) async fn with_ids(
        &self,
        ids: &[String],
        forgotten: &Forgotten,
    ) -> Result<Vec<Memory>, StoreError> {
        let keys: Vec<Key> = ids
            .iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .flat_map(|id| Kind::ALL.map(|kind| Key::new(kind, id)))
            .collect();
        let found = self.backend.get(self.scope, &keys).await?;
        let mut memories = Vec::new();
        for (keys, found) in keys
            .chunks(Kind::ALL.len())
            .zip(found.chunks(Kind::ALL.len()))
        {
            let there = found.iter().flatten();
            let there: Vec<&Entry> = there.collect();
            if there.is_empty() && !keys.iter().any(|key| forgotten.holds(key)) {
                let id = keys.first().map(|key| key.id.clone()).unwrap_or_default();
                return Err(StoreError::NoSuchMemory { id });
            }
            memories.extend(there.into_iter().map(|entry| entry.memory.clone()));
        }
        Ok(memories)
    }

    /// Returns the documents with these ids.
    ///
    /// # Errors
    /// If an id is of no document, and was never one that was forgotten.
    pub(super) async fn documents(&self, ids: &[String]) -> Result<Vec<Document>, StoreError> {
        let forgotten = self.backend.forgotten(self.scope).await?;
        let found = self.backend.documents(self.scope, ids).await?;
        for (id, found) in ids.iter().zip(&found) {
            if found.is_none() && !forgotten.holds_document(id) {
                return Err(BackendError::NoSuchDocument { id: id.clone() }.into());
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// Hands over all memories that pass.
    async fn memories(
        &self,
        filter: &Filter,
        mut take: impl FnMut(&Memory) -> Result<(), StoreError> + Send,
    ) -> Result<(), StoreError> {
        let mut pages = Pages::new(self.backend, self.scope, filter.clone(), AT_ONCE);
        while let Some(memories) = pages.next().await? {
            memories.iter().try_for_each(&mut take)?;
        }
        Ok(())
    }

    /// Hands over all documents.
    async fn all_documents(
        &self,
        mut take: impl FnMut(&Document) + Send,
    ) -> Result<(), StoreError> {
        let mut after: Option<String> = None;
        loop {
            let page = self
                .backend
                .list_documents(self.scope, after.as_deref(), AT_ONCE)
                .await?;
            page.iter().for_each(&mut take);
            match page.last() {
                Some(last) if page.len() == AT_ONCE => after = Some(last.id.clone()),
                _ => return Ok(()),
            }
        }
    }

    /// Returns how many documents there are.
    pub(super) async fn count_documents(&self) -> Result<u64, StoreError> {
        let mut count = 0;
        self.all_documents(|_| count += 1).await?;
        Ok(count)
    }

    /// Returns the needles that stand in what is there.
    pub(super) async fn said(&self, needles: &Needles) -> Result<BTreeSet<u32>, StoreError> {
        let mut said = BTreeSet::new();
        self.memories(&Filter::default(), |memory| {
            needles.find(&rendered(memory), &mut said);
            Ok(())
        })
        .await?;
        self.all_documents(|document| needles.find(&rendered_document(document), &mut said))
            .await?;
        Ok(said)
    }
}

impl Doomed {
    fn document(&mut self, document: &Document) {
        self.read_documents += 1;
        let is_new = self.documents.insert(document.id.clone());
        let record = rendered_document(document);
        self.needles.add_known(&document.id, &record, is_new);
    }
}

/// Notes a chunk as one of its document.
pub(super) fn note_piece(memory: &Memory, pieces: &mut Pieces) {
    if let Memory::Chunk(chunk) = memory {
        *pieces.entry(chunk.document_id.clone()).or_default() += 1;
    }
}

/// Returns a filter that lets the chunks of documents pass; none for no document, since an empty list lets all pass.
pub(super) fn pieces(documents: &[String]) -> Option<Filter> {
    (!documents.is_empty()).then(|| Filter {
        conversations: documents.to_vec(),
        ..Filter::of(Document::PIECES)
    })
}

/// Returns the record of a memory; of one whose carry was tampered with, as much as can be told.
fn rendered(memory: &Memory) -> Vec<u8> {
    let mut record = Vec::new();
    if record::write(memory, Part::Everything, &mut record).is_err() {
        record.clear();
        json::write_text(indexed(memory).as_bytes(), &mut record);
    }
    record
}

fn rendered_document(document: &Document) -> Vec<u8> {
    let mut record = Vec::new();
    if record::document::write(document, &mut record).is_err() {
        record.clear();
        json::write_text(document.path.as_bytes(), &mut record);
    }
    record
}
