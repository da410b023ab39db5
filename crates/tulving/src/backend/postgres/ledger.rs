//! The ledger in the database: what was moved, and how far it came.

use std::time::Duration;

use serde_json::Value as Json;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::connect::{Connection, Database};
use super::error::{DatabaseError, Doing, Refusal};
use super::holdings::Holdings;
use super::scoped::{Purpose, Scoped};
use super::session::Rights;
use super::spaces::Spaces;
use super::statement::Statement;
use crate::model::{Kind, Scope, Space, Timestamp};
use crate::transfer::{
    ChunkCounts, ReceiptSpace, Run, RunChunk, RunStatus, Session, SpaceId, TargetSpaces,
};

/// What the lock of a scope is named after, before its id.
const LOCK: &str = "tulving.run.";

/// Holds other runs on the same scope off until it is dropped.
pub struct Lock {
    _connection: Connection,
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
        let take = format!(
            "{}; SET LOCAL lock_timeout TO '{seconds}s'; \
             SELECT pg_advisory_xact_lock(hashtextextended('{LOCK}{}', 0))",
            connection.place().await?.begin(),
            scope.id()
        );
        match connection.client.batch_execute(&take).await.doing(DOING) {
            Ok(()) => Ok(Lock {
                _connection: connection,
            }),
            Err(error) if error.sql_state().is_some_and(|code| code.code() == "55P03") => {
                Err(DatabaseError::Locked { scope, seconds })
            }
            Err(error) => Err(error),
        }
    }
}

/// Runs with their chunks summed up. The last session of a run that is at work began when that was
/// noted, which nothing overwrites while it copies; that of a finished one is in its receipt.
fn select_runs(condition: &str) -> String {
    format!(
        "SELECT r.run_id, r.scope_id, r.status, r.phase, r.inputs::text, r.verified, r.result::text, r.error, \
                r.version, r.started_at, greatest(r.updated_at, c.last), r.finished_at, c.rows, c.done, \
                r.status = 'running' AND EXISTS ( \
                    SELECT FROM pg_locks l, hashtextextended('{LOCK}' || r.scope_id, 0) AS key \
                    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
                      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
                      AND l.classid = ((key >> 32) & 4294967295)::oid AND l.objid = (key & 4294967295)::oid), \
                s.began, coalesce(r.finished_at, now()), c.session, now() \
         FROM runs r \
         CROSS JOIN LATERAL ( \
             SELECT CASE WHEN r.status = 'finished' THEN (r.result->>'started_at')::timestamptz \
                         WHEN r.status = 'running' AND r.phase = 'copy' THEN r.updated_at END AS began) s \
         CROSS JOIN LATERAL ( \
             SELECT coalesce(sum(row_count), 0)::bigint AS rows, max(done_at) AS last, \
                    coalesce(sum(row_count) FILTER (WHERE done_at IS NOT NULL), 0)::bigint AS done, \
                    coalesce(sum(row_count) FILTER (WHERE done_at >= s.began), 0)::bigint AS session \
             FROM run_chunks WHERE scope_id = r.scope_id AND run_id = r.run_id) c \
         WHERE {condition} ORDER BY r.started_at DESC, r.run_id"
    )
}

