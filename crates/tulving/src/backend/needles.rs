//! Needles: ids and pieces of texts that are looked for in raw bytes, as a proof that they are gone.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use crate::json::{self, Value};

/// Characters of a piece at least. A shorter text is looked for by the id of its memory only.
pub const PIECE: usize = 24;

/// Characters of a piece at most, where they need no escaping.
const LONGEST_PLAIN: usize = 32;

/// Bytes of an id at least. Shorter ones stand in texts of all sorts; they are looked up, not looked for.
const SHORTEST: usize = 8;

/// A piece with fewer different characters is a ruler or an indentation, which says nothing.
const DIFFERENT: usize = 8;

/// Bits of the filter, a power of two: one is set for each beginning of a needle.
const FILTER: usize = 1 << 23;

/// Bytes that are read at once.
const BLOCK: usize = 1 << 20;

/// What is looked for: whole ids, and of each text a piece of [`PIECE`] or more characters; both as UTF-8 and as
/// JSON writes them. A needle has a number, and says nothing else of itself.
#[derive(Debug, Clone, Default)]
pub struct Needles {
    /// The numbers of needles by the bytes of each of their forms.
    forms: HashMap<Box<[u8]>, u32>,
    /// How long the forms are that begin with these eight bytes.
    lengths: HashMap<[u8; SHORTEST], Vec<usize>>,
    filter: Vec<u64>,
    longest: usize,
    made: NeedleCounts,
    /// The needles by their numbers, as they were given.
    given: Vec<Box<str>>,
}

/// Needles as they are kept until what was looked for was proved to be gone.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct KeptNeedles {
    counts: NeedleCounts,
    given: Vec<Box<str>>,
}

/// How many needles there are, each counted once, and what there is none for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedleCounts {
    /// Ids.
    pub ids: u64,
    /// Ids that are too short.
    pub short_ids: u64,
    /// Texts.
    pub texts: u64,
    /// Texts without a piece that is long enough and says something.
    pub short_texts: u64,
}

impl Needles {
    /// Returns how many needles there are, and what there is none for.
    #[must_use]
    pub fn counts(&self) -> NeedleCounts {
        self.made
    }

    /// Adds an id.
    pub fn add_id(&mut self, id: &str) {
        if id.len() < SHORTEST {
            self.made.short_ids += 1;
            return;
        }
        self.made.ids += u64::from(self.add(id));
    }

    /// Adds the id and the texts of a record, as JSON. Those of one that is known already are not counted as too
    /// short again.
    pub fn add_known(&mut self, id: &str, record: &[u8], is_new: bool) {
        let before = self.made;
        self.add_id(id);
        // What is no JSON has no texts.
        if let Ok(value) = json::parse(record) {
            self.add_texts(&value);
        }
        if !is_new {
            self.made.short_ids = before.short_ids;
            self.made.short_texts = before.short_texts;
        }
    }

    /// Returns what makes the same needles again.
    #[must_use]
    pub fn kept(&self) -> KeptNeedles {
        KeptNeedles {
            counts: self.made,
            given: self.given.clone(),
        }
    }

    /// Returns a name with `…` in the place of each needle that stands in it.
    #[must_use]
    pub fn hidden(&self, name: &str) -> String {
        let mut hidden = name.to_owned();
        let mut found = BTreeSet::new();
        self.find(name.as_bytes(), &mut found);
        for number in found {
            if let Some(needle) = self.given.get(number as usize) {
                hidden = hidden.replace(&**needle, "…");
            }
        }
        hidden
    }

