//! The index of a large scope's vectors, and the upkeep of its keyword index.

use std::time::Duration;

use super::connect::{Connection, Database};
use super::error::{DatabaseError, Doing};
use super::index_step::IndexStep;
use super::location::Location;
use super::own_indexes::index_name;
use super::postings::Batch;
use super::refusal::{Refusal, RequiredRole};
use super::scoped::Scoped;
use super::session::Rights;
use super::spaces::Spaces;
use super::sql::search::EXACT;
use super::sql::{Statement, forgotten, indexes, postings, scopes, vectors};
use super::statistics::ScopeStatistics;
use super::table::{Columns, KindTables as _};
use crate::backend::Counts;
use crate::model::{Kind, Scope, Space};
use crate::search::text;

/// Every statement on the table looks at every index of it, so there is an end to their number.
const MOST: i64 = 200;
/// The widest that pgvector builds such an index for.
const WIDEST: usize = 4000;

/// What became of the index of one kind's vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VectorIndex {
    /// There are so few that an exact search is as quick.
    NotNeeded,
    /// pgvector has no index for vectors of this width: searches stay exact.
    TooWide,
    /// It was there.
    Ready,
    /// It was built.
    Built,
}

/// What was found and done for one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Indexed {
    /// Nodes or episodes.
    pub kind: Kind,
    /// Memories that were entered into the keyword index.
    pub words: u64,
    /// Memories whose words were made anew from their texts.
    pub rebuilt: u64,
    /// Vectors that search reads and that were not as the full ones say.
    pub mended: u64,
    /// Vectors in the scope.
    pub vectors: u64,
    /// The index of the vectors.
    pub index: VectorIndex,
}

impl Database {
    /// Brings everything that finds a scope's memories into its best form: enters what is missing in
    /// the keyword index, makes words anew that other rules made, merges blocks, and builds an index of the vectors where there are many.
    /// Readers and writers go on meanwhile, and searches are exact until the index is ready. Whatever
    /// a killed or dropped one left is taken up or built anew.
    ///
    /// With `rebuild` everything is made anew from texts and full vectors, whatever state it is in, and
    /// indexes of owners that are gone are removed.
    ///
    /// # Errors
    /// If the owner is not in the database, or the login role does not own the tables.
    pub async fn index(
        &self,
        scope: Scope,
        rebuild: bool,
        progress: &(dyn Fn(IndexStep) + Send + Sync),
    ) -> Result<Vec<Indexed>, DatabaseError> {
        let mut connection = self.connect().await?;
        connection.require_target().await?;
        connection.require_scope(scope).await?;
        let lock = self.lock(scope, 30).await?;
        let indexed = self
            .index_locked(&mut connection, scope, rebuild, progress)
            .await?;
        if rebuild {
            match connection.drop_orphaned_indexes().await {
                // Whoever owns the tables will.
                Err(DatabaseError::Refused(Refusal::Privilege { .. })) => {}
                dropped => drop(dropped?),
            }
        }
        drop(lock);
        Ok(indexed)
    }

    /// Builds the indexes of the vectors of one space that a scope keeps, where there are many of them: before it
    /// is cut over to that space, so that searches are as quick afterwards. Returns what became of each; of the words
    /// nothing is done. For who holds the scope's lock.
    ///
    /// # Errors
    /// As [`index`](Self::index).
    pub async fn index_space(
        &self,
        scope: Scope,
        space: &Space,
        progress: &(dyn Fn(IndexStep) + Send + Sync),
    ) -> Result<Vec<Indexed>, DatabaseError> {
        let mut connection = self.connect().await?;
        let mut scoped = connection.scoped(scope).await?;
        let (_, kept) = scoped.spaces_in_use().await?;
        scoped.commit().await?;
        let kept = kept.into_iter();
        let mut kept = kept.filter(|(_, kept)| kept.is_comparable_with(space));
        let Some((number, _)) = kept.next() else {
            return Ok(Vec::new());
        };
        let indexing = Indexing {
            database: self,
            scope,
            rebuild: false,
            words: false,
            progress,
        };
        let mut indexed = Vec::new();
        for kind in Kind::ALL {
            let (vectors, index) = indexing.vectors(kind, &mut connection, number.0).await?;
            indexed.push(Indexed {
                kind,
                words: 0,
                rebuilt: 0,
                mended: 0,
                vectors,
                index,
            });
        }
        Ok(indexed)
    }

