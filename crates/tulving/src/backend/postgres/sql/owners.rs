//! Users and tenants, which are the tables' owner's alone.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::Statement;
use super::name::Name;
use super::text::Text;
use crate::model::Scope;

/// Lists the ids of all owners, and whether each is a user.
pub(crate) fn all() -> Statement {
    Text::new("SELECT u.id, true FROM users u UNION ALL SELECT t.id, false FROM tenants t")
        .named(Name::ListOwners)
}

/// Lists all users, oldest first.
pub(crate) fn users() -> Statement {
    Text::new("SELECT id, email, tenant_id, created_at FROM users ORDER BY created_at, id")
        .named(Name::ListUsers)
}

/// Lists all tenants, oldest first.
pub(crate) fn tenants() -> Statement {
    Text::new("SELECT id, name, created_at FROM tenants ORDER BY created_at, id")
        .named(Name::ListTenants)
}

/// Makes an owner by an INSERT with its values written out, as it is printed too.
pub(crate) fn make(insert: String) -> Statement {
    Text::new(insert).named(Name::MakeOwner)
}

/// Finds users of an identity or an address.
pub(crate) fn users_called(provider: &str, external: &str, address: Option<&str>) -> Statement {
    Text::new(
        "SELECT id, tenant_id, (auth_provider, external_id) = ($1, $2) FROM users \
         WHERE (auth_provider, external_id) = ($1, $2) OR lower(email) = lower($3) \
         ORDER BY created_at, id",
    )
    .with("provider", provider.to_owned(), Type::TEXT)
    .with("external_id", external.to_owned(), Type::TEXT)
    .with("address", address.map(ToOwned::to_owned), Type::TEXT)
    .named(Name::FindUsersCalled)
}

/// Finds tenants of an Azure id, or of a name where none is given.
pub(crate) fn tenants_called(name: &str, azure: Option<&str>) -> Statement {
    Text::new(
        "SELECT id, NULL::uuid, azure_tenant_id IS NOT DISTINCT FROM $2 AND $2 IS NOT NULL \
         FROM tenants WHERE azure_tenant_id = $2 OR ($2 IS NULL AND name = $1) \
         ORDER BY created_at, id",
    )
    .with("name", name.to_owned(), Type::TEXT)
    .with("azure_id", azure.map(ToOwned::to_owned), Type::TEXT)
    .named(Name::FindTenantsCalled)
}

/// Finds who has an id, in words.
pub(crate) fn with_id(id: Uuid) -> Statement {
    Text::new(
        "SELECT 'user ' || coalesce(email, '') FROM users WHERE id = $1 \
         UNION ALL SELECT 'tenant ' || name FROM tenants WHERE id = $1",
    )
    .with("id", id, Type::UUID)
    .named(Name::FindOwnerWithId)
}

/// Finds the user with an id, or with an address.
pub(crate) fn user(called: &str) -> Statement {
    let query = "SELECT id, email, tenant_id, created_at FROM users \
                 WHERE id = $1 OR ($1 IS NULL AND lower(email) = lower($2)) ORDER BY created_at, id";
    self::called(query, called).named(Name::FindUser)
}

/// Finds the tenant with an id, or with a name.
pub(crate) fn tenant(called: &str) -> Statement {
    let query = "SELECT id, name, created_at FROM tenants \
                 WHERE id = $1 OR ($1 IS NULL AND name = $2) ORDER BY created_at, id";
    self::called(query, called).named(Name::FindTenant)
}

fn called(sql: &str, called: &str) -> Text {
    Text::new(sql)
        .with("id", Uuid::try_parse(called).ok(), Type::UUID)
        .with("called", called.to_owned(), Type::TEXT)
}

/// Gives a user another address. Who was known by the old one is known by the new one.
pub(crate) fn rename_user(id: Uuid, email: &str) -> Statement {
    let rename = "UPDATE users SET email = $2, external_id = CASE \
                  WHEN auth_provider = 'local' AND external_id IN (email, id::text) THEN $2 \
                  ELSE external_id END WHERE id = $1";
    self::rename(rename, id, email).named(Name::RenameUser)
}

/// Calls a tenant something else.
pub(crate) fn rename_tenant(id: Uuid, name: &str) -> Statement {
    let rename = "UPDATE tenants SET name = $2 WHERE id = $1";
    self::rename(rename, id, name).named(Name::RenameTenant)
}

/// Asks whether the login role may remove owners of this kind.
pub(crate) fn may_delete(owner: Scope) -> Statement {
    let table = table_of(owner);
    Text::new(format!(
        "SELECT has_table_privilege('{table}', 'SELECT') AND has_table_privilege('{table}', 'DELETE')"
    ))
    .named(Name::MayDeleteOwner)
}

fn table_of(owner: Scope) -> &'static str {
    match owner {
        Scope::User(_) => "users",
        Scope::Tenant(_) => "tenants",
    }
}

/// Removes an owner, with whom its scope goes.
pub(crate) fn delete(owner: Scope) -> Statement {
    let table = table_of(owner);
    Text::new(format!("DELETE FROM {table} WHERE id = $1"))
        .with("id", owner.id(), Type::UUID)
        .named(Name::DeleteOwner)
}

fn rename(sql: &str, id: Uuid, called: &str) -> Text {
    Text::new(sql)
        .with("id", id, Type::UUID)
        .with("called", called.to_owned(), Type::TEXT)
}
