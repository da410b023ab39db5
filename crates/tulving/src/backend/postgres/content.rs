//! Memories by the hash of what they say, which stands among the terms of the keyword index: so it comes and goes with
//! them, and takes no index of its own ([`content_term`]).

use std::collections::HashMap;

use super::buckets::{content_term, terms};
use super::error::DatabaseError;
use super::matching::blocks_of;
use super::postings::{damaged, read_block};
use super::scoped::Scoped;
use super::sql::inspection;
use super::statistics::ScopeStatistics;
use crate::model::{Key, Kind};

const DOING: &str = "looking for memories that say the same";

impl Scoped<'_> {
    /// See [`Backend::by_content_hash`](crate::backend::Backend::by_content_hash).
    pub(super) async fn by_content_hash(
        mut self,
        kind: Kind,
        hashes: &[u64],
    ) -> Result<Vec<(u64, Key)>, DatabaseError> {
        let scope = self.scope;
        let hashes = hashes.iter().map(|hash| (content_term(*hash), *hash));
        let hashes: HashMap<String, u64> = hashes.collect();
        let wanted: Vec<String> = hashes.keys().cloned().collect();
        let questions = [
            ScopeStatistics::query(scope, false),
            blocks_of(kind, scope.id(), &wanted),
        ];
        let answers = self.send(&questions, DOING).await?;
        let [statistics, blocks] = answers.as_slice() else {
            return Ok(Vec::new());
        };
        let statistics = ScopeStatistics::read(statistics, scope, self.target())?;
        let dead = statistics.of(kind).dead();
        let mut found: HashMap<i32, u64> = HashMap::new();
        for row in blocks {
            for entry in terms(row.get(1)) {
                let (term, bytes) = entry.ok_or_else(|| damaged(kind, scope))?;
                let Some(hash) = hashes.get(term) else {
                    continue;
                };
                let postings = read_block(row.get(0), bytes).ok_or_else(|| damaged(kind, scope))?;
                let docs = postings.into_iter().map(|posting| posting.doc);
                let docs = docs.filter(|doc| !dead.contains(doc));
                found.extend(docs.filter_map(|doc| Some((i32::try_from(doc).ok()?, *hash))));
            }
        }
        if found.is_empty() {
            self.end_read();
            return Ok(Vec::new());
        }
        let docs = found.keys().copied().collect();
        let ids = inspection::ids_of_numbers(kind, scope.id(), docs);
        let rows = self.finish(&[ids], DOING).await?;
        let keys = rows.iter().flatten().filter_map(|row| {
            let hash = found.get(&row.get::<_, i32>(1))?;
            Some((*hash, Key::new(kind, row.get::<_, &str>(0))))
        });
        Ok(keys.collect())
    }
}
