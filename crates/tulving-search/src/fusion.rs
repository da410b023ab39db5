//! Fusion of a hybrid search: one order from two retrievers, the vector retriever and the keyword retriever.
//!
//! It is a weighted sum of normalised scores, in place of reciprocal rank fusion: each retriever's scores are
//! brought to a common scale and added. Then context counts: what stands
//! beside a good hit, or in one conversation with it, is more likely to be meant.
//!
//! | module | holds |
//! |---|---|
//! | `candidate` | what retrievers found, before and after it was put in order |
//! | `options` | how a fusion is asked for |
//! | `scale` | what the scores of an answer say |

mod candidate;
mod options;
mod scale;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::HashMap;

pub use candidate::{Candidate, Ranked, RetrieverHit, retrievers};
pub use options::{Fusion, Recency};
pub use scale::Scale;

use super::arithmetic::half_power;
use tulving_model::{Document, Kind};

/// How far away in its conversation a neighbour may stand to lend.
pub const REACH: i64 = 2;
/// How many of the best hits name the clusters that are boosted.
const LEADERS: usize = 3;
const MICROS_PER_DAY: f64 = 86_400e6;

/// Orders candidates, best first; of equal scores by kind and id.
///
/// If only one retriever found anything the order is that retriever's own, and neighbours are left out. The
/// result does not depend on the order of `candidates`, each of which is there once.
#[must_use]
pub fn fuse(mut candidates: Vec<Candidate>, options: &Fusion) -> Vec<Ranked> {
    let scores = if retrievers(&candidates) == (true, true) {
        both(&candidates, options)
    } else {
        candidates.retain(|c| c.vector.or(c.keyword).is_some());
        let own = candidates.iter().map(|c| c.vector.or(c.keyword));
        own.map(Option::unwrap_or_default).collect()
    };
    let mut ranked: Vec<Ranked> = candidates
        .into_iter()
        .zip(scores)
        .map(|(candidate, score)| Ranked {
            score,
            facts: candidate.facts,
            vector: candidate
                .vector
                .map(|score| RetrieverHit { rank: 0, score }),
            keyword: candidate
                .keyword
                .map(|score| RetrieverHit { rank: 0, score }),
        })
        .collect();
    number(&mut ranked, |ranked| ranked.vector.as_mut());
    number(&mut ranked, |ranked| ranked.keyword.as_mut());
    ranked.sort_unstable_by(|a, b| better(a, b, a.score, b.score));
    adjust(&mut ranked, options);
    ranked
}

/// Scores from both retrievers and from context.
fn both(candidates: &[Candidate], options: &Fusion) -> Vec<f64> {
    let own = on_one_scale(candidates, options);
    let mut received = vec![0.0; own.len()];
    for members in conversations(candidates) {
        let best = members.iter().map(|(_, at)| own[*at]).fold(0.0, f64::max);
        for (place, (_, at)) in members.iter().enumerate() {
            let lent = neighbours(&members, place)
                .map(|(distance, lender)| own[lender] * options.lending / distance as f64)
                .fold(0.0, f64::max);
            received[*at] = lent + best * options.conversation;
        }
    }
    let highest = |kind| match kind {
        Document::PIECES => 1.0 + vector_weight(kind, options),
        _ => (1.0 + vector_weight(kind, options)) * (1.0 + options.lending + options.conversation),
    };
    let kinds = candidates.iter().map(|candidate| candidate.facts.kind);
    own.iter()
        .zip(received)
        .zip(kinds)
        .map(|((own, received), kind)| (own + received) / highest(kind))
        .collect()
}

/// How much more the best by vector is worth among pieces of documents: who asks a manual seldom knows its words, and
/// sections say more than turns. Measured (decision 40), as is that a section says nothing of the next, which
/// is why pieces neither lend nor receive.
const VECTORS_OF_PIECES: f64 = 3.0;

fn vector_weight(kind: Kind, options: &Fusion) -> f64 {
    match kind {
        Document::PIECES => VECTORS_OF_PIECES * options.vector_weight,
        _ => options.vector_weight,
    }
}

/// With so many candidates of a kind or more the vector retriever is taken to have been cut off: it is asked
/// for at least twice as many, of which an index may bring fewer. Which one came last is then of no
/// meaning, and may be the next where an index missed one: the floor of the scale is rounded down to a
/// step, so that the scores of the others stay the same. It does no harm where there were no more.
const CUT: usize = 100;
const STEP: f64 = 1.0 / 64.0;

