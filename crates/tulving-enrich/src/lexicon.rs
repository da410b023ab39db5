//! What words and phrases say, from the tables in the folder `tables`.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use crate::fields::{Domain, Mode, Urgency};
use crate::words::{Folded, each_word};

/// What a word or a phrase says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// How something is asked for.
    Ask(Ask),
    /// What is told: that all went well, or that it did not.
    Tell(Tell),
    /// A feeling: good above zero, bad below, with its strength.
    Feel(i8),
    /// The opposite of what follows.
    Not,
    /// How soon something is needed.
    Haste(Urgency),
    /// How the two talk, with its weight.
    Mode(Mode, u8),
    /// Something remains to be done.
    Todo,
    /// An error of a program or a device.
    Error,
    /// The beginning of a command.
    Command,
    /// A term of technology, and how deep it is.
    Depth(u8),
    /// A term of a domain, with its weight.
    Domain(Domain, u8),
    /// A name, however it is written.
    Name,
    /// A word that is no name, though it may begin with a capital letter or have nothing else.
    Ordinary,
    /// A word by which German is known.
    German,
    /// Nothing: a phrase within which words of the same table mean nothing.
    Nothing(Table),
}

/// Which table a mark is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Ask,
    Tell,
    Feel,
    Haste,
    Mode,
    Todo,
    Error,
    Command,
    Depth,
    Domain,
    Name,
    Ordinary,
}

/// How something is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// A question begins with it, or the wish to have something explained.
    Interrogative,
    /// A question begins with it, after a comma too.
    Clause,
    /// An imperative, where a sentence begins with it.
    Order,
    /// It asks for something to be done, wherever it stands.
    Please,
    /// It makes whatever is asked polite; alone it asks for something to be done.
    Polite,
    /// It may stand before the beginning of a sentence.
    Filler,
}

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tell {
    /// Something is not as it should be.
    Complaint,
    /// It went well, or thanks.
    Celebration,
}

impl Mark {
    /// Returns whether a word of this mark is no name, however it is written.
    pub(crate) fn is_ordinary(self) -> bool {
        matches!(
            self,
            Self::Ordinary
                | Self::German
                | Self::Ask(_)
                | Self::Tell(_)
                | Self::Feel(_)
                | Self::Not
                | Self::Haste(_)
                | Self::Mode(..)
                | Self::Todo
        )
    }

    /// Returns which table a mark is from.
    pub(crate) fn table(self) -> Table {
        match self {
            Self::Ask(_) => Table::Ask,
            Self::Tell(_) => Table::Tell,
            Self::Feel(_) | Self::Not => Table::Feel,
            Self::Haste(_) => Table::Haste,
            Self::Mode(..) => Table::Mode,
            Self::Todo => Table::Todo,
            Self::Error => Table::Error,
            Self::Command => Table::Command,
            Self::Depth(_) => Table::Depth,
            Self::Domain(..) => Table::Domain,
            Self::Name => Table::Name,
            Self::Ordinary | Self::German => Table::Ordinary,
            Self::Nothing(table) => table,
        }
    }
}

/// How many tables there are.
pub(crate) const TABLES: usize = TEXTS.len();

const TEXTS: [(Table, &str); 12] = [
    (Table::Ask, include_str!("../tables/ask.txt")),
    (Table::Tell, include_str!("../tables/tell.txt")),
    (Table::Feel, include_str!("../tables/feel.txt")),
    (Table::Haste, include_str!("../tables/haste.txt")),
    (Table::Mode, include_str!("../tables/mode.txt")),
    (Table::Todo, include_str!("../tables/todo.txt")),
    (Table::Error, include_str!("../tables/error.txt")),
    (Table::Command, include_str!("../tables/command.txt")),
    (Table::Depth, include_str!("../tables/depth.txt")),
    (Table::Domain, include_str!("../tables/domain.txt")),
    (Table::Name, include_str!("../tables/name.txt")),
    (Table::Ordinary, include_str!("../tables/ordinary.txt")),
];

/// The most letters of a word that a stem leaves open.
const OPEN: usize = 5;

/// The fewest bytes of a stem.
const STEM: usize = 4;

/// The longest word that is looked up, in bytes.
const LONGEST: usize = 40;

/// What an entry of a table says, and its number, for those who count each entry once.
#[derive(Clone, Copy)]
struct Entry {
    mark: Mark,
    id: u32,
}

/// An entry of several words, after the first two.
struct Phrase {
    rest: Box<[u32]>,
    entry: Entry,
}

/// A word as the tables know it.
#[derive(Clone, Copy)]
pub(crate) struct Token {
    /// Its number among the words of the tables.
    word: Option<u32>,
    /// The number of the stem that it begins with.
    stem: Option<u32>,
}

