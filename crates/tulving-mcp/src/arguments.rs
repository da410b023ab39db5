//! Arguments as models write them: under other names, numbers as texts, lists as texts that hold JSON.

use std::fmt;

use serde_json::{Map, Value};

/// The arguments of a call. Each is taken out as it is read, so that what is left was not known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arguments(Map<String, Value>);

/// An argument that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadArgument {
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for BadArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.why)
    }
}

/// Characters of a value that a message repeats.
const SHOWN: usize = 60;

impl Arguments {
    /// Reads what a call brings: an object, or a text that holds one, or nothing.
    pub(crate) fn read(given: Option<Value>) -> Result<Self, BadArgument> {
        let given = match given {
            Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
            other => other.unwrap_or_default(),
        };
        match given {
            Value::Null => Ok(Self::default()),
            Value::Object(arguments) => Ok(Self(arguments)),
            other => Err(BadArgument {
                name: "arguments".to_owned(),
                why: format!("an object is wanted, not {}", shown(&other)),
            }),
        }
    }

    /// Takes out the argument that has one of these names, the first of which is the right one. Null is none.
    fn take(&mut self, names: &[&str]) -> Option<(String, Value)> {
        let given = names
            .iter()
            .find(|name| self.0.get(**name).is_some_and(|value| !value.is_null()))?;
        let value = self.0.remove(*given)?;
        Some(((*given).to_owned(), value))
    }

    /// Takes out a text.
    ///
    /// # Errors
    /// If it is an object or a list.
    pub fn text(&mut self, names: &[&str]) -> Result<Option<String>, BadArgument> {
        match self.take(names) {
            None => Ok(None),
            Some((_, Value::String(text))) => Ok(Some(text)),
            Some((_, Value::Number(number))) => Ok(Some(number.to_string())),
            Some((name, other)) => Err(wrong(name, "a text", &other)),
        }
    }

    /// Takes out a list of texts: a list, one text, or a text that holds a list.
    ///
    /// # Errors
    /// If it is something else, or holds something else.
    pub fn texts(&mut self, names: &[&str]) -> Result<Option<Vec<String>>, BadArgument> {
        let Some((name, value)) = self.take(names) else {
            return Ok(None);
        };
        let items = match value {
            Value::Array(items) => items,
            Value::String(text) => match serde_json::from_str(&text) {
                Ok(Value::Array(items)) => items,
                _ => vec![Value::String(text)],
            },
            number @ Value::Number(_) => vec![number],
            other => return Err(wrong(name, "a list of texts", &other)),
        };
        let texts = items.into_iter().map(|item| match item {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            other => Err(wrong(name.clone(), "a list of texts", &other)),
        });
        texts.collect::<Result<_, _>>().map(Some)
    }

    /// Takes out a whole number that lies within these bounds.
    ///
    /// # Errors
    /// If it is none, or lies elsewhere.
    pub fn whole(
        &mut self,
        names: &[&str],
        least: usize,
        most: usize,
    ) -> Result<Option<usize>, BadArgument> {
        let Some((name, value)) = self.take(names) else {
            return Ok(None);
        };
        let number = match &value {
            // 8.0 is what some programs make of 8.
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let within = number.filter(|number: &f64| {
            number.fract() == 0.0 && (least as f64..=most as f64).contains(number)
        });
        match within {
            Some(number) => Ok(Some(number as usize)),
            None => Err(wrong(
                name,
                &format!("a whole number from {least} to {most}"),
                &value,
            )),
        }
    }

    /// Takes out a number.
    ///
    /// # Errors
    /// If it is none, or not finite.
    pub fn number(&mut self, names: &[&str]) -> Result<Option<f64>, BadArgument> {
        let Some((name, value)) = self.take(names) else {
            return Ok(None);
        };
        let number = match &value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        match number.filter(|number: &f64| number.is_finite()) {
            Some(number) => Ok(Some(number)),
            None => Err(wrong(name, "a number", &value)),
        }
    }

    /// Returns the names of what nobody took out.
    #[must_use]
    pub fn left(self) -> Vec<String> {
        let left = self.0.into_iter().filter(|(_, value)| !value.is_null());
        left.map(|(name, _)| shorter(&name)).collect()
    }
}

fn wrong(name: String, wanted: &str, found: &Value) -> BadArgument {
    let why = format!("{wanted} is wanted, not {}", shown(found));
    BadArgument { name, why }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        other => shorter(&other.to_string()),
    }
}

fn shorter(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn arguments(value: Value) -> Arguments {
        Arguments::read(Some(value)).unwrap()
    }

    #[test]
    fn what_models_write_is_understood() {
        let mut given = arguments(json!({
            "q": "why", "ids": "[\"a\",\"b\"]", "tags": "one", "limit": "8", "k": 3.0, "min_score": "0.5", "nothing": null,
            "user_id": "x"
        }));
        assert_eq!(given.text(&["query", "q"]), Ok(Some("why".to_owned())));
        assert_eq!(
            given.texts(&["ids"]),
            Ok(Some(vec!["a".to_owned(), "b".to_owned()]))
        );
        assert_eq!(given.texts(&["tags"]), Ok(Some(vec!["one".to_owned()])));
        assert_eq!(given.whole(&["limit"], 1, 50), Ok(Some(8)));
        assert_eq!(given.whole(&["k"], 1, 50), Ok(Some(3)));
        assert_eq!(given.number(&["min_score"]), Ok(Some(0.5)));
        assert_eq!(given.text(&["nothing"]), Ok(None));
        assert_eq!(given.left(), ["user_id"]);
    }

    #[test]
    fn of_two_names_the_right_one_holds_and_the_other_is_left() {
        let mut given = arguments(json!({"q": "no", "query": "yes"}));
        assert_eq!(given.text(&["query", "q"]), Ok(Some("yes".to_owned())));
        assert_eq!(given.left(), ["q"]);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_name() {
        for value in [
            json!({"limit": 0}),
            json!({"limit": 51}),
            json!({"limit": 1.5}),
            json!({"limit": "many"}),
            json!({"limit": [1]}),
            json!({"limit": 1e300}),
            json!({"limit": -1}),
            json!({"limit": "NaN"}),
        ] {
            let refused = arguments(value).whole(&["limit"], 1, 50).unwrap_err();
            assert!(
                refused
                    .to_string()
                    .starts_with("limit: a whole number from 1 to 50 is wanted, not "),
                "{refused}"
            );
        }
        assert!(arguments(json!({"a": {}})).text(&["a"]).is_err());
        assert!(arguments(json!({"a": [{}]})).texts(&["a"]).is_err());
        assert!(arguments(json!({"a": true})).texts(&["a"]).is_err());
        for number in [json!("inf"), json!(true)] {
            assert!(arguments(json!({"a": number})).number(&["a"]).is_err());
        }
    }
}
