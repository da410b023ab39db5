//! One memory, and whether it has a vector.

use serde::Serialize;
use tulving::backend;

use super::Memory;

/// `tulving get`
#[derive(Debug, Serialize)]
pub struct Entry {
    #[serde(flatten)]
    memory: Memory,
    has_vector: bool,
}

impl From<backend::Entry> for Entry {
    fn from(entry: backend::Entry) -> Self {
        Self {
            memory: entry.memory.into(),
            has_vector: entry.embedding.is_some(),
        }
    }
}
