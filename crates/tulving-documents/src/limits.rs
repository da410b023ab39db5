//! How much one document may take.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How much one document may take; what is beyond is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: u64,
    /// Bytes that its compressed parts may inflate to, in all.
    pub inflated: u64,
    /// Files in an archive.
    pub entries: u64,
    /// Levels of lists, tables, quotes and elements inside each other.
    pub depth: u64,
    /// Blocks, cells of tables and ready chunks.
    pub blocks: u64,
    /// Pages.
    pub pages: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 128 << 20,
            inflated: 256 << 20,
            entries: 10_000,
            depth: 256,
            blocks: 4_000_000,
            pages: 20_000,
        }
    }
}

/// What is measured of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Measure {
    /// [`Limits::bytes`].
    Bytes,
    /// [`Limits::inflated`].
    Inflated,
    /// [`Limits::entries`].
    Entries,
    /// [`Limits::depth`].
    Depth,
    /// [`Limits::blocks`].
    Blocks,
    /// [`Limits::pages`].
    Pages,
    /// Attributes of one element of HTML, of which no page needs ten thousand.
    Attributes,
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes => "bytes",
            Self::Inflated => "bytes when inflated",
            Self::Entries => "files inside it",
            Self::Depth => "levels of nesting",
            Self::Blocks => "blocks of text",
            Self::Pages => "pages",
            Self::Attributes => "attributes of one element",
        })
    }
}
