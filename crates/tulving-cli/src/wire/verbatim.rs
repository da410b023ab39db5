//! Parts of a memory as they were remembered, where columns hold less.
//!
//! A column of text holds U+FFFD in place of `\u0000` and of half a character (a lone surrogate such
//! as `\ud83d`); JSON can say both. Numbers are as they were spelled. NaN and infinities, which Python
//! writes and JSON does not know, are null, and so is a number beyond the range of a double.

use serde_json::value::RawValue;
use tulving::json::{self, Text, Value};
use tulving::model::{Json, Memory};
use tulving::record::{self, Part};

/// JSON that is written as it stands.
pub(super) type Verbatim = Box<RawValue>;

/// The record that a memory came from.
pub(super) struct Source {
    record: Value<'static>,
    known: &'static [&'static str],
}

impl Source {
    /// Restores the record of a memory. If that fails, the columns are all that there is.
    pub(super) fn of(memory: &Memory) -> Self {
        let mut bytes = Vec::new();
        let restored = record::write(memory, Part::Everything, &mut bytes);
        let record = restored.and_then(|()| json::parse(&bytes).map(Value::into_owned));
        Self {
            record: record.unwrap_or(Value::Null),
            known: memory.kind().known_keys(),
        }
    }

    /// Returns a field that is text.
    pub(super) fn text(&self, field: &str, column: &str) -> Verbatim {
        match self.record.get(field) {
            Some(text @ Value::String(_)) => raw(text),
            _ => raw(&Value::String(Text::new(column))),
        }
    }

    /// Returns a field that is a list of texts.
    pub(super) fn texts(&self, field: &str, column: &[String]) -> Verbatim {
        match self.record.get(field) {
            Some(list @ Value::Array(_)) => raw(list),
            _ => raw(&Value::Array(
                column
                    .iter()
                    .map(|text| Value::String(Text::new(text)))
                    .collect(),
            )),
        }
    }

    /// Returns a field that is an object or a list of them.
    pub(super) fn tree(&self, field: &str, column: &Json) -> Verbatim {
        match self.record.get(field) {
            Some(tree @ (Value::Array(_) | Value::Object(_))) => raw(tree),
            _ => raw(&column.value()),
        }
    }

    /// Returns the fields that have no column.
    pub(super) fn extra(&self, column: &Json) -> Verbatim {
        let Value::Object(members) = &self.record else {
            return raw(&column.value());
        };
        let is_known = |key: &Text<'_>| {
            let mut known = self.known.iter();
            known.any(|known| known.as_bytes() == key.as_bytes())
        };
        let others = members.iter().filter(|(key, _)| !is_known(key)).cloned();
        raw(&Value::Object(others.collect()))
    }
}

fn raw(value: &Value<'_>) -> Verbatim {
    let mut bytes = Vec::new();
    json::write(&sayable(value), &mut bytes);
    // Lone surrogates are escaped, so what was written is UTF-8.
    let text = String::from_utf8(bytes).ok();
    let raw = text.and_then(|text| RawValue::from_string(text).ok());
    raw.unwrap_or_else(|| RawValue::NULL.to_owned())
}

/// Returns the value with null for numbers that not every reader of JSON takes.
fn sayable<'v>(value: &Value<'v>) -> Value<'v> {
    let is_finite = |lexeme: &str| lexeme.parse::<f64>().is_ok_and(f64::is_finite);
    match value {
        Value::Number(lexeme) if !is_finite(lexeme) => Value::Null,
        Value::Array(items) => Value::Array(items.iter().map(sayable).collect()),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(key, value)| (key.clone(), sayable(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(json: &str) -> String {
        raw(&json::parse(json.as_bytes()).unwrap()).get().to_owned()
    }

    #[test]
    fn what_json_can_say_is_said_as_it_was() {
        let kept = r#"{"a":["\u0000","\ud83d","😀",1.50,-0.0,1e22,18446744073709551616],"a":null}"#;
        assert_eq!(said(kept), kept);
        assert_eq!(said("[NaN, -Infinity, 1e999]"), "[null,null,null]");
    }
}
