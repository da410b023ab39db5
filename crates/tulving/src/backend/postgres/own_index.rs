//! The indexes of single scopes' vectors: their names, and removing them.

use tokio_postgres::types::Type;

use super::connect::Connection;
use super::error::DatabaseError;
use super::session::Rights;
use super::statement::Statement;
use crate::model::{Kind, Scope};

/// The name of the index of one scope's vectors: its own, so that no scope feels another's.
pub(super) fn index_name(kind: Kind, scope: uuid::Uuid, space_id: i32) -> String {
    format!("{}_vectors_{}_{space_id}", kind.as_str(), scope.simple())
}

/// Indexes of single scopes; more is said of them in conditions that follow.
pub(super) fn own() -> String {
    let tables = Kind::ALL.map(|kind| format!("to_regclass('{}')", kind.vectors()));
    format!(
        "SELECT c.relname::text, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
         WHERE i.indrelid IN ({})",
        tables.join(", ")
    )
}

/// Whether the index of a scope's vectors of a kind, in the space that `space_id` says, is there and whole.
pub(super) fn is_ready(kind: Kind, scope: uuid::Uuid, space_id: &str) -> String {
    let (table, scope) = (kind.vectors(), scope.simple());
    format!(
        "EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                 WHERE i.indrelid = to_regclass('{table}') AND i.indisvalid \
                   AND c.relname = ('{}_vectors_{scope}_' || {space_id})::name)",
        kind.as_str()
    )
}

impl Connection {
    /// Removes a scope's indexes of vectors. Searches are exact from then on.
    ///
    /// # Errors
    /// If the login role does not own the tables.
    pub(crate) async fn drop_indexes(&self, scope: Scope) -> Result<(), DatabaseError> {
        for (name, _) in self.index_names(scope).await? {
            self.drop_index(&name).await?;
        }
        Ok(())
    }

    /// Removes a scope's indexes of vectors of one space.
    ///
    /// # Errors
    /// If the login role does not own the tables.
    pub(super) async fn drop_indexes_of(
        &self,
        scope: Scope,
        space_id: i32,
    ) -> Result<(), DatabaseError> {
        let of_space = Kind::ALL.map(|kind| index_name(kind, scope.id(), space_id));
        for (name, _) in self.index_names(scope).await? {
            if of_space.contains(&name) {
                self.drop_index(&name).await?;
            }
        }
        Ok(())
    }

    /// The names of a scope's indexes, those that a rebuilding left included, and whether each is
    /// whole.
    pub(super) async fn index_names(
        &self,
        scope: Scope,
    ) -> Result<Vec<(String, bool)>, DatabaseError> {
        let query = format!("{} AND c.relname LIKE $1", own());
        let like = format!("%\\_vectors\\_{}\\_%", scope.id().simple());
        let query = Statement::new(query).with(like, Type::TEXT);
        let rows = self
            .unscoped(Rights::Member, &[query], "looking for indexes")
            .await?;
        let rows = rows.iter().flatten();
        Ok(rows.map(|row| (row.get(0), row.get(1))).collect())
    }

    /// The names of indexes whose scope is gone: nothing goes through them, and they take up room. None
    /// if the login role may not know who the owners are.
    ///
    /// # Errors
    /// If the connection is lost.
    pub async fn orphaned_indexes(&self) -> Result<Vec<String>, DatabaseError> {
        const DOING: &str = "looking for indexes of owners that are gone";
        let may = "SELECT coalesce(has_table_privilege(to_regclass('users'), 'SELECT') \
                               AND has_table_privilege(to_regclass('tenants'), 'SELECT'), false)";
        let may = self
            .unscoped(Rights::Login, &[Statement::new(may)], DOING)
            .await?;
        if !may.iter().flatten().any(|row| row.get(0)) {
            return Ok(Vec::new());
        }
        let query = format!(
            "{} AND c.relname ~ '^({})_vectors_[0-9a-f]{{32}}_' \
             AND substring(c.relname FROM '_vectors_([0-9a-f]{{32}})_')::uuid \
                 NOT IN (SELECT id FROM users UNION ALL SELECT id FROM tenants) ORDER BY 1",
            own(),
            Kind::ALL.map(Kind::as_str).join("|"),
        );
        let rows = self
            .unscoped(Rights::Login, &[Statement::new(query)], DOING)
            .await?;
        Ok(rows.iter().flatten().map(|row| row.get(0)).collect())
    }

    /// Removes them; gives their names.
    ///
    /// # Errors
    /// If the login role does not own the tables.
    pub(super) async fn drop_orphaned_indexes(&self) -> Result<Vec<String>, DatabaseError> {
        let names = self.orphaned_indexes().await?;
        for name in &names {
            self.drop_index(name).await?;
        }
        Ok(names)
    }

    pub(super) async fn drop_index(&self, name: &str) -> Result<(), DatabaseError> {
        let name = self.place().await?.own(name);
        let drop = format!("DROP INDEX CONCURRENTLY IF EXISTS {name}");
        self.apart(&drop, None, "removing an index").await
    }
}
