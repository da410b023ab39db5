//! The documents that chunks are pieces of.

use std::collections::BTreeSet;

use tulving::backend::{Backend, Entry};
use tulving::model::{Memory, Scope};

use crate::sample;

/// Puts the documents of which some of these are chunks, those that are not there.
pub(crate) async fn put_documents(backend: &dyn Backend, scope: Scope, entries: &[Entry]) {
    let ids: BTreeSet<&str> = entries.iter().filter_map(document_of).collect();
    let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
    if ids.is_empty() {
        return;
    }
    let there = backend.documents(scope, &ids).await.expect("documents");
    for (id, there) in ids.iter().zip(there) {
        if there.is_none() {
            let put = backend.put_document(scope, sample::document(id), Vec::new());
            put.await.expect("put a document");
        }
    }
}

/// Returns the document that an entry is a chunk of.
pub(crate) fn document_of(entry: &Entry) -> Option<&str> {
    match &entry.memory {
        Memory::Chunk(chunk) => Some(&chunk.document_id),
        _ => None,
    }
}
