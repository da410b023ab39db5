//! One file: what it is, its records, and whose they are.

use std::cell::Cell;
use std::io::Read;
use std::rc::Rc;

use tulving_json::{Foreign, Reason as Wrong, Value, Values, ValuesError, parse_within};

use crate::cards::Cards;
use crate::format::{Format, Reading, Record};
use crate::limits::Limits;
use crate::out::{Out, Seen, Sink};
use crate::reason::Reason;
use crate::report::FileReport;

/// How much of a file is looked at to see what it is.
pub(crate) const HEAD: usize = 4096;

/// How many records may come before one that a format recognises.
const STRANGERS: u64 = 1000;

/// What a file is, by how it begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Json,
    Html,
    Zip,
    /// Text in another encoding, or compressed.
    Foreign,
    /// Text that is none of these.
    Text,
    /// No text.
    Media,
    Nothing,
}

impl Content {
    pub(crate) fn of(head: &[u8]) -> Self {
        match Foreign::of(head) {
            Some(Foreign::Zip) => return Self::Zip,
            Some(_) => return Self::Foreign,
            None => {}
        }
        let text = head
            .strip_prefix(b"\xEF\xBB\xBF")
            .unwrap_or(head)
            .trim_ascii_start();
        match text.first() {
            Some(b'[' | b'{') => Self::Json,
            Some(b'<') => Self::Html,
            None if head.is_empty() => Self::Nothing,
            None => Self::Text,
            Some(_) if head.starts_with(b"PK\x05\x06") => Self::Zip,
            Some(_)
                if text.iter().any(|&byte| byte < b'\t')
                    || std::str::from_utf8(text)
                        .is_err_and(|error| error.error_len().is_some()) =>
            {
                Self::Media
            }
            Some(_) => Self::Text,
        }
    }
}

impl Content {
    /// Returns why a file of that content is not read; `None` if it is.
    pub(crate) fn reason(self) -> Option<Reason> {
        match self {
            Self::Json | Self::Html => None,
            Self::Zip => Some(Reason::Unreadable),
            Self::Foreign => Some(Reason::Foreign),
            Self::Text => Some(Reason::Unrecognised),
            Self::Media => Some(Reason::Media),
            Self::Nothing => Some(Reason::Empty),
        }
    }
}

/// Reads up to [`HEAD`] bytes.
pub(crate) fn head(reader: &mut dyn Read) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD);
    reader.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Reads the records of files, one file after the other.
pub(crate) struct Files<'f> {
    pub(crate) limits: &'f Limits,
    pub(crate) formats: &'f [&'f dyn Format],
    pub(crate) seen: &'f mut Seen,
    pub(crate) sink: &'f mut dyn Sink,
    pub(crate) stopped: bool,
    /// What the archive that is read may still inflate to, with those in it.
    pub(crate) room: Rc<Cell<u64>>,
}

impl Files<'_> {
    /// Reads a file of text that is JSON or HTML, by its records.
    pub(crate) fn read(
        &mut self,
        reader: &mut dyn Read,
        content: Content,
        report: &mut FileReport,
        done: &dyn Fn() -> u64,
    ) {
        let lists: Vec<&str> = self
            .formats
            .iter()
            .flat_map(|format| format.lists())
            .copied()
            .collect();
        let mut file = File {
            files: self,
            report,
            reading: None,
            waiting: Vec::new(),
            strangers: 0,
        };
        if content == Content::Html {
            file.cards(reader, done);
        } else {
            file.values(reader, &lists, done);
        }
        file.end();
    }
}

/// A file that is being read.
struct File<'s, 'f, 'r> {
    files: &'s mut Files<'f>,
    report: &'r mut FileReport,
    /// The format that recognised the last record that any did, by its place, and what it makes of the file.
    reading: Option<(usize, Box<dyn Reading>)>,
    /// Records before the first that was recognised: few and small ones are kept for who recognises one.
    waiting: Vec<Value<'static>>,
    strangers: u64,
}

