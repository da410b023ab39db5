//! What retrievers found, before and after it was put in order.

use tulving_model::Facts;

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
