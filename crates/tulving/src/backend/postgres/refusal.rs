//! Refusals: why a database is not worked with.

use thiserror::Error;

use crate::model::Scope;

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
        required: RequiredRole,
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
    Unindexed {
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
pub enum RequiredRole {
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
