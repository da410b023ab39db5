//! What search reads of a scope, compared with its memories.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use super::amiss::Amiss;
use super::buckets::{BUCKETS, bucket, content_term, terms};
use super::connect::Connection;
use super::error::DatabaseError;
use super::postings::read_block;
use super::scoped::Scoped;
use super::sql::transaction::Purpose;
use super::sql::{inspection, postings};
use super::statistics::{KindStatistics, ScopeStatistics};
use super::table::Columns;
use crate::model::{Kind, Scope};
use crate::search::sameness::content_hash;
use crate::search::text::indexed;
use crate::search::tokens;

const DOING: &str = "comparing what search reads with the memories";

/// All of it is looked at as it is at one moment, and that takes its time.
const TIME: Duration = Duration::from_secs(6 * 3600);

impl Connection {
    /// Compares what search reads of a scope with its memories: counts, and with `deep` every posting and
    /// every vector. Gives what is not as it should be. `progress` is told how many memories were looked at.
    ///
    /// # Errors
    /// If the owner is not in the database, the connection is lost, or a memory cannot be read.
    pub async fn inspect(
        &mut self,
        scope: Scope,
        deep: bool,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Vec<Amiss>, DatabaseError> {
        let place = self.location().await?;
        let mut scoped = self.bind(&place, scope, Purpose::Reading(TIME));
        let rows = scoped
            .send(&[ScopeStatistics::query(scope, false)], DOING)
            .await?;
        let rows = rows.first().map_or(&[][..], Vec::as_slice);
        let statistics = ScopeStatistics::read(rows, scope, scoped.target())?;
        let mut amiss = Vec::new();
        for kind in Kind::ALL {
            scoped
                .inspect(kind, &statistics, deep, progress, &mut amiss)
                .await?;
        }
        scoped.end_read();
        Ok(amiss)
    }
}

/// A memory as its text has it, less what its postings have.
struct Doc {
    words: u64,
    len: u32,
}

impl Doc {
    fn of(text: &str) -> Self {
        let mut doc = Self { words: 0, len: 0 };
        tokens::tokens(text, |token| {
            doc.words = doc.words.wrapping_add(mark(token));
            doc.len += 1;
        });
        let content = mark(&content_term(content_hash(text)));
        doc.words = doc.words.wrapping_add(content);
        doc
    }
}

/// A number that stands for a word.
fn mark(term: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    term.hash(&mut hasher);
    hasher.finish()
}

impl Scoped<'_> {
    async fn inspect(
        &mut self,
        kind: Kind,
        statistics: &ScopeStatistics,
        deep: bool,
        progress: &(dyn Fn(u64) + Send + Sync),
        amiss: &mut Vec<Amiss>,
    ) -> Result<(), DatabaseError> {
        let numbers = statistics.of(kind);
        let half = self.count_up(kind, numbers, amiss).await?;
        let vectors = match deep {
            false => self.count_vectors(kind, half).await?,
            true => {
                let mut docs = HashMap::new();
                let vectors = self.read_texts(kind, half, &mut docs, progress).await?;
                // Words of an older tokenizer are told elsewhere.
                if statistics.outdated(kind) == 0 {
                    self.read_postings(kind, numbers, docs, amiss).await?;
                }
                vectors
            }
        };
        let [lacking, differing, surplus] = vectors;
        if vectors != [0; 3] {
            amiss.push(Amiss::Vectors {
                kind,
                lacking,
                differing,
                surplus,
            });
        }
        Ok(())
    }

    /// Compares the counts of the scope's row. Gives how many memories have a full vector, and how many
    /// vectors there are that search reads.
    async fn count_up(
        &mut self,
        kind: Kind,
        numbers: &KindStatistics,
        amiss: &mut Vec<Amiss>,
    ) -> Result<[u64; 2], DatabaseError> {
        let statements = inspection::count(kind, self.scope.id(), numbers.next);
        let answers = self.send(&statements, DOING).await?;
        let mut rows = answers.iter().flatten();
        let (Some(counts), Some(beside), Some(half)) = (rows.next(), rows.next(), rows.next())
        else {
            return Ok([0; 2]);
        };
        let count = |at| counts.get::<_, i64>(at).unsigned_abs();
        let [beside, half] = [beside, half].map(|row| row.get::<_, i64>(0).unsigned_abs());
        let counted = numbers.statistics();
        if counted.documents != count(0) {
            amiss.push(Amiss::Documents {
                kind,
                counted: counted.documents,
                there: count(0),
            });
        }
        if counted.tokens != count(1) {
            amiss.push(Amiss::Words {
                kind,
                counted: counted.tokens,
                there: count(1),
            });
        }
        if !counts.get::<_, bool>(2) {
            amiss.push(Amiss::Numbers { kind });
        }
        Ok([count(3) + beside, half])
    }

