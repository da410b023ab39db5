//! What was written. The keys are in the order of the alphabet.

use serde::Serialize;

use super::Refused;

/// `tulving add` and `tulving update`, of one memory
#[derive(Debug, Serialize)]
pub struct Written {
    /// The memory.
    pub id: String,
}

/// `tulving add --jsonl`
#[derive(Debug, Default, Serialize)]
pub struct Batch {
    /// How many were not there before.
    pub added: u64,
    /// All of them, in the order of the lines.
    pub ids: Vec<String>,
    /// How many were there, and are the same.
    pub unchanged: u64,
    /// How many were there, and are different now.
    pub updated: u64,
}

/// `tulving update --missing-vectors`
#[derive(Debug, Serialize)]
pub struct Embedded {
    /// How many vectors were made.
    pub made: u64,
    /// Memories whose text was refused, where there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
    /// How many memories have a text that no vector can be made of.
    pub without: u64,
}

/// `tulving delete`
#[derive(Debug, Serialize)]
pub struct Deleted {
    /// The memories that are gone.
    pub deleted: Vec<String>,
}
