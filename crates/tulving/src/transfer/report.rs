//! What a migration is asked for, and what it did.

use std::path::PathBuf;
use std::time::Duration;

use uuid::Uuid;

use super::counts::DocumentCounts;
use super::receipt::ReceiptCounts;
use super::verification::Verification;
use crate::model::{PerKind, Scope};

/// What happens to rows that are there already and differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnExisting {
    /// They stay as they are, and are reported.
    Keep,
    /// They are replaced.
    Update,
}

impl OnExisting {
    /// Returns `keep` or `update`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Update => "update",
        }
    }
}

/// How a migration goes about it.
#[derive(Debug, Clone)]
pub struct MigrateOptions {
    /// Tasks at work at once.
    pub workers: usize,
    /// The embedding model of the vectors; 1024-wide ones are BGE-M3's unless named.
    pub model: Option<String>,
    /// Write the sound rows though others are refused.
    pub reject: bool,
    /// Where refused rows go: a file, or a directory in which it is `rejects.jsonl` or, while there
    /// are files with other rows, `rejects-2.jsonl` and so on.
    pub rejects: PathBuf,
    /// What happens to rows that are there already and differ.
    pub existing: OnExisting,
    /// Leave an unfinished run behind and begin anew.
    pub restart: bool,
    /// Where the receipt goes: a file, or a directory in which it is named after the run.
    pub receipt: PathBuf,
    /// Whether these two may take the place of other files.
    pub replace_files: bool,
    /// How long to wait for another run of the same scope.
    pub lock_seconds: u64,
    /// Whether the proof covers what changes while memories are used too, and that the target has nothing
    /// else: it is a new one.
    pub exact: bool,
}

/// What a migration did.
#[derive(Debug, Clone)]
pub struct Report {
    /// The run in the ledger.
    pub run_id: Uuid,
    /// Whose memories.
    pub scope: Scope,
    /// What became of each kind.
    pub counts: PerKind<ReceiptCounts>,
    /// What became of the documents, if there are any.
    pub documents: Option<DocumentCounts>,
    /// What the comparison found.
    pub verification: Verification,
    /// From the first write to the end of the comparison, in this session.
    pub took: Duration,
    /// Rows that this session copied; an earlier one had done the others.
    pub copied: u64,
    /// Where the receipt is.
    pub receipt: PathBuf,
    /// Where refused rows are, if there were any.
    pub rejects: Option<PathBuf>,
}

/// Returns how many tasks are usual: one more than cores, since each waits for the target a part of its
/// time.
#[must_use]
pub fn usual_workers() -> usize {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    (cores + 1).min(8)
}
