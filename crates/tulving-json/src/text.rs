//! A JSON string: whatever a Python `str` can hold.

use std::borrow::Cow;
use std::fmt;

use super::escape::write_text;

/// A string as WTF-8: UTF-8 in which a lone surrogate may stand, in its three-byte form.
///
/// A high surrogate is never directly followed by a low one: the two are one code point.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Text<'a>(Cow<'a, [u8]>);

impl<'a> Text<'a> {
    /// Makes a text of a string, which has no lone surrogates.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self(Cow::Borrowed(text.as_bytes()))
    }

    /// Makes a text of bytes, which must be WTF-8 as the type promises it.
    pub(super) fn from_wtf8(bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        Self(bytes.into())
    }

    /// Returns the WTF-8 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the string, or `None` if it holds a lone surrogate.
    #[must_use]
    pub fn to_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Returns the string as far as PostgreSQL's `text` can hold it: U+FFFD stands for each NUL and
    /// each lone surrogate. Borrowed where that changes nothing.
    #[must_use]
    pub fn storable(&self) -> Cow<'_, str> {
        if let Some(text) = self.to_str().filter(|text| !has_nul(text)) {
            return Cow::Borrowed(text);
        }
        let mut storable = String::with_capacity(self.0.len());
        for chunk in self.0.utf8_chunks() {
            storable.push_str(&chunk.valid().replace('\0', "\u{FFFD}"));
            // A surrogate comes as three invalid chunks, one per byte; only the first is 0xED.
            if chunk.invalid().starts_with(&[0xED]) {
                storable.push('\u{FFFD}');
            }
        }
        Cow::Owned(storable)
    }

    /// Returns whether PostgreSQL's `text` can hold the string unchanged.
    #[must_use]
    pub fn is_storable(&self) -> bool {
        self.to_str().is_some_and(|text| !has_nul(text))
    }

    /// Returns the number of code points, as Python's `len` counts them; a lone surrogate is one.
    #[must_use]
    pub fn char_count(&self) -> usize {
        self.0.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
    }

    /// Returns the same string, free of what it borrowed from.
    #[must_use]
    pub fn into_owned(self) -> Text<'static> {
        Text(Cow::Owned(self.0.into_owned()))
    }
}

fn has_nul(text: &str) -> bool {
    memchr::memchr(0, text.as_bytes()).is_some()
}

/// The string as JSON, quotes included.
impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text.into_bytes()))
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut json = Vec::new();
        write_text(&self.0, &mut json);
        f.write_str(&String::from_utf8_lossy(&json))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HIGH: &[u8] = b"\xED\xA0\xBD";

    #[test]
    fn plain_text_is_lent_out_unchanged() {
        let text = Text::new("naïve 한 😀");
        assert_eq!(text.to_str(), Some("naïve 한 😀"));
        assert!(text.is_storable());
        assert!(matches!(text.storable(), Cow::Borrowed("naïve 한 😀")));
        assert_eq!(text.char_count(), 9);
    }

    #[test]
    fn each_nul_and_each_lone_surrogate_becomes_one_replacement() {
        let text = Text::from_wtf8([b"a\0b".as_slice(), HIGH, HIGH, "한".as_bytes()].concat());
        assert_eq!(text.to_str(), None);
        assert!(!text.is_storable());
        assert_eq!(text.storable(), "a\u{FFFD}b\u{FFFD}\u{FFFD}한");
        assert_eq!(text.char_count(), 6);
        assert!(!Text::new("a\0").is_storable());
        assert_eq!(Text::new("a\0").storable(), "a\u{FFFD}");
    }

    #[test]
    fn shows_itself_as_json() {
        let text = Text::from_wtf8([b"\"\n".as_slice(), HIGH].concat());
        assert_eq!(format!("{text:?}"), r#""\"\n\ud83d""#);
    }
}
