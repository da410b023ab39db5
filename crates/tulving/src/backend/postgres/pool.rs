//! The connection pool.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use deadpool::Runtime;
use deadpool::managed::{self, Metrics, Object, PoolError, RecycleError, RecycleResult};

use super::connect::{Connection, Database};
use super::error::DatabaseError;

/// Makes connections for the pool.
struct Manager {
    database: Database,
}

impl managed::Manager for Manager {
    type Type = Connection;
    type Error = DatabaseError;

    async fn create(&self) -> Result<Connection, DatabaseError> {
        self.database.connect().await
    }

    async fn recycle(
        &self,
        connection: &mut Connection,
        _: &Metrics,
    ) -> RecycleResult<DatabaseError> {
        if connection.in_transaction || connection.client.is_closed() {
            Err(RecycleError::message("the connection was lost"))
        } else {
            Ok(())
        }
    }
}

/// At most so many connections to one database.
pub(super) struct Pool {
    connections: managed::Pool<Manager>,
    target: String,
    size: usize,
    wait: Duration,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({} of {})", self.size, self.target)
    }
}

/// A connection of the pool. When it is dropped it goes back, unless it is left in a transaction: then
/// it is closed, and the server forgets the transaction, with the scope that was bound.
pub(super) struct PooledConnection(Object<Manager>);

impl Deref for PooledConnection {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for PooledConnection {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        if self.0.in_transaction {
            // The pool will not give it out again; the server is to know now.
            self.0.close();
        }
    }
}

impl Pool {
    /// Makes one in which nothing is connected yet.
    pub(super) fn new(
        database: Database,
        size: usize,
        wait: Duration,
    ) -> Result<Self, DatabaseError> {
        let target = database.target();
        let size = size.max(1);
        let pool = managed::Pool::builder(Manager { database })
            .max_size(size)
            .wait_timeout(Some(wait))
            .runtime(Runtime::Tokio1)
            .build();
        match pool {
            Ok(connections) => Ok(Self {
                connections,
                target,
                size,
                wait,
            }),
            // There is a runtime for its timeouts, which is all it could miss.
            Err(error) => Err(DatabaseError::NoPool {
                reason: error.to_string(),
            }),
        }
    }

    /// Returns a connection; waits for one if all are in use, or the server has no more to give, and
    /// gives up after a while.
    pub(super) async fn get(&self) -> Result<PooledConnection, DatabaseError> {
        let begun = Instant::now();
        loop {
            match self.connections.get().await {
                Ok(connection) => return Ok(PooledConnection(connection)),
                Err(PoolError::Backend(error)) => {
                    let others = self.connections.status().size;
                    if !error.is_crowded() || others == 0 || begun.elapsed() > self.wait {
                        return Err(error);
                    }
                }
                Err(_) => {
                    return Err(DatabaseError::Busy {
                        target: self.target.clone(),
                        size: self.size,
                        seconds: self.wait.as_secs(),
                    });
                }
            }
        }
    }
}
