//! Memories by their ids, and what new ones are checked against.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::Statement;
use super::filter::storable;
use super::lookup;
use super::name::Name;
use super::text::Text;
use crate::backend::postgres::table::{KindTables as _, columns_of, listed, listed_of_row};
use crate::backend::postgres::values::{Raw, Sql};
use crate::model::{Kind, Scope, Sequence, Timestamp};

/// What a row has besides the fields of its memory.
pub(crate) struct RowNumbers {
    /// The space of the vector, if there is one.
    pub(crate) space_id: Option<i32>,
    /// How wide it is.
    pub(crate) dims: Option<i32>,
    /// The vector.
    pub(crate) vector: Raw,
    /// The number in the keyword index.
    pub(crate) doc: Option<i32>,
    /// How many words the text has.
    pub(crate) tokens: Option<i32>,
}

/// Writes a new memory; its number is its place as well.
pub(crate) fn insert(kind: Kind, scope: Scope, row: RowNumbers, fields: Vec<Raw>) -> Statement {
    let columns = listed(kind);
    let mut insert = Text::new(format!(
        "INSERT INTO {} (scope_id, user_id, tenant_id, space_id, dims, ord, doc, tokens, {columns}, embedding) VALUES (",
        kind.table()
    ));
    insert
        .value("scope", scope.id(), Type::UUID)
        .text(", ")
        .value("user", scope.user_id(), Type::UUID)
        .text(", ")
        .value("tenant", scope.tenant_id(), Type::UUID)
        .text(", ")
        .value("space", row.space_id, Type::INT4)
        .text(", ")
        .value("dims", row.dims, Type::INT4)
        .text(", ")
        .value("place", row.doc.map(i64::from), Type::INT8)
        .text(", ")
        .value("number", row.doc, Type::INT4)
        .text(", ")
        .value("words", row.tokens, Type::INT4);
    for (column, field) in columns_of(kind).zip(fields) {
        insert.text(", ").value(column, field, Type::UNKNOWN);
    }
    insert
        .text(", ")
        .value("vector", row.vector, Type::UNKNOWN)
        .text(")");
    insert.named(Name::InsertMemory)
}

/// Puts a memory in the place of another. Its number and words stay where none are given.
pub(crate) fn update(
    kind: Kind,
    scope: Uuid,
    id: String,
    row: RowNumbers,
    fields: Vec<Raw>,
) -> Statement {
    let mut update = Text::new(format!("UPDATE {} SET space_id = ", kind.table()));
    update.value("space", row.space_id, Type::INT4);
    update.text(", dims = ").value("dims", row.dims, Type::INT4);
    update
        .text(", embedding = ")
        .value("vector", row.vector, Type::UNKNOWN);
    for (column, value) in columns_of(kind).zip(fields) {
        if !matches!(column, "id" | "access_count" | "last_accessed") {
            update
                .text(", ")
                .text(column)
                .text(" = ")
                .value(column, value, Type::UNKNOWN);
        }
    }
    if row.doc.is_some() {
        update.text(", doc = ").value("number", row.doc, Type::INT4);
        update
            .text(", tokens = ")
            .value("words", row.tokens, Type::INT4);
    }
    update
        .text(" WHERE scope_id = ")
        .value("scope", scope, Type::UUID);
    update.text(" AND id = ").value("id", id, Type::TEXT);
    update.named(Name::UpdateMemory)
}

/// Reads a memory that is to be replaced, and keeps others from it.
pub(crate) fn lock(kind: Kind, scope: Uuid, id: &str) -> Statement {
    Text::new(format!(
        "SELECT {}, doc, tokens FROM {} WHERE scope_id = $1 AND id = $2 FOR NO KEY UPDATE",
        listed(kind),
        kind.table()
    ))
    .scope(scope)
    .with(
        "id",
        storable(std::slice::from_ref(&id.to_owned())).pop(),
        Type::TEXT,
    )
    .named(Name::LockMemory)
}

/// Removes a memory; gives id, number and words of the row that was there. One statement for each: of
/// several at a time the planner may look for in the whole scope.
pub(crate) fn remove(kind: Kind, scope: Uuid, id: String) -> Statement {
    Text::new(format!(
        "DELETE FROM {} WHERE scope_id = $1 AND id = $2 RETURNING id, doc, tokens",
        kind.table()
    ))
    .scope(scope)
    .id(id)
    .named(Name::RemoveMemory)
}

/// Reads memories, each with its vector in the current space.
pub(crate) fn find(kind: Kind, scope: Uuid, ids: Vec<String>) -> Statement {
    let columns = listed_of_row(kind);
    Text::new(format!(
        "SELECT {columns}, vector_send({}) FROM unnest($2) AS wanted (id) {}",
        lookup::full(kind, "$1", &lookup::current("$1")),
        lookup::by_id(kind, "$1", "wanted.id")
    ))
    .scope(scope)
    .with("ids", ids, Type::TEXT_ARRAY)
    .named(Name::FindMemories)
}

