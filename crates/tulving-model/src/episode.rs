//! Episodes: whole conversations.

use super::column::{Column, FieldType};
use super::field::{ColumnSource, Field, Form, Record, Shape, record_kind};
use super::{Json, Timestamp};

/// A number of any size.
const REAL: Shape = Shape::Real {
    least: f64::MIN,
    most: f64::MAX,
};

record_kind! {
    /// A whole conversation. Text fields hold what a database can: U+FFFD stands for NUL and for lone
    /// surrogates; [`carry`](Self::carry) gives the original back.
    Episode {
        /// Unique within a scope; 1 to 255 characters.
        id: String = Shape::Id,
        /// What it is called.
        title: String = Shape::TextOr { missing: "" },
        /// A list of objects with at least `role` and `content`, in order.
        messages: Json = Shape::Objects,
        /// How many messages the conversation had.
        message_count: i64 = Shape::LengthOf { list: "messages" },
        /// Where the conversation was held: `[a-z0-9_-]{1,32}`.
        source: String = Shape::Source,
        /// When it began.
        created_at: Timestamp = Shape::Time,
        /// When it ended.
        updated_at: Option<Timestamp> = Shape::MaybeTime,
        /// Minutes from the first message to the last.
        duration_minutes: f64 = REAL,
        /// An object: `summary`, `primary_intent`, `outcome`, …
        llm_tags: Json = Shape::Object { keys: LLM_TAGS },
        /// The most frequent intent of its nodes.
        dominant_intent: String = Shape::TextOr { missing: "statement" },
        /// Mean of its nodes, 1 (simple) to 3 (complex).
        avg_complexity: f64 = REAL,
        /// Mean of its nodes, 0 to 10.
        avg_technical_depth: f64 = REAL,
        /// Such as `neutral→positive`.
        emotional_arc: String = Shape::TextOr { missing: "" },
        /// Whether any node holds code.
        has_code: bool = Shape::Flag,
        /// Whether any node holds an error message.
        has_errors: bool = Shape::Flag,
        /// The highest urgency of its nodes.
        urgency_max: String = Shape::TextOr { missing: "low" },
        /// Ids of its nodes, in the same scope.
        memory_node_ids: Vec<String> = Shape::Texts,
        /// Ids of other episodes, in the same scope.
        related_episode_ids: Vec<String> = Shape::Texts,
        /// How often it was recalled.
        access_count: i64 = Shape::Whole { least: 0, most: i64::MAX }; live,
        /// When it was last recalled.
        last_accessed: Option<Timestamp> = Shape::MaybeTime; live,
    }
}

const LLM_TAGS: &[&str] = &[
    "summary",
    "primary_intent",
    "outcome",
    "interruption_reason",
    "key_entities",
    "emotional_arc",
    "domains",
    "time_context",
];

impl Record for Episode {
    const TAGS: &'static str = "llm_tags";

    fn tags(&self) -> &Json {
        &self.llm_tags
    }
}
