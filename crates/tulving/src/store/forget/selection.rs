//! What is to be forgotten.

use crate::backend::Filter;

/// What is to be forgotten of a scope.
#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    /// Everything: memories, documents, vectors, clusters and the records of runs.
    Everything,
    /// Memories with these ids, of every kind.
    Ids(Vec<String>),
    /// Memories that pass a filter.
    Passing(Filter),
    /// Documents with these ids, and their chunks.
    Documents(Vec<String>),
}

impl Selection {
    /// Returns by what it selects; names no id.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::Ids(_) => "ids",
            Self::Passing(_) => "filter",
            Self::Documents(_) => "documents",
        }
    }
}
