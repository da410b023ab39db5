//! The vectors that search reads, put right by the full ones.

use tokio_postgres::types::Type;

use super::connect::Connection;
use super::error::DatabaseError;
use super::holdings::Holdings;
use super::index::IndexStep;
use super::look_up;
use super::scoped::Scoped;
use super::statement::Statement;
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
            scoped.send(&[Holdings::query(scope, true)], DOING).await?;
            let ids = scoped.ids(kind, &after, PAGE).await?;
            let Some(last) = ids.last().cloned() else {
                return Ok(changed);
            };
            done += ids.len() as u64;
            changed += scoped.narrow_again(kind, ids).await?;
            scoped.commit().await?;
            progress(IndexStep::Narrow {
                kind,
                done: done.min(of),
                of,
            });
            after = last;
        }
    }
}

impl Scoped<'_> {
    async fn narrow_again(&mut self, kind: Kind, ids: Vec<String>) -> Result<u64, DatabaseError> {
        let scope = self.scope.id();
        let narrow = kind.vectors();
        let by_id = look_up::by_id(kind, "$1", "wanted.id");
        let every = look_up::every_full(kind, "$1");
        let direction = "LATERAL (SELECT l2_normalize(e.embedding) AS v OFFSET 0) u";
        let right = format!(
            "INSERT INTO {narrow} AS n (scope_id, id, space_id, v) \
             SELECT m.scope_id, m.id, e.space_id, u.v::halfvec FROM unnest($2) AS wanted (id) {by_id} \
             CROSS JOIN {every} CROSS JOIN {direction} \
             WHERE vector_norm(u.v) > 0 \
             ON CONFLICT (scope_id, id, space_id) DO UPDATE SET v = excluded.v WHERE n.v IS DISTINCT FROM excluded.v \
             RETURNING true"
        );
        let surplus = format!(
            "SELECT m.id, n.space_id FROM unnest($2) AS wanted (id) {by_id} \
             CROSS JOIN LATERAL (SELECT space_id FROM {narrow} WHERE scope_id = $1 AND id = m.id OFFSET 0) n \
             LEFT JOIN LATERAL (SELECT u.v FROM {every} CROSS JOIN {direction} WHERE e.space_id = n.space_id OFFSET 0) u ON true \
             WHERE (vector_norm(u.v) > 0) IS NOT TRUE"
        );
        let statements = [right, surplus].map(|sql| {
            Statement::new(sql)
                .with(scope, Type::UUID)
                .with(ids.clone(), Type::TEXT_ARRAY)
        });
        let answers = self.send(&statements, DOING).await?;
        let [right, surplus] = answers.as_slice() else {
            return Ok(0);
        };
        let remove =
            format!("DELETE FROM {narrow} WHERE scope_id = $1 AND id = $2 AND space_id = $3");
        let removing: Vec<Statement> = surplus
            .iter()
            .map(|row| {
                Statement::new(remove.clone())
                    .with(scope, Type::UUID)
                    .with(row.get::<_, String>(0), Type::TEXT)
                    .with(row.get::<_, i32>(1), Type::INT4)
            })
            .collect();
        self.send(&removing, DOING).await?;
        Ok((right.len() + surplus.len()) as u64)
    }
}
