//! A segment: an immutable inverted index in one buffer of bytes, a file to keep and a value to look
//! terms up in.
//!
//! Numbers are little-endian. A header of 64 bytes: the mark `TulvSeg2`, checksums (XXH3, 64 bits) of the
//! rest of the header and of the body, then the sizes of what follows:
//!
//! | section | entries |
//! |---|---|
//! | documents | number `u32` and length in tokens `u32`, by number |
//! | terms | where its text and its postings begin, `u64` each, by text; one more ends the last |
//! | texts | of the terms, one after the other |
//! | postings | varints: twice the step from the last document's place, plus 1 if a count follows |

mod builder;

pub use builder::{OutOfOrder, SegmentBuilder};

use twox_hash::XxHash3_64;

use super::bytes::{read_varint, u32_at, u64_at};
use super::index::Index;
use super::keyword::{Posting, Statistics};

/// The last character is the version.
const MARK: &[u8; 8] = b"TulvSeg2";
const HEADER: usize = 64;

/// Why bytes are not a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// They begin otherwise: another kind of file, or another version.
    #[error("not a segment of this version")]
    Mark,
    /// There are fewer or more than the header says.
    #[error("{found} bytes where the header says {expected}")]
    Length {
        /// Bytes that the header promises.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// A checksum is wrong.
    #[error("damaged: the checksum is wrong")]
    Checksum,
}

/// An open segment.
#[derive(Debug, Clone)]
pub struct Segment<B> {
    bytes: B,
    statistics: Statistics,
    terms: usize,
    /// Where the sections begin, and where the last ends.
    table: usize,
    texts: usize,
    postings: usize,
    end: usize,
}

impl<B: AsRef<[u8]>> Segment<B> {
    /// Opens a segment by its header; the rest is not read. Damage in it is found by
    /// [`verify`](Self::verify); without that it costs postings, but no panic.
    ///
    /// # Errors
    /// If the bytes are not a segment, of another version, cut short, or damaged in the header.
    pub fn open(bytes: B) -> Result<Self, SegmentError> {
        let all = bytes.as_ref();
        let header = all
            .first_chunk::<HEADER>()
            .filter(|header| header.starts_with(MARK))
            .ok_or(SegmentError::Mark)?;
        let field = |at| u64_at(header, at).unwrap_or(0);
        if field(8) != XxHash3_64::oneshot(&header[16..]) {
            return Err(SegmentError::Checksum);
        }
        let (documents, tokens, terms) = (field(24), field(32), field(40));
        let table = documents.saturating_mul(8).saturating_add(HEADER as u64);
        let texts = terms
            .saturating_add(1)
            .saturating_mul(16)
            .saturating_add(table);
        let postings = texts.saturating_add(field(48));
        let expected = postings.saturating_add(field(56));
        let found = all.len() as u64;
        if expected != found {
            return Err(SegmentError::Length { expected, found });
        }
        // Nothing is beyond the end, and the end is a usize.
        Ok(Self {
            statistics: Statistics { documents, tokens },
            terms: terms as usize,
            table: table as usize,
            texts: texts as usize,
            postings: postings as usize,
            end: all.len(),
            bytes,
        })
    }

    /// Compares the whole with its checksum, at memory speed.
    ///
    /// # Errors
    /// If anything was changed since it was built.
    pub fn verify(&self) -> Result<(), SegmentError> {
        let bytes = self.bytes.as_ref();
        let body = bytes.get(HEADER..).map(XxHash3_64::oneshot);
        if body.is_some() && body == u64_at(bytes, 16) {
            Ok(())
        } else {
            Err(SegmentError::Checksum)
        }
    }

    /// Returns the bytes, as they were given.
    #[must_use]
    pub fn bytes(&self) -> &B {
        &self.bytes
    }

    /// Returns the documents, by number.
    pub fn documents(&self) -> impl Iterator<Item = u32> {
        let bytes = self.bytes.as_ref();
        let all = bytes.get(HEADER..self.table).unwrap_or_default();
        all.chunks_exact(8).filter_map(|entry| u32_at(entry, 0))
    }

    /// Returns the postings of a term, by number; none if nothing holds it.
    pub fn postings(&self, term: &str) -> impl Iterator<Item = Posting> {
        let mut rest = self.encoded(term).unwrap_or_default();
        let mut place = 0_u64;
        std::iter::from_fn(move || {
            let number = read_varint(&mut rest)?;
            let tf = if number & 1 == 0 {
                1
            } else {
                u32::try_from(read_varint(&mut rest)?).ok()?
            };
            place = place.checked_add(number >> 1)?;
            let (doc, len) = self.document(place)?;
            Some(Posting { doc, tf, len })
        })
    }

