//! An incremental scanner that finds where an array's element ends.

use crate::scan::is_whitespace;

/// A value whose end is being sought.
pub(crate) enum Element {
    /// A number or a word: it ends before whitespace, a comma or the bracket of what it stands in.
    Scalar { closing: u8 },
    /// A string, an array or an object: it ends with its own closing quote or bracket.
    Enclosed {
        /// Open brackets. Which kind closes which is for the parser to judge.
        depth: usize,
        in_string: bool,
        /// A backslash was the last byte seen.
        escaped: bool,
    },
}

impl Element {
    /// Makes the element that begins with the byte `first`, which has yet to be given to `end_in`.
    pub(crate) fn starting_with(first: u8) -> Self {
        Self::within(b']', first)
    }

    /// Makes the value of an object's member that begins with the byte `first`.
    pub(crate) fn of_member(first: u8) -> Self {
        Self::within(b'}', first)
    }

    fn within(closing: u8, first: u8) -> Self {
        match first {
            b'"' | b'[' | b'{' => Self::Enclosed {
                depth: 0,
                in_string: false,
                escaped: false,
            },
            _ => Self::Scalar { closing },
        }
    }

    /// Returns whether the bytes so far end within a string.
    pub(crate) fn is_in_string(&self) -> bool {
        matches!(
            self,
            Self::Enclosed {
                in_string: true,
                ..
            }
        )
    }

    /// Takes the next bytes of the file; how many of them belong to the element, if it ends here.
    pub(crate) fn end_in(&mut self, bytes: &[u8]) -> Option<usize> {
        let (depth, in_string, escaped) = match self {
            Self::Enclosed {
                depth,
                in_string,
                escaped,
            } => (depth, in_string, escaped),
            Self::Scalar { closing } => {
                let ends = |byte: &u8| is_whitespace(*byte) || [b',', *closing].contains(byte);
                return bytes.iter().position(ends);
            }
        };
        let mut at = 0;
        loop {
            if *escaped {
                bytes.get(at)?;
                at += 1;
                *escaped = false;
            }
            if *in_string {
                at += memchr::memchr2(b'"', b'\\', &bytes[at..])? + 1;
                *escaped = bytes[at - 1] == b'\\';
                *in_string = *escaped;
            } else {
                let is_mark = |byte| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']');
                at += bytes[at..].iter().position(|&byte| is_mark(byte))? + 1;
                match bytes[at - 1] {
                    b'"' => *in_string = true,
                    b'{' | b'[' => *depth += 1,
                    _ => *depth -= 1,
                }
            }
            if *depth == 0 && !*in_string {
                return Some(at);
            }
        }
    }
}
