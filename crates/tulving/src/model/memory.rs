//! A memory of either kind, and how it is named.

use std::fmt;

use super::{Episode, Kind, Node, Timestamp};

/// A memory of either kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Memory {
    /// One question and its answer.
    Node(Node),
    /// A whole conversation.
    Episode(Episode),
}

impl Memory {
    /// Which kind it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Node(_) => Kind::Node,
            Self::Episode(_) => Kind::Episode,
        }
    }

    /// Unique among the memories of its kind in one scope.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Node(node) => &node.id,
            Self::Episode(episode) => &episode.id,
        }
    }

    /// Kind and id.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(self.kind(), self.id())
    }

    /// When it was said, or began.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        match self {
            Self::Node(node) => node.created_at,
            Self::Episode(episode) => episode.created_at,
        }
    }

    /// Where the conversation was held.
    #[must_use]
    pub fn source(&self) -> &str {
        match self {
            Self::Node(node) => &node.source,
            Self::Episode(episode) => &episode.source,
        }
    }

    /// What searching needs to know of it.
    #[must_use]
    pub fn facts(&self) -> Facts {
        let (conversation_id, sequence_index, cluster_id) = match self {
            Self::Node(node) => (
                Some(node.conversation_id.clone()),
                node.sequence_index,
                node.cluster_id,
            ),
            Self::Episode(_) => (None, 0, None),
        };
        Facts {
            kind: self.kind(),
            id: self.id().to_owned(),
            conversation_id,
            sequence_index,
            created_at: self.created_at(),
            cluster_id,
        }
    }
}

impl From<Node> for Memory {
    fn from(node: Node) -> Self {
        Self::Node(node)
    }
}

impl From<Episode> for Memory {
    fn from(episode: Episode) -> Self {
        Self::Episode(episode)
    }
}

/// What names a memory within a scope: nodes and episodes have ids of their own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Which kind it is.
    pub kind: Kind,
    /// Its id.
    pub id: String,
}

impl Key {
    /// The key of a memory of this kind with this id.
    #[must_use]
    pub fn new(kind: Kind, id: impl Into<String>) -> Self {
        Self {
            kind,
            id: id.into(),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.kind.as_str(), self.id)
    }
}

/// What searching needs to know of a memory besides its score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Which kind it is.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// The conversation that a node belongs to; none for an episode.
    pub conversation_id: Option<String>,
    /// A node's place in its conversation; 0 for an episode.
    pub sequence_index: i64,
    /// When it was said, or began.
    pub created_at: Timestamp,
    /// A node's cluster: −1 is noise.
    pub cluster_id: Option<i64>,
}

impl Facts {
    /// Kind and id.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(self.kind, self.id.clone())
    }
}