    fn encoded(&self, term: &str) -> Option<&[u8]> {
        let (mut low, mut high) = (0, self.terms);
        while low < high {
            let middle = low.midpoint(high);
            match self.text(middle)?.cmp(term.as_bytes()) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => {
                    return self.slice(middle, 8, self.postings..self.end);
                }
            }
        }
        None
    }

    fn text(&self, term: usize) -> Option<&[u8]> {
        self.slice(term, 0, self.texts..self.postings)
    }

    /// Returns the part of a section that belongs to a term; `field` tells which column of the table
    /// says where it begins.
    fn slice(&self, term: usize, field: usize, section: std::ops::Range<usize>) -> Option<&[u8]> {
        let bytes = self.bytes.as_ref();
        let at = self.table + term * 16 + field;
        let begin = usize::try_from(u64_at(bytes, at)?).ok()?;
        let end = usize::try_from(u64_at(bytes, at + 16)?).ok()?;
        bytes.get(section)?.get(begin..end)
    }

    /// Returns the number and the length of the document at a place.
    fn document(&self, place: u64) -> Option<(u32, u32)> {
        if place >= self.statistics.documents {
            return None;
        }
        let at = HEADER + place as usize * 8;
        let bytes = self.bytes.as_ref();
        Some((u32_at(bytes, at)?, u32_at(bytes, at + 4)?))
    }
}

impl<B: AsRef<[u8]>> Index for Segment<B> {
    fn statistics(&self) -> Statistics {
        self.statistics
    }

