//! The ledger in the database: what was moved, and how far it came.

use std::time::Duration;

use serde_json::Value as Json;
use tokio_postgres::Row;
use uuid::Uuid;

use super::connect::{Connection, Database};
use super::error::{DatabaseError, Doing};
use super::refusal::Refusal;
use super::scoped::Scoped;
use super::session::Rights;
use super::sql::transaction::{self, Purpose};
use super::sql::{Statement, runs};
use super::values::Sql;
use crate::model::{Kind, Scope, Space, Timestamp};
use crate::transfer::{ChunkCounts, ReceiptSpace, Run, RunChunk, RunStatus, Session, TargetSpaces};

/// Holds other runs on the same scope off until it is dropped.
pub struct Lock {
    _connection: Connection,
}

impl Lock {
    /// Holds what a connection has taken, until it is dropped.
    pub(super) fn of(connection: Connection) -> Self {
        Self {
            _connection: connection,
        }
    }
}

impl Database {
    /// Takes the lock of a scope. It is held by an open transaction on a connection of its own, so
    /// that it is gone when this process is, and works through a pooler as well.
    ///
    /// # Errors
    /// If another run holds it for longer than `seconds`.
    pub async fn lock(&self, scope: Scope, seconds: u64) -> Result<Lock, DatabaseError> {
        const DOING: &str = "taking the scope's lock";
        let connection = self.connect().await?;
        let place = connection.location().await?;
        let take = transaction::lock_scope(&place, scope.id(), seconds);
        match connection.client.batch(&take).await.doing(DOING) {
            Ok(()) => Ok(Lock::of(connection)),
            Err(error) if error.sql_state().is_some_and(|code| code.code() == "55P03") => {
                Err(DatabaseError::Locked { scope, seconds })
            }
            Err(error) => Err(error),
        }
    }
}

/// Reads a row of a run.
fn run_of(row: &Row) -> Run {
    let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
    let count = |at: usize| u64::try_from(row.get::<_, i64>(at)).unwrap_or_default();
    let Sql(until): Sql<Timestamp> = row.get(16);
    let session = row
        .get::<_, Option<Sql<Timestamp>>>(15)
        .map(|Sql(began)| Session {
            took: Duration::from_micros(
                until
                    .micros()
                    .saturating_sub(began.micros())
                    .max(0)
                    .unsigned_abs(),
            ),
            rows: count(17),
        });
    Run {
        run_id: row.get(0),
        scope_id: row.get(1),
        status: RunStatus::from_word(row.get(2)),
        phase: row.get(3),
        inputs: json(row.get(4)).unwrap_or_default(),
        verified: row.get(5),
        result: json(row.get(6)),
        error: row.get(7),
        version: row.get(8),
        started_at: row.get::<_, Sql<_>>(9).0,
        updated_at: row.get::<_, Sql<_>>(10).0,
        finished_at: row.get::<_, Option<Sql<_>>>(11).map(|Sql(at)| at),
        rows: count(12),
        rows_done: count(13),
        is_live: row.get(14),
        session,
        read_at: row.get::<_, Sql<_>>(18).0,
    }
}

impl Connection {
    /// Migrations of all scopes, or of one, newest first.
    ///
    /// # Errors
    /// If the login role is neither the schema's owner nor asks for one scope.
    pub async fn runs(&mut self, scope: Option<Scope>) -> Result<Vec<Run>, DatabaseError> {
        const DOING: &str = "listing runs";
        let rows = match scope {
            None => self.of_all(runs::all(), DOING).await?,
            Some(scope) => {
                let place = self.location().await?;
                let scoped = self.bind(&place, scope, Purpose::Bulk);
                scoped.finish(&[runs::of_scope(scope.id())], DOING).await?
            }
        };
        Ok(rows.iter().flatten().map(run_of).collect())
    }

    /// Returns whether the login role sees the runs of every scope: as the tables' owner.
    ///
    /// # Errors
    /// If the connection is lost.
    pub async fn sees_all_runs(&self) -> Result<bool, DatabaseError> {
        Ok(self.location().await?.owns_tables)
    }

    /// Asks for runs of any scope: the tables' owner sees them all, a member none.
    pub(super) async fn of_all(
        &self,
        query: Statement,
        doing: &str,
    ) -> Result<Vec<Vec<Row>>, DatabaseError> {
        let rights = match self.location().await?.owns_tables {
            true => Rights::Login,
            false => Rights::Member,
        };
        self.unscoped(rights, &[query], doing).await
    }

    /// Returns one migration.
    ///
    /// # Errors
    /// If there is no migration with this id.
    pub async fn run(&mut self, run_id: Uuid) -> Result<Run, DatabaseError> {
        let rows = self.of_all(runs::find(run_id), "reading a run").await?;
        rows.iter()
            .flatten()
            .next()
            .map(run_of)
            .ok_or_else(|| Refusal::UnknownRun { run_id }.into())
    }
}

