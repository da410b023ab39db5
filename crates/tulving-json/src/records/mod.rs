//! A streaming reader that cuts a file with one JSON array into its elements.
//!
//! | module | holds |
//! |---|---|
//! | `element` | where an element ends |
//! | `error` | why a file is no array of records |

mod element;
mod error;

use std::io::{self, Read};

use element::Element;
pub use error::RecordsError;

use crate::input::Input;
use crate::unmarked;

/// The largest record that is taken when nothing else is said: 64 MiB.
pub const DEFAULT_LIMIT: u64 = 64 << 20;

/// Where a record stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its place in the array, from 0.
    pub index: u64,
    /// Byte offset of its first byte in the file, from 0.
    pub offset: u64,
    /// Its length in bytes, without whitespace around it.
    pub len: u64,
}

/// Streams the elements of the JSON array that a reader holds, in UTF-8 with or without a byte
/// order mark. Holds a fixed chunk of the file; the caller's buffer holds one record.
///
/// It only finds where records end. Whether one is valid JSON, [`parse`](super::parse()) decides;
/// if one is not, those behind it may be cut wrongly, so the first refusal is the one to report.
pub struct Records<R> {
    input: Input<R>,
    limit: u64,
    /// How many records have been passed.
    index: u64,
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    Start,
    /// Behind a record.
    Next,
    End,
    Stopped,
}

impl<R: Read> Records<R> {
    /// Reads from `reader`, which needs no buffer of its own, with the [`DEFAULT_LIMIT`].
    pub fn new(reader: R) -> Self {
        Self {
            input: Input::new(reader),
            limit: DEFAULT_LIMIT,
            index: 0,
            state: State::Start,
        }
    }

    /// Refuses records of more than `bytes` bytes.
    #[must_use]
    pub fn with_limit(self, bytes: u64) -> Self {
        Self {
            limit: bytes,
            ..self
        }
    }

    /// Puts the next record's bytes into `buf`, in place of what it held, and says where they
    /// stand; `None` behind the last one, once the rest of the file has been seen to be empty.
    ///
    /// # Errors
    /// See [`RecordsError`]. After [`RecordsError::TooLarge`] the next call gives the next
    /// record; after any other error all calls fail.
    pub fn next(&mut self, buf: &mut Vec<u8>) -> Result<Option<Span>, RecordsError> {
        buf.clear();
        let result = self.advance(buf);
        if matches!(&result, Err(error) if !matches!(error, RecordsError::TooLarge { .. })) {
            self.state = State::Stopped;
        }
        result
    }

    fn advance(&mut self, buf: &mut Vec<u8>) -> Result<Option<Span>, RecordsError> {
        let Self { index, .. } = *self;
        match self.state {
            State::Start => {
                self.open()?;
                if self.token()? == Some(b']') {
                    return self.close();
                }
            }
            State::Next => match self.token()? {
                Some(b',') => self.input.skip(1),
                Some(b']') => return self.close(),
                Some(_) => {
                    return Err(RecordsError::MissingComma {
                        index,
                        offset: self.input.offset(),
                    });
                }
                None => {
                    return Err(RecordsError::Unclosed {
                        records: index,
                        offset: self.input.offset(),
                    });
                }
            },
            State::End => return Ok(None),
            State::Stopped => {
                return Err(RecordsError::Stopped {
                    index,
                    offset: self.input.offset(),
                });
            }
        }
        match self.token()? {
            Some(found @ (b',' | b']')) => Err(RecordsError::MissingRecord {
                index,
                offset: self.input.offset(),
                found,
            }),
            Some(first) => self.record(first, buf).map(Some),
            None => Err(RecordsError::Unclosed {
                records: index,
                offset: self.input.offset(),
            }),
        }
    }

