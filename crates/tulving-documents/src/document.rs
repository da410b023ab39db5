//! What was read: one form for all formats.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::chunk::Chunk;
use crate::format::Format;
use crate::note::{Note, Omission};

/// A document as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What the document calls itself, else its first heading, else the name of its file.
    pub title: String,
    /// What it was read as, which its content decides.
    pub format: Format,
    /// Its text.
    pub body: Body,
    /// How many pages it has, where the format knows pages.
    pub pages: Option<u32>,
    /// What a chunk file says of itself: keys, and values as JSON.
    pub metadata: Vec<(String, String)>,
    /// What was not taken over, and how many of each.
    pub left_out: BTreeMap<Omission, u64>,
    /// What whoever brought it should know.
    pub notes: Vec<Note>,
}

/// The text of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// In reading order, still to be cut.
    Blocks(Vec<Block>),
    /// Cut by whoever wrote the file: they stay as they are.
    Chunks(Vec<Chunk>),
}

/// A piece of a document that stands by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// The page that it begins on, from 1, where there are pages.
    pub page: Option<u32>,
    /// What it is.
    pub content: Content,
}

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// A heading over what follows, up to the next of its level or above.
    Heading {
        /// How deep it is: 0 for the title of the whole, 1 for a chapter.
        level: u8,
        /// Its words, in one line.
        text: String,
    },
    /// A paragraph.
    Paragraph {
        /// Its words.
        text: String,
    },
    /// An entry of a list, or a step of a procedure.
    Item {
        /// How many lists are around the one that it is in.
        depth: u8,
        /// What stands before it, `-` or `3.`; nothing where it continues the entry before.
        marker: Option<String>,
        /// Its words.
        text: String,
    },
    /// A table.
    Table {
        /// How many of the first rows are its head.
        header: usize,
        /// Cells by rows.
        rows: Vec<Vec<String>>,
    },
    /// Code, or anything else whose lines must stay as they are.
    Code {
        /// What it is written in, where that is said.
        language: Option<String>,
        /// Its lines.
        text: String,
    },
}

impl Document {
    /// Returns the pieces of its text in reading order, for whoever counts or compares words: texts of blocks,
    /// cells of tables, texts of chunks.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (blocks, chunks) = match &self.body {
            Body::Blocks(blocks) => (blocks.as_slice(), [].as_slice()),
            Body::Chunks(chunks) => ([].as_slice(), chunks.as_slice()),
        };
        let blocks = blocks.iter().flat_map(|block| block.content.texts());
        blocks.chain(chunks.iter().map(|chunk| chunk.content.as_str()))
    }

    /// Returns whether there is nothing in it to be found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts().all(|text| text.trim().is_empty())
    }
}

impl Content {
    /// Returns its pieces of text, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (one, rows) = match self {
            Self::Heading { text, .. }
            | Self::Paragraph { text }
            | Self::Item { text, .. }
            | Self::Code { text, .. } => (Some(text.as_str()), [].as_slice()),
            Self::Table { rows, .. } => (None, rows.as_slice()),
        };
        let cells = rows.iter().flatten().map(String::as_str);
        one.into_iter().chain(cells)
    }
}
