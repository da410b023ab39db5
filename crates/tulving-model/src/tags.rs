//! Tags, as they are given to a memory that is being made.

use super::Json;
use tulving_json::{Text, Value};

/// What a memory is about, in four lists.
///
/// Texts alone are topics:
///
/// ```
/// use tulving_model::{Json, Tags};
///
/// assert_eq!(Json::from(Tags::from(["ops"])).as_str(), r#"{"topics":["ops"]}"#);
/// let tags = Tags { entities: vec!["Ann".to_owned()], ..Tags::from(vec!["ops", "db"]) };
/// assert_eq!(Json::from(tags).as_str(), r#"{"topics":["ops","db"],"entities":["Ann"]}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags {
    /// Fields of knowledge, such as `web`.
    pub domains: Vec<String>,
    /// What it is about.
    pub topics: Vec<String>,
    /// People and things that it names.
    pub entities: Vec<String>,
    /// Courses of action that it is a part of.
    pub processes: Vec<String>,
}

/// What a memory is a part of, or comes from.
const PROCESSES: &str = "processes";

/// Returns tags with one more among the processes, if it is not there yet.
pub fn with_process(tags: &Json, process: &str) -> Json {
    let name = Value::String(Text::from(process.to_owned()));
    let mut members = match tags.value() {
        Value::Object(members) => members,
        _ => Vec::new(),
    };
    match members
        .iter_mut()
        .find(|(key, _)| key.to_str() == Some(PROCESSES))
    {
        Some((_, Value::Array(processes))) if processes.contains(&name) => {}
        Some((_, Value::Array(processes))) => processes.push(name),
        Some((_, other)) => *other = Value::Array(vec![name]),
        None => members.push((Text::new(PROCESSES), Value::Array(vec![name]))),
    }
    Json::from_value(&Value::Object(members))
}

/// Returns tags without the processes that begin so; a list that holds nothing else goes too.
pub fn without_processes(tags: &Json, prefix: &str) -> Json {
    let Value::Object(mut members) = tags.value() else {
        return tags.clone();
    };
    let begins_so = |tag: &Value<'_>| match tag {
        Value::String(text) => text.to_str().is_some_and(|tag| tag.starts_with(prefix)),
        _ => false,
    };
    members.retain_mut(|(key, list)| match list {
        Value::Array(list) if key.to_str() == Some(PROCESSES) => {
            list.retain(|tag| !begins_so(tag));
            !list.is_empty()
        }
        _ => true,
    });
    Json::from_value(&Value::Object(members))
}

impl<S: Into<String>> FromIterator<S> for Tags {
    fn from_iter<I: IntoIterator<Item = S>>(topics: I) -> Self {
        Self {
            topics: topics.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}

impl<S: Into<String>> From<Vec<S>> for Tags {
    fn from(topics: Vec<S>) -> Self {
        topics.into_iter().collect()
    }
}

impl<S: Into<String>, const N: usize> From<[S; N]> for Tags {
    fn from(topics: [S; N]) -> Self {
        topics.into_iter().collect()
    }
}

impl From<Tags> for Json {
    fn from(tags: Tags) -> Self {
        let lists = [
            ("domains", &tags.domains),
            ("topics", &tags.topics),
            ("entities", &tags.entities),
            ("processes", &tags.processes),
        ];
        let members = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let members = members.map(|(name, list)| {
            let texts = list.iter().map(|text| Value::String(Text::new(text)));
            (Text::new(name), Value::Array(texts.collect()))
        });
        Self::from_value(&Value::Object(members.collect()))
    }
}
