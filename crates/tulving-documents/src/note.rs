//! What is said about a document beside its text.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::format::Format;

/// What of a document is not taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Omission {
    /// Pictures; what describes them is kept.
    Pictures,
    /// Text that was deleted while changes were tracked.
    DeletedText,
    /// Comments at the margin.
    Comments,
    /// What is repeated at the top and bottom of pages.
    HeadersAndFooters,
    /// Lines of a table of contents, which repeats the headings.
    TableOfContents,
    /// Scripts and styles.
    Scripts,
    /// Menus for finding one's way on a site.
    Navigation,
    /// Drawings and templates inside a web page.
    Embedded,
    /// Pages on which there is no text that can be read.
    PagesWithoutText,
    /// Entries of a chunk file that have no text.
    ChunksWithoutText,
}

impl fmt::Display for Omission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pictures => "pictures",
            Self::DeletedText => "deleted text",
            Self::Comments => "comments",
            Self::HeadersAndFooters => "headers and footers of pages",
            Self::TableOfContents => "lines of a table of contents",
            Self::Scripts => "scripts and styles",
            Self::Navigation => "navigation",
            Self::Embedded => "embedded drawings and templates",
            Self::PagesWithoutText => "pages without text",
            Self::ChunksWithoutText => "chunks without text",
        })
    }
}

/// What whoever brought a document should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Note {
    /// Its name says that it is something else than it is; it was read as what it is.
    Extension {
        /// The end of its name.
        extension: String,
        /// What it is.
        found: Format,
    },
    /// It is not UTF-8 and does not say what it is, so its encoding was guessed.
    Encoding {
        /// The guess.
        name: String,
    },
    /// Bytes or characters that no text can hold became U+FFFD.
    Replaced {
        /// How many.
        count: u64,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Extension { extension, found } => write!(
                f,
                "its name ends in .{extension}, but it is {found}, and was read as such"
            ),
            Self::Encoding { name } => write!(
                f,
                "it is not UTF-8, and was read as {name}, which is a guess: save it as UTF-8 if letters are wrong"
            ),
            Self::Replaced { count } => write!(
                f,
                "{count} characters of it cannot be read, and became U+FFFD"
            ),
        }
    }
}
