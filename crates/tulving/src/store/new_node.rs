//! A memory that is being made.

use uuid::Uuid;

use crate::model::{Json, Node, Timestamp};

/// A question and its answer, to be remembered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewNode {
    /// What was asked or said.
    pub question: String,
    /// What was answered; may be empty.
    pub answer: String,
    /// The conversation that it continues; a new one if absent.
    pub conversation_id: Option<String>,
    /// When it was said; now if absent.
    pub created_at: Option<Timestamp>,
    /// Where it was said; `tulving` if absent.
    pub source: Option<String>,
    /// An object of lists: `domains`, `topics`, `entities`, `processes`.
    pub tags: Option<Json>,
    /// Its vector, of the space of the scope's vectors; made from the text if absent.
    pub embedding: Option<Vec<f32>>,
}

impl NewNode {
    /// A question and its answer.
    #[must_use]
    pub fn new(question: impl Into<String>, answer: impl Into<String>) -> Self {
        Self {
            question: question.into(),
            answer: answer.into(),
            ..Self::default()
        }
    }

    /// The node, but for its place in the conversation and the id that goes with it.
    pub(super) fn into_node(self, now: Timestamp) -> (Node, Option<Vec<f32>>) {
        let conversation = self
            .conversation_id
            .unwrap_or_else(|| Uuid::new_v4().to_string());
        let created_at = self.created_at.unwrap_or(now);
        let mut node = Node::new(&conversation, 0, &self.question, &self.answer, created_at);
        if let Some(source) = self.source {
            node.source = source;
        }
        if let Some(tags) = self.tags {
            node.tags = tags;
        }
        // A fenced block is the one sign of code that is never anything else.
        node.has_code = [&self.question, &self.answer]
            .iter()
            .any(|text| text.contains("```"));
        (node, self.embedding)
    }
}
