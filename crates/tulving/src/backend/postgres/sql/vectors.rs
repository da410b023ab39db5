//! Vectors: the full ones, in a memory's own row or beside it, and the half-precision ones that search
//! reads.

use std::collections::BTreeMap;

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::Statement;
use super::lookup;
use super::name::Name;
use super::text::Text;
use crate::backend::postgres::table::{KindTables as _, listed_of_row};
use crate::backend::postgres::values::raw_vector;
use crate::model::{Embedding, Key, Kind};

/// Fills the half-precision vectors of these rows.
pub(crate) fn fill(kind: Kind, scope: Uuid, ids: Vec<String>) -> Statement {
    Text::new(format!(
        "INSERT INTO {} (scope_id, id, space_id, v) \
         SELECT m.scope_id, m.id, m.space_id, l2_normalize(m.embedding)::halfvec \
         FROM unnest($2) AS wanted (id) {} \
         WHERE vector_norm(m.embedding) > 0",
        kind.vectors(),
        lookup::by_id(kind, "$1", "wanted.id")
    ))
    .scope(scope)
    .with("ids", ids, Type::TEXT_ARRAY)
    .named(Name::FillVectors)
}

/// Writes vectors of a further space beside the memories, with their half-precision ones: many at once, since the
/// server plans each statement anew.
pub(crate) fn put_beside(
    kind: Kind,
    scope: Uuid,
    space_id: i32,
    vectors: &BTreeMap<String, &Embedding>,
) -> [Statement; 2] {
    // OFFSET 0 keeps it apart: each vector is made once.
    const GIVEN: &str = "(SELECT w.id, ($3)[(w.n::integer - 1) * $4 + 1 : w.n::integer * $4]::vector AS v \
                          FROM unnest($2) WITH ORDINALITY AS w (id, n) OFFSET 0) g";
    let full = format!(
        "INSERT INTO {} (scope_id, id, space_id, dims, embedding) \
         SELECT $1, g.id, $5, $4, g.v FROM {GIVEN} \
         ON CONFLICT (scope_id, id, space_id) DO UPDATE SET embedding = excluded.embedding",
        kind.embeddings()
    );
    let half = format!(
        "INSERT INTO {} (scope_id, id, space_id, v) \
         SELECT $1, g.id, $5, l2_normalize(g.v)::halfvec FROM {GIVEN} WHERE vector_norm(g.v) > 0 \
         ON CONFLICT (scope_id, id, space_id) DO UPDATE SET v = excluded.v",
        kind.vectors()
    );
    let first = vectors.values().next();
    let dims = first.map_or(0, |vector| vector.numbers().len());
    let dims = i32::try_from(dims).unwrap_or(i32::MAX);
    let ids: Vec<String> = vectors.keys().cloned().collect();
    let numbers: Vec<f32> = vectors
        .values()
        .flat_map(|vector| vector.numbers())
        .copied()
        .collect();
    [(full, Name::PutVectorsBeside), (half, Name::PutHalfVectors)].map(|(sql, name)| {
        Text::new(sql)
            .scope(scope)
            .with("ids", ids.clone(), Type::TEXT_ARRAY)
            .with("numbers", numbers.clone(), Type::FLOAT4_ARRAY)
            .with("dims", dims, Type::INT4)
            .with("space", space_id, Type::INT4)
            .named(name)
    })
}

/// Writes one vector into the memory's own row, with its half-precision one.
pub(crate) fn put(
    key: &Key,
    scope: Uuid,
    embedding: &Embedding,
    space_id: i32,
    is_current: bool,
) -> Vec<Statement> {
    let kind = key.kind;
    let table = kind.table();
    let dims = i32::try_from(embedding.numbers().len()).unwrap_or(i32::MAX);
    let mut statements = Vec::new();
    let (name, put) = if is_current {
        statements.extend(vacate(kind, scope, &key.id, space_id));
        let put = format!(
            "UPDATE {table} SET space_id = $3, dims = $4, embedding = $5::vector WHERE scope_id = $1 AND id = $2"
        );
        (Name::PutCurrentVector, put)
    } else {
        let put = format!(
            "UPDATE {table} SET dims = $4, embedding = $5::vector WHERE scope_id = $1 AND id = $2 AND space_id = $3"
        );
        (Name::PutFurtherVector, put)
    };
    let vector = || raw_vector(embedding.numbers());
    let of_space = |sql: String| of_id(sql, scope, &key.id).with("space", space_id, Type::INT4);
    statements.push(
        of_space(put)
            .with("dims", dims, Type::INT4)
            .with("vector", vector(), Type::UNKNOWN)
            .named(name),
    );
    let half = format!(
        "INSERT INTO {} (scope_id, id, space_id, v) \
         SELECT $1, $2, $3, l2_normalize($4::vector)::halfvec WHERE vector_norm($4::vector) > 0 \
         ON CONFLICT (scope_id, id, space_id) DO UPDATE SET v = excluded.v",
        kind.vectors()
    );
    statements.push(
        of_space(half)
            .with("vector", vector(), Type::UNKNOWN)
            .named(Name::PutHalfVector),
    );
    statements
}

