//! The indexes of single scopes' vectors.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::Statement;
use super::name::Name;
use super::text::Text;
use crate::backend::postgres::location::Location;
use crate::backend::postgres::table::KindTables as _;
use crate::model::Kind;

/// Indexes of single scopes; more is said of them in conditions that follow.
fn own() -> String {
    let tables = Kind::ALL.map(|kind| format!("to_regclass('{}')", kind.vectors()));
    format!(
        "SELECT c.relname::text, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
         WHERE i.indrelid IN ({})",
        tables.join(", ")
    )
}

/// Asks whether the index of a scope's vectors of a kind, in the space that `space_id` says, is there and whole.
pub(super) fn is_ready(kind: Kind, scope: Uuid, space_id: &str) -> String {
    let (table, scope) = (kind.vectors(), scope.simple());
    format!(
        "EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                 WHERE i.indrelid = to_regclass('{table}') AND i.indisvalid \
                   AND c.relname = ('{}_vectors_{scope}_' || {space_id})::name)",
        kind.as_str()
    )
}

/// Lists a scope's indexes, those that a rebuilding left included, and whether each is whole.
pub(crate) fn list(scope: Uuid) -> Statement {
    let like = format!("%\\_vectors\\_{}\\_%", scope.simple());
    Text::new(format!("{} AND c.relname LIKE $1", own()))
        .with("names", like, Type::TEXT)
        .named(Name::ListIndexes)
}

/// Asks whether the login role may know who the owners are.
pub(crate) fn may_know_owners() -> Statement {
    Text::new(
        "SELECT coalesce(has_table_privilege(to_regclass('users'), 'SELECT') \
                     AND has_table_privilege(to_regclass('tenants'), 'SELECT'), false)",
    )
    .named(Name::MayKnowOwners)
}

/// Lists the indexes whose scope is gone.
pub(crate) fn list_orphaned() -> Statement {
    Text::new(format!(
        "{} AND c.relname ~ '^({})_vectors_[0-9a-f]{{32}}_' \
         AND substring(c.relname FROM '_vectors_([0-9a-f]{{32}})_')::uuid \
             NOT IN (SELECT id FROM users UNION ALL SELECT id FROM tenants) ORDER BY 1",
        own(),
        Kind::ALL.map(Kind::as_str).join("|"),
    ))
    .named(Name::ListOrphanedIndexes)
}

/// Removes an index beside readers and writers.
pub(crate) fn drop(place: &Location, name: &str) -> Statement {
    Text::new(format!(
        "DROP INDEX CONCURRENTLY IF EXISTS {}",
        place.own(name)
    ))
    .named(Name::DropIndex)
}

/// Counts the indexes of single scopes on a kind's vectors.
pub(crate) fn count(place: &Location, kind: Kind) -> Statement {
    Text::new(
        "SELECT count(*) FROM pg_index i JOIN pg_am a ON a.amname = 'hnsw' \
         JOIN pg_class c ON c.oid = i.indexrelid AND c.relam = a.oid \
         WHERE i.indrelid = to_regclass($1)",
    )
    .with("table", place.own(kind.vectors()), Type::TEXT)
    .named(Name::CountIndexes)
}

/// Asks which process serves the session, and how much memory it builds an index in.
pub(crate) fn builder() -> Statement {
    Text::new(
        "SELECT pg_backend_pid(), pg_size_bytes(current_setting('maintenance_work_mem')) / 1024",
    )
    .named(Name::FindIndexBuilder)
}

/// Builds an index of a scope's vectors of one space.
pub(crate) fn build(
    place: &Location,
    kind: Kind,
    name: &str,
    scope: Uuid,
    space_id: i32,
    dims: usize,
) -> Statement {
    Text::new(format!(
        "CREATE INDEX CONCURRENTLY \"{name}\" ON {} \
         USING hnsw ((v::{}({dims})) {}) WITH (m = 16, ef_construction = 64) \
         WHERE scope_id = '{scope}' AND space_id = {space_id}",
        place.own(kind.vectors()),
        place.of_vector("halfvec"),
        place.of_vector("halfvec_ip_ops"),
    ))
    .named(Name::BuildIndex)
}

/// Builds one anew that is there.
pub(crate) fn rebuild(place: &Location, name: &str) -> Statement {
    Text::new(format!("REINDEX INDEX CONCURRENTLY {}", place.own(name))).named(Name::RebuildIndex)
}

/// Asks how far a process is with building an index.
pub(crate) fn progress(pid: i32) -> Statement {
    Text::new("SELECT tuples_done FROM pg_stat_progress_create_index WHERE pid = $1")
        .with("process", pid, Type::INT4)
        .named(Name::ReadIndexProgress)
}
