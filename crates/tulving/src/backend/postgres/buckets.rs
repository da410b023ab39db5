//! Buckets: which terms of the keyword index share a row, and how it holds their postings.

use std::collections::BTreeMap;

use crate::search::bytes::{read_varint, write_varint};

/// Returns into which bucket a term goes: FNV-1a, which every version must reckon alike.
pub(super) fn bucket(term: &str) -> i16 {
    let hash = term.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    // The upper half depends on all of the term.
    i16::try_from((hash ^ (hash >> 16)) % BUCKETS).unwrap_or_default()
}

/// So much lower are the buckets of postings that are not searched yet, and the one of notes on them; see
/// [`rebuild`](super::rebuild).
pub(super) const BESIDE: i16 = 1024;
pub(super) const NOTES: i16 = i16::MIN;

/// So many rows a large batch makes: few enough to write quickly, and each small enough to read whole
/// for the sake of one term.
pub(super) const BUCKETS: u32 = 512;

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
    }
}
