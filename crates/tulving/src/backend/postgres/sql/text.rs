//! A statement, and its text with its bound parameters while it is put together.

use std::fmt::{self, Write as _};

use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::name::Name;

/// A part of a statement, or all of it.
#[derive(Default)]
pub(super) struct Text {
    sql: String,
    parameters: Vec<Parameter>,
}

struct Parameter {
    /// What it is, for readers of the listing.
    #[cfg_attr(not(test), expect(dead_code, reason = "only the listing tells it"))]
    what: &'static str,
    value: Box<dyn ToSql + Send + Sync>,
    ty: Type,
}

impl Text {
    pub(super) fn new(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            parameters: Vec::new(),
        }
    }

    /// Adds the next parameter.
    pub(super) fn with(
        mut self,
        what: &'static str,
        value: impl ToSql + Send + Sync + 'static,
        ty: Type,
    ) -> Self {
        let value = Box::new(value);
        self.parameters.push(Parameter { what, value, ty });
        self
    }

    /// Adds the scope as the next parameter.
    pub(super) fn scope(self, scope: Uuid) -> Self {
        self.with("scope", scope, Type::UUID)
    }

    /// Adds an id as the next parameter.
    pub(super) fn id(self, id: impl Into<String>) -> Self {
        self.with("id", id.into(), Type::TEXT)
    }

    /// Adds a parameter, and its place (`$n`) to the text.
    pub(super) fn value(
        &mut self,
        what: &'static str,
        value: impl ToSql + Send + Sync + 'static,
        ty: Type,
    ) -> &mut Self {
        let value = Box::new(value);
        self.parameters.push(Parameter { what, value, ty });
        let place = self.parameters.len();
        // Writing to a String does not fail.
        let _ = write!(self.sql, "${place}");
        self
    }

    /// Adds to the text.
    pub(super) fn text(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Adds another part, where there are no parameters yet.
    pub(super) fn wrap(&mut self, before: &str, inner: Self, after: &str) -> &mut Self {
        debug_assert!(self.parameters.is_empty(), "places are counted from 1");
        self.parameters = inner.parameters;
        self.text(before).text(&inner.sql).text(after)
    }

    /// Makes a statement of it.
    pub(super) fn named(self, name: Name) -> Statement {
        Statement { name, text: self }
    }

    pub(super) fn sql(&self) -> &str {
        &self.sql
    }

    pub(super) fn parameters(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        let parameters = self.parameters.iter();
        let typed = parameters.map(|it| (&*it.value as &(dyn ToSql + Sync), it.ty.clone()));
        typed.collect()
    }

    /// Returns what each parameter is, and its type.
    #[cfg(test)]
    pub(super) fn described(&self) -> impl Iterator<Item = (&'static str, &Type)> {
        self.parameters.iter().map(|it| (it.what, &it.ty))
    }
}

/// A statement and its parameters, whose types it names: so the server keeps nothing of it, and it
/// passes through a pooler that gives each transaction another connection.
pub(crate) struct Statement {
    pub(super) name: Name,
    pub(super) text: Text,
}

impl Statement {
    /// Returns the text.
    pub(crate) fn sql(&self) -> &str {
        self.text.sql()
    }

    /// Returns the parameters and their types, as the driver takes them.
    pub(crate) fn parameters(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        self.text.parameters()
    }
}

/// What the parameters hold is left out: it is somebody's.
impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.name, self.sql())
    }
}