    /// Returns what would become of the indexes of a space of `dims` numbers that holds so many vectors of each kind;
    /// [`Built`](VectorIndex::Built) if one is still to be built.
    ///
    /// # Errors
    /// If one is to be built and cannot be: the login role does not own the tables, or there are too many indexes.
    pub async fn foresee_indexes(
        &self,
        dims: usize,
        vectors: &Counts,
    ) -> Result<Vec<Indexed>, DatabaseError> {
        const DOING: &str = "asking whether an index can be built";
        let connection = self.connect().await?;
        let mut foreseen = Vec::new();
        for kind in Kind::ALL {
            let index = foresee(vectors[kind], dims);
            if index == VectorIndex::Built {
                let place = connection.location().await?;
                connection.require_room(&place, kind).await?;
                let tables = vec![place.own(kind.vectors())];
                let may = [forgotten::may_vacuum(tables)];
                let may = connection.unscoped(Rights::Login, &may, DOING).await?;
                if may.iter().flatten().next().is_none() {
                    return Err(Refusal::Privilege {
                        role: None,
                        required: RequiredRole::Owner,
                        doing: "building the index of the vectors".to_owned(),
                        source: None,
                    }
                    .into());
                }
            }
            foreseen.push(Indexed {
                kind,
                words: 0,
                rebuilt: 0,
                mended: 0,
                vectors: vectors[kind],
                index,
            });
        }
        Ok(foreseen)
    }

    /// The same for who holds the scope's lock.
    pub(crate) async fn index_locked(
        &self,
        connection: &mut Connection,
        scope: Scope,
        rebuild: bool,
        progress: &(dyn Fn(IndexStep) + Send + Sync),
    ) -> Result<Vec<Indexed>, DatabaseError> {
        let indexing = Indexing {
            database: self,
            scope,
            rebuild,
            words: rebuild || connection.outdated(scope).await? > 0,
            progress,
        };
        let mut indexed = Vec::new();
        for kind in Kind::ALL {
            indexed.push(indexing.kind(kind, connection).await?);
        }
        if indexing.words {
            connection.note_tokenizer(scope).await?;
        }
        Ok(indexed)
    }
}

/// Returns what becomes of the index of so many vectors: [`VectorIndex::Built`] if they want one.
fn foresee(vectors: u64, dims: usize) -> VectorIndex {
    if vectors <= EXACT {
        VectorIndex::NotNeeded
    } else if dims > WIDEST {
        VectorIndex::TooWide
    } else {
        VectorIndex::Built
    }
}

impl Connection {
    /// Refuses one more index of a kind's vectors where there are as many as there may be.
    async fn require_room(&self, place: &Location, kind: Kind) -> Result<(), DatabaseError> {
        let there = self.client.query(&indexes::count(place, kind)).await;
        let there = there.doing("counting indexes")?;
        let is_full = |row: &tokio_postgres::Row| row.get::<_, i64>(0) >= MOST;
        match there.first().is_some_and(is_full) {
            true => Err(Refusal::TooManyIndexes {
                most: MOST.unsigned_abs(),
            }
            .into()),
            false => Ok(()),
        }
    }

