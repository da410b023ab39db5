//! What can go wrong between us and a database.

use thiserror::Error;
use tokio_postgres::error::SqlState;

use super::barrier::Barrier;
use super::dsn::DsnError;
use super::new_owner::OwnerFlaw;
use super::refusal::{Refusal, RequiredRole};
use super::sqlstate::{Fault, functions};
use crate::ErrorClass;
use crate::backend::{BackendError, StorageError};
use crate::model::{Kind, Scope, Space};

/// A failed exchange with a database. `doing` says what was being done.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The connection string cannot be used.
    #[error(transparent)]
    Dsn(#[from] DsnError),
    /// No server answers, or it turns us away at the door.
    #[error("{barrier}: connecting to {target}")]
    Unreachable {
        /// Host, port, database and user; never a password.
        target: String,
        /// What stood in the way.
        barrier: Box<Barrier>,
        /// What else is to be known: hosts tried before, a password file that was not read.
        notes: Vec<String>,
        /// What the driver said.
        source: Option<tokio_postgres::Error>,
    },
    /// The server does not answer in time.
    #[error("no answer within {seconds} s from {target}")]
    TimedOut {
        /// Host, port, database and user; never a password.
        target: String,
        /// How long was waited.
        seconds: u64,
    },
    /// The connection broke, or the server went down.
    #[error("lost the database while {doing}")]
    Lost {
        /// What was being done.
        doing: String,
        /// What the driver said.
        source: tokio_postgres::Error,
    },
    /// The connection broke while a write was being committed.
    #[error("lost the database while {doing}; whether it was done is not known")]
    Uncertain {
        /// What was being done.
        doing: String,
        /// What the driver said.
        source: tokio_postgres::Error,
    },
    /// The server stopped a statement: it took too long, or an administrator wished it.
    #[error("the database stopped: {doing}")]
    Stopped {
        /// What was being done.
        doing: String,
        /// What the driver said.
        source: tokio_postgres::Error,
    },
    /// Every connection of the pool stayed in use.
    #[error("all {size} connections to {target} are busy; waited {seconds} s")]
    Busy {
        /// Host, port, database and user; never a password.
        target: String,
        /// How many connections there may be.
        size: usize,
        /// How long was waited.
        seconds: u64,
    },
    /// The server has no room left.
    #[error("the database's disk is full: {doing}")]
    DiskFull {
        /// What was being done.
        doing: String,
        /// What the server said.
        source: tokio_postgres::Error,
    },
    /// Another run on the same scope did not end in time.
    #[error("another run holds the lock on {scope}; waited {seconds} s")]
    Locked {
        /// Whose memories are being moved.
        scope: Scope,
        /// How long was waited.
        seconds: u64,
    },
    /// The database is not in a state to work with.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// An owner to be made is not named properly.
    #[error(transparent)]
    Owner(#[from] OwnerFlaw),
    /// The server refused a statement for a reason of its own.
    #[error("{fault}: {doing}")]
    Server {
        /// The reason.
        fault: Fault,
        /// What was being done.
        doing: String,
        /// What the server said.
        source: tokio_postgres::Error,
    },
    /// A statement was not understood, or its answer was not.
    #[error("{doing}")]
    Statement {
        /// What was being done.
        doing: String,
        /// What the server said.
        source: tokio_postgres::Error,
    },
    /// A row of a memory holds what was not stored there: somebody changed it by hand.
    #[error("{table}.{column} of {id:?} holds what was never stored there: {why}")]
    DamagedRow {
        /// The table.
        table: &'static str,
        /// The column.
        column: String,
        /// The memory.
        id: String,
        /// What is wrong with it.
        why: String,
    },
    /// A row is not there that every scope has for each kind of memory: somebody removed it by hand.
    #[error("scope_kinds has no row {kind} of {scope}")]
    NoScopeKind {
        /// The scope.
        scope: Scope,
        /// The kind.
        kind: Kind,
    },
    /// An embedding space is not there to which vectors refer: somebody removed it by hand.
    #[error("there is no embedding space {number}")]
    NoSpace {
        /// Its number.
        number: i32,
    },
    /// An embedding space was written and is not there: something in the database takes it away.
    #[error("embedding_spaces does not keep {space}")]
    SpaceNotKept {
        /// The space.
        space: Space,
    },
    /// A run is said to have moved memories of a kind that nobody knows: somebody changed its row by hand.
    #[error("run_chunks.kind of run {run_id} is {kind:?}")]
    UnknownRunKind {
        /// The run.
        run_id: uuid::Uuid,
        /// What stands there.
        kind: String,
    },
    /// Fewer rows were written than were sent: something in the database leaves some out.
    #[error("{sent} rows were sent to {table}, {arrived} arrived")]
    RowsMissing {
        /// The table.
        table: &'static str,
        /// How many were sent.
        sent: u64,
        /// How many were written.
        arrived: u64,
    },
    /// The server gives no answer to what every PostgreSQL answers.
    #[error("the database does not say {what}")]
    NoAnswer {
        /// What was asked.
        what: &'static str,
    },
    /// The transaction that keeps the snapshot of an export has ended, or another server answered.
    #[error("the snapshot that the export reads is gone")]
    SnapshotGone,
    /// A row that was listed is not given back.
    #[error("{table} does not give back {id:?}, which it listed")]
    RowGone {
        /// The table.
        table: &'static str,
        /// The memory.
        id: String,
    },
    /// The connection string names no server.
    #[error("no server to connect to")]
    NoServer,
    /// The pool of connections cannot be made.
    #[error("cannot make a pool of connections: {reason}")]
    NoPool {
        /// Why.
        reason: String,
    },
}

impl DatabaseError {
    /// Returns what kind of failure it is.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Dsn(_) | Self::Owner(_) => ErrorClass::Usage,
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Lost { .. }
            | Self::Uncertain { .. }
            | Self::Stopped { .. }
            | Self::Busy { .. } => ErrorClass::Unavailable,
            Self::DiskFull { .. } => ErrorClass::Full,
            Self::Locked { .. } => ErrorClass::Busy,
            Self::Refused(_) => ErrorClass::Refused,
            Self::Server { fault, .. } => match fault {
                Fault::Exhausted | Fault::Broken => ErrorClass::Unavailable,
                Fault::Contended => ErrorClass::Busy,
                _ => ErrorClass::Refused,
            },
            Self::DamagedRow { .. }
            | Self::NoScopeKind { .. }
            | Self::NoSpace { .. }
            | Self::SpaceNotKept { .. }
            | Self::UnknownRunKind { .. }
            | Self::RowsMissing { .. }
            | Self::RowGone { .. }
            | Self::NoAnswer { .. } => ErrorClass::Damaged,
            Self::SnapshotGone => ErrorClass::Unavailable,
            Self::Statement { .. } | Self::NoServer | Self::NoPool { .. } => ErrorClass::Bug,
        }
    }

    /// Says of a missing right who lacks it, and what the login would have to be.
    pub(crate) fn with_login(mut self, login: Option<&str>, needed: RequiredRole) -> Self {
        if let Self::Refused(Refusal::Privilege { role, required, .. }) = &mut self {
            *role = login.map(ToOwned::to_owned);
            *required = needed;
        }
        self
    }

    /// Sorts a driver's error by what a user can do about it.
    pub(crate) fn from_driver(doing: impl Into<String>, source: tokio_postgres::Error) -> Self {
        let doing = doing.into();
        let said = source.as_db_error();
        let Some(fault) = said.map(Fault::of) else {
            return if source.is_closed() || is_io(&source) {
                Self::Lost { doing, source }
            } else {
                Self::Statement { doing, source }
            };
        };
        let Some(fault) = fault else {
            return Self::Statement { doing, source };
        };
        match fault {
            Fault::Lost => Self::Lost { doing, source },
            Fault::Stopped => Self::Stopped { doing, source },
            Fault::DiskFull => Self::DiskFull { doing, source },
            Fault::ReadOnly => Self::Refused(Refusal::ReadOnly { doing, source }),
            Fault::Privilege => Self::Refused(Refusal::Privilege {
                role: None,
                required: RequiredRole::Member,
                doing,
                source: Some(source),
            }),
            fault => Self::Server {
                fault,
                doing,
                source,
            },
        }
    }

    /// Returns whether doing the same again may go through: another transaction was in the way.
    pub(crate) fn is_transient(&self) -> bool {
        self.sql_state().is_some_and(|code| {
            [
                &SqlState::T_R_SERIALIZATION_FAILURE,
                &SqlState::T_R_DEADLOCK_DETECTED,
                &SqlState::UNIQUE_VIOLATION,
            ]
            .contains(&code)
        })
    }

    /// Returns whether the server has no connection left to give.
    pub(crate) fn is_crowded(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
            && self.sql_state() == Some(&SqlState::TOO_MANY_CONNECTIONS)
    }

    /// Returns the table that the server's words are about, where they name one.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        match self {
            Self::Server { source, .. } => source.as_db_error()?.table(),
            _ => None,
        }
    }

    /// Returns where in the database the error comes from, if from a function: `PL/pgSQL function audit() …`.
    #[must_use]
    pub fn function(&self) -> Option<&str> {
        match self {
            Self::Server { source, .. } => functions(source.as_db_error()?.where_()?).next(),
            _ => None,
        }
    }

    /// Returns the server's code, where the server said something.
    pub(crate) fn sql_state(&self) -> Option<&SqlState> {
        match self {
            Self::Unreachable { source, .. } => {
                source.as_ref().and_then(tokio_postgres::Error::code)
            }
            Self::Lost { source, .. }
            | Self::Uncertain { source, .. }
            | Self::Stopped { source, .. }
            | Self::DiskFull { source, .. }
            | Self::Server { source, .. }
            | Self::Statement { source, .. } => source.code(),
            Self::Refused(Refusal::Privilege { source, .. }) => {
                source.as_ref().and_then(tokio_postgres::Error::code)
            }
            _ => None,
        }
    }
}

impl From<DatabaseError> for StorageError {
    fn from(error: DatabaseError) -> Self {
        Self::new(error.class(), error)
    }
}

impl From<DatabaseError> for BackendError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Refused(Refusal::UnknownScope { scope, target }) => Self::UnknownScope {
                scope,
                place: target,
            },
            error => Self::Storage(error.into()),
        }
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if error.is::<std::io::Error>() {
            return true;
        }
        source = error.source();
    }
    false
}

/// Adds what was being done to a driver's error.
pub(crate) trait Doing<T> {
    /// Names the action.
    fn doing(self, what: &str) -> Result<T, DatabaseError>;
}

impl<T> Doing<T> for Result<T, tokio_postgres::Error> {
    fn doing(self, what: &str) -> Result<T, DatabaseError> {
        self.map_err(|source| DatabaseError::from_driver(what, source))
    }
}