    /// Passes everything up to and with the opening bracket.
    fn open(&mut self) -> Result<(), RecordsError> {
        while self.input.rest().len() < 4 && self.fill()? {}
        let start = self.input.rest();
        let text = unmarked(start).map_err(RecordsError::Foreign)?;
        self.input.skip(start.len() - text.len());
        match self.token()? {
            Some(b'[') => {
                self.input.skip(1);
                Ok(())
            }
            Some(first) => Err(RecordsError::NotAnArray {
                offset: self.input.offset(),
                found: name_of(first),
            }),
            None => Err(RecordsError::Empty),
        }
    }

    /// Passes the closing bracket and makes sure that nothing follows.
    fn close(&mut self) -> Result<Option<Span>, RecordsError> {
        self.input.skip(1);
        if self.token()?.is_some() {
            return Err(RecordsError::TrailingData {
                offset: self.input.offset(),
            });
        }
        self.state = State::End;
        Ok(None)
    }

    fn record(&mut self, first: u8, buf: &mut Vec<u8>) -> Result<Span, RecordsError> {
        let Self { index, limit, .. } = *self;
        let offset = self.input.offset();
        let mut element = Element::starting_with(first);
        loop {
            let rest = self.input.rest();
            let end = element.end_in(rest);
            let used = end.unwrap_or(rest.len());
            // Too large a record is passed without being kept, so that its length can be told.
            if self.input.offset() + used as u64 - offset <= limit {
                buf.extend_from_slice(&rest[..used]);
            }
            self.input.skip(used);
            if end.is_some() {
                break;
            }
            if !self.fill()? {
                return Err(RecordsError::Truncated {
                    index,
                    offset: self.input.offset(),
                });
            }
        }
        self.index += 1;
        self.state = State::Next;
        let len = self.input.offset() - offset;
        if len > limit {
            buf.clear();
            return Err(RecordsError::TooLarge {
                index,
                offset,
                len,
                limit,
            });
        }
        Ok(Span { index, offset, len })
    }

    fn token(&mut self) -> Result<Option<u8>, RecordsError> {
        let found = self.input.token();
        found.map_err(|source| self.failed(source))
    }

