//! The only way to memories: a transaction bound to one scope.

use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::error::{DbError, SqlState};

use super::client::Client;
use super::connect::Connection;
use super::error::{DatabaseError, Doing};
use super::location::Location;
use super::refusal::{Refusal, RequiredRole};
use super::sql::Statement;
use super::sql::transaction::{self, Purpose, ROLE, WRITERS_WAIT};
use crate::model::Scope;

/// A transaction under the application role, bound to one scope. Row-level security shows it that
/// scope's rows and no others; statements name the scope as well. Dropping it rolls back.
pub struct Scoped<'c> {
    connection: &'c mut Connection,
    location: Arc<Location>,
    pub(super) scope: Scope,
    purpose: Purpose,
    /// The snapshot of another transaction, which it reads.
    snapshot: Option<String>,
    began: bool,
}

impl Connection {
    /// Begins a transaction on the memories of one scope.
    ///
    /// # Errors
    /// If the tables are not there, the login role may not take on the application role, or the
    /// connection is lost.
    pub async fn scoped(&mut self, scope: Scope) -> Result<Scoped<'_>, DatabaseError> {
        let location = self.location().await?;
        let mut scoped = self.bind(&location, scope, Purpose::Bulk);
        scoped.send(&[], "binding the scope").await?;
        Ok(scoped)
    }

    /// Binds it as well, begun together with the first statements.
    pub(super) fn bind(
        &mut self,
        location: &Arc<Location>,
        scope: Scope,
        purpose: Purpose,
    ) -> Scoped<'_> {
        Scoped {
            connection: self,
            location: Arc::clone(location),
            scope,
            purpose,
            snapshot: None,
            began: false,
        }
    }

    /// Binds it for reading what another transaction reads, as long as that one lasts.
    pub(super) fn bind_to(
        &mut self,
        location: &Arc<Location>,
        scope: Scope,
        snapshot: &str,
    ) -> Scoped<'_> {
        let mut scoped = self.bind(location, scope, Purpose::Export);
        scoped.snapshot = Some(snapshot.to_owned());
        scoped
    }

    /// Goes on with a transaction that was [held](Scoped::hold).
    pub(super) fn rejoin(&mut self, location: &Arc<Location>, scope: Scope) -> Scoped<'_> {
        let mut scoped = self.bind(location, scope, Purpose::Export);
        scoped.began = true;
        scoped
    }
}

impl Scoped<'_> {
    pub(super) fn client(&self) -> &Client {
        &self.connection.client
    }

    pub(super) fn location(&self) -> Arc<Location> {
        Arc::clone(&self.location)
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
        self.exchange(statements, doing, false).await
    }

    /// Runs the last statements of this transaction and makes everything lasting and visible, in one
    /// round trip.
    pub(super) async fn finish(
        mut self,
        statements: &[Statement],
        doing: &str,
    ) -> Result<Vec<Vec<Row>>, DatabaseError> {
        let rows = self.exchange(statements, doing, true).await;
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
    pub(super) fn end_read(self) {
        self.client().send(&transaction::commit());
        self.connection.in_transaction = false;
    }

    /// Leaves the transaction open, until the connection is dropped.
    pub(super) fn hold(self) {
        self.connection.in_transaction = false;
    }

    async fn exchange(
        &mut self,
        statements: &[Statement],
        doing: &str,
        is_last: bool,
    ) -> Result<Vec<Vec<Row>>, DatabaseError> {
        let begin = (!self.began).then(|| match &self.snapshot {
            Some(name) => transaction::begin_in_snapshot(&self.location, self.scope.id(), name),
            None => transaction::begin_scoped(&self.location, self.scope.id(), self.purpose),
        });
        let end = is_last.then(transaction::commit);
        self.began = true;
        self.connection.in_transaction = true;
        let client = &self.connection.client;
        let exchange = client.together(begin.as_ref(), statements, end.as_ref());
        let rows = match self.purpose {
            Purpose::Bulk | Purpose::Export => exchange.await,
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
        if is_last && !self.client().is_closed() {
            self.connection.in_transaction = false;
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
                true => RequiredRole::Member,
                false => RequiredRole::Role,
            };
            let error = DatabaseError::from_driver(doing, error);
            match error.sql_state() {
                Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => DatabaseError::Locked {
                    scope: self.scope,
                    seconds: WRITERS_WAIT,
                },
                _ => error.with_login(self.connection.login.as_deref(), lacking),
            }
        })
    }

    /// Lets the commit return before it is on disk. A crash of the server may then undo it, in the
    /// order of commits and whole: for work that a ledger can repeat, and that a durable commit
    /// follows.
    pub(crate) async fn defer_durability(&self) -> Result<(), DatabaseError> {
        self.client()
            .batch(&transaction::defer_durability())
            .await
            .doing("preparing to write")
    }

    /// Makes everything done in it lasting and visible.
    ///
    /// # Errors
    /// If the server could not commit, or the connection was lost: then it may have committed.
    pub async fn commit(mut self) -> Result<(), DatabaseError> {
        self.exchange(&[], "committing", true).await?;
        Ok(())
    }
}

impl Drop for Scoped<'_> {
    fn drop(&mut self) {
        if self.connection.in_transaction {
            self.client().send(&transaction::rollback());
        }
    }
}
