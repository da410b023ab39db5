//! What was written. The keys are in the order of the alphabet.

use serde::Serialize;

use super::Refused;

/// `tulving add` and `tulving update`, of one memory
#[derive(Debug, Serialize)]
pub struct Written {
    /// The one that says the same, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<String>,
    /// The memory; where nothing was stored, the one that says the same.
    pub id: String,
    /// Whether that one says it in other words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near: Option<bool>,
}

/// A memory that says the same as one that is there.
#[derive(Debug, Serialize)]
pub struct Duplicate {
    duplicate_of: String,
    /// Nothing for one that was not stored and brought no id.
    id: Option<String>,
    near: bool,
}

impl From<tulving::store::Duplicate> for Duplicate {
    fn from(duplicate: tulving::store::Duplicate) -> Self {
        Self {
            duplicate_of: duplicate.of,
            id: duplicate.id,
            near: duplicate.is_near,
        }
    }
}

/// `tulving add --jsonl`
#[derive(Debug, Default, Serialize)]
pub struct Batch {
    /// How many were not there before.
    pub added: u64,
    /// Those that say the same as others, that are there or come before them.
    pub duplicates: Vec<Duplicate>,
    /// All of them, in the order of the lines; of one that was not stored, that of the one that says the same.
    pub ids: Vec<String>,
    /// How many were not stored, since others say the same.
    pub skipped: u64,
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
