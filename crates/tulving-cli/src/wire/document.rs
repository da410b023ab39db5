//! Documents, and what became of files.

use std::time::Duration;

use serde::Serialize;
use tulving::model;

use super::Memory;
use crate::documents::{Outcome, Report, chunks_of};

/// A document.
#[derive(Debug, Serialize)]
pub struct Document {
    id: String,
    path: String,
    title: String,
    department: Option<String>,
    mime: Option<String>,
    chunks: Option<u64>,
    content_hash: Option<String>,
    created_at: String,
    updated_at: Option<String>,
}

impl From<model::Document> for Document {
    fn from(document: model::Document) -> Self {
        Self {
            chunks: chunks_of(&document),
            id: document.id,
            path: document.path,
            title: document.title,
            department: document.department,
            mime: document.mime,
            content_hash: document.content_hash,
            created_at: document.created_at.isoformat(),
            updated_at: document.updated_at.map(model::Timestamp::isoformat),
        }
    }
}

/// `tulving docs list`
#[derive(Debug, Serialize)]
pub struct Documents {
    documents: Vec<Document>,
}

impl From<Vec<model::Document>> for Documents {
    fn from(documents: Vec<model::Document>) -> Self {
        Self {
            documents: documents.into_iter().map(Document::from).collect(),
        }
    }
}

/// `tulving docs show`
#[derive(Debug, Serialize)]
pub struct Shown {
    document: Document,
    chunks: Vec<Memory>,
}

impl Shown {
    /// Makes the object of a document and its chunks.
    #[must_use]
    pub fn new(document: model::Document, chunks: Vec<model::Chunk>) -> Self {
        let chunks = chunks.into_iter().map(model::Memory::Chunk);
        Self {
            document: document.into(),
            chunks: chunks.map(Memory::from).collect(),
        }
    }
}

/// A document that was removed.
#[derive(Debug, Serialize)]
pub struct Gone {
    id: String,
    path: String,
}

impl Gone {
    /// Makes the object of one.
    #[must_use]
    pub fn new(id: String, path: String) -> Self {
        Self { id, path }
    }
}

/// `tulving docs remove`
#[derive(Debug, Serialize)]
pub struct RemovedDocuments {
    removed: Vec<Gone>,
}

impl RemovedDocuments {
    /// Makes the object of all.
    #[must_use]
    pub fn new(removed: Vec<Gone>) -> Self {
        Self { removed }
    }
}

/// `tulving docs add` and `tulving docs sync`
#[derive(Debug, Serialize)]
pub struct TakenIn {
    added: Vec<Stored>,
    changed: Vec<Stored>,
    unchanged: u64,
    same: Vec<Same>,
    removed: Vec<Gone>,
    skipped: Vec<Skipped>,
    hidden: u64,
    notes: Vec<Note>,
    chunks: u64,
    bytes: u64,
    words_only: Option<String>,
    seconds: f64,
}

#[derive(Debug, Serialize)]
struct Stored {
    id: String,
    path: String,
    title: String,
    chunks: u64,
}

#[derive(Debug, Serialize)]
struct Same {
    path: String,
    r#as: String,
}

#[derive(Debug, Serialize)]
struct Skipped {
    path: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct Note {
    path: String,
    note: String,
}

impl TakenIn {
    /// Makes the object of a report, of how many files were hidden, and of what was removed.
    #[must_use]
    pub fn new(report: Report, hidden: u64, removed: Vec<Gone>, took: Duration) -> Self {
        let chunks = report.stored.iter().map(|stored| stored.chunks).sum();
        let (mut added, mut changed) = (Vec::new(), Vec::new());
        for stored in report.stored {
            let list = match stored.outcome {
                Outcome::Added => &mut added,
                Outcome::Changed => &mut changed,
            };
            list.push(Stored {
                id: stored.id,
                path: stored.path,
                title: stored.title,
                chunks: stored.chunks,
            });
        }
        let skipped = report.skipped.into_iter();
        let (same, notes) = (report.same.into_iter(), report.notes.into_iter());
        Self {
            added,
            changed,
            unchanged: report.unchanged,
            same: same.map(|(path, r#as)| Same { path, r#as }).collect(),
            removed,
            skipped: skipped
                .map(|skipped| Skipped {
                    path: skipped.path,
                    reason: skipped.reason,
                })
                .collect(),
            hidden,
            notes: notes.map(|(path, note)| Note { path, note }).collect(),
            chunks,
            bytes: report.bytes,
            words_only: report.words_only.map(|why| why.to_string()),
            seconds: (took.as_secs_f64() * 1e3).round() / 1e3,
        }
    }
}
