//! Names in a turn.

use std::collections::{HashMap, HashSet};

use crate::lexicon::Mark;
use crate::side::{Side, Voice, Word};
use crate::words::is_katakana;

/// The most that are kept.
const MOST: usize = 20;

/// The longest name, in bytes.
const LONGEST: usize = 80;

/// Returns the names in two texts, outside of blocks of code: the most frequent first, then in order of their text.
///
/// A name is an identifier (`max_connections`, `CartService`), an acronym (`TCP`, `SHA-256`), a version (`v2.14.1`),
/// a word of the table of names however it is written (`python`), or words with capital letters within a sentence,
/// which are taken together (`Sen no Rikyū` is not: a small word parts it). In German, where every noun has one, one
/// such word alone is not a name.
pub(crate) fn of(sides: [(&str, &Side); 2]) -> Vec<String> {
    let mut found: HashMap<String, (usize, &str)> = HashMap::new();
    for (text, side) in sides {
        let finder = Finder::new(text, side);
        finder.each(|name| {
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

struct Finder<'t> {
    text: &'t str,
    side: &'t Side,
    /// Words, by their number, that the table has as names, with the words that the name goes on for.
    names: HashMap<usize, usize>,
    /// Words, by their number, that are ordinary wherever they stand.
    ordinary: HashSet<usize>,
    nouns_are_capital: bool,
}

impl<'t> Finder<'t> {
    fn new(text: &'t str, side: &'t Side) -> Self {
        let mut names = HashMap::new();
        let mut ordinary = HashSet::new();
        let mut german = 0;
        for hit in &side.hits {
            match hit.mark {
                Mark::Name => {
                    names.insert(hit.word, hit.words);
                }
                Mark::Ordinary | Mark::Ask(_) | Mark::Not => {
                    ordinary.insert(hit.word);
                }
                Mark::German => {
                    ordinary.insert(hit.word);
                    german += 1;
                }
                _ => {}
            }
        }
        Self {
            text,
            side,
            names,
            ordinary,
            nouns_are_capital: german * 8 >= side.words.len().max(8),
        }
    }

    fn each(&self, mut take: impl FnMut(&'t str)) {
        let words = &self.side.words;
        let mut at = 0;
        while at < words.len() {
            if let Some(&more) = self.names.get(&at) {
                let end = (at + more).min(words.len() - 1);
                take(self.span(at, end));
                at = end + 1;
                continue;
            }
            let word = self.word(words[at]);
            if is_identifier(word) {
                let end = self.with_number(at);
                take(self.span(at, end));
                at = end + 1;
                continue;
            }
            if words[at].voice == Voice::Code || !self.is_capital(at) {
                at += 1;
                continue;
            }
            let start = at;
            at += 1;
            while at < words.len()
                && self.follows(at)
                && self.is_capital(at)
                && !self.names.contains_key(&at)
            {
                at += 1;
            }
            let begins = words[start].place == 0 || words[start].after_colon;
            let alone = at - start == 1;
            if !(alone && (begins || self.nouns_are_capital || word.len() < 3)) {
                take(self.span(start, at - 1));
            }
        }
    }

    fn word(&self, word: Word) -> &'t str {
        &self.text[word.start..word.end]
    }

    fn span(&self, first: usize, last: usize) -> &'t str {
        &self.text[self.side.words[first].start..self.side.words[last].end]
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

    /// Whether a word has a capital letter that its place does not explain, and is no ordinary word.
    fn is_capital(&self, at: usize) -> bool {
        let word = self.word(self.side.words[at]);
        let mut letters = word.chars();
        letters.next().is_some_and(char::is_uppercase)
            && letters.any(char::is_lowercase)
            && !self.ordinary.contains(&at)
    }

    /// Whether a word follows the one before it with nothing but a space between.
    fn follows(&self, at: usize) -> bool {
        let words = &self.side.words;
        words[at].sentence == words[at - 1].sentence
            && self.text.get(words[at - 1].end..words[at].start) == Some(" ")
    }
}

/// Whether a word is written as only identifiers, acronyms and versions are.
fn is_identifier(word: &str) -> bool {
    if !word.is_ascii() {
        return word.contains('_') && word.len() > 3 && !word.chars().any(is_katakana);
    }
    let bytes = word.as_bytes();
    let (mut capitals, mut small, mut digits, mut inner, mut other) = (0, 0, 0, 0, 0);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'A'..=b'Z' => {
                capitals += 1;
                inner += usize::from(at > 0);
            }
            b'a'..=b'z' => small += 1,
            b'0'..=b'9' => digits += 1,
            b'_' => {}
            _ => other += 1,
        }
    }
    let letters = capitals + small;
    if bytes.contains(&b'_') {
        return letters > 2 && !word.starts_with('_') || letters > 3;
    }
    if other > 0 {
        // v2.14.1
        return word.starts_with('v') && letters == 1 && digits > 1;
    }
    let acronym = capitals >= 2 && small == 0 && bytes[0].is_ascii_uppercase();
    let camel = inner > 0 && small > 0 && capitals + small > 3;
    let numbered = capitals == 1 && small == 0 && digits > 0 && bytes[0].is_ascii_uppercase();
    acronym || camel || numbered
}
