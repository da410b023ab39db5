//! A whole conversation and the questions in it, as they are given to be stored.

use uuid::Uuid;

use super::part::{Part, Placing};
use crate::backend::{ForeignSource, Sources};
use crate::json::Value;
use crate::model::{Episode, Json, Node, Timestamp};
use crate::record::{self, Flaw, Stamp};

/// The author of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The person.
    Human,
    /// The assistant.
    Assistant,
    /// Neither: instructions, or what a tool gave. Kept, but no part of any question or answer.
    Other,
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    /// The author.
    pub role: Role,
    /// What is said.
    pub content: String,
    /// When.
    pub created_at: Option<Timestamp>,
    /// The whole message, as it is kept.
    pub record: Value<'static>,
}

/// A whole conversation, to be remembered as an episode and as its questions with their answers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewConversation {
    /// Its id, which is that of the episode too; a new one if absent.
    pub id: Option<String>,
    /// What it is called; the beginning of its first question if absent.
    pub title: Option<String>,
    /// What was said, in order.
    pub messages: Vec<NewMessage>,
    /// Where it was held; the usual place if absent.
    pub source: Option<String>,
    /// What is written in place of a source that the files cannot bear.
    pub source_as: Option<String>,
    /// When it began; the time of its first message if absent, or now.
    pub created_at: Option<Timestamp>,
    /// When it ended; the time of its last message if absent.
    pub updated_at: Option<Timestamp>,
    /// Its questions with their answers; folded from its messages if absent.
    pub turns: Option<Vec<NewTurn>>,
    /// What else is known of it: values of fields of its record, such as `dominant_intent`.
    pub fields: Fields,
    /// Whether it may begin with what another one of its source said: then a question that the other has, asked at the
    /// same time, stays there alone. Looked at by [`merge`](super::Merging::merge).
    pub may_repeat: bool,
}

/// A question of a conversation, with its answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewTurn {
    /// Its place in the conversation, a part of what it is known by; that in the list if absent.
    pub place: Option<u32>,
    /// What was asked or said.
    pub question: String,
    /// What was answered; may be empty.
    pub answer: String,
    /// When it was asked; the time of the conversation if absent.
    pub created_at: Option<Timestamp>,
    /// An object of lists, as [`NewNode::tags`](super::NewNode::tags).
    pub tags: Option<Json>,
    /// What else is known of it: values of fields of its record, such as `intent_type`.
    pub fields: Fields,
}

/// Values of fields of a record. They follow from what is said: of a memory that is there they are written where its
/// text has changed, and stay as they are where it has not.
pub type Fields = Vec<(&'static str, Value<'static>)>;

/// A title is cut to so many characters.
const TITLE: usize = 80;

impl NewConversation {
    /// Returns whether nothing is said in it.
    pub(super) fn is_blank(&self) -> bool {
        let says_nothing = |message: &NewMessage| crate::model::is_blank(&message.content);
        self.messages.iter().all(says_nothing)
    }

    /// Returns the turns: each question with the answer that follows. Consecutive messages of one side
    /// are one. What the assistant says before anybody asked, and what is said by neither, is in no
    /// turn.
    fn folded(&self) -> Vec<NewTurn> {
        let mut turns: Vec<NewTurn> = Vec::new();
        let mut last = Role::Assistant;
        let said = self.messages.iter().filter(|message| {
            message.role != Role::Other && !crate::model::is_blank(&message.content)
        });
        for message in said {
            match (message.role, turns.last_mut()) {
                (Role::Human, Some(turn)) if last == Role::Human => {
                    join(&mut turn.question, &message.content);
                }
                (Role::Human, _) => turns.push(NewTurn {
                    question: message.content.clone(),
                    created_at: message.created_at,
                    ..NewTurn::default()
                }),
                (_, Some(turn)) => join(&mut turn.answer, &message.content),
                (_, None) => continue,
            }
            last = message.role;
        }
        turns
    }

