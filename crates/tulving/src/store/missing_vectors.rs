//! Why some memories have no vectors.

use std::fmt;
use std::sync::Arc;

use crate::model::Space;

/// The configured embedder cannot make vectors of the space that the scope's vectors are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordsOnly {
    /// The space of the scope's vectors.
    pub stored: Arc<Space>,
    /// The space of the embedder's.
    pub embedder: Arc<Space>,
}

impl fmt::Display for WordsOnly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stored, embedder } = self;
        write!(
            f,
            "the vectors here are of {stored}, but the embedder makes {embedder}"
        )
    }
}

/// Memories were written, but not their vectors in a further space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The space.
    pub space: Arc<Space>,
    /// Why there are none.
    pub why: String,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no vector of {} was written: {}", self.space, self.why)
    }
}
