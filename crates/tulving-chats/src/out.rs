//! Where what was read goes.

use std::collections::{HashMap, HashSet};
use std::hash::Hasher as _;
use std::ops::ControlFlow;

use tulving_json::Value;
use twox_hash::XxHash3_64;

use crate::conversation::{Conversation, MessageKind, Role};
use crate::fields::Fields as _;
use crate::reason::Reason;
use crate::recalled::without_blocks;
use crate::report::FileReport;
use crate::time::Time;
use crate::turns::{Turn, turns};

/// The longest id that is taken from an export, in bytes.
const LONGEST_ID: usize = 255;

/// Takes what is read, while it is read.
pub trait Sink {
    /// Takes a conversation with its turns, of which there may be none. One whose answer was only recalled is missing among them. One with the source and id of one that came
    /// before is a newer form of it and replaces it. `Break` ends the reading.
    fn conversation(&mut self, conversation: Conversation<'_>, turns: Vec<Turn>)
    -> ControlFlow<()>;

    /// Takes what came of a file, behind its conversations.
    fn file(&mut self, report: FileReport);

    /// Takes how many bytes have been read, of those that [`find`](crate::find) counted.
    fn progress(&mut self, _bytes: u64) {}
}

/// What has been read of all files so far.
#[derive(Default)]
pub(crate) struct Seen {
    /// Conversations, and which edition of each was the newest.
    conversations: HashMap<u64, Edition>,
    /// Turns and lines that may come more than once.
    pieces: HashSet<u64>,
}

/// By what it is seen which form of a conversation is the newer.
#[derive(Clone, Copy)]
struct Edition {
    changed: Option<Time>,
    messages: usize,
}

impl Edition {
    fn of(conversation: &Conversation<'_>) -> Self {
        Self {
            changed: conversation.updated_at,
            messages: conversation.messages.len(),
        }
    }

    /// Returns whether this one is newer: by time, and where that says nothing by length.
    fn is_newer_than(self, other: Self) -> bool {
        match (self.changed, other.changed) {
            (Some(own), Some(other)) if own != other => own > other,
            _ => self.messages > other.messages,
        }
    }
}

/// What a format gives what it has read to.
pub struct Out<'o> {
    sink: &'o mut dyn Sink,
    seen: &'o mut Seen,
    report: &'o mut FileReport,
    pub(crate) stopped: bool,
    limit: u64,
}

impl<'o> Out<'o> {
    pub(crate) fn new(
        sink: &'o mut dyn Sink,
        seen: &'o mut Seen,
        report: &'o mut FileReport,
        limit: u64,
    ) -> Self {
        Self {
            sink,
            seen,
            report,
            stopped: false,
            limit,
        }
    }

    /// Gives a conversation. It is counted and passed over if nobody says anything in it, or if it came before.
    pub fn conversation(&mut self, mut conversation: Conversation<'_>) {
        if self.stopped {
            return;
        }
        let said = |message: &crate::Message<'_>| {
            let text = without_blocks(&message.text);
            !message.hidden && message.kind == MessageKind::Text && !text.trim().is_empty()
        };
        let mut turns = turns(&conversation);
        if turns.is_empty() && !conversation.messages.iter().any(said) {
            return self.skip(Reason::Empty);
        }
        if conversation.id.is_empty() || conversation.id.len() > LONGEST_ID {
            conversation.id = made_up_id(&conversation);
        }
        if self.report.conversations == 0 {
            self.report.provider = Some(conversation.source.clone().into_owned());
        }
        let key = key(&conversation.source, &conversation.id);
        let edition = Edition::of(&conversation);
        match self.seen.conversations.get(&key) {
            Some(before) if !edition.is_newer_than(*before) => {
                return self.skip(Reason::Duplicate);
            }
            _ => self.seen.conversations.insert(key, edition),
        };
        // The others keep their places, which are a part of what they are known by.
        let all = turns.len();
        turns.retain(|turn| !turn.recalled);
        (turns.len()..all).for_each(|_| self.skip(Reason::Recalled));
        self.report.conversations += 1;
        self.report.turns += turns.len() as u64;
        self.stopped = self.sink.conversation(conversation, turns).is_break();
    }

    /// Counts something that is passed over.
    pub fn skip(&mut self, reason: Reason) {
        self.report.skip(reason);
    }

    /// Counts a kind of content that the format does not know.
    pub fn unknown(&mut self, kind: &str) {
        const MOST: usize = 100;
        let name: String = kind.chars().take(64).collect();
        if self.report.unknown.len() < MOST || self.report.unknown.contains_key(&name) {
            *self.report.unknown.entry(name).or_default() += 1;
        }
    }

    /// Reads the time under a key, and counts it if it is there and none.
    pub fn time(&mut self, value: &Value<'_>, key: &str) -> Option<Time> {
        let field = value.get(key)?;
        let time = Time::of(field);
        let is_none = match field {
            Value::Null => true,
            Value::Number(lexeme) => lexeme.parse::<f64>() == Ok(0.0),
            Value::String(text) => text.as_bytes().is_empty(),
            _ => false,
        };
        self.report.invalid_times += u64::from(time.is_none() && !is_none);
        time
    }

    /// Returns how many bytes one conversation may take.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Returns whether a conversation of that source and id was given, of any file.
    pub(crate) fn has_given(&self, source: &str, id: &str) -> bool {
        self.seen.conversations.contains_key(&key(source, id))
    }

    /// Returns whether a piece of that name comes for the first time, in all files.
    pub fn is_new(&mut self, name: &[&str]) -> bool {
        self.seen.pieces.insert(hash(name))
    }
}

/// Returns what a conversation is known by among those of all files.
fn key(source: &str, id: &str) -> u64 {
    hash(&[source, id])
}

/// Makes an id of how a conversation begins: the same when more messages have come.
fn made_up_id(conversation: &Conversation<'_>) -> String {
    let first = |role| {
        let found = conversation
            .messages
            .iter()
            .find(|message| message.role == role);
        found.map_or(("", ""), |message| {
            (message.id.as_str(), message.text.as_str())
        })
    };
    let (asked, answered) = (first(Role::Human), first(Role::Assistant));
    let begun = conversation
        .created_at
        .map_or(String::new(), |time| time.to_string());
    let names = [
        &*conversation.source,
        &begun,
        asked.0,
        asked.1,
        answered.0,
        answered.1,
    ];
    format!("chat-{:016x}", hash(&names))
}

/// Returns a hash of names, which stays the same in all versions.
pub(crate) fn hash(names: &[&str]) -> u64 {
    let mut hasher = XxHash3_64::new();
    for name in names {
        hasher.write(&(name.len() as u64).to_le_bytes());
        hasher.write(name.as_bytes());
    }
    hasher.finish()
}

/// Returns the name of a source as memories have it: small letters, digits, `-` and `_`.
pub(crate) fn source_name(value: &Value<'_>) -> Option<String> {
    let name = value.str()?.to_ascii_lowercase();
    let fits = (1..=32).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b));
    fits.then_some(name)
}
