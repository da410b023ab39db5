//! A JSON value that keeps every lexeme as it was written.

use std::borrow::Cow;

use super::Text;

/// One JSON value. Two are equal when their canonical forms are: `1.0` and `1` are not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// The number exactly as it was spelled; also `NaN`, `Infinity` and `-Infinity`.
    Number(Cow<'a, str>),
    /// A string.
    String(Text<'a>),
    /// The elements in order.
    Array(Vec<Value<'a>>),
    /// The members in order, repeated keys included.
    Object(Vec<(Text<'a>, Value<'a>)>),
}

impl Value<'_> {
    /// Returns what the value is, for messages: `a string`, `an object`, `null`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// Returns the member of that key; of a repeated key the last, as in Python. `None` if there is no
    /// such key, or if this is not an object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(members) = self else {
            return None;
        };
        let last = members
            .iter()
            .rev()
            .find(|(name, _)| name.as_bytes() == key.as_bytes());
        last.map(|(_, value)| value)
    }

    /// Returns the same value, free of what it borrowed from.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number(lexeme) => Value::Number(Cow::Owned(lexeme.into_owned())),
            Self::String(text) => Value::String(text.into_owned()),
            Self::Array(elements) => {
                Value::Array(elements.into_iter().map(Value::into_owned).collect())
            }
            Self::Object(members) => Value::Object(
                members
                    .into_iter()
                    .map(|(key, value)| (key.into_owned(), value.into_owned()))
                    .collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    #[test]
    fn the_last_of_repeated_keys_counts_and_all_are_kept() {
        let value = parse(br#"{"a": 1, "b": 2, "a": 3}"#).unwrap();
        assert_eq!(value.get("a"), Some(&Value::Number("3".into())));
        assert_eq!(value.get("c"), None);
        assert_eq!(Value::Null.get("a"), None);
        let Value::Object(members) = value else {
            panic!("not an object")
        };
        assert_eq!(members.len(), 3);
    }

    #[test]
    fn owning_changes_nothing() {
        let bytes = br#"[null, true, 1.50, "a\n", {"k": [NaN, "plain"]}]"#.to_vec();
        let value = parse(&bytes).unwrap();
        let copy = value.clone().into_owned();
        assert_eq!(copy, value);
        drop(bytes);
        assert_eq!(copy.kind(), "an array");
    }
}
