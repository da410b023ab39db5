//! The serializer: from a [`Value`] to its one canonical form.

use super::Value;
use super::scan::{below, clean_run, equal};

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

/// Appends `wtf8` (UTF-8, or the bytes of a [`Text`](super::Text)) as a JSON string, quotes
/// included. Escaped are `"`, `\`, controls below U+0020 (`\n \r \t \b \f`, else `\u00xx`) and
/// lone surrogates (`\udxxx`), with lower-case digits; everything else stands as it is.
pub fn write_text(wtf8: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = wtf8;
    loop {
        let (clean, special) = rest.split_at(clean_run(rest, special));
        out.extend_from_slice(clean);
        let written = match *special {
            [] => break,
            [byte @ (b'"' | b'\\'), ..] => short(byte, out),
            [b'\n', ..] => short(b'n', out),
            [b'\r', ..] => short(b'r', out),
            [b'\t', ..] => short(b't', out),
            [0x08, ..] => short(b'b', out),
            [0x0C, ..] => short(b'f', out),
            [byte @ 0..0x20, ..] => {
                hex(u16::from(byte), out);
                1
            }
            [0xED, second @ 0xA0..=0xBF, third, ..] => {
                hex(
                    0xD000 | u16::from(second & 0x3F) << 6 | u16::from(third & 0x3F),
                    out,
                );
                3
            }
            // 0xED also begins the code points just below the surrogates.
            [byte, ..] => {
                out.push(byte);
                1
            }
        };
        rest = &special[written..];
    }
    out.push(b'"');
}

fn special(word: u64) -> u64 {
    equal(word, b'"') | equal(word, b'\\') | below(word, 0x20) | equal(word, 0xED)
}

/// Writes a backslash and `letter`; one byte of the text is done.
fn short(letter: u8, out: &mut Vec<u8>) -> usize {
    out.extend([b'\\', letter]);
    1
}

fn hex(unit: u16, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |shift: u16| DIGITS[usize::from(unit >> shift & 0xF)];
    out.extend([b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

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

    #[test]
    fn bytes_that_are_no_text_do_no_harm() {
        for bytes in [b"\xED".as_slice(), b"\xED\xA0", b"\xFF\xED\xED"] {
            let mut out = Vec::new();
            write_text(bytes, &mut out);
            assert_eq!(out[1..out.len() - 1], *bytes);
        }
    }
}
