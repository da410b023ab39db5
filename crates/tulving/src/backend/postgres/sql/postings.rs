//! The keyword index: blocks of postings, and the numbers of memories in them.

use std::collections::BTreeMap;

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::Statement;
use super::lookup;
use super::name::Name;
use super::text::Text;
use crate::backend::postgres::buckets::{BESIDE, NOTES};
use crate::backend::postgres::table::{KindTables as _, listed, listed_of_row};
use crate::model::Kind;

/// Writes postings, by bucket.
pub(crate) fn insert(
    kind: Kind,
    scope: Uuid,
    block: i32,
    rows: BTreeMap<i16, Vec<u8>>,
) -> Statement {
    let (buckets, postings): (Vec<i16>, Vec<Vec<u8>>) = rows.into_iter().unzip();
    Text::new(format!(
        "INSERT INTO {} (scope_id, block, bucket, postings) \
         SELECT $1, $2, bucket, postings FROM unnest($3, $4) AS u (bucket, postings)",
        kind.postings()
    ))
    .scope(scope)
    .with("block", block, Type::INT4)
    .with("buckets", buckets, Type::INT2_ARRAY)
    .with("postings", postings, Type::BYTEA_ARRAY)
    .named(Name::InsertPostings)
}

/// Takes the blocks of some buckets away that are to be merged.
pub(crate) fn take(kind: Kind, scope: Uuid, low: i16, high: i16, from: i32) -> Statement {
    Text::new(format!(
        "DELETE FROM {} WHERE scope_id = $1 AND bucket >= $2 AND bucket < $3 AND block >= $4 \
         RETURNING block, postings",
        kind.postings()
    ))
    .scope(scope)
    .with("low", low, Type::INT2)
    .with("high", high, Type::INT2)
    .with("block", from, Type::INT4)
    .named(Name::TakePostings)
}

/// Reads the postings of buckets.
pub(crate) fn find(kind: Kind, scope: Uuid, buckets: Vec<i16>) -> Statement {
    Text::new(format!(
        "SELECT p.block, p.postings FROM unnest($2) AS wanted (bucket) \
         CROSS JOIN LATERAL (SELECT * FROM {} WHERE scope_id = $1 AND bucket = wanted.bucket OFFSET 0) p",
        kind.postings()
    ))
    .scope(scope)
    .with("buckets", buckets, Type::INT2_ARRAY)
    .named(Name::FindPostings)
}

/// Reads all postings of some buckets.
pub(crate) fn read(kind: Kind, scope: Uuid, low: i16, high: i16) -> Statement {
    Text::new(format!(
        "SELECT bucket, block, postings FROM {} WHERE scope_id = $1 AND bucket >= $2 AND bucket < $3",
        kind.postings()
    ))
    .scope(scope)
    .with("low", low, Type::INT2)
    .with("high", high, Type::INT2)
    .named(Name::ReadPostings)
}

/// Counts the memories that are not in the keyword index. The order is that of their index, which is as
/// good as empty.
pub(crate) fn count_unindexed(kind: Kind, scope: Uuid) -> Statement {
    Text::new(format!(
        "SELECT count(*) FROM (SELECT FROM {} WHERE scope_id = $1 AND doc IS NULL ORDER BY ord OFFSET 0) unindexed",
        kind.table()
    ))
    .scope(scope)
    .named(Name::CountUnindexed)
}

/// Reads some memories that are not in the keyword index, and keeps others from them.
pub(crate) fn lock_unindexed(kind: Kind, scope: Uuid) -> Statement {
    Text::new(format!(
        "SELECT {} FROM {} WHERE scope_id = $1 AND doc IS NULL ORDER BY ord LIMIT 512 FOR NO KEY UPDATE",
        listed(kind),
        kind.table()
    ))
    .scope(scope)
    .named(Name::LockUnindexed)
}