/// A text on the memory with an id, `$2`, of the scope, `$1`.
fn of_id(sql: impl Into<String>, scope: Uuid, id: &str) -> Text {
    Text::new(sql).scope(scope).id(id)
}

/// Makes room in a memory's own row for its vector of a space: another one is put beside, and its own is
/// taken from there.
pub(crate) fn vacate(kind: Kind, scope: Uuid, id: &str, space_id: i32) -> [Statement; 2] {
    let (table, beside) = (kind.table(), kind.embeddings());
    let away = format!(
        "INSERT INTO {beside} (scope_id, id, space_id, dims, embedding) \
         SELECT scope_id, id, space_id, dims, embedding FROM {table} \
         WHERE scope_id = $1 AND id = $2 AND space_id <> $3 \
         ON CONFLICT (scope_id, id, space_id) DO UPDATE SET embedding = excluded.embedding"
    );
    let gone = format!("DELETE FROM {beside} WHERE scope_id = $1 AND id = $2 AND space_id = $3");
    [
        (away, Name::PutVectorBeside),
        (gone, Name::TakeVectorFromBeside),
    ]
    .map(|(sql, name)| {
        let statement = of_id(sql, scope, id).with("space", space_id, Type::INT4);
        statement.named(name)
    })
}

/// Clears what a memory that is replaced will have no more: its vector in the current space, and if its
/// text does not stay, those in all spaces.
pub(crate) fn clear(
    kind: Kind,
    scope: Uuid,
    id: &str,
    current: Option<i32>,
    stays: bool,
) -> Vec<Statement> {
    let (full, half) = (kind.embeddings(), kind.vectors());
    let clear = |table: &str| {
        let clear = format!("DELETE FROM {table} WHERE scope_id = $1 AND id = $2");
        of_id(clear, scope, id)
    };
    match current {
        None => vec![clear(half).named(Name::ClearVectors)],
        Some(space_id) if stays => {
            let mut statements = Vec::from(vacate(kind, scope, id, space_id));
            let mut half = clear(half);
            half.text(" AND space_id = ")
                .value("space", space_id, Type::INT4);
            statements.push(half.named(Name::ClearVectors));
            statements
        }
        Some(_) => [full, half]
            .map(|table| clear(table).named(Name::ClearVectors))
            .into(),
    }
}

/// Reads the full vectors of memories in one space.
pub(crate) fn find(kind: Kind, scope: Uuid, ids: Vec<String>, space_id: i32) -> Statement {
    Text::new(format!(
        "SELECT m.id, vector_send({}) FROM unnest($2) AS wanted (id) {}",
        lookup::full(kind, "$1", "$3"),
        lookup::by_id(kind, "$1", "wanted.id")
    ))
    .scope(scope)
    .with("ids", ids, Type::TEXT_ARRAY)
    .with("space", space_id, Type::INT4)
    .named(Name::FindVectors)
}

/// Lists memories without a vector in a space, from after one.
pub(crate) fn lacking(kind: Kind, scope: Uuid, after: &str, space_id: i32, most: i64) -> Statement {
    let page = format!(
        "SELECT {} FROM (SELECT * FROM {} WHERE scope_id = $1 AND id > $2 ORDER BY id) m \
         LEFT JOIN {} ON true WHERE n.v IS NULL ORDER BY m.id LIMIT $4",
        listed_of_row(kind),
        kind.table(),
        lookup::half_precision(kind, "$1", "$3")
    );
    Text::new(page)
        .scope(scope)
        .with("after", after.to_owned(), Type::TEXT)
        .with("space", space_id, Type::INT4)
        .with("limit", most, Type::INT8)
        .named(Name::ListLacking)
}

/// The memories of the scope `$1` that have to follow, as `m`: their vector of the current space is not in
/// their own row, or that of another is.
fn behind(kind: Kind) -> String {
    let current = lookup::current("$1");
    format!(
        "{} m LEFT JOIN LATERAL (SELECT true AS there FROM {} \
                                 WHERE scope_id = $1 AND id = m.id AND space_id = {current} OFFSET 0) f ON true \
         WHERE m.scope_id = $1 AND (f.there OR m.space_id <> {current})",
        kind.table(),
        kind.embeddings()
    )
}

/// Counts the memories that have to follow a cut-over.
pub(crate) fn count_behind(kind: Kind, scope: Uuid) -> Statement {
    Text::new(format!("SELECT count(*) FROM {}", behind(kind)))
        .scope(scope)
        .named(Name::CountBehind)
}

/// Lists the memories that have to follow a cut-over, from after one.
pub(crate) fn list_behind(kind: Kind, scope: Uuid, after: &str, most: i64) -> Statement {
    Text::new(format!(
        "SELECT m.id FROM {} AND m.id > $2 ORDER BY m.id LIMIT $3",
        behind(kind)
    ))
    .scope(scope)
    .with("after", after.to_owned(), Type::TEXT)
    .with("limit", most, Type::INT8)
    .named(Name::ListBehind)
}

