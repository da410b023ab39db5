//! Reads chat exports and transcripts: files in, conversations and turns out.
//!
//! What a person downloads from ChatGPT, Claude, Grok and Gemini, and what assistants write down on a disk, is read from
//! files, folders and zip archives, in whatever order and under whatever names. Nothing is written, and nothing outside
//! the given paths is read.
//!
//! | | |
//! |---|---|
//! | [`read`] | paths → [`Conversation`]s with their [`Turn`]s into a [`Sink`], and a [`FileReport`] of every file |
//! | [`find`] | how many bytes that will be |
//! | [`Reason`] | why something was passed over: everything is counted |
//! | [`Format`] | what one format is; [`read_with`] takes others |
//!
//! Where things are:
//!
//! | | |
//! |---|---|
//! | `read`, `archive`, `file`, `cards` | paths, archives, one file, the cards of a page |
//! | `format`, `formats` | what a format is, the formats themselves |
//! | `out` | what formats give to, and what came before |
//! | `tree`, `clean`, `page`, `fields`, `time` | what formats need: branches, texts without marks, HTML, JSON, times |
//! | `conversation`, `turns` | what is made |
//! | `recalled` | what is memory already, and is no memory once more |
//! | `report`, `reason`, `limits` | what was passed over |

mod archive;
mod cards;
mod clean;
mod conversation;
mod fields;
mod file;
mod format;
mod formats;
mod limits;
mod out;
mod page;
mod read;
mod reason;
mod recalled;
mod report;
mod time;
mod tree;
mod turns;

pub use conversation::{Conversation, Message, MessageKind, Role, TimeSource};
pub use format::{Format, Reading, Record};
pub use limits::Limits;
pub use out::{Out, Sink};
pub use read::{Found, ReadError, find, read, read_bytes, read_with};
pub use reason::Reason;
pub use report::FileReport;
pub use time::Time;
pub use tulving_json as json;
pub use turns::{Turn, turns};

/// What formats are written with.
pub mod tools {
    pub use crate::fields::Fields;
    pub use crate::page::text as text_of_html;
    pub use crate::tree::{arrange, inherit_times};
}

/// The guide's example.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/writing-a-format.md")]
pub struct Guide;
