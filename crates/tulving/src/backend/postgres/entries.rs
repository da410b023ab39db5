//! Memories by their keys: as rows hold them, with their vectors.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use tokio_postgres::Row;

use super::error::DatabaseError;
use super::scoped::Scoped;
use super::spaces::Spaces;
use super::sql::filter::storable;
use super::sql::memories;
use super::statistics::ScopeStatistics;
use super::table::Columns;
use super::values::{Raw, raw_vector};
use crate::backend::Entry;
use crate::model::{Embedding, Key, Kind, Space};

impl Scoped<'_> {
    /// Reads those of these memories that are there, in the transaction that is under way.
    pub(super) async fn stored(
        &mut self,
        keys: &[Key],
        statistics: &ScopeStatistics,
        spaces: &Spaces,
    ) -> Result<HashMap<Key, Entry>, DatabaseError> {
        let mut statements = vec![spaces.unseen()];
        statements
            .extend(Kind::ALL.map(|kind| memories::find(kind, self.scope.id(), ids(keys, kind))));
        let mut answers = self
            .send(&statements, "reading memories")
            .await?
            .into_iter();
        spaces.learn(&answers.next().unwrap_or_default());
        let space = statistics.space_id.map(|number| spaces.known(number));
        let space = space.transpose()?;
        let mut stored = HashMap::new();
        for (kind, rows) in Kind::ALL.into_iter().zip(answers) {
            for row in &rows {
                let entry = entry(kind, row, space.as_ref())?;
                stored.insert(entry.memory.key(), entry);
            }
        }
        Ok(stored)
    }

    /// Reads the memories with these keys, in their order.
    pub(super) async fn get(
        self,
        keys: &[Key],
        spaces: &Spaces,
    ) -> Result<Vec<Option<Entry>>, DatabaseError> {
        const DOING: &str = "reading memories";
        let (scope, target) = (self.scope, self.target().to_owned());
        let mut statements = vec![ScopeStatistics::query(scope, false), spaces.unseen()];
        statements.extend(Kind::ALL.map(|kind| memories::find(kind, scope.id(), ids(keys, kind))));
        let mut answers = self.finish(&statements, DOING).await?.into_iter();
        let statistics =
            ScopeStatistics::read(&answers.next().unwrap_or_default(), scope, &target)?;
        spaces.learn(&answers.next().unwrap_or_default());
        let space = statistics.space_id.map(|number| spaces.known(number));
        let space = space.transpose()?;
        let mut found: BTreeMap<Key, Entry> = BTreeMap::new();
        for (kind, rows) in Kind::ALL.into_iter().zip(answers) {
            for row in &rows {
                let entry = entry(kind, row, space.as_ref())?;
                found.insert(entry.memory.key(), entry);
            }
        }
        Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
    }
}

/// Reads a memory with its vector in the space that is searched.
fn entry(kind: Kind, row: &Row, space: Option<&Arc<Space>>) -> Result<Entry, DatabaseError> {
    let mut fields = Columns::new(kind, row);
    let memory = fields.memory()?;
    let numbers = fields.vector()?.zip(space);
    Ok(Entry {
        memory,
        embedding: numbers.and_then(|(numbers, space)| embedding_of(numbers, space)),
    })
}

/// Numbers as a vector of a space; those that are none are none.
pub(super) fn embedding_of(numbers: Vec<f32>, space: &Arc<Space>) -> Option<Embedding> {
    let embedding = Embedding::new(Arc::clone(space), numbers).ok();
    embedding.filter(|embedding| !embedding.is_zero())
}

/// Returns the embedding of an entry, where it is one.
pub(super) fn embedding(entry: &Entry) -> Option<&Embedding> {
    entry
        .embedding
        .as_ref()
        .filter(|embedding| !embedding.is_zero())
}

/// Returns the ids of one kind, each once.
pub(super) fn ids(keys: &[Key], kind: Kind) -> Vec<String> {
    let of_kind = keys.iter().filter(|key| key.kind == kind);
    let ids: BTreeSet<&String> = of_kind.map(|key| &key.id).collect();
    storable(&ids.into_iter().cloned().collect::<Vec<_>>())
}

pub(super) fn vector(embedding: Option<&Embedding>) -> Raw {
    embedding.map_or(Raw(None), |embedding| raw_vector(embedding.numbers()))
}

pub(super) fn width(embedding: &Embedding) -> i32 {
    i32::try_from(embedding.numbers().len()).unwrap_or(i32::MAX)
}
