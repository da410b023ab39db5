//! Transactions outside any scope: on owners, on embedding spaces, on the ledger as a whole.

use std::sync::Arc;

use tokio_postgres::{Row, Transaction};

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

    /// Takes note of where the tables are.
    pub(super) fn settle(&self, facts: &Facts) -> Result<Arc<Place>, DatabaseError> {
        let place = facts.require_tables(&self.site, &self.target)?;
        Ok(Arc::clone(self.site.found.get_or_init(|| Arc::new(place))))
    }

    /// Runs statements in a transaction of their own, in one round trip.
    pub(super) async fn unscoped(
        &self,
        rights: Rights,
        statements: &[Statement],
        doing: &str,
    ) -> Result<Vec<Vec<Row>>, DatabaseError> {
        let place = self.place().await?;
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

    /// Runs what the server does in no transaction: indexes are built and removed beside readers and
    /// writers. The session's settings are put back, since behind a pooler others have it next.
    pub(super) async fn apart(&self, sql: &str, doing: &str) -> Result<(), DatabaseError> {
        let settings = self.place().await?.of_session();
        self.client.batch_execute(&settings).await.doing(doing)?;
        let done = self.client.batch_execute(sql).await;
        let back = self.client.batch_execute("RESET ALL").await;
        done.and(back)
            .doing(doing)
            .map_err(|error| error.lacking(self.login.as_deref(), Standing::Owner))
    }

    /// Begins a transaction under the login role.
    pub(super) async fn transaction(
        &mut self,
        doing: &str,
    ) -> Result<Transaction<'_>, DatabaseError> {
        let settings = self.place().await?.unlimited();
        let transaction = self.client.transaction().await.doing(doing)?;
        transaction.batch_execute(&settings).await.doing(doing)?;
        Ok(transaction)
    }
}
