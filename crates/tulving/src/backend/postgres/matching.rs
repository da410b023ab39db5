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
use crate::backend::{Filter, Matching, Scored};
use crate::model::{Kind, Scope};
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
        let kinds: Vec<Kind> = filter.wanted().collect();
        let mut statements = vec![Holdings::query(scope, false)];
        for kind in &kinds {
            statements.push(blocks_of(*kind, scope.id(), &terms));
            statements.push(unread(*kind, scope.id()));
        }
        let answers = self.send(&statements, DOING).await?;
        let Some((holdings, answers)) = answers.split_first() else {
            return Ok(Matching::default());
        };
        let holdings = Holdings::read(holdings, scope, self.target())?;
        let (mut hits, mut outdated) = (Vec::new(), 0);
        for (kind, [blocks, unread]) in kinds.into_iter().zip(answers.as_chunks().0) {
            outdated += holdings.outdated(kind);
            self.require_read(kind, unread)?;
            let found = score(kind, blocks, &terms, holdings.of(kind), scope)?;
            hits.extend(self.best(kind, found, limit, filter).await?);
        }
        self.leave();
        hits.sort_by(in_order);
        hits.truncate(limit);
        Ok(Matching { hits, outdated })
    }

    /// A search must not miss memories in silence.
    fn require_read(&self, kind: Kind, unread: &[Row]) -> Result<(), DatabaseError> {
        match unread.first().map_or(0, |row| row.get::<_, i64>(0)) {
            0 => Ok(()),
            rows => Err(Refusal::Unread {
                scope: self.scope,
                kind: kind.plural(),
                rows: rows.unsigned_abs(),
            }
            .into()),
        }
    }

    /// The first `limit` documents that pass, and those that score as the last of them.
    async fn best(
        &mut self,
        kind: Kind,
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
            hits.extend(self.documents(kind, now, filter).await?);
        }
        Ok(hits)
    }

    /// What is known of these documents, of those that pass.
    async fn documents(
        &mut self,
        kind: Kind,
        scores: &[(u32, f64)],
        filter: &Filter,
    ) -> Result<Vec<Scored>, DatabaseError> {
        let by_doc: BTreeMap<i32, f64> = scores
            .iter()
            .filter_map(|(doc, score)| Some((i32::try_from(*doc).ok()?, *score)))
            .collect();
        let mut query = Statement::new(format!(
            "SELECT m.doc, {} FROM unnest($1) AS wanted (doc) {} WHERE true",
            facts_of(kind),
            look_up::by_doc(kind, "$2", "wanted.doc")
        ))
        .with(
            by_doc.keys().copied().collect::<Vec<i32>>(),
            Type::INT4_ARRAY,
        )
        .with(self.scope.id(), Type::UUID);
        passes(kind, filter, &mut query);
        let rows = self.send(&[query], DOING).await?;
        rows.iter()
            .flatten()
            .filter_map(|row| {
                let score = *by_doc.get(&row.get(0))?;
                Some(read_facts(kind, row, 1).map(|facts| Scored { facts, score }))
            })
            .collect()
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

fn blocks_of(kind: Kind, scope: uuid::Uuid, terms: &[String]) -> Statement {
    let buckets: BTreeSet<i16> = terms.iter().map(|term| bucket(term)).collect();
    Statement::new(format!(
        "SELECT p.block, p.postings FROM unnest($2) AS wanted (bucket) \
         CROSS JOIN LATERAL (SELECT * FROM {} WHERE scope_id = $1 AND bucket = wanted.bucket OFFSET 0) p",
        kind.postings()
    ))
    .with(scope, Type::UUID)
    .with(buckets.into_iter().collect::<Vec<i16>>(), Type::INT2_ARRAY)
}

/// How many memories have no postings. The order is that of their index, which is as good as empty.
pub(super) fn unread(kind: Kind, scope: uuid::Uuid) -> Statement {
    Statement::new(format!(
        "SELECT count(*) FROM (SELECT FROM {} WHERE scope_id = $1 AND doc IS NULL ORDER BY ord OFFSET 0) unread",
        kind.table()
    ))
    .with(scope, Type::UUID)
}

/// Scores all documents that hold a term. What filters say changes no score, so it comes later.
fn score(
    kind: Kind,
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
            let (term, bytes) = entry.ok_or_else(|| damaged(kind, scope))?;
            if let Some(found) = found.get_mut(term) {
                let postings = read_block(block, bytes).ok_or_else(|| damaged(kind, scope))?;
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
