//! What search reads of a scope, compared with its memories.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use tokio_postgres::types::Type;

use super::connect::Connection;
use super::error::DatabaseError;
use super::holdings::{Holdings, Numbers};
use super::look_up;
use super::postings::{BUCKETS, bucket, read_block, terms};
use super::scoped::{Purpose, Scoped};
use super::statement::Statement;
use super::table::{Columns, listed_of_row};
use crate::model::{Kind, Scope};
use crate::search::text::indexed;
use crate::search::tokens;

const DOING: &str = "comparing what search reads with the memories";

/// All of it is looked at as it is at one moment, and that takes its time.
const TIME: Duration = Duration::from_secs(6 * 3600);

/// Something that search reads and that is not as the memories say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Amiss {
    /// The number of memories in the keyword index.
    Documents {
        /// Nodes or episodes.
        kind: Kind,
        /// How many are counted.
        counted: u64,
        /// How many there are.
        there: u64,
    },
    /// The number of their words.
    Words {
        /// Nodes or episodes.
        kind: Kind,
        /// How many are counted.
        counted: u64,
        /// How many there are.
        there: u64,
    },
    /// The number that the next memory would get is another's.
    Numbers {
        /// Nodes or episodes.
        kind: Kind,
    },
    /// Blocks of postings that hold something else.
    Unreadable {
        /// Nodes or episodes.
        kind: Kind,
        /// How many.
        blocks: u64,
    },
    /// Postings of memories that are gone, and not known to be.
    Gone {
        /// Nodes or episodes.
        kind: Kind,
        /// Of how many memories.
        memories: u64,
    },
    /// Memories whose postings are not those of their texts.
    Texts {
        /// Nodes or episodes.
        kind: Kind,
        /// How many.
        memories: u64,
        /// The id of one.
        first: String,
    },
    /// Vectors that search reads.
    Vectors {
        /// Nodes or episodes.
        kind: Kind,
        /// Memories with a vector that lack it.
        lacking: u64,
        /// Memories for which it is another.
        differing: u64,
        /// Vectors of no memory.
        surplus: u64,
    },
}

