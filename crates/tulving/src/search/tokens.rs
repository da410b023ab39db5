//! Text as the words it is found by. Queries and memories go through the same function.
//!
//! | text | tokens |
//! |---|---|
//! | `Zürich's cafés` | `zurich` `cafe` |
//! | `HTTPServer2` | `httpserver2` `http` `server` |
//! | `snake_case`, `tokio-postgres` | the whole, and `snake` `case`, `tokio` `postgres` |
//! | `std::vec`, `src/main.rs` | `std::vec` `std` `vec`; `src` `main.rs` `main` `rs` |
//! | `E0599`, `3.14` | `e0599`; `3.14` `3` `14` |
//! | `東京都に`, `猫` | `東京` `京都` `都に`; `猫` |

mod fold;
mod script;

use std::ops::Range;

use fold::Folder;
use script::{is_mark, joins_words, runs_on, stands_in_words};

/// Letters of the longest token; what is longer is cut. Nobody types it, and a page of Base64 would
/// be one term of the index.
const LONGEST: usize = 64;

/// Calls `each` with the tokens of `text`, in order. Linear in the text's length.
pub fn tokens(text: &str, mut each: impl FnMut(&str)) {
    spans(text, |token, _| each(token));
}

/// The tokens of `text`, in order.
#[must_use]
pub fn terms(text: &str) -> Vec<String> {
    let mut terms = Vec::new();
    tokens(text, |token| terms.push(token.to_owned()));
    terms
}

/// As [`tokens`], with the bytes of `text` that a token stands for. The parts of an identifier come
/// after the whole and lie within its bytes.
pub fn spans(text: &str, mut each: impl FnMut(&str, Range<usize>)) {
    let mut folder = Folder::default();
    // Of a part that is an accent alone nothing is left.
    let mut each = |token: &str, span: Range<usize>| {
        if !token.is_empty() {
            each(token, span);
        }
    };
    let mut at = 0;
    while let Some(compound) = next_compound(text, at) {
        at = compound.end;
        emit(text, compound, &mut folder, &mut each);
    }
}

/// The next words that hang together, at or after byte `from`: letters, digits and single
/// connectors between them.
fn next_compound(text: &str, from: usize) -> Option<Range<usize>> {
    let rest = text.get(from..)?;
    let start = from + rest.find(char::is_alphanumeric)?;
    let mut end = start;
    let mut chars = text[start..].char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        if stands_in_words(c) {
            end = start + offset + c.len_utf8();
        } else {
            let second = chars.peek().map(|(_, next)| *next);
            let joined = match second {
                Some(next) if next.is_alphanumeric() => joins_words(c),
                // `std::vec`
                Some(':') if c == ':' => {
                    chars.next();
                    chars.peek().is_some_and(|(_, next)| next.is_alphanumeric())
                }
                _ => false,
            };
            if !joined {
                break;
            }
        }
    }
    Some(start..end)
}

fn emit(
    text: &str,
    compound: Range<usize>,
    folder: &mut Folder,
    each: &mut impl FnMut(&str, Range<usize>),
) {
    let base = compound.start;
    let whole = &text[compound.clone()];
    let mut words = words(whole).peekable();
    let Some(first) = words.next() else { return };
    let several = words.peek().is_some();
    // A whole that is longer than a token may be would only be its own beginning.
    if several && whole.len() <= LONGEST && !whole.chars().any(runs_on) {
        each(folder.whole(whole), compound);
    }
    for word in std::iter::once(first).chain(words) {
        let span = base + word.start..base + word.end;
        let word = &whole[word];
        if word.chars().any(runs_on) {
            pairs(word, span.start, folder, each);
            continue;
        }
        each(folder.word(word), span.clone());
        let mut parts = parts(word).peekable();
        let Some(part) = parts.next() else { continue };
        if parts.peek().is_some() {
            for part in std::iter::once(part).chain(parts) {
                // A single letter says nothing: `iPhone`, `E0599`.
                if part.len() > 1 {
                    let span = span.start + part.start..span.start + part.end;
                    each(folder.word(&word[part]), span);
                }
            }
        }
    }
}

/// The words of a compound, without connectors and without what English hangs on with an apostrophe.
fn words(compound: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    let mut after_apostrophe = false;
    std::iter::from_fn(move || {
        loop {
            let rest = compound.get(at..)?;
            let start = at + rest.find(stands_in_words)?;
            let rest = &compound[start..];
            let end = start + rest.find(|c| !stands_in_words(c)).unwrap_or(rest.len());
            let suffix = after_apostrophe
                && matches!(
                    rest[..end - start].to_ascii_lowercase().as_str(),
                    "s" | "t" | "d" | "m" | "re" | "ve" | "ll"
                );
            after_apostrophe = matches!(compound[end..].chars().next(), Some('\'' | '’'));
            at = end;
            if !suffix {
                return Some(start..end);
            }
        }
    })
}

/// The parts of a word that its own capitals and digits show: `fooBar`, `HTTPServer2`, `python3`.
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

/// Pairs of neighbouring letters, for scripts that put no spaces between words.
fn pairs(word: &str, base: usize, folder: &mut Folder, each: &mut impl FnMut(&str, Range<usize>)) {
    let mut at = 0;
    while at < word.len() {
        let rest = &word[at..];
        let running = rest.chars().next().is_some_and(runs_on);
        let length = rest
            .char_indices()
            .find(|(_, c)| c.is_alphanumeric() && !is_mark(*c) && runs_on(*c) != running)
            .map_or(rest.len(), |(offset, _)| offset);
        let run = &rest[..length];
        if running {
            pairs_of_run(run, base + at, folder, each);
        } else {
            each(folder.word(run), base + at..base + at + length);
        }
        at += length;
    }
}

