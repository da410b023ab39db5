//! The keyword index: blocks of postings.

use std::collections::{BTreeMap, HashMap};

use super::buckets::{BESIDE, BUCKETS, NOTES, buckets, content_term, terms};
use super::error::DatabaseError;
use super::refusal::Refusal;
use super::scoped::Scoped;
use super::sql::{Statement, postings as sql, scopes};
use super::statistics::KindStatistics;
use crate::model::{Kind, Scope};
use crate::search::bytes::{read_varint, write_varint};
use crate::search::keyword::Posting;
use crate::search::sameness::content_hash;
use crate::search::tokens;

/// By which rules texts become terms: those of the words, and one more since content hashes are among them.
pub(super) const RULES: i32 = tokens::NUMBER + 1;

/// The postings of a batch of documents, as they will be stored.
#[derive(Debug, Default)]
pub(super) struct Batch {
    terms: Vec<(Box<str>, Block)>,
    lengths: Vec<i32>,
    tokens: i64,
}

/// A term's postings so far. Those of the document that is being read are not yet in the block, since
/// its length is not known.
#[derive(Debug, Default)]
struct Term {
    block: Block,
    tf: u32,
}

/// One term's postings; see the comment on the column `postings`.
#[derive(Debug, Default)]
struct Block {
    bytes: Vec<u8>,
    last: u32,
}

impl Block {
    /// Postings come by rising number, counted from the block's own.
    fn push(&mut self, place: u32, tf: u32, len: u32) {
        write_varint(u64::from(place - self.last), &mut self.bytes);
        write_varint(u64::from(tf), &mut self.bytes);
        write_varint(u64::from(len), &mut self.bytes);
        self.last = place;
    }
}

/// Reads a block; `None` if it is not one.
pub(super) fn read_block(number: i32, bytes: &[u8]) -> Option<Vec<Posting>> {
    let mut doc = u64::try_from(number).ok()?;
    let mut rest = bytes;
    let mut postings = Vec::with_capacity(bytes.len() / 3);
    while !rest.is_empty() {
        doc += read_varint(&mut rest)?;
        postings.push(Posting {
            doc: u32::try_from(doc).ok()?,
            tf: u32::try_from(read_varint(&mut rest)?).ok()?,
            len: u32::try_from(read_varint(&mut rest)?).ok()?,
        });
    }
    Some(postings)
}

impl Batch {
    /// Counts the words of these texts, which get numbers in their order.
    pub(super) fn of(texts: impl Iterator<Item = String>) -> Self {
        Self::numbered((0..).zip(texts))
    }

    /// Returns the words of these texts, each with how far its number is from the first; rising.
    pub(super) fn numbered(texts: impl Iterator<Item = (u32, String)>) -> Self {
        let mut numbers: HashMap<Box<str>, usize> = HashMap::new();
        let mut terms: Vec<Term> = Vec::new();
        let mut batch = Self::default();
        let mut held = Vec::new();
        for (place, text) in texts {
            let mut enter = |token: &str| {
                let number = match numbers.get(token) {
                    Some(number) => *number,
                    None => {
                        numbers.insert(token.into(), terms.len());
                        terms.push(Term::default());
                        terms.len() - 1
                    }
                };
                if let Some(term) = terms.get_mut(number) {
                    if term.tf == 0 {
                        held.push(number);
                    }
                    term.tf += 1;
                }
            };
            let mut len = 0;
            tokens::tokens(&text, |token| {
                len += 1;
                enter(token);
            });
            // No word, and no part of its length.
            enter(&content_term(content_hash(&text)));
            for number in held.drain(..) {
                if let Some(Term { block, tf }) = terms.get_mut(number) {
                    block.push(place, std::mem::take(tf), len);
                }
            }
            batch.lengths.push(i32::try_from(len).unwrap_or(i32::MAX));
            batch.tokens += i64::from(len);
        }
        let mut blocks: Vec<Option<Block>> =
            terms.into_iter().map(|term| Some(term.block)).collect();
        batch.terms = numbers
            .into_iter()
            .filter_map(|(term, number)| Some((term, blocks.get_mut(number)?.take()?)))
            .collect();
        batch
    }

    /// Returns how many words each text has.
    pub(super) fn lengths(&self) -> &[i32] {
        &self.lengths
    }

    /// Returns how many documents it is of.
    pub(super) fn documents(&self) -> usize {
        self.lengths.len()
    }

    /// Returns how many words they have together.
    pub(super) fn tokens(&self) -> i64 {
        self.tokens
    }

