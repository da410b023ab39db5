//! A whole conversation and the questions in it, as they are given to be stored.

use uuid::Uuid;

use super::part::{Part, Placing};
use crate::backend::{ForeignSource, Sources};
use crate::json::Value;
use crate::model::{Episode, Json, Memory, Node, Timestamp};
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
}

/// A title is cut to so many characters.
const TITLE: usize = 80;

/// A question with its answer.
struct Turn {
    question: String,
    answer: String,
    at: Option<Timestamp>,
}

impl NewConversation {
    /// Returns whether nothing is said in it.
    pub(super) fn is_blank(&self) -> bool {
        let says_nothing = |message: &NewMessage| crate::model::is_blank(&message.content);
        self.messages.iter().all(says_nothing)
    }

    /// Returns the turns: each question with the answer that follows. Consecutive messages of one side
    /// are one. What the assistant says before anybody asked, and what is said by neither, is in no
    /// turn.
    fn turns(&self) -> Vec<Turn> {
        let mut turns: Vec<Turn> = Vec::new();
        let mut last = Role::Assistant;
        let said = self.messages.iter().filter(|message| {
            message.role != Role::Other && !crate::model::is_blank(&message.content)
        });
        for message in said {
            match (message.role, turns.last_mut()) {
                (Role::Human, Some(turn)) if last == Role::Human => {
                    join(&mut turn.question, &message.content);
                }
                (Role::Human, _) => turns.push(Turn {
                    question: message.content.clone(),
                    answer: String::new(),
                    at: message.created_at,
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
        self,
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
        let turns = self.turns();
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
        let mut nodes = Vec::with_capacity(turns.len());
        for (place, turn) in (0..).zip(&turns) {
            let at = turn.at.unwrap_or(created_at);
            let mut node = Node::new(&id, place, &turn.question, &turn.answer, at);
            node.source.clone_from(&placed.source);
            node.tags = placed.tags(Json::empty_object());
            node.has_code = turn.question.contains("```") || turn.answer.contains("```");
            nodes.push(node);
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
            has_code: nodes.iter().any(|node| node.has_code),
            has_errors: false,
            urgency_max: "low".to_owned(),
            memory_node_ids: nodes.iter().map(|node| node.id.clone()).collect(),
            related_episode_ids: Vec::new(),
            access_count: 0,
            last_accessed: None,
            extra: Json::empty_object(),
            carry: None,
        };
        // As they were given: what columns cannot hold of them is carried.
        let messages = self.messages.into_iter().map(|message| message.record);
        let messages = Value::Array(messages.collect());
        let fields = vec![("messages", messages)];
        let episode = record::with(&episode.into(), fields, stamp).map_err(NotKept::Flaw)?;
        let part = |is_head, memory, said| Part {
            index,
            is_head,
            memory,
            vector: None,
            said: Some(said),
            placing: Placing::Whole,
        };
        let mut parts = vec![part(true, episode, said)];
        parts.extend(nodes.into_iter().map(|node| {
            let said = vec!["human_content", "assistant_content"];
            part(false, Memory::from(node), said)
        }));
        Ok(parts)
    }
}

/// Why a conversation cannot be kept.
pub(super) enum NotKept {
    Source(ForeignSource),
    Flaw(Flaw),
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
        let turns = conversation.turns();
        let said: Vec<_> = turns
            .iter()
            .map(|turn| (turn.question.as_str(), turn.answer.as_str()))
            .collect();
        assert_eq!(said, [("a\n\nb", "c\n\nd"), ("e", "")]);
    }
}
