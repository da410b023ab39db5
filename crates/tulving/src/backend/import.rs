//! Imports: what files brought into a scope's memory, and how far each import came.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::Timestamp;

/// So many imports are kept of a scope, the newest.
pub const KEPT_IMPORTS: usize = 100;

/// So many of the paths of an import are kept,
const PATHS: usize = 32;

/// and so many bytes of each.
const PATH_BYTES: usize = 1024;

/// An import as its record tells it: where it read, and how far it came. Nothing of what it brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its id, a UUID of version 7: later ones are greater.
    pub run_id: Uuid,
    /// The paths that were given, the first 32 and the beginning of each.
    pub paths: Vec<String>,
    /// Version of the program.
    pub version: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was noted for the last time.
    pub updated_at: Timestamp,
    /// When it came to its end.
    pub finished_at: Option<Timestamp>,
    /// What it does, or did when it stopped.
    pub phase: ImportPhase,
    /// Why it stopped: the class of the error in a word.
    pub error: Option<String>,
    /// How far it is.
    pub counts: ImportCounts,
    /// Whether whoever began it is still at it. Who lists imports is told; what is noted does not say it.
    pub is_live: bool,
}

/// What an import does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ImportPhase {
    /// It reads, and has nothing to store yet.
    #[default]
    Reading,
    /// What was read is embedded and stored, a batch at a time.
    Embedding,
    /// What is new is put into clusters.
    Clustering,
    /// It came to its end.
    Done,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportCounts {
    /// Memories that are new.
    pub added: u64,
    /// Memories that were there, and are different now.
    pub updated: u64,
    /// Memories that were there, and the same.
    pub unchanged: u64,
    /// Memories that are gone, since their conversation no longer has them.
    pub removed: u64,
    /// Bytes that were read.
    pub read: u64,
    /// Bytes that are to be read.
    pub bytes: u64,
}

/// The imports of a scope.
#[derive(Debug, Clone, Default)]
pub struct Imports {
    /// The imports, the newest first.
    pub runs: Vec<Import>,
    /// The records that cannot be read, each with its name and why.
    pub unreadable: Vec<String>,
}

impl Import {
    /// Makes the record of an import that begins now.
    #[must_use]
    pub fn new(paths: impl IntoIterator<Item = String>) -> Self {
        let now = Timestamp::now();
        let paths = paths.into_iter().take(PATHS);
        Self {
            run_id: Uuid::now_v7(),
            paths: paths.map(beginning).collect(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: now,
            updated_at: now,
            finished_at: None,
            phase: ImportPhase::default(),
            error: None,
            counts: ImportCounts::default(),
            is_live: false,
        }
    }

    /// Returns how it stands: `running`, `interrupted` or `finished`.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match (self.phase, &self.error) {
            (ImportPhase::Done, _) => "finished",
            (_, None) if self.is_live => "running",
            _ => "interrupted",
        }
    }

    /// Returns how long it was at work when it was noted for the last time.
    #[must_use]
    pub fn took(&self) -> Duration {
        let micros = self.updated_at.micros() - self.started_at.micros();
        Duration::from_micros(micros.max(0).unsigned_abs())
    }

    /// Returns whether its process is gone without a word: killed, or cut off.
    #[must_use]
    pub fn is_left_behind(&self) -> bool {
        self.phase != ImportPhase::Done && self.error.is_none() && !self.is_live
    }
}

/// Returns the beginning of a path, if it is too long.
fn beginning(mut path: String) -> String {
    if path.len() > PATH_BYTES {
        let mut end = PATH_BYTES;
        while !path.is_char_boundary(end) {
            end -= 1;
        }
        path.truncate(end);
        path.push('…');
    }
    path
}

impl ImportPhase {
    const ALL: [Self; 4] = [Self::Reading, Self::Embedding, Self::Clustering, Self::Done];

    /// Returns its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Embedding => "embedding",
            Self::Clustering => "clustering",
            Self::Done => "done",
        }
    }

    /// Returns the phase that a word means.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == word)
    }
}

impl ImportCounts {
    /// Returns how many memories were compared with what is there, and written where they differ.
    #[must_use]
    pub fn memories(&self) -> u64 {
        self.added + self.updated + self.unchanged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_of_bounded_size_whatever_is_given() {
        let paths = (0..1000).map(|number| format!("{number}{}", "é".repeat(5000)));
        let import = Import::new(paths);
        assert_eq!(import.paths.len(), PATHS);
        let is_cut = |path: &String| path.ends_with("é…") && path.len() <= PATH_BYTES + 3;
        assert!(import.paths.iter().all(is_cut), "{:?}", import.paths);
        assert_eq!(Import::new(["a.zip".to_owned()]).paths, ["a.zip"]);
    }
}
