//! Users and tenants of a database. The keys are in the order of the alphabet.

use serde::Serialize;
use tulving::backend::{Counts, postgres};
use uuid::Uuid;

/// A user
#[derive(Debug, Serialize)]
pub struct User {
    created_at: String,
    email: Option<String>,
    id: Uuid,
    tenant_id: Option<Uuid>,
}

impl From<postgres::User> for User {
    fn from(user: postgres::User) -> Self {
        Self {
            created_at: user.created_at.isoformat(),
            email: user.email,
            id: user.id,
            tenant_id: user.tenant_id,
        }
    }
}

/// A tenant
#[derive(Debug, Serialize)]
pub struct Tenant {
    created_at: String,
    id: Uuid,
    name: String,
}

impl From<postgres::Tenant> for Tenant {
    fn from(tenant: postgres::Tenant) -> Self {
        Self {
            created_at: tenant.created_at.isoformat(),
            id: tenant.id,
            name: tenant.name,
        }
    }
}

/// `tulving user list`
#[derive(Debug, Serialize)]
pub struct Users {
    /// All of them, oldest first.
    pub users: Vec<User>,
}

/// `tulving tenant list`
#[derive(Debug, Serialize)]
pub struct Tenants {
    /// All of them, oldest first.
    pub tenants: Vec<Tenant>,
}

/// `tulving user show` and `tulving tenant show`: an owner, and how much it remembers
#[derive(Debug, Serialize)]
pub struct Counted<T> {
    /// The owner.
    #[serde(flatten)]
    pub owner: T,
    /// How many memories there are of each kind.
    #[serde(flatten)]
    pub counts: Counts,
}
