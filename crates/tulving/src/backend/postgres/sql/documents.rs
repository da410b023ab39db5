//! Documents, and which chunks are theirs.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::Statement;
use super::filter::storable;
use super::lookup;
use super::name::Name;
use super::text::Text;
use crate::backend::postgres::table::{DOCUMENTS, columns_in};
use crate::backend::postgres::values::Raw;
use crate::model::{Document, Scope};

/// Writes a new document. It has this place, or the next.
pub(crate) fn insert(scope: Scope, ord: Option<u64>, fields: Vec<Raw>) -> Statement {
    insertion(scope, ord, fields).named(Name::InsertDocument)
}

/// Writes a document, new or in the place of the one with its id. A new one has this place, or the next.
pub(crate) fn upsert(scope: Scope, ord: Option<u64>, fields: Vec<Raw>) -> Statement {
    let mut upsert = insertion(scope, ord, fields);
    // Naming the key would keep off writers of chunks, which only refer to it.
    let columns = columns_in(Document::FORM).filter(|column| *column != "id");
    let set = columns.map(|column| format!("{column} = EXCLUDED.{column}"));
    upsert
        .text(" ON CONFLICT (scope_id, id) DO UPDATE SET ")
        .text(&set.collect::<Vec<_>>().join(", "));
    upsert.named(Name::UpsertDocument)
}

fn insertion(scope: Scope, ord: Option<u64>, fields: Vec<Raw>) -> Text {
    let mut insert = Text::new(format!(
        "INSERT INTO {DOCUMENTS} (scope_id, user_id, tenant_id, ord, {}) VALUES (",
        columns().join(", ")
    ));
    insert
        .value("scope", scope.id(), Type::UUID)
        .text(", ")
        .value("user", scope.user_id(), Type::UUID)
        .text(", ")
        .value("tenant", scope.tenant_id(), Type::UUID)
        .text(", ");
    match ord {
        Some(ord) => insert.value("place", i64::try_from(ord).unwrap_or(i64::MAX), Type::INT8),
        None => insert.text(&format!(
            "coalesce((SELECT ord + 1 FROM {DOCUMENTS} WHERE scope_id = $1 AND ord >= 0 ORDER BY ord DESC LIMIT 1), 0)"
        )),
    };
    for (column, field) in columns().into_iter().zip(fields) {
        insert.text(", ").value(column, field, Type::UNKNOWN);
    }
    insert.text(")");
    insert
}

fn columns() -> Vec<&'static str> {
    columns_in(Document::FORM).collect()
}

/// Reads all documents with their places.
pub(crate) fn export(scope: Uuid) -> Statement {
    Text::new(format!(
        "SELECT {}, ord FROM {DOCUMENTS} WHERE scope_id = $1",
        columns().join(", ")
    ))
    .scope(scope)
    .named(Name::ExportDocuments)
}

/// Removes a document with its chunks; gives its id if it was there.
pub(crate) fn remove(scope: Uuid, id: String) -> Statement {
    Text::new(format!(
        "DELETE FROM {DOCUMENTS} WHERE scope_id = $1 AND id = $2 RETURNING id"
    ))
    .scope(scope)
    .id(id)
    .named(Name::RemoveDocument)
}

/// Reads documents by their ids.
pub(crate) fn find(scope: Uuid, ids: &[String]) -> Statement {
    let columns = columns().into_iter().map(|column| format!("m.{column}"));
    Text::new(format!(
        "SELECT {} FROM unnest($2) AS wanted (id) \
         CROSS JOIN LATERAL (SELECT * FROM {DOCUMENTS} WHERE scope_id = $1 AND id = wanted.id OFFSET 0) m",
        columns.collect::<Vec<_>>().join(", ")
    ))
    .scope(scope)
    .with("ids", storable(ids), Type::TEXT_ARRAY)
    .named(Name::FindDocuments)
}

/// Lists documents in the order of the bytes of their ids, from after one.
pub(crate) fn list(scope: Uuid, after: Option<&str>, limit: usize) -> Statement {
    let mut query = Text::new(format!(
        "SELECT {} FROM {DOCUMENTS} WHERE scope_id = ",
        columns().join(", ")
    ));
    query.value("scope", scope, Type::UUID);
    if let Some(after) = after {
        // No id holds a NUL: what comes after one that does comes after what stands before the NUL.
        let after = after.split('\0').next().unwrap_or_default().to_owned();
        query.text(" AND id > ").value("after", after, Type::TEXT);
    }
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    query
        .text(" ORDER BY id LIMIT ")
        .value("limit", limit, Type::INT8);
    query.named(Name::ListDocuments)
}

/// Lists the ids of the chunks of these documents.
pub(crate) fn pieces(scope: Uuid, documents: &[String]) -> Statement {
    let look_up = lookup::by_container(Document::PIECES, "$1", "wanted.id", "");
    Text::new(format!(
        "SELECT m.id FROM unnest($2) AS wanted (id) {look_up}"
    ))
    .scope(scope)
    .with("documents", storable(documents), Type::TEXT_ARRAY)
    .named(Name::FindPieces)
}
