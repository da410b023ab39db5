//! Fields of memories that change while they are used.

use super::entries::ids;
use super::error::DatabaseError;
use super::scoped::Scoped;
use super::sql::{Statement, live, memories};
use super::statistics::ScopeStatistics;
use crate::backend::LiveChange;
use crate::model::{Key, Kind, Timestamp};

impl Scoped<'_> {
    /// Counts a use of memories; gives how many were there. Rows are locked, and not the scope: uses
    /// are counted while others write.
    pub(super) async fn touch(mut self, keys: &[Key], at: Timestamp) -> Result<u64, DatabaseError> {
        const DOING: &str = "counting uses";
        let scope = self.scope;
        // One by one and in one order, so that two who touch the same do not wait for each other.
        let touch = |kind: Kind| -> Vec<Statement> {
            let ids = ids(keys, kind).into_iter();
            ids.map(|id| memories::touch(kind, scope.id(), id, at))
                .collect()
        };
        let statistics = self
            .send(&[ScopeStatistics::query(scope, false)], DOING)
            .await?;
        let statistics = statistics.first().map_or(&[][..], Vec::as_slice);
        ScopeStatistics::read(statistics, scope, self.target())?;
        let touching: Vec<Statement> = Kind::ALL.into_iter().flat_map(touch).collect();
        let answers = self.finish(&touching, DOING).await?;
        Ok(answers.iter().flatten().count() as u64)
    }

    /// Changes live fields; gives how many of the memories were there. Rows are locked, and not the scope:
    /// nothing else that a writer rests on changes.
    pub(super) async fn update_live(
        mut self,
        changes: &[LiveChange],
    ) -> Result<u64, DatabaseError> {
        const DOING: &str = "changing what changes in use";
        let scope = self.scope;
        // In one order, so that two who change the same do not wait for each other; changes of one memory stay
        // in theirs.
        let mut changes: Vec<&LiveChange> = changes.iter().collect();
        changes.sort_by_key(|change| change.key());
        let updates: Vec<Statement> = changes
            .iter()
            .map(|change| live::update(scope.id(), change))
            .collect();
        let statistics = self
            .send(&[ScopeStatistics::query(scope, false)], DOING)
            .await?;
        let statistics = statistics.first().map_or(&[][..], Vec::as_slice);
        ScopeStatistics::read(statistics, scope, self.target())?;
        let answers = self.finish(&updates, DOING).await?;
        let there = changes
            .iter()
            .zip(&answers)
            .filter(|(_, rows)| !rows.is_empty());
        let mut there: Vec<_> = there.map(|(change, _)| change.key()).collect();
        there.dedup();
        Ok(there.len() as u64)
    }
}
