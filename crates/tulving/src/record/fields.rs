//! Typed reading of a record's fields.

use std::cell::Cell;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::flaw::{Flaw, Reason};
use crate::json::{Text, Value};
use crate::model::{Json, Timestamp, UnknownWord, Zone};

/// One member of a record: its key and its value.
pub(crate) type Member<'v> = (Text<'v>, Value<'v>);

/// The members of one record, sorted into those that the model knows and the others.
///
/// Of repeated keys the last counts, as in Python.
pub(crate) struct Fields<'v> {
    known: &'static [&'static str],
    slots: Vec<Option<&'v Value<'v>>>,
    others: Vec<&'v Member<'v>>,
    repeats: bool,
    // Files name their fields in one order and readers ask in the same: the next is usually next.
    next: Cell<usize>,
    zoneless: Cell<u32>,
}

/// Whether this can be the name of a source: 1 to 32 of a-z, 0-9, _ and -.
#[must_use]
pub fn is_source(name: &str) -> bool {
    let fits = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    (1..=32).contains(&name.len()) && name.bytes().all(fits)
}

impl<'v> Fields<'v> {
    pub(crate) fn new(known: &'static [&'static str], members: &'v [Member<'v>]) -> Self {
        let mut fields = Self {
            known,
            slots: vec![None; known.len()],
            others: Vec::new(),
            repeats: false,
            next: Cell::new(0),
            zoneless: Cell::new(0),
        };
        for member in members {
            match fields.slot(member.0.as_bytes()) {
                Some(slot) => fields.repeats |= fields.slots[slot].replace(&member.1).is_some(),
                None => fields.others.push(member),
            }
        }
        let mut names: Vec<&[u8]> = fields
            .others
            .iter()
            .map(|(key, _)| key.as_bytes())
            .collect();
        names.sort_unstable();
        fields.repeats |= names.windows(2).any(|pair| pair[0] == pair[1]);
        fields.next.set(0);
        fields
    }

    /// Whether a key occurs twice.
    pub(crate) fn repeats(&self) -> bool {
        self.repeats
    }

    /// How many times were read that name no zone.
    pub(crate) fn zoneless(&self) -> u32 {
        self.zoneless.get()
    }

    /// The members that the model has no field for.
    pub(crate) fn others(&self) -> Json {
        if self.others.is_empty() {
            return Json::empty_object();
        }
        Json::from_value(&Value::Object(
            self.others.iter().map(|&member| member.clone()).collect(),
        ))
    }

    fn slot(&self, key: &[u8]) -> Option<usize> {
        let (before, after) = self.known.split_at(self.next.get().min(self.known.len()));
        let found = after
            .iter()
            .position(|name| name.as_bytes() == key)
            .map(|at| at + before.len())
            .or_else(|| before.iter().position(|name| name.as_bytes() == key))?;
        self.next.set(found + 1);
        Some(found)
    }

    /// The value of a known field; `None` also for null.
    pub(crate) fn get(&self, key: &str) -> Option<&'v Value<'v>> {
        let slot = self.slot(key.as_bytes())?;
        self.slots[slot].filter(|value| !matches!(value, Value::Null))
    }

    fn required(&self, key: &str) -> Result<&'v Value<'v>, Flaw> {
        self.get(key)
            .ok_or_else(|| Flaw::new(Reason::MissingField, format!("`{key}` is missing")))
    }

    fn text_of(key: &str, value: &'v Value<'v>) -> Result<&'v Text<'v>, Flaw> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(wrong_type(key, "a string", other)),
        }
    }

    pub(crate) fn text(&self, key: &str) -> Result<&'v Text<'v>, Flaw> {
        Self::text_of(key, self.required(key)?)
    }

    pub(crate) fn stored_text(&self, key: &str) -> Result<String, Flaw> {
        Ok(self.text(key)?.storable().into_owned())
    }

    pub(crate) fn optional_text(&self, key: &str) -> Result<Option<String>, Flaw> {
        let text = self
            .get(key)
            .map(|value| Self::text_of(key, value))
            .transpose()?;
        Ok(text.map(|text| text.storable().into_owned()))
    }

    /// The record's own id: part of a key, so it must be storable as it is.
    pub(crate) fn id(&self) -> Result<String, Flaw> {
        const LONGEST: usize = 255;
        let text = self.text("id")?;
        let flaw = |what: &str| Err(Flaw::new(Reason::BadId, format!("`id` {what}")));
        match text.to_str() {
            Some("") => flaw("is empty"),
            Some(id) if id.contains('\0') => {
                flaw("holds a NUL character, which no database text can store")
            }
            Some(id) if id.chars().count() > LONGEST => flaw(&format!(
                "has {} characters; {LONGEST} are allowed",
                id.chars().count()
            )),
            Some(id) => Ok(id.to_owned()),
            None => flaw("holds a lone surrogate, which no database text can store"),
        }
    }

    pub(crate) fn source(&self) -> Result<String, Flaw> {
        let text = self.stored_text("source")?;
        if is_source(&text) {
            Ok(text)
        } else {
            let shown: String = text.chars().take(40).collect();
            Err(Flaw::new(
                Reason::BadSource,
                format!("`source` is {shown:?}; 1 to 32 of a-z, 0-9, _ and - are allowed"),
            ))
        }
    }

    /// A whole number; Python's true and 1.0 are not whole numbers here.
    pub(crate) fn optional_integer(
        &self,
        key: &str,
        range: RangeInclusive<i64>,
    ) -> Result<Option<i64>, Flaw> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let Value::Number(lexeme) = value else {
            return Err(wrong_type(key, "a whole number", value));
        };
        if lexeme.contains(['.', 'e', 'E', 'N', 'I']) {
            return Err(Flaw::new(
                Reason::WrongType,
                format!("`{key}` must be a whole number, but is {}", short(lexeme)),
            ));
        }
        match lexeme.parse::<i64>() {
            Ok(number) if range.contains(&number) => Ok(Some(number)),
            _ => Err(out_of_range(key, lexeme, range.start(), range.end())),
        }
    }

    pub(crate) fn integer(&self, key: &str, range: RangeInclusive<i64>) -> Result<i64, Flaw> {
        self.required(key)?;
        Ok(self.optional_integer(key, range)?.unwrap_or_default())
    }

    /// A number; NaN and infinities, which Python writes, give `None` and are carried.
    pub(crate) fn optional_real(
        &self,
        key: &str,
        range: RangeInclusive<f64>,
    ) -> Result<Option<f64>, Flaw> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let Value::Number(lexeme) = value else {
            return Err(wrong_type(key, "a number", value));
        };
        match lexeme.parse::<f64>() {
            Ok(number) if !number.is_finite() => Ok(None),
            Ok(number) if range.contains(&number) => Ok(Some(number)),
            _ => Err(out_of_range(key, lexeme, range.start(), range.end())),
        }
    }

    pub(crate) fn flag(&self, key: &str) -> Result<bool, Flaw> {
        match self.get(key) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(wrong_type(key, "true or false", other)),
        }
    }

    pub(crate) fn word<W: FromStr<Err = UnknownWord> + Default>(
        &self,
        key: &str,
    ) -> Result<W, Flaw> {
        let Some(value) = self.get(key) else {
            return Ok(W::default());
        };
        let text = Self::text_of(key, value)?.storable();
        text.parse().map_err(|UnknownWord { known }| {
            let known = known.join(", ");
            Flaw::new(
                Reason::UnknownWord,
                format!("`{key}` is {:?}; known are {known}", short(&text)),
            )
        })
    }

    pub(crate) fn optional_time(&self, key: &str) -> Result<Option<Timestamp>, Flaw> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let text = Self::text_of(key, value)?.storable();
        let (time, zone) = Timestamp::parse(&text).map_err(|_| {
            // A parser's own words tell where it gave up, and not what is expected.
            Flaw::new(
                Reason::BadTime,
                format!(
                    "`{key}` is {:?}, which is no ISO 8601 time such as 2024-01-15T10:30:00Z",
                    short(&text)
                ),
            )
        })?;
        if zone == Zone::Missing {
            self.zoneless.set(self.zoneless.get() + 1);
        }
        Ok(Some(time))
    }

    pub(crate) fn time(&self, key: &str) -> Result<Timestamp, Flaw> {
        self.required(key)?;
        let missing = || Flaw::new(Reason::MissingField, format!("`{key}` is missing"));
        self.optional_time(key)?.ok_or_else(missing)
    }

    pub(crate) fn object(&self, key: &str) -> Result<Json, Flaw> {
        match self.get(key) {
            None => Ok(Json::empty_object()),
            Some(value @ Value::Object(_)) => Ok(Json::from_value(value)),
            Some(other) => Err(wrong_type(key, "an object", other)),
        }
    }

    pub(crate) fn objects(&self, key: &str) -> Result<(Json, usize), Flaw> {
        let value = self.required(key)?;
        let Value::Array(items) = value else {
            return Err(wrong_type(key, "a list of objects", value));
        };
        match items
            .iter()
            .position(|item| !matches!(item, Value::Object(_)))
        {
            None => Ok((Json::from_value(value), items.len())),
            Some(at) => Err(wrong_type(&format!("{key}[{at}]"), "an object", &items[at])),
        }
    }

    pub(crate) fn texts(&self, key: &str) -> Result<Vec<String>, Flaw> {
        let Some(value) = self.get(key) else {
            return Ok(Vec::new());
        };
        let Value::Array(items) = value else {
            return Err(wrong_type(key, "a list of strings", value));
        };
        items
            .iter()
            .enumerate()
            .map(|(at, item)| match item {
                Value::String(text) => Ok(text.storable().into_owned()),
                other => Err(wrong_type(&format!("{key}[{at}]"), "a string", other)),
            })
            .collect()
    }
}

fn wrong_type(key: &str, expected: &str, found: &Value<'_>) -> Flaw {
    Flaw::new(
        Reason::WrongType,
        format!("`{key}` must be {expected}, but is {}", found.kind()),
    )
}

fn out_of_range(
    key: &str,
    lexeme: &str,
    low: impl std::fmt::Display,
    high: impl std::fmt::Display,
) -> Flaw {
    Flaw::new(
        Reason::OutOfRange,
        format!("`{key}` is {}; {low} to {high} are allowed", short(lexeme)),
    )
}

/// Enough of a text to recognise it in a message.
fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(60).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
