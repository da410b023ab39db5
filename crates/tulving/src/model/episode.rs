//! Episodes: whole conversations.

use super::{Json, Timestamp};

/// A whole conversation. Text fields hold what a database can: U+FFFD stands for NUL and for lone
/// surrogates; [`carry`](Self::carry) gives the original back.
#[derive(Debug, Clone, PartialEq)]
pub struct Episode {
    /// Unique within a scope; 1 to 255 characters.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// A list of objects with at least `role` and `content`, in order.
    pub messages: Json,
    /// How many messages the conversation had.
    pub message_count: i64,
    /// Where the conversation was held: `[a-z0-9_-]{1,32}`.
    pub source: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended.
    pub updated_at: Option<Timestamp>,
    /// Minutes from the first message to the last.
    pub duration_minutes: f64,
    /// An object: `summary`, `primary_intent`, `outcome`, …
    pub llm_tags: Json,
    /// The most frequent intent of its nodes.
    pub dominant_intent: String,
    /// Mean of its nodes, 1 (simple) to 3 (complex).
    pub avg_complexity: f64,
    /// Mean of its nodes, 0 to 10.
    pub avg_technical_depth: f64,
    /// Such as `neutral→positive`.
    pub emotional_arc: String,
    /// Whether any node holds code.
    pub has_code: bool,
    /// Whether any node holds an error message.
    pub has_errors: bool,
    /// The highest urgency of its nodes.
    pub urgency_max: String,
    /// Ids of its nodes, in the same scope.
    pub memory_node_ids: Vec<String>,
    /// Ids of other episodes, in the same scope.
    pub related_episode_ids: Vec<String>,
    /// How often it was recalled.
    pub access_count: i64,
    /// When it was last recalled.
    pub last_accessed: Option<Timestamp>,
    /// An object of the fields that are not named above.
    pub extra: Json,
    /// What the fields above cannot give back of the source record (see [`crate::record`]).
    pub carry: Option<Vec<u8>>,
}
