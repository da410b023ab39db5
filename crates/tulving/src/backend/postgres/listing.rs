//! Going through memories: pages, counts, clusters, neighbours.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::conditions::{from_passing, passes, texts};
use super::error::DatabaseError;
use super::holdings::Holdings;
use super::look_up::{self, HAS_TIME};
use super::scoped::Scoped;
use super::statement::Statement;
use super::table::{Columns, Table};
use crate::backend::{Cluster, Counts, Cursor, Filter, Listing, Order, Page};
use crate::model::{Episode, Facts, Kind, Memory, Node};

impl Scoped<'_> {
    /// Asks each kind that the filter wants, in one round trip and with nothing else. Gives the rows
    /// of nodes and of episodes.
    async fn ask(
        self,
        filter: &Filter,
        nodes: impl FnOnce() -> Statement,
        episodes: impl FnOnce() -> Statement,
        doing: &str,
    ) -> Result<[Vec<Row>; 2], DatabaseError> {
        let (scope, target) = (self.scope, self.target().to_owned());
        let wants = [Kind::Node, Kind::Episode].map(|kind| filter.wants(kind));
        let mut statements = vec![Holdings::query(scope, false)];
        statements.extend(wants[0].then(nodes));
        statements.extend(wants[1].then(episodes));
        let mut answers = self.finish(&statements, doing).await?.into_iter();
        Holdings::read(&answers.next().unwrap_or_default(), scope, &target)?;
        Ok(wants.map(|wanted| {
            let rows = wanted.then(|| answers.next());
            rows.flatten().unwrap_or_default()
        }))
    }

    /// A page of the memories that pass.
    pub(super) async fn list(self, filter: &Filter, page: &Page) -> Result<Listing, DatabaseError> {
        if page.limit == 0 {
            self.ask(
                &nothing(),
                Statement::default,
                Statement::default,
                "listing memories",
            )
            .await?;
            return Ok(Listing::default());
        }
        let scope = self.scope.id();
        let [nodes, episodes] = self
            .ask(
                filter,
                || page_of::<Node>(scope, filter, page),
                || page_of::<Episode>(scope, filter, page),
                "listing memories",
            )
            .await?;
        let mut memories = Vec::with_capacity(nodes.len() + episodes.len());
        for row in &nodes {
            memories.push(Memory::from(Node::decode(&mut Columns::new::<Node>(row))?));
        }
        for row in &episodes {
            memories.push(Memory::from(Episode::decode(
                &mut Columns::new::<Episode>(row),
            )?));
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
        let rows = self
            .ask(
                filter,
                || count_of::<Node>(scope, filter),
                || count_of::<Episode>(scope, filter),
                "counting memories",
            )
            .await?;
        let [nodes, episodes] = rows.map(|rows| {
            rows.first()
                .map_or(0, |row| row.get::<_, i64>(0).unsigned_abs())
        });
        Ok(Counts { nodes, episodes })
    }

    /// The clusters of the scope's nodes.
    pub(super) async fn clusters(self) -> Result<Vec<Cluster>, DatabaseError> {
        let query = "SELECT cluster_id, cluster_label, count(*) FROM memory_nodes \
                     WHERE scope_id = $1 AND cluster_id IS NOT NULL GROUP BY 1, 2";
        let query = Statement::new(query).with(self.scope.id(), Type::UUID);
        let [rows, _] = self
            .ask(
                &Filter::of(Kind::Node),
                || query,
                Statement::default,
                "listing clusters",
            )
            .await?;
        let mut labels: BTreeMap<i64, (u64, BTreeMap<String, u64>)> = BTreeMap::new();
        for row in &rows {
            let (nodes, label): (i64, Option<String>) = (row.get(2), row.get(1));
            let (sum, labels) = labels.entry(row.get(0)).or_default();
            *sum += nodes.unsigned_abs();
            labels.extend(label.map(|label| (label, nodes.unsigned_abs())));
        }
        let mut clusters: Vec<Cluster> = labels
            .into_iter()
            .map(|(id, (nodes, labels))| {
                // Of equals the last is taken, which is the first by bytes when they come backwards.
                let label = labels.into_iter().rev().max_by_key(|(_, count)| *count);
                Cluster {
                    id,
                    label: label.map(|(label, _)| label),
                    nodes,
                }
            })
            .collect();
        // Stable: of equals the lower id stays first.
        clusters.sort_by_key(|cluster| Reverse(cluster.nodes));
        Ok(clusters)
    }

    /// The nodes near these in their conversations.
    pub(super) async fn neighbours(
        self,
        of: &[Facts],
        reach: i64,
        filter: &Filter,
    ) -> Result<Vec<Facts>, DatabaseError> {
        let scope = self.scope.id();
        let query = || {
            let (mut conversations, mut low, mut high, mut these) =
                (vec![], vec![], vec![], vec![]);
            for facts in of {
                if let (Kind::Node, Some(conversation)) = (facts.kind, &facts.conversation_id)
                    && !conversation.contains('\0')
                {
                    conversations.push(conversation.clone());
                    low.push(facts.sequence_index.saturating_sub(reach));
                    high.push(facts.sequence_index.saturating_add(reach));
                    these.push(facts.id.clone());
                }
            }
            let facts = facts_of::<Node>();
            let mut query = Statement::new(format!(
                "SELECT DISTINCT {facts} FROM unnest($1, $2, $3) AS near (conversation, low, high) {} \
                 WHERE m.id <> ALL ($5)",
                look_up::by_conversation::<Node>(
                    "$4",
                    "near.conversation",
                    " AND sequence_index BETWEEN near.low AND near.high"
                )
            ))
            .with(conversations, Type::TEXT_ARRAY)
            .with(low, Type::INT8_ARRAY)
            .with(high, Type::INT8_ARRAY)
            .with(scope, Type::UUID)
            .with(texts(&these), Type::TEXT_ARRAY);
            passes::<Node>(filter, &mut query);
            query
        };
        let nodes = Filter {
            kinds: if filter.wants(Kind::Node) {
                vec![Kind::Node]
            } else {
                vec![Kind::Episode]
            },
            ..Filter::default()
        };
        let none = || Statement::new("SELECT WHERE false");
        let [rows, _] = self
            .ask(&nodes, query, none, "looking for neighbours")
            .await?;
        Ok(rows.iter().map(|row| read_facts::<Node>(row, 0)).collect())
    }
}

