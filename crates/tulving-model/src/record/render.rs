//! Columns as JSON values.

use std::borrow::Cow;

use crate::{Column, Form, Json, Recorded, Shape, Timestamp};
use tulving_json::{Text, Value};

/// Returns every known key with its value as the columns render it, in the origin's order.
pub fn render(record: &impl Recorded) -> Vec<(&'static str, Value<'_>)> {
    let Form { fields, known } = record.form();
    let fields = fields.iter().zip(record.columns());
    let mut members: Vec<_> = fields
        .map(|(field, column)| (field.name, value(column, &field.shape)))
        .collect();
    // The owner is the scope; a stamp that the source bears is carried.
    let stamps = known.iter().skip(members.len());
    members.extend(stamps.map(|key| (*key, Value::Null)));
    members
}

fn value<'m>(column: Column<'m>, shape: &Shape) -> Value<'m> {
    match column {
        Column::Null => Value::Null,
        Column::Text(text) => Value::String(text_of(text)),
        Column::Whole(number) => Value::Number(number.to_string().into()),
        // The shortest digits that give it back.
        Column::Real(number) => Value::Number(format!("{number:?}").into()),
        Column::Flag(flag) => Value::Bool(flag),
        Column::Time(time) => isoformat(time),
        Column::Json(Cow::Borrowed(json)) => ordered(json, shape),
        Column::Json(Cow::Owned(json)) => ordered(&json, shape).into_owned(),
        Column::Texts(Cow::Borrowed(texts)) => {
            let items = texts.iter().map(|text| Value::String(Text::new(text)));
            Value::Array(items.collect())
        }
        Column::Texts(Cow::Owned(texts)) => {
            let items = texts
                .into_iter()
                .map(|text| Value::String(Text::from(text)));
            Value::Array(items.collect())
        }
    }
}

fn text_of(text: Cow<'_, str>) -> Text<'_> {
    match text {
        Cow::Borrowed(text) => Text::new(text),
        Cow::Owned(text) => Text::from(text),
    }
}

fn isoformat(time: Timestamp) -> Value<'static> {
    Value::String(Text::from(time.isoformat()))
}

/// Returns an object of the columns, its known keys in the origin's order.
fn ordered<'v>(json: &'v Json, shape: &Shape) -> Value<'v> {
    let mut value = json.value();
    if let (Value::Object(members), Shape::Object { keys }) = (&mut value, shape) {
        let place = |key: &[u8]| {
            let place = keys.iter().position(|name| name.as_bytes() == key);
            place.unwrap_or(keys.len())
        };
        members.sort_by_key(|(key, _)| place(key.as_bytes()));
    }
    value
}