    fn len_of(&self, doc: u32) -> Option<u32> {
        let (mut low, mut high) = (0, self.statistics.documents);
        while low < high {
            let middle = low.midpoint(high);
            let (found, len) = self.document(middle)?;
            match found.cmp(&doc) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(len),
            }
        }
        None
    }

    fn postings(&self, term: &str, each: &mut dyn FnMut(Posting)) {
        Segment::postings(self, term).for_each(each);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::delta::Delta;
    use crate::index::{gather, statistics};
    use crate::keyword::score;
    use crate::tokens;

    fn built(documents: &BTreeMap<u32, String>) -> Vec<u8> {
        let mut builder = SegmentBuilder::new();
        for (doc, text) in documents {
            builder.add(*doc, text).unwrap();
        }
        builder.finish()
    }

    fn documents() -> impl Strategy<Value = BTreeMap<u32, String>> {
        prop::collection::btree_map(
            0_u32..5000,
            "([a-d]{1,2}|猫犬|x_y)( ([a-d]{1,2}|z)){0,8}|",
            0..40,
        )
    }

    #[test]
    fn numbers_have_to_rise() {
        let mut builder = SegmentBuilder::new();
        builder.add(5, "a").unwrap();
        assert_eq!(builder.add(5, "b"), Err(OutOfOrder { doc: 5, last: 5 }));
    }

    #[test]
    fn what_is_no_segment_is_refused() {
        let bytes = built(&BTreeMap::from([(1, "some words".to_owned())]));
        let refused = |bytes: &[u8]| Segment::open(bytes).unwrap_err();
        assert_eq!(refused(b""), SegmentError::Mark);
        assert_eq!(refused(&[b'{'; 100]), SegmentError::Mark);
        assert!(matches!(
            refused(&bytes[..bytes.len() - 1]),
            SegmentError::Length { .. }
        ));
        let longer = [&bytes[..], &[0]].concat();
        assert!(matches!(refused(&longer), SegmentError::Length { .. }));
        let mut next_version = bytes.clone();
        next_version[7] = b'3';
        assert_eq!(refused(&next_version), SegmentError::Mark);
        let mut header = bytes;
        header[24] ^= 1;
        assert_eq!(refused(&header), SegmentError::Checksum);
    }

    #[test]
    fn postings_of_documents_that_are_not_there_are_left_out() {
        let mut bytes = built(&BTreeMap::from([(1, "word".to_owned())]));
        let last = bytes.len() - 1;
        assert_eq!(bytes[last], 0, "the first place, no count");
        bytes[last] = 2;
        let segment = Segment::open(&bytes[..]).unwrap();
        assert_eq!(segment.postings("word").next(), None);
        assert_eq!(segment.verify(), Err(SegmentError::Checksum));
    }

    proptest! {
        #[test]
        fn holds_what_was_added(documents in documents()) {
            let bytes = built(&documents);
            let segment = Segment::open(&bytes[..]).unwrap();
            segment.verify().unwrap();
            prop_assert!(segment.documents().eq(documents.keys().copied()));
            let mut expected: BTreeMap<String, Vec<Posting>> = BTreeMap::new();
            let mut all = 0;
            for (&doc, text) in &documents {
                let terms = tokens::terms(text);
                let len = terms.len() as u32;
                prop_assert_eq!(segment.len_of(doc), Some(len));
                all += u64::from(len);
                for term in terms {
                    let postings = expected.entry(term).or_default();
                    match postings.last_mut().filter(|posting| posting.doc == doc) {
                        Some(posting) => posting.tf += 1,
                        None => postings.push(Posting { doc, tf: 1, len }),
                    }
                }
            }
            let found = Statistics { documents: documents.len() as u64, tokens: all };
            prop_assert_eq!(segment.statistics(), found);
            for (term, postings) in expected {
                prop_assert_eq!(segment.postings(&term).collect::<Vec<_>>(), postings);
            }
            prop_assert_eq!(segment.postings("not there").count(), 0);
            prop_assert_eq!(segment.len_of(9999), None);
        }

        /// However memories are spread over segments and what was written since, and whatever was
        /// deleted in between: the scores are those of one new index.
        #[test]
        fn several_indexes_score_as_one(documents in documents(), cut in 0_u32..5000, deleted in 0_u32..9) {
            let is_tombstone = |doc: u32| doc % 10 == deleted;
            let mut delta = Delta::new();
            let (mut old, mut live) = (BTreeMap::new(), BTreeMap::new());
            for (doc, text) in documents {
                if !is_tombstone(doc) {
                    live.insert(doc, text.clone());
                }
                if doc < cut {
                    old.insert(doc, text);
                } else {
                    delta.add(doc, "words that were there before");
                    delta.add(doc, &text);
                    if is_tombstone(doc) {
                        prop_assert!(delta.remove(doc));
                    }
                }
            }
            let segment = Segment::open(built(&old)).unwrap();
            let rebuilt = Segment::open(built(&live)).unwrap();
            let terms: Vec<String> = ["a", "bc", "z", "x", "猫犬", "word"].map(str::to_owned).into();
            let indexes: [&dyn Index; 2] = [&segment, &delta];
            let counted = statistics(&indexes, old.keys().copied().filter(|doc| is_tombstone(*doc)));
            prop_assert_eq!(counted, rebuilt.statistics());
            let found = score(counted, &gather(&indexes, &terms, &is_tombstone, &|_| true));
            let expected = gather(&[&rebuilt], &terms, &|_| false, &|_| true);
            prop_assert_eq!(&found, &score(counted, &expected));
            // A filter takes hits away and changes no score.
            let even = score(counted, &gather(&indexes, &terms, &is_tombstone, &|doc| doc % 2 == 0));
            let found: Vec<_> = found.into_iter().filter(|(doc, _)| doc % 2 == 0).collect();
            prop_assert_eq!(even, found);
        }

        #[test]
        fn damage_is_found_and_panics_nowhere(
            documents in documents(),
            flips in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..4),
            cut in any::<prop::sample::Index>(),
            reseal in any::<bool>(),
        ) {
            let whole = built(&documents);
            let mut bytes = whole.clone();
            for (at, bit) in flips {
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
            }
            prop_assert!(Segment::open(&whole[..cut.index(whole.len())]).is_err());
            if reseal {
                // As if made so by someone who knows the checksum.
                let sum = XxHash3_64::oneshot(&bytes[16..HEADER]).to_le_bytes();
                bytes[8..16].copy_from_slice(&sum);
            }
            if let Ok(segment) = Segment::open(&bytes[..]) {
                prop_assert!(bytes == whole || segment.verify().is_err() || reseal);
                let terms: Vec<String> = ["a", "b", "cd", "z", "x_y", "猫犬"].map(str::to_owned).into();
                let gathered = gather(&[&segment], &terms, &|_| false, &|_| true);
                let _ = score(segment.statistics(), &gathered);
                let _ = (segment.documents().count(), segment.len_of(7));
            }
        }
    }
}