/// What [`read_facts`] reads, of a row of the table `m`.
pub(super) fn facts_of<R: Table>() -> &'static str {
    match R::KIND {
        Kind::Node => "m.id, m.created_at, m.conversation_id, m.sequence_index, m.cluster_id",
        Kind::Episode => "m.id, m.created_at",
    }
}

/// Reads facts from column `at` on.
pub(super) fn read_facts<R: Table>(row: &Row, at: usize) -> Facts {
    let (id, created_at) = (row.get(at), row.get(at + 1));
    match R::KIND {
        Kind::Node => Facts {
            kind: Kind::Node,
            id,
            created_at,
            conversation_id: row.get(at + 2),
            sequence_index: row.get(at + 3),
            cluster_id: row.get(at + 4),
        },
        Kind::Episode => Facts {
            kind: Kind::Episode,
            id,
            created_at,
            conversation_id: None,
            sequence_index: 0,
            cluster_id: None,
        },
    }
}

/// How many columns [`facts_of`] names.
pub(super) fn facts_width<R: Table>() -> usize {
    facts_of::<R>().split(',').count()
}

/// Wants neither kind.
fn nothing() -> Filter {
    Filter {
        kinds: vec![Kind::Episode],
        clusters: vec![0],
        ..Filter::default()
    }
}

/// One row more than the page holds, of one kind. Conversations are read by their index and sorted; all
/// else in the order of the index of times, from the place where the page begins.
fn page_of<R: Table>(scope: uuid::Uuid, filter: &Filter, page: &Page) -> Statement {
    let columns: Vec<String> = R::columns()
        .iter()
        .map(|column| format!("m.{column}"))
        .collect();
    let mut query = Statement::new(format!("SELECT {}", columns.join(", ")));
    from_passing::<R>(scope, filter, "", &mut query);
    if filter.conversations.is_empty() {
        query.text(" AND m.").text(HAS_TIME);
    }
    if let Some(after) = &page.after {
        beyond::<R>(after, page.order, &mut query);
    }
    let way = match page.order {
        Order::Oldest => "",
        Order::Newest => " DESC",
    };
    let sequence = match R::KIND {
        Kind::Node => format!(" m.sequence_index{way},"),
        Kind::Episode => String::new(),
    };
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
fn beyond<R: Table>(after: &Cursor, order: Order, query: &mut Statement) {
    let (sign, comes_later) = match order {
        Order::Oldest => (">", std::cmp::Ordering::Greater),
        Order::Newest => ("<", std::cmp::Ordering::Less),
    };
    // At one time and place nodes come before episodes, then the id decides.
    let mut tie = R::KIND.cmp(&after.key.kind);
    if R::KIND == Kind::Episode {
        // An episode stands at place 0.
        tie = 0.cmp(&after.sequence_index).then(tie);
    }
    let by_id = tie.is_eq();
    let mut columns = vec!["m.created_at"];
    if R::KIND == Kind::Node {
        columns.push("m.sequence_index");
    }
    if by_id {
        columns.push("m.id COLLATE \"C\"");
    }
    query.text(" AND (").text(&columns.join(", ")).text(") ");
    query
        .text(sign)
        .text(if tie == comes_later { "= (" } else { " (" });
    query.value(after.created_at, Type::TIMESTAMPTZ);
    if R::KIND == Kind::Node {
        query.text(", ").value(after.sequence_index, Type::INT8);
    }
    if by_id {
        query.text(", ");
        query.value(after.key.id.replace('\0', ""), Type::TEXT);
    }
    query.text(")");
}

fn count_of<R: Table>(scope: uuid::Uuid, filter: &Filter) -> Statement {
    let mut query = Statement::new("SELECT count(*)");
    from_passing::<R>(scope, filter, "", &mut query);
    query
}
