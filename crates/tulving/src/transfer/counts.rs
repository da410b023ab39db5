//! Counts: what became of the rows of a chunk, and of documents.

use serde::{Deserialize, Serialize};

/// What became of a chunk's rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChunkCounts {
    /// New in the target.
    pub inserted: u64,
    /// Replaced, because they differed.
    pub updated: u64,
    /// There already, and equal.
    pub unchanged: u64,
    /// There already, different, and left as they were.
    pub kept: u64,
    /// Refused.
    pub rejected: u64,
}

impl std::ops::AddAssign for ChunkCounts {
    fn add_assign(&mut self, other: Self) {
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.kept += other.kept;
        self.rejected += other.rejected;
    }
}

/// What became of the documents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentCounts {
    /// In the source.
    pub found: u64,
    /// New in the target.
    pub inserted: u64,
    /// Replaced, because they differed.
    pub updated: u64,
    /// There already, and equal.
    pub unchanged: u64,
    /// There already, different, and left as they were.
    pub kept: u64,
}
