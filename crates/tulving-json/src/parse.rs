//! The parser: from bytes to a [`Value`].

use std::borrow::Cow;

use super::scan::{below, clean_run, equal, is_whitespace};
use super::{Foreign, Text, Value, unmarked};

/// How many arrays and objects may stand inside one another.
pub const MAX_DEPTH: usize = 256;

/// Why bytes are not one JSON value, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{reason}{}", place(.reason, .offset))]
pub struct ParseError {
    /// Byte offset in the parsed bytes, from 0.
    pub offset: usize,
    /// What is wrong there.
    pub reason: Reason,
}

/// What is wrong with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The bytes are not UTF-8 from here on.
    #[error("invalid UTF-8")]
    InvalidUtf8,
    /// The value is not complete.
    #[error("the value ends too early")]
    UnexpectedEnd,
    /// Something else stands where this was due.
    #[error("expected {0}")]
    Expected(&'static str),
    /// A number with a leading zero, a plus, or a point or exponent without digits.
    #[error("not a JSON number")]
    BadNumber,
    /// A backslash that begins none of JSON's escapes.
    #[error("unknown escape in a string")]
    BadEscape,
    /// A raw control character below U+0020, which must be escaped.
    #[error("raw control character 0x{0:02x} in a string")]
    ControlCharacter(u8),
    /// More than [`MAX_DEPTH`] arrays and objects inside one another.
    #[error("nested deeper than {MAX_DEPTH}")]
    TooDeep,
    /// The value is over, and more than whitespace follows.
    #[error("more data after the value")]
    TrailingData,
    /// There is nothing, or nothing but whitespace.
    #[error("it is empty")]
    Empty,
    /// It is something else than text in UTF-8.
    #[error("it is {0}")]
    Foreign(Foreign),
    /// More values than were allowed.
    #[error("it holds more values than may be read at once")]
    TooMany,
}

/// Returns where that is, if it is about a place.
fn place(reason: &Reason, offset: &usize) -> String {
    match reason {
        Reason::Empty | Reason::Foreign(_) => String::new(),
        _ => format!(" at byte {offset}"),
    }
}

/// Reads a file that holds one value, with or without a byte order mark. Else as [`parse()`].
///
/// # Errors
/// The first thing that is wrong with the bytes.
pub fn document(bytes: &[u8]) -> Result<Value<'_>, ParseError> {
    let wrong = |reason| ParseError { offset: 0, reason };
    let text = unmarked(bytes).map_err(|foreign| wrong(Reason::Foreign(foreign)))?;
    if text.iter().all(|&byte| is_whitespace(byte)) {
        return Err(wrong(Reason::Empty));
    }
    parse(text).map_err(|mut error| {
        error.offset += bytes.len() - text.len();
        error
    })
}

/// Reads `bytes`, which must be exactly one value with optional whitespace around it, in UTF-8
/// without a byte order mark. Strings without escapes and all numbers are borrowed.
///
/// Accepts what Python's `json.loads` accepts in strict mode, up to [`MAX_DEPTH`]. Takes time
/// and memory in proportion to the input.
///
/// # Errors
/// The first thing that is wrong with the bytes.
pub fn parse(bytes: &[u8]) -> Result<Value<'_>, ParseError> {
    parse_within(bytes, usize::MAX)
}

/// What an object counts beside other values: whoever reads objects makes something larger of each.
const OBJECT: usize = 8;

/// Reads `bytes` as [`parse()`] does, as long as they hold no more than so many values, of which an object counts as
/// eight: three bytes can make a value of forty.
///
/// # Errors
/// [`Reason::TooMany`] as soon as there are more; else the first thing that is wrong with the bytes.
pub fn parse_within(bytes: &[u8], most: usize) -> Result<Value<'_>, ParseError> {
    let text = std::str::from_utf8(bytes).map_err(|error| ParseError {
        offset: error.valid_up_to(),
        reason: Reason::InvalidUtf8,
    })?;
    let mut parser = Parser {
        text,
        at: 0,
        room: most,
        elements: Vec::new(),
        members: Vec::new(),
        decoded: Vec::new(),
    };
    let value = parser.value(0)?;
    match parser.token() {
        None => Ok(value),
        Some(_) => Err(parser.error(Reason::TrailingData)),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// How many values there may be from here on.
    room: usize,
    /// The elements of all arrays that are open, of the innermost last; when one is closed, its own are taken from here as a
    /// list of just their number. A list that grew by itself would have room for four, which for a file of small
    /// objects is most of the memory that it takes.
    elements: Vec<Value<'a>>,
    /// The members of all objects that are open, likewise.
    members: Vec<(Text<'a>, Value<'a>)>,
    /// Where strings are decoded.
    decoded: Vec<u8>,
}

