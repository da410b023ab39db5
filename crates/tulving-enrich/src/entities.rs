//! Names in a turn.

use std::collections::HashMap;

use crate::lexicon::Mark;
use crate::side::{Side, Voice, Word};

/// The most that are kept.
const MOST: usize = 20;

/// The longest name, in bytes.
const LONGEST: usize = 80;

/// Returns the names in two texts, outside of blocks of code: the most frequent first, then in order of their text.
///
/// A name is an identifier (`max_connections`, `CartService`), an acronym (`TCP`, `SHA-256`), a version (`v2.14.1`),
/// a word of the table of names however it is written (`python`), or words with capital letters within a sentence,
/// which are taken together. In German, where every noun has one, one such word alone is not a name.
pub(crate) fn of(sides: [(&str, &Side); 2]) -> Vec<String> {
    let mut found: HashMap<String, (usize, &str)> = HashMap::new();
    let nouns_are_capital = is_german(sides.map(|(_, side)| side));
    for (text, side) in sides {
        Finder {
            text,
            side,
            nouns_are_capital,
        }
        .each(|name| {
            if name.len() <= LONGEST {
                found.entry(name.to_lowercase()).or_insert((0, name)).0 += 1;
            }
        });
    }
    let mut names: Vec<(usize, &str)> = found.into_values().collect();
    names.sort_unstable_by(|(a, one), (b, other)| b.cmp(a).then_with(|| one.cmp(other)));
    names.truncate(MOST);
    names.into_iter().map(|(_, name)| name.to_owned()).collect()
}

/// Returns whether an eighth of all words are words by which German is known.
fn is_german(sides: [&Side; 2]) -> bool {
    let hits = sides.iter().flat_map(|side| &side.hits);
    let known = hits
        .filter(|hit| hit.mark == Mark::German && hit.outside)
        .count();
    let words: usize = sides.iter().map(|side| side.words.len()).sum();
    known > 1 && known * 8 >= words
}

struct Finder<'t> {
    text: &'t str,
    side: &'t Side,
    nouns_are_capital: bool,
}

impl<'t> Finder<'t> {
    fn each(&self, mut take: impl FnMut(&'t str)) {
        let words = &self.side.words;
        let mut at = 0;
        while at < words.len() {
            // Most words are of small letters alone, and no name.
            let plain = words[at].names.is_none()
                && self
                    .word(words[at])
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase());
            if plain || words[at].voice == Voice::Code || self.of_path(at) {
                at += 1;
                continue;
            }
            if let Some(more) = words[at].names {
                let end = (at + more).min(words.len() - 1);
                take(self.span(at, end));
                at = end + 1;
                continue;
            }
            if let Some(name) = self.identifier(at) {
                let end = self.with_number(at);
                take(if end > at { self.span(at, end) } else { name });
                at = end + 1;
                continue;
            }
            if !self.is_capital(at) {
                at += 1;
                continue;
            }
            let end = self.last_of(at);
            if self.is_name(at, end) {
                take(self.span(at, end));
            }
            at = end + 1;
        }
    }

    /// Returns the last of the words with capital letters that begin here: `Captain Matthew Webb`, `Treaty of Westphalia`.
    fn last_of(&self, first: usize) -> usize {
        const SMALL: [&str; 8] = ["of", "de", "del", "da", "van", "von", "no", "la"];
        let words = &self.side.words;
        let mut last = first;
        loop {
            let mut next = last + 1;
            if next + 1 < words.len()
                && self.follows(next)
                && SMALL.contains(&self.word(words[next]))
            {
                next += 1;
            }
            if next >= words.len() || !self.follows(next) || !self.is_capital(next) {
                return last;
            }
            last = next;
        }
    }

