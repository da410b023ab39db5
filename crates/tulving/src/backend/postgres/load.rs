//! Reading and writing many memories of a scope at once.

use futures_util::SinkExt;

use super::connect::Connection;
use super::copy::CopyRows;
use super::error::{DatabaseError, Doing};
use super::postings::Batch;
use super::removal::remove;
use super::scoped::Scoped;
use super::sql::{Statement, bulk, memories, scopes};
use super::statistics::ScopeStatistics;
use super::table::{Columns, KindTables as _, columns_of, encode};
use crate::model::{Kind, Scope};
use crate::search::text::indexed;
use crate::transfer::{Existing, Stored};

/// What the driver is handed at a time.
const SEND: usize = 256 << 10;

impl Scoped<'_> {
    /// Returns the memories with these ids, those that there are, each with its vector in a space, or in whichever its
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
        let query = bulk::existing(kind, self.scope.id(), ids, space);
        let rows = self.client().query(&query).await.doing(&doing())?;
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

    /// Returns how many memories of this kind the scope holds.
    ///
    /// # Errors
    /// If the connection is lost.
    pub(super) async fn count(&self, kind: Kind) -> Result<u64, DatabaseError> {
        let query = memories::count(kind, self.scope.id());
        let rows = self.client().query(&query).await;
        let rows = rows.doing("counting memories")?;
        let count: i64 = rows.first().map_or(0, |row| row.get(0));
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Returns ids of memories of this kind, ordered, from after `after`; at most `limit`.
    ///
    /// # Errors
    /// If the connection is lost.
    pub(super) async fn ids(
        &self,
        kind: Kind,
        after: &str,
        limit: i64,
    ) -> Result<Vec<String>, DatabaseError> {
        let query = memories::ids(kind, self.scope.id(), after, limit);
        let rows = self.client().query(&query).await.doing("listing ids")?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Writes memories with their vectors, in order, and all that finds them: half-precision vectors, and
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
        let staging = bulk::make_staging(kind);
        self.client().batch(&staging).await.doing(&doing)?;
        let sink = self
            .client()
            .copy_in(&bulk::copy(kind))
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
        let insert = bulk::insert(kind, self.scope, space_id);
        let written = self.client().execute(&insert).await.doing(&doing)?;
        let fill = bulk::fill(kind, scope, space_id);
        self.client().execute(&fill).await.doing(&doing)?;
        let has_vectors = rows.iter().any(|row| row.vector.is_some());
        let documents = rows.len() as i64 - dead.len() as i64;
        let words = batch.tokens() - tokens;
        let counting = scopes::count_loaded(kind, scope, documents, words, dead);
        let mut statements: Vec<Statement> = batch.write(kind, scope, first).into_iter().collect();
        // The scope's row before those of its kinds, as every writer locks them.
        statements.extend(has_vectors.then(|| scopes::keep_space(scope, space_id)));
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
        let doing = "numbering memories";
        let mut scoped = self.scoped(scope).await?;
        let rows = scoped
            .send(&[ScopeStatistics::query(scope, true)], doing)
            .await?;
        let rows = rows.first().map_or(&[][..], Vec::as_slice);
        let next = ScopeStatistics::read(rows, scope, scoped.target())?
            .of(kind)
            .next;
        scoped.require_numbers(kind, next, count)?;
        scoped.defer_durability().await?;
        let count = i32::try_from(count).unwrap_or(i32::MAX);
        let reserve = scopes::reserve_numbers(kind, scope.id(), count);
        scoped.finish(&[reserve], doing).await?;
        Ok(next)
    }
}
