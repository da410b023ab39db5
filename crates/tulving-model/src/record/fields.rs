//! Typed reading of a record's fields.

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::RangeInclusive;

use super::flaw::{Flaw, Reason};
use crate::{Column, ColumnSource, Field, Form, Json, Shape, Timestamp, Zone};
use tulving_json::{Text, Value};

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

/// Returns whether a text can be the name of a source: 1 to 32 of a-z, 0-9, _ and -.
#[must_use]
pub fn is_source(name: &str) -> bool {
    let fits = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    (1..=32).contains(&name.len()) && name.bytes().all(fits)
}

impl<'v> Fields<'v> {
    pub(crate) fn new(form: Form, members: &'v [Member<'v>]) -> Self {
        let known = form.known;
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

    /// Returns whether a key occurs twice.
    pub(crate) fn repeats(&self) -> bool {
        self.repeats
    }

    /// Returns how many times were read that name no zone.
    pub(crate) fn zoneless(&self) -> u32 {
        self.zoneless.get()
    }

    /// Returns the members that the model has no field for.
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

    /// Returns the value of a known field; `None` also for null.
    fn get(&self, key: &str) -> Option<&'v Value<'v>> {
        let slot = self.slot(key.as_bytes())?;
        self.slots[slot].filter(|value| !matches!(value, Value::Null))
    }

    /// Returns what a column holds for a field of the record.
    pub(super) fn read(&self, field: &Field) -> Result<Column<'static>, Flaw> {
        let name = field.name;
        let Some(value) = self.get(name) else {
            return self.missing(field);
        };
        match field.shape {
            Shape::Id => id(value).map(owned),
            Shape::Source => source(name, value).map(owned),
            Shape::Text { most } => text_within(name, value, most).map(owned),
            Shape::TextOr { .. } | Shape::MaybeText => {
                Ok(owned(text(name, value)?.storable().into_owned()))
            }
            Shape::Word { words, .. } => word(name, value, words),
            Shape::Position | Shape::LengthOf { .. } => whole(name, value, 0..=i64::MAX),
            Shape::Whole { least, most } => whole(name, value, least..=most),
            Shape::MaybeWhole => whole(name, value, i64::MIN..=i64::MAX),
            Shape::Real { least, most } => real(name, value, least..=most),
            Shape::Flag => match value {
                Value::Bool(flag) => Ok(Column::Flag(*flag)),
                other => Err(wrong_type(name, "true or false", other)),
            },
            Shape::Time | Shape::MaybeTime => self.time(name, value),
            Shape::Object { .. } => match value {
                Value::Object(_) => Ok(Column::Json(Cow::Owned(Json::from_value(value)))),
                other => Err(wrong_type(name, "an object", other)),
            },
            Shape::Objects => objects(name, value),
            Shape::Texts => texts(name, value),
        }
    }

    /// Returns what a column holds for a field that the record leaves out.
    fn missing(&self, field: &Field) -> Result<Column<'static>, Flaw> {
        let name = field.name;
        match field.shape {
            Shape::Id | Shape::Source | Shape::Text { .. } => missing(name),
            Shape::Position | Shape::Time | Shape::Objects => missing(name),
            Shape::TextOr { missing } | Shape::Word { missing, .. } => {
                Ok(Column::Text(Cow::Borrowed(missing)))
            }
            Shape::MaybeText | Shape::MaybeWhole | Shape::MaybeTime => Ok(Column::Null),
            Shape::Whole { .. } => Ok(Column::Whole(0)),
            Shape::Real { .. } => Ok(Column::Real(0.0)),
            Shape::Flag => Ok(Column::Flag(false)),
            Shape::Object { .. } => Ok(Column::Json(Cow::Owned(Json::empty_object()))),
            Shape::Texts => Ok(Column::Texts(Cow::Owned(Vec::new()))),
            Shape::LengthOf { list } => Ok(Column::Whole(match self.get(list) {
                Some(Value::Array(items)) => i64::try_from(items.len()).unwrap_or(i64::MAX),
                _ => 0,
            })),
        }
    }

    fn time(&self, key: &str, value: &Value<'_>) -> Result<Column<'static>, Flaw> {
        let text = text(key, value)?.storable();
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
        Ok(Column::Time(time))
    }
}

