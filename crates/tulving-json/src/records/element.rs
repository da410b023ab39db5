//! An incremental scanner that finds where an array's element ends.

use crate::scan::is_whitespace;

/// An element whose end is being sought.
pub(super) enum Element {
    /// A number or a word: it ends before whitespace, a comma or a bracket.
    Scalar,
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
    pub(super) fn starting_with(first: u8) -> Self {
        match first {
            b'"' | b'[' | b'{' => Self::Enclosed {
                depth: 0,
                in_string: false,
                escaped: false,
            },
            _ => Self::Scalar,
        }
    }

    /// Takes the next bytes of the file; how many of them belong to the element, if it ends here.
    pub(super) fn end_in(&mut self, bytes: &[u8]) -> Option<usize> {
        let Self::Enclosed {
            depth,
            in_string,
            escaped,
        } = self
        else {
            return bytes
                .iter()
                .position(|&byte| is_whitespace(byte) || matches!(byte, b',' | b']'));
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
