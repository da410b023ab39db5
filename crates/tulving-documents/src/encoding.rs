//! Bytes become text.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use memchr::{memchr_iter, memchr2, memmem};

use crate::format::is_html;
use crate::note::Note;

/// Decodes bytes: by their mark, as UTF-16 if every other byte is zero, as UTF-8, as what a page of HTML says that
/// it is, and at last by a guess, which is noted. Lines end in `\n`, and NUL becomes U+FFFD.
pub(crate) fn decode<'a>(bytes: &'a [u8], notes: &mut Vec<Note>) -> Cow<'a, str> {
    let (text, mut replaced) = characters(bytes, notes);
    let text = if memchr2(b'\r', 0, text.as_bytes()).is_some() {
        Cow::Owned(plain(&text, &mut replaced))
    } else {
        text
    };
    if replaced > 0 {
        notes.push(Note::Replaced { count: replaced });
    }
    text
}

fn characters<'a>(bytes: &'a [u8], notes: &mut Vec<Note>) -> (Cow<'a, str>, u64) {
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    if let Some(encoding) = marked.or_else(|| utf_16_without_mark(bytes)) {
        return decoded(encoding, bytes);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (Cow::Borrowed(text), 0);
    }
    if let Some(encoding) = declared(bytes) {
        return decoded(encoding, bytes);
    }
    if is_damaged_utf_8(bytes) {
        return decoded(UTF_8, bytes);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let encoding = detector.guess(None, Utf8Detection::Deny);
    notes.push(Note::Encoding {
        name: encoding.name().to_owned(),
    });
    decoded(encoding, bytes)
}

fn decoded<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> (Cow<'a, str>, u64) {
    let (text, _, failed) = encoding.decode(bytes);
    let replaced = if failed {
        text.matches(char::REPLACEMENT_CHARACTER).count() as u64
    } else {
        0
    };
    (text, replaced)
}

/// UTF-16 of western text has a zero in nearly every pair of bytes, all on one side.
fn utf_16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..4096).unwrap_or(bytes);
    let (mut first, mut second) = (0, 0);
    for at in memchr_iter(0, head) {
        if at % 2 == 0 {
            first += 1;
        } else {
            second += 1;
        }
    }
    let most = head.len() / 2 * 2 / 5;
    let few = head.len() / 100;
    if bytes.len() % 2 == 1 || head.len() < 4 {
        None
    } else if second > most && first <= few {
        Some(UTF_16LE)
    } else if first > most && second <= few {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// What a page of HTML says of its encoding.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..2048).unwrap_or(bytes);
    let text = String::from_utf8_lossy(head);
    if !is_html(&text) {
        return None;
    }
    let at = memmem::find(text.as_bytes(), b"charset=")? + "charset=".len();
    let label = text.get(at..)?.trim_start_matches(['"', '\'']);
    let end = label.find(|c: char| !c.is_ascii_alphanumeric() && !"-_:.".contains(c));
    // A page that is not UTF-8 and says that it is tells nothing.
    Encoding::for_label(label.get(..end?)?.as_bytes()).filter(|&encoding| encoding != UTF_8)
}

/// UTF-8 with a few bytes missing or damaged: at most one bad place for sixteen letters of more than one byte.
fn is_damaged_utf_8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_u64, 0_u64);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().bytes().filter(|&byte| byte >= 0xC0).count() as u64;
        bad += u64::from(!chunk.invalid().is_empty());
    }
    good >= bad * 16
}

fn plain(text: &str, replaced: &mut u64) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr2(b'\r', 0, rest.as_bytes()) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        if let Some(after) = from.strip_prefix('\0') {
            plain.push(char::REPLACEMENT_CHARACTER);
            *replaced += 1;
            rest = after;
        } else {
            plain.push('\n');
            rest = from
                .strip_prefix("\r\n")
                .or_else(|| from.strip_prefix('\r'))
                .unwrap_or("");
        }
    }
    plain.push_str(rest);
    plain
}
