//! What words and phrases say, from the tables in the folder `tables`.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::iter;
use std::sync::LazyLock;

use crate::fields::{Domain, Mode, Urgency};
use crate::words::{each_word, fold};

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
    /// Nothing: a phrase that hides a word of the same table.
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
    /// A question begins with it.
    Interrogative,
    /// A question begins with it, after a comma too.
    Clause,
    /// It asks for an explanation.
    Explain,
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
    fn table(self) -> Table {
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

const TABLES: [(Table, &str); 12] = [
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

/// A word or a phrase of a table.
struct Entry {
    /// The words after the first.
    rest: Box<[Box<str>]>,
    mark: Mark,
    /// Its number, for those who count each entry once.
    id: u32,
}

/// All tables, by the first word of their entries.
pub(crate) struct Lexicon {
    words: Map<Vec<Entry>>,
    /// Beginnings of words, whatever their end.
    stems: Map<Vec<Entry>>,
    entries: u32,
}

type Map<V> = HashMap<Box<str>, V, BuildHasherDefault<Fnv>>;

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::compile);

impl Lexicon {
    /// Returns the lexicon, which is compiled once.
    pub(crate) fn get() -> &'static Self {
        &LEXICON
    }

    /// Takes the marks of entries that begin at the first of these words, with their numbers and how many words
    /// they go on for: of each table the longest that fit. `word` gives the words that follow, from 1.
    pub(crate) fn marks<'w>(
        &self,
        first: &str,
        mut word: impl FnMut(usize) -> Option<&'w str>,
        mut take: impl FnMut(Mark, u32, usize),
    ) {
        if first.len() > LONGEST {
            return;
        }
        let exact = self.words.get(first);
        let mut seen = [usize::MAX; TABLES.len()];
        let mut take_fitting =
            |entries: &[Entry], word: &mut dyn FnMut(usize) -> Option<&'w str>| {
                for entry in entries {
                    let table = entry.mark.table() as usize;
                    // Entries are in order of their length, the longest first.
                    if seen[table] != usize::MAX && seen[table] != entry.rest.len() {
                        continue;
                    }
                    let fits = (1..)
                        .zip(&entry.rest)
                        .all(|(at, rest)| word(at) == Some(&**rest));
                    if fits {
                        seen[table] = entry.rest.len();
                        take(entry.mark, entry.id, entry.rest.len());
                    }
                }
            };
        if let Some(entries) = exact {
            take_fitting(entries, &mut word);
        }
        let ends = first.char_indices().rev().map(|(at, _)| at);
        for end in iter::once(first.len()).chain(ends).take(OPEN + 1) {
            if end < STEM {
                break;
            }
            if let Some(entries) = self.stems.get(&first[..end]) {
                take_fitting(entries, &mut word);
                break;
            }
        }
    }

    fn compile() -> Self {
        let mut lexicon = Self {
            words: Map::default(),
            stems: Map::default(),
            entries: 0,
        };
        for (table, text) in TABLES {
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
        for entries in lexicon.words.values_mut().chain(lexicon.stems.values_mut()) {
            entries.sort_by_key(|entry| (std::cmp::Reverse(entry.rest.len()), entry.id));
        }
        lexicon
    }

    fn add(&mut self, entry: &str, mark: Mark) {
        let (entry, open) = match entry.strip_suffix('*') {
            Some(stem) => (stem, true),
            None => (entry, false),
        };
        let mut words: Vec<Box<str>> = Vec::new();
        let mut folded = String::new();
        each_word(entry, |start, end| {
            fold(&entry[start..end], &mut folded);
            words.push(folded.as_str().into());
        });
        if words.is_empty() {
            return;
        }
        let first = words.remove(0);
        let map = if open {
            &mut self.stems
        } else {
            &mut self.words
        };
        let id = self.entries;
        self.entries += 1;
        map.entry(first).or_default().push(Entry {
            rest: words.into(),
            mark,
            id,
        });
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
        (Table::Ask, "explain") => Mark::Ask(Ask::Explain),
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

/// FNV-1a: words are short, and the tables are ours, so that nobody can choose what collides.
#[derive(Clone, Copy)]
pub(crate) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A heading that is not understood would silently say nothing.
    #[test]
    fn every_heading_of_a_table_has_a_meaning() {
        for (table, text) in TABLES {
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
        for (table, text) in TABLES {
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
