//! The vector spaces of a scope, and what was done to them.

use serde::Serialize;
use tulving::backend::postgres::Indexed;
use tulving::backend::{Counts, KeptSpaces};
use tulving::model;
use tulving::store;

use super::Scope;
use super::index::index_name;

/// A vector space.
#[derive(Debug, Serialize)]
pub struct Space {
    provider: String,
    model: String,
    dimensions: usize,
}

impl From<&model::Space> for Space {
    fn from(space: &model::Space) -> Self {
        Self {
            provider: space.provider.clone(),
            model: space.model.clone(),
            dimensions: space.dims,
        }
    }
}

/// A space that is kept.
#[derive(Debug, Serialize)]
struct KeptSpace {
    #[serde(flatten)]
    space: Space,
    current: bool,
    vectors: Counts,
    lacking: Counts,
}

/// `tulving reembed --status`
#[derive(Debug, Serialize)]
pub struct Spaces {
    scope: Scope,
    spaces: Vec<KeptSpace>,
    behind: u64,
}

impl Spaces {
    /// Returns what is told of the spaces of an owner who has so many memories.
    #[must_use]
    pub fn new(scope: model::Scope, kept: &KeptSpaces, memories: &Counts) -> Self {
        let all = kept.current.iter().chain(&kept.further);
        let spaces = all.map(|one| KeptSpace {
            space: one.space.as_ref().into(),
            current: kept.current.as_ref() == Some(one),
            lacking: one.lacking(memories),
            vectors: one.vectors,
        });
        Self {
            scope: scope.into(),
            spaces: spaces.collect(),
            behind: kept.behind.total(),
        }
    }
}

/// `tulving reembed --dry-run`
#[derive(Debug, Serialize)]
pub struct ToEmbed {
    /// Always true.
    pub dry_run: bool,
    /// Whose memories.
    pub scope: Scope,
    /// Which space would be filled.
    pub space: Space,
    /// Whether it is the one that is searched.
    pub current: bool,
    /// How many memories there are.
    pub memories: Counts,
    /// How many of them have no vector in it.
    pub lacking: Counts,
}

/// A memory whose text the embedder refused.
#[derive(Debug, Serialize)]
pub struct Refused {
    kind: &'static str,
    id: String,
    why: String,
}

impl From<&store::Refused> for Refused {
    fn from(refused: &store::Refused) -> Self {
        Self {
            kind: refused.key.kind.as_str(),
            id: refused.key.id.clone(),
            why: crate::text::safe(&refused.why),
        }
    }
}

/// The index of one kind's vectors.
#[derive(Debug, Serialize)]
pub struct KindIndex {
    kind: &'static str,
    vectors: u64,
    index: &'static str,
}

/// Returns what became of the indexes of a space.
#[must_use]
pub fn indexes(indexed: &[Indexed]) -> Vec<KindIndex> {
    let one = |kind: &Indexed| KindIndex {
        kind: kind.kind.as_str(),
        vectors: kind.vectors,
        index: index_name(kind.index),
    };
    indexed.iter().map(one).collect()
}

/// `tulving reembed`
#[derive(Debug, Serialize)]
pub struct Reembedded {
    /// Whose memories.
    pub scope: Scope,
    /// Which space was filled.
    pub space: Space,
    /// Vectors that were made.
    pub made: u64,
    /// Memories of whose text the model makes no vector.
    pub without: u64,
    /// Memories whose text was refused.
    pub refused: Vec<Refused>,
    /// Memories that have no vector in it, for whatever reason.
    pub lacking: Counts,
    /// Whether it is the space that is searched now.
    pub current: bool,
    /// Memories whose vectors were moved after a cut-over.
    pub moved: u64,
    /// What became of the index of each kind that has vectors in it, in a database.
    pub indexes: Vec<KindIndex>,
    /// Whether the configuration names a model that makes vectors of it.
    pub configured: bool,
    /// How long it took to fill it.
    pub seconds: f64,
    /// Vectors a second.
    pub rate: f64,
}

/// `tulving reembed --roll-back`
#[derive(Debug, Serialize)]
pub struct RolledBack {
    /// Whose memories.
    pub scope: Scope,
    /// The space that is searched now.
    pub space: Space,
    /// Memories that have a vector in the space that was searched before, and none in this one.
    pub lost: u64,
    /// Memories whose vectors were moved.
    pub moved: u64,
    /// What became of the index of each kind that has vectors in it, in a database.
    pub indexes: Vec<KindIndex>,
    /// Whether the configuration names a model that makes vectors of it.
    pub configured: bool,
}

/// `tulving reembed --drop`
#[derive(Debug, Serialize)]
pub struct Dropped {
    /// Whose memories.
    pub scope: Scope,
    /// The space that is gone; none if there was none.
    pub dropped: Option<Space>,
}
