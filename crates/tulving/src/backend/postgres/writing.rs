//! What every write to a scope begins and ends with: its lock, its space, the numbers of its keyword index.

use std::sync::Arc;

use tokio_postgres::Row;
use uuid::Uuid;

use super::entries::embedding;
use super::error::DatabaseError;
use super::refusal::Refusal;
use super::scoped::Scoped;
use super::spaces::Spaces;
use super::sql::{Statement, memories};
use super::statistics::ScopeStatistics;
use crate::backend::{BackendError, Entry, check_space};
use crate::model::{Kind, Space};

impl Scoped<'_> {
    /// Locks the scope for writing and asks statements, in one round trip.
    pub(super) async fn begin_writing(
        &mut self,
        mut statements: Vec<Statement>,
        doing: &str,
    ) -> Result<(ScopeStatistics, Vec<Vec<Row>>), DatabaseError> {
        statements.insert(0, ScopeStatistics::query(self.scope, true));
        let mut answers = self.send(&statements, doing).await?;
        let statistics = ScopeStatistics::read(&answers.remove(0), self.scope, self.target())?;
        Ok((statistics, answers))
    }

    /// Returns the space of the scope's vectors, where it is asked for.
    pub(super) async fn space_held(
        &mut self,
        is_asked_for: bool,
        statistics: &ScopeStatistics,
        spaces: &Spaces,
    ) -> Result<Option<Arc<Space>>, DatabaseError> {
        match statistics.space_id.filter(|_| is_asked_for) {
            Some(number) => Ok(Some(spaces.get(number, self).await?)),
            None => Ok(None),
        }
    }

    /// Returns the number of the space of these vectors, which must be one and the scope's; none without vectors.
    pub(super) async fn space_of(
        &mut self,
        entries: &[Entry],
        statistics: &ScopeStatistics,
        spaces: &Spaces,
    ) -> Result<Option<i32>, BackendError> {
        let has_vectors = entries.iter().any(|entry| embedding(entry).is_some());
        let mut space = self.space_held(has_vectors, statistics, spaces).await?;
        for entry in entries {
            check_space(&mut space, embedding(entry))?;
        }
        Ok(number_of(space, statistics, spaces))
    }

    /// Refuses more documents than can still be numbered.
    pub(super) fn require_numbers(
        &self,
        kind: Kind,
        next: i32,
        count: usize,
    ) -> Result<(), DatabaseError> {
        let behind = i32::try_from(count)
            .ok()
            .and_then(|count| next.checked_add(count));
        match behind {
            // The number behind the last one has to be one too.
            Some(behind) if behind < i32::MAX => Ok(()),
            _ => Err(Refusal::NumbersUsedUp {
                scope: self.scope,
                kind: kind.plural(),
            }
            .into()),
        }
    }

    /// Merges the small blocks of the kinds that have many; writes the statements first.
    pub(super) async fn merge_small(
        &mut self,
        statistics: &ScopeStatistics,
        statements: &mut Vec<Statement>,
        doing: &str,
    ) -> Result<(), DatabaseError> {
        for kind in Kind::ALL {
            if let Some(from) = statistics.of(kind).to_merge() {
                self.send(&std::mem::take(statements), doing).await?;
                self.merge(kind, statistics.of(kind), from).await?;
            }
        }
        Ok(())
    }
}

/// Returns the number of a space that vectors are written in: the scope's, or the one that will be.
pub(super) fn number_of(
    space: Option<Arc<Space>>,
    statistics: &ScopeStatistics,
    spaces: &Spaces,
) -> Option<i32> {
    let space = space?;
    statistics.space_id.or_else(|| spaces.number(&space))
}

/// Asks which of these containers are not there. What a column cannot hold is not there.
pub(super) fn absent<'c>(
    kind: Kind,
    scope: Uuid,
    containers: impl Iterator<Item = &'c str>,
) -> Statement {
    let storable = containers.map(|container| container.replace('\0', "\u{fffd}"));
    memories::absent(kind, scope, storable.collect())
}
