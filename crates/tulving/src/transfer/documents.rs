//! Documents: they are moved before the chunks that are pieces of them, and proved with these.

use std::collections::{HashMap, HashSet};

use super::compare::Gathering;
use super::counts::DocumentCounts;
use super::digest::{self, Sha256Bytes};
use super::error::TransferError;
use super::read_back::Reader;
use super::report::OnExisting;
use super::sink::{DocumentWrite, Writer};
use super::source::SourceDocument;
use super::verification::{Difference, SHOWN};
use crate::model::Document;
use crate::record;

/// How many documents are read or written at a time.
const PAGE: usize = 500;

/// What was done to documents.
#[derive(Debug, Default)]
pub(super) struct Copied {
    pub(super) counts: DocumentCounts,
    /// Ids of those that were left as they were, though they differ: nothing of theirs is written.
    pub(super) kept: HashSet<String>,
}

/// Compares, then writes the documents that are new or replaced. Chunks of a replaced one that are not
/// the source's are removed.
pub(super) async fn copy(
    writer: &mut dyn Writer,
    documents: &[SourceDocument],
    existing: OnExisting,
    is_of_source: &(dyn Fn(&str) -> bool + Send + Sync),
) -> Result<Copied, TransferError> {
    let there = all(&mut *writer).await?;
    let mut copied = Copied::default();
    let counts = &mut copied.counts;
    counts.found = documents.len() as u64;
    let (mut writing, mut replacing) = (Vec::new(), HashSet::new());
    for document in documents {
        match there.get(&document.document.id) {
            None => {
                counts.inserted += 1;
                writing.push(document);
            }
            Some(there) if *there == document.document => counts.unchanged += 1,
            Some(_) if existing == OnExisting::Update => {
                counts.updated += 1;
                replacing.insert(document.document.id.as_str());
                writing.push(document);
            }
            Some(_) => {
                counts.kept += 1;
                copied.kept.insert(document.document.id.clone());
            }
        }
    }
    for page in writing.chunks(PAGE) {
        let ids = page.iter().map(|document| document.document.id.as_str());
        let replacing: Vec<&str> = ids.filter(|id| replacing.contains(id)).collect();
        let write = DocumentWrite {
            documents: page,
            replacing: &replacing,
            stays: is_of_source,
        };
        writer.write_documents(write).await?;
    }
    Ok(copied)
}

/// Compares the documents of a source with those of a target.
pub(super) async fn compare(
    reader: &mut dyn Reader,
    documents: &[SourceDocument],
) -> Result<Gathering, TransferError> {
    let mut there = all(reader).await?;
    let mut gathering = Gathering::default();
    gathering.found.target = there.len() as u64;
    for SourceDocument {
        document, digest, ..
    } in documents
    {
        gathering.source.push(digest);
        let found = &mut gathering.found;
        found.source += 1;
        let Some(theirs) = there.remove(&document.id) else {
            found.missing_count += 1;
            found.missing.push(document.id.clone());
            continue;
        };
        let found_digest = self::digest(&theirs);
        gathering.target.push(&found_digest);
        if found_digest == *digest {
            found.equal += 1;
            continue;
        }
        found.different_count += 1;
        let mut fields = document.differing(&theirs);
        if fields.is_empty() {
            fields.push("carry");
        }
        let id = document.id.clone();
        found.different.push(Difference { id, fields });
    }
    let found = &mut gathering.found;
    found.extra_count = there.len() as u64;
    found.extra = there.into_keys().collect();
    found.extra.sort();
    found.extra.truncate(SHOWN);
    found.missing.truncate(SHOWN);
    found.different.truncate(SHOWN);
    Ok(gathering)
}

/// Returns the digest of a document of the target.
fn digest(document: &Document) -> Sha256Bytes {
    let mut canonical = Vec::new();
    match record::document::write(document, &mut canonical) {
        Ok(()) => digest::row(&canonical, None),
        // A carry that cannot be read gives a digest that no document has.
        Err(_) => [0xff; 32],
    }
}

/// All documents of the target, by id.
async fn all(reader: &mut dyn Reader) -> Result<HashMap<String, Document>, TransferError> {
    let mut found = HashMap::new();
    let mut after: Option<String> = None;
    loop {
        let page = reader.documents(after.as_deref(), PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(found);
        };
        after = Some(last.id.clone());
        let page = page.into_iter();
        found.extend(page.map(|document| (document.id.clone(), document)));
    }
}
