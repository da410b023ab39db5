//! Errors of a backend.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::ErrorClass;
use crate::model::{Key, Scope, Space};

/// Why a backend did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BackendError {
    /// The backend keeps nothing for this scope.
    #[error("{place} holds no memory of {scope}")]
    UnknownScope {
        /// Whose memory was asked for.
        scope: Scope,
        /// Where it was looked for.
        place: String,
    },
    /// There is no such memory in the scope.
    #[error("there is no {key}")]
    NoSuchMemory {
        /// What was asked for.
        key: Key,
    },
    /// There is no such document in the scope, of which something is to be a chunk.
    #[error("there is no document {id:?}")]
    NoSuchDocument {
        /// The id that was named.
        id: String,
    },
    /// The id is taken.
    #[error("there is a {key} already")]
    Exists {
        /// What was to be written.
        key: Key,
    },
    /// A memory or document with this id was forgotten, and does not come back.
    #[error("{id:?} was forgotten")]
    Forgotten {
        /// The id that it was to be written with.
        id: String,
    },
    /// Somebody else changed the memory in between.
    #[error("{key} was changed by another writer")]
    Changed {
        /// What was to be replaced.
        key: Key,
    },
    /// Vectors of two spaces cannot be compared.
    #[error("the vector is of {given}, but the vectors here are of {stored}")]
    WrongSpace {
        /// The space of the vectors that are there.
        stored: Arc<Space>,
        /// The space of the vector that was given.
        given: Arc<Space>,
    },
    /// One write is larger than [`LARGEST_WRITE`](super::LARGEST_WRITE).
    #[error("one write of {bytes} bytes is more than the {limit} that are taken at once; split it")]
    TooLarge {
        /// Bytes of the write.
        bytes: u64,
        /// The most that is taken.
        limit: u64,
    },
    /// Vectors of this space are not kept.
    #[error("no vectors of {space} are kept here")]
    UnknownSpace {
        /// The space that was named.
        space: Arc<Space>,
    },
    /// The space is the one that is searched.
    #[error("{space} is the space that is searched")]
    CurrentSpace {
        /// The space that was to be dropped.
        space: Arc<Space>,
    },
    /// What the backend keeps memories in failed, or refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl BackendError {
    /// Returns what kind of failure it is.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::UnknownScope { .. }
            | Self::WrongSpace { .. }
            | Self::UnknownSpace { .. }
            | Self::CurrentSpace { .. } => ErrorClass::Refused,
            Self::NoSuchMemory { .. } | Self::NoSuchDocument { .. } => ErrorClass::NotFound,
            Self::Exists { .. } | Self::Forgotten { .. } => ErrorClass::Conflict,
            Self::Changed { .. } => ErrorClass::Busy,
            Self::TooLarge { .. } => ErrorClass::Invalid,
            Self::Storage(error) => error.class,
        }
    }

    /// Returns the backend's own error, if the backend failed with one of this type.
    #[must_use]
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        match self {
            Self::Storage(error) => error.downcast_ref(),
            _ => None,
        }
    }
}

/// A failure of what a backend keeps memories in: the backend's own error, and its class. A clone is the same
/// failure, for another caller whom it befell as well.
#[derive(Debug, Clone)]
pub struct StorageError {
    class: ErrorClass,
    source: Arc<dyn StdError + Send + Sync>,
}

impl StorageError {
    /// Makes a failure of this class out of a backend's own error, which says what was being done to what and
    /// why it failed.
    #[must_use]
    pub fn new(class: ErrorClass, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            class,
            source: source.into().into(),
        }
    }

    /// Returns what kind of failure it is.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        self.class
    }

    /// Returns the backend's own error, if it is of this type.
    #[must_use]
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.source.downcast_ref()
    }
}

// It reads as the backend's own error does, whose causes are its causes.
impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl StdError for StorageError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_of_somebody_else_fails_with_an_error_of_its_own() {
        #[derive(Debug, Error)]
        #[error("writing to shelf {shelf}")]
        struct ShelfError {
            shelf: u32,
            source: std::io::Error,
        }
        let source = std::io::Error::other("it is nailed shut");
        let failed = StorageError::new(ErrorClass::Full, ShelfError { shelf: 3, source });
        let error = crate::store::StoreError::from(BackendError::from(failed.clone()));
        assert_eq!(error.class(), ErrorClass::Full);
        assert_eq!(error.to_string(), "writing to shelf 3");
        assert_eq!(
            StdError::source(&error).unwrap().to_string(),
            "it is nailed shut"
        );
        let error = BackendError::from(failed);
        assert_eq!(error.downcast_ref::<ShelfError>().unwrap().shelf, 3);
        assert!(error.downcast_ref::<std::io::Error>().is_none());
    }
}
