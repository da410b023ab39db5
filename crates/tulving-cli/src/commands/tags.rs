//! Tags as the command line and assistants have them: topics.

use tulving::json::{Text, Value};
use tulving::model::Json;

/// Tags that are these topics and nothing else.
pub(crate) fn topics(topics: &[String]) -> Json {
    with_topics(&Json::empty_object(), topics)
}

/// Returns the same tags with these topics in place of those there are.
pub(crate) fn with_topics(tags: &Json, topics: &[String]) -> Json {
    let list = topics.iter().filter(|topic| !topic.is_empty());
    let list = Value::Array(list.map(|topic| Value::String(Text::new(topic))).collect());
    let mut members = match tags.value() {
        Value::Object(members) => members,
        _ => Vec::new(),
    };
    members.retain(|(key, _)| key.to_str() != Some("topics"));
    members.push((Text::new("topics"), list));
    Json::from_value(&Value::Object(members))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_replaced_and_other_tags_stay() {
        let tags = tulving::json::parse(br#"{"topics":["a"],"domains":["web"]}"#).unwrap();
        let tags = Json::from_value(&tags);
        let new = with_topics(&tags, &["b".to_owned()]);
        assert_eq!(new.as_str(), r#"{"topics":["b"],"domains":["web"]}"#);
        let none = with_topics(&tags, &[String::new()]);
        assert_eq!(none.as_str(), r#"{"topics":[],"domains":["web"]}"#);
    }
}
