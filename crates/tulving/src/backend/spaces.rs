//! The vector spaces of a scope: the one that is searched, and those that are kept beside it.

use std::sync::Arc;

use super::{BackendError, Counts};
use crate::model::{Embedding, Key, Memory, Space};

/// A vector space of a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSpace {
    /// The space.
    pub space: Arc<Space>,
    /// How many memories of each kind have a vector in it.
    pub vectors: Counts,
}

/// All vector spaces of a scope.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeptSpaces {
    /// The current space, which is searched; none where no vector was ever written.
    pub current: Option<KeptSpace>,
    /// The others, by model and width.
    pub further: Vec<KeptSpace>,
    /// How many memories of each kind [`follow`](super::Backend::follow) has still to move, since the space
    /// was cut over.
    pub behind: Counts,
}

/// A part of the work after a cut-over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Followed {
    /// How many memories were moved.
    pub moved: u64,
    /// After which memory to go on; none if there is nothing left, or nothing was to be moved.
    pub next: Option<Key>,
}

/// Memories without a vector in a space, a page of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lacking {
    /// The memories.
    pub memories: Vec<Memory>,
    /// After which memory the next page begins; none if this was the last page, or was to hold nothing.
    pub next: Option<Key>,
}

impl KeptSpace {
    /// Returns how many of so many memories have no vector in it.
    #[must_use]
    pub fn lacking(&self, memories: &Counts) -> Counts {
        Counts::from_fn(|kind| memories[kind].saturating_sub(self.vectors[kind]))
    }
}

impl KeptSpaces {
    /// Returns the space of this scope whose vectors can be compared with those of another, if one is kept.
    #[must_use]
    pub fn find(&self, space: &Space) -> Option<&KeptSpace> {
        self.current
            .iter()
            .chain(&self.further)
            .find(|kept| kept.space.is_comparable_with(space))
    }
}

/// Refuses a vector of another space than the one that is decided, which the first vector decides. One that is
/// all zero is of no space.
///
/// # Errors
/// [`BackendError::WrongSpace`].
pub fn check_space(
    decided: &mut Option<Arc<Space>>,
    embedding: Option<&Embedding>,
) -> Result<(), BackendError> {
    let vector = embedding.filter(|vector| !vector.is_zero());
    let Some(given) = vector.map(Embedding::space) else {
        return Ok(());
    };
    match decided {
        Some(stored) if !stored.is_comparable_with(given) => Err(BackendError::WrongSpace {
            stored: Arc::clone(stored),
            given: Arc::clone(given),
        }),
        decided => {
            decided.get_or_insert_with(|| Arc::clone(given));
            Ok(())
        }
    }
}
