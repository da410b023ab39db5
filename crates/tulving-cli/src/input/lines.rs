//! Memories to be added, one JSON object a line.

use std::io::{BufRead, Read as _};
use std::path::{Path, PathBuf};

use tulving::json::{self, Text, Value};
use tulving::model::{Json, Kind, Timestamp};
use tulving::store::{NewConversation, NewMemory, NewMessage, NewNode, NewRecord, Role};

use super::{LONGEST, STDIN, foreign, moment, name, open, unreadable, vector};
use crate::exit::{CliError, Exit};
use crate::text::quote;

/// What a line may say of a question and its answer.
const NODE: [&str; 8] = [
    "id",
    "question",
    "answer",
    "conversation_id",
    "created_at",
    "source",
    "tags",
    "embedding",
];

/// What it may say of a conversation, which is one that has `messages`.
const CONVERSATION: [&str; 7] = [
    "id",
    "title",
    "messages",
    "created_at",
    "updated_at",
    "source",
    "metadata",
];

/// What a line may say beside a record.
const BESIDE: &str = "embedding";

/// The key of a document's record.
const DOCUMENT: &str = "document";

/// What a line gives.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every line is a memory, and they stand side by side"
)]
pub enum Given {
    /// A memory.
    Memory(NewMemory),
    /// The record of a document.
    Document(Value<'static>),
}

/// A line that was read.
#[derive(Debug)]
pub struct Line {
    /// Which one, from 1.
    pub number: u64,
    /// What it says.
    pub given: Given,
    /// How many bytes it has.
    pub bytes: usize,
}

/// The lines of a file, or of stdin. Empty ones are passed over.
pub struct Lines {
    path: PathBuf,
    reader: Box<dyn BufRead>,
    number: u64,
    ahead: Option<Line>,
}

impl Lines {
    /// Opens the file; `-` is stdin.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, CliError> {
        Ok(Self {
            path: path.to_owned(),
            reader: open(path)?,
            number: 0,
            ahead: None,
        })
    }

    /// Returns an error that says in which line it lies.
    #[must_use]
    pub fn wrong(&self, line: u64, why: &str) -> CliError {
        CliError::new(
            Exit::Source,
            format!("{}, line {line}: {why}", name(&self.path)),
        )
    }

    /// Returns the file's name, as a shell takes it; none for stdin.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        (self.path.as_os_str() != STDIN).then_some(&self.path)
    }

    /// Lets the next reading begin with a line that was read.
    pub fn put_back(&mut self, line: Line) {
        self.ahead = Some(line);
    }

    /// Returns the next line, if there is one.
    ///
    /// # Errors
    /// When it cannot be read, or does not say what a memory is.
    pub fn read(&mut self) -> Result<Option<Line>, CliError> {
        if let Some(line) = self.ahead.take() {
            return Ok(Some(line));
        }
        loop {
            let mut bytes = Vec::new();
            let read = (&mut self.reader)
                .take(LONGEST + 1)
                .read_until(b'\n', &mut bytes);
            if read.map_err(|error| unreadable(&self.path, &error))? == 0 {
                return Ok(None);
            }
            self.number += 1;
            if bytes.len() as u64 > LONGEST {
                let why = "it is longer than 64 MiB, the most a memory takes";
                return Err(self.wrong(self.number, why));
            }
            let bytes = match self.number {
                1 => json::unmarked(&bytes).map_err(|found| foreign(&self.path, found))?,
                _ => &bytes,
            };
            if bytes.trim_ascii().is_empty() {
                continue;
            }
            let given = given_by(bytes).map_err(|why| self.wrong(self.number, &why))?;
            let number = self.number;
            return Ok(Some(Line {
                number,
                given,
                bytes: bytes.len(),
            }));
        }
    }
}

