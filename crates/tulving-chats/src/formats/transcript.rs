//! What transcripts of assistants have in common: lines that are gathered into one conversation.

use std::collections::HashSet;

use tulving_json::{Value, write};

use crate::conversation::{Conversation, Message, MessageKind, Role};
use crate::fields::{Fields as _, size};
use crate::out::{Out, hash};
use crate::reason::Reason;
use crate::tree::inherit_times;

/// A conversation that is gathered line by line.
pub(crate) struct Transcript {
    pub(crate) conversation: Conversation<'static>,
    /// The name of the first line.
    first: String,
    /// How many lines there were, with those that came before.
    lines: u64,
    /// Those that there were, by their names.
    seen: HashSet<u64>,
    held: u64,
}

impl Transcript {
    pub(crate) fn new(source: &'static str) -> Self {
        Self {
            conversation: Conversation::new(source, String::new()),
            first: String::new(),
            lines: 0,
            seen: HashSet::new(),
            held: 0,
        }
    }

    /// Counts a line that came before in the file, and returns false; one that is new is kept. Where lines bear no id,
    /// those of one time that hold the same under `key` are one.
    ///
    /// What another file said is kept too: a session that was resumed or forked begins with the lines of the one before,
    /// and which of the two is read first, or at all, must not decide what either of them holds.
    pub(crate) fn keeps(&mut self, line: &Value<'_>, key: &str, out: &mut Out<'_>) -> bool {
        self.lines += 1;
        let name = line
            .string_at("uuid")
            .unwrap_or_else(|| name(line, key, self.lines));
        if !self.seen.insert(hash(&[&name])) {
            out.skip(Reason::Duplicate);
            return false;
        }
        if self.first.is_empty() {
            self.first = name;
        }
        true
    }

    /// Takes a message. Once the conversation is as large as one may be, only what is said is kept, without the rest of
    /// its line, and up to as much again.
    pub(crate) fn push(&mut self, mut message: Message<'_>, out: &mut Out<'_>) {
        let size = size(&message.raw);
        if self.held + size > out.limit() {
            out.skip(Reason::TooLarge);
            let said = message.text.len() as u64;
            if !message.is_said() || self.held + said > 2 * out.limit() {
                return;
            }
            message.raw = Value::Null;
            self.held += said;
        } else {
            self.held += size;
        }
        self.conversation.messages.push(message.into_owned());
    }

    /// Gives the conversation, with the times of its first and last message. If one with its id was given that began
    /// otherwise, it is named after its first line too: what it does not repeat must not be replaced.
    pub(crate) fn give(self, out: &mut Out<'_>) {
        let mut conversation = self.conversation;
        conversation.may_repeat = true;
        let source = &conversation.source;
        let begins_anew = out.is_new(&[source, &conversation.id, &self.first]);
        let longer = format!("{}-{}", conversation.id, self.first);
        if out.has_given(source, &conversation.id)
            && (begins_anew || out.has_given(source, &longer))
        {
            conversation.id = longer;
        }
        let times = || {
            conversation
                .messages
                .iter()
                .filter_map(|message| message.created_at)
        };
        let (first, last) = (times().min(), times().max());
        conversation.created_at = conversation.created_at.or(first);
        conversation.updated_at = last.or(conversation.created_at);
        inherit_times(&mut conversation.messages, conversation.created_at);
        out.conversation(conversation);
    }
}

/// Makes a name for a line of its time, or of its place if it has none, and of what it holds under a key.
fn name(line: &Value<'_>, key: &str, place: u64) -> String {
    let mut held = Vec::new();
    if let Some(value) = line.get(key) {
        write(value, &mut held);
    }
    let when = line
        .string_at("timestamp")
        .unwrap_or_else(|| place.to_string());
    format!("{:016x}", hash(&[&when, &String::from_utf8_lossy(&held)]))
}

/// Whether a text that bears the person's role was written by a program: what it is wrapped in says so.
pub(crate) fn is_injected(text: &str) -> bool {
    const MARKS: [&str; 15] = [
        "<command-name>",
        "<command-message>",
        "<command-args>",
        "<local-command-stdout>",
        "<local-command-stderr>",
        "<local-command-caveat>",
        "<bash-input>",
        "<bash-stdout>",
        "<system-reminder>",
        "<task-notification>",
        "<environment_context>",
        "<user_instructions>",
        "<INSTRUCTIONS>",
        "# AGENTS.md instructions",
        "<user-prompt-submit-hook>",
    ];
    let text = text.trim_start();
    text.is_empty()
        || MARKS.iter().any(|mark| text.starts_with(mark))
        || text.starts_with("[Request interrupted by user")
}

/// Makes a message that nobody said out of one that a program wrote.
pub(crate) fn injected(message: Message<'_>) -> Message<'_> {
    Message {
        kind: MessageKind::Context,
        hidden: true,
        role: Role::System,
        ..message
    }
}
