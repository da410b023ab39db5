//! The origin: what the loader of the Python program takes.
//!
//! The Python program whose files these are builds its objects from exactly their own keys: one key
//! that it does not know, one word outside its choice, or one time that Python 3.10 does not read, and
//! it does not start. Its older nodes know no owner, its newer ones do; episodes never.

use std::fmt;

use crate::json::{Text, Value};
use crate::model::{
    Complexity, ConversationMode, EmotionalValence, IntentType, Kind, Memory, Scope, Timestamp,
    Urgency,
};
use crate::record;

/// The sources that it knows.
pub(super) const SOURCES: [&str; 4] = ["anthropic", "openai", "grok", "gemini"];

/// Who owns a record; the newer nodes alone say so.
const STAMPS: [&str; 2] = ["user_id", "tenant_id"];

const TAGS: [&str; 4] = ["domains", "topics", "entities", "processes"];

const TIMES: [&str; 3] = ["created_at", "updated_at", "last_accessed"];

/// Something about a record that the origin's loader does not take.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// It is no object.
    NotAnObject,
    /// A key that it does not know.
    UnknownKey(String),
    /// A source that it does not know.
    Source(String),
    /// A word outside its choice, in this field.
    Word {
        /// The field.
        field: &'static str,
        /// What it holds.
        found: String,
    },
    /// A time in another form than Python 3.10 reads, in this field.
    Time {
        /// The field.
        field: &'static str,
        /// What it holds.
        found: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => f.write_str("it is no object"),
            Self::UnknownKey(key) => write!(f, "the key {key:?}"),
            Self::Source(found) => write!(f, "the source {found}"),
            Self::Word { field, found } => write!(f, "{field} {found}"),
            Self::Time { field, found } => write!(f, "the time {found} in {field}"),
        }
    }
}

/// The nodes of a directory, as far as the origin tells its generations apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Generation {
    /// No node says whose it is.
    Older,
    /// Every node does.
    Newer,
}

/// Returns everything about a record that the origin's loader does not take.
pub(super) fn faults(kind: Kind, record: &Value<'_>) -> Vec<Fault> {
    let Value::Object(members) = record else {
        return vec![Fault::NotAnObject];
    };
    let mut faults = Vec::new();
    let known = kind.known_keys();
    let knows = |key: &Text<'_>| {
        key.to_str().is_some_and(|key| {
            known.contains(&key) && (kind == Kind::Node || !STAMPS.contains(&key))
        })
    };
    let strange = members.iter().filter(|(key, _)| !knows(key));
    faults.extend(strange.map(|(key, _)| Fault::UnknownKey(key.storable().into_owned())));
    if let (Kind::Node, Some(Value::Object(tags))) = (kind, record.get("tags")) {
        let knows = |key: &Text<'_>| key.to_str().is_some_and(|key| TAGS.contains(&key));
        let strange = tags.iter().filter(|(key, _)| !knows(key));
        faults
            .extend(strange.map(|(key, _)| Fault::UnknownKey(format!("tags.{}", key.storable()))));
    }
    if let Some(source) = record
        .get("source")
        .filter(|source| !is_in(source, &SOURCES))
    {
        faults.push(Fault::Source(shown(source)));
    }
    if kind == Kind::Node {
        for (field, words) in [
            ("intent_type", IntentType::WORDS),
            ("complexity", Complexity::WORDS),
            ("emotional_valence", EmotionalValence::WORDS),
            ("urgency", Urgency::WORDS),
            ("conversation_mode", ConversationMode::WORDS),
        ] {
            let found = record.get(field).filter(|word| !is_in(word, words));
            faults.extend(found.map(|word| Fault::Word {
                field,
                found: shown(word),
            }));
        }
    }
    for field in TIMES {
        let found = match record.get(field) {
            Some(Value::Null) if field != "created_at" => None,
            Some(Value::String(text)) if text.to_str().is_some_and(python_reads) => None,
            found => found,
        };
        faults.extend(found.map(|time| Fault::Time {
            field,
            found: shown(time),
        }));
    }
    faults
}

