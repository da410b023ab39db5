//! What the scores of an answer say.

use super::options::Fusion;

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
