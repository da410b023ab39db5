//! Memories by the hash of what they say, which stands among the terms of the keyword index: so it comes and goes with
//! them, and takes no index of its own ([`content_term`]). Two questions lead from hashes to memories, each of which a
//! write asks together with its own.

use std::collections::HashMap;

use tokio_postgres::Row;

use super::buckets::{content_term, terms};
use super::error::DatabaseError;
use super::matching::blocks_of;
use super::postings::{damaged, read_block};
use super::scoped::Scoped;
use super::sql::{Statement, inspection};
use super::statistics::ScopeStatistics;
use crate::backend::SAME_HASH;
use crate::model::{Key, Kind, Scope};

/// Hashes that are looked for among memories of a kind.
#[derive(Debug, Default)]
pub(super) struct Hashes {
    /// The kind; none if nothing is looked for.
    kind: Option<Kind>,
    by_term: HashMap<String, u64>,
}

/// The numbers of memories, each with the hash that it has.
pub(super) struct Numbers {
    kind: Kind,
    by_number: HashMap<i32, u64>,
}

impl Hashes {
    pub(super) fn of(kind: Kind, hashes: &[u64]) -> Self {
        let by_term = hashes.iter().map(|hash| (content_term(*hash), *hash));
        Self {
            kind: Some(kind).filter(|_| !hashes.is_empty()),
            by_term: by_term.collect(),
        }
    }

    /// Asks for the blocks that they may be in.
    pub(super) fn blocks(&self, scope: Scope) -> Option<Statement> {
        let wanted: Vec<String> = self.by_term.keys().cloned().collect();
        Some(blocks_of(self.kind?, scope.id(), &wanted))
    }

    /// Reads the answer; returns the memories that have one, if any does.
    pub(super) fn found(
        &self,
        blocks: &[Row],
        statistics: &ScopeStatistics,
        scope: Scope,
    ) -> Result<Option<Numbers>, DatabaseError> {
        let Some(kind) = self.kind else {
            return Ok(None);
        };
        let dead = statistics.of(kind).tombstones();
        let mut by_number: HashMap<i32, u64> = HashMap::new();
        let mut found: HashMap<u64, usize> = HashMap::new();
        for row in blocks {
            for entry in terms(row.get(1)) {
                let (term, bytes) = entry.ok_or_else(|| damaged(kind, scope))?;
                let Some(hash) = self.by_term.get(term) else {
                    continue;
                };
                let postings = read_block(row.get(0), bytes).ok_or_else(|| damaged(kind, scope))?;
                let docs = postings.into_iter().map(|posting| posting.doc);
                let docs = docs.filter(|doc| !dead.contains(doc));
                let found = found.entry(*hash).or_insert(0);
                for doc in docs.take(SAME_HASH - *found) {
                    by_number.extend(i32::try_from(doc).ok().map(|doc| (doc, *hash)));
                    *found += 1;
                }
            }
        }
        Ok((!by_number.is_empty()).then_some(Numbers { kind, by_number }))
    }
}

impl Numbers {
    /// Asks which memories have them.
    pub(super) fn names(&self, scope: Scope) -> Statement {
        let docs = self.by_number.keys().copied().collect();
        inspection::ids_of_numbers(self.kind, scope.id(), docs)
    }

    /// Reads the answer.
    pub(super) fn keys(&self, names: &[Row]) -> Vec<(u64, Key)> {
        let keys = names.iter().filter_map(|row| {
            let hash = self.by_number.get(&row.get::<_, i32>(1))?;
            Some((*hash, Key::new(self.kind, row.get::<_, &str>(0))))
        });
        keys.collect()
    }
}

impl Scoped<'_> {
    /// See [`Backend::by_content_hash`](crate::backend::Backend::by_content_hash).
    pub(super) async fn by_content_hash(
        mut self,
        hashes: &Hashes,
    ) -> Result<Vec<(u64, Key)>, DatabaseError> {
        const DOING: &str = "looking for memories that say the same";
        let scope = self.scope;
        let questions = [ScopeStatistics::query(scope, false)];
        let questions = questions.into_iter().chain(hashes.blocks(scope));
        let answers = self.send(&questions.collect::<Vec<_>>(), DOING).await?;
        let mut answers = answers.iter().map(Vec::as_slice);
        let statistics = answers.next().unwrap_or_default();
        let statistics = ScopeStatistics::read(statistics, scope, self.target())?;
        let blocks = answers.next().unwrap_or_default();
        let Some(found) = hashes.found(blocks, &statistics, scope)? else {
            self.end_read();
            return Ok(Vec::new());
        };
        let names = self.finish(&[found.names(scope)], DOING).await?;
        Ok(found.keys(names.first().map_or(&[], Vec::as_slice)))
    }
}
