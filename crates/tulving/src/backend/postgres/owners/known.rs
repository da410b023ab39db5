//! One owner who is there: shown, called something else, and removed.

use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::{Tenant, User};
use crate::backend::postgres::connect::Connection;
use crate::backend::postgres::error::DatabaseError;
use crate::backend::postgres::new_owner::{check_address, check_name};
use crate::backend::postgres::refusal::{Refusal, RequiredRole};
use crate::backend::postgres::session::Rights;
use crate::backend::postgres::sql::{Statement, owners as sql};
use crate::backend::postgres::values::Sql;
use crate::model::Scope;

impl Connection {
    /// Returns the user with this id, or with this address.
    ///
    /// # Errors
    /// If there is none or there are several, or the login role may not read the table.
    pub async fn user(&mut self, called: &str) -> Result<User, DatabaseError> {
        let row = self.called("user", sql::user(called), called).await?;
        Ok(User {
            id: row.get(0),
            email: row.get(1),
            tenant_id: row.get(2),
            created_at: row.get::<_, Sql<_>>(3).0,
        })
    }

    /// Returns the tenant with this id, or with this name.
    ///
    /// # Errors
    /// As [`Self::user`].
    pub async fn tenant(&mut self, called: &str) -> Result<Tenant, DatabaseError> {
        let row = self.called("tenant", sql::tenant(called), called).await?;
        Ok(Tenant {
            id: row.get(0),
            name: row.get(1),
            created_at: row.get::<_, Sql<_>>(2).0,
        })
    }

    async fn called(
        &self,
        kind: &str,
        query: Statement,
        called: &str,
    ) -> Result<tokio_postgres::Row, DatabaseError> {
        let doing = format!("looking for {kind} {called}");
        let rows = self.unscoped(Rights::Login, &[query], &doing).await?;
        let mut rows = rows.into_iter().flatten();
        match (rows.next(), rows.next()) {
            (Some(row), None) => Ok(row),
            (None, _) => Err(Refusal::Nobody {
                what: format!("{kind} {called}"),
                target: self.target.clone(),
            }
            .into()),
            (Some(first), Some(second)) => {
                let ids: Vec<String> = [first, second]
                    .into_iter()
                    .chain(rows)
                    .map(|row| row.get::<_, Uuid>(0).to_string())
                    .collect();
                Err(Refusal::Namesakes {
                    what: format!("{kind} {called}"),
                    ids: ids.join(", "),
                }
                .into())
            }
        }
    }

    /// Gives a user another address. Who was known by the old one is known by the new one.
    ///
    /// # Errors
    /// If the address is none or somebody else's identity, or the login role may not write the table.
    pub async fn rename_user(&mut self, id: Uuid, email: &str) -> Result<(), DatabaseError> {
        check_address(email)?;
        let statement = sql::rename_user(id, email);
        self.rename(Scope::User(id), statement, email).await
    }

    /// Calls a tenant something else.
    ///
    /// # Errors
    /// If the name is blank, or the login role may not write the table.
    pub async fn rename_tenant(&mut self, id: Uuid, name: &str) -> Result<(), DatabaseError> {
        check_name("name", name)?;
        let statement = sql::rename_tenant(id, name);
        self.rename(Scope::Tenant(id), statement, name).await
    }

    /// Refuses a login role that may not remove an owner, before anything of it is erased.
    ///
    /// # Errors
    /// If it may not.
    pub async fn require_may_delete(&mut self, owner: Scope) -> Result<(), DatabaseError> {
        let doing = format!("looking whether {owner} may be deleted");
        let asked = [sql::may_delete(owner)];
        let rows = self.unscoped(Rights::Login, &asked, &doing).await?;
        match rows.iter().flatten().any(|row| row.get(0)) {
            true => Ok(()),
            false => Err(Refusal::Privilege {
                role: None,
                required: RequiredRole::Owner,
                doing,
                source: None,
            }
            .into()),
        }
    }

    /// Removes a user or a tenant with its scope, and all rows that are left of that. Users of a tenant stay,
    /// without it.
    ///
    /// # Errors
    /// If the login role may not write the table.
    pub async fn delete_owner(&mut self, owner: Scope) -> Result<(), DatabaseError> {
        let statement = sql::delete(owner);
        let doing = format!("deleting {owner}");
        let deleted = self.unscoped(Rights::Login, &[statement], &doing).await;
        deleted.map(drop)
    }

    async fn rename(
        &self,
        owner: Scope,
        statement: Statement,
        called: &str,
    ) -> Result<(), DatabaseError> {
        let doing = format!("renaming {owner}");
        match self.unscoped(Rights::Login, &[statement], &doing).await {
            Err(error) if error.sql_state() == Some(&SqlState::UNIQUE_VIOLATION) => {
                let kind = owner.kind().as_str();
                let what = format!("{kind} {called} is there already, and is not {owner}");
                Err(Refusal::Exists { what }.into())
            }
            done => done.map(drop),
        }
    }
}