impl fmt::Display for Amiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |count: u64, kind: Kind| match count {
            1 => format!("1 {}", kind.as_str()),
            _ => format!("{count} {}", kind.plural()),
        };
        match self {
            Self::Documents {
                kind,
                counted,
                there,
            } => write!(
                f,
                "{} counted in the keyword index, {there} there",
                of(*counted, *kind)
            ),
            Self::Words {
                kind,
                counted,
                there,
            } => write!(
                f,
                "{counted} words of {} counted, {there} there",
                kind.plural()
            ),
            Self::Numbers { kind } => write!(
                f,
                "the next of the {} would get a number that another has",
                kind.plural()
            ),
            Self::Unreadable { kind, blocks } => {
                let word = if *blocks == 1 { "block" } else { "blocks" };
                write!(
                    f,
                    "{blocks} damaged {word} in the keyword index of {}",
                    kind.plural()
                )
            }
            Self::Gone { kind, memories } => {
                write!(f, "words of {} that are gone", of(*memories, *kind))
            }
            Self::Texts {
                kind,
                memories,
                first,
            } => write!(
                f,
                "{} with other words than the text has, such as {first:?}",
                of(*memories, *kind)
            ),
            Self::Vectors {
                kind,
                lacking,
                differing,
                surplus,
            } => write!(
                f,
                "vectors of {}: {lacking} lacking, {differing} differing, {surplus} of no memory",
                kind.plural()
            ),
        }
    }
}

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
        let place = self.place().await?;
        let mut scoped = self.bind(&place, scope, Purpose::Reading(TIME));
        let rows = scoped.send(&[Holdings::query(scope, false)], DOING).await?;
        let rows = rows.first().map_or(&[][..], Vec::as_slice);
        let holdings = Holdings::read(rows, scope, scoped.target())?;
        let mut amiss = Vec::new();
        for kind in Kind::ALL {
            scoped
                .inspect(kind, &holdings, deep, progress, &mut amiss)
                .await?;
        }
        scoped.leave();
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
        holdings: &Holdings,
        deep: bool,
        progress: &(dyn Fn(u64) + Send + Sync),
        amiss: &mut Vec<Amiss>,
    ) -> Result<(), DatabaseError> {
        let numbers = holdings.of(kind);
        let narrow = self.count_up(kind, numbers, amiss).await?;
        let vectors = match deep {
            false => self.count_vectors(kind, narrow).await?,
            true => {
                let mut docs = HashMap::new();
                let vectors = self.read_texts(kind, narrow, &mut docs, progress).await?;
                // Words of an older tokenizer are told elsewhere.
                if holdings.outdated(kind) == 0 {
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
        numbers: &Numbers,
        amiss: &mut Vec<Amiss>,
    ) -> Result<[u64; 2], DatabaseError> {
        let counts = format!(
            "SELECT count(doc), coalesce(sum(tokens) FILTER (WHERE doc IS NOT NULL), 0), \
                    coalesce(max(doc), -1) < $2, count(embedding) \
             FROM {} WHERE scope_id = $1",
            kind.table()
        );
        let vectors = [kind.embeddings(), kind.vectors()].map(|table| {
            let count = format!("SELECT count(*) FROM {table} WHERE scope_id = $1");
            Statement::new(count).with(self.scope.id(), Type::UUID)
        });
        let counts = Statement::new(counts)
            .with(self.scope.id(), Type::UUID)
            .with(numbers.next, Type::INT4);
        let statements: Vec<Statement> = [counts].into_iter().chain(vectors).collect();
        let answers = self.send(&statements, DOING).await?;
        let mut rows = answers.iter().flatten();
        let (Some(counts), Some(beside), Some(narrow)) = (rows.next(), rows.next(), rows.next())
        else {
            return Ok([0; 2]);
        };
        let count = |at| counts.get::<_, i64>(at).unsigned_abs();
        let [beside, narrow] = [beside, narrow].map(|row| row.get::<_, i64>(0).unsigned_abs());
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
        Ok([count(3) + beside, narrow])
    }

    /// How many vectors are lacking, differ (not looked at) and are of no memory. Only where the counts
    /// differ is more to be read: an all-zero vector has no narrow form.
    async fn count_vectors(
        &mut self,
        kind: Kind,
        [full, narrow]: [u64; 2],
    ) -> Result<[u64; 3], DatabaseError> {
        if full == narrow {
            return Ok([0; 3]);
        }
        let lacking = format!(
            "SELECT count(*) FROM {} m CROSS JOIN {} LEFT JOIN {} ON true \
             WHERE m.scope_id = $1 AND n.v IS NULL AND vector_norm(l2_normalize(e.embedding)) > 0",
            kind.table(),
            look_up::every_full(kind, "$1"),
            look_up::narrow(kind, "$1", "e.space_id")
        );
        let lacking = Statement::new(lacking).with(self.scope.id(), Type::UUID);
        let rows = self.send(&[lacking], DOING).await?;
        let lacking = rows.iter().flatten().next();
        let lacking = lacking.map_or(0, |row| row.get::<_, i64>(0).unsigned_abs());
        Ok([lacking, 0, narrow.saturating_sub(full)])
    }

    /// Reads every memory. Gives how many vectors are lacking, differ, and are of no memory.
    async fn read_texts(
        &mut self,
        kind: Kind,
        [_, narrow]: [u64; 2],
        docs: &mut HashMap<u32, Doc>,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<[u64; 3], DatabaseError> {
        let columns = listed_of_row(kind);
        let page = format!(
            "SELECT {columns}, m.doc, m.tokens, c.lacking, c.differing, c.same \
             FROM (SELECT * FROM {} WHERE scope_id = $1 AND id > $2 ORDER BY id LIMIT 512) m \
             CROSS JOIN LATERAL (\
                 SELECT count(*) FILTER (WHERE n.v IS NULL) AS lacking, \
                        count(*) FILTER (WHERE n.v <> u.v::halfvec) AS differing, \
                        count(*) FILTER (WHERE n.v = u.v::halfvec) AS same \
                 FROM {} CROSS JOIN LATERAL (SELECT l2_normalize(e.embedding) AS v OFFSET 0) u LEFT JOIN {} ON true \
                 WHERE vector_norm(u.v) > 0) c \
             ORDER BY m.id",
            kind.table(),
            look_up::every_full(kind, "$1"),
            look_up::narrow(kind, "$1", "e.space_id")
        );
        let (mut lacking, mut differing, mut right) = (0, 0, 0);
        let mut after = String::new();
        loop {
            let page = Statement::new(page.clone())
                .with(self.scope.id(), Type::UUID)
                .with(after, Type::TEXT);
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
        Ok([lacking, differing, narrow.saturating_sub(right + differing)])
    }

    /// Reads every posting, and takes it from what the texts have.
    async fn read_postings(
        &mut self,
        kind: Kind,
        numbers: &Numbers,
        mut docs: HashMap<u32, Doc>,
        amiss: &mut Vec<Amiss>,
    ) -> Result<(), DatabaseError> {
        /// Buckets that are in hand at a time.
        const HAND: i16 = 16;
        let dead = numbers.dead();
        let (mut gone, mut blocks) = (HashSet::new(), 0);
        let some = format!(
            "SELECT bucket, block, postings FROM {} WHERE scope_id = $1 AND bucket >= $2 AND bucket < $3",
            kind.postings()
        );
        for low in (0..BUCKETS as i16).step_by(usize::from(HAND.unsigned_abs())) {
            let some = Statement::new(some.clone())
                .with(self.scope.id(), Type::UUID)
                .with(low, Type::INT2)
                .with(low + HAND, Type::INT2);
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
        gone.retain(|doc| !dead.contains(doc));
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
            let name = format!(
                "SELECT m.id FROM unnest($2) AS wanted (doc) {}",
                look_up::by_doc(kind, "$1", "wanted.doc")
            );
            let name = Statement::new(name)
                .with(self.scope.id(), Type::UUID)
                .with(vec![i32::try_from(*first).unwrap_or(-1)], Type::INT4_ARRAY);
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
