//! Where a value ends, and where it is seen that it cannot.

use crate::scan::{clean_run, equal, is_whitespace};

/// How deep it is looked whether brackets fit.
const LEVELS: usize = 256;

/// Looks for the end of a value, a piece of the file after the other.
pub(super) struct Scanner {
    /// What a number or a word stands in, if the value is one: that ends it too.
    scalar_in: Option<u8>,
    /// Which of the open brackets are those of objects, one bit a level.
    objects: [u64; LEVELS / 64],
    depth: usize,
    in_string: bool,
    /// A backslash was the last byte seen.
    escaped: bool,
}

/// What is known behind a piece of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// All of it belongs to the value.
    More,
    /// The value ends behind so many bytes.
    End(usize),
    /// Within so many bytes there is what no JSON has: the value is damaged, and where it ends cannot be said.
    Damaged(usize),
}

/// What a byte is outside of strings.
#[derive(Clone, Copy, PartialEq)]
enum Class {
    /// A bracket or a quote.
    Mark,
    /// Part of a number or a word, between values, or whitespace.
    Plain,
    /// Nothing of JSON's.
    Foreign,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Foreign; 256];
    let plain = b" \t\r\n:,+-.0123456789eEtrufalsnNIiy";
    let marks = b"{}[]\"";
    let mut at = 0;
    while at < plain.len() {
        classes[plain[at] as usize] = Class::Plain;
        at += 1;
    }
    at = 0;
    while at < marks.len() {
        classes[marks[at] as usize] = Class::Mark;
        at += 1;
    }
    classes
};

/// Finds what ends a string, or what none has. Keys are short, and so is what stands between two escapes: to call on
/// memchr would take longer than these do.
fn in_string(bytes: &[u8]) -> Option<usize> {
    /// How much is looked through here.
    const SHORT: usize = 16;
    let near = bytes.get(..SHORT).unwrap_or(bytes);
    let run = clean_run(near, |word| {
        equal(word, b'"') | equal(word, b'\\') | equal(word, b'\n')
    });
    if run < near.len() {
        return Some(run);
    }
    let found = memchr::memchr3(b'"', b'\\', b'\n', &bytes[run..])?;
    Some(run + found)
}

impl Scanner {
    /// Begins with the value whose first byte is `first`, in an array or object that ends with `closing`.
    pub(super) fn new(first: u8, closing: u8) -> Self {
        Self {
            scalar_in: (!matches!(first, b'"' | b'[' | b'{')).then_some(closing),
            objects: [0; LEVELS / 64],
            depth: 0,
            in_string: false,
            escaped: false,
        }
    }

    /// Returns whether what was seen ends within a string.
    pub(super) fn is_in_string(&self) -> bool {
        self.in_string
    }

    /// Takes the next bytes of the file.
    pub(super) fn step(&mut self, bytes: &[u8]) -> Step {
        if let Some(closing) = self.scalar_in {
            let ends = |byte: &u8| is_whitespace(*byte) || [b',', closing].contains(byte);
            return bytes.iter().position(ends).map_or(Step::More, Step::End);
        }
        let mut at = 0;
        loop {
            if self.escaped {
                if at == bytes.len() {
                    return Step::More;
                }
                at += 1;
                self.escaped = false;
            }
            let rest = &bytes[at..];
            let found = if self.in_string {
                in_string(rest)
            } else {
                rest.iter()
                    .position(|&byte| CLASSES[usize::from(byte)] != Class::Plain)
            };
            let Some(found) = found else {
                return Step::More;
            };
            at += found + 1;
            let fits = match (self.in_string, bytes[at - 1]) {
                (true, b'"') => {
                    self.in_string = false;
                    true
                }
                (true, b'\\') => {
                    self.escaped = true;
                    true
                }
                (false, b'"') => {
                    self.in_string = true;
                    true
                }
                (false, byte @ (b'{' | b'[')) => {
                    self.open(byte);
                    true
                }
                (false, byte @ (b'}' | b']')) => self.close(byte),
                _ => false,
            };
            if !fits {
                return Step::Damaged(at);
            }
            if self.depth == 0 && !self.in_string {
                return Step::End(at);
            }
        }
    }

    fn open(&mut self, byte: u8) {
        if let Some(word) = self.objects.get_mut(self.depth / 64) {
            let bit = 1 << (self.depth % 64);
            *word = if byte == b'{' {
                *word | bit
            } else {
                *word & !bit
            };
        }
        self.depth += 1;
    }

    /// Returns whether the bracket closes what is open.
    fn close(&mut self, byte: u8) -> bool {
        let Some(depth) = self.depth.checked_sub(1) else {
            return false;
        };
        self.depth = depth;
        let word = self.objects.get(depth / 64);
        word.is_none_or(|word| (word >> (depth % 64) & 1 == 1) == (byte == b'}'))
    }
}