    /// Adds a piece of each text in a record: of each string that holds more than one word.
    pub fn add_texts(&mut self, record: &Value<'_>) {
        match record {
            Value::String(text) => {
                let text = text.storable();
                if !is_text(&text) {
                    return;
                }
                match piece(&text) {
                    Some(piece) => self.made.texts += u64::from(self.add(piece)),
                    None => self.made.short_texts += 1,
                }
            }
            Value::Array(values) => values.iter().for_each(|value| self.add_texts(value)),
            Value::Object(members) => members.iter().for_each(|(_, value)| self.add_texts(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Adds a piece of a text that somebody wrote, if it is one word; [`add_texts`](Self::add_texts) takes such a
    /// string for a name or an id, which says nothing of a memory. One that is known already is not counted as too
    /// short again.
    pub fn add_written(&mut self, text: &str, is_new: bool) {
        if is_text(text) || !text.chars().any(char::is_alphanumeric) {
            return;
        }
        match piece(text) {
            Some(piece) => self.made.texts += u64::from(self.add(piece)),
            None => self.made.short_texts += u64::from(is_new),
        }
    }

    /// Adds the forms of a needle that is at least [`SHORTEST`] bytes long; returns whether it is new.
    fn add(&mut self, text: &str) -> bool {
        if self.forms.contains_key(text.as_bytes()) {
            return false;
        }
        let number = u32::try_from(self.given.len()).unwrap_or(u32::MAX);
        self.given.push(text.into());
        let mut escaped = Vec::new();
        json::write_text(text.as_bytes(), &mut escaped);
        // Without the quotes, since a piece is the middle of a string.
        let escaped = &escaped[1..escaped.len() - 1];
        for form in [text.as_bytes(), escaped, &ascii(escaped)] {
            let Some((beginning, _)) = form.split_first_chunk::<SHORTEST>() else {
                continue;
            };
            if self.forms.contains_key(form) {
                continue;
            }
            self.forms.insert(form.into(), number);
            let lengths = self.lengths.entry(*beginning).or_default();
            if !lengths.contains(&form.len()) {
                lengths.push(form.len());
            }
            self.filter.resize(FILTER / 64, 0);
            let bit = bit(*beginning);
            self.filter[bit / 64] |= 1 << (bit % 64);
            self.longest = self.longest.max(form.len());
        }
        true
    }

    /// Notes the needles that stand in these bytes.
    pub fn find(&self, bytes: &[u8], found: &mut BTreeSet<u32>) {
        if self.filter.is_empty() {
            return;
        }
        for (at, beginning) in bytes.windows(SHORTEST).enumerate() {
            let Ok(beginning) = <[u8; SHORTEST]>::try_from(beginning) else {
                continue;
            };
            let bit = bit(beginning);
            if self.filter[bit / 64] >> (bit % 64) & 1 == 0 {
                continue;
            }
            for length in self.lengths.get(&beginning).into_iter().flatten() {
                let form = bytes.get(at..at + length);
                found.extend(form.and_then(|form| self.forms.get(form)));
            }
        }
    }

    /// Notes the needles that stand in what is read to its end; returns how many bytes that is.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn find_in(&self, mut from: impl Read, found: &mut BTreeSet<u32>) -> io::Result<u64> {
        let mut block = vec![0; BLOCK];
        let (mut kept, mut all) = (0, 0);
        loop {
            let read = match from.read(&mut block[kept..]) {
                Ok(0) => return Ok(all),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            all += read as u64;
            let filled = kept + read;
            self.find(&block[..filled], found);
            // One that begins in this block may end in the next.
            kept = filled.min(self.longest.saturating_sub(1));
            block.copy_within(filled - kept..filled, 0);
        }
    }
}

impl From<KeptNeedles> for Needles {
    fn from(kept: KeptNeedles) -> Self {
        let mut needles = Self::default();
        for given in &kept.given {
            needles.add(given);
        }
        needles.made = kept.counts;
        needles
    }
}

fn bit(beginning: [u8; SHORTEST]) -> usize {
    let mixed = u64::from_le_bytes(beginning).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> (64 - FILTER.trailing_zeros())) as usize
}

/// Returns whether a string is words, and no name, id or time.
fn is_text(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
        && text
            .chars()
            .any(|char| char.is_whitespace() || !char.is_ascii())
}

/// Returns the middle of the longest part that needs no escaping and says something, else of the longest that a
/// column can hold. The middle, since many texts begin and end alike.
fn piece(text: &str) -> Option<&str> {
    let plain = |char: char| matches!(char, ' '..='~') && !matches!(char, '"' | '\\');
    let storable = |char: char| !matches!(char, '\0' | '\u{FFFD}');
    longest(text, plain, LONGEST_PLAIN).or_else(|| longest(text, storable, PIECE))
}

fn longest(text: &str, is_part: impl Fn(char) -> bool, most: usize) -> Option<&str> {
    let pieces = text.split(|char| !is_part(char)).filter_map(|part| {
        let length = part.chars().count();
        let skipped = length.checked_sub(PIECE)?.min(length.saturating_sub(most)) / 2;
        let mut places = part.char_indices().map(|(place, _)| place).skip(skipped);
        let first = places.next()?;
        let end = places.nth(most - 1).unwrap_or(part.len());
        let piece = &part[first..end];
        let different: BTreeSet<char> = piece.chars().collect();
        (different.len() >= DIFFERENT).then_some((length, piece))
    });
    pieces
        .max_by_key(|(length, _)| *length)
        .map(|(_, piece)| piece)
}

/// Returns an escaped string with `\u…` for all that is not ASCII, as Python writes it unless told otherwise.
fn ascii(escaped: &[u8]) -> Vec<u8> {
    let mut written = Vec::with_capacity(escaped.len());
    for char in String::from_utf8_lossy(escaped).chars() {
        if char.is_ascii() {
            written.push(char as u8);
            continue;
        }
        for unit in char.encode_utf16(&mut [0; 2]) {
            written.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needles(ids: &[&str], texts: &[&str]) -> Needles {
        let mut needles = Needles::default();
        ids.iter().for_each(|id| needles.add_id(id));
        for text in texts {
            needles.add_texts(&Value::String((*text).to_owned().into()));
        }
        needles
    }

    fn holds(needles: &Needles, bytes: impl AsRef<[u8]>) -> bool {
        let mut found = BTreeSet::new();
        needles.find(bytes.as_ref(), &mut found);
        !found.is_empty()
    }

    #[test]
    fn an_id_is_found_wherever_it_stands() {
        let needles = needles(
            &["mem_0123456789abcdef", "a \"quoted\" one", "é-é-é-é"],
            &[],
        );
        assert!(holds(&needles, "\u{1}mem_0123456789abcdef\u{2}"));
        assert!(holds(&needles, r#"{"id": "a \"quoted\" one"}"#));
        assert!(holds(&needles, "(a \"quoted\" one)"));
        assert!(holds(&needles, r#"["\u00e9-\u00e9-\u00e9-\u00e9"]"#));
        assert!(!holds(&needles, "mem_0123456789abcdee"));
        assert!(!holds(&needles, ""));
    }

    #[test]
    fn a_text_is_found_by_a_piece_of_it_however_it_is_escaped() {
        let text = "Why did the\nworker hang? The pool of connections was \"empty\".";
        let needles = needles(&[], &[text]);
        let mut escaped = Vec::new();
        json::write_text(text.as_bytes(), &mut escaped);
        assert!(holds(&needles, text) && holds(&needles, &escaped));
        assert!(holds(&needles, "… worker hang? The pool of connections …"));
        assert!(!holds(&needles, "worker hang? The pool of connection"));
    }

    #[test]
    fn a_text_of_other_letters_is_found_in_every_spelling() {
        let text = "記憶は失われず、漏れることもなく、そしていつでも探し出すことができます。😀";
        let needles = needles(&[], &[text]);
        assert_eq!(needles.counts().texts, 1);
        assert!(holds(&needles, text));
        assert!(holds(&needles, ascii(text.as_bytes())));
        assert!(!holds(&needles, "記憶は失われず、漏れることもなく"));
    }

    #[test]
    fn what_is_too_short_or_says_nothing_is_counted_and_not_looked_for() {
        let needles = needles(
            &["c/0"],
            &[
                "a short text",
                "------------------------ -- é --",
                "2024-01-15 10:30:00.000001+00:00",
                "mem_0123456789abcdefmem_0123456789abcdef",
            ],
        );
        let counts = NeedleCounts {
            short_ids: 1,
            short_texts: 2,
            ..NeedleCounts::default()
        };
        assert_eq!(needles.counts(), counts);
        assert!(!holds(&needles, "------------------------ -- é --"));
    }

    #[test]
    fn one_word_that_somebody_wrote_is_looked_for_or_counted() {
        let mut needles = Needles::default();
        let key = "sk-4f9Kq2ZrT7-0123456789abcdef";
        for text in [
            key,
            "Yes",
            "Yes",
            "42",
            "?",
            "two words are counted elsewhere",
        ] {
            needles.add_written(text, true);
        }
        needles.add_written("Yes", false);
        let counts = NeedleCounts {
            texts: 1,
            short_texts: 3,
            ..NeedleCounts::default()
        };
        assert_eq!(needles.counts(), counts);
        assert!(holds(&needles, format!("export KEY={key}")));
    }

    #[test]
    fn needles_that_were_kept_are_the_same_and_a_name_shows_none() {
        let mut first = needles(&["mem_0123456789abcdef", "c/0"], &["a short text"]);
        first.add_id("mem_0123456789abcdef");
        let kept = serde_json::to_vec(&first.kept()).unwrap();
        let kept: KeptNeedles = serde_json::from_slice(&kept).unwrap();
        let again = Needles::from(kept);
        assert_eq!(again.counts(), first.counts());
        assert_eq!((again.counts().ids, again.counts().short_texts), (1, 1));
        assert_eq!(
            again.hidden("notes/mem_0123456789abcdef.txt"),
            "notes/….txt"
        );
    }

    #[test]
    fn what_stands_across_two_blocks_is_found_and_all_bytes_are_counted() {
        let needles = needles(&["mem_0123456789abcdef"], &[]);
        for before in [BLOCK - 20, BLOCK - 7, BLOCK - 1, BLOCK] {
            let mut bytes = vec![b'm'; before];
            bytes.extend_from_slice(b"mem_0123456789abcdef and more");
            let mut found = BTreeSet::new();
            let read = needles.find_in(bytes.as_slice(), &mut found);
            assert_eq!(read.unwrap(), bytes.len() as u64);
            assert_eq!(found.len(), 1, "{before}");
        }
    }
}