/// Reads memories without their vectors.
pub(crate) fn find_texts(kind: Kind, scope: Uuid, ids: Vec<String>) -> Statement {
    Text::new(format!(
        "SELECT {}, m.space_id FROM unnest($2) AS wanted (id) {}",
        listed_of_row(kind),
        lookup::by_id(kind, "$1", "wanted.id")
    ))
    .scope(scope)
    .with("ids", ids, Type::TEXT_ARRAY)
    .named(Name::FindTexts)
}

/// Finds which of these ids are taken.
pub(crate) fn present(kind: Kind, scope: Uuid, ids: &[String]) -> Statement {
    let look_up = lookup::by_id(kind, "$1", "wanted.id");
    Text::new(format!(
        "SELECT m.id FROM unnest($2) AS wanted (id) {look_up}"
    ))
    .scope(scope)
    .with("ids", storable(ids), Type::TEXT_ARRAY)
    .named(Name::FindTaken)
}

/// Finds which of these containers are not there, where they have rows of their own.
pub(crate) fn absent(kind: Kind, scope: Uuid, containers: Vec<String>) -> Statement {
    let Some(table) = kind.containers() else {
        return Text::new("SELECT WHERE false").named(Name::FindAbsent);
    };
    Text::new(format!(
        "SELECT c.id FROM unnest($2) AS c (id) \
         LEFT JOIN LATERAL (SELECT id FROM {table} WHERE scope_id = $1 AND id = c.id OFFSET 0) m ON true \
         WHERE m.id IS NULL"
    ))
    .scope(scope)
    .with("ids", containers, Type::TEXT_ARRAY)
    .named(Name::FindAbsent)
}

/// Finds the highest place in each of these containers.
pub(crate) fn ends(kind: Kind, scope: Uuid, containers: Vec<String>) -> Statement {
    let Some(sequence) = kind.sequence() else {
        return Text::new("SELECT WHERE false").named(Name::FindEnds);
    };
    let (table, Sequence { container, index }) = (kind.table(), sequence);
    Text::new(format!(
        "SELECT c.id, (SELECT {index} FROM {table} \
                       WHERE scope_id = $1 AND {container} = c.id AND {index} >= 0 \
                       ORDER BY {index} DESC LIMIT 1) \
         FROM unnest($2) AS c (id)"
    ))
    .scope(scope)
    .with("containers", containers, Type::TEXT_ARRAY)
    .named(Name::FindEnds)
}

/// Counts a use of a memory; gives a row if it is there.
pub(crate) fn touch(kind: Kind, scope: Uuid, id: String, at: Timestamp) -> Statement {
    Text::new(format!(
        "UPDATE {} SET access_count = least(access_count, {}) + 1, last_accessed = $3 \
         WHERE scope_id = $1 AND id = $2 RETURNING id",
        kind.table(),
        // The highest that there can be stays that.
        i64::MAX - 1
    ))
    .scope(scope)
    .id(id)
    .with("at", Sql(at), Type::TIMESTAMPTZ)
    .named(Name::Touch)
}

/// Counts the memories of a kind.
pub(crate) fn count(kind: Kind, scope: Uuid) -> Statement {
    Text::new(format!(
        "SELECT count(*) FROM {} WHERE scope_id = $1",
        kind.table()
    ))
    .scope(scope)
    .named(Name::CountMemories)
}

/// Lists ids in their order, from after one.
pub(crate) fn ids(kind: Kind, scope: Uuid, after: &str, limit: i64) -> Statement {
    Text::new(format!(
        "SELECT id FROM {} WHERE scope_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        kind.table()
    ))
    .scope(scope)
    .with("after", after.to_owned(), Type::TEXT)
    .with("limit", limit, Type::INT8)
    .named(Name::ListIds)
}

/// Removes all rows of the scope, of each table that has some: what falls with another table comes before
/// it.
pub(crate) fn erase(scope: Uuid) -> impl Iterator<Item = Statement> {
    let tables = Kind::ALL.into_iter().flat_map(|kind| {
        let vectors = [kind.embeddings(), kind.vectors()];
        let tables = [kind.postings(), kind.table()];
        vectors.into_iter().chain(tables).chain(kind.containers())
    });
    tables.chain(["run_chunks", "runs"]).map(move |table| {
        Text::new(format!("DELETE FROM {table} WHERE scope_id = $1"))
            .scope(scope)
            .named(Name::Erase)
    })
}
