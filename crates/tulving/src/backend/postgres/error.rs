//! What can go wrong between us and a database.

use thiserror::Error;
use tokio_postgres::error::SqlState;

use super::barrier::Barrier;
use super::dsn::DsnError;
use super::owners::OwnerFlaw;
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

/// Why a database is not worked with.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The schema was never applied.
    #[error("{table} table does not exist in {target}{}", within(schema.as_deref()))]
    TableMissing {
        /// The table that was looked for.
        table: &'static str,
        /// Which database.
        target: String,
        /// The schema that was looked in, if there is one.
        schema: Option<String>,
        /// Schemas that hold the tables.
        elsewhere: Vec<String>,
    },
    /// The search path names no schema that is there.
    #[error("{target} has no schema for the tables: its search_path names none that exists")]
    NoSchema {
        /// Which database.
        target: String,
    },
    /// Something else has a name that the tables need.
    #[error("schema {schema} of {target} holds other tables of these names: {names}")]
    Occupied {
        /// The schema.
        schema: String,
        /// The names.
        names: String,
        /// Which database.
        target: String,
    },
    /// The database cannot hold every text.
    #[error("{target} keeps text in {found}; only UTF8 holds every memory")]
    Encoding {
        /// Its encoding.
        found: String,
        /// Which database.
        target: String,
    },
    /// The role that statements on memories run under has lost rights, as in a restore without
    /// privileges.
    #[error("the role {role} lacks rights: {rights}")]
    RightsMissing {
        /// The role.
        role: &'static str,
        /// The rights, as GRANT takes them.
        rights: String,
    },
    /// The server has no pgvector, or the database has not enabled it.
    #[error("pgvector extension missing in {target}")]
    ExtensionMissing {
        /// Which database.
        target: String,
        /// Whether the server could enable it.
        available: bool,
    },
    /// Tables were dropped to which others refer.
    #[error("tables are missing in {target}, and with them what others refer to: {tables}")]
    TablesLost {
        /// Their names.
        tables: String,
        /// Which database.
        target: String,
    },
    /// The extension was dropped, and what was of its types with it.
    #[error("columns are missing in {target}, as after DROP EXTENSION vector CASCADE: {columns}")]
    ColumnsMissing {
        /// Each as `table.column`.
        columns: String,
        /// Which database.
        target: String,
    },
    /// pgvector is too old.
    #[error("pgvector {found} is too old: {needed} or newer is needed")]
    ExtensionTooOld {
        /// The version there.
        found: String,
        /// The oldest that is used.
        needed: &'static str,
        /// Whether the database has it enabled; else it is what the server would enable.
        enabled: bool,
    },
    /// PostgreSQL is too old.
    #[error("PostgreSQL {found} is not supported: 15 or newer is needed")]
    ServerTooOld {
        /// The version there.
        found: String,
    },
    /// The database was made by a newer program.
    #[error("the database has schema version {found}; this program knows versions up to {known}")]
    SchemaNewer {
        /// The version there.
        found: i32,
        /// The newest version of this program.
        known: i32,
    },
    /// The database has to be brought up to date first.
    #[error("the database has schema version {found}; this program needs {known}")]
    SchemaOlder {
        /// The version there.
        found: i32,
        /// The newest version of this program.
        known: i32,
    },
    /// A file of the schema is not the one that this database has seen.
    #[error(
        "schema version {version} of the database was made by another file than this program holds"
    )]
    SchemaChanged {
        /// The version.
        version: i32,
    },
    /// The owner is not in the database.
    #[error("{scope} does not exist in {target}")]
    UnknownScope {
        /// The owner.
        scope: Scope,
        /// Which database.
        target: String,
    },
    /// An owner cannot be made beside those who are there.
    #[error("{what}")]
    Exists {
        /// What is there.
        what: String,
    },
    /// An owner of that name is there already.
    #[error("{what} is there already, with the id {id}")]
    OwnerExists {
        /// The kind of owner and its name.
        what: String,
        /// Its id.
        id: uuid::Uuid,
    },
    /// An owner of that name is there already and is not the one that was asked for.
    #[error("{what} is {there}, not {wanted}")]
    OtherOwner {
        /// The kind of owner and its name.
        what: String,
        /// Who is there.
        there: Scope,
        /// Who was asked for.
        wanted: Scope,
    },
    /// No owner has that name or id.
    #[error("there is no {what} in {target}")]
    Nobody {
        /// The kind of owner and its name or id.
        what: String,
        /// Which database.
        target: String,
    },
    /// Several owners have that name.
    #[error("several are called {what}: {ids}")]
    Namesakes {
        /// The kind of owner and its name.
        what: String,
        /// Their ids.
        ids: String,
    },
    /// The id that a new owner should have is somebody's.
    #[error("{what} cannot be created, since its id is taken by {by}")]
    IdTaken {
        /// The kind of owner and its name.
        what: String,
        /// The kind and the name of who has the id.
        by: String,
    },
    /// The login role may not do what is needed.
    #[error("the role {} may not do this: {doing}", role.as_deref().unwrap_or("you log in with"))]
    Privilege {
        /// The login role, where it is known.
        role: Option<String>,
        /// What it would have to be.
        standing: Standing,
        /// What was being done.
        doing: String,
        /// What the server said.
        source: Option<tokio_postgres::Error>,
    },
    /// The server does not have the role that statements on memories run under.
    #[error("the role {role} does not exist on this server")]
    RoleMissing {
        /// The role.
        role: &'static str,
    },
    /// The server, or the login role, is set to read only.
    #[error("the database takes no writes: {doing}")]
    ReadOnly {
        /// What was being done.
        doing: String,
        /// What the server said.
        source: tokio_postgres::Error,
    },
    /// Row-level security would not hold.
    #[error("row-level security does not hold: {what}")]
    WallOpen {
        /// What is open.
        what: String,
        /// What an administrator runs to close it; `None` where applying the schema does.
        sql: Option<String>,
    },
    /// Some memories are not in the keyword index: psql brought the schema up to date, or wrote them.
    #[error("{rows} {kind} of {scope} are not in the keyword index yet")]
    Unread {
        /// The owner.
        scope: Scope,
        /// `nodes` or `episodes`.
        kind: &'static str,
        /// How many.
        rows: u64,
    },
    /// Postings cannot be read: somebody changed them by hand, or the disk did.
    #[error("the keyword index of the {kind} of {scope} is damaged")]
    WordsDamaged {
        /// The owner.
        scope: Scope,
        /// `nodes` or `episodes`.
        kind: &'static str,
    },
    /// The keyword index counts to 2,147,483,647, changes included.
    #[error("the keyword index of {scope} has no number left for new {kind}")]
    NumbersUsedUp {
        /// The owner.
        scope: Scope,
        /// `nodes` or `episodes`.
        kind: &'static str,
    },
    /// So many scopes have an index of their own that one more would slow down all the others.
    #[error("{most} scopes have an index of their own, which is as many as there may be")]
    TooManyIndexes {
        /// How many there may be.
        most: u64,
    },
    /// There is no run with this id.
    #[error("there is no run {run_id}")]
    UnknownRun {
        /// The id that was asked for.
        run_id: uuid::Uuid,
    },
}

