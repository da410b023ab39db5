//! What ordering the hits of a search needs to know of a memory.

use super::{Kind, Timestamp};

/// Where a memory stands: enough to order hits, without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Node or episode.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// The conversation that a node is part of; none for an episode.
    pub conversation_id: Option<String>,
    /// A node's place in its conversation, from 0.
    pub sequence_index: i64,
    /// When it was said.
    pub created_at: Timestamp,
    /// −1 is noise; none is not clustered.
    pub cluster_id: Option<i64>,
}
