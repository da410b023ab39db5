//! Calls of a backend, and waiting for them.

use super::memories::{OWNER, beside, embedding, numbers, of};
use super::world::RUNTIME;
use crate::backend::file::backend::FileBackend;
use crate::backend::{Backend as _, BackendError, Draft, Entry};
use crate::model::{Chunk, Document, Timestamp};

pub(super) fn insert(
    backend: &FileBackend,
    entries: impl IntoIterator<Item = Entry>,
) -> Result<(), BackendError> {
    RUNTIME.block_on(async {
        let space = backend.space(OWNER).await?;
        let entries = entries.into_iter().map(|entry| match &space {
            Some(space) => of(space, entry),
            None => entry,
        });
        let drafts = entries.map(Draft::Whole).collect();
        backend.insert(OWNER, drafts).await.map(drop)
    })
}

/// Puts what the other model makes of these.
pub(super) fn put_vectors(
    backend: &FileBackend,
    entries: impl IntoIterator<Item = Entry>,
) -> Result<(), BackendError> {
    let entries = entries.into_iter().map(|entry| of(&beside(), entry));
    let put = backend.put_vectors(OWNER, entries.collect());
    RUNTIME.block_on(put).map(drop)
}

pub(super) fn replace(backend: &FileBackend, old: &Entry, new: Entry) -> Result<(), BackendError> {
    RUNTIME.block_on(backend.replace(OWNER, &old.memory, new))
}

pub(super) fn bury(
    backend: &FileBackend,
    entries: impl IntoIterator<Item = Entry>,
) -> Result<(), BackendError> {
    let keys = entries.into_iter().map(|entry| entry.memory.key());
    let keys: Vec<_> = keys.collect();
    RUNTIME.block_on(backend.bury(OWNER, &keys, &[]))
}

pub(super) fn delete(backend: &FileBackend, entry: &Entry) -> Result<(), BackendError> {
    RUNTIME
        .block_on(backend.delete(OWNER, &[entry.memory.key()]))
        .map(drop)
}

/// Puts a document of these chunks, each a number and a version.
pub(super) fn put_document(
    backend: &FileBackend,
    id: &str,
    chunks: &[(u64, u64)],
) -> Result<(), BackendError> {
    let at = Timestamp::from_micros(1_700_000_000_000_000).unwrap();
    let entry = |(place, (number, version)): (i64, &(u64, u64))| {
        let text = format!("chunk {number} version {version}");
        let mut chunk = Chunk::new(id, place, &text, at);
        chunk.id = format!("{id}{number}");
        Entry {
            memory: chunk.into(),
            embedding: embedding(numbers(*number, *version)),
        }
    };
    let document = Document::new(id, &format!("{id}.md"), at);
    let chunks = (0..).zip(chunks).map(entry).collect();
    RUNTIME.block_on(backend.put_document(OWNER, document, chunks))
}

pub(super) fn remove_document(backend: &FileBackend, id: &str) -> Result<(), BackendError> {
    let ids = [id.to_owned()];
    RUNTIME
        .block_on(backend.remove_documents(OWNER, &ids))
        .map(drop)
}

pub(super) fn touch(backend: &FileBackend, entry: &Entry) -> Result<(), BackendError> {
    let at = Timestamp::from_micros(1_800_000_000_000_000).unwrap();
    RUNTIME
        .block_on(backend.touch(OWNER, &[entry.memory.key()], at))
        .map(drop)
}
