//! From messages to questions with their answers.

use crate::conversation::{Conversation, MessageKind, Role, TimeSource};
use crate::recalled::Recalled;
use crate::time::Time;

/// A question and all that was answered to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Its place in the conversation, from 0.
    pub sequence_index: u32,
    /// What the person said. If that was nothing but files, their names: `[notes.pdf]`.
    pub human: String,
    /// All that the assistant said before the next question; empty if nothing.
    pub assistant: String,
    /// When it was asked.
    pub created_at: Option<Time>,
    /// How that is known.
    pub time_source: TimeSource,
    /// The ids of the messages of both.
    pub message_ids: Vec<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// Whether nothing was answered.
    pub unanswered: bool,
    /// Whether the question is nothing but files.
    pub files_only: bool,
    /// Whether the answer says nothing but what was recalled from memory before in the conversation.
    pub recalled: bool,
}

/// Folds the active branch into turns: messages of one side that follow one another are one, with an empty line
/// between them, and the answer is all that the assistant says until the next question. What it says before the first
/// question belongs to no turn. Tools, hidden messages, reasoning and other branches are passed over.
#[must_use]
pub fn turns(conversation: &Conversation<'_>) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    let (mut asking, mut recalled) = (false, Recalled::default());
    for message in &conversation.messages {
        if message.active {
            recalled.note(message);
        }
        let Some(said) = message.said() else {
            continue;
        };
        let is_human = message.role == Role::Human;
        if is_human && !asking {
            judge(turns.last_mut(), &recalled);
            turns.push(Turn {
                sequence_index: u32::try_from(turns.len()).unwrap_or(u32::MAX),
                human: String::new(),
                assistant: String::new(),
                created_at: message.created_at,
                time_source: message.time_source,
                message_ids: Vec::new(),
                model: None,
                unanswered: true,
                files_only: true,
                recalled: false,
            });
        }
        asking = is_human;
        let Some(turn) = turns.last_mut() else {
            continue;
        };
        if is_human {
            turn.files_only &= message.kind == MessageKind::Attachment;
            append(&mut turn.human, &said);
        } else {
            append(&mut turn.assistant, &said);
            turn.unanswered = false;
            if message.model.is_some() {
                turn.model.clone_from(&message.model);
            }
        }
        if !message.id.is_empty() {
            turn.message_ids.push(message.id.clone());
        }
    }
    judge(turns.last_mut(), &recalled);
    turns
}

/// Marks a turn that is complete.
fn judge(turn: Option<&mut Turn>, recalled: &Recalled) {
    if let Some(turn) = turn {
        turn.recalled = recalled.is_all_of(&turn.assistant);
    }
}

fn append(whole: &mut String, part: &str) {
    if !whole.is_empty() {
        whole.push_str("\n\n");
    }
    whole.push_str(part);
}