    /// Returns the episode, and behind it its nodes.
    pub(super) fn into_parts(
        mut self,
        index: usize,
        now: Timestamp,
        sources: &Sources,
        stamp: &Stamp,
    ) -> Result<Vec<Part>, NotKept> {
        let placed = sources
            .place(self.source.as_deref(), self.source_as.as_deref())
            .map_err(NotKept::Source)?;
        let times = || {
            self.messages
                .iter()
                .filter_map(|message| message.created_at)
        };
        let (first, last) = (times().min(), times().max());
        let created_at = self.created_at.or(first).unwrap_or(now);
        let updated_at = self.updated_at.or(last);
        let turns = self.turns.take().unwrap_or_else(|| self.folded());
        let id = self.id.unwrap_or_else(|| Uuid::new_v4().to_string());
        let mut said = vec!["messages"];
        for (field, is_said) in [
            ("title", self.title.is_some()),
            ("source", self.source.is_some()),
            ("created_at", self.created_at.or(first).is_some()),
            ("updated_at", updated_at.is_some()),
        ] {
            said.extend(is_said.then_some(field));
        }
        let title = self.title.unwrap_or_else(|| {
            let beginning = turns.first().map_or("", |turn| turn.question.as_str());
            beginning
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .chars()
                .take(TITLE)
                .collect()
        });
        let (mut nodes, mut ids) = (Vec::with_capacity(turns.len()), Vec::new());
        let mut has_code = false;
        for (place, turn) in (0..).zip(turns) {
            let place = turn.place.map_or(place, i64::from);
            let at = turn.created_at.unwrap_or(created_at);
            let mut node = Node::new(&id, place, &turn.question, &turn.answer, at);
            node.source.clone_from(&placed.source);
            node.tags = placed.tags(turn.tags.unwrap_or_else(Json::empty_object));
            node.has_code = turn.question.contains("```") || turn.answer.contains("```");
            has_code |= node.has_code;
            ids.push(node.id.clone());
            let follows = follows(&["has_code"], &turn.fields);
            let node = record::with(&node.into(), turn.fields, stamp).map_err(NotKept::Flaw)?;
            nodes.push((node, follows));
        }
        let span = first
            .zip(last)
            .map_or(0, |(first, last)| last.micros() - first.micros());
        let episode = Episode {
            id,
            title,
            messages: Json::empty_object(),
            message_count: i64::try_from(self.messages.len()).unwrap_or(i64::MAX),
            source: placed.source,
            created_at,
            updated_at,
            duration_minutes: span as f64 / 60e6,
            llm_tags: Json::empty_object(),
            dominant_intent: "statement".to_owned(),
            avg_complexity: 1.0,
            avg_technical_depth: 0.0,
            emotional_arc: "neutral".to_owned(),
            has_code,
            has_errors: false,
            urgency_max: "low".to_owned(),
            memory_node_ids: ids,
            related_episode_ids: Vec::new(),
            access_count: 0,
            last_accessed: None,
            extra: Json::empty_object(),
            carry: None,
        };
        // As they were given: what columns cannot hold of them is carried.
        let messages = self.messages.into_iter().map(|message| message.record);
        let messages = Value::Array(messages.collect());
        let of_messages = [
            "message_count",
            "duration_minutes",
            "has_code",
            "memory_node_ids",
        ];
        let follows = follows(&of_messages, &self.fields);
        self.fields.push(("messages", messages));
        let episode = record::with(&episode.into(), self.fields, stamp).map_err(NotKept::Flaw)?;
        let part = |is_head, memory, said, follows| Part {
            index,
            is_head,
            memory,
            vector: None,
            said: Some(said),
            follows,
            placing: Placing::Whole,
        };
        let mut parts = vec![part(true, episode, said, follows)];
        parts.extend(nodes.into_iter().map(|(node, follows)| {
            let said = vec!["human_content", "assistant_content"];
            part(false, node, said, follows)
        }));
        Ok(parts)
    }
}

/// Why a conversation cannot be kept.
pub(super) enum NotKept {
    Source(ForeignSource),
    Flaw(Flaw),
}

/// Returns the fields that follow from the text: those that always do, and those that are given with it.
fn follows(always: &[&'static str], given: &Fields) -> Vec<&'static str> {
    let given = given.iter().map(|(field, _)| *field);
    always.iter().copied().chain(given).collect()
}

fn join(text: &mut String, more: &str) {
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(more);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_one_side_are_folded_and_each_question_is_a_turn() {
        let message = |(role, content): (Role, &str)| NewMessage {
            role,
            content: content.to_owned(),
            created_at: None,
            record: Value::Null,
        };
        let conversation = NewConversation {
            messages: [
                (Role::Other, "be kind"),
                (Role::Assistant, "hello"),
                (Role::Human, "a"),
                (Role::Human, "b"),
                (Role::Other, "a tool's"),
                (Role::Assistant, "c"),
                (Role::Human, " "),
                (Role::Assistant, "d"),
                (Role::Human, "e"),
            ]
            .map(message)
            .to_vec(),
            ..NewConversation::default()
        };
        let turns = conversation.folded();
        let said: Vec<_> = turns
            .iter()
            .map(|turn| (turn.question.as_str(), turn.answer.as_str()))
            .collect();
        assert_eq!(said, [("a\n\nb", "c\n\nd"), ("e", "")]);
    }
}
