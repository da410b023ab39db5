//! Plain data: who owns a memory, and what a memory is.

mod blank;
mod embedding;
mod episode;
mod json;
mod memory;
mod node;
mod scope;
mod space;
mod timestamp;

pub use blank::is_blank;
pub(crate) use blank::is_unseen;
pub use embedding::{Embedding, EmbeddingError};
pub use episode::Episode;
pub use json::Json;
pub use memory::{Facts, Key, Memory};
pub use node::{
    Complexity, ConversationMode, EmotionalValence, IntentType, Node, UnknownWord, Urgency,
};
pub use scope::{Scope, ScopeKind};
pub use space::Space;
pub use timestamp::{Timestamp, Zone};

/// The two kinds of memory that a data directory holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// One question and its answer.
    Node,
    /// A whole conversation.
    Episode,
}

impl Kind {
    /// `node` or `episode`, as in the ledger and in rejects.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Episode => "episode",
        }
    }

    /// `nodes` or `episodes`, as in file names, options and reports.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::Node => "nodes",
            Self::Episode => "episodes",
        }
    }
}
