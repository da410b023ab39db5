//! Connections.

use tokio::task::JoinHandle;
use tokio_postgres::Client;

use super::dsn::Dsn;
use super::error::{DatabaseError, Doing};
use super::reach::{Reached, reach};

/// One database: connections to it are made here.
#[derive(Clone, Debug)]
pub struct Database {
    dsn: Dsn,
}

/// A connection, and the task that drives it. Ends when dropped.
pub struct Connection {
    pub(super) client: Client,
    /// Host, port, database and user, for messages.
    pub(super) target: String,
    /// The login role, where the connection string names it.
    pub(super) login: Option<String>,
    /// Whether a transaction was begun that is not known to have ended.
    pub(super) engaged: bool,
    driver: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Database {
    /// Says no more than where the database is; nothing is connected yet.
    #[must_use]
    pub fn new(dsn: Dsn) -> Self {
        Self { dsn }
    }

    /// Host, port, database and user; never a password.
    #[must_use]
    pub fn target(&self) -> String {
        self.dsn.to_string()
    }

    /// The schemas that the connection string's `options` name, as `search_path` takes them.
    #[must_use]
    pub fn search_path(&self) -> Option<&str> {
        self.dsn.search_path()
    }

    /// Makes a connection.
    ///
    /// # Errors
    /// If no server answers within the connection string's `connect_timeout` (10 s unless given),
    /// or it refuses us; or a file of certificates cannot be used.
    pub async fn connect(&self) -> Result<Connection, DatabaseError> {
        let connection = self.connect_plain().await?;
        connection.settle().await?;
        Ok(connection)
    }

    /// The same without settings that outlive a transaction: behind a pooler they would reach
    /// others.
    pub(super) async fn connect_plain(&self) -> Result<Connection, DatabaseError> {
        let Reached {
            client,
            driver,
            target,
        } = reach(&self.dsn).await?;
        Ok(Connection {
            client,
            target,
            login: self.dsn.user.clone(),
            engaged: false,
            driver,
        })
    }
}

impl Connection {
    /// Settings that every connection needs.
    async fn settle(&self) -> Result<(), DatabaseError> {
        const DOING: &str = "setting up the connection";
        for wish in [
            // A client that is killed in the middle of a statement leaves within a second; servers
            // on systems that cannot poll for that refuse the setting, and notice later.
            "SET client_connection_check_interval = '1s'",
            // New in PostgreSQL 17.
            "SET transaction_timeout = 0",
        ] {
            match self.client.batch_execute(wish).await {
                Err(error) if error.code().is_none() => return Err(error).doing(DOING),
                _ => {}
            }
        }
        // Limits that a hosted server sets for quick queries would cut a long run off, as with pg_dump.
        let settings = "SET client_min_messages = warning; SET statement_timeout = 0; \
                        SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0";
        self.client.batch_execute(settings).await.doing(DOING)
    }

    /// Host, port, database and user; never a password.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Breaks it off: the server rolls back what was not committed.
    pub(super) fn close(&self) {
        self.driver.abort();
    }
}