    /// Enters memories into the keyword index that are not in it yet: those of before it was there.
    ///
    /// # Errors
    /// If the connection is lost.
    pub(super) async fn index_missing(
        &mut self,
        kind: Kind,
        scope: Scope,
        progress: &(dyn Fn(IndexStep) + Send + Sync),
    ) -> Result<u64, DatabaseError> {
        let mut scoped = self.scoped(scope).await?;
        let rows = scoped
            .finish(
                &[postings::count_unindexed(kind, scope.id())],
                "counting memories",
            )
            .await?;
        let of = rows
            .iter()
            .flatten()
            .next()
            .map_or(0, |row| row.get::<_, i64>(0).unsigned_abs());
        let mut done = 0;
        while done < of {
            scoped = self.scoped(scope).await?;
            let read = scoped.index_some(kind).await?;
            scoped.commit().await?;
            if read == 0 {
                break;
            }
            done += read;
            progress(IndexStep::Words {
                kind,
                done,
                of: of.max(done),
            });
        }
        Ok(done)
    }
}

impl Scoped<'_> {
    /// Enters some memories into the keyword index; gives how many.
    async fn index_some(&mut self, kind: Kind) -> Result<u64, DatabaseError> {
        const DOING: &str = "entering memories into the keyword index";
        let scope = self.scope.id();
        let some = postings::lock_unindexed(kind, scope);
        let answers = self
            .send(&[ScopeStatistics::query(self.scope, true), some], DOING)
            .await?;
        let [statistics, rows] = answers.as_slice() else {
            return Ok(0);
        };
        let next = ScopeStatistics::read(statistics, self.scope, self.target())?
            .of(kind)
            .next;
        self.require_numbers(kind, next, rows.len())?;
        let mut records = Vec::with_capacity(rows.len());
        for row in rows {
            records.push(Columns::new(kind, row).memory()?);
        }
        if records.is_empty() {
            return Ok(0);
        }
        let batch = Batch::of(records.iter().map(text::indexed));
        let count = i32::try_from(records.len()).unwrap_or(i32::MAX);
        let numbered = (next..).zip(records.iter().zip(batch.lengths()));
        let mut statements: Vec<Statement> = numbered
            .map(|(doc, (record, length))| postings::number(kind, scope, record.id(), doc, *length))
            .collect();
        statements.push(scopes::count_numbered(kind, scope, count, batch.tokens()));
        statements.extend(batch.write(kind, scope, next));
        self.send(&statements, DOING).await?;
        Ok(count.unsigned_abs().into())
    }
}

/// One go at a scope.
struct Indexing<'i> {
    database: &'i Database,
    scope: Scope,
    rebuild: bool,
    /// Whether words are made anew.
    words: bool,
    progress: &'i (dyn Fn(IndexStep) + Send + Sync),
}

