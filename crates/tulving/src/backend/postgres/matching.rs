//! The keyword arm: postings and statistics come from the database, scores from
//! [`keyword`](crate::search::keyword).

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::conditions::{passes, texts};
use super::error::{DatabaseError, Refusal};
use super::holdings::{Holdings, Numbers};
use super::listing::{facts_of, read_facts};
use super::look_up;
use super::postings::{bucket, damaged, read_block, terms as in_row};
use super::scoped::Scoped;
use super::statement::Statement;
use super::table::Table;
use crate::backend::{Filter, Matching, Scored};
use crate::model::{Episode, Kind, Node, Scope};
use crate::search::keyword::{self, TermPostings};

const DOING: &str = "searching by words";

impl Scoped<'_> {
    /// The memories that hold any of the terms.
    pub(super) async fn matching(
        mut self,
        terms: &[String],
        limit: usize,
        filter: &Filter,
    ) -> Result<Matching, DatabaseError> {
        let scope = self.scope;
        let mut terms = texts(terms);
        terms.sort_unstable();
        terms.dedup();
        let statements = [
            Holdings::query(scope, false),
            blocks_of::<Node>(scope.id(), &terms),
            unread::<Node>(scope.id()),
            blocks_of::<Episode>(scope.id(), &terms),
            unread::<Episode>(scope.id()),
        ];
        let answers = self.send(&statements, DOING).await?;
        let [holdings, nodes, unread_nodes, episodes, unread_episodes] = answers.as_slice() else {
            return Ok(Matching::default());
        };
        let holdings = Holdings::read(holdings, scope, self.target())?;
        let (mut hits, mut outdated) = (Vec::new(), 0);
        if filter.wants(Kind::Node) {
            outdated += holdings.outdated(Kind::Node);
            self.require_read::<Node>(unread_nodes)?;
            let found = score::<Node>(nodes, &terms, holdings.of(Kind::Node), scope)?;
            hits.extend(self.best::<Node>(found, limit, filter).await?);
        }
        if filter.wants(Kind::Episode) {
            outdated += holdings.outdated(Kind::Episode);
            self.require_read::<Episode>(unread_episodes)?;
            let found = score::<Episode>(episodes, &terms, holdings.of(Kind::Episode), scope)?;
            hits.extend(self.best::<Episode>(found, limit, filter).await?);
        }
        self.leave();
        hits.sort_by(in_order);
        hits.truncate(limit);
        Ok(Matching { hits, outdated })
    }

    /// A search must not miss memories in silence.
    fn require_read<R: Table>(&self, unread: &[Row]) -> Result<(), DatabaseError> {
        match unread.first().map_or(0, |row| row.get::<_, i64>(0)) {
            0 => Ok(()),
            rows => Err(Refusal::Unread {
                scope: self.scope,
                kind: R::KIND.plural(),
                rows: rows.unsigned_abs(),
            }
            .into()),
        }
    }

    /// The first `limit` documents that pass, and those that score as the last of them.
    async fn best<R: Table>(
        &mut self,
        mut scores: Vec<(u32, f64)>,
        limit: usize,
        filter: &Filter,
    ) -> Result<Vec<Scored>, DatabaseError> {
        scores.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut hits = Vec::new();
        let mut rest = scores.as_slice();
        // What passes is mostly among the first.
        let mut ask = if filter.is_open() {
            limit
        } else {
            limit.saturating_mul(4).max(100)
        };
        while !rest.is_empty() && hits.len() < limit {
            let last = rest
                .get(ask.saturating_sub(1))
                .map_or(f64::MIN, |(_, score)| *score);
            let (now, later) = rest.split_at(rest.partition_point(|(_, score)| *score >= last));
            rest = later;
            ask = ask.saturating_mul(8);
            hits.extend(self.documents::<R>(now, filter).await?);
        }
        Ok(hits)
    }

    /// What is known of these documents, of those that pass.
    async fn documents<R: Table>(
        &mut self,
        scores: &[(u32, f64)],
        filter: &Filter,
    ) -> Result<Vec<Scored>, DatabaseError> {
        let by_doc: BTreeMap<i32, f64> = scores
            .iter()
            .filter_map(|(doc, score)| Some((i32::try_from(*doc).ok()?, *score)))
            .collect();
        let mut query = Statement::new(format!(
            "SELECT m.doc, {} FROM unnest($1) AS wanted (doc) {} WHERE true",
            facts_of::<R>(),
            look_up::by_doc::<R>("$2", "wanted.doc")
        ))
        .with(
            by_doc.keys().copied().collect::<Vec<i32>>(),
            Type::INT4_ARRAY,
        )
        .with(self.scope.id(), Type::UUID);
        passes::<R>(filter, &mut query);
        let rows = self.send(&[query], DOING).await?;
        Ok(rows
            .iter()
            .flatten()
            .filter_map(|row| {
                Some(Scored {
                    facts: read_facts::<R>(row, 1),
                    score: *by_doc.get(&row.get(0))?,
                })
            })
            .collect())
    }
}

/// The best first; of equal scores, by kind and id.
pub(super) fn in_order(one: &Scored, other: &Scored) -> std::cmp::Ordering {
    let by_key = || {
        let key = |scored: &Scored| scored.facts.key();
        key(one).cmp(&key(other))
    };
    other.score.total_cmp(&one.score).then_with(by_key)
}

fn blocks_of<R: Table>(scope: uuid::Uuid, terms: &[String]) -> Statement {
    let buckets: BTreeSet<i16> = terms.iter().map(|term| bucket(term)).collect();
    Statement::new(format!(
        "SELECT p.block, p.postings FROM unnest($2) AS wanted (bucket) \
         CROSS JOIN LATERAL (SELECT * FROM {} WHERE scope_id = $1 AND bucket = wanted.bucket OFFSET 0) p",
        R::POSTINGS
    ))
    .with(scope, Type::UUID)
    .with(buckets.into_iter().collect::<Vec<i16>>(), Type::INT2_ARRAY)
}

/// How many memories have no postings. The order is that of their index, which is as good as empty.
pub(super) fn unread<R: Table>(scope: uuid::Uuid) -> Statement {
    Statement::new(format!(
        "SELECT count(*) FROM (SELECT FROM {} WHERE scope_id = $1 AND doc IS NULL ORDER BY ord OFFSET 0) unread",
        R::TABLE
    ))
    .with(scope, Type::UUID)
}

/// Scores all documents that hold a term. What filters say changes no score, so it comes later.
fn score<R: Table>(
    rows: &[Row],
    terms: &[String],
    numbers: &Numbers,
    scope: Scope,
) -> Result<Vec<(u32, f64)>, DatabaseError> {
    let dead = numbers.dead();
    let mut found: BTreeMap<&str, TermPostings> = terms
        .iter()
        .map(|term| {
            let empty = TermPostings {
                term: term.clone(),
                ..TermPostings::default()
            };
            (term.as_str(), empty)
        })
        .collect();
    for row in rows {
        let block: i32 = row.get(0);
        for entry in in_row(row.get(1)) {
            let (term, bytes) = entry.ok_or_else(|| damaged::<R>(scope))?;
            if let Some(found) = found.get_mut(term) {
                let postings = read_block(block, bytes).ok_or_else(|| damaged::<R>(scope))?;
                let alive = postings
                    .into_iter()
                    .filter(|posting| !dead.contains(&posting.doc));
                found.postings.extend(alive);
            }
        }
    }
    let found: Vec<TermPostings> = found
        .into_values()
        .map(|mut found| {
            found.df = found.postings.len() as u64;
            found
        })
        .collect();
    Ok(keyword::score(numbers.statistics(), &found))
}
