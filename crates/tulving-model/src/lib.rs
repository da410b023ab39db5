//! Plain data: who owns a memory, and what a memory is.
//!
//! | module | holds |
//! |---|---|
//! | `scope` | [`Scope`]: who owns a memory |
//! | `kind` | [`Kind`]: the kinds of memory, and [`PerKind`] |
//! | `node`, `episode`, `chunk` | the kinds, each declared once |
//! | `document` | documents, of which chunks are the pieces |
//! | `field`, `column` | what a declaration is made of, and the values of fields |
//! | `memory` | [`Memory`]: one of any kind, and its [`Key`] |
//! | `space`, `embedding` | embedding spaces, and vectors that name theirs |
//! | `json`, `tags`, `timestamp` | types of single fields |
//! | `blank` | texts that say nothing |
//! | [`record`] | memories as records of JSON, and back |
//! | [`showable`] | characters that are safe to show |
//! | `error_class` | what kind of failure an error is |

mod blank;
mod chunk;
mod column;
mod document;
mod embedding;
mod episode;
mod error_class;
mod field;
mod json;
mod kind;
mod memory;
mod node;
pub mod record;
mod scope;
pub mod showable;
mod space;
mod tags;
mod timestamp;

pub use blank::{is_blank, is_unseen};
pub use chunk::Chunk;
pub use column::Column;
pub use document::Document;
pub use embedding::{Embedding, EmbeddingError};
pub use episode::Episode;
pub use error_class::ErrorClass;
pub use field::{ColumnSource, ColumnType, Field, Form, Recorded, Shape};
pub use json::Json;
pub use kind::{Kind, PerKind, Sequence};
pub use memory::{Facts, Key, Memory};
pub use node::{
    Complexity, ConversationMode, EmotionalValence, IntentType, Node, UnknownWord, Urgency,
};
pub use scope::{Scope, ScopeKind};
pub use space::Space;
pub use tags::Tags;
pub use tags::{with_process, without_processes};
pub use timestamp::{NotATime, Timestamp, Zone};

/// Returns bytes in lower-case hexadecimal.
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