fn given_by(bytes: &[u8]) -> Result<Given, String> {
    let value = json::parse(bytes).map_err(|error| error.to_string())?;
    let Value::Object(members) = &value else {
        return Err(format!("it is {}, not an object", value.kind()));
    };
    if let Some(given) = whole(&value, members)? {
        return Ok(given);
    }
    let is_conversation = value.get("messages").is_some();
    let known: &[&str] = if is_conversation {
        &CONVERSATION
    } else {
        &NODE
    };
    let is_known = |key: &Text<'_>| known.iter().any(|known| key.as_bytes() == known.as_bytes());
    if let Some((key, _)) = members.iter().find(|(key, _)| !is_known(key)) {
        return Err(unknown(&key.storable(), known));
    }
    if is_conversation {
        conversation(&value).map(|whole| Given::Memory(NewMemory::Conversation(whole)))
    } else {
        node(&value).map(|node| Given::Memory(NewMemory::Node(node)))
    }
}

/// Returns the record that a line holds under the name of what it is, if it is such a line.
fn whole(value: &Value<'_>, members: &[(Text<'_>, Value<'_>)]) -> Result<Option<Given>, String> {
    let record = |key: &str| value.get(key).map(|record| record.clone().into_owned());
    let alone = |known: &[&str]| {
        let is_known =
            |key: &Text<'_>| known.iter().any(|known| key.as_bytes() == known.as_bytes());
        match members.iter().find(|(key, _)| !is_known(key)) {
            Some((key, _)) => Err(unknown(&key.storable(), known)),
            None => Ok(()),
        }
    };
    if let Some(record) = record(DOCUMENT) {
        alone(&[DOCUMENT])?;
        return Ok(Some(Given::Document(record)));
    }
    for kind in Kind::ALL {
        let Some(record) = record(kind.as_str()) else {
            continue;
        };
        alone(&[kind.as_str(), BESIDE])?;
        let embedding = embedding(value)?;
        return Ok(Some(Given::Memory(NewMemory::Record(NewRecord {
            kind,
            record,
            embedding,
        }))));
    }
    Ok(None)
}

/// Returns the vector that a line brings.
fn embedding(value: &Value<'_>) -> Result<Option<Vec<f32>>, String> {
    let numbers = given(value, BESIDE).map(vector::numbers).transpose();
    numbers.map_err(|why| format!("{BESIDE}: {why}"))
}

fn node(value: &Value<'_>) -> Result<NewNode, String> {
    let (question, question_verbatim) = said(value, "question")?.ok_or("question is missing")?;
    let (answer, answer_verbatim) = said(value, "answer")?.unwrap_or_default();
    Ok(NewNode {
        id: text(value, "id")?,
        question,
        question_verbatim,
        answer,
        answer_verbatim,
        conversation_id: text(value, "conversation_id")?,
        created_at: time(value, "created_at")?,
        source: text(value, "source")?,
        source_as: None,
        tags: given(value, "tags").map(tags).transpose()?,
        embedding: embedding(value)?,
    })
}

fn conversation(value: &Value<'_>) -> Result<NewConversation, String> {
    let Some(Value::Array(messages)) = value.get("messages") else {
        return Err("messages must be a list of objects".to_owned());
    };
    let messages = messages.iter().enumerate();
    let messages = messages.map(|(at, value)| {
        message(value).map_err(|why| format!("message {at} of it, from 0: {why}"))
    });
    let of_metadata = given(value, "metadata").map(|metadata| text(metadata, "source"));
    Ok(NewConversation {
        id: text(value, "id")?,
        title: text(value, "title")?,
        messages: messages.collect::<Result<_, _>>()?,
        source: text(value, "source")?.or(of_metadata.transpose()?.flatten()),
        source_as: None,
        created_at: time(value, "created_at")?,
        updated_at: time(value, "updated_at")?,
        ..NewConversation::default()
    })
}

/// Reads a message, which is kept whole.
fn message(value: &Value<'_>) -> Result<NewMessage, String> {
    if !matches!(value, Value::Object(_)) {
        return Err(format!("it is {}, not an object", value.kind()));
    }
    let role = text(value, "role")?.ok_or("role is missing")?;
    let role = match role.to_ascii_lowercase().as_str() {
        "human" | "user" => Role::Human,
        "assistant" => Role::Assistant,
        "system" | "developer" | "tool" | "function" => Role::Other,
        _ => {
            return Err(format!(
                "role {} is not known; known are human, user, assistant, system, tool",
                quote(&role)
            ));
        }
    };
    Ok(NewMessage {
        role,
        content: said(value, "content")?.ok_or("content is missing")?.0,
        created_at: time(value, "created_at")?,
        record: value.clone().into_owned(),
    })
}

