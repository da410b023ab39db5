//! Tombstones, raw rows, and what takes the place of dead ones.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::Statement;
use super::name::Name;
use super::text::Text;
use crate::backend::postgres::location::Location;

/// Reads the tombstones of a scope, each with the salt.
pub(crate) fn read(scope: Uuid) -> Statement {
    Text::new("SELECT salt, hash FROM forgotten WHERE scope_id = $1")
        .scope(scope)
        .named(Name::ReadForgotten)
}

/// Sets tombstones that are not there yet.
pub(crate) fn set(scope: Uuid, salt: Vec<u8>, hashes: Vec<Vec<u8>>) -> Statement {
    Text::new(
        "INSERT INTO forgotten (scope_id, salt, hash) SELECT $1, $2, h.hash FROM unnest($3) AS h (hash) \
         ON CONFLICT DO NOTHING",
    )
    .scope(scope)
    .with("salt", salt, Type::BYTEA)
    .with("hashes", hashes, Type::BYTEA_ARRAY)
    .named(Name::SetForgotten)
}

/// Takes tombstones away.
pub(crate) fn remove(scope: Uuid, hashes: Vec<Vec<u8>>) -> Statement {
    Text::new("DELETE FROM forgotten WHERE scope_id = $1 AND hash = ANY ($2)")
        .scope(scope)
        .with("hashes", hashes, Type::BYTEA_ARRAY)
        .named(Name::RemoveForgotten)
}

/// Lists every table with a scope beside ours, whoever made it, with what of its rows is text or bytes, and
/// whether it may be read.
pub(crate) fn tables() -> Statement {
    Text::new(
        "SELECT c.relname::text, has_table_privilege(c.oid, 'SELECT'), \
                array_remove(array_agg(CASE t.typname \
                    WHEN 'bytea' THEN format('%I', a.attname) \
                    WHEN '_text' THEN format('convert_to(array_to_json(%I)::text, ''UTF8'')', a.attname) \
                    WHEN '_varchar' THEN format('convert_to(array_to_json(%I)::text, ''UTF8'')', a.attname) \
                    ELSE CASE WHEN t.typcategory IN ('S', 'U') AND t.typname NOT IN ('uuid', 'vector', 'halfvec') \
                              THEN format('convert_to(%I::text, ''UTF8'')', a.attname) END \
                    END ORDER BY a.attnum), NULL) \
         FROM pg_class c \
         JOIN pg_attribute s ON s.attrelid = c.oid AND s.attname = 'scope_id' AND NOT s.attisdropped \
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         JOIN pg_type t ON t.oid = a.atttypid \
         WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('memory_nodes')) \
           AND c.relkind IN ('r', 'p') \
         GROUP BY c.oid, c.relname ORDER BY c.relname",
    )
    .named(Name::ListScopedTables)
}

/// Reads these parts of all rows of the scope in a table.
pub(crate) fn rows(place: &Location, table: &str, parts: &[String], scope: Uuid) -> Statement {
    let parts = match parts {
        [] => "NULL::bytea".to_owned(),
        parts => parts.join(", "),
    };
    let table = place.own(table);
    Text::new(format!("SELECT {parts} FROM {table} WHERE scope_id = $1"))
        .scope(scope)
        .named(Name::ReadRaw)
}

/// Asks whether the login role may remove dead rows from these tables.
pub(crate) fn may_vacuum(tables: Vec<String>) -> Statement {
    Text::new(
        "SELECT coalesce(bool_and(pg_has_role(c.relowner, 'USAGE')), false) FROM unnest($1) AS t (name) \
         JOIN pg_class c ON c.oid = to_regclass(t.name)",
    )
    .with("tables", tables, Type::TEXT_ARRAY)
    .named(Name::MayVacuum)
}

/// Removes dead rows from tables, and samples of them from the planner's statistics.
pub(crate) fn vacuum(tables: &[String]) -> Statement {
    Text::new(format!("VACUUM (ANALYZE) {}", tables.join(", "))).named(Name::Vacuum)
}
