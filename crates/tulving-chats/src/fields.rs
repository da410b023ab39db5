//! Short words for what is asked of JSON.

use tulving_json::{Text, Value};

/// Returns a string as text that can be shown; a lone surrogate becomes U+FFFD.
pub(crate) fn text(text: &Text<'_>) -> String {
    text.storable().into_owned()
}

/// Returns about how many bytes a value takes.
pub(crate) fn size(value: &Value<'_>) -> u64 {
    /// What a value takes besides its letters.
    const OWN: u64 = 32;
    OWN + match value {
        Value::Null | Value::Bool(_) => 0,
        Value::Number(lexeme) => lexeme.len() as u64,
        Value::String(text) => text.as_bytes().len() as u64,
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| key.as_bytes().len() as u64 + OWN + size(value))
            .sum(),
    }
}

/// What is asked of a value, with `None` where it is something else.
pub trait Fields<'a> {
    /// Returns the string.
    fn string(&self) -> Option<String>;
    /// Returns the string, if it is UTF-8.
    fn str(&self) -> Option<&str>;
    /// Returns the string under a key, unless it is empty.
    fn string_at(&self, key: &str) -> Option<String>;
    /// Returns the string under a key.
    fn str_at(&self, key: &str) -> Option<&str>;
    /// Returns the elements of the array under a key; none where there is no array.
    fn items_at(&self, key: &str) -> &[Value<'a>];
    /// Returns whether there is an array under a key.
    fn is_list_at(&self, key: &str) -> bool;
    /// Returns whether `true` stands under a key.
    fn is_true_at(&self, key: &str) -> bool;
    /// Takes the value under a key out, and leaves null; of a repeated key the last.
    fn take(&mut self, key: &str) -> Value<'a>;
}

impl<'a> Fields<'a> for Value<'a> {
    fn string(&self) -> Option<String> {
        match self {
            Value::String(found) => Some(text(found)),
            _ => None,
        }
    }

    fn str(&self) -> Option<&str> {
        match self {
            Value::String(text) => text.to_str(),
            _ => None,
        }
    }

    fn string_at(&self, key: &str) -> Option<String> {
        let found = self.get(key).and_then(Fields::string);
        found.filter(|text| !text.is_empty())
    }

    fn str_at(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Fields::str)
    }

    fn items_at(&self, key: &str) -> &[Value<'a>] {
        match self.get(key) {
            Some(Value::Array(items)) => items,
            _ => &[],
        }
    }

    fn is_list_at(&self, key: &str) -> bool {
        matches!(self.get(key), Some(Value::Array(_)))
    }

    fn is_true_at(&self, key: &str) -> bool {
        matches!(self.get(key), Some(Value::Bool(true)))
    }

    fn take(&mut self, key: &str) -> Value<'a> {
        let Value::Object(members) = self else {
            return Value::Null;
        };
        let found = members
            .iter_mut()
            .rev()
            .find(|(name, _)| name.as_bytes() == key.as_bytes());
        found.map_or(Value::Null, |(_, value)| {
            std::mem::replace(value, Value::Null)
        })
    }
}