fn time(value: &Value<'_>, key: &str) -> Result<Option<Timestamp>, String> {
    text(value, key)?
        .map(|time| moment(&time).map_err(|why| format!("{key}: {why}")))
        .transpose()
}

fn unknown(key: &str, known: &[&str]) -> String {
    let near = |known: &&&str| strsim::damerau_levenshtein(&key.to_lowercase(), known);
    let nearest = known
        .iter()
        .min_by_key(near)
        .filter(|known| near(known) <= 2);
    let known = nearest.map_or_else(
        || format!("known are {}", known.join(", ")),
        |known| format!("did you mean {known}?"),
    );
    format!("unknown key {}; {known}", quote(key))
}

/// Returns a member that is present and not null.
fn given<'v>(value: &'v Value<'v>, key: &str) -> Option<&'v Value<'v>> {
    value.get(key).filter(|value| **value != Value::Null)
}

/// Returns what was said, as far as text can hold it; and as it was, where that is more: half
/// characters.
fn said(value: &Value<'_>, key: &str) -> Result<Option<(String, Option<Text<'static>>)>, String> {
    match given(value, key) {
        Some(Value::String(text)) if text.to_str().is_none() => Ok(Some((
            text.storable().into_owned(),
            Some(text.clone().into_owned()),
        ))),
        _ => Ok(text(value, key)?.map(|text| (text, None))),
    }
}

fn text(value: &Value<'_>, key: &str) -> Result<Option<String>, String> {
    match given(value, key) {
        None => Ok(None),
        Some(Value::String(text)) => match text.to_str() {
            Some(text) => Ok(Some(text.to_owned())),
            None => Err(format!("{key} holds half a character (a lone surrogate)")),
        },
        Some(other) => Err(format!("{key} must be a string, not {}", other.kind())),
    }
}

/// Tags as the layout has them, or a list of topics.
fn tags(value: &Value<'_>) -> Result<Json, String> {
    let is_list = |value: &Value<'_>| match value {
        Value::Array(items) => items.iter().all(|item| matches!(item, Value::String(_))),
        _ => false,
    };
    if holds_half(value) {
        return Err("tags hold half a character (a lone surrogate)".to_owned());
    }
    match value {
        list if is_list(list) => {
            let topics = Value::Object(vec![(Text::new("topics"), list.clone())]);
            Ok(Json::from_value(&topics))
        }
        Value::Object(lists) if lists.iter().all(|(_, list)| is_list(list)) => {
            Ok(Json::from_value(value))
        }
        _ => Err("tags must be a list of strings, or an object of such lists".to_owned()),
    }
}

