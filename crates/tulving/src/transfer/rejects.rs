//! Refused rows, written so that they can be mended and given back.

use std::io::{self, Write};

use super::row::Flawed;
use crate::json::{self, Text, Value};

/// Writes a refused row as a line of JSON. What reads data directories takes such lines in place of their
/// records.
pub(super) fn write_line(out: &mut impl Write, flawed: &Flawed) -> io::Result<()> {
    let text = |text: &str| Value::String(Text::from(text.to_owned()));
    let mut members = vec![
        (Text::new("file"), text(&flawed.origin.file)),
        (Text::new("kind"), text(flawed.kind.as_str())),
        (
            Text::new("index"),
            Value::Number(flawed.origin.index.to_string().into()),
        ),
        (
            Text::new("id"),
            flawed.id.as_deref().map_or(Value::Null, text),
        ),
        (Text::new("reason"), text(flawed.flaw.reason.as_str())),
        (Text::new("message"), text(&flawed.flaw.message)),
    ];
    if let Some(vector) = &flawed.vector {
        let numbers = vector
            .iter()
            .map(|number| Value::Number(python(*number).into()))
            .collect();
        members.push((Text::new("vector"), Value::Array(numbers)));
    }
    let mut line = Vec::new();
    json::write(&Value::Object(members), &mut line);
    // The row is in canonical form already.
    line.pop();
    line.extend_from_slice(b",\"row\":");
    line.extend_from_slice(&flawed.row);
    line.extend_from_slice(b"}\n");
    out.write_all(&line)
}

/// Returns a float as Python writes it.
fn python(number: f32) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 {
            "Infinity".to_owned()
        } else {
            "-Infinity".to_owned()
        }
    } else {
        format!("{number:?}")
    }
}
