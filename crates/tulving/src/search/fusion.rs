//! Fusion of a hybrid search: one order from two retrievers, the vector retriever and the keyword retriever.
//!
//! It is a weighted sum of normalised scores, in place of reciprocal rank fusion: each retriever's scores are
//! brought to a common scale and added. Then context counts: what stands
//! beside a good hit, or in one conversation with it, is more likely to be meant.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::arithmetic::half_power;
use crate::model::{Facts, Timestamp};

/// How far away in its conversation a neighbour may stand to lend.
pub const REACH: i64 = 2;
/// How many of the best hits name the clusters that are boosted.
const LEADERS: usize = 3;
const MICROS_PER_DAY: f64 = 86_400e6;

/// A memory that a retriever found, or a neighbour of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Where it stands.
    pub facts: Facts,
    /// Its cosine similarity, if the vector retriever found it.
    pub vector: Option<f64>,
    /// Its BM25 score, if the keyword retriever found it.
    pub keyword: Option<f64>,
}

/// Where a memory stands in one retriever's own order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetrieverHit {
    /// From 1.
    pub rank: usize,
    /// Cosine similarity, or BM25.
    pub score: f64,
}

/// A candidate in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// Where it stands.
    pub facts: Facts,
    /// What it was ordered by: 0 to 1 if both retrievers found something, else the one retriever's own score.
    pub score: f64,
    /// What the vector retriever said.
    pub vector: Option<RetrieverHit>,
    /// What the keyword retriever said.
    pub keyword: Option<RetrieverHit>,
}

/// What the scores of an answer say, and what a least score is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Cosine similarity, −1 to 1: one retriever alone, by vector.
    Cosine,
    /// BM25, above 0 and without an end: one retriever alone, by words.
    Bm25,
    /// Shares of the best of the same answer, comparable within it alone: both retrievers found something,
    /// or scores were changed by age or cluster.
    Relative,
}

impl Scale {
    /// Returns `cosine`, `bm25` or `relative`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::Bm25 => "bm25",
            Self::Relative => "relative",
        }
    }

    /// Returns the scale of an answer, by which retrievers (vector, keyword) found something or were
    /// asked.
    #[must_use]
    pub fn of(by_vector: bool, by_words: bool, options: &Fusion) -> Self {
        let changed = options.recency.is_some() || options.cluster_boost != 0.0;
        match (by_vector, by_words) {
            (true, false) if !changed => Self::Cosine,
            (false, true) if !changed => Self::Bm25,
            _ => Self::Relative,
        }
    }
}

/// Returns which retrievers found anything: by vector, by words.
#[must_use]
pub fn retrievers(candidates: &[Candidate]) -> (bool, bool) {
    (
        candidates
            .iter()
            .any(|candidate| candidate.vector.is_some()),
        candidates
            .iter()
            .any(|candidate| candidate.keyword.is_some()),
    )
}

/// How recent memories are preferred.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recency {
    /// The time from which ages are counted.
    pub now: Timestamp,
    /// Days after which a memory counts half.
    pub half_life_days: f64,
}

/// How to order. The first three matter only where both retrievers found something.
#[derive(Debug, Clone, PartialEq)]
pub struct Fusion {
    /// What the best by vector is worth, where the best by keyword is worth 1.
    pub vector_weight: f64,
    /// Share of its best neighbour's score that a memory receives at distance 1; half of it at
    /// distance 2.
    pub lending: f64,
    /// Share of the best score in its conversation that a memory receives.
    pub conversation: f64,
    /// Added, as a share of the score, to memories in the clusters of the three best. 0: off.
    pub cluster_boost: f64,
    /// `None`: off.
    pub recency: Option<Recency>,
}

impl Default for Fusion {
    fn default() -> Self {
        Self {
            vector_weight: 0.5,
            lending: 1.0 / 3.0,
            conversation: 0.5,
            cluster_boost: 0.0,
            recency: None,
        }
    }
}

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
    let own = on_one_scale(candidates, options.vector_weight);
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
    let highest = (1.0 + options.vector_weight) * (1.0 + options.lending + options.conversation);
    own.iter()
        .zip(received)
        .map(|(own, received)| (own + received) / highest)
        .collect()
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
fn on_one_scale(candidates: &[Candidate], vector_weight: f64) -> Vec<f64> {
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
                + vector_weight * share(similarity - floor, nearest - floor)
        })
        .collect()
}

