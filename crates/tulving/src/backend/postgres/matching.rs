//! The keyword retriever (BM25): postings and statistics come from the database, scores from
//! [`keyword`](crate::search::keyword).

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::Row;

use super::buckets::{bucket, terms as in_row};
use super::error::DatabaseError;
use super::postings::{damaged, read_block};
use super::sql::{Statement, postings};
use super::statistics::KindStatistics;
use crate::model::{Kind, Scope};
use crate::search::keyword::{self, TermPostings};

/// Returns the postings of the buckets that terms are in.
pub(super) fn blocks_of(kind: Kind, scope: uuid::Uuid, terms: &[String]) -> Statement {
    let buckets: BTreeSet<i16> = terms.iter().map(|term| bucket(term)).collect();
    postings::find(kind, scope, buckets.into_iter().collect())
}

/// Scores all documents that hold a term. What filters say changes no score, so it comes later.
pub(super) fn score(
    kind: Kind,
    rows: &[Row],
    terms: &[String],
    numbers: &KindStatistics,
    scope: Scope,
) -> Result<Vec<(u32, f64)>, DatabaseError> {
    let tombstones = numbers.tombstones();
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
                    .filter(|posting| !tombstones.contains(&posting.doc));
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
