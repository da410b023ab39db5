//! Facts of a database: all that is to be known before a statement of ours can run there.

use tokio_postgres::Row;

/// What was found. Nothing in it needs a right: it is read from catalogs that everyone may read.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// PostgreSQL's version as a number, such as 180006.
    pub(super) server_number: i32,
    /// The same as text, such as `18.6`.
    pub(super) server: String,
    /// How the database keeps text.
    pub(super) encoding: String,
    /// What distinguishes this database from every other.
    pub(super) identity: String,
    /// The role that is in effect.
    pub(super) login: String,
    /// The schema of the tables: the first of the search path.
    pub(super) schema: Option<String>,
    /// Whether the schema has been applied there.
    pub(super) applied: bool,
    /// Names of ours that something has there, in order.
    pub(super) taken: Vec<String>,
    /// Tables of ours that are not there, in order.
    pub(super) missing: Vec<String>,
    /// All schemas that hold our tables.
    pub(super) homes: Vec<String>,
    /// Columns that went with the extension.
    pub(super) columns_missing: Option<String>,
    /// pgvector in this database.
    pub(super) vector: Option<Vector>,
    /// The version of pgvector that the database could enable, where it has not.
    pub(super) available: Option<String>,
    /// Whether a schema `public` is there, in which the login role may make objects.
    pub(super) public: bool,
    /// Whether the server has the application role.
    pub(super) role: bool,
    /// Whether the login role may take it on.
    pub(super) member: bool,
    /// What the application role lacks to read.
    pub(super) lacking: Vec<String>,
    /// What an administrator runs so that the login role may make the tables there.
    pub(super) grants: Vec<String>,
    /// Whether the login role may use that schema: one that it may not use is passed over, and what
    /// is made goes into the next of the search path.
    pub(super) usable: bool,
    /// Whether the login role may do as the tables' owner does.
    pub(super) owns_tables: bool,
    /// Whether the login role reads the table of versions by itself.
    pub(super) readable: bool,
    /// Whether the server can notice in the middle of a statement that its client is gone.
    pub(super) polls: bool,
}

/// pgvector as a database has it.
#[derive(Debug, Clone)]
pub(super) struct Vector {
    pub(super) version: String,
    pub(super) schema: String,
}

impl Facts {
    /// Reads the answer.
    pub(super) fn read(row: &Row, polls: bool) -> Self {
        let vector = |version: Option<String>| {
            Some(Vector {
                version: version?,
                schema: row.get(12),
            })
        };
        Self {
            server_number: row.get(0),
            server: row.get(1),
            encoding: row.get(2),
            identity: row.get(3),
            login: row.get(4),
            schema: row.get(5),
            applied: row.get::<_, Option<bool>>(6).unwrap_or(false),
            taken: row.get(7),
            missing: row.get(8),
            homes: row.get(9),
            columns_missing: row.get(10),
            vector: vector(row.get(11)),
            available: row.get(13),
            public: row.get(14),
            role: row.get(15),
            member: row.get(16),
            lacking: row.get(17),
            owns_tables: row.get(18),
            grants: row.get(19),
            usable: row.get(20),
            readable: row.get(21),
            polls,
        }
    }
}
