//! The ledger: which runs there were, and how far each came.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use uuid::Uuid;

use super::chunk::RunChunk;
use super::error::TransferError;
use super::progress::Phase;
use crate::model::Timestamp;

/// The record of one scope's runs, kept where they write. Each call is one durable step.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Returns the run that has not come to its end, if there is one.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    async fn unfinished(&self) -> Result<Option<Run>, TransferError>;

    /// Enters a new run with its chunks, and notes that another is left behind for it.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    async fn enter(
        &self,
        run_id: Uuid,
        inputs: &Value,
        chunks: &[RunChunk],
        left_behind: Option<&Run>,
    ) -> Result<(), TransferError>;

    /// Goes on with a run: notes that it is at work, and returns its chunks. Where they were lost, these
    /// are entered anew.
    ///
    /// # Errors
    /// If the ledger cannot be read or written.
    async fn resume(
        &self,
        run_id: Uuid,
        chunks: &[RunChunk],
    ) -> Result<Vec<RunChunk>, TransferError>;

    /// Notes where an unfinished run is, and why it stopped.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    async fn note(
        &self,
        run_id: Uuid,
        status: RunStatus,
        phase: Phase,
        error: Option<&str>,
    ) -> Result<(), TransferError>;

    /// Ends a run with its receipt.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    async fn finish(
        &self,
        run_id: Uuid,
        verified: bool,
        receipt: &Value,
    ) -> Result<(), TransferError>;
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// At work, or killed: then the next run of the same inputs goes on with it.
    Running,
    /// Stopped in order; the next run of the same inputs goes on with it.
    Interrupted,
    /// Came to its end.
    Finished,
    /// Left behind with `--restart`.
    Abandoned,
}

impl RunStatus {
    /// Returns the word in the ledger.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Finished => "finished",
            Self::Abandoned => "abandoned",
        }
    }

    /// Returns the status that a ledger's word means.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word {
            "interrupted" => Self::Interrupted,
            "finished" => Self::Finished,
            "abandoned" => Self::Abandoned,
            _ => Self::Running,
        }
    }
}

/// One migration, as the ledger has it.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its id.
    pub run_id: Uuid,
    /// Whose memories: the UUID of a user or of a tenant.
    pub scope_id: Uuid,
    /// How far it is.
    pub status: RunStatus,
    /// Where it is, or was when it stopped.
    pub phase: String,
    /// What it is bound to while it is unfinished.
    pub inputs: Value,
    /// Whether source and target were proved equal.
    pub verified: Option<bool>,
    /// Its report, once it is finished.
    pub result: Option<Value>,
    /// Why it stopped.
    pub error: Option<String>,
    /// Version of the program.
    pub version: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it last wrote to the ledger: at each chunk, and where a phase ends.
    pub updated_at: Timestamp,
    /// When it came to its end.
    pub finished_at: Option<Timestamp>,
    /// Rows in all its chunks.
    pub rows: u64,
    /// Rows in those that are done.
    pub rows_done: u64,
    /// Whether a process is at work on it: whoever writes to a scope holds the scope's lock.
    pub is_live: bool,
    /// What its last session did, where that is known: not of one that was interrupted.
    pub session: Option<Session>,
    /// When the ledger was read, by its own clock.
    pub read_at: Timestamp,
}

/// What one process did for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// How long it took, or has taken until now.
    pub took: Duration,
    /// Rows that it copied.
    pub rows: u64,
}

impl Run {
    /// Returns whether its process is gone, without a word in the ledger: killed, or cut off.
    #[must_use]
    pub fn is_left_behind(&self) -> bool {
        self.status == RunStatus::Running && !self.is_live
    }
}
