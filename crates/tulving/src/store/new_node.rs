//! A question and its answer, as they are given to be stored.

use uuid::Uuid;

use super::part::{Part, Placing};
use crate::backend::{ForeignSource, Sources};
use crate::json::{Text, Value};
use crate::model::{Json, Node, Tags, Timestamp};

/// A question and its answer, to be remembered.
///
/// ```
/// use tulving::store::NewNode;
///
/// let node = NewNode::new("Why did the worker hang?", "The pool was exhausted.")
///     .tags(["ops", "postgres"])
///     .created_at("2024-01-15T10:30:00Z".parse()?);
/// # let _ = node;
/// # Ok::<(), tulving::model::NotATime>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewNode {
    /// Its id; one that goes with its place in the conversation if absent.
    pub id: Option<String>,
    /// What was asked or said.
    pub question: String,
    /// What was answered; may be empty.
    pub answer: String,
    /// The question as JSON can say it, where it holds half characters (lone surrogates): then
    /// `question` is what is left of it without them.
    pub question_verbatim: Option<Text<'static>>,
    /// The same of the answer.
    pub answer_verbatim: Option<Text<'static>>,
    /// The conversation that it continues; a new one if absent.
    pub conversation_id: Option<String>,
    /// When it was said; now if absent.
    pub created_at: Option<Timestamp>,
    /// Where it was said; if absent, `tulving`, or what is usual in files that another program reads
    /// too.
    pub source: Option<String>,
    /// The source to write where that program does not know the true one, which is then kept among the
    /// tags: `processes: ["source:NAME"]`. Without it, such a memory is refused.
    pub source_as: Option<String>,
    /// An object of lists: `domains`, `topics`, `entities`, `processes`.
    pub tags: Option<Json>,
    /// Its vector, of the space of the scope's vectors; made from the text if absent.
    pub embedding: Option<Vec<f32>>,
}

impl NewNode {
    /// Makes a node of a question and its answer.
    #[must_use]
    pub fn new(question: impl Into<String>, answer: impl Into<String>) -> Self {
        Self {
            question: question.into(),
            answer: answer.into(),
            ..Self::default()
        }
    }

    /// Gives it tags: topics, where they are texts alone.
    #[must_use]
    pub fn tags(mut self, tags: impl Into<Tags>) -> Self {
        self.tags = Some(tags.into().into());
        self
    }

    /// Says when it was said.
    #[must_use]
    pub fn created_at(mut self, time: Timestamp) -> Self {
        self.created_at = Some(time);
        self
    }

    /// Returns the fields of its record that columns cannot hold.
    pub(super) fn take_verbatim(&mut self) -> Vec<(&'static str, Value<'static>)> {
        let question = self.question_verbatim.take();
        let answer = self.answer_verbatim.take();
        [("human_content", question), ("assistant_content", answer)]
            .into_iter()
            .filter_map(|(field, text)| Some((field, Value::String(text?))))
            .collect()
    }

    /// Returns the node, but for its place in the conversation and, unless it is named, the id that
    /// goes with it.
    pub(super) fn into_part(
        self,
        index: usize,
        now: Timestamp,
        sources: &Sources,
    ) -> Result<Part, ForeignSource> {
        let mut said = vec!["human_content", "assistant_content"];
        for (field, is_said) in [
            ("conversation_id", self.conversation_id.is_some()),
            ("created_at", self.created_at.is_some()),
            ("source", self.source.is_some()),
            ("tags", self.tags.is_some()),
        ] {
            said.extend(is_said.then_some(field));
        }
        let source = sources.place(self.source.as_deref(), self.source_as.as_deref())?;
        let conversation = self
            .conversation_id
            .unwrap_or_else(|| Uuid::new_v4().to_string());
        let created_at = self.created_at.unwrap_or(now);
        let mut node = Node::new(&conversation, 0, &self.question, &self.answer, created_at);
        node.tags = source.tags(self.tags.unwrap_or_else(Json::empty_object));
        node.source = source.source;
        // A fenced block is the one sign of code that is never anything else.
        node.has_code = [&self.question, &self.answer]
            .iter()
            .any(|text| text.contains("```"));
        let placing = match self.id {
            Some(id) => {
                node.id = id;
                Placing::NextNamed
            }
            None => Placing::Next,
        };
        Ok(Part {
            index,
            is_head: true,
            memory: node.into(),
            vector: self.embedding,
            said: Some(said),
            follows: Vec::new(),
            placing,
        })
    }
}
