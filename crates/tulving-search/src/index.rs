//! What every inverted index answers, and how several are asked as one.

use super::keyword::{Posting, Statistics, TermPostings};

/// Postings by term. Document numbers are the backend's own; two indexes that are asked together
/// do not hold the same document.
pub trait Index {
    /// Returns the statistics of what it holds.
    fn statistics(&self) -> Statistics;

    /// Returns how many tokens a document has, if it is held.
    fn len_of(&self, doc: u32) -> Option<u32>;

    /// Calls `each` with every posting of `term`.
    fn postings(&self, term: &str, each: &mut dyn FnMut(Posting));
}

/// Returns what [`score`](super::keyword::score) needs, from several indexes that together hold a
/// scope.
///
/// Tombstones, documents that were deleted or replaced, are as if they were not there, in every number.
/// Those that are not `allowed` by a filter are not among the postings, but count in `df`, so a filter
/// changes no score.
#[must_use]
pub fn gather(
    indexes: &[&dyn Index],
    terms: &[String],
    is_tombstone: &dyn Fn(u32) -> bool,
    allowed: &dyn Fn(u32) -> bool,
) -> Vec<TermPostings> {
    terms
        .iter()
        .map(|term| {
            let mut found = TermPostings {
                term: term.clone(),
                ..TermPostings::default()
            };
            for index in indexes {
                index.postings(term, &mut |posting| {
                    if !is_tombstone(posting.doc) {
                        found.df += 1;
                        if allowed(posting.doc) {
                            found.postings.push(posting);
                        }
                    }
                });
            }
            found
        })
        .collect()
}

/// Returns what several indexes hold together, without the `tombstones`, each named once.
#[must_use]
pub fn statistics(indexes: &[&dyn Index], tombstones: impl IntoIterator<Item = u32>) -> Statistics {
    let mut sum =
        indexes
            .iter()
            .map(|index| index.statistics())
            .fold(Statistics::default(), |sum, one| Statistics {
                documents: sum.documents + one.documents,
                tokens: sum.tokens + one.tokens,
            });
    for doc in tombstones {
        for len in indexes.iter().filter_map(|index| index.len_of(doc)) {
            sum.documents = sum.documents.saturating_sub(1);
            sum.tokens = sum.tokens.saturating_sub(u64::from(len));
        }
    }
    sum
}
