//! Connections.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::client::Client;
use super::dsn::Dsn;
use super::error::DatabaseError;
use super::hosts::{Reached, reach};
use super::location::Site;

/// One database: connections to it are made here.
#[derive(Clone, Debug)]
pub struct Database {
    dsn: Dsn,
    site: Arc<Site>,
}

/// A connection, and the task that drives it. Ends when dropped.
pub struct Connection {
    pub(super) client: Client,
    /// Host, port, database and user, for messages.
    pub(super) target: String,
    /// The login role, where the connection string names it.
    pub(super) login: Option<String>,
    /// Where the tables are.
    pub(super) site: Arc<Site>,
    /// Whether a transaction was begun that is not known to have ended.
    pub(super) in_transaction: bool,
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
        Self::at(dsn, None)
    }

    /// Returns the same with the tables in this schema, whatever the search path is.
    #[must_use]
    pub fn in_schema(self, schema: impl Into<String>) -> Self {
        Self::at(self.dsn, Some(schema.into()))
    }

    fn at(dsn: Dsn, schema: Option<String>) -> Self {
        let path = dsn.search_path().map(ToOwned::to_owned);
        let site = Arc::new(Site {
            schema,
            path,
            ..Site::default()
        });
        Self { dsn, site }
    }

    /// Returns host, port, database and user; never a password.
    #[must_use]
    pub fn target(&self) -> String {
        self.dsn.to_string()
    }

    /// Makes a connection. It keeps the settings that the server gives it: each transaction has its
    /// own, because behind a pooler what a session sets would reach others.
    ///
    /// # Errors
    /// If no server answers within the connection string's `connect_timeout` (10 s unless given),
    /// or it refuses us; or a file of certificates cannot be used.
    pub async fn connect(&self) -> Result<Connection, DatabaseError> {
        let Reached {
            client,
            driver,
            target,
        } = Box::pin(reach(&self.dsn)).await?; // boxed: it is deep, and within every command
        Ok(Connection {
            client: Client::new(client),
            target,
            login: self.dsn.user.clone(),
            site: Arc::clone(&self.site),
            in_transaction: false,
            driver,
        })
    }
}

impl Connection {
    /// Returns host, port, database and user; never a password.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Breaks it off: the server rolls back what was not committed.
    pub(super) fn close(&self) {
        self.driver.abort();
    }
}
