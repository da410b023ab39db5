//! What is asked of the process that reads documents, and what it answers: one JSON object a line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tulving_documents::{Chunk, Fingerprint, Format, Note, Omission, Reason};

/// A file to be read.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    /// Where it is.
    pub(super) path: String,
    /// SHA-256 of what was read from there before: if it is still that, nothing more is to be done.
    pub(super) known: Option<String>,
}

/// What became of it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    /// It is what it was.
    Unchanged,
    /// It was read, and cut.
    Read(Box<Read>),
    /// It cannot be read, for what it holds.
    Refused(Reason),
    /// The system does not give it.
    Unreadable(String),
}

/// A document that was read.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Read {
    /// SHA-256 of the file.
    pub(super) content_hash: String,
    /// How many bytes the file has.
    pub(super) bytes: u64,
    /// What it calls itself.
    pub(super) title: String,
    /// What it is.
    pub(super) format: Format,
    /// How many pages it has.
    pub(super) pages: Option<u32>,
    /// What it says, to compare others with.
    pub(super) fingerprint: Fingerprint,
    /// What a file of chunks says of itself: keys, and values as JSON.
    pub(super) metadata: Vec<(String, String)>,
    /// Its pieces.
    pub(super) chunks: Vec<Chunk>,
    /// What was not taken over.
    pub(super) left_out: BTreeMap<Omission, u64>,
    /// What whoever brought it should know.
    pub(super) notes: Vec<Note>,
}
