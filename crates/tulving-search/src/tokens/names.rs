//! Words that hang together as one name, found whole and in parts.

use std::ops::Range;

use super::fold::{Folder, LONGEST};
use super::runs::{self, Side};
use super::script::{is_apostrophe, is_hebrew, is_letter, joins_words, runs_on, stands_in_words};
use super::signs;

/// Returns where the name that begins at byte `start` ends: letters, digits and single connectors
/// between them.
pub(super) fn end(text: &str, start: usize) -> usize {
    let mut end = start;
    let mut last = None;
    let mut chars = text[start..].char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        if stands_in_words(c) {
            end = start + offset + c.len_utf8();
            last = Some(c);
            continue;
        }
        let joined = match chars.peek().map(|(_, next)| *next) {
            // `צה"ל`: Hebrew marks what is short for something.
            Some(next) if c == '"' => is_hebrew(next) && last.is_some_and(is_hebrew),
            Some(next) if is_letter(next) => joins_words(c),
            // `std::vec`
            Some(':') if c == ':' => {
                chars.next();
                chars.peek().is_some_and(|(_, next)| is_letter(*next))
            }
            _ => false,
        };
        if !joined {
            break;
        }
    }
    end
}

/// Emits the tokens of a name: with the signs at its ends, whole, then its words with the parts of
/// each.
pub(super) fn emit(
    text: &str,
    name: Range<usize>,
    side: Side,
    folder: &mut Folder,
    each: &mut impl FnMut(&str, Range<usize>),
) {
    let signed = signs::around(text, &name);
    if signed != name && signed.len() <= LONGEST {
        each(folder.whole(&text[signed.clone()]), signed);
    }
    let base = name.start;
    let whole = &text[name.clone()];
    let mut words = words(whole).peekable();
    let Some(first) = words.next() else { return };
    let several = words.peek().is_some();
    // A whole that is longer than a token may be would only be its own beginning.
    if several && whole.len() <= LONGEST && !whole.chars().any(runs_on) {
        each(folder.whole(whole), name);
    }
    for word in std::iter::once(first).chain(words) {
        let span = base + word.start..base + word.end;
        let word = &whole[word];
        if word.chars().any(runs_on) {
            runs::emit(word, span.start, side, folder, each);
            continue;
        }
        folder.forms(word, |form| each(form, span.clone()));
        let mut parts = parts(word).peekable();
        let Some(part) = parts.next() else { continue };
        if parts.peek().is_some() {
            for part in std::iter::once(part).chain(parts) {
                // A single letter says nothing: `iPhone`, `E0599`.
                if part.len() > 1 {
                    let span = span.start + part.start..span.start + part.end;
                    folder.forms(&word[part], |form| each(form, span.clone()));
                }
            }
        }
    }
}

/// Returns the words of a name, without connectors and without what English hangs on with an
/// apostrophe.
fn words(name: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    let mut after_apostrophe = false;
    std::iter::from_fn(move || {
        loop {
            let rest = name.get(at..)?;
            let start = at + rest.find(stands_in_words)?;
            let rest = &name[start..];
            let end = start + rest.find(|c| !stands_in_words(c)).unwrap_or(rest.len());
            let suffix = after_apostrophe
                && matches!(
                    rest[..end - start].to_ascii_lowercase().as_str(),
                    "s" | "t" | "d" | "m" | "re" | "ve" | "ll"
                );
            after_apostrophe = name[end..].chars().next().is_some_and(is_apostrophe);
            at = end;
            if !suffix {
                return Some(start..end);
            }
        }
    })
}

/// Returns the parts of a word that its own capitals and digits show: `fooBar`, `HTTPServer2`,
/// `python3`.
fn parts(word: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = word.get(at..).filter(|rest| !rest.is_empty())?;
        let start = at;
        let mut chars = rest.char_indices().peekable();
        let (_, mut last) = chars.next()?;
        let mut end = word.len();
        while let Some((offset, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            let camel = c.is_uppercase()
                && (last.is_lowercase()
                    || last.is_uppercase() && next.is_some_and(char::is_lowercase));
            // Two letters at least before digits: `utf8`, but `E0599` and `v2` are one.
            let digits = c.is_numeric() != last.is_numeric() && offset > 1;
            if camel || digits {
                end = start + offset;
                break;
            }
            last = c;
        }
        at = end;
        Some(start..end)
    })
}
