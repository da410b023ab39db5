//! A streaming reader that takes a file as it comes: an array, an object, or lines.
//!
//! | module | holds |
//! |---|---|
//! | `scanner` | where a value ends, or is seen to be damaged |

mod scanner;

use std::io::{self, Read};

use crate::input::Input;
use crate::scan::is_whitespace;
use crate::{DEFAULT_LIMIT, Foreign, unmarked};
use scanner::{Scanner, Step};

/// How much of an element's beginning tells it from what is inside of it, at most.
const OPENING: usize = 64;

/// How many bytes of damaged values are read again, at most, to find what they have swallowed.
const AGAIN: u64 = 256 << 20;

/// Why a value of a file is not given, or why no more of them are.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValuesError {
    /// The file is something else than text in UTF-8. Nothing more is given.
    #[error("the file is {0}")]
    Foreign(Foreign),
    /// The file begins neither with an array nor with an object. Nothing more is given.
    #[error("the file holds neither a JSON array nor JSON objects")]
    NotJson,
    /// A value is larger than the limit. The next one can be read.
    #[error("a value of {len} bytes is larger than the limit of {limit}")]
    TooLarge {
        /// Its length in bytes.
        len: u64,
        /// The most that is taken, in bytes.
        limit: u64,
    },
    /// A value holds what no JSON has. The next one can be read.
    #[error("a value is damaged")]
    Damaged,
    /// The file ends within a value. Nothing more is given.
    #[error("the file ends inside a value; it was cut off")]
    CutOff,
    /// The file could not be read. Nothing more is given.
    #[error("reading failed")]
    Io(#[from] io::Error),
}

/// Streams the values of a file whose shape is not known before: the elements of an array, the
/// elements of a list that stands in an object under one of a few keys, one object, or one value
/// a line (JSON Lines).
///
/// It is lenient where [`Records`](crate::Records) is strict: commas may be missing or doubled,
/// arrays and objects may follow one another, and what is behind the end of a list is passed
/// over. A value of an array in which a quote or bracket is missing costs no other one: reading goes
/// on with what begins as the first element of the array did. That may be a part of a value;
/// [`is_mending`](Self::is_mending) says so. Whether a value is valid JSON, [`parse`](crate::parse())
/// decides. Holds a fixed chunk of the file; the caller's buffer holds one value.
pub struct Values<'l, R> {
    input: Input<R>,
    lists: &'l [&'l str],
    limit: u64,
    state: State,
    /// How the first element begins that is an object: up to its first colon.
    opening: Vec<u8>,
    /// Whether an element was damaged: from then on each is looked for by its opening.
    mending: bool,
    /// How many bytes may still be read again.
    again: u64,
    /// Whether each line is a value.
    by_lines: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Start,
    /// In an array, behind a bracket or an element.
    List,
    /// In an array that stands in an object.
    ListInObject,
    /// In an object, behind a list of it that was read.
    Members,
    /// Behind an object, or between two lines.
    Lines,
    End,
}