/// Reads a row of [`select_runs`].
fn run_of(row: &Row) -> Run {
    let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
    let count = |at: usize| u64::try_from(row.get::<_, i64>(at)).unwrap_or_default();
    let until: Timestamp = row.get(16);
    let session = row.get::<_, Option<Timestamp>>(15).map(|began| Session {
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
        started_at: row.get(9),
        updated_at: row.get(10),
        finished_at: row.get(11),
        rows: count(12),
        rows_done: count(13),
        is_live: row.get(14),
        session,
        read_at: row.get(18),
    }
}

impl Connection {
    /// Runs of all scopes, or of one, newest first.
    ///
    /// # Errors
    /// If the login role is neither the schema's owner nor asks for one scope.
    pub async fn runs(&mut self, scope: Option<Scope>) -> Result<Vec<Run>, DatabaseError> {
        const DOING: &str = "listing runs";
        let rows = match scope {
            None => {
                self.of_all(Statement::new(select_runs("true")), DOING)
                    .await?
            }
            Some(scope) => {
                let place = self.place().await?;
                let query = Statement::new(select_runs("r.scope_id = $1"));
                let query = query.with(scope.id(), Type::UUID);
                let scoped = self.bind(&place, scope, Purpose::Bulk);
                scoped.finish(&[query], DOING).await?
            }
        };
        Ok(rows.iter().flatten().map(run_of).collect())
    }

    /// Whether the login role sees the runs of every scope: as the tables' owner.
    ///
    /// # Errors
    /// If the connection is lost.
    pub async fn sees_all_runs(&self) -> Result<bool, DatabaseError> {
        Ok(self.place().await?.keeper)
    }

    /// Asks for runs of any scope: the tables' owner sees them all, a member none.
    async fn of_all(&self, query: Statement, doing: &str) -> Result<Vec<Vec<Row>>, DatabaseError> {
        let rights = match self.place().await?.keeper {
            true => Rights::Login,
            false => Rights::Member,
        };
        self.unscoped(rights, &[query], doing).await
    }

    /// One run.
    ///
    /// # Errors
    /// If there is no run with this id.
    pub async fn run(&mut self, run_id: Uuid) -> Result<Run, DatabaseError> {
        let query = Statement::new(select_runs("r.run_id = $1")).with(run_id, Type::UUID);
        let rows = self.of_all(query, "reading a run").await?;
        rows.iter()
            .flatten()
            .next()
            .map(run_of)
            .ok_or_else(|| Refusal::UnknownRun { run_id }.into())
    }
}

impl Scoped<'_> {
    /// The run of this scope that has not come to its end, if there is one.
    pub(super) async fn unfinished_run(&self) -> Result<Option<Run>, DatabaseError> {
        let query =
            select_runs("r.scope_id = $1 AND r.status IN ('running', 'interrupted')") + " LIMIT 1";
        let row = self
            .client()
            .query_opt(&query, &[&self.scope.id()])
            .await
            .doing("looking for an unfinished run")?;
        Ok(row.as_ref().map(run_of))
    }

    /// The embedding spaces of the scope's vectors, and those of which verified runs brought vectors.
    pub(super) async fn target_spaces(mut self) -> Result<TargetSpaces, DatabaseError> {
        const DOING: &str = "reading the embedding spaces";
        let brought = "SELECT (r.result->'space')::text FROM runs r \
                       WHERE r.scope_id = $1 AND r.status = 'finished' AND r.verified \
                       ORDER BY r.finished_at DESC";
        let brought = Statement::new(brought).with(self.scope.id(), Type::UUID);
        let statements = [Holdings::query(self.scope, false), brought];
        let answers = self.send(&statements, DOING).await?;
        let (holdings, brought) = answers.split_at(1);
        let rows = holdings.first().map_or(&[][..], Vec::as_slice);
        let holdings = Holdings::read(rows, self.scope, self.target())?;
        let (spaces, mut kept) = (Spaces::default(), Vec::new());
        for number in holdings.spaces() {
            let space = spaces.get(number, &mut self).await?;
            kept.push((SpaceId(number), space.as_ref().clone()));
        }
        self.leave();
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
        let note = match is_removed {
            true => {
                "UPDATE runs SET index_removed = true WHERE scope_id = $1 AND status = 'running'"
            }
            false => "UPDATE runs SET index_removed = false WHERE scope_id = $1 AND index_removed",
        };
        let note = Statement::new(note).with(self.scope.id(), Type::UUID);
        self.finish(&[note], "noting what becomes of an index")
            .await?;
        Ok(())
    }

    /// Whether a run removed the index of the scope's vectors, and nobody built it again.
    pub(super) async fn lacks_index(self) -> Result<bool, DatabaseError> {
        let query = "SELECT FROM runs WHERE scope_id = $1 AND index_removed";
        let query = Statement::new(query).with(self.scope.id(), Type::UUID);
        let rows = self.finish(&[query], "looking for an index").await?;
        Ok(rows.iter().flatten().next().is_some())
    }

    /// Enters a run.
    pub(super) async fn enter_run(&self, run_id: Uuid, inputs: &Json) -> Result<(), DatabaseError> {
        let version = env!("CARGO_PKG_VERSION");
        let enter = "INSERT INTO runs (scope_id, run_id, kind, status, phase, inputs, version) \
                     VALUES ($1, $2, 'migrate', 'running', 'copy', $3::text::jsonb, $4)";
        let scope = self.scope.id();
        self.client()
            .execute(enter, &[&scope, &run_id, &inputs.to_string(), &version])
            .await
            .doing("entering the run in the ledger")?;
        Ok(())
    }

    /// Enters the work that a run consists of.
    pub(super) async fn enter_chunks(
        &self,
        run_id: Uuid,
        chunks: &[RunChunk],
    ) -> Result<(), DatabaseError> {
        let scope = self.scope.id();
        let add = "INSERT INTO run_chunks (scope_id, run_id, kind, chunk, first_row, row_count, byte_start, byte_count) \
                   SELECT $1, $2, * FROM unnest($3::text[], $4::int[], $5::bigint[], $6::int[], $7::bigint[], $8::bigint[])";
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let small = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let kinds: Vec<&str> = chunks.iter().map(|chunk| chunk.kind.as_str()).collect();
        let numbers: Vec<i32> = chunks.iter().map(|chunk| small(chunk.chunk)).collect();
        let firsts: Vec<i64> = chunks.iter().map(|chunk| signed(chunk.first_row)).collect();
        let rows: Vec<i32> = chunks.iter().map(|chunk| small(chunk.rows)).collect();
        let starts: Vec<i64> = chunks
            .iter()
            .map(|chunk| signed(chunk.byte_start))
            .collect();
        let bytes: Vec<i64> = chunks
            .iter()
            .map(|chunk| signed(chunk.byte_count))
            .collect();
        self.client()
            .execute(
                add,
                &[
                    &scope, &run_id, &kinds, &numbers, &firsts, &rows, &starts, &bytes,
                ],
            )
            .await
            .doing("entering the run's chunks in the ledger")?;
        Ok(())
    }

    /// The work of a run, in source order.
    pub(super) async fn run_chunks(&self, run_id: Uuid) -> Result<Vec<RunChunk>, DatabaseError> {
        let query = "SELECT kind, chunk, first_row, row_count, byte_start, byte_count, done_at IS NOT NULL, \
                            inserted, updated, unchanged, kept, rejected \
                     FROM run_chunks WHERE scope_id = $1 AND run_id = $2 ORDER BY kind, chunk";
        let rows = self
            .client()
            .query(query, &[&self.scope.id(), &run_id])
            .await
            .doing("reading the run's chunks")?;
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
        let mark = "UPDATE run_chunks SET done_at = now(), inserted = $5, updated = $6, unchanged = $7, kept = $8, rejected = $9 \
                    WHERE scope_id = $1 AND run_id = $2 AND kind = $3 AND chunk = $4";
        let small = |number: u64| i32::try_from(number).unwrap_or(i32::MAX);
        let number = i32::try_from(chunk.chunk).unwrap_or(i32::MAX);
        self.client()
            .execute_typed(
                mark,
                &[
                    (&self.scope.id(), Type::UUID),
                    (&run_id, Type::UUID),
                    (&chunk.kind.as_str(), Type::TEXT),
                    (&number, Type::INT4),
                    (&small(counts.inserted), Type::INT4),
                    (&small(counts.updated), Type::INT4),
                    (&small(counts.unchanged), Type::INT4),
                    (&small(counts.kept), Type::INT4),
                    (&small(counts.rejected), Type::INT4),
                ],
            )
            .await
            .doing("marking a chunk as done")?;
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
        let note = "UPDATE runs SET status = $3, phase = $4, error = $5, updated_at = now() \
                    WHERE scope_id = $1 AND run_id = $2";
        self.client()
            .execute(
                note,
                &[&self.scope.id(), &run_id, &status.as_str(), &phase, &error],
            )
            .await
            .doing("noting the run's progress")?;
        Ok(())
    }

    /// Ends a run with its report.
    pub(super) async fn finish_run(
        &self,
        run_id: Uuid,
        verified: bool,
        result: &Json,
    ) -> Result<(), DatabaseError> {
        let finish = "UPDATE runs SET status = 'finished', phase = 'done', verified = $3, result = $4::text::jsonb, \
                             error = NULL, updated_at = now(), finished_at = now() \
                      WHERE scope_id = $1 AND run_id = $2";
        self.client()
            .execute(
                finish,
                &[&self.scope.id(), &run_id, &verified, &result.to_string()],
            )
            .await
            .doing("ending the run in the ledger")?;
        Ok(())
    }
}