/// Returns scores on one scale. Keyword scores are shares of the best. Similarities are shares of the
/// way from the worst candidate of the kind up to the best of all, since where cosines lie depends on
/// the model and on the length of texts; what the retriever did not bring counts as its worst.
fn on_one_scale(candidates: &[Candidate], options: &Fusion) -> Vec<f64> {
    let highest = |retriever: fn(&Candidate) -> Option<f64>| {
        let scores = candidates.iter().filter_map(retriever);
        scores.fold(f64::NEG_INFINITY, f64::max)
    };
    let (nearest, most) = (highest(|c| c.vector), highest(|c| c.keyword));
    let mut floors = HashMap::new();
    for candidate in candidates {
        if let Some(similarity) = candidate.vector {
            let (floor, brought) = floors
                .entry(candidate.facts.kind)
                .or_insert((similarity, 0));
            *floor = similarity.min(*floor);
            *brought += 1;
        }
    }
    let floors: HashMap<_, f64> = floors
        .into_iter()
        .map(|(kind, (floor, brought))| match brought {
            0..CUT => (kind, floor),
            CUT.. => (kind, (floor / STEP).floor() * STEP),
        })
        .collect();
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    candidates
        .iter()
        .map(|candidate| {
            let floor = floors
                .get(&candidate.facts.kind)
                .copied()
                .unwrap_or(nearest);
            let similarity = candidate.vector.unwrap_or(floor);
            share(candidate.keyword.unwrap_or(0.0), most)
                + vector_weight(candidate.facts.kind, options)
                    * share(similarity - floor, nearest - floor)
        })
        .collect()
}

/// Returns the nodes of each conversation: sequence index and position among the candidates, in order. Pieces of
/// documents stand for themselves.
fn conversations(candidates: &[Candidate]) -> Vec<Vec<(i64, usize)>> {
    let mut conversations: HashMap<&str, Vec<(i64, usize)>> = HashMap::new();
    for (at, Candidate { facts, .. }) in candidates.iter().enumerate() {
        if let Some(id) = facts
            .conversation_id
            .as_ref()
            .filter(|_| facts.kind != Document::PIECES)
        {
            let members = conversations.entry(id).or_default();
            members.push((facts.sequence_index, at));
        }
    }
    let mut conversations: Vec<_> = conversations.into_values().collect();
    for members in &mut conversations {
        members.sort_unstable();
    }
    conversations
}

/// Returns distance (from 1) and position of the neighbours of a member.
fn neighbours(members: &[(i64, usize)], place: usize) -> impl Iterator<Item = (i64, usize)> {
    let (index, _) = members[place];
    let distance = move |(other, at): &(i64, usize)| (index.abs_diff(*other) as i64, *at);
    let near = |(distance, _): &(i64, usize)| (0..=REACH).contains(distance);
    let before = members[..place].iter().rev().map(distance);
    let after = members[place + 1..].iter().map(distance);
    before
        .take_while(near)
        .chain(after.take_while(near))
        .filter(|(distance, _)| *distance > 0)
}

/// Gives each hit of one retriever its rank in that retriever's order.
fn number(ranked: &mut [Ranked], hit: fn(&mut Ranked) -> Option<&mut RetrieverHit>) {
    let mut order: Vec<(usize, f64)> = (0..ranked.len())
        .filter_map(|at| hit(&mut ranked[at]).map(|hit| (at, hit.score)))
        .collect();
    order.sort_unstable_by(|a, b| better(&ranked[a.0], &ranked[b.0], a.1, b.1));
    for (place, (at, _)) in order.into_iter().enumerate() {
        if let Some(hit) = hit(&mut ranked[at]) {
            hit.rank = place + 1;
        }
    }
}

/// Applies the boosts that were asked for: clusters and recency.
fn adjust(ranked: &mut [Ranked], options: &Fusion) {
    if options.cluster_boost == 0.0 && options.recency.is_none() {
        return;
    }
    let clusters: Vec<i64> = ranked
        .iter()
        .take(LEADERS)
        .filter_map(|ranked| ranked.facts.cluster_id.filter(|cluster| *cluster >= 0))
        .collect();
    for ranked in ranked.iter_mut() {
        let mut factor = 1.0;
        if ranked
            .facts
            .cluster_id
            .is_some_and(|id| clusters.contains(&id))
        {
            factor += options.cluster_boost;
        }
        if let Some(recency) = options.recency {
            let age = recency
                .now
                .micros()
                .saturating_sub(ranked.facts.created_at.micros());
            factor *= half_power(age as f64 / MICROS_PER_DAY / recency.half_life_days);
        }
        // A cosine below zero would rise by what is meant to lower it.
        if ranked.score > 0.0 {
            ranked.score *= factor;
        }
    }
    ranked.sort_unstable_by(|a, b| better(a, b, a.score, b.score));
}

/// Compares: the higher score first, then by kind and id.
fn better(a: &Ranked, b: &Ranked, a_score: f64, b_score: f64) -> Ordering {
    b_score
        .total_cmp(&a_score)
        .then_with(|| a.facts.kind.cmp(&b.facts.kind))
        .then_with(|| a.facts.id.cmp(&b.facts.id))
}