impl Indexing<'_> {
    async fn kind(
        &self,
        kind: Kind,
        connection: &mut Connection,
    ) -> Result<Indexed, DatabaseError> {
        const DOING: &str = "looking what a scope holds";
        let scope = self.scope;
        if self.rebuild {
            let scoped = connection.scoped(scope).await?;
            let statements = [
                // Whoever is numbering memories is waited for.
                ScopeStatistics::query(scope, true),
                scopes::restart_numbers(kind, scope.id()),
                postings::remove_impossible_numbers(kind, scope.id()),
                scopes::adopt_space(kind, scope.id()),
            ];
            scoped.finish(&statements, DOING).await?;
        }
        let words = connection.index_missing(kind, scope, self.progress).await?;
        let (mut rebuilt, mut mended) = (0, 0);
        if self.words {
            rebuilt = connection.rebuild_words(kind, scope, self.progress).await?;
        }
        if self.rebuild {
            mended = connection
                .rebuild_vectors(kind, scope, self.progress)
                .await?;
        }
        let mut scoped = connection.scoped(scope).await?;
        let statements = [
            ScopeStatistics::query(scope, true),
            postings::remove_leftover(kind, scope.id()),
        ];
        let rows = scoped.send(&statements, DOING).await?;
        let rows = rows.first().map_or(&[][..], Vec::as_slice);
        let statistics = ScopeStatistics::read(rows, scope, scoped.target())?;
        let held = statistics.of(kind);
        // A kind that never had a memory has nothing to be merged.
        if held.next > 0 {
            (self.progress)(IndexStep::Merging { kind });
        }
        scoped.merge(kind, held, 0).await?;
        scoped.commit().await?;

        let mut indexed = Indexed {
            kind,
            words,
            rebuilt,
            mended,
            vectors: 0,
            index: VectorIndex::NotNeeded,
        };
        if let Some(space_id) = statistics.space_id {
            (indexed.vectors, indexed.index) = self.vectors(kind, connection, space_id).await?;
        }
        Ok(indexed)
    }

    /// Counts the vectors of a space, and builds their index if there are many.
    async fn vectors(
        &self,
        kind: Kind,
        connection: &mut Connection,
        space_id: i32,
    ) -> Result<(u64, VectorIndex), DatabaseError> {
        let mut scoped = connection.scoped(self.scope).await?;
        let dims = Spaces::default().get(space_id, &mut scoped).await?.dims;
        let count = vectors::count_in(kind, self.scope.id(), space_id);
        let rows = scoped.finish(&[count], "counting vectors").await?;
        let count = rows
            .iter()
            .flatten()
            .next()
            .map_or(0, |row| row.get::<_, i64>(0).unsigned_abs());
        let index = match foresee(count, dims) {
            VectorIndex::Built => self.build(kind, connection, space_id, dims, count).await?,
            none => none,
        };
        Ok((count, index))
    }

    async fn build(
        &self,
        kind: Kind,
        connection: &mut Connection,
        space_id: i32,
        dims: usize,
        vectors: u64,
    ) -> Result<VectorIndex, DatabaseError> {
        let name = index_name(kind, self.scope.id(), space_id);
        let place = connection.location().await?;
        let mut ready = false;
        for (found, valid) in connection.index_names(self.scope).await? {
            // What a killed build left, or a rebuilding, is of no use to anyone.
            if !valid {
                connection.drop_index(&found).await?;
            }
            ready |= valid && found == name;
        }
        if ready && !self.rebuild {
            return Ok(VectorIndex::Ready);
        }
        if !ready {
            connection.require_room(&place, kind).await?;
        }
        let session = connection.client.query(&indexes::builder()).await;
        let session = session.doing("preparing to build an index")?;
        let (pid, kib): (i32, i64) = match session.first() {
            Some(row) => (row.get(0), row.get(1)),
            None => {
                let what = "how much memory it builds an index in";
                return Err(DatabaseError::NoAnswer { what });
            }
        };
        // The graph is built in memory, several times as fast as when it does not fit.
        let graph = vectors.saturating_mul(2 * dims as u64 + 700) / 1024;
        let memory = format!("'{}kB'", kib.unsigned_abs().max(graph.min(1 << 20)));
        let build = if ready {
            indexes::rebuild(&place, &name)
        } else {
            indexes::build(&place, kind, &name, self.scope.id(), space_id, dims)
        };
        // Nobody waits for progress: if it cannot be told, it is not told.
        let watcher = self.database.connect().await.ok();
        let doing = "building the index of the vectors";
        let memory = Some(("maintenance_work_mem", memory.as_str()));
        let mut building = std::pin::pin!(connection.apart(build, memory, doing));
        let built = loop {
            tokio::select! {
                built = &mut building => break built,
                () = tokio::time::sleep(Duration::from_millis(500)) => {
                    let Some(watcher) = &watcher else { continue };
                    let rows = watcher.client.query(&indexes::progress(pid)).await;
                    if let Some(row) = rows.iter().flatten().next() {
                        let done = row.get::<_, Option<i64>>(0).unwrap_or(0).unsigned_abs();
                        (self.progress)(IndexStep::Vectors { kind, done: done.min(vectors), of: vectors });
                    }
                }
            }
        };
        built?;
        Ok(VectorIndex::Built)
    }
}
