//! The serializer: from a [`Value`] to its one canonical form.

use super::Value;
use super::escape::write_text;

/// Appends the canonical form of `value` to `out`: no spaces, members in their order, numbers as
/// they are spelled, strings as [`write_text`] writes them. Equal values give equal bytes, and
/// [`parse`](super::parse()) gives the value back, if its numbers are JSON's or Python's.
pub fn write(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(lexeme) => out.extend_from_slice(lexeme.as_bytes()),
        Value::String(text) => write_text(text.as_bytes(), out),
        Value::Array(elements) => {
            out.push(b'[');
            for (i, element) in elements.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write(element, out);
            }
            out.push(b']');
        }
        Value::Object(members) => {
            out.push(b'{');
            for (i, (key, member)) in members.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_text(key.as_bytes(), out);
                out.push(b':');
                write(member, out);
            }
            out.push(b'}');
        }
    }
}

/// Appends `value` as Python's `json.dump(…, indent=2, ensure_ascii=False)` would, inside `level`
/// arrays and objects: the first line is not indented, the others are. Strings and numbers are as
/// [`write()`] writes them.
pub fn write_indented(value: &Value<'_>, level: usize, out: &mut Vec<u8>) {
    fn line(level: usize, out: &mut Vec<u8>) {
        out.push(b'\n');
        out.resize(out.len() + 2 * level, b' ');
    }
    match value {
        Value::Array(elements) if !elements.is_empty() => {
            out.push(b'[');
            for (i, element) in elements.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                line(level + 1, out);
                write_indented(element, level + 1, out);
            }
            line(level, out);
            out.push(b']');
        }
        Value::Object(members) if !members.is_empty() => {
            out.push(b'{');
            for (i, (key, member)) in members.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                line(level + 1, out);
                write_text(key.as_bytes(), out);
                out.extend_from_slice(b": ");
                write_indented(member, level + 1, out);
            }
            line(level, out);
            out.push(b'}');
        }
        other => write(other, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    fn canonical(json: &str) -> String {
        let mut out = Vec::new();
        write(&parse(json.as_bytes()).unwrap(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn spaces_go_and_all_else_stays() {
        assert_eq!(
            canonical(
                "\n{ \"b\" : [ 1.0 , -0 , NaN,\ttrue, false, null ], \"a\": {}, \"b\": [] } "
            ),
            r#"{"b":[1.0,-0,NaN,true,false,null],"a":{},"b":[]}"#
        );
    }

    #[test]
    fn indented_as_python_does_it() {
        let value = parse(br#"{"a":[1,{"b":[]}],"c":{},"d":"x\n"}"#).unwrap();
        let mut out = Vec::new();
        write_indented(&value, 1, &mut out);
        let expected = "{\n    \"a\": [\n      1,\n      {\n        \"b\": []\n      }\n    ],\n    \"c\": {},\n    \"d\": \"x\\n\"\n  }";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn only_what_must_be_is_escaped() {
        assert_eq!(
            canonical(
                r#""\"\\\/\b\f\n\r\t\u0000\u001F\u007f\u00e9\u2028\uD83D\uDE00\uD83D\uDFFF.""#
            ),
            "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u{7f}é\u{2028}😀\u{1f7ff}.\""
        );
        assert_eq!(
            canonical(r#""\uDABC한힣\ud7ff\udfff""#),
            r#""\udabc한힣퟿\udfff""#
        );
    }
}