/// Gives a memory its number, and how many words it has.
pub(crate) fn number(kind: Kind, scope: Uuid, id: &str, doc: i32, words: i32) -> Statement {
    let number = format!(
        "UPDATE {} SET doc = $3, tokens = $4 WHERE scope_id = $1 AND id = $2",
        kind.table()
    );
    numbered(number, scope, id, doc, words).named(Name::NumberMemory)
}

/// Corrects how many words a memory has, while its number is the same.
pub(crate) fn correct_length(kind: Kind, scope: Uuid, id: &str, doc: i32, words: i32) -> Statement {
    let correct = format!(
        "UPDATE {} SET tokens = $4 WHERE scope_id = $1 AND id = $2 AND doc = $3",
        kind.table()
    );
    numbered(correct, scope, id, doc, words).named(Name::CorrectLength)
}

fn numbered(sql: String, scope: Uuid, id: &str, doc: i32, words: i32) -> Text {
    Text::new(sql)
        .scope(scope)
        .id(id)
        .with("number", doc, Type::INT4)
        .with("words", words, Type::INT4)
}

/// Takes numbers away that no posting can have, so that new ones are given.
pub(crate) fn remove_impossible_numbers(kind: Kind, scope: Uuid) -> Statement {
    Text::new(format!(
        "UPDATE {} SET doc = NULL WHERE scope_id = $1 AND doc < 0",
        kind.table()
    ))
    .scope(scope)
    .named(Name::RemoveImpossibleNumbers)
}

/// Lists the numbers of all memories of a kind.
pub(crate) fn numbers(kind: Kind, scope: Uuid) -> Statement {
    Text::new(format!(
        "SELECT doc FROM {} WHERE scope_id = $1 AND doc >= 0 ORDER BY doc",
        kind.table()
    ))
    .scope(scope)
    .named(Name::ListNumbers)
}

/// Reads memories by their numbers.
pub(crate) fn find_by_number(kind: Kind, scope: Uuid, docs: &[i32]) -> Statement {
    let columns = listed_of_row(kind);
    Text::new(format!(
        "SELECT {columns}, m.doc, m.tokens FROM unnest($2) AS wanted (doc) {}",
        lookup::by_doc(kind, "$1", "wanted.doc")
    ))
    .scope(scope)
    .with("numbers", docs.to_vec(), Type::INT4_ARRAY)
    .named(Name::FindByNumber)
}

/// Reads what new postings cover that were made beside the others.
pub(crate) fn notes(kind: Kind, scope: Uuid) -> Statement {
    Text::new(format!(
        "SELECT block, postings FROM {} WHERE scope_id = $1 AND bucket = $2",
        kind.postings()
    ))
    .scope(scope)
    .with("notes", NOTES, Type::INT2)
    .named(Name::ReadNotes)
}

/// Removes what a rebuilding that was killed left.
pub(crate) fn remove_leftover(kind: Kind, scope: Uuid) -> Statement {
    Text::new(format!(
        "DELETE FROM {} WHERE scope_id = $1 AND bucket < 0",
        kind.postings()
    ))
    .scope(scope)
    .named(Name::RemoveLeftover)
}

/// Puts new postings in the place of the old ones.
pub(crate) fn put_in_place(kind: Kind, scope: Uuid) -> [Statement; 3] {
    let postings = kind.postings();
    let of_scope = |sql: String| Text::new(sql).scope(scope);
    [
        of_scope(format!(
            "DELETE FROM {postings} WHERE scope_id = $1 AND bucket >= 0"
        )),
        of_scope(format!(
            "DELETE FROM {postings} WHERE scope_id = $1 AND bucket = $2"
        ))
        .with("notes", NOTES, Type::INT2),
        of_scope(format!(
            "UPDATE {postings} SET bucket = bucket + $2 WHERE scope_id = $1 AND bucket < 0"
        ))
        .with("beside", BESIDE, Type::INT2),
    ]
    .map(|text| text.named(Name::PutPostingsInPlace))
}