/// Brings the record of a memory that is to be added into the form of its neighbours: every key, whose
/// it is where they say so, all lists of tags, times as Python writes them.
pub(super) fn adapt<'v>(
    memory: &'v Memory,
    record: &mut Value<'v>,
    generation: Generation,
    scope: Scope,
) {
    let Value::Object(members) = record else {
        return;
    };
    let kind = memory.kind();
    let is_stamped = kind == Kind::Node && generation == Generation::Newer;
    for (key, value) in record::render(memory) {
        if members
            .iter()
            .all(|(present, _)| present.to_str() != Some(key))
        {
            members.push((Text::new(key), value));
        }
    }
    let id = |id: Option<uuid::Uuid>| match id {
        Some(id) => Value::String(Text::from(id.to_string())),
        None => Value::Null,
    };
    members.retain(|(key, _)| key.to_str().is_none_or(|key| !STAMPS.contains(&key)));
    if is_stamped {
        members.push((Text::new("user_id"), id(scope.user_id())));
        members.push((Text::new("tenant_id"), id(scope.tenant_id())));
    }
    for (key, value) in members {
        let Some(key) = key.to_str() else { continue };
        match value {
            Value::Object(tags) if key == "tags" && kind == Kind::Node => {
                for list in TAGS {
                    if tags.iter().all(|(key, _)| key.to_str() != Some(list)) {
                        tags.push((Text::new(list), Value::Array(Vec::new())));
                    }
                }
            }
            // A conversation that nobody went on with ended when it began.
            Value::Null if key == "updated_at" => {
                if let Memory::Episode(episode) = memory {
                    *value = Value::String(Text::from(episode.created_at.isoformat()));
                }
            }
            Value::String(text) if TIMES.contains(&key) => {
                let time = text.to_str().filter(|time| !python_reads(time));
                if let Some((time, _)) = time.and_then(|time| Timestamp::parse(time).ok()) {
                    *value = Value::String(Text::from(time.isoformat()));
                }
            }
            _ => {}
        }
    }
}

fn is_in(value: &Value<'_>, words: &[&str]) -> bool {
    matches!(value, Value::String(text) if text.to_str().is_some_and(|text| words.contains(&text)))
}

/// Returns a value in a message, cut where it is long.
fn shown(value: &Value<'_>) -> String {
    const LONGEST: usize = 40;
    let mut bytes = Vec::new();
    crate::json::write(value, &mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.into_owned(),
    }
}

/// Returns whether `datetime.fromisoformat` of Python 3.10 reads a text: no `Z`, no basic form, and a
/// fraction of 3 or 6 digits or none.
fn python_reads(text: &str) -> bool {
    let fits = |text: &str, form: &str| {
        text.len() == form.len()
            && text
                .bytes()
                .zip(form.bytes())
                .all(|(found, wanted)| match wanted {
                    b'0' => found.is_ascii_digit(),
                    wanted => found == wanted,
                })
    };
    let clock = |text: &str| {
        ["00", "00:00", "00:00:00", "00:00:00.000", "00:00:00.000000"]
            .into_iter()
            .any(|form| fits(text, form))
    };
    let offset = |text: &str| {
        ["00:00", "00:00:00", "00:00:00.000000"]
            .into_iter()
            .any(|form| fits(text, form))
    };
    let Some((date, rest)) = text.split_at_checked(10) else {
        return false;
    };
    // Any one character stands between the two.
    let mut rest = rest.chars();
    let time = rest.next().map(|_| rest.as_str());
    let reads_time = |time: &str| match time.split_once(['+', '-']) {
        Some((time, zone)) => clock(time) && offset(zone),
        None => clock(time),
    };
    fits(date, "0000-00-00") && time.is_none_or(reads_time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_python_3_10() {
        // Each tried with Python 3.10.13.
        for text in [
            "2024-01-15",
            "2024-01-15T10",
            "2024-01-15T10:30",
            "2024-01-15 10:30:00",
            "2024-01-15T10:30:00.123",
            "2024-01-15T10:30:00.123456",
            "2024-01-15T10:30:00+00:00",
            "2024-01-15T10:30:00.123456-05:30",
        ] {
            assert!(python_reads(text), "{text}");
        }
        for text in [
            "",
            "2024",
            "2024-01-15T",
            "20240115T103000",
            "2024-01-15T10:30:00Z",
            "2024-01-15T10:30:00.1",
            "2024-01-15T10:30:00.123456789",
            "2024-01-15T10:30:00+0000",
            "2024-01-15T10:30:00+00",
        ] {
            assert!(!python_reads(text), "{text}");
        }
    }

    #[test]
    fn what_the_loader_does_not_take_is_named() {
        let told = |kind, record: &str| -> Vec<String> {
            let value = crate::json::parse(record.as_bytes()).unwrap();
            faults(kind, &value)
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        let node = r#"{"id":"a","source":"slack","dia_ids":[1],"urgency":null,"intent_type":"musing",
            "created_at":"2024-01-15T10:30:00Z","tags":{"topics":[],"mood":[]},"user_id":null}"#;
        assert_eq!(
            told(Kind::Node, node),
            [
                r#"the key "dia_ids""#,
                r#"the key "tags.mood""#,
                r#"the source "slack""#,
                r#"intent_type "musing""#,
                "urgency null",
                r#"the time "2024-01-15T10:30:00Z" in created_at"#,
            ]
        );
        let episode = r#"{"id":"a","source":"grok","created_at":"2024-01-15T10:30:00","updated_at":null,"user_id":null}"#;
        assert_eq!(told(Kind::Episode, episode), [r#"the key "user_id""#]);
        assert_eq!(told(Kind::Node, "[]"), ["it is no object"]);
    }
}
