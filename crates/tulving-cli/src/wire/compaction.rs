//! A journal that was folded into its files.

use serde::Serialize;
use tulving::backend::file;

/// `tulving compact`
#[derive(Debug, Serialize)]
pub struct Compaction {
    folded_bytes: u64,
    rebased: Option<Rebased>,
}

#[derive(Debug, Serialize)]
struct Rebased {
    added: u64,
    equal: u64,
    replaced: Vec<String>,
    gone: u64,
    journal: String,
}

impl From<file::Compaction> for Compaction {
    fn from(done: file::Compaction) -> Self {
        Self {
            folded_bytes: done.folded,
            rebased: done.replayed.map(Rebased::from),
        }
    }
}

impl From<file::Replayed> for Rebased {
    fn from(replayed: file::Replayed) -> Self {
        Self {
            added: replayed.added,
            equal: replayed.equal,
            replaced: replayed.replaced.into_iter().map(|key| key.id).collect(),
            gone: replayed.gone,
            journal: replayed.kept.display().to_string(),
        }
    }
}
