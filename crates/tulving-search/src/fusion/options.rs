//! How a fusion is asked for.

use tulving_model::Timestamp;

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
