//! The keyword index: blocks of postings.

use std::collections::HashMap;

use tokio_postgres::types::Type;

use super::error::DatabaseError;
use super::holdings::Numbers;
use super::scoped::Scoped;
use super::statement::Statement;
use super::table::Table;
use crate::search::bytes::{read_varint, write_varint};
use crate::search::keyword::Posting;
use crate::search::tokens;

/// From so many documents on, a batch makes blocks that are large enough to stay as they are.
pub(super) const LARGE: usize = 256;

/// The postings of a batch of documents, as they will be stored.
#[derive(Debug, Default)]
pub(super) struct Batch {
    terms: HashMap<Box<str>, Block>,
    lengths: Vec<i32>,
    tokens: i64,
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
    /// The words of these texts, which get numbers in their order.
    pub(super) fn of(texts: impl Iterator<Item = String>) -> Self {
        let mut batch = Self::default();
        let mut counts: HashMap<Box<str>, u32> = HashMap::new();
        for (place, text) in (0..).zip(texts) {
            let mut len = 0;
            tokens::tokens(&text, |token| {
                len += 1;
                match counts.get_mut(token) {
                    Some(count) => *count += 1,
                    None => {
                        counts.insert(token.into(), 1);
                    }
                }
            });
            for (term, tf) in counts.drain() {
                batch.terms.entry(term).or_default().push(place, tf, len);
            }
            batch.lengths.push(i32::try_from(len).unwrap_or(i32::MAX));
            batch.tokens += i64::from(len);
        }
        batch
    }

    /// How many words each text has.
    pub(super) fn lengths(&self) -> &[i32] {
        &self.lengths
    }

    /// How many documents it is of.
    pub(super) fn documents(&self) -> usize {
        self.lengths.len()
    }

    /// How many words they have together.
    pub(super) fn tokens(&self) -> i64 {
        self.tokens
    }

    /// Writes the postings of documents that were given the numbers from `first` on.
    pub(super) fn write<R: Table>(self, scope: uuid::Uuid, first: i32) -> Option<Statement> {
        let blocks = self.terms.into_iter();
        let mut blocks: Vec<(Box<str>, Vec<u8>)> =
            blocks.map(|(term, block)| (term, block.bytes)).collect();
        // In the order of the key, so that the index is written page by page.
        blocks.sort_unstable();
        if blocks.is_empty() {
            return None;
        }
        let (terms, postings): (Vec<Box<str>>, Vec<Vec<u8>>) = blocks.into_iter().unzip();
        let insert = format!(
            "INSERT INTO {} (scope_id, term, block, postings) \
             SELECT $1, term, $2, postings FROM unnest($3, $4) AS u (term, postings)",
            R::POSTINGS
        );
        Some(
            Statement::new(insert)
                .with(scope, Type::UUID)
                .with(first, Type::INT4)
                .with(terms, Type::TEXT_ARRAY)
                .with(postings, Type::BYTEA_ARRAY),
        )
    }
}

/// Rows that are read and written at a time while blocks are merged.
const PAGE: i64 = 20_000;