    /// Returns whether words with capital letters are a name: not the first of a sentence alone, and in German not
    /// one or two nouns, unless a title stands before.
    fn is_name(&self, first: usize, last: usize) -> bool {
        const TITLES: [&str; 10] = [
            "Herr", "Herrn", "Frau", "Dr", "Mr", "Mrs", "Ms", "Señor", "Señora", "Madame",
        ];
        let words = &self.side.words;
        let begins = words[first].place == 0 || words[first].after_colon;
        if first > 0 && TITLES.contains(&self.word(words[first - 1])) {
            return true;
        }
        if first == last {
            return !begins && !self.nouns_are_capital && self.word(words[first]).len() > 2;
        }
        let counted = first > 0
            && self
                .word(words[first - 1])
                .starts_with(|c: char| c.is_ascii_digit());
        !(self.nouns_are_capital && (begins || counted))
    }

    fn word(&self, word: Word) -> &'t str {
        &self.text[word.start..word.end]
    }

    /// Returns the text of words, without the `'s` of a genitive.
    fn span(&self, first: usize, last: usize) -> &'t str {
        let span = &self.text[self.side.words[first].start..self.side.words[last].end];
        span.strip_suffix("'s")
            .or_else(|| span.strip_suffix("’s"))
            .unwrap_or(span)
    }

    /// Returns whether a word is a part of a path or a file's name: `/var/lib/postgresql`, `client.rs`.
    fn of_path(&self, at: usize) -> bool {
        let word = self.side.words[at];
        let before = &self.text.as_bytes()[..word.start];
        let after = self.text.as_bytes().get(word.end..word.end + 2);
        let own = self.word(word);
        let small = !own.bytes().any(|byte| byte.is_ascii_uppercase());
        let joined = matches!(before, [.., b'/' | b'.' | b'@' | b'\\']);
        let goes_on = matches!(after, Some([b'/' | b'.', next]) if next.is_ascii_lowercase());
        small && (joined || goes_on)
    }

    /// Returns an identifier, an acronym or a version, without the `s` of a plural.
    fn identifier(&self, at: usize) -> Option<&'t str> {
        let word = self.span(at, at);
        let singular = word
            .strip_suffix('s')
            .filter(|word| word.len() > 1 && is_acronym(word))
            .unwrap_or(word);
        if is_acronym(singular) {
            return (!self.side.words[at].ordinary).then_some(singular);
        }
        is_identifier(word).then_some(word)
    }

    /// Returns the word at which an acronym with a number ends: `SHA-256`.
    fn with_number(&self, at: usize) -> usize {
        let words = &self.side.words;
        let Some(next) = words.get(at + 1) else {
            return at;
        };
        let joined = self.text.get(words[at].end..next.start) == Some("-");
        let number = self.word(*next).bytes().all(|byte| byte.is_ascii_digit());
        at + usize::from(joined && number)
    }

    /// Returns whether a word has a capital letter first, small ones after, and is no ordinary word.
    fn is_capital(&self, at: usize) -> bool {
        let word = self.side.words[at];
        let mut letters = self.word(word).chars();
        letters.next().is_some_and(char::is_uppercase)
            && !word.ordinary
            && word.names.is_none()
            && word.voice != Voice::Code
            && letters.any(char::is_lowercase)
    }

    /// Returns whether a word follows the one before it with nothing but a space between.
    fn follows(&self, at: usize) -> bool {
        let words = &self.side.words;
        words[at].sentence == words[at - 1].sentence
            && self.text.get(words[at - 1].end..words[at].start) == Some(" ")
    }
}

/// Returns whether a word has capitals and digits alone, and at least two.
fn is_acronym(word: &str) -> bool {
    word.len() > 1
        && word.starts_with(|c: char| c.is_ascii_uppercase())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Returns whether a word is written as only identifiers and versions are.
fn is_identifier(word: &str) -> bool {
    if !word.is_ascii() {
        return false;
    }
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    if word.contains('_') {
        return letters > 2 && !word.starts_with('_');
    }
    if word.contains('.') {
        // v2.14.1
        return word.starts_with('v') && letters == 1;
    }
    let small = word.bytes().any(|byte| byte.is_ascii_lowercase());
    let inner = word.bytes().skip(1).any(|byte| byte.is_ascii_uppercase());
    small && inner && word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
