//! Going through memories: pages, counts, clusters.

use std::cmp::Reverse;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::conditions::from_passing;
use super::error::DatabaseError;
use super::holdings::Holdings;
use super::look_up::HAS_TIME;
use super::scoped::Scoped;
use super::statement::Statement;
use super::table::{Columns, listed_of_row};
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
        let mut statements = vec![Holdings::query(scope, false)];
        statements.extend(kinds.iter().map(|kind| statement(*kind)));
        let mut answers = self.finish(&statements, doing).await?.into_iter();
        Holdings::read(&answers.next().unwrap_or_default(), scope, &target)?;
        Ok(kinds.into_iter().zip(answers).collect())
    }

    /// A page of the memories that pass.
    pub(super) async fn list(self, filter: &Filter, page: &Page) -> Result<Listing, DatabaseError> {
        let scope = self.scope.id();
        let kinds = filter.wanted().filter(|_| page.limit > 0);
        let found = self
            .ask(
                kinds,
                |kind| page_of(kind, scope, filter, page),
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

    /// How many memories pass.
    pub(super) async fn count_passing(self, filter: &Filter) -> Result<Counts, DatabaseError> {
        let scope = self.scope.id();
        let found = self
            .ask(
                filter.wanted(),
                |kind| count_of(kind, scope, filter),
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

    /// The clusters of the scope's nodes.
    pub(super) async fn clusters(self) -> Result<Vec<Cluster>, DatabaseError> {
        let scope = self.scope.id();
        let clustered = Kind::ALL.into_iter().filter(|kind| kind.is_clustered());
        let found = self
            .ask(
                clustered,
                |kind| {
                    let query = format!(
                        "SELECT cluster_id, cluster_label, count(*) FROM {} \
                         WHERE scope_id = $1 AND cluster_id IS NOT NULL GROUP BY 1, 2",
                        kind.table()
                    );
                    Statement::new(query).with(scope, Type::UUID)
                },
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

/// How many columns [`facts_of`] names.
pub(super) const FACTS: usize = 5;

/// What [`read_facts`] reads, of a row of the table `m`.
pub(super) fn facts_of(kind: Kind) -> String {
    let sequence = kind.sequence();
    let container = sequence.map_or("NULL::text".to_owned(), |s| format!("m.{}", s.container));
    let index = sequence.map_or("0::bigint".to_owned(), |s| format!("m.{}", s.index));
    let cluster = match kind.is_clustered() {
        true => "m.cluster_id",
        false => "NULL::bigint",
    };
    format!("m.id, m.created_at, {container}, {index}, {cluster}")
}

/// Reads facts from column `at` on.
pub(super) fn read_facts(kind: Kind, row: &Row, at: usize) -> Result<Facts, DatabaseError> {
    let mut fields = Columns::from(kind, row, at);
    Ok(Facts {
        kind,
        id: fields.get()?,
        created_at: fields.get()?,
        conversation_id: fields.get()?,
        sequence_index: fields.get()?,
        cluster_id: fields.get()?,
    })
}

/// One row more than the page holds, of one kind. Conversations are read by their index and sorted; all
/// else in the order of the index of times, from the place where the page begins.
fn page_of(kind: Kind, scope: uuid::Uuid, filter: &Filter, page: &Page) -> Statement {
    let mut query = Statement::new(format!("SELECT {}", listed_of_row(kind)));
    from_passing(kind, scope, filter, "", &mut query);
    if filter.conversations.is_empty() {
        query.text(" AND m.").text(HAS_TIME);
    }
    if let Some(after) = &page.after {
        beyond(kind, after, page.order, &mut query);
    }
    let way = match page.order {
        Order::Oldest => "",
        Order::Newest => " DESC",
    };
    let sequence = kind.sequence().map_or_else(String::new, |sequence| {
        format!(" m.{}{way},", sequence.index)
    });
    query.text(&format!(
        " ORDER BY m.created_at{way},{sequence} m.id COLLATE \"C\"{way} LIMIT "
    ));
    let limit = i64::try_from(page.limit)
        .unwrap_or(i64::MAX)
        .saturating_add(1);
    query.value(limit, Type::INT8);
    query
}

/// Adds that a row comes after a place: one comparison of rows, which the index of times serves.
fn beyond(kind: Kind, after: &Cursor, order: Order, query: &mut Statement) {
    let (sign, comes_later) = match order {
        Order::Oldest => (">", std::cmp::Ordering::Greater),
        Order::Newest => ("<", std::cmp::Ordering::Less),
    };
    // At one time and place the kinds come in their order, then the id decides.
    let mut tie = kind.cmp(&after.key.kind);
    let sequence = kind.sequence();
    if sequence.is_none() {
        // What is in no sequence stands at place 0.
        tie = 0.cmp(&after.sequence_index).then(tie);
    }
    let by_id = tie.is_eq();
    let mut columns = vec!["m.created_at".to_owned()];
    columns.extend(sequence.map(|sequence| format!("m.{}", sequence.index)));
    if by_id {
        columns.push("m.id COLLATE \"C\"".to_owned());
    }
    query.text(" AND (").text(&columns.join(", ")).text(") ");
    query
        .text(sign)
        .text(if tie == comes_later { "= (" } else { " (" });
    query.value(after.created_at, Type::TIMESTAMPTZ);
    if sequence.is_some() {
        query.text(", ").value(after.sequence_index, Type::INT8);
    }
    if by_id {
        query.text(", ");
        query.value(after.key.id.replace('\0', ""), Type::TEXT);
    }
    query.text(")");
}

fn count_of(kind: Kind, scope: uuid::Uuid, filter: &Filter) -> Statement {
    let mut query = Statement::new("SELECT count(*)");
    from_passing(kind, scope, filter, "", &mut query);
    query
}
