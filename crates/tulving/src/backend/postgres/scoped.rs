//! The only way to memories: a transaction bound to one scope.

use tokio_postgres::Transaction;
use tokio_postgres::error::SqlState;

use super::connect::Connection;
use super::error::{DatabaseError, Doing, Refusal, Standing};
use crate::model::Scope;

/// The role that every statement on memories runs under.
pub(super) const ROLE: &str = "tulving_app";

/// A transaction under the application role, bound to one scope. Row-level security shows it that
/// scope's rows and no others; statements name the scope as well. Dropping it rolls back.
pub struct Scoped<'c> {
    pub(super) tx: Transaction<'c>,
    pub(super) scope: Scope,
}

impl Connection {
    /// Begins a transaction on the memories of one scope.
    ///
    /// # Errors
    /// If the login role may not take on the application role, or the connection is lost.
    pub async fn scoped(&mut self, scope: Scope) -> Result<Scoped<'_>, DatabaseError> {
        const DOING: &str = "binding the scope";
        let tx = self.client.transaction().await.doing(DOING)?;
        // Plain SET LOCAL, not set_config: poolers and distributed servers forward only that.
        // The value is a UUID, so there is nothing to escape.
        let bind = format!(
            "SET LOCAL ROLE {ROLE}; SET LOCAL tulving.scope_id = '{}'",
            scope.id()
        );
        match tx.batch_execute(&bind).await {
            // The only value that a server can object to: roles are not in a database's backup.
            Err(error) if error.code() == Some(&SqlState::INVALID_PARAMETER_VALUE) => {
                return Err(Refusal::RoleMissing { role: ROLE }.into());
            }
            bound => bound
                .doing(DOING)
                .map_err(|error| error.lacking(self.login.as_deref(), Standing::Member))?,
        }
        Ok(Scoped { tx, scope })
    }
}

impl Scoped<'_> {
    /// Lets the commit return before it is on disk. A crash of the server may then undo it, in the
    /// order of commits and whole: for work that a ledger can repeat, and that a durable commit
    /// follows.
    pub(crate) async fn defer_durability(&self) -> Result<(), DatabaseError> {
        self.tx
            .batch_execute("SET LOCAL synchronous_commit = off")
            .await
            .doing("preparing to write")
    }

    /// Makes everything done in it lasting and visible.
    ///
    /// # Errors
    /// If the server could not commit, or the connection was lost: then it may have committed.
    pub async fn commit(self) -> Result<(), DatabaseError> {
        self.tx.commit().await.doing("committing")
    }
}
