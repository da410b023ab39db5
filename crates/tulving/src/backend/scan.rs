//! A scan: what stands in the raw rows or files of a scope.

use std::collections::BTreeSet;

/// What was looked through, and what was found there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// Every table or file with something of the scope.
    pub places: Vec<ScannedPlace>,
    /// What of ours could not be looked through, each with why.
    pub unread: Vec<String>,
    /// What is none of ours and could not be looked through, each with why.
    pub strange: Vec<String>,
    /// What leads elsewhere, and was not followed.
    pub outside: Vec<String>,
}

/// One table or file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScannedPlace {
    /// The table's name, or the file's within its directory.
    pub name: String,
    /// Rows of the scope, of a table.
    pub rows: Option<u64>,
    /// Bytes that were looked through.
    pub bytes: u64,
    /// Whether memories that stay are kept there, so that what they say may stand there.
    pub holds_memories: bool,
    /// The numbers of the needles that stand there, or in its name.
    pub found: BTreeSet<u32>,
}

/// Something that an erasure cannot reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BeyondReach {
    /// What it is.
    pub what: String,
    /// What has to be done about it, or when it ends by itself.
    pub remedy: String,
}

impl BeyondReach {
    /// Says what it is, and what has to be done about it.
    #[must_use]
    pub fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}