/// The values of hexadecimal digits; of other bytes, 16.
const HEX: [u8; 256] = {
    let mut values = [16; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value as usize] as usize] = value;
        values[b"0123456789ABCDEF"[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// Takes what a list has from a place on, as a list of its own without room for more.
fn taken<T>(list: &mut Vec<T>, from: usize) -> Vec<T> {
    /// How many are not copied any more, if they are all there is.
    const MANY: usize = 1 << 12;
    if from == 0 && list.len() > MANY {
        let mut all = std::mem::take(list);
        all.shrink_to_fit();
        return all;
    }
    list.split_off(from)
}

impl<'a> Parser<'a> {
    /// Reads a value that stands inside `depth` arrays and objects.
    fn value(&mut self, depth: usize) -> Result<Value<'a>, ParseError> {
        let next = self.token();
        let takes = if next == Some(b'{') { OBJECT } else { 1 };
        self.room = match self.room.checked_sub(takes) {
            Some(room) => room,
            None => return Err(self.error(Reason::TooMany)),
        };
        match next {
            Some(b'"') => self.string().map(Value::String),
            Some(b'{') if depth < MAX_DEPTH => self.object(depth + 1),
            Some(b'[') if depth < MAX_DEPTH => self.array(depth + 1),
            Some(b'{' | b'[') => Err(self.error(Reason::TooDeep)),
            Some(b'-' | b'+' | b'.' | b'0'..=b'9') => self.number(),
            Some(b'n') => self.word("null").map(|_| Value::Null),
            Some(b't') => self.word("true").map(|_| Value::Bool(true)),
            Some(b'f') => self.word("false").map(|_| Value::Bool(false)),
            Some(b'N') => self.word("NaN").map(|word| Value::Number(word.into())),
            Some(b'I') => self.word("Infinity").map(|word| Value::Number(word.into())),
            Some(_) => Err(self.error(Reason::Expected("a value"))),
            None => Err(self.error(Reason::UnexpectedEnd)),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value<'a>, ParseError> {
        self.at += 1;
        if self.token() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(Vec::new()));
        }
        let first = self.members.len();
        loop {
            if self.token() != Some(b'"') {
                return Err(self.missing("a key in quotes"));
            }
            let key = self.string()?;
            if self.token() != Some(b':') {
                return Err(self.missing("a colon"));
            }
            self.at += 1;
            let value = self.value(depth)?;
            self.members.push((key, value));
            match self.token() {
                Some(b',') => self.at += 1,
                Some(b'}') => break self.at += 1,
                _ => return Err(self.missing("a comma or }")),
            }
        }
        Ok(Value::Object(taken(&mut self.members, first)))
    }

    fn array(&mut self, depth: usize) -> Result<Value<'a>, ParseError> {
        self.at += 1;
        if self.token() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(Vec::new()));
        }
        let first = self.elements.len();
        loop {
            let value = self.value(depth)?;
            self.elements.push(value);
            match self.token() {
                Some(b',') => self.at += 1,
                Some(b']') => break self.at += 1,
                _ => return Err(self.missing("a comma or ]")),
            }
        }
        Ok(Value::Array(taken(&mut self.elements, first)))
    }

    fn number(&mut self) -> Result<Value<'a>, ParseError> {
        let start = self.at;
        if self.eat(b'-') && self.peek() == Some(b'I') {
            self.word("Infinity")?;
        } else {
            let integer = if self.eat(b'0') {
                !self.at_digit()
            } else {
                self.digits()
            };
            let fraction = !self.eat(b'.') || self.digits();
            let exponent = !(self.eat(b'e') || self.eat(b'E')) || {
                let _sign = self.eat(b'+') || self.eat(b'-');
                self.digits()
            };
            if !(integer && fraction && exponent) {
                return Err(ParseError {
                    offset: start,
                    reason: Reason::BadNumber,
                });
            }
        }
        Ok(Value::Number(Cow::Borrowed(&self.text[start..self.at])))
    }

    fn string(&mut self) -> Result<Text<'a>, ParseError> {
        self.at += 1;
        let run = self.plain();
        if self.eat(b'"') {
            return Ok(Text::from_wtf8(run));
        }
        // Decoded in a place that is used again, and taken from there as long as it is.
        let mut decoded = std::mem::take(&mut self.decoded);
        decoded.clear();
        decoded.extend_from_slice(run);
        let result = self.rest_of_string(&mut decoded);
        let text = Text::from_wtf8(decoded.as_slice().to_vec());
        self.decoded = decoded;
        result.map(|()| text)
    }

    /// Skips what stands in a string as it is, and returns it.
    fn plain(&mut self) -> &'a [u8] {
        let rest = &self.text.as_bytes()[self.at..];
        let run = clean_run(rest, |word| {
            equal(word, b'"') | equal(word, b'\\') | below(word, 0x20)
        });
        self.at += run;
        &rest[..run]
    }

    /// Decodes a string from an escape to its end.
    fn rest_of_string(&mut self, out: &mut Vec<u8>) -> Result<(), ParseError> {
        loop {
            match self.peek() {
                Some(b'\\') => self.escape(out)?,
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(byte @ ..0x20) => return Err(self.error(Reason::ControlCharacter(byte))),
                Some(_) => out.extend_from_slice(self.plain()),
                None => return Err(self.error(Reason::UnexpectedEnd)),
            }
        }
    }

    /// Decodes one escape, or the two of a surrogate pair.
    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), ParseError> {
        let simple = match self.text.as_bytes().get(self.at + 1) {
            Some(b'u') => return self.unicode_escape(out),
            Some(&byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 0x08,
            Some(b'f') => 0x0C,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(_) => return Err(self.error(Reason::BadEscape)),
            None => return Err(self.error(Reason::UnexpectedEnd)),
        };
        out.push(simple);
        self.at += 2;
        Ok(())
    }

    fn unicode_escape(&mut self, out: &mut Vec<u8>) -> Result<(), ParseError> {
        let unit = self
            .code_unit(self.at)
            .ok_or_else(|| self.error(Reason::BadEscape))?;
        self.at += 6;
        let mut code = unit;
        if (0xD800..0xDC00).contains(&unit)
            && let Some(low) = self
                .code_unit(self.at)
                .filter(|low| (0xDC00..0xE000).contains(low))
        {
            self.at += 6;
            code = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        }
        let next = |shift: u32| 0x80 | (code >> shift & 0x3F) as u8;
        match code {
            ..0x80 => out.push(code as u8),
            0x80..0x800 => out.extend([0xC0 | (code >> 6) as u8, next(0)]),
            // A lone surrogate too, in the form that UTF-8 would give it.
            0x800..0x1_0000 => out.extend([0xE0 | (code >> 12) as u8, next(6), next(0)]),
            _ => out.extend([0xF0 | (code >> 18) as u8, next(12), next(6), next(0)]),
        }
        Ok(())
    }

    /// Returns the code unit of the `\uXXXX` at `at`, if there is one.
    fn code_unit(&self, at: usize) -> Option<u32> {
        let [b'\\', b'u', digits @ ..] = self.text.as_bytes().get(at..)?.first_chunk::<6>()? else {
            return None;
        };
        let [a, b, c, d] = digits.map(|digit| HEX[usize::from(digit)]);
        (a | b | c | d < 16)
            .then(|| u32::from(a) << 12 | u32::from(b) << 8 | u32::from(c) << 4 | u32::from(d))
    }

    /// Skips whitespace; the byte that follows.
    fn token(&mut self) -> Option<u8> {
        while self.peek().is_some_and(is_whitespace) {
            self.at += 1;
        }
        self.peek()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn at_digit(&self) -> bool {
        self.peek().is_some_and(|byte| byte.is_ascii_digit())
    }

    /// Skips digits; whether there was one.
    fn digits(&mut self) -> bool {
        let found = self.at_digit();
        while self.at_digit() {
            self.at += 1;
        }
        found
    }

    fn word(&mut self, word: &'static str) -> Result<&'static str, ParseError> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.error(Reason::Expected("a value")));
        }
        self.at += word.len();
        Ok(word)
    }

    fn missing(&self, what: &'static str) -> ParseError {
        self.error(match self.peek() {
            Some(_) => Reason::Expected(what),
            None => Reason::UnexpectedEnd,
        })
    }

    fn error(&self, reason: Reason) -> ParseError {
        ParseError {
            offset: self.at,
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(json: &str) -> Vec<u8> {
        match parse(json.as_bytes()) {
            Ok(Value::String(text)) => text.as_bytes().to_vec(),
            other => panic!("{json}: {other:?}"),
        }
    }

    fn refused(json: impl AsRef<[u8]>) -> (usize, Reason) {
        let error = parse(json.as_ref()).expect_err("refused");
        (error.offset, error.reason)
    }

    #[test]
    fn numbers_keep_their_spelling() {
        let spellings = [
            "0", "-0", "-0.0", "1E+05", "1e22", "1.10", "NaN", "Infinity",
        ];
        let long = "9".repeat(400);
        for spelling in spellings.into_iter().chain(["-Infinity", &long]) {
            assert_eq!(
                parse(spelling.as_bytes()),
                Ok(Value::Number(spelling.into()))
            );
        }
    }

    #[test]
    fn numbers_that_json_does_not_know_are_refused() {
        for spelling in [
            "01", "-01", "1.", ".5", "+1", "-", "1e", "1e+", "-.5", "--1", "1.e5",
        ] {
            assert_eq!(refused(spelling), (0, Reason::BadNumber), "{spelling}");
        }
    }

    #[test]
    fn surrogate_pairs_join_and_lone_ones_stay() {
        assert_eq!(string(r#""\ud83d\uDE00""#), "😀".as_bytes());
        assert_eq!(string(r#""\ud83d""#), b"\xED\xA0\xBD");
        assert_eq!(string(r#""\ude00\ud83d""#), b"\xED\xB8\x80\xED\xA0\xBD");
        assert_eq!(
            string(r#""\ud83d\ud83d\ude00""#),
            b"\xED\xA0\xBD\xF0\x9F\x98\x80"
        );
        assert_eq!(string(r#""\ud83dx\ude00""#), b"\xED\xA0\xBDx\xED\xB8\x80");
        assert_eq!(string(r#""\ud83d\n""#), b"\xED\xA0\xBD\n");
    }

    #[test]
    fn escapes_are_decoded_and_plain_strings_borrowed() {
        assert_eq!(
            string(r#""a\"\\\/\b\f\n\r\t\u0000\u00e9z""#),
            "a\"\\/\x08\x0C\n\r\t\0éz".as_bytes()
        );
        assert_eq!(string("\"\x7Fé\u{2028}\""), "\x7Fé\u{2028}".as_bytes());
        let json = br#""plain""#;
        let Ok(Value::String(text)) = parse(json) else {
            panic!("not a string")
        };
        assert_eq!(text.as_bytes().as_ptr(), json[1..].as_ptr());
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let cases: [(&[u8], usize, Reason); 22] = [
            (b"", 0, Reason::UnexpectedEnd),
            (b" \n", 2, Reason::UnexpectedEnd),
            (b"[1", 2, Reason::UnexpectedEnd),
            (b"{\"a\"", 4, Reason::UnexpectedEnd),
            (b"\"abc", 4, Reason::UnexpectedEnd),
            (b"\"\\", 1, Reason::UnexpectedEnd),
            (b"[1,]", 3, Reason::Expected("a value")),
            (b"[1 2]", 3, Reason::Expected("a comma or ]")),
            (b"{\"a\":1,}", 7, Reason::Expected("a key in quotes")),
            (b"{a:1}", 1, Reason::Expected("a key in quotes")),
            (b"{\"a\" 1}", 5, Reason::Expected("a colon")),
            (b"{\"a\":1]", 6, Reason::Expected("a comma or }")),
            (b"nul", 0, Reason::Expected("a value")),
            (b"-Inf", 1, Reason::Expected("a value")),
            (b"\xEF\xBB\xBF1", 0, Reason::Expected("a value")),
            (b"1 2", 2, Reason::TrailingData),
            (b"\"\\x\"", 1, Reason::BadEscape),
            (b"\"\\u12g4\"", 1, Reason::BadEscape),
            (b"\"\\u+123\"", 1, Reason::BadEscape),
            (b"\"a\nb\"", 2, Reason::ControlCharacter(b'\n')),
            (b"\"\xED\xA0\xBD\"", 1, Reason::InvalidUtf8),
            (b"[\"\xC3\"]", 2, Reason::InvalidUtf8),
        ];
        for (json, offset, reason) in cases {
            assert_eq!(refused(json), (offset, reason), "{}", json.escape_ascii());
        }
        let error = parse(b"[01]").unwrap_err();
        assert_eq!(error.to_string(), "not a JSON number at byte 1");
    }

    #[test]
    fn lists_have_no_room_for_more_than_they_hold() {
        fn check(value: &Value<'_>) {
            match value {
                Value::Array(elements) => {
                    assert_eq!(elements.capacity(), elements.len());
                    elements.iter().for_each(check);
                }
                Value::Object(members) => {
                    assert_eq!(members.capacity(), members.len());
                    members.iter().for_each(|(_, member)| check(member));
                }
                _ => {}
            }
        }
        let json = r#"[[1, {"a": [], "b": {"c": [[2], 3, {}]}}, []], [4, 5, 6, 7, 8]]"#;
        check(&parse(json.as_bytes()).unwrap());
        let many = format!("[{}0]", "[{\"a\": 0}],".repeat(5000));
        check(&parse(many.as_bytes()).unwrap());
    }

    #[test]
    fn depth_ends_at_the_limit() {
        let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(Reason::TooDeep.to_string(), "nested deeper than 256");
        assert_eq!(refused(nested(MAX_DEPTH + 1)), (MAX_DEPTH, Reason::TooDeep));
        assert_eq!(
            refused("{\"a\":".repeat(1_000_000)),
            (5 * MAX_DEPTH, Reason::TooDeep)
        );
    }
}