/// All tables. Words are numbered, so that each word of a text is looked up once, as text.
pub(crate) struct Lexicon {
    numbers: Map<Box<[u8]>, u32>,
    /// Entries of one word, by its number.
    words: Vec<Vec<Entry>>,
    /// Entries of more, by the numbers of the first two words, the longest first.
    phrases: Map<(u32, u32), Vec<Phrase>>,
    /// Whether a phrase begins with the word of a number.
    begins: Vec<bool>,
    stem_numbers: Map<Box<[u8]>, u32>,
    /// Entries that are beginnings of words, whatever their end.
    stems: Vec<Vec<Entry>>,
    /// Which hashes the first bytes of stems have: most words are told to have none by this alone.
    stem_heads: Vec<bool>,
    entries: u32,
}

type Map<K, V> = HashMap<K, V, BuildHasherDefault<Multiplied>>;

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::compile);

impl Lexicon {
    /// Returns the lexicon, which is compiled once.
    pub(crate) fn get() -> &'static Self {
        &LEXICON
    }

    /// Returns how many entries there are; their numbers are smaller.
    pub(crate) fn len(&self) -> usize {
        self.entries as usize
    }

    /// Returns a word, in small letters, as the tables know it.
    pub(crate) fn token(&self, word: &[u8]) -> Token {
        if word.len() > LONGEST {
            return Token {
                word: None,
                stem: None,
            };
        }
        Token {
            word: self.numbers.get(word).copied(),
            stem: self.stem(word),
        }
    }

    fn stem(&self, word: &[u8]) -> Option<u32> {
        let head = word.first_chunk::<STEM>()?;
        if !self.stem_heads[head_hash(*head)] {
            return None;
        }
        let begins_letter = |&end: &usize| word.get(end).is_none_or(|byte| byte & 0xC0 != 0x80);
        let ends = (STEM..=word.len()).rev().filter(begins_letter);
        ends.take(OPEN + 1)
            .find_map(|end| self.stem_numbers.get(&word[..end]).copied())
    }

    /// Takes the marks of entries that begin at a word of a line, with their numbers and how many words they go on for: of
    /// each table the longest that fit.
    pub(crate) fn marks(&self, line: &[Token], at: usize, mut take: impl FnMut(Mark, u32, usize)) {
        let Token { word, stem } = line[at];
        if word.is_none() && stem.is_none() {
            return;
        }
        // Of bytes, since this is made anew for each word.
        let mut seen = [0_u8; TABLES];
        let mut take = |entry: Entry, words: usize| {
            let longest = &mut seen[entry.mark.table() as usize];
            let length = u8::try_from(words + 1).unwrap_or(u8::MAX);
            if *longest <= length {
                *longest = length;
                take(entry.mark, entry.id, words);
            }
        };
        if let Some(word) = word
            && self.begins[word as usize]
            && let Some(second) = line.get(at + 1).and_then(|next| next.word)
            && let Some(phrases) = self.phrases.get(&(word, second))
        {
            for phrase in phrases {
                let rest = line[at + 2..].iter().map(|token| token.word);
                if phrase.rest.len() <= line.len() - at - 2
                    && phrase
                        .rest
                        .iter()
                        .zip(rest)
                        .all(|(&part, word)| word == Some(part))
                {
                    take(phrase.entry, phrase.rest.len() + 1);
                }
            }
        }
        for &entry in word.iter().flat_map(|&word| &self.words[word as usize]) {
            take(entry, 0);
        }
        for &entry in stem.iter().flat_map(|&stem| &self.stems[stem as usize]) {
            take(entry, 0);
        }
    }

    fn compile() -> Self {
        let mut lexicon = Self {
            numbers: Map::default(),
            words: Vec::new(),
            phrases: Map::default(),
            begins: Vec::new(),
            stem_numbers: Map::default(),
            stems: Vec::new(),
            stem_heads: vec![false; 1 << HEAD_BITS],
            entries: 0,
        };
        for (table, text) in TEXTS {
            let mut mark = Mark::Nothing(table);
            for line in text.lines().map(str::trim) {
                if line.is_empty() || line.starts_with('#') {
                    continue;
                }
                if let Some(heading) = line.strip_suffix(':') {
                    mark = meaning(table, heading).unwrap_or(Mark::Nothing(table));
                    continue;
                }
                for entry in line
                    .split(',')
                    .map(str::trim)
                    .filter(|entry| !entry.is_empty())
                {
                    lexicon.add(entry, mark);
                }
            }
        }
        for phrases in lexicon.phrases.values_mut() {
            phrases.sort_by_key(|phrase| (Reverse(phrase.rest.len()), phrase.entry.id));
        }
        lexicon
    }

    fn add(&mut self, text: &str, mark: Mark) {
        let entry = Entry {
            mark,
            id: self.entries,
        };
        self.entries += 1;
        let mut buffer = Folded::default();
        if let Some(stem) = text.strip_suffix('*') {
            let folded = buffer.fold(stem);
            if let Some(head) = folded.first_chunk::<STEM>() {
                self.stem_heads[head_hash(*head)] = true;
            }
            let next = self.stems.len() as u32;
            let number = *self.stem_numbers.entry(folded.into()).or_insert(next);
            if number == next {
                self.stems.push(Vec::new());
            }
            self.stems[number as usize].push(entry);
            return;
        }
        let mut words = Vec::new();
        each_word(text, |start, end| {
            words.push(self.number(buffer.fold(&text[start..end])));
        });
        match words[..] {
            [] => {}
            [word] => self.words[word as usize].push(entry),
            [first, second, ref rest @ ..] => {
                self.begins[first as usize] = true;
                let phrase = Phrase {
                    rest: rest.into(),
                    entry,
                };
                self.phrases
                    .entry((first, second))
                    .or_default()
                    .push(phrase);
            }
        }
    }

    fn number(&mut self, word: &[u8]) -> u32 {
        if let Some(&number) = self.numbers.get(word) {
            return number;
        }
        let number = self.words.len() as u32;
        self.numbers.insert(word.into(), number);
        self.words.push(Vec::new());
        self.begins.push(false);
        number
    }
}