/// Returns the nodes of each conversation: sequence index and position among the candidates, in order.
fn conversations(candidates: &[Candidate]) -> Vec<Vec<(i64, usize)>> {
    let mut conversations: HashMap<&str, Vec<(i64, usize)>> = HashMap::new();
    for (at, Candidate { facts, .. }) in candidates.iter().enumerate() {
        if let Some(id) = &facts.conversation_id {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_micros(day * 86_400_000_000).unwrap()
    }

    fn candidate(id: &str, vector: Option<f64>, keyword: Option<f64>) -> Candidate {
        Candidate {
            facts: Facts {
                kind: Kind::Node,
                id: id.to_owned(),
                conversation_id: Some(format!("alone-{id}")),
                sequence_index: 0,
                created_at: at(0),
                cluster_id: None,
            },
            vector,
            keyword,
        }
    }

    fn within(mut candidate: Candidate, conversation: &str, index: i64) -> Candidate {
        candidate.facts.conversation_id = Some(conversation.to_owned());
        candidate.facts.sequence_index = index;
        candidate
    }

    fn order(candidates: &[Candidate], options: &Fusion) -> Vec<String> {
        let mut reversed = candidates.to_vec();
        reversed.reverse();
        let ranked = fuse(candidates.to_vec(), options);
        assert_eq!(
            ranked,
            fuse(reversed, options),
            "depends on the order given"
        );
        let mut rotated = candidates.to_vec();
        rotated.rotate_left(1);
        assert_eq!(ranked, fuse(rotated, options), "depends on the order given");
        assert!(ranked.is_sorted_by(|a, b| a.score >= b.score));
        ranked.into_iter().map(|ranked| ranked.facts.id).collect()
    }

    #[test]
    fn one_arm_alone_keeps_its_order_and_its_scores() {
        let candidates = [
            within(candidate("a", Some(-0.5), None), "c", 0),
            within(candidate("b", Some(0.9), None), "c", 1),
            within(candidate("c", Some(0.2), None), "d", 0),
            within(candidate("beside", None, None), "c", 2),
        ];
        assert_eq!(order(&candidates, &Fusion::default()), ["b", "c", "a"]);
        let ranked = fuse(candidates.to_vec(), &Fusion::default());
        assert_eq!((ranked[0].score, ranked[2].score), (0.9, -0.5));
        assert_eq!(
            ranked[1].vector,
            Some(RetrieverHit {
                rank: 2,
                score: 0.2
            })
        );
        assert_eq!(ranked[1].keyword, None);
        assert!(fuse(Vec::new(), &Fusion::default()).is_empty());
    }

    #[test]
    fn found_by_both_comes_before_found_by_one() {
        let candidates = [
            candidate("words", None, Some(8.0)),
            candidate("meaning", Some(0.8), None),
            candidate("both", Some(0.75), Some(7.0)),
            candidate("floor", Some(0.1), None),
        ];
        assert_eq!(order(&candidates, &Fusion::default())[0], "both");
        let ranked = fuse(candidates.to_vec(), &Fusion::default());
        assert!(
            ranked
                .iter()
                .all(|ranked| (0.0..=1.0).contains(&ranked.score))
        );
        assert_eq!(
            ranked[0].keyword,
            Some(RetrieverHit {
                rank: 2,
                score: 7.0
            })
        );
        assert_eq!(
            ranked[0].vector,
            Some(RetrieverHit {
                rank: 2,
                score: 0.75
            })
        );
    }

    #[test]
    fn neighbours_of_a_good_hit_rise_and_the_nearer_the_more() {
        let candidates = [
            within(candidate("hit", Some(0.9), Some(9.0)), "c", 10),
            within(candidate("next", None, None), "c", 11),
            within(candidate("after", None, None), "c", 12),
            within(candidate("beyond", None, None), "c", 13),
            within(candidate("a far one", None, None), "c", 40),
            within(candidate("elsewhere", None, None), "d", 11),
            candidate("weak", Some(0.1), Some(0.5)),
        ];
        assert_eq!(
            order(&candidates, &Fusion::default()),
            [
                "hit",
                "next",
                "after",
                "a far one",
                "beyond",
                "weak",
                "elsewhere"
            ]
        );
        let off = Fusion {
            lending: 0.0,
            conversation: 0.0,
            ..Fusion::default()
        };
        assert_eq!(order(&candidates, &off)[..2], ["hit", "weak"]);
    }

    /// As after importing a conversation twice.
    #[test]
    fn two_in_one_place_lend_nothing_to_each_other() {
        let candidates = [
            within(candidate("hit", Some(0.9), Some(9.0)), "c", 10),
            within(candidate("twin", None, None), "c", 10),
            within(candidate("next", None, None), "c", 11),
        ];
        assert_eq!(
            order(&candidates, &Fusion::default()),
            ["hit", "next", "twin"]
        );
        let ranked = fuse(candidates.to_vec(), &Fusion::default());
        assert!(ranked.iter().all(|ranked| ranked.score <= 1.0));
    }

    #[test]
    fn arms_are_weighed_on_one_scale() {
        let episode = |id: &str, score: f64| {
            let mut episode = candidate(id, Some(score), None);
            episode.facts.kind = Kind::Episode;
            episode
        };
        let candidates = [
            candidate("words", None, Some(8.0)),
            candidate("fewer words", None, Some(4.0)),
            candidate("meaning", Some(0.8), None),
            candidate("half", Some(0.45), None),
            candidate("floor", Some(0.1), None),
            episode("episode", 0.5),
            episode("its floor", 0.3),
        ];
        let scores = |vector_weight: f64| {
            let options = Fusion {
                vector_weight,
                lending: 0.0,
                conversation: 0.0,
                ..Fusion::default()
            };
            let scores = fuse(candidates.to_vec(), &options).into_iter();
            scores.map(|ranked| (ranked.facts.id, (ranked.score * 120.0).round() / 10.0))
        };
        let expected = [
            ("words", 8.0),
            ("fewer words", 4.0),
            ("meaning", 4.0),
            ("half", 2.0),
            ("episode", 1.6),
            ("floor", 0.0),
            ("its floor", 0.0),
        ];
        assert!(scores(0.5).eq(expected.map(|(id, score)| (id.to_owned(), score))));
        assert_eq!(scores(2.0).next().unwrap().0, "meaning");
        // One alone is best and worst at once.
        let ranked = fuse(candidates[1..3].to_vec(), &Fusion::default());
        assert!(ranked.iter().all(|ranked| ranked.score.is_finite()));
    }

    #[test]
    fn a_memory_counts_half_after_each_half_life() {
        let aged = |id: &str, score: f64, day: i64| {
            let mut candidate = candidate(id, Some(score), None);
            candidate.facts.created_at = at(day);
            candidate
        };
        let options = Fusion {
            recency: Some(Recency {
                now: at(60),
                half_life_days: 30.0,
            }),
            ..Fusion::default()
        };
        let candidates = [
            aged("yet to come", 0.9, 90),
            aged("now", 0.8, 60),
            aged("once", 0.8, 30),
            aged("twice", 0.8, 0),
            aged("unlike", -0.1, 60),
            aged("old and unlike", -0.2, 0),
        ];
        let ranked = fuse(candidates.to_vec(), &options);
        let scores: Vec<f64> = ranked.iter().map(|ranked| ranked.score).collect();
        assert_eq!(scores, [0.9, 0.8, 0.4, 0.2, -0.1, -0.2]);
    }

    #[test]
    fn equal_scores_go_by_kind_and_id() {
        let mut episode = candidate("a", Some(0.5), None);
        episode.facts.kind = Kind::Episode;
        let candidates = [
            episode,
            candidate("c", Some(0.5), None),
            candidate("b", Some(0.5), None),
        ];
        assert_eq!(order(&candidates, &Fusion::default()), ["b", "c", "a"]);
    }

    #[test]
    fn clusters_and_recency_count_only_when_asked_for() {
        let mut candidates: Vec<_> = [
            ("a", 0.9),
            ("b", 0.8),
            ("c", 0.7),
            ("d", 0.6),
            ("e", 0.5),
            ("f", 0.4),
        ]
        .map(|(id, score)| candidate(id, Some(score), None))
        .into();
        for (candidate, cluster) in candidates.iter_mut().zip([7, -1, 3, 5, 9, 7]) {
            candidate.facts.cluster_id = Some(cluster);
        }
        candidates[4].facts.created_at = at(30);
        let plain = Fusion::default();
        assert_eq!(order(&candidates, &plain), ["a", "b", "c", "d", "e", "f"]);
        let clusters = Fusion {
            cluster_boost: 0.6,
            ..plain.clone()
        };
        assert_eq!(
            order(&candidates, &clusters),
            ["a", "c", "b", "f", "d", "e"]
        );
        let recency = Some(Recency {
            now: at(30),
            half_life_days: 30.0,
        });
        let recent = Fusion { recency, ..plain };
        assert_eq!(order(&candidates, &recent), ["e", "a", "b", "c", "d", "f"]);
    }
}
