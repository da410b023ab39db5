//! Documents: texts that were read, kept as chunks that are searched.

use std::collections::BTreeSet;

use super::scoped::TRIES;
use super::{ScopedStore, StoreError, WordsOnly};
use crate::backend::{BackendError, Brought, Entry, Filter};
use crate::json::{self, Value};
use crate::model::{Chunk, Document, Key, Kind, Memory, Timestamp};
use crate::record::{self, Flaw, Reason, Stamp};

/// A document that was read and cut, to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewDocument {
    /// Where it was read from. There is one document of a path: what is read again takes its place.
    pub path: String,
    /// What it is called.
    pub title: String,
    /// Whose it is within an organisation.
    pub department: Option<String>,
    /// SHA-256 of what was read, in hex.
    pub content_hash: Option<String>,
    /// What it is: `text/markdown`, …
    pub mime: Option<String>,
    /// Further fields of its record: keys, and values as JSON.
    pub further: Vec<(String, String)>,
    /// Its pieces, in reading order.
    pub chunks: Vec<NewChunk>,
}

/// A piece of a document, to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewChunk {
    /// The text.
    pub content: String,
    /// The headings above it, the outermost first.
    pub heading_path: Vec<String>,
    /// The page that it begins on.
    pub page: Option<i64>,
    /// Whether it holds code.
    pub has_code: bool,
    /// Further fields of its record: keys, and values as JSON.
    pub further: Vec<(String, String)>,
}

/// What became of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutDocument {
    /// Its id.
    pub id: String,
    /// Whether it took the place of what was read from its path before.
    pub replaced: bool,
    /// Why its pieces have no vectors and will be found by words only.
    pub words_only: Option<WordsOnly>,
}

/// Pieces that are embedded together, and listed together.
const AT_ONCE: usize = 256;

impl NewDocument {
    /// Who made the chunks, where sources are told.
    const SOURCE: &'static str = "document";

    /// Returns the document and its chunks, as they will be when they are read again.
    fn parts(self, now: Timestamp, stamp: &Stamp) -> Result<(Document, Vec<Memory>), Flaw> {
        let mut document = Document::new(&Document::id_for(&self.path), &self.path, now);
        document.title = self.title;
        document.department = self.department;
        document.content_hash = self.content_hash;
        document.mime = self.mime;
        let document = record::document::with(&document, values(&self.further)?, stamp)?;
        let chunks = (0..).zip(self.chunks).map(|(index, new)| {
            let mut chunk = Chunk::new(&document.id, index, &new.content, now);
            chunk.heading_path = new.heading_path;
            chunk.page = new.page;
            chunk.has_code = new.has_code;
            Self::SOURCE.clone_into(&mut chunk.source);
            record::with(&Memory::Chunk(chunk), values(&new.further)?, stamp)
        });
        let chunks = chunks.collect::<Result<_, Flaw>>()?;
        Ok((document, chunks))
    }
}

/// Returns further fields with their values parsed.
fn values(further: &[(String, String)]) -> Result<Vec<(&str, Value<'_>)>, Flaw> {
    let parsed = further.iter().map(|(key, text)| {
        let value = json::parse(text.as_bytes());
        let value = value.map_err(|error| Flaw::new(Reason::WrongType, error.to_string()))?;
        Ok((key.as_str(), value))
    });
    parsed.collect()
}

impl ScopedStore {
    /// Stores a document with its pieces, in the place of what was read from its path before, in one step: who
    /// searches meanwhile finds the one or the other. When this returns it survives the loss of power.
    ///
    /// # Errors
    /// If it cannot be kept, or a vector cannot be made; [`StoreError::Forgotten`] if it or one of its pieces was
    /// forgotten.
    pub async fn put_document(&self, new: NewDocument) -> Result<PutDocument, StoreError> {
        let (path, now) = (new.path.clone(), Timestamp::now());
        let parts = new.parts(now, &Stamp::only(self.scope));
        let (document, chunks) = parts.map_err(|flaw| StoreError::BadDocument { path, flaw })?;
        for _ in 1..TRIES {
            match self.try_put(&document, &chunks, now).await {
                // The scope's space became another meanwhile.
                Err(StoreError::Backend(BackendError::WrongSpace { .. })) => {}
                done => return done,
            }
        }
        self.try_put(&document, &chunks, now).await
    }

