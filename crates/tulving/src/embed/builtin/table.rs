//! The model's file, read in place.

use std::cmp::Ordering;
use std::ops::Range;

/// Numbers in a row.
pub(super) const WIDTH: usize = 256;
/// Bytes before the table: the magic, the width, and how many features there are of each kind.
const HEADER: usize = 24;
/// Letters of a word; a longer one has no meaning that a table could hold.
const MOST_LETTERS: usize = 64;

/// Rows by feature. Its making and its layout are in `scripts/distill/student.py`.
///
/// Nothing is unpacked or copied: the file is part of the program, and looking up is a binary search in it.
pub(super) struct Table {
    beginnings: Range<usize>,
    continuations: Range<usize>,
    pairs: Range<usize>,
    ends: &'static [[u8; 4]],
    scales: &'static [[u8; 4]],
    rows: &'static [[u8; WIDTH]],
    keys: &'static [u8],
}

impl Table {
    /// Reads a table; returns `None` if the bytes are not a table of this width.
    pub(super) const fn read(file: &'static [u8]) -> Option<Self> {
        let Some((header, body)) = file.split_first_chunk::<HEADER>() else {
            return None;
        };
        let (header, _) = header.as_chunks::<4>();
        if !matches!((&header[0], &header[1]), (b"TULV", b"ING1")) || number(header[2]) != WIDTH {
            return None;
        }
        let continuations = number(header[3]);
        let pairs = continuations + number(header[4]);
        let count = pairs + number(header[5]);
        let Some((ends, body)) = body.split_at_checked(4 * count) else {
            return None;
        };
        let Some((scales, body)) = body.split_at_checked(4 * count) else {
            return None;
        };
        let Some((rows, keys)) = body.split_at_checked(WIDTH * count) else {
            return None;
        };
        Some(Self {
            beginnings: 0..continuations,
            continuations: continuations..pairs,
            pairs: pairs..count,
            ends: ends.as_chunks().0,
            scales: scales.as_chunks().0,
            rows: rows.as_chunks().0,
            keys,
        })
    }

    /// Finds the pieces of a word: the longest known beginning, then the longest known continuation,
    /// and so on. Nothing if a part of it is not known.
    pub(super) fn pieces(&self, word: &str, found: &mut Vec<usize>) {
        let before = found.len();
        let mut rest = word;
        if word.chars().count() > MOST_LETTERS {
            return;
        }
        while !rest.is_empty() {
            let kind = if rest.len() == word.len() {
                &self.beginnings
            } else {
                &self.continuations
            };
            let longest = rest
                .char_indices()
                .rev()
                .map(|(start, c)| start + c.len_utf8())
                .find_map(|end| Some((end, self.find(kind, &rest[..end])?)));
            let Some((end, number)) = longest else {
                found.truncate(before);
                return;
            };
            found.push(number);
            rest = &rest[end..];
        }
    }

    /// Returns the feature of two words with a space between them.
    pub(super) fn pair(&self, words: &str) -> Option<usize> {
        self.find(&self.pairs, words)
    }

    /// Adds the row of a feature.
    ///
    /// One multiplication and one addition for each number, each rounded: the same on every machine.
    pub(super) fn add(&self, feature: usize, total: &mut [f32; WIDTH]) {
        let (Some(row), Some(scale)) = (self.rows.get(feature), self.scales.get(feature)) else {
            return;
        };
        let scale = f32::from_le_bytes(*scale);
        for (sum, &byte) in total.iter_mut().zip(row) {
            *sum += f32::from(byte.cast_signed()) * scale;
        }
    }

    /// Features of one kind lie in the order of their bytes.
    fn find(&self, kind: &Range<usize>, key: &str) -> Option<usize> {
        let (mut low, mut high) = (kind.start, kind.end);
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.key(middle).cmp(key.as_bytes()) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    fn key(&self, feature: usize) -> &'static [u8] {
        let start = feature.checked_sub(1).map_or(0, |before| self.end(before));
        self.keys.get(start..self.end(feature)).unwrap_or_default()
    }

    fn end(&self, feature: usize) -> usize {
        self.ends.get(feature).map_or(0, |end| number(*end))
    }
}

const fn number(bytes: [u8; 4]) -> usize {
    u32::from_le_bytes(bytes) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_whole_and_in_order() {
        let table = &super::super::TABLE;
        for kind in [&table.beginnings, &table.continuations, &table.pairs] {
            assert!(!kind.is_empty());
            assert!(
                kind.clone()
                    .is_sorted_by(|&a, &b| table.key(a) < table.key(b))
            );
        }
        let count = table.pairs.end;
        assert_eq!(
            (table.ends.len(), table.scales.len(), table.rows.len()),
            (count, count, count)
        );
        assert_eq!(table.keys.len(), table.end(count - 1));
        assert!(
            table
                .scales
                .iter()
                .all(|scale| f32::from_le_bytes(*scale).is_finite())
        );
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert!(Table::read(b"").is_none());
        assert!(Table::read(b"TULVING2aaaabbbbccccdddd").is_none());
        let model = super::super::MODEL;
        assert!(Table::read(&model[..9_000_000]).is_none());
        assert!(Table::read(model).is_some());
        for (at, what) in [(7, "the version"), (9, "the width")] {
            let mut other = model.to_vec();
            other[at] ^= 2;
            assert!(Table::read(other.leak()).is_none(), "{what}");
        }
    }

    #[test]
    fn words_fall_into_their_longest_pieces() {
        let table = &super::super::TABLE;
        let pieces = |word: &str| {
            let mut found = Vec::new();
            table.pieces(word, &mut found);
            found
                .iter()
                .map(|&f| std::str::from_utf8(table.key(f)).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(pieces("timeout"), ["timeout"]);
        assert_eq!(pieces("tulvings"), ["tu", "lving", "s"]);
        assert_eq!(pieces(&"a".repeat(65)), [""; 0]);
        // Letters are counted, not bytes.
        assert!(!pieces(&"о".repeat(64)).is_empty());
        assert_eq!(pieces("ab𝔸"), [""; 0]);
    }
}
