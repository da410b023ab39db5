//! What was done to the search index of a scope. The keys are in the order of the alphabet.

use serde::Serialize;
use serde_json::{Value, json};
use tulving::backend::postgres::{Indexed, VectorIndex};
use tulving::model;

use super::Scope;

/// `tulving index`
#[derive(Debug, Serialize)]
pub struct Index {
    kinds: Vec<Kind>,
    scope: Value,
}

#[derive(Debug, Serialize)]
struct Kind {
    entered: u64,
    index: &'static str,
    kind: &'static str,
    mended: u64,
    rebuilt: u64,
    vectors: u64,
}

impl Index {
    /// Makes the object of what was done for an owner.
    #[must_use]
    pub fn new(scope: model::Scope, indexed: &[Indexed]) -> Self {
        Self {
            kinds: indexed.iter().map(Kind::from).collect(),
            scope: json!(Scope::from(scope)),
        }
    }
}

/// Returns the name of what became of an index.
pub(super) fn index_name(index: VectorIndex) -> &'static str {
    match index {
        VectorIndex::NotNeeded => "not needed",
        VectorIndex::TooWide => "too wide",
        VectorIndex::Ready => "ready",
        VectorIndex::Built => "built",
    }
}

impl From<&Indexed> for Kind {
    fn from(kind: &Indexed) -> Self {
        Self {
            entered: kind.words,
            index: index_name(kind.index),
            kind: kind.kind.as_str(),
            mended: kind.mended,
            rebuilt: kind.rebuilt,
            vectors: kind.vectors,
        }
    }
}
