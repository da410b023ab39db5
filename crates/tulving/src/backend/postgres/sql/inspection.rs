//! What search reads of a scope, beside what the memories say.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::Statement;
use super::lookup;
use super::name::Name;
use super::text::Text;
use super::vectors::DIRECTION;
use crate::backend::postgres::table::{KindTables as _, listed_of_row};
use crate::model::Kind;

/// Counts memories and words, whether their numbers are below the next, and full vectors; then the full
/// vectors beside, and the half-precision ones.
pub(crate) fn count(kind: Kind, scope: Uuid, next: i32) -> [Statement; 3] {
    let counts = Text::new(format!(
        "SELECT count(doc), coalesce(sum(tokens) FILTER (WHERE doc IS NOT NULL), 0), \
                coalesce(max(doc), -1) < $2, count(embedding) \
         FROM {} WHERE scope_id = $1",
        kind.table()
    ))
    .scope(scope)
    .with("next", next, Type::INT4)
    .named(Name::CountUp);
    let [full, half] = [kind.embeddings(), kind.vectors()].map(|table| {
        Text::new(format!("SELECT count(*) FROM {table} WHERE scope_id = $1"))
            .scope(scope)
            .named(Name::CountVectors)
    });
    [counts, full, half]
}

/// Counts the full vectors without a half-precision one that should have it.
pub(crate) fn count_lacking(kind: Kind, scope: Uuid) -> Statement {
    Text::new(format!(
        "SELECT count(*) FROM {} m CROSS JOIN {} LEFT JOIN {} ON true \
         WHERE m.scope_id = $1 AND n.v IS NULL AND vector_norm(l2_normalize(e.embedding)) > 0",
        kind.table(),
        lookup::every_full(kind, "$1"),
        lookup::half_precision(kind, "$1", "e.space_id")
    ))
    .scope(scope)
    .named(Name::CountLackingVectors)
}

/// Reads memories from after one, each with its number and how its half-precision vectors compare.
pub(crate) fn read_texts(kind: Kind, scope: Uuid, after: String) -> Statement {
    let columns = listed_of_row(kind);
    Text::new(format!(
        "SELECT {columns}, m.doc, m.tokens, c.lacking, c.differing, c.same \
         FROM (SELECT * FROM {} WHERE scope_id = $1 AND id > $2 ORDER BY id LIMIT 512) m \
         CROSS JOIN LATERAL (\
             SELECT count(*) FILTER (WHERE n.v IS NULL) AS lacking, \
                    count(*) FILTER (WHERE n.v <> u.v::halfvec) AS differing, \
                    count(*) FILTER (WHERE n.v = u.v::halfvec) AS same \
             FROM {} CROSS JOIN {DIRECTION} LEFT JOIN {} ON true \
             WHERE vector_norm(u.v) > 0) c \
         ORDER BY m.id",
        kind.table(),
        lookup::every_full(kind, "$1"),
        lookup::half_precision(kind, "$1", "e.space_id")
    ))
    .scope(scope)
    .with("after", after, Type::TEXT)
    .named(Name::ReadTexts)
}

/// Finds the ids of memories by their numbers.
pub(crate) fn ids_of_numbers(kind: Kind, scope: Uuid, docs: Vec<i32>) -> Statement {
    Text::new(format!(
        "SELECT m.id, m.doc FROM unnest($2) AS wanted (doc) {}",
        lookup::by_doc(kind, "$1", "wanted.doc")
    ))
    .scope(scope)
    .with("numbers", docs, Type::INT4_ARRAY)
    .named(Name::FindIdsOfNumbers)
}
