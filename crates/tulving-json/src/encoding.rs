//! Encodings: a byte order mark at the beginning of a file, or another encoding than UTF-8.

/// What a file is that is not text in UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Foreign {
    /// As some editors and shells on Windows write it.
    #[error("text in UTF-16; save it as UTF-8")]
    Utf16,
    /// Four bytes a character.
    #[error("text in UTF-32; save it as UTF-8")]
    Utf32,
    /// One compressed file.
    #[error("compressed with gzip; unpack it first")]
    Gzip,
    /// One compressed file.
    #[error("compressed with zstd; unpack it first")]
    Zstd,
    /// One compressed file.
    #[error("compressed with xz; unpack it first")]
    Xz,
    /// One compressed file.
    #[error("compressed with bzip2; unpack it first")]
    Bzip2,
    /// An archive of files.
    #[error("a zip archive; unpack it first")]
    Zip,
}

/// UTF-8's byte order mark, which means nothing and is passed over.
const MARK: &[u8] = b"\xEF\xBB\xBF";

impl Foreign {
    /// Returns what a file is whose first four bytes are these; `None` if it may be text in UTF-8.
    #[must_use]
    pub fn of(start: &[u8]) -> Option<Self> {
        const MARKS: [(&[u8], Foreign); 9] = [
            (b"\xFF\xFE\0\0", Foreign::Utf32),
            (b"\0\0\xFE\xFF", Foreign::Utf32),
            (b"\xFF\xFE", Foreign::Utf16),
            (b"\xFE\xFF", Foreign::Utf16),
            (b"\x1F\x8B", Foreign::Gzip),
            (b"\x28\xB5\x2F\xFD", Foreign::Zstd),
            (b"\xFD7zX", Foreign::Xz),
            (b"BZh", Foreign::Bzip2),
            (b"PK\x03\x04", Foreign::Zip),
        ];
        let marked = MARKS.iter().find(|(mark, _)| start.starts_with(mark));
        let marked = marked.map(|(_, foreign)| *foreign);
        // JSON begins with two characters of ASCII, so a zero among its first bytes tells the same.
        marked.or(match *start {
            [0, first, 0, second, ..] | [first, 0, second, 0, ..] if first != 0 && second != 0 => {
                Some(Self::Utf16)
            }
            _ => None,
        })
    }
}

/// Returns the bytes of a text file behind a byte order mark, if there is one.
///
/// # Errors
/// If it begins as no text in UTF-8 does.
pub fn unmarked(bytes: &[u8]) -> Result<&[u8], Foreign> {
    match Foreign::of(bytes) {
        Some(foreign) => Err(foreign),
        None => Ok(bytes.strip_prefix(MARK).unwrap_or(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_passed_over_and_another_encoding_is_named() {
        for text in ["", "[1]", "한", "\u{FFFD}", "a\0b"] {
            assert_eq!(unmarked(text.as_bytes()), Ok(text.as_bytes()));
            let marked = format!("\u{FEFF}{text}");
            assert_eq!(unmarked(marked.as_bytes()), Ok(text.as_bytes()));
        }
        let utf16 = |text: &str, mark: bool, big: bool| -> Vec<u8> {
            let units = mark
                .then_some(0xFEFF)
                .into_iter()
                .chain(text.encode_utf16());
            let bytes = |unit: u16| {
                if big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            };
            units.flat_map(bytes).collect()
        };
        for (mark, big) in [(true, true), (true, false), (false, true), (false, false)] {
            assert_eq!(unmarked(&utf16("[1]", mark, big)), Err(Foreign::Utf16));
        }
        for (start, foreign) in [
            (&b"\xFF\xFE\0\0[\0\0\0"[..], Foreign::Utf32),
            (b"\x1f\x8b\x08", Foreign::Gzip),
            (b"PK\x03\x04..", Foreign::Zip),
        ] {
            assert_eq!(unmarked(start), Err(foreign));
        }
    }
}
