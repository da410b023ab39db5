//! Users and tenants: who can own memories.
//!
//! | module | holds |
//! |---|---|
//! | `create` | owners are made, once |
//! | `known` | one owner is shown or renamed |

mod create;
mod known;

use tokio_postgres::Row;
use uuid::Uuid;

use super::connect::Connection;
use super::error::DatabaseError;
use super::refusal::Refusal;
use super::scoped::Purpose;
use super::session::Rights;
use super::sql::{Statement, owners as sql, scopes};
use crate::model::{Scope, Timestamp, is_blank};

pub use create::{ChosenId, Made, Making};

/// A user to be made.
#[derive(Debug, Clone)]
pub struct UserToCreate {
    /// Its id.
    pub id: Uuid,
    /// Who vouches for the person.
    pub auth_provider: String,
    /// The person's id there.
    pub external_id: String,
    /// The person's address, if it is known.
    pub email: Option<String>,
    /// The tenant the person belongs to.
    pub tenant_id: Option<Uuid>,
}

/// A tenant to be made.
#[derive(Debug, Clone)]
pub struct TenantToCreate {
    /// Its id.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// Its id at its identity provider.
    pub azure_tenant_id: Option<String>,
}

/// Why somebody is not made an owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OwnerFlaw {
    /// It has no name that can be read.
    #[error("the {what} is blank")]
    Blank {
        /// What of it.
        what: &'static str,
    },
    /// Mail cannot be sent there.
    #[error("{address:?} is not an e-mail address such as ann@example.com")]
    Address {
        /// As it was given.
        address: String,
    },
}

/// A statement that makes an owner: what `create` runs, and what `--sql` prints.
pub trait Owner {
    /// Checks that it can be told from others by what it is called.
    ///
    /// # Errors
    /// If a name is blank, or an address is none.
    fn check(&self) -> Result<(), OwnerFlaw>;
    /// The INSERT with its values written out, ending in a semicolon.
    fn sql(&self) -> String;
    /// What it is, for messages.
    fn describe(&self) -> String;
}

/// Refuses what does not name anybody.
fn check_name(what: &'static str, text: &str) -> Result<(), OwnerFlaw> {
    if is_blank(text) {
        return Err(OwnerFlaw::Blank { what });
    }
    Ok(())
}

/// Refuses what is no address: something, one `@`, something, nowhere a blank, and no longer than
/// mail takes (RFC 5321, 4.5.3.1.3), which is less than an index takes. Whether mail arrives there
/// only a mail shows.
fn check_address(address: &str) -> Result<(), OwnerFlaw> {
    const LONGEST: usize = 254;
    let parts = address
        .split_once('@')
        .filter(|_| address.len() <= LONGEST)
        .filter(|(_, host)| !host.contains('@'));
    let has_gap = address
        .chars()
        .any(|c| is_blank(c.encode_utf8(&mut [0; 4])));
    match parts {
        Some((name, host)) if !name.is_empty() && !host.is_empty() && !has_gap => Ok(()),
        _ => Err(OwnerFlaw::Address {
            address: address.to_owned(),
        }),
    }
}

impl Owner for UserToCreate {
    fn check(&self) -> Result<(), OwnerFlaw> {
        self.email.as_deref().map_or(Ok(()), check_address)?;
        check_name("authentication provider", &self.auth_provider)?;
        check_name("external id", &self.external_id)
    }

    fn sql(&self) -> String {
        let tenant = self
            .tenant_id
            .map_or_else(|| "NULL".to_owned(), |id| format!("'{id}'"));
        format!(
            "INSERT INTO users (id, auth_provider, external_id, email, tenant_id)\nVALUES ('{}', {}, {}, {}, {tenant});",
            self.id,
            literal(&self.auth_provider),
            literal(&self.external_id),
            self.email
                .as_deref()
                .map_or_else(|| "NULL".to_owned(), literal),
        )
    }

    fn describe(&self) -> String {
        match &self.email {
            Some(email) => format!("user {email}"),
            None => format!("user {}", self.id),
        }
    }
}

impl Owner for TenantToCreate {
    fn check(&self) -> Result<(), OwnerFlaw> {
        check_name("name", &self.name)?;
        let azure = self.azure_tenant_id.as_deref();
        azure.map_or(Ok(()), |id| check_name("Azure tenant id", id))
    }

    fn sql(&self) -> String {
        let azure = self
            .azure_tenant_id
            .as_deref()
            .map_or_else(|| "NULL".to_owned(), literal);
        format!(
            "INSERT INTO tenants (id, name, azure_tenant_id)\nVALUES ('{}', {}, {azure});",
            self.id,
            literal(&self.name),
        )
    }

    fn describe(&self) -> String {
        format!("tenant {}", self.name)
    }
}

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
    /// All users, oldest first.
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
                created_at: row.get(3),
            })
            .collect())
    }

    /// All tenants, oldest first.
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
                created_at: row.get(2),
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

/// A string literal of SQL, whatever `standard_conforming_strings` says.
fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') {
        format!(" E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}