impl ColumnSource for Fields<'_> {
    type Error = Flaw;

    fn column(&mut self, field: &'static Field) -> Result<Column<'static>, Flaw> {
        self.read(field)
    }

    fn misfit(&self, field: &'static Field) -> Flaw {
        let name = field.name;
        Flaw::new(
            Reason::WrongType,
            format!("`{name}` does not fit its column"),
        )
    }
}

fn missing(key: &str) -> Result<Column<'static>, Flaw> {
    Err(Flaw::new(
        Reason::MissingField,
        format!("`{key}` is missing"),
    ))
}

fn owned(text: String) -> Column<'static> {
    Column::Text(Cow::Owned(text))
}

fn text<'v>(key: &str, value: &'v Value<'v>) -> Result<&'v Text<'v>, Flaw> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(wrong_type(key, "a string", other)),
    }
}

/// Returns the record's own id: part of a key, so it must be storable as it is.
fn id(value: &Value<'_>) -> Result<String, Flaw> {
    const LONGEST: usize = 255;
    let flaw = |what: &str| Err(Flaw::new(Reason::BadId, format!("`id` {what}")));
    match text("id", value)?.to_str() {
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

fn source(key: &str, value: &Value<'_>) -> Result<String, Flaw> {
    let text = text(key, value)?.storable().into_owned();
    if is_source(&text) {
        return Ok(text);
    }
    let shown: String = text.chars().take(40).collect();
    Err(Flaw::new(
        Reason::BadSource,
        format!("`source` is {shown:?}; 1 to 32 of a-z, 0-9, _ and - are allowed"),
    ))
}

fn text_within(key: &str, value: &Value<'_>, most: usize) -> Result<String, Flaw> {
    let text = text(key, value)?.storable();
    if text.len() <= most {
        return Ok(text.into_owned());
    }
    Err(Flaw::new(
        Reason::TooLong,
        format!("`{key}` has {} bytes; {most} are allowed", text.len()),
    ))
}

fn word(
    key: &str,
    value: &Value<'_>,
    words: &'static [&'static str],
) -> Result<Column<'static>, Flaw> {
    let text = text(key, value)?.storable();
    match words.iter().find(|word| **word == text) {
        Some(word) => Ok(Column::Text(Cow::Borrowed(word))),
        None => {
            let known = words.join(", ");
            Err(Flaw::new(
                Reason::UnknownWord,
                format!("`{key}` is {:?}; known are {known}", short(&text)),
            ))
        }
    }
}

/// Returns a whole number; Python's true and 1.0 are not whole numbers here.
fn whole(
    key: &str,
    value: &Value<'_>,
    range: RangeInclusive<i64>,
) -> Result<Column<'static>, Flaw> {
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
        Ok(number) if range.contains(&number) => Ok(Column::Whole(number)),
        _ => Err(out_of_range(key, lexeme, range.start(), range.end())),
    }
}

/// Returns a number; NaN and infinities, which Python writes, give 0 and are carried.
fn real(key: &str, value: &Value<'_>, range: RangeInclusive<f64>) -> Result<Column<'static>, Flaw> {
    let Value::Number(lexeme) = value else {
        return Err(wrong_type(key, "a number", value));
    };
    match lexeme.parse::<f64>() {
        Ok(number) if !number.is_finite() => Ok(Column::Real(0.0)),
        Ok(number) if range.contains(&number) => Ok(Column::Real(number)),
        _ => Err(out_of_range(key, lexeme, range.start(), range.end())),
    }
}

fn objects(key: &str, value: &Value<'_>) -> Result<Column<'static>, Flaw> {
    let Value::Array(items) = value else {
        return Err(wrong_type(key, "a list of objects", value));
    };
    let other = |item: &Value<'_>| !matches!(item, Value::Object(_));
    match items.iter().position(other) {
        None => Ok(Column::Json(Cow::Owned(Json::from_value(value)))),
        Some(at) => Err(wrong_type(&format!("{key}[{at}]"), "an object", &items[at])),
    }
}

fn texts(key: &str, value: &Value<'_>) -> Result<Column<'static>, Flaw> {
    let Value::Array(items) = value else {
        return Err(wrong_type(key, "a list of strings", value));
    };
    let texts = items.iter().enumerate().map(|(at, item)| match item {
        Value::String(text) => Ok(text.storable().into_owned()),
        other => Err(wrong_type(&format!("{key}[{at}]"), "a string", other)),
    });
    Ok(Column::Texts(Cow::Owned(texts.collect::<Result<_, _>>()?)))
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