/// Puts a memory's vector of the current space into its own row.
pub(crate) fn move_in(kind: Kind, scope: Uuid, id: &str, space_id: i32) -> [Statement; 3] {
    let (table, beside) = (kind.table(), kind.embeddings());
    let [away, gone] = vacate(kind, scope, id, space_id);
    let here = format!(
        "UPDATE {table} m SET (space_id, dims, embedding) = \
             (SELECT f.space_id, f.dims, f.embedding FROM {beside} f \
              WHERE f.scope_id = $1 AND f.id = $2 AND f.space_id = $3) \
         WHERE m.scope_id = $1 AND m.id = $2"
    );
    let here = of_id(here, scope, id).with("space", space_id, Type::INT4);
    [away, here.named(Name::MoveVectorIn), gone]
}

/// Removes all vectors of a space.
pub(crate) fn drop_space(kind: Kind, scope: Uuid, space_id: i32) -> [Statement; 3] {
    let of_space = |sql: String| {
        let text = Text::new(sql).scope(scope);
        text.with("space", space_id, Type::INT4)
            .named(Name::DropVectors)
    };
    let remove = |table: &str| {
        of_space(format!(
            "DELETE FROM {table} WHERE scope_id = $1 AND space_id = $2"
        ))
    };
    [
        of_space(format!(
            "UPDATE {} SET space_id = NULL, dims = NULL, embedding = NULL \
             WHERE scope_id = $1 AND space_id = $2",
            kind.table()
        )),
        remove(kind.embeddings()),
        remove(kind.vectors()),
    ]
}

/// Counts the vectors of each space.
pub(crate) fn count_by_space(kind: Kind, scope: Uuid) -> Statement {
    Text::new(format!(
        "SELECT space_id, count(*) FROM {} WHERE scope_id = $1 GROUP BY space_id",
        kind.vectors()
    ))
    .scope(scope)
    .named(Name::CountBySpace)
}

/// Counts the vectors of one space.
pub(crate) fn count_in(kind: Kind, scope: Uuid, space_id: i32) -> Statement {
    Text::new(format!(
        "SELECT count(*) FROM {} WHERE scope_id = $1 AND space_id = $2",
        kind.vectors()
    ))
    .scope(scope)
    .with("space", space_id, Type::INT4)
    .named(Name::CountInSpace)
}

/// Counts the memories of all kinds that have no vector in the current space.
pub(crate) fn count_without(scope: Uuid) -> Statement {
    let counts = Kind::ALL.map(|kind| {
        let full = lookup::full(kind, "$1", &lookup::current("$1"));
        let table = kind.table();
        format!("(SELECT count(*) FROM {table} m WHERE m.scope_id = $1 AND {full} IS NULL)")
    });
    Text::new(format!("SELECT {}", counts.join(" + ")))
        .scope(scope)
        .named(Name::CountWithoutVector)
}

/// The direction of the full vector `e`, as `u`.
pub(super) const DIRECTION: &str = "LATERAL (SELECT l2_normalize(e.embedding) AS v OFFSET 0) u";

/// Writes half-precision vectors that are not there or other than the full ones say; then lists those that
/// are of no full vector.
pub(crate) fn rebuild(kind: Kind, scope: Uuid, ids: &[String]) -> [Statement; 2] {
    let half = kind.vectors();
    let by_id = lookup::by_id(kind, "$1", "wanted.id");
    let every = lookup::every_full(kind, "$1");
    let right = format!(
        "INSERT INTO {half} AS n (scope_id, id, space_id, v) \
         SELECT m.scope_id, m.id, e.space_id, u.v::halfvec FROM unnest($2) AS wanted (id) {by_id} \
         CROSS JOIN {every} CROSS JOIN {DIRECTION} \
         WHERE vector_norm(u.v) > 0 \
         ON CONFLICT (scope_id, id, space_id) DO UPDATE SET v = excluded.v WHERE n.v IS DISTINCT FROM excluded.v \
         RETURNING true"
    );
    let surplus = format!(
        "SELECT m.id, n.space_id FROM unnest($2) AS wanted (id) {by_id} \
         CROSS JOIN LATERAL (SELECT space_id FROM {half} WHERE scope_id = $1 AND id = m.id OFFSET 0) n \
         LEFT JOIN LATERAL (SELECT u.v FROM {every} CROSS JOIN {DIRECTION} WHERE e.space_id = n.space_id OFFSET 0) u ON true \
         WHERE (vector_norm(u.v) > 0) IS NOT TRUE"
    );
    let names = [
        (right, Name::RebuildVectors),
        (surplus, Name::FindSurplusVectors),
    ];
    names.map(|(sql, name)| {
        let text = Text::new(sql).scope(scope);
        text.with("ids", ids.to_vec(), Type::TEXT_ARRAY).named(name)
    })
}

/// Removes a half-precision vector.
pub(crate) fn remove_half(kind: Kind, scope: Uuid, id: &str, space_id: i32) -> Statement {
    let remove = format!(
        "DELETE FROM {} WHERE scope_id = $1 AND id = $2 AND space_id = $3",
        kind.vectors()
    );
    of_id(remove, scope, id)
        .with("space", space_id, Type::INT4)
        .named(Name::RemoveHalfVector)
}
