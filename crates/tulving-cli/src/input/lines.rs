//! Memories to be added, one JSON object a line.

use std::io::{BufRead, Read as _};
use std::path::{Path, PathBuf};

use tulving::json::{self, Text, Value};
use tulving::model::Json;
use tulving::store::NewNode;

use super::{LONGEST, STDIN, foreign, moment, name, open, unreadable, vector};
use crate::exit::{CliError, Exit};
use crate::text::quote;

/// What a line may say.
const KEYS: [&str; 7] = [
    "question",
    "answer",
    "conversation_id",
    "created_at",
    "source",
    "tags",
    "embedding",
];

/// A line that was read.
#[derive(Debug)]
pub struct Line {
    /// Which one, from 1.
    pub number: u64,
    /// What it says.
    pub node: NewNode,
}

/// The lines of a file, or of stdin. Empty ones are passed over.
pub struct Lines {
    path: PathBuf,
    reader: Box<dyn BufRead>,
    number: u64,
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
        })
    }

    /// An error that says in which line it lies.
    #[must_use]
    pub fn wrong(&self, line: u64, why: &str) -> CliError {
        CliError::new(
            Exit::Source,
            format!("{}, line {line}: {why}", name(&self.path)),
        )
    }

    /// The file's name, as a shell takes it; none for stdin.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        (self.path.as_os_str() != STDIN).then_some(&self.path)
    }

    /// The next line, if there is one.
    ///
    /// # Errors
    /// When it cannot be read, or does not say what a memory is.
    pub fn read(&mut self) -> Result<Option<Line>, CliError> {
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
            let node = node(bytes).map_err(|why| self.wrong(self.number, &why))?;
            let number = self.number;
            return Ok(Some(Line { number, node }));
        }
    }
}

fn node(bytes: &[u8]) -> Result<NewNode, String> {
    let value = json::parse(bytes).map_err(|error| error.to_string())?;
    let Value::Object(members) = &value else {
        return Err(format!("it is {}, not an object", value.kind()));
    };
    if let Some((key, _)) = members.iter().find(|(key, _)| !is_known(key)) {
        return Err(unknown(&key.storable()));
    }
    let (question, question_verbatim) = said(&value, "question")?.ok_or("question is missing")?;
    let (answer, answer_verbatim) = said(&value, "answer")?.unwrap_or_default();
    Ok(NewNode {
        question,
        question_verbatim,
        answer,
        answer_verbatim,
        conversation_id: text(&value, "conversation_id")?,
        created_at: text(&value, "created_at")?
            .map(|time| moment(&time).map_err(|why| format!("created_at: {why}")))
            .transpose()?,
        source: text(&value, "source")?,
        source_as: None,
        tags: given(&value, "tags").map(tags).transpose()?,
        embedding: given(&value, "embedding")
            .map(|value| vector::numbers(value).map_err(|why| format!("embedding: {why}")))
            .transpose()?,
    })
}

fn is_known(key: &Text<'_>) -> bool {
    KEYS.iter().any(|known| key.as_bytes() == known.as_bytes())
}

fn unknown(key: &str) -> String {
    let near = |known: &&&str| strsim::damerau_levenshtein(&key.to_lowercase(), known);
    let nearest = KEYS
        .iter()
        .min_by_key(near)
        .filter(|known| near(known) <= 2);
    let known = nearest.map_or_else(
        || format!("known are {}", KEYS.join(", ")),
        |known| format!("did you mean {known}?"),
    );
    format!("unknown key {}; {known}", quote(key))
}

/// A member that is there; null is as good as none.
fn given<'v>(value: &'v Value<'v>, key: &str) -> Option<&'v Value<'v>> {
    value.get(key).filter(|value| **value != Value::Null)
}

/// What was said, as far as text can hold it; and as it was, where that is more: half characters.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_a_memory_is() {
        let line = node(
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
        let line = node(br#"{"question":"","tags":{"domains":["web"]}}"#).unwrap();
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
                r#"{"question":"a","tags":{"topics":"x"}}"#,
                "tags must be a list of strings, or an object of such lists",
            ),
            (
                r#"{"question":"a","embedding":[NaN]}"#,
                "embedding: number 0 of it is NaN, which a vector cannot hold",
            ),
        ] {
            assert_eq!(node(line.as_bytes()).unwrap_err(), why);
        }
        let why = node(br#"{"question":"a","created_at":"soon"}"#).unwrap_err();
        assert!(
            why.starts_with("created_at: \"soon\" is not a time such as"),
            "{why}"
        );
        let why = node(br#"{"question":"a","mood":1}"#).unwrap_err();
        assert!(
            why.starts_with("unknown key \"mood\"; known are question, answer"),
            "{why}"
        );
    }
}
