//! The indexes of single scopes' vectors: their names, and removing them.

use super::connect::Connection;
use super::error::DatabaseError;
use super::session::Rights;
use super::sql::indexes;
use crate::model::{Kind, Scope};

/// Returns the name of the index of one scope's vectors: its own, so that no scope feels another's.
pub(super) fn index_name(kind: Kind, scope: uuid::Uuid, space_id: i32) -> String {
    format!("{}_vectors_{}_{space_id}", kind.as_str(), scope.simple())
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

    /// Returns the names of a scope's indexes, those that a rebuilding left included, and whether each is
    /// whole.
    pub(super) async fn index_names(
        &self,
        scope: Scope,
    ) -> Result<Vec<(String, bool)>, DatabaseError> {
        let query = indexes::list(scope.id());
        let rows = self
            .unscoped(Rights::Member, &[query], "looking for indexes")
            .await?;
        let rows = rows.iter().flatten();
        Ok(rows.map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Returns the names of indexes whose scope is gone: nothing goes through them, and they take up room. None
    /// if the login role may not know who the owners are.
    ///
    /// # Errors
    /// If the connection is lost.
    pub async fn orphaned_indexes(&self) -> Result<Vec<String>, DatabaseError> {
        const DOING: &str = "looking for indexes of owners that are gone";
        let may = [indexes::may_know_owners()];
        let may = self.unscoped(Rights::Login, &may, DOING).await?;
        if !may.iter().flatten().any(|row| row.get(0)) {
            return Ok(Vec::new());
        }
        let query = [indexes::list_orphaned()];
        let rows = self.unscoped(Rights::Login, &query, DOING).await?;
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
        let drop = indexes::drop(&*self.location().await?, name);
        self.apart(drop, None, "removing an index").await
    }
}