    async fn try_put(
        &self,
        document: &Document,
        chunks: &[Memory],
        now: Timestamp,
    ) -> Result<PutDocument, StoreError> {
        let mut document = document.clone();
        let before = self.document(&document.id).await?;
        if let Some(before) = &before {
            document.created_at = before.created_at;
            document.updated_at = Some(now);
        }
        let space = self.space().await?;
        let (mut entries, mut words_only) = (Vec::with_capacity(chunks.len()), None);
        for batch in chunks.chunks(AT_ONCE) {
            let none = vec![None; batch.len()];
            let (made, why) = self.embeddings_in(space.clone(), batch, none).await?;
            let batch = batch.iter().cloned().zip(made);
            entries.extend(batch.map(|(memory, embedding)| Entry { memory, embedding }));
            words_only = words_only.or(why);
        }
        let id = document.id.clone();
        let keys: Vec<Key> = entries.iter().map(|entry| entry.memory.key()).collect();
        self.put_parts(document, entries).await?;
        // What is left out there is counted by whoever looks at the spaces.
        self.write_beside(&keys).await;
        Ok(PutDocument {
            id,
            replaced: before.is_some(),
            words_only,
        })
    }

    /// Puts a document with its pieces.
    pub(super) async fn put_parts(
        &self,
        document: Document,
        pieces: Vec<Entry>,
    ) -> Result<(), StoreError> {
        let brought = Brought::with(&document, &pieces);
        let put = self.backend.put_document(self.scope, document, pieces);
        self.written(&brought, put).await
    }

    /// Returns the document with an id, if there is one.
    ///
    /// # Errors
    /// As every method.
    pub async fn document(&self, id: &str) -> Result<Option<Document>, StoreError> {
        let ids = [id.to_owned()];
        let found = self.backend.documents(self.scope, &ids).await?;
        Ok(found.into_iter().next().flatten())
    }

    /// Returns all documents, by id.
    ///
    /// # Errors
    /// As every method.
    pub async fn all_documents(&self) -> Result<Vec<Document>, StoreError> {
        let mut documents: Vec<Document> = Vec::new();
        loop {
            let after = documents.last().map(|document| document.id.clone());
            let page = self
                .backend
                .list_documents(self.scope, after.as_deref(), AT_ONCE);
            let page = page.await?;
            if page.is_empty() {
                return Ok(documents);
            }
            documents.extend(page);
        }
    }

    /// Returns the documents that these memories are pieces of, each once: none for what is no chunk.
    ///
    /// # Errors
    /// As every method.
    pub async fn documents_of<'m>(
        &self,
        memories: impl IntoIterator<Item = &'m Memory>,
    ) -> Result<Vec<Document>, StoreError> {
        let ids = memories.into_iter().filter_map(|memory| match memory {
            Memory::Chunk(chunk) => Some(chunk.document_id.clone()),
            _ => None,
        });
        let ids: BTreeSet<String> = ids.collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<String> = ids.into_iter().collect();
        let found = self.backend.documents(self.scope, &ids).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Returns the pieces of a document, in reading order.
    ///
    /// # Errors
    /// As every method.
    pub async fn chunks_of(&self, document: &str) -> Result<Vec<Chunk>, StoreError> {
        let filter = Filter {
            conversations: vec![document.to_owned()],
            ..Filter::of(Kind::Chunk)
        };
        let (mut pages, mut chunks) = (self.pages(filter, AT_ONCE), Vec::new());
        while let Some(memories) = pages.next().await? {
            chunks.extend(memories.into_iter().filter_map(|memory| match memory {
                Memory::Chunk(chunk) => Some(chunk),
                _ => None,
            }));
        }
        chunks.sort_by_key(|chunk| chunk.chunk_index);
        Ok(chunks)
    }

    /// Removes documents with all their pieces; returns the ids of those that were there.
    ///
    /// # Errors
    /// As every method.
    pub async fn remove_documents(&self, ids: &[String]) -> Result<Vec<String>, StoreError> {
        Ok(self.backend.remove_documents(self.scope, ids).await?)
    }
}
