//! Transactions outside any scope: on owners, on embedding spaces, on the ledger as a whole.

use std::ops::Deref;
use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio_postgres::{Client, Row};

use super::connect::Connection;
use super::error::{DatabaseError, Doing, Standing};
use super::look::Facts;
use super::place::Place;
use super::scoped::ROLE;
use super::statement::{Statement, together};

/// Whose rights a statement outside any scope has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rights {
    /// Those of the login role: users and tenants are the tables' owner's alone.
    Login,
    /// Those of the application role, which a member need not inherit.
    Member,
}

impl Connection {
    /// Where the tables are. Asked once for all connections to a database.
    pub(super) async fn place(&self) -> Result<Arc<Place>, DatabaseError> {
        match self.site.found.get() {
            Some(place) => Ok(Arc::clone(place)),
            None => self.settle(&self.look().await?),
        }
    }

    /// Takes note of where the tables are, and pgvector. Where it is not there, it may come while this
    /// process runs.
    pub(super) fn settle(&self, facts: &Facts) -> Result<Arc<Place>, DatabaseError> {
        let place = Arc::new(facts.require_tables(&self.site, &self.target)?);
        match facts.vector {
            Some(_) => Ok(Arc::clone(self.site.found.get_or_init(|| place))),
            None => Ok(place),
        }
    }

    /// Runs statements in a transaction of their own, in one round trip.
    pub(super) async fn unscoped(
        &self,
        rights: Rights,
        statements: &[Statement],
        doing: &str,
    ) -> Result<Vec<Vec<Row>>, DatabaseError> {
        let place = self.place().await?;
        self.unscoped_at(&place, rights, statements, doing).await
    }

    /// The same where tables may be missing.
    pub(super) async fn unscoped_at(
        &self,
        place: &Place,
        rights: Rights,
        statements: &[Statement],
        doing: &str,
    ) -> Result<Vec<Vec<Row>>, DatabaseError> {
        let (begin, standing) = match rights {
            Rights::Login => (place.begin(), Standing::Owner),
            Rights::Member => (
                format!("{}; SET LOCAL ROLE {ROLE}", place.begin()),
                Standing::Member,
            ),
        };
        let rows = together(&self.client, Some(&begin), statements, Some("COMMIT")).await;
        rows.doing(doing)
            .map_err(|error| error.lacking(self.login.as_deref(), standing))
    }

    /// Runs what the server does in no transaction, with one more setting if it takes one: indexes are
    /// built and removed beside readers and writers. The session's settings are put back, whatever
    /// becomes of it, since behind a pooler others have the session next.
    pub(super) async fn apart(
        &self,
        sql: &str,
        setting: Option<(&'static str, &str)>,
        doing: &str,
    ) -> Result<(), DatabaseError> {
        let [before, after] = self.place().await?.of_session(setting);
        let sql = [Statement::new(sql)];
        let done = together(&self.client, Some(&before), &sql, Some(&after)).await;
        done.map(drop)
            .doing(doing)
            .map_err(|error| error.lacking(self.login.as_deref(), Standing::Owner))
    }

    /// Begins a transaction under the login role. In one message with what lifts the server's limits:
    /// between two of them they would hold.
    pub(super) async fn transaction(
        &mut self,
        doing: &str,
    ) -> Result<Transaction<'_>, DatabaseError> {
        let begin = self.place().await?.begin();
        self.engaged = true;
        let transaction = Transaction { connection: self };
        transaction.batch_execute(&begin).await.doing(doing)?;
        Ok(transaction)
    }
}

/// A transaction under the login role. Dropping it rolls back.
pub(super) struct Transaction<'c> {
    connection: &'c mut Connection,
}

impl Transaction<'_> {
    pub(super) async fn commit(self, doing: &str) -> Result<(), DatabaseError> {
        self.batch_execute("COMMIT").await.doing(doing)?;
        self.connection.engaged = false;
        Ok(())
    }
}

impl Deref for Transaction<'_> {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.connection.client
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.connection.engaged {
            // One poll sends it; whatever comes next on this connection comes after it.
            let _ = self.batch_execute("ROLLBACK").now_or_never();
        }
    }
}