impl File<'_, '_, '_> {
    fn values(&mut self, reader: &mut dyn Read, lists: &[&str], done: &dyn Fn() -> u64) {
        let mut values = Values::new(reader, lists).with_limit(self.files.limits.conversation);
        let mut buf = Vec::new();
        while !self.files.stopped && self.strangers < STRANGERS {
            match values.next(&mut buf) {
                Ok(true) => self.value(&buf, values.is_mending()),
                Ok(false) => break,
                Err(ValuesError::TooLarge { .. }) => self.report.skip(Reason::TooLarge),
                Err(ValuesError::Damaged) => self.report.skip(Reason::Damaged),
                Err(ValuesError::CutOff) => self.report.skip(Reason::CutOff),
                Err(ValuesError::Io(_)) => {
                    self.report.skip(Reason::Unreadable);
                    break;
                }
                Err(_) => {
                    self.report.skip(Reason::Foreign);
                    break;
                }
            }
            self.files.sink.progress(done());
        }
    }

    /// Takes the bytes of a record. Behind a damaged one they may be a part of that, which nobody recognises.
    fn value(&mut self, bytes: &[u8], is_part: bool) {
        /// Of what size a record is that is kept waiting.
        const SMALL: usize = 1 << 20;
        let lossy;
        let most = self.files.limits.values;
        let parsed = match parse_within(bytes, most) {
            Err(error) if error.reason == Wrong::InvalidUtf8 => {
                lossy = String::from_utf8_lossy(bytes);
                self.report.invalid_utf8 += 1;
                parse_within(lossy.as_bytes(), most)
            }
            parsed => parsed,
        };
        match parsed {
            Ok(value) => {
                let record = Record::Json(value);
                let mut formats = self.files.formats.iter();
                if !is_part || formats.any(|format| format.recognises(&record)) {
                    self.record(record, bytes.len() < SMALL);
                }
            }
            Err(error) if error.reason == Wrong::TooMany => self.report.skip(Reason::TooLarge),
            Err(error) if error.reason == Wrong::UnexpectedEnd => self.report.skip(Reason::CutOff),
            Err(_) => self.report.skip(Reason::Damaged),
        }
    }

    fn cards(&mut self, reader: &mut dyn Read, done: &dyn Fn() -> u64) {
        let mut cards = Cards::new(reader);
        loop {
            match cards.next() {
                Ok(Some(card)) => self.record(Record::Html(&card), false),
                Ok(None) => break,
                Err(reason) => self.report.skip(reason),
            }
            self.files.sink.progress(done());
            if self.files.stopped || self.strangers >= STRANGERS {
                break;
            }
        }
    }

    fn record(&mut self, record: Record<'_>, small: bool) {
        /// How many records are kept waiting.
        const WAITING: usize = 16;
        let formats = self.files.formats;
        let known = self
            .reading
            .as_ref()
            .is_some_and(|(at, _)| formats[*at].recognises(&record));
        if !known {
            match formats.iter().position(|format| format.recognises(&record)) {
                Some(at) => self.begin(at),
                None if self.reading.is_none() => {
                    self.strangers += 1;
                    match record {
                        Record::Json(value) if small && self.waiting.len() < WAITING => {
                            self.waiting.push(value.into_owned());
                        }
                        _ => {}
                    }
                    return;
                }
                None => {}
            }
        }
        self.give(Some(record));
    }

    /// Begins to read as a format, and gives it what came before.
    fn begin(&mut self, at: usize) {
        self.give(None);
        let format = self.files.formats[at];
        self.reading = Some((at, format.reading()));
        self.report
            .provider
            .get_or_insert_with(|| format.name().to_owned());
        for value in std::mem::take(&mut self.waiting) {
            self.give(Some(Record::Json(value)));
        }
    }

    /// Gives a record to the format that is reading, or says that there are no more; nothing, once who listens has enough.
    fn give(&mut self, record: Option<Record<'_>>) {
        let Some((_, reading)) = self.reading.as_mut().filter(|_| !self.files.stopped) else {
            return;
        };
        let mut out = Out::new(
            self.files.sink,
            self.files.seen,
            self.report,
            self.files.limits.conversation,
        );
        match record {
            Some(record) => reading.record(record, &mut out),
            None => reading.end(&mut out),
        }
        self.files.stopped |= out.stopped;
    }

    fn end(mut self) {
        self.give(None);
        if self.reading.is_none() && self.report.skipped.is_empty() {
            self.report.skip(Reason::Unrecognised);
        }
    }
}
