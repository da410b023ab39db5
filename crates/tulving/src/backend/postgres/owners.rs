//! Users and tenants: who can own memories.
//!
//! | module | holds |
//! |---|---|
//! | `create` | owners are made, once |
//! | `known` | one owner is shown, renamed or removed |

mod create;
mod known;

use tokio_postgres::Row;
use uuid::Uuid;

use super::connect::Connection;
use super::error::DatabaseError;
use super::refusal::Refusal;
use super::session::Rights;
use super::sql::transaction::Purpose;
use super::sql::{Statement, owners as sql, scopes};
use super::values::Sql;
use crate::model::{Scope, Timestamp};

pub use create::{ChosenId, Made, Making};

/// A user in the database.
#[derive(Debug, Clone)]
pub struct User {
    /// Its id.
    pub id: Uuid,
    /// The person's address.
    pub email: Option<String>,
    /// The tenant the person belongs to.
    pub tenant_id: Option<Uuid>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A tenant in the database.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its id.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Connection {
    /// Returns all users, oldest first.
    ///
    /// # Errors
    /// If the login role may not read the table.
    pub async fn users(&self) -> Result<Vec<User>, DatabaseError> {
        let rows = self.of_owners(sql::users(), "listing users").await?;
        Ok(rows
            .iter()
            .map(|row| User {
                id: row.get(0),
                email: row.get(1),
                tenant_id: row.get(2),
                created_at: row.get::<_, Sql<_>>(3).0,
            })
            .collect())
    }

    /// Returns all tenants, oldest first.
    ///
    /// # Errors
    /// If the login role may not read the table.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, DatabaseError> {
        let rows = self.of_owners(sql::tenants(), "listing tenants").await?;
        Ok(rows
            .iter()
            .map(|row| Tenant {
                id: row.get(0),
                name: row.get(1),
                created_at: row.get::<_, Sql<_>>(2).0,
            })
            .collect())
    }

    /// Rows of a table that only its owner reads.
    async fn of_owners(&self, query: Statement, doing: &str) -> Result<Vec<Row>, DatabaseError> {
        let rows = self.unscoped(Rights::Login, &[query], doing).await?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// Checks that an owner is in the database.
    ///
    /// # Errors
    /// If it is not.
    pub async fn require_scope(&mut self, scope: Scope) -> Result<(), DatabaseError> {
        let target = self.target.clone();
        let place = self.location().await?;
        let query = scopes::owner(scope.id());
        let scoped = self.bind(&place, scope, Purpose::Bulk);
        let rows = scoped.finish(&[query], "looking for the owner").await?;
        let found = rows.iter().flatten().next();
        let found: Option<(Option<Uuid>, Option<Uuid>)> = found.map(|row| (row.get(0), row.get(1)));
        if found == Some((scope.user_id(), scope.tenant_id())) {
            Ok(())
        } else {
            Err(Refusal::UnknownScope { scope, target }.into())
        }
    }
}
