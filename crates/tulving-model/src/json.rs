//! JSON as PostgreSQL's `jsonb` keeps it.

use std::borrow::Cow;
use std::cmp::Ordering;

use tulving_json::{self as json, ParseError, Text, Value};

/// A JSON document in the form that survives `jsonb` unchanged: keys ordered as `jsonb` orders
/// them (shorter first, then by bytes), the last of repeated keys, numbers without exponent,
/// `null` for NaN and infinities, U+FFFD for NUL and lone surrogates, no white space.
///
/// Two documents are equal if their texts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json(String);

/// PostgreSQL's `numeric` holds more, but nobody's memory needs a longer number in a column; the
/// original is carried.
const LONGEST_NUMBER: usize = 400;

impl Json {
    /// Returns `{}`.
    #[must_use]
    pub fn empty_object() -> Self {
        Self("{}".to_owned())
    }

    /// Brings a value to this form. Where that loses something, the caller has to carry it.
    #[must_use]
    pub fn from_value(value: &Value<'_>) -> Self {
        let mut bytes = Vec::new();
        json::write(&normal(value), &mut bytes);
        // The normal form holds no lone surrogates, so what is written is UTF-8.
        Self(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Reads the text that PostgreSQL gives for a `jsonb`.
    ///
    /// # Errors
    /// If the text is not JSON, which PostgreSQL does not send.
    pub fn from_jsonb_text(text: &str) -> Result<Self, ParseError> {
        Ok(Self::from_value(&json::parse(text.as_bytes())?))
    }

    /// Returns the text, without white space.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the document as a tree.
    #[must_use]
    pub fn value(&self) -> Value<'_> {
        // A `Json` is only ever made from a tree, so its text parses.
        json::parse(self.0.as_bytes()).unwrap_or(Value::Null)
    }
}

/// Returns the order of keys in `jsonb`.
pub(crate) fn key_order(a: &Text<'_>, b: &Text<'_>) -> Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Returns what is left of a value in `jsonb`.
pub(crate) fn normal<'v>(value: &'v Value<'_>) -> Value<'v> {
    match value {
        Value::Null => Value::Null,
        Value::Bool(b) => Value::Bool(*b),
        Value::Number(lexeme) => number(lexeme),
        Value::String(text) => Value::String(storable(text)),
        Value::Array(items) => Value::Array(items.iter().map(normal).collect()),
        Value::Object(members) => {
            let mut kept: Vec<(Text<'v>, Value<'v>)> = members
                .iter()
                .map(|(key, value)| (storable(key), normal(value)))
                .collect();
            // Stable, so of equal keys the last stays last; then only that one is kept.
            kept.sort_by(|a, b| key_order(&a.0, &b.0));
            kept.reverse();
            kept.dedup_by(|later, earlier| later.0 == earlier.0);
            kept.reverse();
            Value::Object(kept)
        }
    }
}

fn storable<'v>(text: &'v Text<'_>) -> Text<'v> {
    match text.storable() {
        Cow::Borrowed(text) => Text::new(text),
        Cow::Owned(text) => Text::from(text),
    }
}

/// `numeric` keeps digits and scale of a plain decimal; it has no −0 and no exponent.
fn number<'v>(lexeme: &'v str) -> Value<'v> {
    let plain = lexeme.len() <= LONGEST_NUMBER && !lexeme.contains(['e', 'E', 'N', 'I']);
    let decimal = if plain {
        Cow::Borrowed(lexeme)
    } else {
        match lexeme.parse::<f64>() {
            // `Display` of f64 never uses an exponent.
            Ok(value) if value.is_finite() => Cow::Owned(value.to_string()),
            _ => return Value::Null,
        }
    };
    let is_zero = decimal.bytes().all(|b| matches!(b, b'-' | b'0' | b'.'));
    match decimal.strip_prefix('-') {
        Some(magnitude) if is_zero => Value::Number(Cow::Owned(magnitude.to_owned())),
        _ => Value::Number(decimal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> String {
        Json::from_value(&json::parse(text.as_bytes()).unwrap())
            .as_str()
            .to_owned()
    }

    #[test]
    fn keeps_what_jsonb_keeps() {
        for (source, expected) in [
            (r#"{"bb":1,"a":2,"ab":3}"#, r#"{"a":2,"ab":3,"bb":1}"#),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
            (
                "[1.10, 1e22, -0, -0.0, 1E-3]",
                "[1.10,10000000000000000000000,0,0.0,0.001]",
            ),
            ("[NaN, Infinity, -Infinity, 1e999]", "[null,null,null,null]"),
            (
                r#"["\u0000", "\ud83d", "\ud83d\ude00"]"#,
                "[\"\u{fffd}\",\"\u{fffd}\",\"😀\"]",
            ),
        ] {
            assert_eq!(kept(source), expected, "{source}");
        }
    }
}
