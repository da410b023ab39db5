//! The only way to memories: a transaction bound to one scope.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::{Client, Row};

use super::connect::Connection;
use super::error::{DatabaseError, Doing, Refusal, Standing};
use super::place::Place;
use super::statement::{Statement, together};
use crate::model::Scope;

/// The role that every statement on memories runs under.
pub(super) const ROLE: &str = "tulving_app";

/// How statements on memories are planned, whatever statistics say: through an index of the scope's rows
/// and never past those of others, and in the order of that index where they ask for one (see
/// [`look_up`](super::look_up)). A plan that has to sort is still found, but may look so dear that
/// compiling it would seem worth while.
const PLANNING: &str =
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL jit = off";

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Reading and writing for as long as it takes.
    Bulk,
    /// One snapshot for all statements, and no writes; each statement within a time.
    Reading(Duration),
    /// Each statement sees what was committed before it; within a time.
    Writing(Duration),
}

/// A transaction under the application role, bound to one scope. Row-level security shows it that
/// scope's rows and no others; statements name the scope as well. Dropping it rolls back.
pub struct Scoped<'c> {
    connection: &'c mut Connection,
    place: Arc<Place>,
    pub(super) scope: Scope,
    purpose: Purpose,
    began: bool,
}

impl Connection {
    /// Begins a transaction on the memories of one scope.
    ///
    /// # Errors
    /// If the tables are not there, the login role may not take on the application role, or the
    /// connection is lost.
    pub async fn scoped(&mut self, scope: Scope) -> Result<Scoped<'_>, DatabaseError> {
        let place = self.place().await?;
        let mut scoped = self.bind(&place, scope, Purpose::Bulk);
        scoped.send(&[], "binding the scope").await?;
        Ok(scoped)
    }

    /// The same, begun together with the first statements.
    pub(super) fn bind(
        &mut self,
        place: &Arc<Place>,
        scope: Scope,
        purpose: Purpose,
    ) -> Scoped<'_> {
        Scoped {
            connection: self,
            place: Arc::clone(place),
            scope,
            purpose,
            began: false,
        }
    }
}

impl Scoped<'_> {
    pub(super) fn client(&self) -> &Client {
        &self.connection.client
    }

    pub(super) fn target(&self) -> &str {
        &self.connection.target
    }

    /// Runs statements in this transaction, in one round trip.
    pub(super) async fn send(
        &mut self,
        statements: &[Statement],
        doing: &str,
    ) -> Result<Vec<Vec<Row>>, DatabaseError> {
        self.exchange(statements, doing, None).await
    }

    /// Runs the last statements of this transaction and makes everything lasting and visible, in one
    /// round trip.
    pub(super) async fn finish(
        mut self,
        statements: &[Statement],
        doing: &str,
    ) -> Result<Vec<Vec<Row>>, DatabaseError> {
        let rows = self.exchange(statements, doing, Some("COMMIT")).await;
        match rows {
            Err(DatabaseError::Lost { source, .. })
                if matches!(self.purpose, Purpose::Writing(_)) =>
            {
                Err(DatabaseError::Uncertain {
                    doing: doing.to_owned(),
                    source,
                })
            }
            rows => rows,
        }
    }

    /// Ends a transaction that only read. Nobody waits for that: what comes next on the connection
    /// comes after it.
    pub(super) fn leave(self) {
        let _ = self.client().batch_execute("COMMIT").now_or_never();
        self.connection.engaged = false;
    }

    async fn exchange(
        &mut self,
        statements: &[Statement],
        doing: &str,
        end: Option<&str>,
    ) -> Result<Vec<Vec<Row>>, DatabaseError> {
        let begin = (!self.began).then(|| self.begin());
        self.began = true;
        self.connection.engaged = true;
        let exchange = together(&self.connection.client, begin.as_deref(), statements, end);
        let rows = match self.purpose {
            Purpose::Bulk => exchange.await,
            // The server gives up on a statement first, unless it is out of reach.
            Purpose::Reading(limit) | Purpose::Writing(limit) => {
                let limit = limit + Duration::from_secs(5);
                match tokio::time::timeout(limit, exchange).await {
                    Ok(rows) => rows,
                    Err(_) => {
                        return Err(DatabaseError::TimedOut {
                            target: self.target().to_owned(),
                            seconds: limit.as_secs(),
                        });
                    }
                }
            }
        };
        // An error makes of COMMIT a ROLLBACK: the transaction is over either way.
        if end.is_some() && !self.client().is_closed() {
            self.connection.engaged = false;
        }
        rows.map_err(|error| {
            // The only value that a server can object to: roles are not in a database's backup.
            let of_role = |said: &DbError| said.message().contains(ROLE);
            if error.code() == Some(&SqlState::INVALID_PARAMETER_VALUE)
                && error.as_db_error().is_some_and(of_role)
            {
                return Refusal::RoleMissing { role: ROLE }.into();
            }
            // Only who may not take on the role is told its name.
            let lacking = match error.as_db_error().is_some_and(of_role) {
                true => Standing::Member,
                false => Standing::Role,
            };
            let error = DatabaseError::from_driver(doing, error);
            match error.sql_state() {
                Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => DatabaseError::Locked {
                    scope: self.scope,
                    seconds: WRITERS_WAIT,
                },
                _ => error.lacking(self.connection.login.as_deref(), lacking),
            }
        })
    }

    /// None of it says whether writes are let in: that is for who runs the server to set.
    fn begin(&self) -> String {
        // The value is a UUID, so there is nothing to escape.
        let bind = format!(
            "SET LOCAL ROLE {ROLE}; SET LOCAL tulving.scope_id = '{}'; {PLANNING}",
            self.scope.id()
        );
        let limited = |begin: &str, limit: Duration| {
            let (millis, settings) = (limit.as_millis(), self.place.settings());
            format!(
                "{begin}; {settings}; SET LOCAL statement_timeout = {millis}; \
                 SET LOCAL idle_in_transaction_session_timeout = {millis}; \
                 SET LOCAL lock_timeout = '{WRITERS_WAIT}s'; {bind}"
            )
        };
        match self.purpose {
            Purpose::Bulk => format!("{}; {bind}", self.place.begin()),
            Purpose::Reading(limit) => {
                limited("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", limit)
            }
            Purpose::Writing(limit) => limited("BEGIN ISOLATION LEVEL READ COMMITTED", limit),
        }
    }

    /// Lets the commit return before it is on disk. A crash of the server may then undo it, in the
    /// order of commits and whole: for work that a ledger can repeat, and that a durable commit
    /// follows.
    pub(crate) async fn defer_durability(&self) -> Result<(), DatabaseError> {
        self.client()
            .batch_execute("SET LOCAL synchronous_commit = off")
            .await
            .doing("preparing to write")
    }

    /// Makes everything done in it lasting and visible.
    ///
    /// # Errors
    /// If the server could not commit, or the connection was lost: then it may have committed.
    pub async fn commit(mut self) -> Result<(), DatabaseError> {
        self.exchange(&[], "committing", Some("COMMIT")).await?;
        Ok(())
    }
}

impl Drop for Scoped<'_> {
    fn drop(&mut self) {
        if self.connection.engaged {
            // One poll sends it; whatever comes next on this connection comes after it.
            let _ = self.client().batch_execute("ROLLBACK").now_or_never();
        }
    }
}

/// Seconds that a writer waits for those before it.
pub(super) const WRITERS_WAIT: u64 = 10;
