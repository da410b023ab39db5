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

/// Finds the first of these names that has a tombstone; gives its place among them, from 1. Each is looked up by
/// itself, and no scope with many tombstones is read as a whole.
pub(crate) fn find(scope: Uuid, names: Vec<Vec<u8>>) -> Statement {
    Text::new(
        "SELECT n.place \
         FROM (SELECT salt FROM forgotten WHERE scope_id = $1 LIMIT 1) s \
         CROSS JOIN unnest($2) WITH ORDINALITY AS n (name, place) \
         CROSS JOIN LATERAL (SELECT hash FROM forgotten \
                             WHERE scope_id = $1 AND hash = substring(sha256(s.salt || n.name) FOR 16) \
                             OFFSET 0) f \
         ORDER BY n.place LIMIT 1",
    )
    .scope(scope)
    .with("names", names, Type::BYTEA_ARRAY)
    .named(Name::FindForgotten)
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

/// Takes the tombstones away that these names have; each is looked up by itself, as in [`find`].
pub(crate) fn lift(scope: Uuid, names: Vec<Vec<u8>>) -> Statement {
    Text::new(
        "DELETE FROM forgotten WHERE scope_id = $1 AND hash = ANY (ARRAY( \
             SELECT substring(sha256(s.salt || n.name) FOR 16) \
             FROM (SELECT salt FROM forgotten WHERE scope_id = $1 LIMIT 1) s CROSS JOIN unnest($2) AS n (name)))",
    )
    .scope(scope)
    .with("names", names, Type::BYTEA_ARRAY)
    .named(Name::LiftForgotten)
}

/// Removes the record of an erasure that is under way.
pub(crate) fn remove_unfinished(scope: Uuid) -> Statement {
    Text::new("DELETE FROM forgetting WHERE scope_id = $1")
        .scope(scope)
        .named(Name::RemoveUnfinished)
}

/// Keeps the record of an erasure that is under way, in parts.
pub(crate) fn keep_unfinished(scope: Uuid, parts: Vec<Vec<u8>>) -> Statement {
    Text::new(
        "INSERT INTO forgetting (scope_id, part, content) \
         SELECT $1, p.part, p.content FROM unnest($2) WITH ORDINALITY AS p (content, part)",
    )
    .scope(scope)
    .with("parts", parts, Type::BYTEA_ARRAY)
    .named(Name::KeepUnfinished)
}

/// Reads the parts of the record of an erasure that was not finished, in order.
pub(crate) fn unfinished(scope: Uuid) -> Statement {
    Text::new("SELECT content FROM forgetting WHERE scope_id = $1 ORDER BY part")
        .scope(scope)
        .named(Name::ReadUnfinished)
}

/// Lists every table with a scope beside ours, whoever made it, with what of its rows is text or bytes,
/// whether it may be read, and whether its scopes are uuids.
pub(crate) fn tables() -> Statement {
    Text::new(
        "SELECT c.relname::text, has_table_privilege(c.oid, 'SELECT'), bool_and(s.atttypid = 'uuid'::regtype), \
                array_remove(array_agg(CASE \
                    WHEN t.typname = 'bytea' THEN format('%I', a.attname) \
                    WHEN t.typcategory = 'A' THEN format('convert_to(array_to_json(%I)::text, ''UTF8'')', a.attname) \
                    WHEN t.typcategory IN ('S', 'U') AND t.typname NOT IN ('uuid', 'vector', 'halfvec') \
                        THEN format('convert_to(%I::text, ''UTF8'')', a.attname) \
                    END ORDER BY a.attnum), NULL) \
         FROM pg_class c \
         JOIN pg_attribute s ON s.attrelid = c.oid AND s.attname = 'scope_id' AND NOT s.attisdropped \
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         JOIN pg_type d ON d.oid = a.atttypid \
         JOIN pg_type t ON t.oid = CASE d.typtype WHEN 'd' THEN d.typbasetype ELSE d.oid END \
         WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('memory_nodes')) \
           AND c.relkind IN ('r', 'p', 'm') \
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

/// Asks for those of these tables of which the login role may remove dead rows.
pub(crate) fn may_vacuum(tables: Vec<String>) -> Statement {
    Text::new(
        "SELECT t.name FROM unnest($1) AS t (name) \
         JOIN pg_class c ON c.oid = to_regclass(t.name) WHERE pg_has_role(c.relowner, 'USAGE')",
    )
    .with("tables", tables, Type::TEXT_ARRAY)
    .named(Name::MayVacuum)
}

/// Removes dead rows from tables, and samples of them from the planner's statistics.
pub(crate) fn vacuum(tables: &[String]) -> Statement {
    Text::new(format!("VACUUM (ANALYZE) {}", tables.join(", "))).named(Name::Vacuum)
}