fn pairs_of_run(
    run: &str,
    base: usize,
    folder: &mut Folder,
    each: &mut impl FnMut(&str, Range<usize>),
) {
    // A letter begins where a character is not a mark on the one before.
    let mut starts = run
        .char_indices()
        .filter(|(_, c)| runs_on(*c))
        .map(|(offset, _)| offset)
        .chain([run.len()]);
    let (Some(mut first), Some(mut second)) = (starts.next(), starts.next()) else {
        return;
    };
    if second == run.len() {
        each(folder.word(run), base..base + run.len());
    }
    for end in starts {
        each(folder.word(&run[first..end]), base + first..base + end);
        (first, second) = (second, end);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens_of(text: &str) -> String {
        terms(text).join(" ")
    }

    #[test]
    fn words_meet_whatever_their_case_accents_and_endings() {
        for (one, other) in [
            ("Zürich", "zu\u{308}rich"),
            ("ΟΔΟΣ", "οδός"),
            ("ＡＢＣ ﬁle", "abc file"),
            ("İstanbul", "istanbul"),
            ("한국어", "\u{1112}\u{1161}\u{11ab}국어"),
            ("co\u{ad}operate", "cooperate"),
            ("caches cached", "cache caching"),
            ("movies studies tried boxes", "movie study try boxe"),
            ("running planned", "run plan"),
            ("Caroline's", "caroline"),
            ("don’t we'll", "don we"),
        ] {
            assert_eq!(tokens_of(one), tokens_of(other), "{one}");
        }
    }

    #[test]
    fn words_that_differ_stay_apart() {
        for (one, other) in [
            ("string", "str"),
            ("speed", "spe"),
            ("news", "new york"),
            ("bus", "bu"),
            ("class", "clas"),
            ("thing", "th"),
        ] {
            assert_ne!(tokens_of(one), tokens_of(other), "{one}");
        }
    }

    #[test]
    fn identifiers_are_found_whole_and_in_parts() {
        for (text, tokens) in [
            ("snake_case", "snake_case snak cas"),
            ("fooBar", "foobar foo bar"),
            ("HTTPServer2", "httpserver2 http server"),
            ("E0599", "e0599"),
            ("std::vec::Vec", "std::vec::vec std vec vec"),
            ("src/main.rs", "src main.rs main rs"),
            ("tokio-postgres", "tokio-postgres tokio postgr"),
            ("utf8", "utf8 utf"),
            ("3.14", "3.14 3 14"),
            ("iPhone", "iphon phon"),
            ("(a.b)", "a.b a b"),
            ("end. Next", "end next"),
            ("a: b -c- _d_", "a b c d"),
        ] {
            assert_eq!(tokens_of(text), tokens, "{text}");
        }
    }

    #[test]
    fn scripts_without_spaces_become_pairs() {
        assert_eq!(tokens_of("東京都に"), "東京 京都 都に");
        assert_eq!(tokens_of("猫"), "猫");
        assert_eq!(tokens_of("Rustで東京"), "rust で東 東京");
        assert_eq!(tokens_of("ｶﾞｽ"), tokens_of("ガス"));
        assert_eq!(tokens_of("กี่"), "กี่");
    }

    #[test]
    fn emoji_and_signs_are_no_words() {
        assert_eq!(tokens_of("👩‍👩‍👧 🎉 … — \u{0} \u{301}"), "");
        assert_eq!(tokens_of("\u{363}0"), "0");
        assert_eq!(tokens_of("great🎉party"), "great parti");
    }

    /// In quadratic time this would not end.
    #[test]
    fn a_megabyte_of_anything_is_taken() {
        for piece in [
            "a",
            "a.",
            "aB",
            "a1",
            "猫",
            "e\u{301}",
            "a::",
            "'s",
            "猫a",
            "\u{ad}",
            ":",
            "กี่",
        ] {
            let text = piece.repeat(1_000_000 / piece.len());
            spans(&text, |_, span| assert!(span.end <= text.len()));
        }
    }

    #[test]
    fn long_tokens_are_cut() {
        for letter in ["a", "é", "𝒳"] {
            let terms = terms(&letter.repeat(100_000));
            assert!(terms.iter().all(|term| term.chars().count() <= LONGEST));
            assert_eq!(terms.len(), 1);
        }
    }

    proptest! {
        #[test]
        fn spans_lie_on_characters_and_any_text_is_taken(text in r"(\PC|[a-zA-Z_.:' -]|[あ-ん]){0,60}") {
            let mut last = 0;
            spans(&text, |token, span| {
                assert!(text.get(span.clone()).is_some_and(|part| !part.is_empty()));
                assert!(!token.is_empty() && token.chars().count() <= LONGEST);
                assert!(span.start >= last || span.end <= text.len());
                last = span.start;
            });
        }

        #[test]
        fn upper_and_lower_case_are_one_word(text in "[a-z]{1,12}( [a-z]{1,12}){0,5}") {
            prop_assert_eq!(terms(&text.to_uppercase()), terms(&text));
        }
    }
}