/// Returns what a heading of a table means: a value, and for some a weight after it.
fn meaning(table: Table, heading: &str) -> Option<Mark> {
    let (value, weight) = match heading.split_once(' ') {
        Some((value, weight)) => (value, weight.parse().ok()?),
        None => (heading, 1),
    };
    if value == "nothing" {
        return Some(Mark::Nothing(table));
    }
    Some(match (table, value) {
        (Table::Ask, "interrogative") => Mark::Ask(Ask::Interrogative),
        (Table::Ask, "clause") => Mark::Ask(Ask::Clause),
        (Table::Ask, "polite") => Mark::Ask(Ask::Polite),
        (Table::Ask, "order") => Mark::Ask(Ask::Order),
        (Table::Ask, "please") => Mark::Ask(Ask::Please),
        (Table::Ask, "filler") => Mark::Ask(Ask::Filler),
        (Table::Tell, "complaint") => Mark::Tell(Tell::Complaint),
        (Table::Tell, "celebration") => Mark::Tell(Tell::Celebration),
        (Table::Feel, "positive") => Mark::Feel(i8::try_from(weight).ok()?),
        (Table::Feel, "negative") => Mark::Feel(-i8::try_from(weight).ok()?),
        (Table::Feel, "not") => Mark::Not,
        (Table::Todo, "todo") => Mark::Todo,
        (Table::Error, "error") => Mark::Error,
        (Table::Command, "command") => Mark::Command,
        (Table::Name, "name") => Mark::Name,
        (Table::Ordinary, "ordinary") => Mark::Ordinary,
        (Table::Ordinary, "german") => Mark::German,
        (Table::Depth, "depth") => Mark::Depth(weight),
        (Table::Haste, value) => Mark::Haste(
            *Urgency::ALL
                .iter()
                .find(|urgency| urgency.as_str() == value)?,
        ),
        (Table::Mode, value) => Mark::Mode(
            *Mode::ALL.iter().find(|mode| mode.as_str() == value)?,
            weight,
        ),
        (Table::Domain, value) => Mark::Domain(
            *Domain::ALL.iter().find(|domain| domain.as_str() == value)?,
            weight,
        ),
        _ => return None,
    })
}

/// How many bits the hash of the first bytes of a stem has.
const HEAD_BITS: u32 = 13;

fn head_hash(head: [u8; STEM]) -> usize {
    (u32::from_le_bytes(head).wrapping_mul(0x9E37_79B9) >> (32 - HEAD_BITS)) as usize
}

/// A multiplicative hash, eight bytes at a time: words are short, and the tables are ours, so that nobody can choose what
/// collides.
#[derive(Clone, Copy, Default)]
pub(crate) struct Multiplied(u64);

impl Hasher for Multiplied {
    fn finish(&self) -> u64 {
        // The map looks at the lowest and at the highest bits; a product mixes upwards alone.
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        let (eights, rest) = bytes.as_chunks::<8>();
        let rest = rest
            .iter()
            .fold(0, |number, &byte| number << 8 | u64::from(byte));
        for number in eights
            .iter()
            .map(|eight| u64::from_le_bytes(*eight))
            .chain([rest])
        {
            self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
    }

    /// Mixes the length of a word, or the number of one, in one step.
    fn write_usize(&mut self, number: usize) {
        self.0 = (self.0.rotate_left(5) ^ number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A heading that is not understood would silently say nothing.
    #[test]
    fn every_heading_of_a_table_has_a_meaning() {
        for (table, text) in TEXTS {
            for heading in text
                .lines()
                .filter_map(|line| line.trim().strip_suffix(':'))
            {
                if !heading.starts_with('#') {
                    assert!(meaning(table, heading).is_some(), "{table:?}: {heading}");
                }
            }
        }
    }

    #[test]
    fn every_stem_is_long_enough_to_be_found() {
        for (table, text) in TEXTS {
            let entries = text
                .lines()
                .filter(|line| !line.starts_with('#'))
                .flat_map(|line| line.split(','));
            for entry in entries.map(str::trim) {
                if let Some(stem) = entry.strip_suffix('*') {
                    assert!(
                        stem.len() >= STEM && !stem.contains(' '),
                        "{table:?}: {entry}"
                    );
                }
            }
        }
    }
}