/// Returns whether text of it cannot be kept as columns have it.
fn holds_half(value: &Value<'_>) -> bool {
    match value {
        Value::String(text) => text.to_str().is_none(),
        Value::Array(items) => items.iter().any(holds_half),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.to_str().is_none() || holds_half(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: impl AsRef<[u8]>) -> Result<NewNode, String> {
        match given_by(line.as_ref())? {
            Given::Memory(NewMemory::Node(node)) => Ok(node),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn a_line_with_a_record_says_what_it_is() {
        let given = given_by(br#"{"chunk":{"id":"c"},"embedding":[0.1]}"#).unwrap();
        let Given::Memory(NewMemory::Record(record)) = given else {
            panic!("{given:?}");
        };
        assert_eq!(
            (record.kind, record.embedding),
            (Kind::Chunk, Some(vec![0.1]))
        );
        assert!(matches!(
            given_by(br#"{"document":{}}"#),
            Ok(Given::Document(_))
        ));
        for (line, why) in [
            (
                r#"{"node":{},"id":"a"}"#,
                "unknown key \"id\"; known are node, embedding",
            ),
            (
                r#"{"node":{},"episode":{}}"#,
                "unknown key \"episode\"; known are node, embedding",
            ),
            (
                r#"{"document":{},"embedding":[1]}"#,
                "unknown key \"embedding\"; known are document",
            ),
        ] {
            assert_eq!(given_by(line.as_bytes()).unwrap_err(), why);
        }
    }

    #[test]
    fn a_line_with_messages_is_a_conversation() {
        let line = br#"{"id":"c1","title":"T","created_at":"2024-01-15","metadata":{"source":"grok","n":2},
            "messages":[{"role":"user","content":"Why?","mood":1},{"role":"assistant","content":"So."}]}"#;
        let Given::Memory(NewMemory::Conversation(read)) = given_by(line).unwrap() else {
            panic!("no conversation");
        };
        assert_eq!(
            (read.id.as_deref(), read.source.as_deref()),
            (Some("c1"), Some("grok"))
        );
        assert_eq!(read.messages[0].role, Role::Human);
        assert_eq!(
            read.messages[0].record.get("mood"),
            Some(&Value::Number("1".into()))
        );
        for (line, why) in [
            (r#"{"messages":1}"#, "messages must be a list of objects"),
            (
                r#"{"messages":[{"role":"human","content":"a"},{"role":"bot","content":""}]}"#,
                "message 1 of it, from 0: role \"bot\" is not known; known are human, user, assistant, system, tool",
            ),
            (
                r#"{"messages":[{"role":"human"}]}"#,
                "message 0 of it, from 0: content is missing",
            ),
            (
                r#"{"messages":[],"question":"a"}"#,
                "unknown key \"question\"; known are id, title, messages, created_at, updated_at, source, metadata",
            ),
        ] {
            assert_eq!(given_by(line.as_bytes()).unwrap_err(), why);
        }
    }

    #[test]
    fn a_line_says_what_a_memory_is() {
        let line = read(
            br#"{"question":"Why?","answer":null,"conversation_id":"c1","created_at":"2024-01-15",
                 "source":"grok","tags":["rust"],"embedding":[1,0.5]}"#,
        );
        let line = line.unwrap();
        assert_eq!((line.question.as_str(), line.answer.as_str()), ("Why?", ""));
        assert_eq!(line.conversation_id.as_deref(), Some("c1"));
        assert_eq!(
            line.created_at.unwrap().isoformat(),
            "2024-01-15T00:00:00+00:00"
        );
        assert_eq!(line.tags.unwrap().as_str(), r#"{"topics":["rust"]}"#);
        assert_eq!(line.embedding, Some(vec![1.0, 0.5]));
        let line = read(br#"{"question":"","tags":{"domains":["web"]}}"#).unwrap();
        assert_eq!(line.tags.unwrap().as_str(), r#"{"domains":["web"]}"#);
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said() {
        for (line, why) in [
            (
                r#"{"question":"a"} x"#,
                "more data after the value at byte 17",
            ),
            (r#"["a"]"#, "it is an array, not an object"),
            (r#"{"answer":"a"}"#, "question is missing"),
            (
                r#"{"qestion":"a"}"#,
                "unknown key \"qestion\"; did you mean question?",
            ),
            (
                r#"{"question":7}"#,
                "question must be a string, not a number",
            ),
            (
                r#"{"question":"a","source":"\ud83d"}"#,
                "source holds half a character (a lone surrogate)",
            ),
            (
                r#"{"question":"a","tags":["a","\ud83d"]}"#,
                "tags hold half a character (a lone surrogate)",
            ),
            (
                r#"{"question":"a","tags":{"topics":"x"}}"#,
                "tags must be a list of strings, or an object of such lists",
            ),
            (
                r#"{"question":"a","embedding":[NaN]}"#,
                "embedding: number 0 of it is NaN, which a vector cannot hold",
            ),
        ] {
            assert_eq!(read(line).unwrap_err(), why);
        }
        let why = read(br#"{"question":"a","created_at":"soon"}"#).unwrap_err();
        assert!(
            why.starts_with("created_at: \"soon\" is not a time such as"),
            "{why}"
        );
        let why = read(br#"{"question":"a","mood":1}"#).unwrap_err();
        assert!(
            why.starts_with("unknown key \"mood\"; known are id, question, answer"),
            "{why}"
        );
    }
}