impl<'l, R: Read> Values<'l, R> {
    /// Reads from `reader`, which needs no buffer of its own. An object with a list under one of
    /// the keys `lists` is read as that list.
    pub fn new(reader: R, lists: &'l [&'l str]) -> Self {
        Self {
            input: Input::new(reader),
            lists,
            limit: DEFAULT_LIMIT,
            state: State::Start,
            opening: Vec::new(),
            mending: false,
            again: AGAIN,
            by_lines: false,
        }
    }

    /// Refuses values of more than `bytes` bytes.
    #[must_use]
    pub fn with_limit(self, bytes: u64) -> Self {
        Self {
            limit: bytes,
            ..self
        }
    }

    /// Returns whether a value was damaged, so that those behind it may be parts of others.
    #[must_use]
    pub fn is_mending(&self) -> bool {
        self.mending
    }

    /// Puts the next value's bytes into `buf`, in place of what it held; `false` behind the last one.
    ///
    /// # Errors
    /// See [`ValuesError`]: it says of each whether more values may follow.
    pub fn next(&mut self, buf: &mut Vec<u8>) -> Result<bool, ValuesError> {
        buf.clear();
        let result = self.advance(buf);
        match &result {
            Ok(_) | Err(ValuesError::TooLarge { .. }) => {}
            Err(ValuesError::Damaged | ValuesError::CutOff) if self.mending => {}
            Err(_) => self.state = State::End,
        }
        result
    }

    fn advance(&mut self, buf: &mut Vec<u8>) -> Result<bool, ValuesError> {
        if self.state == State::Start {
            self.open()?;
        }
        while self.mending && self.state != State::End {
            buf.clear();
            if !self.find_opening()? {
                break;
            }
            match self.element(buf) {
                // Of what was damaged or cut off, that has been said.
                Err(ValuesError::CutOff) => {}
                other => return other,
            }
        }
        if self.mending {
            self.state = State::End;
        }
        loop {
            match (self.state, self.input.token()?) {
                (State::List | State::ListInObject | State::Members, None) => {
                    return Err(ValuesError::CutOff);
                }
                (State::End, _) | (_, None) => {
                    self.state = State::End;
                    return Ok(false);
                }
                (State::List | State::ListInObject, Some(b',')) => self.input.skip(1),
                (State::List, Some(b']')) => {
                    self.input.skip(1);
                    self.state = State::Lines;
                }
                (State::ListInObject, Some(b']')) => {
                    self.input.skip(1);
                    self.state = State::Members;
                }
                // A bracket too many, here or before.
                (State::List | State::ListInObject, Some(b'}' | b':'))
                | (State::Lines, Some(b',' | b']' | b'}')) => {
                    self.mending = !self.opening.is_empty();
                    return Err(ValuesError::Damaged);
                }
                (State::List | State::ListInObject, Some(_)) => return self.element(buf),
                (State::Members, Some(_)) => {
                    self.members(false, self.input.offset(), buf)?;
                }
                (_, Some(b'[')) => {
                    self.input.skip(1);
                    self.state = State::List;
                }
                (_, Some(b'{')) if !self.by_lines && !self.begins_damaged_line()? => {
                    self.state = State::Lines;
                    let from = self.input.offset();
                    self.take(1, from, buf);
                    if self.members(true, from, buf)? {
                        self.by_lines = !buf.contains(&b'\n') && self.is_line_over()?;
                        return self.taken(from, buf);
                    }
                }
                // A line by itself, whatever it holds.
                (_, Some(_)) => {
                    self.state = State::Lines;
                    self.by_lines = true;
                    return self.line(buf);
                }
            }
        }
    }

    /// Takes an element of an array, which begins here.
    fn element(&mut self, buf: &mut Vec<u8>) -> Result<bool, ValuesError> {
        let from = self.input.offset();
        let result = self.value(b']', from, buf);
        if self.opening.is_empty() && buf.first() == Some(&b'{') {
            let start = buf.get(..OPENING).unwrap_or(buf);
            if let Some(colon) = memchr::memchr(b':', start) {
                self.opening = start[..=colon].to_vec();
            }
        }
        if matches!(result, Err(ValuesError::Damaged | ValuesError::CutOff))
            && !self.opening.is_empty()
        {
            self.mend(from, buf);
        }
        result?;
        self.taken(from, buf)
    }

    /// Gives back what a damaged element may have swallowed: everything from where another seems to begin.
    fn mend(&mut self, from: u64, buf: &[u8]) {
        self.mending = true;
        let is_whole = buf.len() as u64 == self.input.offset() - from;
        let inside = buf.get(1..).unwrap_or_default();
        let found = memchr::memmem::find(inside, &self.opening);
        // It may have been seen in the middle of an opening.
        let last = inside.len().saturating_sub(self.opening.len() - 1);
        if let Some(swallowed) = inside.get(found.unwrap_or(last)..).filter(|_| is_whole) {
            let left = self.again.checked_sub(swallowed.len() as u64);
            if let Some(left) = left {
                self.again = left;
                self.input.give_back(swallowed);
            }
        }
    }

    /// Passes everything up to what begins as an element does. `false` if nothing more does.
    fn find_opening(&mut self) -> Result<bool, ValuesError> {
        loop {
            let rest = self.input.rest();
            if let Some(at) = memchr::memmem::find(rest, &self.opening) {
                self.input.skip(at);
                return Ok(true);
            }
            let passed = rest.len().saturating_sub(self.opening.len() - 1);
            self.input.skip(passed);
            self.input.compact();
            if !self.input.fill()? {
                return Ok(false);
            }
        }
    }

    /// Passes a byte order mark.
    fn open(&mut self) -> Result<(), ValuesError> {
        while self.input.rest().len() < 4 && self.input.fill()? {}
        let start = self.input.rest();
        let text = unmarked(start).map_err(ValuesError::Foreign)?;
        let mark = start.len() - text.len();
        self.input.skip(mark);
        match self.input.token()? {
            Some(b'[' | b'{') => Ok(()),
            _ => Err(ValuesError::NotJson),
        }
    }

    /// Says whether what was taken since `from` is within the limit.
    fn taken(&self, from: u64, buf: &mut Vec<u8>) -> Result<bool, ValuesError> {
        let (len, limit) = (self.input.offset() - from, self.limit);
        if len > limit {
            buf.clear();
            return Err(ValuesError::TooLarge { len, limit });
        }
        Ok(true)
    }

    /// Takes the members of an object and its end, or passes them. Returns `false` where a list begins
    /// that is read in their place, and where they were passed.
    fn members(&mut self, keep: bool, from: u64, buf: &mut Vec<u8>) -> Result<bool, ValuesError> {
        loop {
            if !keep {
                buf.clear();
            }
            match self.input.token()? {
                None => return Err(ValuesError::CutOff),
                Some(b'}') => {
                    self.take(1, from, buf);
                    self.state = State::Lines;
                    break;
                }
                Some(b'"') => {
                    let key_at = buf.len();
                    self.value(b'}', from, buf)?;
                    let is_list = buf.get(key_at..).is_some_and(|key| self.is_list(key));
                    if self.input.token()? == Some(b':') {
                        self.take(1, from, buf);
                        match self.input.token()? {
                            Some(b'[') if is_list => {
                                buf.clear();
                                self.input.skip(1);
                                self.state = State::ListInObject;
                                return Ok(false);
                            }
                            Some(b',' | b'}') => {}
                            Some(_) => self.value(b'}', from, buf)?,
                            None => return Err(ValuesError::CutOff),
                        }
                    }
                }
                // A comma; if something else, it is for the parser to say.
                Some(_) => self.take(1, from, buf),
            }
        }
        if !keep {
            buf.clear();
        }
        Ok(keep)
    }

    fn is_list(&self, key: &[u8]) -> bool {
        let name = key
            .strip_prefix(b"\"")
            .and_then(|key| key.strip_suffix(b"\""));
        name.is_some_and(|name| self.lists.iter().any(|list| list.as_bytes() == name))
    }

    /// Takes one value, which begins here and stands in what ends with `closing`.
    fn value(&mut self, closing: u8, from: u64, buf: &mut Vec<u8>) -> Result<(), ValuesError> {
        let first = self.input.rest().first().copied().unwrap_or_default();
        let mut scanner = Scanner::new(first, closing);
        loop {
            let rest = self.input.rest();
            let step = scanner.step(rest);
            let used = match step {
                Step::More => rest.len(),
                Step::End(used) | Step::Damaged(used) => used,
            };
            self.take(used, from, buf);
            match step {
                Step::End(_) => return Ok(()),
                Step::Damaged(_) => return Err(ValuesError::Damaged),
                Step::More if !self.input.fill()? => return Err(ValuesError::CutOff),
                Step::More => {}
            }
        }
    }

    /// Takes so many bytes of what has been read. Those of too large a value are passed, not kept.
    fn take(&mut self, bytes: usize, from: u64, buf: &mut Vec<u8>) {
        if self.input.offset() + bytes as u64 - from <= self.limit {
            buf.extend_from_slice(&self.input.rest()[..bytes]);
        }
        self.input.skip(bytes);
    }

    /// Returns whether the line that begins here is damaged, or ends within a string as no value does: then it is
    /// one of many lines. Of a line that is longer than the window that is not known.
    fn begins_damaged_line(&mut self) -> Result<bool, ValuesError> {
        /// How much is looked at in one go: the values of a file may be short, and its lines without end.
        const PIECE: usize = 512;
        let mut scanner = Scanner::new(b'{', b'}');
        let mut seen = 0;
        loop {
            let rest = self.input.rest();
            let ahead = &rest[seen..rest.len().min(seen + PIECE)];
            let end = memchr::memchr(b'\n', ahead);
            let piece = &ahead[..end.unwrap_or(ahead.len())];
            seen += piece.len();
            match scanner.step(piece) {
                Step::End(_) => return Ok(false),
                Step::Damaged(_) => return self.does_line_end(seen),
                Step::More if end.is_some() => return Ok(scanner.is_in_string()),
                Step::More if seen < rest.len() => {}
                Step::More if !self.input.fill()? => return Ok(false),
                Step::More => {}
            }
        }
    }

    /// Returns whether the line that goes on so many bytes from here ends within the window.
    fn does_line_end(&mut self, mut seen: usize) -> Result<bool, ValuesError> {
        loop {
            let rest = self.input.rest();
            if memchr::memchr(b'\n', &rest[seen..]).is_some() {
                return Ok(true);
            }
            seen = rest.len();
            if !self.input.fill()? {
                return Ok(false);
            }
        }
    }

    /// Returns whether nothing more stands in the line.
    fn is_line_over(&mut self) -> Result<bool, ValuesError> {
        if self.input.rest().is_empty() {
            self.input.fill()?;
        }
        Ok(matches!(self.input.rest().first(), Some(b'\n' | b'\r')))
    }

    /// Takes what is left of the line.
    fn line(&mut self, buf: &mut Vec<u8>) -> Result<bool, ValuesError> {
        let from = self.input.offset();
        loop {
            let rest = self.input.rest();
            let end = memchr::memchr(b'\n', rest);
            let used = end.unwrap_or(rest.len());
            self.take(used, from, buf);
            if end.is_some() || !self.input.fill()? {
                while buf.last().is_some_and(|&byte| is_whitespace(byte)) {
                    buf.pop();
                }
                return self.taken(from, buf);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All values, and what was wrong between them, however the file comes in.
    fn read(file: impl AsRef<[u8]>) -> Vec<String> {
        struct Bytewise<'a>(&'a [u8]);
        impl Read for Bytewise<'_> {
            fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                let some = buf.len().min(1);
                self.0.read(&mut buf[..some])
            }
        }
        let all = given(Values::new(file.as_ref(), &["list"]));
        assert_eq!(given(Values::new(Bytewise(file.as_ref()), &["list"])), all);
        all
    }

    fn given(values: Values<'_, impl Read>) -> Vec<String> {
        let mut values = values.with_limit(40);
        let (mut found, mut buf) = (Vec::new(), Vec::new());
        loop {
            match values.next(&mut buf) {
                Ok(true) => found.push(String::from_utf8(buf.clone()).unwrap()),
                Ok(false) => return found,
                Err(error) => {
                    found.push(format!("! {error}"));
                    if !values.is_mending() && !matches!(error, ValuesError::TooLarge { .. }) {
                        assert!(matches!(values.next(&mut buf), Ok(false)));
                        return found;
                    }
                }
            }
        }
    }

    #[test]
    fn whatever_the_shape_the_values_are_given() {
        assert_eq!(
            read("\u{feff} [1, {\"a\": [2]} , \"x\"]\n"),
            ["1", "{\"a\": [2]}", "\"x\""]
        );
        assert_eq!(
            read("{ \"a\" : 1.5,\"b\":{\"list\":[1]} }"),
            ["{\"a\":1.5,\"b\":{\"list\":[1]}}"]
        );
        let inside =
            "{\"a\": [9],\n \"list\" : [1, {\"b\": 2}],\n \"c\": [\n{\"d\": 3}], \"list\": [4]}";
        assert_eq!(read(inside), ["1", "{\"b\": 2}", "4"]);
        assert_eq!(
            read("{\"a\":1}\n\n{\"b\":2}\r\n{\"c\":3}"),
            ["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"]
        );
        assert_eq!(read("[1][2]\n[3]"), ["1", "2", "3"]);
        assert!(read("[]").is_empty());
    }

    #[test]
    fn what_is_wrong_costs_no_neighbour() {
        let large = format!("[1, \"{}\", 2]", "a".repeat(40));
        assert_eq!(
            read(large),
            [
                "1",
                "! a value of 42 bytes is larger than the limit of 40",
                "2"
            ]
        );
        assert_eq!(read("[1,,2 3,]"), ["1", "2", "3"]);
        assert_eq!(
            read("[1, {\"a\": [2"),
            ["1", "! the file ends inside a value; it was cut off"]
        );
        assert_eq!(
            read("{\"list\": [1"),
            ["! the file ends inside a value; it was cut off"]
        );
        assert_eq!(
            read("[1"),
            ["! the file ends inside a value; it was cut off"]
        );
        assert_eq!(
            read("{\"a\": \"cut o\n{\"b\": 2}\nno object\n{\"c\": \"}"),
            ["{\"a\": \"cut o", "{\"b\": 2}", "no object", "{\"c\": \"}"]
        );
        assert_eq!(
            read("{\"a\" 1, nonsense}\n{\"b\":2}").last().unwrap(),
            "{\"b\":2}"
        );
    }

    #[test]
    fn a_quote_or_bracket_that_is_missing_costs_no_neighbour() {
        let damaged = "! a value is damaged";
        for (middle, error) in [
            ("{\"k\": \"no end}", damaged),
            ("{\"k\": [1}", damaged),
            ("{\"k\": {\"l\": 1}", damaged),
            ("{\"k\": \"x\"\"}", damaged),
            ("{\"k\": 1}}]]", damaged),
            ("{\"k\": 1}]", damaged),
            ("{\"k\": what}", damaged),
            ("{\"k\": \"a\nb\"}", damaged),
        ] {
            let file = format!("[{{\"k\": \"a\"}}, {middle}, {{\"k\": \"b\"}}, {{\"k\": \"c\"}}]");
            let found = read(&file);
            assert_eq!(found[0], "{\"k\": \"a\"}", "{file}");
            assert!(found.contains(&error.to_owned()), "{file}: {found:?}");
            assert!(
                found.contains(&"{\"k\": \"b\"}".to_owned()),
                "{file}: {found:?}"
            );
            assert_eq!(found.last().unwrap(), "{\"k\": \"c\"}", "{file}: {found:?}");
        }
    }

    #[test]
    fn damage_within_damage_is_not_read_again_without_end() {
        let file = format!("[{}", "{\"k\":".repeat(200_000));
        let mut values = Values::new(file.as_bytes(), &[]);
        values.again = 1 << 20;
        let mut buf = Vec::new();
        assert!(matches!(values.next(&mut buf), Err(ValuesError::CutOff)));
        assert!(matches!(values.next(&mut buf), Ok(false)));
        assert_eq!(values.again >> 20, 0);
    }

    /// Looking for the end of its line at each of them would take many minutes: that this ends is the test.
    #[test]
    fn many_objects_in_one_line_are_read_in_linear_time() {
        let file = "{\"a\":[]}".repeat(4 << 20);
        let mut values = Values::new(file.as_bytes(), &[]);
        let (mut count, mut buf) = (0, Vec::new());
        while values.next(&mut buf).unwrap() {
            count += 1;
        }
        assert_eq!(count, 4 << 20);
    }

    #[test]
    fn what_is_no_json_is_said_at_once() {
        for file in ["", " \n", "text", "\"a\"", "<html>"] {
            assert_eq!(
                read(file),
                ["! the file holds neither a JSON array nor JSON objects"],
                "{file}"
            );
        }
        assert!(matches!(
            Values::new(&b"PK\x03\x04"[..], &[]).next(&mut Vec::new()),
            Err(ValuesError::Foreign(Foreign::Zip))
        ));
    }
}