impl Scoped<'_> {
    /// Makes one block of each term's blocks from number `from` on, without the dead. With `from` 0
    /// nothing of the dead is left, and they are forgotten.
    pub(super) async fn merge<R: Table>(
        &mut self,
        numbers: &Numbers,
        from: i32,
    ) -> Result<(), DatabaseError> {
        const DOING: &str = "merging the keyword index";
        let dead = numbers.dead();
        let scope = self.scope.id();
        let mut after = (String::new(), -1);
        loop {
            let page = format!(
                "SELECT term, block, postings FROM {} \
                 WHERE scope_id = $1 AND (term, block) > ($2, $3) AND block >= $4 \
                 ORDER BY term, block LIMIT $5",
                R::POSTINGS
            );
            let page = Statement::new(page)
                .with(scope, Type::UUID)
                .with(after.0.clone(), Type::TEXT)
                .with(after.1, Type::INT4)
                .with(from, Type::INT4)
                .with(PAGE, Type::INT8);
            let rows = self.send(&[page], DOING).await?.remove(0);
            let Some(last) = rows.last() else { break };
            let whole = rows.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            after = (last.get(0), last.get(1));
            let mut merged: Vec<(&str, i32, Block)> = Vec::new();
            for row in &rows {
                let (term, number, bytes): (&str, i32, &[u8]) =
                    (row.get(0), row.get(1), row.get(2));
                let postings =
                    read_block(number, bytes).ok_or_else(|| damaged::<R>(term, number))?;
                if merged.last().is_none_or(|(last, _, _)| *last != term) {
                    merged.push((term, number, Block::default()));
                }
                let Some((_, first, block)) = merged.last_mut() else {
                    continue;
                };
                for posting in postings {
                    if !dead.contains(&posting.doc) {
                        let place = posting
                            .doc
                            .saturating_sub(u32::try_from(*first).unwrap_or(0));
                        block.push(place, posting.tf, posting.len);
                    }
                }
            }
            // Row by row of the key, and not by its range: the first term's blocks of the page before
            // stay as they are.
            let delete = format!(
                "DELETE FROM {} p USING unnest($2, $3) AS u (term, block) \
                 WHERE p.scope_id = $1 AND p.term = u.term AND p.block = u.block",
                R::POSTINGS
            );
            let (terms, blocks): (Vec<String>, Vec<i32>) = rows
                .iter()
                .map(|row| (row.get::<_, String>(0), row.get::<_, i32>(1)))
                .unzip();
            let delete = Statement::new(delete)
                .with(scope, Type::UUID)
                .with(terms, Type::TEXT_ARRAY)
                .with(blocks, Type::INT4_ARRAY);
            merged.retain(|(_, _, block)| !block.bytes.is_empty());
            let insert = format!(
                "INSERT INTO {} (scope_id, term, block, postings) \
                 SELECT $1, term, block, postings FROM unnest($2, $3, $4) AS u (term, block, postings)",
                R::POSTINGS
            );
            let mut insert = Statement::new(insert).with(scope, Type::UUID);
            let terms: Vec<String> = merged
                .iter()
                .map(|(term, _, _)| (*term).to_owned())
                .collect();
            let blocks: Vec<i32> = merged.iter().map(|(_, block, _)| *block).collect();
            let bytes: Vec<Vec<u8>> = merged
                .into_iter()
                .map(|(_, _, block)| block.bytes)
                .collect();
            insert = insert
                .with(terms, Type::TEXT_ARRAY)
                .with(blocks, Type::INT4_ARRAY)
                .with(bytes, Type::BYTEA_ARRAY);
            self.send(&[delete, insert], DOING).await?;
            if whole {
                break;
            }
        }
        let kind = R::KIND.as_str();
        let mut done = Statement::new(format!("UPDATE scopes SET {kind}_fresh = {kind}_next"));
        if from == 0 {
            // Whatever died since they were read stays on the list.
            done.text(&format!(
                ", {kind}_dead = ARRAY(SELECT unnest({kind}_dead) EXCEPT SELECT unnest("
            ));
            done.value(numbers.dead.clone(), Type::INT4_ARRAY)
                .text("))");
        }
        done.text(" WHERE scope_id = ").value(scope, Type::UUID);
        self.send(&[done], DOING).await?;
        Ok(())
    }
}

/// A block that cannot be read.
pub(super) fn damaged<R: Table>(term: &str, block: i32) -> DatabaseError {
    DatabaseError::Damaged {
        what: format!(
            "{} holds no postings for {term:?} in block {block}",
            R::POSTINGS
        ),
    }
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
        let block = |term: &str| read_block(700, &batch.terms[term].bytes).unwrap();
        let posting = |doc, tf, len| Posting { doc, tf, len };
        assert_eq!(block("rust"), [posting(700, 2, 3)]);
        assert_eq!(block("and"), [posting(700, 1, 3), posting(702, 1, 2)]);
        assert_eq!(read_block(0, &[0x80]), None);
        assert_eq!(read_block(0, &[1, 1]), None);
    }
}