    /// Writes the postings of documents that were given the numbers from `first` on.
    pub(super) fn write(self, kind: Kind, scope: uuid::Uuid, first: i32) -> Option<Statement> {
        let blocks = self.terms.into_iter();
        let rows = buckets(blocks.map(|(term, block)| (term, block.bytes)));
        (!rows.is_empty()).then(|| sql::insert(kind, scope, first, rows))
    }

    /// Writes the same where no search looks, with a note.
    pub(super) fn write_beside(
        self,
        kind: Kind,
        scope: uuid::Uuid,
        first: i32,
        note: Vec<u8>,
    ) -> Statement {
        let blocks = self.terms.into_iter();
        let rows = buckets(blocks.map(|(term, block)| (term, block.bytes)));
        let beside = rows
            .into_iter()
            .map(|(bucket, postings)| (bucket - BESIDE, postings));
        sql::insert(kind, scope, first, beside.chain([(NOTES, note)]).collect())
    }
}

impl Scoped<'_> {
    /// Makes one block of the blocks from number `from` on, without tombstones. With `from` 0 nothing of
    /// those is left, and they are forgotten.
    pub(super) async fn merge(
        &mut self,
        kind: Kind,
        numbers: &KindStatistics,
        from: i32,
    ) -> Result<(), DatabaseError> {
        const DOING: &str = "merging the keyword index";
        /// Buckets that are in hand at a time.
        const HAND: i16 = 16;
        let tombstones = numbers.tombstones();
        let scope = self.scope.id();
        for low in (0..BUCKETS as i16).step_by(usize::from(HAND.unsigned_abs())) {
            let take = sql::take(kind, scope, low, low + HAND, from);
            let mut rows = self.send(&[take], DOING).await?.remove(0);
            rows.sort_by_key(|row| row.get::<_, i32>(0));
            let Some(first) = rows.first().map(|row| row.get::<_, i32>(0)) else {
                continue;
            };
            let mut merged: BTreeMap<Box<str>, Vec<Posting>> = BTreeMap::new();
            for row in &rows {
                let (block, bytes): (i32, &[u8]) = (row.get(0), row.get(1));
                for entry in terms(bytes) {
                    let (term, postings) = entry.ok_or_else(|| damaged(kind, self.scope))?;
                    let postings =
                        read_block(block, postings).ok_or_else(|| damaged(kind, self.scope))?;
                    let alive = postings.into_iter();
                    let alive = alive.filter(|posting| !tombstones.contains(&posting.doc));
                    merged.entry(term.into()).or_default().extend(alive);
                }
            }
            merged.retain(|_, postings| !postings.is_empty());
            let merged = merged.into_iter().map(|(term, mut postings)| {
                // A load may have come in late, with numbers it had set aside before.
                postings.sort_unstable_by_key(|posting| posting.doc);
                let mut block = Block::default();
                for Posting { doc, tf, len } in postings {
                    block.push(doc.saturating_sub(first.unsigned_abs()), tf, len);
                }
                (term, block.bytes)
            });
            let merged = sql::insert(kind, scope, first, buckets(merged));
            self.send(&[merged], DOING).await?;
        }
        let forgotten = (from == 0).then(|| numbers.tombstones.clone());
        let done = scopes::count_merged(kind, scope, forgotten);
        self.send(&[done], DOING).await?;
        Ok(())
    }
}

/// Says that a block cannot be read.
pub(super) fn damaged(kind: Kind, scope: Scope) -> DatabaseError {
    Refusal::WordsDamaged {
        scope,
        kind: kind.plural(),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_gives_back_what_was_put_in() {
        let texts = ["rust and rust", "", "and more"].map(ToOwned::to_owned);
        let batch = Batch::of(texts.into_iter());
        assert_eq!(batch.lengths(), [3, 0, 2]);
        assert_eq!((batch.documents(), batch.tokens()), (3, 5));
        let block = |wanted: &str| {
            let (_, block) = batch
                .terms
                .iter()
                .find(|(term, _)| **term == *wanted)
                .unwrap();
            read_block(700, &block.bytes).unwrap()
        };
        let posting = |doc, tf, len| Posting { doc, tf, len };
        assert_eq!(block("rust"), [posting(700, 2, 3)]);
        assert_eq!(block("and"), [posting(700, 1, 3), posting(702, 1, 2)]);
        assert_eq!(read_block(0, &[0x80]), None);
        assert_eq!(read_block(0, &[1, 1]), None);
    }
}
