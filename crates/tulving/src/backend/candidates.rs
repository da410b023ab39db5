//! Candidates: what a backend finds for a search.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{Facts, PerKind, Space};
pub use crate::search::fusion::Candidate;

/// How a vector search went about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SearchMethod {
    /// Every vector was looked at.
    #[default]
    Exact,
    /// Through an index, which may miss a few.
    Index,
}

impl SearchMethod {
    /// Returns `exact` or `index`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Index => "index",
        }
    }
}

/// The answer to a [`Request`](super::Request): all of it from one snapshot of the scope.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Candidates {
    /// The space of the scope's vectors, as [`Backend::space`](super::Backend::space) says it. Where it is
    /// not comparable with that of the request's vector, nothing was found by vector.
    pub space: Option<Arc<Space>>,
    /// What was found of each kind; nothing of one that the filter leaves out.
    pub kinds: PerKind<KindCandidates>,
}

/// What was found of one kind.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KindCandidates {
    /// The candidates, each once, in no particular order.
    pub candidates: Vec<Candidate>,
    /// How vectors were compared.
    pub found_by: SearchMethod,
    /// How many memories of the kind the scope holds, whether they pass or not.
    pub memories: u64,
    /// How many of these have the words of other rules than
    /// [`tokens::NUMBER`](crate::search::tokens::NUMBER), and may be missed by terms.
    pub outdated: u64,
}

/// A memory that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// What is known of it.
    pub facts: Facts,
    /// How well it answers; more is better.
    pub score: f64,
}

impl Scored {
    /// Compares for an order with the best first; of equal scores, by kind and id.
    #[must_use]
    pub fn better(&self, other: &Self) -> Ordering {
        let by_score = other.score.total_cmp(&self.score);
        by_score.then_with(|| {
            (self.facts.kind, &self.facts.id).cmp(&(other.facts.kind, &other.facts.id))
        })
    }
}

/// Makes one candidate of each memory that was found by vector, by terms, or by both. Each list holds a
/// memory once.
#[must_use]
pub fn join(nearest: Vec<Scored>, matching: Vec<Scored>) -> Vec<Candidate> {
    let mut places = HashMap::with_capacity(nearest.len());
    let mut candidates: Vec<Candidate> = Vec::with_capacity(nearest.len() + matching.len());
    for Scored { facts, score } in nearest {
        places.insert(facts.key(), candidates.len());
        candidates.push(Candidate {
            facts,
            vector: Some(score),
            keyword: None,
        });
    }
    for Scored { facts, score } in matching {
        match places.get(&facts.key()) {
            Some(&place) => candidates[place].keyword = Some(score),
            None => candidates.push(Candidate {
                facts,
                vector: None,
                keyword: Some(score),
            }),
        }
    }
    candidates
}

/// Returns the least similarity with which a memory is among the nearest `depth` of its kind, of which
/// these were found: any if they are fewer.
#[must_use]
pub fn least(nearest: &[Scored], depth: usize) -> f64 {
    if nearest.len() < depth {
        return f64::NEG_INFINITY;
    }
    let scores = nearest.iter().map(|scored| scored.score);
    scores.fold(f64::INFINITY, f64::min)
}

/// Takes the similarity away from all candidates of one kind but the nearest `depth`; of equals by id. Where
/// an index brought the nearest, those that it missed and terms or neighbours brought are given their
/// similarity before: then they score as if every vector had been looked at.
pub fn keep_nearest(candidates: &mut [Candidate], depth: usize) {
    let mut near: Vec<(f64, &mut Candidate)> = candidates
        .iter_mut()
        .filter_map(|candidate| Some((candidate.vector?, candidate)))
        .collect();
    near.sort_by(|(one, candidate), (other, candidate_too)| {
        let by_id = || candidate.facts.id.cmp(&candidate_too.facts.id);
        other.total_cmp(one).then_with(by_id)
    });
    for (_, candidate) in near.into_iter().skip(depth) {
        candidate.vector = None;
    }
}
