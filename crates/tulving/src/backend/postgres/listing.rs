//! Going through memories: pages, counts, clusters.

use std::cmp::Reverse;

use tokio_postgres::Row;

use super::error::DatabaseError;
use super::scoped::Scoped;
use super::sql::{Statement, pages};
use super::statistics::ScopeStatistics;
use super::table::Columns;
use super::values::Sql;
use crate::backend::{Cluster, Counts, Cursor, Filter, Listing, Order, Page};
use crate::model::{Facts, Kind, Memory};

impl Scoped<'_> {
    /// Asks about each of some kinds, in one round trip and with nothing else.
    async fn ask(
        self,
        kinds: impl Iterator<Item = Kind>,
        statement: impl Fn(Kind) -> Statement,
        doing: &str,
    ) -> Result<Vec<(Kind, Vec<Row>)>, DatabaseError> {
        let (scope, target) = (self.scope, self.target().to_owned());
        let kinds: Vec<Kind> = kinds.collect();
        let mut statements = vec![ScopeStatistics::query(scope, false)];
        statements.extend(kinds.iter().map(|kind| statement(*kind)));
        let mut answers = self.finish(&statements, doing).await?.into_iter();
        ScopeStatistics::read(&answers.next().unwrap_or_default(), scope, &target)?;
        Ok(kinds.into_iter().zip(answers).collect())
    }

    /// Returns a page of the memories that pass.
    pub(super) async fn list(self, filter: &Filter, page: &Page) -> Result<Listing, DatabaseError> {
        let scope = self.scope.id();
        let kinds = filter.wanted().filter(|_| page.limit > 0);
        let found = self
            .ask(
                kinds,
                |kind| pages::page(kind, scope, filter, page),
                "listing memories",
            )
            .await?;
        let mut memories = Vec::new();
        for (kind, rows) in &found {
            for row in rows {
                memories.push(Columns::new(*kind, row).memory()?);
            }
        }
        let place = |memory: &Memory| Cursor::from(&memory.facts());
        match page.order {
            Order::Oldest => memories.sort_by_cached_key(place),
            Order::Newest => memories.sort_by_cached_key(|memory| Reverse(place(memory))),
        }
        let more = memories.len() > page.limit;
        memories.truncate(page.limit);
        Ok(Listing {
            next: memories.last().filter(|_| more).map(place),
            memories,
        })
    }

    /// Returns how many memories pass.
    pub(super) async fn count_passing(self, filter: &Filter) -> Result<Counts, DatabaseError> {
        let scope = self.scope.id();
        let found = self
            .ask(
                filter.wanted(),
                |kind| pages::count(kind, scope, filter),
                "counting memories",
            )
            .await?;
        let mut counts = Counts::default();
        for (kind, rows) in &found {
            let count = rows.first().map_or(0, |row| row.get::<_, i64>(0));
            counts[*kind] = count.unsigned_abs();
        }
        Ok(counts)
    }

    /// Returns the clusters of the scope's nodes.
    pub(super) async fn clusters(self) -> Result<Vec<Cluster>, DatabaseError> {
        let scope = self.scope.id();
        let clustered = Kind::ALL.into_iter().filter(|kind| kind.is_clustered());
        let found = self
            .ask(
                clustered,
                |kind| pages::clusters(kind, scope),
                "listing clusters",
            )
            .await?;
        let rows = found.iter().flat_map(|(_, rows)| rows);
        Ok(Cluster::sums(rows.map(|row| {
            let (cluster, label, memories): (i64, Option<&str>, i64) =
                (row.get(0), row.get(1), row.get(2));
            (cluster, label, memories.unsigned_abs())
        })))
    }
}

/// Reads facts from column `at` on.
pub(super) fn read_facts(kind: Kind, row: &Row, at: usize) -> Result<Facts, DatabaseError> {
    let mut fields = Columns::from(kind, row, at);
    Ok(Facts {
        kind,
        id: fields.get()?,
        created_at: fields.get::<Sql<_>>()?.0,
        conversation_id: fields.get()?,
        sequence_index: fields.get()?,
        cluster_id: fields.get()?,
    })
}
