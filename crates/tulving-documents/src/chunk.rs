//! Chunks: the pieces of a document that are searched.

use serde::{Deserialize, Serialize};

/// A piece of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// The id that a chunk file gives it.
    pub id: Option<String>,
    /// Its text, without the headings above it.
    pub content: String,
    /// The headings above it, the outermost first.
    pub heading_path: Vec<String>,
    /// The page that it begins on, where the document has pages.
    pub page: Option<u32>,
    /// Whether it holds code.
    pub has_code: bool,
    /// How many bytes at its beginning repeat what the chunks before it hold: sentences, or the head of a table.
    pub repeated: usize,
    /// What a chunk file says of it: keys, and values as JSON.
    pub metadata: Vec<(String, String)>,
}

impl Chunk {
    /// Returns its text without what the chunks before it hold.
    #[must_use]
    pub fn own(&self) -> &str {
        self.content.get(self.repeated..).unwrap_or("")
    }
}
