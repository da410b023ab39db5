//! Buckets: which terms of the keyword index share a row, and how it holds their postings.

use std::collections::BTreeMap;

use crate::search::bytes::{read_varint, write_varint};

/// What the term of a content hash begins with, and no word does.
const CONTENT: char = '\u{1}';

/// Returns the term that a memory is entered under besides its words: the hash of what it says.
pub(super) fn content_term(hash: u64) -> String {
    // Seven bits a character, so that each takes one byte.
    let digits = (0..10).map(|place| char::from((hash >> (7 * place)) as u8 & 0x7f));
    std::iter::once(CONTENT).chain(digits).collect()
}

/// Returns into which bucket a term goes: FNV-1a, which every version must reckon alike. Content hashes have buckets of their
/// own: who asks for many of them reads no words.
pub(super) fn bucket(term: &str) -> i16 {
    if let Some(hash) = term.strip_prefix(CONTENT) {
        let first = hash.bytes().next().unwrap_or_default();
        return (BUCKETS - OF_CONTENT) as i16 + i16::from(first) % OF_CONTENT as i16;
    }
    let hash = term.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    // The upper half depends on all of the term.
    i16::try_from((hash ^ (hash >> 16)) % OF_WORDS).unwrap_or_default()
}

/// So much lower are the buckets of postings that are not searched yet, and the one of notes on them; see
/// [`rebuild`](super::rebuild).
pub(super) const BESIDE: i16 = 1024;
pub(super) const NOTES: i16 = i16::MIN;

/// So many rows a large batch makes: few enough to write quickly, and each small enough to read whole
/// for the sake of one term.
pub(super) const BUCKETS: u32 = OF_WORDS + OF_CONTENT;
const OF_WORDS: u32 = 512;
const OF_CONTENT: u32 = 64;

/// Terms with their postings as rows, by bucket.
pub(super) fn buckets(terms: impl Iterator<Item = (Box<str>, Vec<u8>)>) -> BTreeMap<i16, Vec<u8>> {
    let mut rows: BTreeMap<i16, Vec<u8>> = BTreeMap::new();
    for (term, postings) in terms {
        let row = rows.entry(bucket(&term)).or_default();
        write_varint(term.len() as u64, row);
        row.extend_from_slice(term.as_bytes());
        write_varint(postings.len() as u64, row);
        row.extend_from_slice(&postings);
    }
    rows
}

/// Returns the terms of a row with their postings; `None` for the rest of one that cannot be read.
pub(super) fn terms(row: &[u8]) -> impl Iterator<Item = Option<(&str, &[u8])>> {
    fn part<'r>(rest: &mut &'r [u8]) -> Option<&'r [u8]> {
        let length = usize::try_from(read_varint(rest)?).ok()?;
        let (part, behind) = rest.split_at_checked(length)?;
        *rest = behind;
        Some(part)
    }
    let mut rest = row;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut term = || {
            let term = std::str::from_utf8(part(&mut rest)?).ok()?;
            Some((term, part(&mut rest)?))
        };
        let term = term();
        if term.is_none() {
            rest = &[];
        }
        Some(term)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_gives_back_its_terms_and_says_where_it_is_damaged() {
        let words = ["a", "crow", "mühe"];
        let rows = buckets(
            words
                .iter()
                .map(|&word| (word.into(), word.as_bytes().to_vec())),
        );
        for word in words {
            let row = &rows[&bucket(word)];
            assert!(terms(row).any(|entry| entry == Some((word, word.as_bytes()))));
            let cut = terms(&row[..row.len() - 1]).last();
            assert_eq!(cut, Some(None));
        }
        // Rows in databases depend on it.
        assert_eq!(["", "a", "crow"].map(bucket), [217, 288, 61]);
        let hashes = [0, 17, u64::MAX].map(content_term);
        assert_eq!(hashes[1], "\u{1}\u{11}\0\0\0\0\0\0\0\0\0");
        assert_eq!(hashes.each_ref().map(|term| bucket(term)), [512, 529, 575]);
    }
}
