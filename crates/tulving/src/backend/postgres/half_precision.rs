//! Half-precision vectors, which search reads, put right by the full ones.

use super::connect::Connection;
use super::error::DatabaseError;
use super::index_step::IndexStep;
use super::scoped::Scoped;
use super::sql::{Statement, vectors};
use super::statistics::ScopeStatistics;
use crate::model::{Kind, Scope};

const DOING: &str = "making the vectors for search anew";

impl Connection {
    /// Compares every vector that search reads with the full one, and puts right what differs, lacks or
    /// is of no memory. Gives how many that were. Safe to repeat: what is right is left as it is.
    ///
    /// # Errors
    /// If the connection is lost.
    pub(super) async fn rebuild_vectors(
        &mut self,
        kind: Kind,
        scope: Scope,
        progress: &(dyn Fn(IndexStep) + Send + Sync),
    ) -> Result<u64, DatabaseError> {
        const PAGE: i64 = 512;
        let scoped = self.scoped(scope).await?;
        let of = scoped.count(kind).await?;
        scoped.commit().await?;
        let (mut done, mut changed) = (0, 0);
        let mut after = String::new();
        loop {
            let mut scoped = self.scoped(scope).await?;
            // Held off: who changes a memory between the two looks at it.
            scoped
                .send(&[ScopeStatistics::query(scope, true)], DOING)
                .await?;
            let ids = scoped.ids(kind, &after, PAGE).await?;
            let Some(last) = ids.last().cloned() else {
                return Ok(changed);
            };
            done += ids.len() as u64;
            changed += scoped.rebuild_half_precision(kind, ids).await?;
            scoped.commit().await?;
            progress(IndexStep::HalfPrecision {
                kind,
                done: done.min(of),
                of,
            });
            after = last;
        }
    }
}

impl Scoped<'_> {
    async fn rebuild_half_precision(
        &mut self,
        kind: Kind,
        ids: Vec<String>,
    ) -> Result<u64, DatabaseError> {
        let scope = self.scope.id();
        let statements = vectors::rebuild(kind, scope, &ids);
        let answers = self.send(&statements, DOING).await?;
        let [right, surplus] = answers.as_slice() else {
            return Ok(0);
        };
        let removing: Vec<Statement> = surplus
            .iter()
            .map(|row| vectors::remove_half(kind, scope, row.get(0), row.get(1)))
            .collect();
        self.send(&removing, DOING).await?;
        Ok((right.len() + surplus.len()) as u64)
    }
}