    /// Returns how many vectors are lacking, differ (not looked at) and are of no memory. Only where the counts
    /// differ is more to be read: an all-zero vector has no half-precision one.
    async fn count_vectors(
        &mut self,
        kind: Kind,
        [full, half]: [u64; 2],
    ) -> Result<[u64; 3], DatabaseError> {
        if full == half {
            return Ok([0; 3]);
        }
        let lacking = inspection::count_lacking(kind, self.scope.id());
        let rows = self.send(&[lacking], DOING).await?;
        let lacking = rows.iter().flatten().next();
        let lacking = lacking.map_or(0, |row| row.get::<_, i64>(0).unsigned_abs());
        Ok([lacking, 0, half.saturating_sub(full)])
    }

    /// Reads every memory. Gives how many vectors are lacking, differ, and are of no memory.
    async fn read_texts(
        &mut self,
        kind: Kind,
        [_, half]: [u64; 2],
        docs: &mut HashMap<u32, Doc>,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<[u64; 3], DatabaseError> {
        let (mut lacking, mut differing, mut right) = (0, 0, 0);
        let mut after = String::new();
        loop {
            let page = inspection::read_texts(kind, self.scope.id(), after);
            let rows = self.send(&[page], DOING).await?.remove(0);
            let Some(last) = rows.last() else { break };
            after = last.get(0);
            progress(rows.len() as u64);
            for row in &rows {
                let mut fields = Columns::new(kind, row);
                let record = fields.memory()?;
                let (doc, tokens): (Option<i32>, Option<i32>) = (fields.get()?, fields.get()?);
                for count in [&mut lacking, &mut differing, &mut right] {
                    *count += fields.get::<i64>()?.unsigned_abs();
                }
                let mut read = Doc::of(&indexed(&record));
                if tokens != i32::try_from(read.len).ok() {
                    read.words = read.words.wrapping_add(1);
                }
                if let Some(doc) = doc.and_then(|doc| u32::try_from(doc).ok()) {
                    docs.insert(doc, read);
                }
            }
        }
        Ok([lacking, differing, half.saturating_sub(right + differing)])
    }

    /// Reads every posting, and takes it from what the texts have.
    async fn read_postings(
        &mut self,
        kind: Kind,
        numbers: &KindStatistics,
        mut docs: HashMap<u32, Doc>,
        amiss: &mut Vec<Amiss>,
    ) -> Result<(), DatabaseError> {
        /// Buckets that are in hand at a time.
        const HAND: i16 = 16;
        let tombstones = numbers.tombstones();
        let (mut gone, mut blocks) = (HashSet::new(), 0);
        for low in (0..BUCKETS as i16).step_by(usize::from(HAND.unsigned_abs())) {
            let some = postings::read(kind, self.scope.id(), low, low + HAND);
            for row in self.send(&[some], DOING).await?.iter().flatten() {
                let (of, block): (i16, i32) = (row.get(0), row.get(1));
                let mut is_sound = true;
                for entry in terms(row.get(2)) {
                    let postings = entry.filter(|(term, _)| bucket(term) == of);
                    let Some((term, postings)) =
                        postings.and_then(|(term, bytes)| Some((term, read_block(block, bytes)?)))
                    else {
                        is_sound = false;
                        continue;
                    };
                    let mark = mark(term);
                    for posting in postings {
                        let Some(doc) = docs.get_mut(&posting.doc) else {
                            gone.insert(posting.doc);
                            continue;
                        };
                        let word = mark.wrapping_mul(u64::from(posting.tf));
                        doc.words = doc.words.wrapping_sub(word);
                        if posting.len != doc.len {
                            doc.words = doc.words.wrapping_add(1);
                        }
                    }
                }
                blocks += u64::from(!is_sound);
            }
        }
        gone.retain(|doc| !tombstones.contains(doc));
        if !gone.is_empty() {
            amiss.push(Amiss::Gone {
                kind,
                memories: gone.len() as u64,
            });
        }
        if blocks > 0 {
            // Their words are missed elsewhere.
            amiss.push(Amiss::Unreadable { kind, blocks });
            return Ok(());
        }
        docs.retain(|_, doc| doc.words != 0);
        if let Some(first) = docs.keys().min() {
            let first = i32::try_from(*first).unwrap_or(-1);
            let name = inspection::ids_of_numbers(kind, self.scope.id(), vec![first]);
            let rows = self.send(&[name], DOING).await?;
            let first = rows.iter().flatten().next();
            amiss.push(Amiss::Texts {
                kind,
                memories: docs.len() as u64,
                first: first.map_or_else(String::new, |row| row.get(0)),
            });
        }
        Ok(())
    }
}
