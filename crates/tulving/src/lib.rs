//! Long-term memory for AI assistants: read from files, moved into PostgreSQL, and proved to have
//! arrived.
//!
//! | module | holds |
//! |---|---|
//! | [`model`] | plain data: who owns a memory ([`model::Scope`]), and what a memory is |
//! | [`json`] | JSON as Python writes it, with nothing changed |
//! | [`record`] | memories as JSON records, and back |
//! | [`backend::file`] | a data directory: records beside vectors |
//! | [`backend::postgres`] | PostgreSQL with pgvector: schema, owners, the wall between scopes |
//! | [`embed`] | texts into vectors: the model that is built in, or a server that speaks OpenAI's protocol |
//! | [`transfer`] | moving a scope's memory, and the proof |
//!
//! It is no server and no program: it reads no environment variable, prints nothing and knows no
//! terminal. It does not search yet.
//!
//! A record that is read and written again is the same, odd as it may be:
//!
//! ```
//! use tulving::model::{Node, Scope};
//! use tulving::record::{self, Part, Stamp};
//!
//! let source = br#"{"id":"mem_0123456789abcdef","conversation_id":"c1","sequence_index":0,
//!     "human_content":"Why did the worker hang? \ud83d","assistant_content":"The pool was empty.",
//!     "source":"anthropic","created_at":"2024-01-15T10:30:00","mood":NaN}"#;
//! let mut value = tulving::json::parse(source)?;
//! let owner = Scope::User(uuid::Uuid::new_v4());
//!
//! let read = record::read::<Node>(&mut value, &Stamp::only(owner)).unwrap();
//! assert_eq!(read.record.human_content, "Why did the worker hang? \u{fffd}"); // what a column holds
//! assert_eq!(read.zoneless, 1); // a time without a zone is taken as UTC
//!
//! let (mut before, mut after) = (Vec::new(), Vec::new());
//! record::canonical::<Node>(&value, Part::Everything, &mut before);
//! record::write(&read.record, Part::Everything, &mut after)?;
//! assert_eq!(before, after); // nothing was lost
//! # Ok::<(), tulving::json::ParseError>(())
//! ```

pub mod backend;
pub mod embed;
pub mod json;
pub mod model;
pub mod record;
pub mod transfer;

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            // Writing to a String does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
