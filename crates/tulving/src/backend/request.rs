//! Requests: what a search asks of a backend.

use super::Filter;
use crate::model::Embedding;

/// A search of one scope: a vector, terms, or both.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The vector that memories should be near to; `None` compares no vectors.
    pub vector: Option<Embedding>,
    /// The terms that memories should hold, each once
    /// ([`query_terms`](crate::search::keyword::query_terms)); without any, none are looked for.
    pub terms: Vec<String>,
    /// How many candidates of each kind are wanted by vector, and as many by terms.
    pub depth: usize,
    /// Which memories may be candidates.
    pub filter: Filter,
    /// How many places away from a candidate, in the same container, its neighbours may stand; 0 asks for
    /// none.
    pub reach: u64,
}

impl Request {
    /// Asks for the memories nearest to a vector.
    #[must_use]
    pub fn near(vector: Embedding, depth: usize, filter: Filter) -> Self {
        Self {
            vector: Some(vector),
            terms: Vec::new(),
            depth,
            filter,
            reach: 0,
        }
    }

    /// Asks for the memories that hold any of these terms, each given once.
    #[must_use]
    pub fn holding(terms: Vec<String>, depth: usize, filter: Filter) -> Self {
        Self {
            vector: None,
            terms,
            depth,
            filter,
            reach: 0,
        }
    }
}
