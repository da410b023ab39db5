//! Reading and writing many memories of a scope at once.

use futures_util::SinkExt;
use tokio_postgres::types::Type;

use super::connect::Connection;
use super::copy::CopyRows;
use super::error::{DatabaseError, Doing};
use super::holdings::Holdings;
use super::look_up;
use super::postings::{Batch, LARGE};
use super::rows::remove;
use super::scoped::Scoped;
use super::statement::Statement;
use super::table::{Columns, columns_of, encode, listed, listed_of_row};
use crate::model::{Kind, Scope};
use crate::search::text::indexed;
use crate::transfer::{Existing, Stored};

/// What the driver is handed at a time.
const SEND: usize = 256 << 10;

impl Scoped<'_> {
    /// The memories with these ids, those that there are, each with its vector in a space, or in whichever its
    /// row says where it has none there.
    ///
    /// # Errors
    /// If the connection is lost, or a row holds what was never stored there.
    pub(super) async fn existing(
        &self,
        kind: Kind,
        ids: &[&str],
        space: Option<i32>,
    ) -> Result<Vec<Existing>, DatabaseError> {
        let doing = || format!("reading {}", kind.table());
        let columns = listed_of_row(kind);
        // OFFSET keeps a vector from being worked out at each use, out of line storage and all.
        let query = format!(
            "SELECT {columns}, m.ord, vector_send(e.v), f.v IS NOT NULL, \
                    CASE WHEN vector_norm(u.direction) > 0 \
                         THEN n.v IS NOT DISTINCT FROM u.direction::halfvec \
                         ELSE n.v IS NULL END \
             FROM unnest($2) AS wanted (id) {} \
             CROSS JOIN LATERAL (SELECT {} AS v OFFSET 0) f \
             CROSS JOIN LATERAL (SELECT coalesce(f.v, m.embedding) AS v, \
                                        CASE WHEN f.v IS NULL THEN m.space_id ELSE $3 END AS space_id OFFSET 0) e \
             CROSS JOIN LATERAL (SELECT l2_normalize(e.v) AS direction OFFSET 0) u \
             LEFT JOIN {} ON true",
            look_up::by_id(kind, "$1", "wanted.id"),
            look_up::full(kind, "$1", "$3"),
            look_up::narrow(kind, "$1", "e.space_id"),
        );
        let rows = self
            .client()
            .query_typed(
                &query,
                &[
                    (&self.scope.id(), Type::UUID),
                    (&ids, Type::TEXT_ARRAY),
                    (&space, Type::INT4),
                ],
            )
            .await
            .doing(&doing())?;
        rows.iter()
            .map(|row| {
                let mut fields = Columns::new(kind, row);
                let memory = fields.memory()?;
                let ord: i64 = fields.get()?;
                let vector = fields.vector()?;
                let is_there: bool = fields.get()?;
                Ok(Existing {
                    stored: Stored {
                        ord: u64::try_from(ord).unwrap_or_default(),
                        memory,
                        vector,
                    },
                    searchable: fields.get()?,
                    in_space: space.is_none() || is_there,
                })
            })
            .collect()
    }

    /// How many memories of this kind the scope holds.
    ///
    /// # Errors
    /// If the connection is lost.
    pub(super) async fn count(&self, kind: Kind) -> Result<u64, DatabaseError> {
        let query = format!("SELECT count(*) FROM {} WHERE scope_id = $1", kind.table());
        let rows = self
            .client()
            .query_typed(&query, &[(&self.scope.id(), Type::UUID)])
            .await
            .doing("counting memories")?;
        let count: i64 = rows.first().map_or(0, |row| row.get(0));
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Ids of memories of this kind, ordered, from after `after`; at most `limit`.
    ///
    /// # Errors
    /// If the connection is lost.
    pub(super) async fn ids(
        &self,
        kind: Kind,
        after: &str,
        limit: i64,
    ) -> Result<Vec<String>, DatabaseError> {
        let query = format!(
            "SELECT id FROM {} WHERE scope_id = $1 AND id > $2 ORDER BY id LIMIT $3",
            kind.table()
        );
        let rows = self
            .client()
            .query_typed(
                &query,
                &[
                    (&self.scope.id(), Type::UUID),
                    (&after, Type::TEXT),
                    (&limit, Type::INT8),
                ],
            )
            .await
            .doing("listing ids")?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Writes memories with their vectors, in order, and all that finds them: the narrow form, and
    /// postings under the numbers from `first` on ([`Connection::reserve`]). Rows with the ids in
    /// `replacing` are removed first; every other id must be new. Once in a transaction: its end
    /// empties the staging table.
    ///
    /// COPY goes to a temporary table, because PostgreSQL refuses it under row-level security.
    ///
    /// # Errors
    /// If an id is there already, other rows arrived than were sent, the server has no room, or the
    /// connection is lost.
    pub(super) async fn write(
        &mut self,
        kind: Kind,
        rows: &[&Stored],
        space_id: i32,
        replacing: &[&str],
        first: i32,
    ) -> Result<(), DatabaseError> {
        let doing = format!("writing {}", kind.table());
        let scope = self.scope.id();
        self.client()
            .batch_execute(&staging(kind))
            .await
            .doing(&doing)?;
        let sink = self
            .client()
            .copy_in(&format!("COPY {} FROM STDIN (FORMAT BINARY)", staged(kind)))
            .await
            .doing(&doing)?;
        let mut sink = std::pin::pin!(sink);
        let batch = Batch::of(rows.iter().map(|row| indexed(&row.memory)));
        let mut copy = CopyRows::new();
        let columns = columns_of(kind).count();
        for (doc, (row, length)) in (first..).zip(rows.iter().zip(batch.lengths())) {
            copy.row(columns + 4);
            encode(&row.memory, &mut copy);
            copy.bigint(i64::try_from(row.ord).unwrap_or(i64::MAX));
            copy.optional(row.vector.as_deref(), CopyRows::vector);
            copy.integer(doc);
            copy.integer(*length);
            if copy.waiting() >= SEND {
                sink.send(copy.take()).await.doing(&doing)?;
            }
        }
        sink.send(copy.finish()).await.doing(&doing)?;
        sink.finish().await.doing(&doing)?;

        // Kept for the end: counting locks a row of the scope, and others are at work on the scope.
        let mut replaced = 0;
        let (mut dead, mut tokens): (Vec<i32>, i64) = (Vec::new(), 0);
        if !replacing.is_empty() {
            let ids = replacing.iter().map(|id| (*id).to_owned());
            let gone = self.send(&remove(kind, scope, ids), &doing).await?;
            for row in gone.iter().flatten() {
                replaced += 1;
                if let (Some(doc), Some(length)) = (row.get(1), row.get::<_, Option<i32>>(2)) {
                    dead.push(doc);
                    tokens += i64::from(length);
                }
            }
        }
        let columns = listed(kind);
        let insert = format!(
            "INSERT INTO {} (scope_id, user_id, tenant_id, space_id, dims, ord, {columns}, embedding, doc, tokens) \
             SELECT $1, $2, $3, CASE WHEN embedding IS NOT NULL THEN $4 END, vector_dims(embedding), ord, {columns}, embedding, doc, tokens \
             FROM {}",
            kind.table(),
            staged(kind)
        );
        let written = self
            .client()
            .execute_typed(
                &insert,
                &[
                    (&scope, Type::UUID),
                    (&self.scope.user_id(), Type::UUID),
                    (&self.scope.tenant_id(), Type::UUID),
                    (&space_id, Type::INT4),
                ],
            )
            .await
            .doing(&doing)?;
        let narrow = format!(
            "INSERT INTO {} (scope_id, id, space_id, v) \
             SELECT $1, id, $2, l2_normalize(embedding)::halfvec FROM {} WHERE vector_norm(embedding) > 0",
            kind.vectors(),
            staged(kind)
        );
        self.client()
            .execute_typed(&narrow, &[(&scope, Type::UUID), (&space_id, Type::INT4)])
            .await
            .doing(&doing)?;
        let has_vectors = rows.iter().any(|row| row.vector.is_some());
        let counting = format!(
            "UPDATE scope_kinds SET memories = memories + $2, tokens = tokens + $3, dead = dead || $4 \
             WHERE scope_id = $1 AND kind = '{kind}'"
        );
        let documents = rows.len() as i64 - dead.len() as i64;
        let counting = Statement::new(counting)
            .with(scope, Type::UUID)
            .with(documents, Type::INT8)
            .with(batch.tokens() - tokens, Type::INT8)
            .with(dead, Type::INT4_ARRAY);
        let mut statements: Vec<Statement> = batch.write(kind, scope, first).into_iter().collect();
        // The scope's row before those of its kinds, as every writer locks them.
        statements.extend(has_vectors.then(|| self.keep_space(space_id)));
        statements.push(counting);
        self.send(&statements, &doing).await?;
        if written != rows.len() as u64 || replaced != replacing.len() {
            return Err(DatabaseError::RowsMissing {
                table: kind.table(),
                sent: rows.len() as u64,
                arrived: written,
            });
        }
        Ok(())
    }
}

impl Connection {
    /// Sets numbers in the keyword index aside for documents that will be written. By itself, so that
    /// several may write to a scope at once; numbers that are not used in the end are missed by nobody.
    ///
    /// # Errors
    /// If the scope is not there, or there are no numbers left.
    pub(super) async fn reserve(
        &mut self,
        kind: Kind,
        scope: Scope,
        count: usize,
    ) -> Result<i32, DatabaseError> {
        let reserve = format!(
            "UPDATE scope_kinds SET next = next + $2, fresh = CASE WHEN $2 >= {LARGE} THEN next + $2 ELSE fresh END \
             WHERE scope_id = $1 AND kind = '{kind}'"
        );
        let doing = "numbering memories";
        let mut scoped = self.scoped(scope).await?;
        let rows = scoped.send(&[Holdings::query(scope, true)], doing).await?;
        let rows = rows.first().map_or(&[][..], Vec::as_slice);
        let next = Holdings::read(rows, scope, scoped.target())?.of(kind).next;
        scoped.require_numbers(kind, next, count)?;
        scoped.defer_durability().await?;
        let reserve = Statement::new(reserve)
            .with(scope.id(), Type::UUID)
            .with(i32::try_from(count).unwrap_or(i32::MAX), Type::INT4);
        scoped.finish(&[reserve], doing).await?;
        Ok(next)
    }
}

/// The staging table's name. It belongs to the session and is seen by no other.
fn staged(kind: Kind) -> String {
    format!("pg_temp.tulving_staged_{}", kind.table())
}

/// Rows with their vectors are kept in line: they are read once and never searched.
fn staging(kind: Kind) -> String {
    format!(
        "CREATE TEMPORARY TABLE IF NOT EXISTS tulving_staged_{} WITH (toast_tuple_target = 8160) \
         ON COMMIT DELETE ROWS AS SELECT {}, ord, embedding, doc, tokens FROM {} WITH NO DATA",
        kind.table(),
        listed(kind),
        kind.table()
    )
}
