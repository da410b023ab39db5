//! The keyword index made anew from the texts, beside the one that searches read.
//!
//! New postings go into buckets that no search asks for, batch by batch, each with a note of what it
//! covers, so that a rebuilding that was killed is taken up where it stood. When every memory is covered,
//! one short transaction puts them in the place of the old ones. A number is a memory's as long as its
//! words are the same: what others write meanwhile has a number that is not covered, and what they remove
//! leaves a number that is no memory's.

use std::collections::{BTreeMap, BTreeSet};

use super::connect::{Connection, Database};
use super::error::DatabaseError;
use super::index_step::IndexStep;
use super::postings::{self as keyword, Batch};
use super::refusal::Refusal;
use super::scoped::Scoped;
use super::session::Rights;
use super::sql::{Statement, owners, postings, scopes};
use super::statistics::ScopeStatistics;
use super::table::Columns;
use crate::model::{Kind, Scope};
use crate::search::bytes::{read_varint, write_varint};
use crate::search::text::indexed;

const DOING: &str = "making the keyword index anew";

/// How many memories are read at a time.
const BATCH: usize = 2048;
/// So often memories are looked for that were written meanwhile, before writers have to wait.
const ROUNDS: usize = 8;
/// Postings that were made by other rules are of no use.
const RULES: u64 = keyword::RULES.unsigned_abs() as u64;

/// The numbers of memories whose new postings are there, and how many words each has.
type Covered = BTreeMap<i32, i32>;

impl Database {
    /// Makes the words of every owner's memories anew that other rules made than this program's; gives
    /// of how many. Owners that someone else is at work on are left to them. The lock of an owner whose
    /// words are made anew takes a second connection.
    ///
    /// # Errors
    /// If a connection is lost, or a memory cannot be read.
    pub async fn renew_words(
        &self,
        connection: &mut Connection,
        progress: &(dyn Fn(IndexStep) + Send + Sync),
    ) -> Result<u64, DatabaseError> {
        let mut renewed = 0;
        for scope in connection.scopes().await? {
            if connection.outdated(scope).await? == 0 {
                continue;
            }
            let lock = match self.lock(scope, 0).await {
                Err(DatabaseError::Locked { .. }) => continue,
                lock => lock?,
            };
            for kind in Kind::ALL {
                renewed += connection.rebuild_words(kind, scope, progress).await?;
            }
            connection.note_tokenizer(scope).await?;
            drop(lock);
        }
        Ok(renewed)
    }
}

impl Connection {
    /// Returns the scopes of all owners; none if the login may not see who they are: then someone else keeps
    /// the tables, and `tulving index` is there for each scope.
    pub(super) async fn scopes(&self) -> Result<Vec<Scope>, DatabaseError> {
        // The scopes themselves are behind the wall; their owners are the tables' owner's to read.
        let all = [owners::all()];
        let owners = self.unscoped(Rights::Login, &all, "listing owners").await;
        let owners = match owners {
            Err(DatabaseError::Refused(Refusal::Privilege { .. })) => return Ok(Vec::new()),
            owners => owners?,
        };
        Ok(owners
            .iter()
            .flatten()
            .map(|row| match row.get(1) {
                true => Scope::User(row.get(0)),
                false => Scope::Tenant(row.get(0)),
            })
            .collect())
    }

    /// Returns how many memories are found by words that other rules made.
    pub(super) async fn outdated(&mut self, scope: Scope) -> Result<u64, DatabaseError> {
        let target = self.target.clone();
        let scoped = self.scoped(scope).await?;
        let rows = scoped
            .finish(&[ScopeStatistics::query(scope, false)], DOING)
            .await?;
        let rows = rows.first().map_or(&[][..], Vec::as_slice);
        let statistics = ScopeStatistics::read(rows, scope, &target)?;
        Ok(Kind::ALL.map(|kind| statistics.outdated(kind)).iter().sum())
    }

    /// Notes that the words of all memories of a scope were made by this program's rules.
    pub(super) async fn note_tokenizer(&mut self, scope: Scope) -> Result<(), DatabaseError> {
        let note = scopes::note_tokenizer(scope.id());
        let mut scoped = self.scoped(scope).await?;
        scoped.send(&[note], DOING).await?;
        scoped.commit().await
    }

    /// Makes the postings of all memories of a kind anew, and counts them. Gives how many memories there
    /// are. Memories that have no number are left out.
    ///
    /// # Errors
    /// If the connection is lost, or a memory cannot be read.
    pub(super) async fn rebuild_words(
        &mut self,
        kind: Kind,
        scope: Scope,
        progress: &(dyn Fn(IndexStep) + Send + Sync),
    ) -> Result<u64, DatabaseError> {
        let mut scoped = self.scoped(scope).await?;
        let mut covered = scoped.covered(kind).await?;
        scoped.commit().await?;
        for _ in 0..ROUNDS {
            let mut scoped = self.scoped(scope).await?;
            let docs = scoped.docs(kind).await?;
            scoped.commit().await?;
            let missing = missing(&docs, &covered);
            let mut done = docs.len() - missing.len();
            for batch in missing.chunks(BATCH) {
                let mut scoped = self.scoped(scope).await?;
                scoped.cover(kind, batch, &mut covered).await?;
                scoped.commit().await?;
                done += batch.len();
                progress(IndexStep::Words {
                    kind,
                    done: done as u64,
                    of: docs.len() as u64,
                });
            }
            if missing.len() < BATCH {
                break;
            }
        }
        let mut scoped = self.scoped(scope).await?;
        let documents = scoped.put_in_place(kind, covered).await?;
        scoped.commit().await?;
        Ok(documents)
    }
}

