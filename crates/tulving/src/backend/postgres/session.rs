//! Transactions outside any scope: on the database itself, on owners, on embedding spaces, on the ledger
//! as a whole.

use std::ops::Deref;
use std::sync::Arc;

use futures_util::future::join;
use tokio_postgres::Row;

use super::client::Client;
use super::connect::Connection;
use super::error::{DatabaseError, Doing};
use super::facts::Facts;
use super::location::{Location, Site};
use super::refusal::RequiredRole;
use super::sql::{Statement, database, transaction};

/// Whose rights a statement outside any scope has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rights {
    /// Those of the login role: users and tenants are the tables' owner's alone.
    Login,
    /// Those of the application role, which a member need not inherit.
    Member,
}

impl Connection {
    /// Looks at the database, in one round trip.
    pub(super) async fn look(&self) -> Result<Facts, DatabaseError> {
        let Site { schema, path, .. } = &*self.site;
        let look = [database::look(schema.clone(), path.clone())];
        let (begin, commit) = (database::begin_look(), transaction::commit());
        let poll = database::poll();
        let looking = self.client.together(Some(&begin), &look, Some(&commit));
        let (polls, rows) = join(self.client.query(&poll), looking).await;
        let rows = rows.doing("looking at the database")?;
        match rows.first().and_then(|rows| rows.first()) {
            Some(row) => Ok(Facts::read(row, polls.is_ok())),
            None => Err(DatabaseError::NoAnswer { what: "what it is" }),
        }
    }

    /// Returns where the tables are. Asked once for all connections to a database.
    pub(super) async fn location(&self) -> Result<Arc<Location>, DatabaseError> {
        match self.site.found.get() {
            Some(place) => Ok(Arc::clone(place)),
            None => self.settle(&self.look().await?),
        }
    }

    /// Takes note of where the tables are, and pgvector. Where it is not there, it may come while this
    /// process runs.
    pub(super) fn settle(&self, facts: &Facts) -> Result<Arc<Location>, DatabaseError> {
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
        let place = self.location().await?;
        self.unscoped_at(&place, rights, statements, doing).await
    }

    /// Does the same where tables may be missing.
    pub(super) async fn unscoped_at(
        &self,
        place: &Location,
        rights: Rights,
        statements: &[Statement],
        doing: &str,
    ) -> Result<Vec<Vec<Row>>, DatabaseError> {
        let begin = transaction::begin_unscoped(place, rights == Rights::Member);
        let required = match rights {
            Rights::Login => RequiredRole::Owner,
            Rights::Member => RequiredRole::Member,
        };
        let commit = transaction::commit();
        let rows = self
            .client
            .together(Some(&begin), statements, Some(&commit));
        let rows = rows.await;
        rows.doing(doing)
            .map_err(|error| error.with_login(self.login.as_deref(), required))
    }

    /// Runs what the server does in no transaction, with one more setting if it takes one: indexes are
    /// built and removed beside readers and writers. The session's settings are put back, whatever
    /// becomes of it, since behind a pooler others have the session next.
    pub(super) async fn apart(
        &self,
        statement: Statement,
        setting: Option<(&'static str, &str)>,
        doing: &str,
    ) -> Result<(), DatabaseError> {
        let place = self.location().await?;
        let [before, after] = transaction::of_session(&place, setting);
        let statement = [statement];
        let done = self
            .client
            .together(Some(&before), &statement, Some(&after));
        let done = done.await;
        done.map(drop)
            .doing(doing)
            .map_err(|error| error.with_login(self.login.as_deref(), RequiredRole::Owner))
    }

    /// Begins a transaction under the login role. In one message with what lifts the server's limits:
    /// between two of them they would hold.
    pub(super) async fn transaction(
        &mut self,
        doing: &str,
    ) -> Result<Transaction<'_>, DatabaseError> {
        let begin = transaction::begin_unscoped(&*self.location().await?, false);
        self.in_transaction = true;
        let transaction = Transaction { connection: self };
        transaction.batch(&begin).await.doing(doing)?;
        Ok(transaction)
    }
}

/// A transaction under the login role. Dropping it rolls back.
pub(super) struct Transaction<'c> {
    connection: &'c mut Connection,
}

impl Transaction<'_> {
    pub(super) async fn commit(self, doing: &str) -> Result<(), DatabaseError> {
        self.batch(&transaction::commit()).await.doing(doing)?;
        self.connection.in_transaction = false;
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
        if self.connection.in_transaction {
            self.send(&transaction::rollback());
        }
    }
}
