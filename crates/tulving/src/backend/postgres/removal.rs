//! Memories that are removed, and counted out of what the scope holds.

use std::collections::BTreeSet;

use tokio_postgres::Row;
use uuid::Uuid;

use super::entries::ids;
use super::error::DatabaseError;
use super::scoped::Scoped;
use super::sql::{Statement, memories, scopes};
use crate::model::{Key, Kind};

impl Scoped<'_> {
    /// Removes memories; gives the keys of those that were there.
    pub(super) async fn delete(mut self, keys: &[Key]) -> Result<Vec<Key>, DatabaseError> {
        const DOING: &str = "removing memories";
        let scope = self.scope.id();
        let removing = Kind::ALL.map(|kind| remove(kind, scope, ids(keys, kind).into_iter()));
        let of_kind = removing.each_ref().map(Vec::len);
        let removing = removing.into_iter().flatten().collect();
        let (_, answers) = self.begin_writing(removing, DOING).await?;
        let mut answers = answers.iter();
        let mut gone = BTreeSet::new();
        let mut counting = Vec::new();
        for (kind, statements) in Kind::ALL.into_iter().zip(of_kind) {
            let rows: Vec<&Row> = answers.by_ref().take(statements).flatten().collect();
            gone.extend(
                rows.iter()
                    .map(|row| Key::new(kind, row.get::<_, String>(0))),
            );
            counting.extend(count_out(scope, kind, rows.into_iter()));
        }
        self.finish(&counting, DOING).await?;
        Ok(keys.iter().filter_map(|key| gone.take(key)).collect())
    }
}

/// Returns statements that remove rows with these ids; each gives id, `doc` and `tokens` of a row that was
/// there.
pub(super) fn remove(kind: Kind, scope: Uuid, ids: impl Iterator<Item = String>) -> Vec<Statement> {
    ids.map(|id| memories::remove(kind, scope, id)).collect()
}

/// Counts removed rows out of what the scope holds.
pub(super) fn count_out<'r>(
    scope: Uuid,
    kind: Kind,
    gone: impl Iterator<Item = &'r Row>,
) -> Option<Statement> {
    let (mut tombstones, mut tokens): (Vec<i32>, i64) = (Vec::new(), 0);
    for row in gone {
        if let Some(doc) = row.get(1) {
            tombstones.push(doc);
            tokens += row.get::<_, Option<i32>>(2).map_or(0, i64::from);
        }
    }
    (!tombstones.is_empty()).then(|| scopes::count_removed(kind, scope, tombstones, tokens))
}
