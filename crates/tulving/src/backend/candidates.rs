//! What a backend finds for a search.

use crate::model::Facts;

/// How a vector search went about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// Every vector was looked at.
    Exact,
    /// Through an index, which may miss a few.
    Index,
}

impl FoundBy {
    /// `exact` or `index`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Index => "index",
        }
    }
}

/// A memory that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// What is known of it.
    pub facts: Facts,
    /// How well it answers; more is better.
    pub score: f64,
}

/// The memories nearest to a vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    /// The best first; of equal scores, by kind and id.
    pub hits: Vec<Scored>,
    /// How they were found.
    pub found_by: FoundBy,
}

/// The memories that hold terms.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matching {
    /// The best first; of equal scores, by kind and id.
    pub hits: Vec<Scored>,
    /// Among how many memories were looked for the words of other rules than
    /// [`tokens::NUMBER`](crate::search::tokens::NUMBER): those may be missed.
    pub outdated: u64,
}