    fn fill(&mut self) -> Result<bool, RecordsError> {
        let filled = self.input.fill();
        filled.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> RecordsError {
        RecordsError::Io {
            index: self.index,
            offset: self.input.read_to(),
            source,
        }
    }
}

fn name_of(first: u8) -> String {
    match first {
        b'{' => "an object".into(),
        b'"' => "a string".into(),
        b'-' | b'0'..=b'9' => "a number".into(),
        b'!'..=b'~' => format!("`{}`", char::from(first)),
        _ => format!("the byte 0x{first:02x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All records, and the error that ended them.
    fn read(file: impl AsRef<[u8]>) -> (Vec<(Span, String)>, Option<String>) {
        let mut records = Records::new(file.as_ref()).with_limit(20);
        let (mut found, mut buf) = (Vec::new(), Vec::new());
        loop {
            match records.next(&mut buf) {
                Ok(Some(span)) => found.push((span, String::from_utf8(buf.clone()).unwrap())),
                Ok(None) => return (found, None),
                Err(error) => return (found, Some(error.to_string())),
            }
        }
    }

    fn texts(file: impl AsRef<[u8]>) -> Vec<String> {
        let (found, error) = read(file);
        assert_eq!(error, None);
        found.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn elements_of_every_kind_are_cut_without_their_whitespace() {
        let file = "\u{feff} [ {\"a]\": [1, \"\\\"}\"]} ,\n1.5,\"x,\\\\\",null\t, [ ] ]\r\n";
        assert_eq!(
            texts(file),
            [
                "{\"a]\": [1, \"\\\"}\"]}",
                "1.5",
                "\"x,\\\\\"",
                "null",
                "[ ]"
            ]
        );
        let (found, _) = read(file);
        for (i, (span, text)) in found.iter().enumerate() {
            assert_eq!(span.index, i as u64);
            let start = usize::try_from(span.offset).unwrap();
            assert_eq!(&file[start..][..text.len()], text);
            assert_eq!(span.len, text.len() as u64);
        }
        assert!(texts("[]").is_empty());
        assert!(texts(" [ \n] ").is_empty());
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let cases: [(&[u8], usize, &str); 19] = [
            (b"", 0, "the file is empty, where a JSON array was expected"),
            (
                b"\xEF\xBB\xBF \n",
                0,
                "the file is empty, where a JSON array was expected",
            ),
            (
                b" {}",
                0,
                "expected a JSON array, but the file starts with an object (byte 1)",
            ),
            (
                b"x",
                0,
                "expected a JSON array, but the file starts with `x` (byte 0)",
            ),
            (
                b"\x80",
                0,
                "expected a JSON array, but the file starts with the byte 0x80 (byte 0)",
            ),
            (
                b"\xFF\xFE[\0",
                0,
                "the file is text in UTF-16; save it as UTF-8",
            ),
            (
                b"\xFF\xFE\0\0",
                0,
                "the file is text in UTF-32; save it as UTF-8",
            ),
            (
                b"[",
                0,
                "the file ends after 0 records without the closing ] (byte 1); it was cut off",
            ),
            (
                b"[1 ",
                1,
                "the file ends after 1 records without the closing ] (byte 3); it was cut off",
            ),
            (
                b"[1,",
                1,
                "the file ends after 1 records without the closing ] (byte 3); it was cut off",
            ),
            (
                b"[1,2",
                1,
                "the file ends inside record 1 (byte 4); it was cut off",
            ),
            (
                b"[{\"a\": {}",
                0,
                "the file ends inside record 0 (byte 9); it was cut off",
            ),
            (
                b"[\"a\\\"",
                0,
                "the file ends inside record 0 (byte 5); it was cut off",
            ),
            (
                b"[{} {}]",
                1,
                "expected a comma or ] before record 1, at byte 4",
            ),
            (b"[,1]", 0, "expected record 0 at byte 1, found `,`"),
            (b"[1,,2]", 1, "expected record 1 at byte 3, found `,`"),
            (b"[1, ]", 1, "expected record 1 at byte 4, found `]`"),
            (
                b"[1]\n[2]",
                1,
                "more data after the end of the array, at byte 4",
            ),
            (
                b"[1]\0",
                1,
                "more data after the end of the array, at byte 3",
            ),
        ];
        for (file, count, message) in cases {
            let (found, error) = read(file);
            let name = file.escape_ascii();
            assert_eq!(
                (found.len(), error.as_deref()),
                (count, Some(message)),
                "{name}"
            );
        }
    }

    #[test]
    fn a_record_over_the_limit_is_refused_and_the_next_one_read() {
        let file = format!("[1, \"{}\", \"{}\", 2]", "a".repeat(18), "b".repeat(19));
        let mut records = Records::new(file.as_bytes()).with_limit(20);
        let mut buf = Vec::new();
        assert!(records.next(&mut buf).is_ok());
        assert_eq!(records.next(&mut buf).unwrap().unwrap().len, 20);
        let error = records.next(&mut buf).unwrap_err();
        assert_eq!(
            error.to_string(),
            "record 2 at byte 26 has 21 bytes, more than the limit of 20"
        );
        assert!(buf.is_empty());
        assert_eq!(records.next(&mut buf).unwrap().unwrap().index, 3);
        assert_eq!(buf, b"2");
        assert!(records.next(&mut buf).unwrap().is_none());
        assert!(records.next(&mut buf).unwrap().is_none());
    }

    struct Failing;

    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("worn out"))
        }
    }

    #[test]
    fn after_an_error_nothing_more_is_read() {
        let mut records = Records::new(b"[1, ".as_slice().chain(Failing));
        let mut buf = Vec::new();
        assert!(records.next(&mut buf).is_ok());
        let error = records.next(&mut buf).unwrap_err();
        assert_eq!(
            error.to_string(),
            "reading failed at byte 4, in or before record 1"
        );
        assert!(matches!(
            records.next(&mut buf),
            Err(RecordsError::Stopped {
                index: 1,
                offset: 4
            })
        ));
    }
}
