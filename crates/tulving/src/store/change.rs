//! The changes of an update: the fields that become different.

use crate::json::{Text, Value};
use crate::model::{Json, Kind, Memory, Timestamp};

/// What is to be different about a memory; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Change {
    /// A node's question.
    pub question: Option<String>,
    /// A node's answer.
    pub answer: Option<String>,
    /// An episode's title.
    pub title: Option<String>,
    /// Where it was held.
    pub source: Option<String>,
    /// The source to write where another program reads the files too and does not know the true one: as
    /// in [`NewNode::source_as`](super::NewNode::source_as), for nodes.
    pub source_as: Option<String>,
    /// When it was said, or began.
    pub created_at: Option<Timestamp>,
    /// A node's tags: an object of lists.
    pub tags: Option<Json>,
    /// Its vector, of the space of the scope's vectors. Without one, a vector is made anew if the
    /// text changes.
    pub embedding: Option<Vec<f32>>,
}

impl Change {
    /// Returns the fields of the record that become different.
    pub(super) fn fields(&self) -> Vec<(&'static str, Value<'_>)> {
        let text = |text: &'_ str| Value::String(Text::from(text.to_owned()));
        let time = |time: Timestamp| Value::String(Text::from(time.isoformat()));
        [
            ("human_content", self.question.as_deref().map(text)),
            ("assistant_content", self.answer.as_deref().map(text)),
            ("title", self.title.as_deref().map(text)),
            ("source", self.source.as_deref().map(text)),
            ("created_at", self.created_at.map(time)),
            ("tags", self.tags.as_ref().map(Json::value)),
        ]
        .into_iter()
        .filter_map(|(field, value)| value.map(|value| (field, value)))
        .collect()
    }

    /// Returns whether it gives a text, even one that is the same as before.
    pub(super) fn names_text(&self) -> bool {
        self.changes_text() || self.title.is_some()
    }

    /// Returns whether what was said becomes different.
    pub(super) fn changes_text(&self) -> bool {
        self.question.is_some() || self.answer.is_some()
    }

    /// Returns the first field in it that memories of this kind do not have.
    pub(super) fn unsupported_field(&self, memory: &Memory) -> Option<&'static str> {
        let unsupported = match memory.kind() {
            Kind::Node => [("title", self.title.is_some()), ("", false), ("", false)],
            Kind::Episode => [
                ("question", self.question.is_some()),
                ("answer", self.answer.is_some()),
                ("tags", self.tags.is_some()),
            ],
            // Its text is its document's.
            Kind::Chunk => [
                ("question", self.question.is_some()),
                ("answer", self.answer.is_some()),
                ("title", self.title.is_some()),
            ],
        };
        unsupported
            .into_iter()
            .find_map(|(name, given)| given.then_some(name))
    }
}
