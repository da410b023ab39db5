//! What can go wrong between a store and its backend.

use std::sync::Arc;

use thiserror::Error;

use super::file::FileError;
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
    /// The id is taken.
    #[error("there is a {key} already")]
    Exists {
        /// What was to be written.
        key: Key,
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
    /// Files cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The database did not do it.
    #[error(transparent)]
    #[cfg(feature = "postgres")]
    Database(super::postgres::DatabaseError),
}
