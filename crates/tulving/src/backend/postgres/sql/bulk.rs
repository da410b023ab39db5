//! Reading and writing many memories at once.
//!
//! COPY goes to a temporary table, because PostgreSQL refuses it under row-level security.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::Statement;
use super::lookup;
use super::name::Name;
use super::text::Text;
use crate::backend::postgres::table::{KindTables as _, columns_of, listed, listed_of_row};
use crate::model::{ColumnType, Kind, Scope};

/// Reads memories by their ids, each with its vector in a space, or in whichever its row says where it has
/// none there; and whether the half-precision one is as that says.
pub(crate) fn existing(kind: Kind, scope: Uuid, ids: &[&str], space: Option<i32>) -> Statement {
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    let columns = listed_of_row(kind);
    // OFFSET keeps a vector from being worked out at each use, out of line storage and all.
    Text::new(format!(
        "SELECT {columns}, m.ord, vector_send(e.v), f.v IS NOT NULL, \
                CASE WHEN vector_norm(u.direction) > 0 \
                     THEN n.v IS NOT DISTINCT FROM u.direction::halfvec \
                     ELSE n.v IS NULL END \
         FROM unnest($2) AS wanted (id) {} \
         CROSS JOIN LATERAL (SELECT {} AS v OFFSET 0) f \
         CROSS JOIN LATERAL (SELECT coalesce(f.v, m.embedding) AS v, \
                                    CASE WHEN f.v IS NULL THEN m.space_id ELSE $3 END AS space_id OFFSET 0) e \
         CROSS JOIN LATERAL (SELECT l2_normalize(e.v) AS direction OFFSET 0) u \
         LEFT JOIN {} ON true",
        lookup::by_id(kind, "$1", "wanted.id"),
        lookup::full(kind, "$1", "$3"),
        lookup::half_precision(kind, "$1", "e.space_id"),
    ))
    .scope(scope)
    .with("ids", ids, Type::TEXT_ARRAY)
    .with("space", space, Type::INT4)
    .named(Name::FindExisting)
}

/// Lists all rows of a kind: place, id, bytes, and which versions of the row and of its vector in a space
/// beside its own are there.
pub(crate) fn list_rows(kind: Kind, scope: Uuid, space: Option<i32>) -> Statement {
    // A text says how long it is without being read; of another value it is what it takes on disk.
    let fields = kind.fields().iter();
    let texts = fields.filter(|field| field.shape.column_type() == ColumnType::Text);
    let texts: Vec<&str> = texts.map(|field| field.name).collect();
    let sizes = columns_of(kind).map(|column| {
        let length = match texts.contains(&column) {
            true => "octet_length",
            false => "pg_column_size",
        };
        format!("coalesce({length}(m.{column}), 0)")
    });
    Text::new(format!(
        "SELECT m.ord, m.id, ({}), m.xmin::text::bigint, coalesce(e.version, 0) \
         FROM {} m LEFT JOIN LATERAL (SELECT xmin::text::bigint AS version FROM {} \
                                      WHERE scope_id = $1 AND id = m.id AND space_id = $2 OFFSET 0) e ON true \
         WHERE m.scope_id = $1",
        sizes.collect::<Vec<_>>().join("::bigint + ") + "::bigint",
        kind.table(),
        kind.embeddings(),
    ))
    .scope(scope)
    .with("space", space, Type::INT4)
    .named(Name::ListRows)
}

/// The staging table's name. It belongs to the session and is seen by no other.
fn staged(kind: Kind) -> String {
    format!("pg_temp.tulving_staged_{}", kind.table())
}

/// Makes the staging table, which the end of the transaction empties. Rows with their vectors are kept in
/// line: they are read once and never searched.
pub(crate) fn make_staging(kind: Kind) -> Statement {
    Text::new(format!(
        "CREATE TEMPORARY TABLE IF NOT EXISTS tulving_staged_{} WITH (toast_tuple_target = 8160) \
         ON COMMIT DELETE ROWS AS SELECT {}, ord, embedding, doc, tokens FROM {} WITH NO DATA",
        kind.table(),
        listed(kind),
        kind.table()
    ))
    .named(Name::MakeStaging)
}

/// Copies rows into the staging table.
pub(crate) fn copy(kind: Kind) -> Statement {
    Text::new(format!("COPY {} FROM STDIN (FORMAT BINARY)", staged(kind)))
        .named(Name::CopyToStaging)
}

/// Writes new memories from the staging table.
pub(crate) fn insert(kind: Kind, scope: Scope, space_id: i32) -> Statement {
    let columns = listed(kind);
    Text::new(format!(
        "INSERT INTO {} (scope_id, user_id, tenant_id, space_id, dims, ord, {columns}, embedding, doc, tokens) \
         SELECT $1, $2, $3, CASE WHEN embedding IS NOT NULL THEN $4 END, vector_dims(embedding), ord, {columns}, embedding, doc, tokens \
         FROM {}",
        kind.table(),
        staged(kind)
    ))
    .scope(scope.id())
    .with("user", scope.user_id(), Type::UUID)
    .with("tenant", scope.tenant_id(), Type::UUID)
    .with("space", space_id, Type::INT4)
    .named(Name::InsertStaged)
}

/// Writes their half-precision vectors.
pub(crate) fn fill(kind: Kind, scope: Uuid, space_id: i32) -> Statement {
    Text::new(format!(
        "INSERT INTO {} (scope_id, id, space_id, v) \
         SELECT $1, id, $2, l2_normalize(embedding)::halfvec FROM {} WHERE vector_norm(embedding) > 0",
        kind.vectors(),
        staged(kind)
    ))
    .scope(scope)
    .with("space", space_id, Type::INT4)
    .named(Name::FillStaged)
}