impl Scoped<'_> {
    /// Returns the migration of this scope that has not come to its end, if there is one.
    pub(super) async fn unfinished_run(&self) -> Result<Option<Run>, DatabaseError> {
        let query = runs::unfinished(self.scope.id());
        let rows = self.client().query(&query).await;
        let rows = rows.doing("looking for an unfinished run")?;
        Ok(rows.first().map(run_of))
    }

    /// Returns the embedding spaces of the scope's vectors, and those of which verified runs brought vectors.
    pub(super) async fn target_spaces(mut self) -> Result<TargetSpaces, DatabaseError> {
        let (_, kept) = self.spaces_in_use().await?;
        let brought = [runs::spaces(self.scope.id())];
        let brought = self.send(&brought, "reading the embedding spaces").await?;
        self.end_read();
        // Runs without vectors have none.
        let space = |row: &Row| {
            let text: Option<String> = row.get(0);
            let space: ReceiptSpace = serde_json::from_str(&text?).ok()?;
            Some(Space::from(&space))
        };
        Ok(TargetSpaces {
            kept,
            brought: brought.iter().flatten().filter_map(space).collect(),
        })
    }

    /// Notes that the run which is at work removes the index of the scope's vectors, or that it is there again.
    pub(super) async fn note_index(self, is_removed: bool) -> Result<(), DatabaseError> {
        let note = runs::note_index(self.scope.id(), is_removed);
        self.finish(&[note], "noting what becomes of an index")
            .await?;
        Ok(())
    }

    /// Returns whether a run removed the index of the scope's vectors, and nobody built it again.
    pub(super) async fn lacks_index(self) -> Result<bool, DatabaseError> {
        let query = runs::index_removed(self.scope.id());
        let rows = self.finish(&[query], "looking for an index").await?;
        Ok(rows.iter().flatten().next().is_some())
    }

    /// Enters a run.
    pub(super) async fn enter_run(&self, run_id: Uuid, inputs: &Json) -> Result<(), DatabaseError> {
        let version = env!("CARGO_PKG_VERSION");
        let enter = runs::enter(self.scope.id(), run_id, inputs.to_string(), version);
        let entered = self.client().execute(&enter).await;
        entered.doing("entering the run in the ledger")?;
        Ok(())
    }

    /// Enters the work that a run consists of.
    pub(super) async fn enter_chunks(
        &self,
        run_id: Uuid,
        chunks: &[RunChunk],
    ) -> Result<(), DatabaseError> {
        let enter = runs::enter_chunks(self.scope.id(), run_id, chunks);
        let entered = self.client().execute(&enter).await;
        entered.doing("entering the run's chunks in the ledger")?;
        Ok(())
    }

    /// Returns the work of a run, in source order.
    pub(super) async fn run_chunks(&self, run_id: Uuid) -> Result<Vec<RunChunk>, DatabaseError> {
        let query = runs::chunks(self.scope.id(), run_id);
        let rows = self.client().query(&query).await;
        let rows = rows.doing("reading the run's chunks")?;
        let count = |row: &Row, at: usize| {
            row.get::<_, Option<i32>>(at)
                .map_or(0, |count| u64::from(count.unsigned_abs()))
        };
        rows.iter()
            .map(|row| {
                let kind: &str = row.get(0);
                let kind = Kind::named(kind).ok_or_else(|| DatabaseError::UnknownRunKind {
                    run_id,
                    kind: kind.to_owned(),
                })?;
                Ok(RunChunk {
                    kind,
                    chunk: row.get::<_, i32>(1).unsigned_abs(),
                    first_row: row.get::<_, i64>(2).unsigned_abs(),
                    rows: row.get::<_, i32>(3).unsigned_abs(),
                    byte_start: row.get::<_, i64>(4).unsigned_abs(),
                    byte_count: row.get::<_, i64>(5).unsigned_abs(),
                    done: row.get::<_, bool>(6).then(|| ChunkCounts {
                        inserted: count(row, 7),
                        updated: count(row, 8),
                        unchanged: count(row, 9),
                        kept: count(row, 10),
                        rejected: count(row, 11),
                    }),
                })
            })
            .collect()
    }

    /// Marks a chunk as done, in the transaction that wrote its rows.
    pub(super) async fn finish_chunk(
        &self,
        run_id: Uuid,
        chunk: &RunChunk,
        counts: ChunkCounts,
    ) -> Result<(), DatabaseError> {
        let mark = runs::finish_chunk(self.scope.id(), run_id, chunk, counts);
        let marked = self.client().execute(&mark).await;
        marked.doing("marking a chunk as done")?;
        Ok(())
    }

    /// Notes where a run is.
    pub(super) async fn note_run(
        &self,
        run_id: Uuid,
        status: RunStatus,
        phase: &str,
        error: Option<&str>,
    ) -> Result<(), DatabaseError> {
        let note = runs::note(self.scope.id(), run_id, status, phase, error);
        let noted = self.client().execute(&note).await;
        noted.doing("noting the run's progress")?;
        Ok(())
    }

    /// Ends a run with its report.
    pub(super) async fn finish_run(
        &self,
        run_id: Uuid,
        verified: bool,
        result: &Json,
    ) -> Result<(), DatabaseError> {
        let finish = runs::finish(self.scope.id(), run_id, verified, result.to_string());
        let finished = self.client().execute(&finish).await;
        finished.doing("ending the run in the ledger")?;
        Ok(())
    }
}
