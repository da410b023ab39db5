//! The location of the tables, and how each transaction gets there.
//!
//! Names in statements are unqualified. Each transaction sets `search_path` for itself, beside the
//! role: poolers refuse it when a connection starts, and what a session sets reaches others behind
//! one.

use std::sync::{Arc, OnceLock};

use super::facts::Facts;

/// Where the tables are wanted, and where they were found.
#[derive(Debug, Default)]
pub(super) struct Site {
    /// The schema that was asked for by name.
    pub(super) schema: Option<String>,
    /// The schemas that the connection string names, as `search_path` takes them.
    pub(super) path: Option<String>,
    /// What was found. It holds for all connections: tables do not move while they are used.
    pub(super) found: OnceLock<Arc<Location>>,
}

/// The schema of the tables, and what a transaction there begins with.
#[derive(Debug)]
pub(super) struct Location {
    /// The schema.
    pub(super) schema: String,
    /// What `search_path` is set to: that schema, the one of pgvector, and last, so that nothing in
    /// it is taken for a table of ours, the one of temporary tables.
    path: String,
    /// pgvector's schema.
    vector: Option<String>,
    /// PostgreSQL's version as a number, such as 180006.
    server: i32,
    /// Whether the server can notice in the middle of a statement that its client is gone.
    polls: bool,
    /// Whether the login role may do as the tables' owner does.
    pub(super) owns_tables: bool,
}

impl Facts {
    /// Returns where the tables are or would be.
    pub(super) fn location(&self) -> Option<Location> {
        let schema = self.schema.clone()?;
        Some(Location::new(schema, self))
    }
}

impl Location {
    /// Names a schema.
    pub(super) fn new(schema: String, facts: &Facts) -> Self {
        let vector = facts.vector.as_ref().map(|vector| vector.schema.clone());
        let mut path = quoted(&schema);
        if let Some(vector) = vector.as_ref().filter(|vector| **vector != schema) {
            path = format!("{path}, {}", quoted(vector));
        }
        Self {
            schema,
            path: format!("{path}, pg_temp"),
            vector,
            server: facts.server_number,
            polls: facts.polls,
            owns_tables: facts.owns_tables,
        }
    }

    /// Makes one for tests.
    #[cfg(test)]
    pub(super) fn sample() -> Self {
        Self {
            schema: "tulving".to_owned(),
            path: "\"tulving\", \"public\", pg_temp".to_owned(),
            vector: Some("public".to_owned()),
            server: 180_000,
            polls: true,
            owns_tables: true,
        }
    }

    /// Returns a table, index or type of ours as SQL takes it, whatever the search path is.
    pub(super) fn own(&self, name: &str) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(name))
    }

    /// Returns a type or operator class of pgvector, likewise.
    pub(super) fn of_vector(&self, name: &str) -> String {
        let schema = self.vector.as_ref().unwrap_or(&self.schema);
        format!("{}.{name}", quoted(schema))
    }

    /// Settings that every transaction needs, whatever the login role or the database has set.
    pub(super) fn settings(&self) -> String {
        set("SET LOCAL", self.needed())
    }

    /// The same for work that takes its time.
    pub(super) fn unlimited(&self) -> String {
        set("SET LOCAL", self.needed().chain(self.patient()))
    }

    /// Settings of a session for what the server does in no transaction, with one `more`, and what puts
    /// them back. Such a statement names everything in full.
    pub(super) fn of_session(&self, more: Option<(&'static str, &str)>) -> [String; 2] {
        let settings = || self.since_17().into_iter().chain(self.unhurried());
        let back = settings()
            .chain(more)
            .map(|(name, _)| format!("RESET {name}"));
        let back: Vec<String> = back.collect();
        [set("SET", settings().chain(more)), back.join("; ")]
    }

    fn needed(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [("search_path", self.path.as_str()), ("row_security", "on")]
            .into_iter()
            .chain(self.since_17())
    }

    fn patient(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("client_min_messages", "warning"),
            ("idle_in_transaction_session_timeout", "0"),
        ]
        .into_iter()
        .chain(self.unhurried())
    }

    /// Limits that a hosted server sets for quick queries would cut a long run off, as with pg_dump.
    fn unhurried(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let polling = self
            .polls
            .then_some(("client_connection_check_interval", "'1s'"));
        [("statement_timeout", "0"), ("lock_timeout", "0")]
            .into_iter()
            .chain(polling)
    }

    fn since_17(&self) -> Option<(&'static str, &str)> {
        (self.server >= 170_000).then_some(("transaction_timeout", "0"))
    }
}

/// Plain SET, not `set_config`: poolers and distributed servers forward only that.
fn set<'s>(how: &str, settings: impl Iterator<Item = (&'static str, &'s str)>) -> String {
    let settings: Vec<String> = settings
        .map(|(name, value)| format!("{how} {name} TO {value}"))
        .collect();
    settings.join("; ")
}

/// Returns a name as SQL takes it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
