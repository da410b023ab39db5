//! Whether two documents say the same.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use twox_hash::XxHash3_64;
use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;

use crate::document::Document;
use crate::text::marker;

/// Words that are looked at together.
const WORDS: usize = 5;

/// How many hashes are kept of a document.
const KEPT: usize = 512;

/// The fewest hashes that a statement rests on.
const FEWEST: usize = 12;

/// What a document says, whatever its format: hashes of its words, without signs, markers of lists, and the
/// difference between capital and small letters.
///
/// Two documents of the same words in the same order have the same [`hash`](Self::hash). Of others
/// [`share_in`](Self::share_in) says how much of one is in the other, within a few hundredths: the same manual as a
/// Word file and as chunks, of which some repeat sentences or leave headings out, and two editions of it. It does
/// not see what was reworded or translated, or what only pictures say; numbers that differ are single words that
/// differ, so two forms that differ in their amounts are nearly the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// SHA-256 of the words, in hex.
    pub hash: String,
    /// How many words there are.
    pub words: u64,
    /// The smallest hashes of five words in a row, in order; written as hex.
    #[serde(with = "sketch")]
    sketch: Vec<u32>,
}

/// A sketch as a string, eight digits a hash: shorter than what JSON would make of the numbers.
mod sketch {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(sketch: &[u32], out: S) -> Result<S::Ok, S::Error> {
        let digits: String = sketch.iter().map(|hash| format!("{hash:08x}")).collect();
        out.serialize_str(&digits)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<u32>, D::Error> {
        let digits = String::deserialize(input)?;
        let hashes = digits.as_bytes().chunks(8).map(|hash| {
            let hash = std::str::from_utf8(hash).map_err(D::Error::custom)?;
            u32::from_str_radix(hash, 16).map_err(D::Error::custom)
        });
        hashes.collect()
    }
}

impl Fingerprint {
    /// From this share on two documents are taken to be the same. It is not measured (decision 39).
    pub const SAME: f64 = 0.7;

    /// Returns the fingerprint of a document.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let mut hash = Sha256::new();
        let mut words = 0_u64;
        let mut last = [0_u64; WORDS];
        let mut sketch = BTreeSet::new();
        for text in document.texts() {
            each_word(text, |word| {
                hash.update(word.as_bytes());
                hash.update(b" ");
                last.rotate_left(1);
                last[WORDS - 1] = XxHash3_64::oneshot(word.as_bytes());
                words += 1;
                if words >= WORDS as u64 {
                    let bytes: Vec<u8> = last.iter().flat_map(|hash| hash.to_le_bytes()).collect();
                    keep(&mut sketch, (XxHash3_64::oneshot(&bytes) >> 32) as u32);
                }
            });
        }
        Self {
            hash: hex(&hash.finalize()),
            words,
            sketch: sketch.into_iter().collect(),
        }
    }

    /// Returns how much of it is in another, from 0 to 1; nothing where too few words are left to compare, because
    /// one is short or very much shorter than the other.
    #[must_use]
    pub fn share_in(&self, other: &Self) -> Option<f64> {
        if self.hash == other.hash {
            return Some(1.0);
        }
        // Beyond the largest that is kept of either, nothing is known of it.
        let most = self.reach().min(other.reach());
        let own: Vec<u32> = self
            .sketch
            .iter()
            .copied()
            .filter(|&hash| hash <= most)
            .collect();
        let shared = own
            .iter()
            .filter(|hash| other.sketch.binary_search(hash).is_ok())
            .count();
        (own.len() >= FEWEST).then(|| shared as f64 / own.len() as f64)
    }

    fn reach(&self) -> u32 {
        match self.sketch.last() {
            Some(&last) if self.sketch.len() >= KEPT => last,
            _ => u32::MAX,
        }
    }
}

/// Returns the SHA-256 of a file's bytes in hex: while it stays, the file need not be read again.
#[must_use]
pub fn content_hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn keep(sketch: &mut BTreeSet<u32>, hash: u32) {
    let full = sketch.len() >= KEPT;
    if full && sketch.last().is_some_and(|&last| hash >= last) {
        return;
    }
    if sketch.insert(hash) && full {
        sketch.pop_last();
    }
}

fn each_word(text: &str, mut take: impl FnMut(&str)) {
    for line in text.lines() {
        let line = line.trim_start();
        let line = marker(line).map_or(line, |(_, rest)| rest);
        if line.is_ascii() {
            each_in(&line.to_ascii_lowercase(), &mut take);
        } else {
            let plain: String = line.nfkc().flat_map(char::to_lowercase).collect();
            each_in(&plain, &mut take);
        }
    }
}

/// Takes the words of a line in small letters; a sign that compares, before a number, is one, since limits of two editions
/// may differ in it alone.
fn each_in(line: &str, take: &mut impl FnMut(&str)) {
    const COMPARE: [char; 4] = ['<', '>', '≤', '≥'];
    for (at, word) in line.unicode_word_indices() {
        if word.starts_with(|c: char| c.is_numeric()) {
            let before = line[..at].trim_end_matches([' ', '$', '€', '£']);
            let other = before.trim_end_matches(|c| c == '=' || COMPARE.contains(&c));
            let sign = &before[other.len()..];
            if sign.contains(COMPARE) {
                take(sign);
            }
        }
        take(word);
    }
}