/// What a login role is to the tables, as far as its rights go.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// May take on the role that statements on memories run under.
    Member,
    /// Is a member, but the role itself lacks the right, as after a restore without privileges.
    Role,
    /// Owns the tables: those of users and tenants are the owner's alone.
    Owner,
    /// May make the tables: in their schema, and as a member of that role.
    Maker {
        /// What an administrator runs for it; empty where none of the usual rights is missing.
        sql: String,
    },
}

fn within(schema: Option<&str>) -> String {
    schema.map_or_else(String::new, |schema| format!(", schema {schema}"))
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
            | Self::NoAnswer { .. } => ErrorClass::Damaged,
            Self::Statement { .. } | Self::NoServer | Self::NoPool { .. } => ErrorClass::Bug,
        }
    }

    /// Says of a missing right who lacks it, and what the login would have to be.
    pub(crate) fn lacking(mut self, login: Option<&str>, needed: Standing) -> Self {
        if let Self::Refused(Refusal::Privilege { role, standing, .. }) = &mut self {
            *role = login.map(ToOwned::to_owned);
            *standing = needed;
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
                standing: Standing::Member,
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

    /// Whether doing the same again may go through: another transaction was in the way.
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

    /// Whether the server has no connection left to give.
    pub(crate) fn is_crowded(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
            && self.sql_state() == Some(&SqlState::TOO_MANY_CONNECTIONS)
    }

    /// The table that the server's words are about, where they name one.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        match self {
            Self::Server { source, .. } => source.as_db_error()?.table(),
            _ => None,
        }
    }

    /// Where in the database the error comes from, if from a function: `PL/pgSQL function audit() …`.
    #[must_use]
    pub fn function(&self) -> Option<&str> {
        match self {
            Self::Server { source, .. } => functions(source.as_db_error()?.where_()?).next(),
            _ => None,
        }
    }

    /// The server's code, where the server said something.
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
