//! Queries: what is searched for, and how.

use crate::backend::Filter;
use crate::model::{Kind, PerKind, Timestamp};
use crate::search::fusion::{Fusion, Recency};

/// A question to a scope's memory.
///
/// ```
/// use tulving::store::{Mode, Query};
///
/// let query = Query::text("how did we fix the async timeout?").top_k(5);
/// let recent = Query::text("async timeout").recency(30.0).min_score(0.2);
/// let words_only = Query::text("E0599").mode(Mode::Keyword);
/// let similar = Query::like("mem_0123456789abcdef").mode(Mode::Vector);
/// # let _ = (query, recent, words_only, similar);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Words, and a text to be embedded unless there is a vector.
    pub text: Option<String>,
    /// A vector of the space of the scope's vectors.
    pub vector: Option<Vec<f32>>,
    /// The id of a memory: what is like it is found, it itself is not.
    pub like: Option<String>,
    /// By meaning, by words, or both.
    pub mode: Mode,
    /// How many hits are wanted.
    pub limit: Limit,
    /// Which memories may be found.
    pub filter: Filter,
    /// Hits that score less are left out, on the scale of the answer ([`Found::scale`](super::Found)).
    /// `None` leaves out none; 0 leaves out memories whose vectors point away.
    pub min_score: Option<f64>,
    /// How both kinds of evidence become one order.
    pub fusion: Fusion,
}

/// How memories are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// By vector and by words. Scores are comparable within one answer only.
    #[default]
    Hybrid,
    /// By vector alone: the order is that of similarity, and scores are cosines, −1 to 1.
    Vector,
    /// By words alone: the order is that of BM25, and so are the scores: above 0, without an end.
    Keyword,
}

/// How many hits are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The best of all kinds together; a quarter is for pieces of documents and a quarter for what was said, if there
    /// are so many.
    Total(usize),
    /// The best of each kind.
    Each(PerKind<usize>),
}

impl Limit {
    /// Returns how many hits there can be.
    #[must_use]
    pub fn total(self) -> usize {
        match self {
            Self::Total(total) => total,
            Self::Each(limits) => limits
                .values()
                .fold(0, |sum, limit| sum.saturating_add(*limit)),
        }
    }
}

impl Default for Limit {
    /// Returns the limits that the configuration has by default: `process_top_k`, `episodic_top_k`
    /// and `document_top_k`.
    fn default() -> Self {
        Self::Each(PerKind::from_fn(|kind| match kind {
            Kind::Node => 10,
            _ => 5,
        }))
    }
}

impl Query {
    /// Asks in words.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: Some(text.into()),
            ..Self::empty()
        }
    }

    /// Asks with a vector of the space of the scope's vectors.
    #[must_use]
    pub fn vector(vector: Vec<f32>) -> Self {
        Self {
            vector: Some(vector),
            ..Self::empty()
        }
    }

    /// Asks for what is like the memory with this id: a node's, else an episode's.
    #[must_use]
    pub fn like(id: impl Into<String>) -> Self {
        Self {
            like: Some(id.into()),
            ..Self::empty()
        }
    }

    fn empty() -> Self {
        Self {
            text: None,
            vector: None,
            like: None,
            mode: Mode::default(),
            limit: Limit::default(),
            filter: Filter::default(),
            min_score: None,
            fusion: Fusion::default(),
        }
    }

    /// Takes this vector in place of one made from the text.
    #[must_use]
    pub fn with_vector(mut self, vector: Vec<f32>) -> Self {
        self.vector = Some(vector);
        self
    }

    /// Searches by meaning, by words, or by both.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Limits the hits of all kinds together.
    #[must_use]
    pub fn top_k(mut self, hits: usize) -> Self {
        self.limit = Limit::Total(hits);
        self
    }

    /// Leaves out hits that score less, on the scale of the answer.
    #[must_use]
    pub fn min_score(mut self, least: f64) -> Self {
        self.min_score = Some(least);
        self
    }

    /// Prefers recent memories: one that is so many days old now counts half.
    #[must_use]
    pub fn recency(mut self, half_life_days: f64) -> Self {
        self.fusion.recency = Some(Recency {
            now: Timestamp::now(),
            half_life_days,
        });
        self
    }

    /// Searches among these memories only.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }
}
