//! Who owns a memory.

use std::fmt;

use uuid::Uuid;

/// Whether a scope is a person or an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScopeKind {
    /// One user.
    User,
    /// One tenant.
    Tenant,
}

impl ScopeKind {
    /// Returns `user` or `tenant`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Tenant => "tenant",
        }
    }
}

/// The owner of memories: one user or one tenant, never both and never none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The memories of one user.
    User(Uuid),
    /// The memories of one tenant.
    Tenant(Uuid),
}

impl Scope {
    /// Returns the UUID of the user or of the tenant.
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::User(id) | Self::Tenant(id) => id,
        }
    }

    /// Returns which of the two it is.
    #[must_use]
    pub fn kind(self) -> ScopeKind {
        match self {
            Self::User(_) => ScopeKind::User,
            Self::Tenant(_) => ScopeKind::Tenant,
        }
    }

    /// Returns the UUID if the owner is a user.
    #[must_use]
    pub fn user_id(self) -> Option<Uuid> {
        match self {
            Self::User(id) => Some(id),
            Self::Tenant(_) => None,
        }
    }

    /// Returns the UUID if the owner is a tenant.
    #[must_use]
    pub fn tenant_id(self) -> Option<Uuid> {
        match self {
            Self::User(_) => None,
            Self::Tenant(id) => Some(id),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind().as_str(), self.id())
    }
}