/// The numbers that are not covered, in order.
fn missing(docs: &[i32], covered: &Covered) -> Vec<i32> {
    let docs = docs.iter().copied();
    docs.filter(|doc| !covered.contains_key(doc)).collect()
}

impl Scoped<'_> {
    /// The numbers of all memories of a kind, in order.
    async fn docs(&mut self, kind: Kind) -> Result<Vec<i32>, DatabaseError> {
        let docs = postings::numbers(kind, self.scope.id());
        let rows = self.send(&[docs], DOING).await?;
        Ok(rows.iter().flatten().map(|row| row.get(0)).collect())
    }

    /// What a rebuilding that was killed left; of no use if it went by other rules, and removed then.
    async fn covered(&mut self, kind: Kind) -> Result<Covered, DatabaseError> {
        let notes = postings::notes(kind, self.scope.id());
        let rows = self.send(&[notes], DOING).await?;
        let mut covered = Covered::new();
        for row in rows.iter().flatten() {
            if read_note(row.get(0), row.get(1), &mut covered).is_none() {
                covered.clear();
                break;
            }
        }
        if covered.is_empty() {
            let leftover = postings::remove_leftover(kind, self.scope.id());
            self.send(&[leftover], DOING).await?;
        }
        Ok(covered)
    }

    /// Makes the postings of these memories, and puts them beside the others.
    async fn cover(
        &mut self,
        kind: Kind,
        docs: &[i32],
        covered: &mut Covered,
    ) -> Result<(), DatabaseError> {
        let scope = self.scope.id();
        let read = postings::find_by_number(kind, scope, docs);
        let rows = self.send(&[read], DOING).await?;
        let mut memories = Vec::new();
        for row in rows.iter().flatten() {
            let mut fields = Columns::new(kind, row);
            let record = fields.memory()?;
            let (doc, tokens): (i32, Option<i32>) = (fields.get()?, fields.get()?);
            memories.push((doc, tokens, record));
        }
        memories.sort_by_key(|(doc, ..)| *doc);
        let Some(&(first, ..)) = memories.first() else {
            return Ok(());
        };
        let batch = Batch::numbered(
            memories
                .iter()
                .map(|(doc, _, record)| (doc.abs_diff(first), indexed(record))),
        );
        let mut note = Vec::new();
        write_varint(RULES, &mut note);
        let mut last = first;
        let mut statements = Vec::new();
        for ((doc, tokens, record), length) in memories.iter().zip(batch.lengths()) {
            write_varint(u64::from(doc.abs_diff(last)), &mut note);
            write_varint(u64::from(length.unsigned_abs()), &mut note);
            last = *doc;
            covered.insert(*doc, *length);
            if *tokens != Some(*length) {
                let id = record.id();
                statements.push(postings::correct_length(kind, scope, id, *doc, *length));
            }
        }
        statements.push(batch.write_beside(kind, scope, first, note));
        self.send(&statements, DOING).await?;
        Ok(())
    }

    /// Covers what is still missing and puts all of it in the place of the old postings, while writers
    /// wait. Gives how many memories there are.
    async fn put_in_place(
        &mut self,
        kind: Kind,
        mut covered: Covered,
    ) -> Result<u64, DatabaseError> {
        let scope = self.scope;
        let rows = self
            .send(&[ScopeStatistics::query(scope, true)], DOING)
            .await?;
        let rows = rows.first().map_or(&[][..], Vec::as_slice);
        ScopeStatistics::read(rows, scope, self.target())?;
        let docs = self.docs(kind).await?;
        for batch in missing(&docs, &covered).chunks(BATCH) {
            self.cover(kind, batch, &mut covered).await?;
        }
        let there: BTreeSet<i32> = docs.iter().copied().collect();
        let words = docs.iter().filter_map(|doc| covered.get(doc));
        let words: i64 = words.map(|words| i64::from(*words)).sum();
        let tombstones: Vec<i32> = covered
            .into_keys()
            .filter(|doc| !there.contains(doc))
            .collect();
        let next = docs.last().map_or(0, |last| last.saturating_add(1));
        let (scope, memories) = (scope.id(), docs.len() as i64);
        let in_place = postings::put_in_place(kind, scope);
        let count = scopes::count_anew(kind, scope, next, memories, words, tombstones);
        let statements: Vec<Statement> = in_place.into_iter().chain([count]).collect();
        self.send(&statements, DOING).await?;
        Ok(docs.len() as u64)
    }
}

/// Adds what a note says; `None` if it is none, or of other rules.
fn read_note(first: i32, mut note: &[u8], covered: &mut Covered) -> Option<()> {
    if read_varint(&mut note)? != RULES {
        return None;
    }
    let mut doc = first;
    while !note.is_empty() {
        doc = doc.checked_add(i32::try_from(read_varint(&mut note)?).ok()?)?;
        covered.insert(doc, i32::try_from(read_varint(&mut note)?).ok()?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_gives_back_what_it_covers_unless_it_is_of_other_rules_or_damaged() {
        let note = |rules| {
            let mut note = Vec::new();
            for number in [rules, 0, 3, 700, 12] {
                write_varint(number, &mut note);
            }
            note
        };
        let mut covered = Covered::new();
        assert_eq!(read_note(40, &note(RULES), &mut covered), Some(()));
        assert_eq!(covered, Covered::from([(40, 3), (740, 12)]));
        assert_eq!(read_note(0, &note(RULES + 1), &mut covered), None);
        let whole = note(RULES);
        assert_eq!(read_note(0, &whole[..whole.len() - 1], &mut covered), None);
        assert_eq!(missing(&[3, 40, 741], &covered), [3, 741]);
    }
}
