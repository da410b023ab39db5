//! Errors of a store.

use thiserror::Error;

use super::missing_vectors::WordsOnly;
use crate::ErrorClass;
use crate::backend::{BackendError, ForeignSource};
use crate::embed::EmbedError;
use crate::model::{EmbeddingError, Kind};
use crate::record::Flaw;

/// Why a store did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The backend did not do it.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A text could not be embedded.
    #[error("making vectors failed")]
    Embed(#[from] EmbedError),
    /// The embedder gave something else than vectors of its space.
    #[error("the embedder gave no usable vector for text {index} of {count}")]
    BadVector {
        /// Which text, from 0.
        index: usize,
        /// How many there were.
        count: usize,
        /// What is wrong with the vector.
        source: EmbeddingError,
    },
    /// The vector that was given is none of the scope's space.
    #[error("the vector that was given cannot be used")]
    GivenVector(#[from] EmbeddingError),
    /// The runtime is being shut down.
    #[error("stopped before it was done")]
    Stopped,
    /// Only words can be looked for, but vectors were asked for.
    #[error("cannot search by vector with a text: {0}")]
    NoEmbedder(WordsOnly),
    /// The embedder makes vectors of another model than those that are there.
    #[error("no vector can be made for memories that have none: {0}")]
    OtherModel(WordsOnly),
    /// Something to search by vector with is missing.
    #[error("{id:?} has no vector to compare with")]
    NoVector {
        /// The memory that others should be like.
        id: String,
    },
    /// Nothing was asked.
    #[error("the query is empty")]
    EmptyQuery,
    /// There is no such memory in the scope.
    #[error("there is no memory {id:?}")]
    NoSuchMemory {
        /// What was asked for.
        id: String,
    },
    /// A memory cannot be kept as it is.
    #[error("memory {index} cannot be kept: {flaw}")]
    Flawed {
        /// Which of those that were given, from 0.
        index: usize,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// A document, or a piece of it, cannot be kept as it is.
    #[error("the document {path:?} cannot be kept: {flaw}")]
    BadDocument {
        /// Where it was read from.
        path: String,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// A source that the memory may not bear.
    #[error("{why}")]
    ForeignSource {
        /// Which of those that were given, from 0.
        index: usize,
        /// Its kind: a node keeps the true name of its source among its tags, an episode has no place
        /// for it.
        kind: Kind,
        /// Which source, and which it may bear.
        why: ForeignSource,
    },
    /// A memory cannot become what it should.
    #[error("{id:?} cannot be changed: {flaw}")]
    BadChange {
        /// The memory.
        id: String,
        /// What would be wrong with it.
        flaw: Flaw,
    },
    /// A memory would say nothing.
    #[error("a memory whose question and answer are both blank is not kept")]
    Blank {
        /// Which of those that were given, from 0.
        index: usize,
    },
    /// A memory with the id that was given is there already, and is another.
    #[error("{id:?} is there already and differs in {}", fields.join(", "))]
    Differs {
        /// Which of those that were given, from 0.
        index: usize,
        /// The id.
        id: String,
        /// In what it differs: fields of the record, and `embedding`.
        fields: Vec<&'static str>,
    },
    /// A memory with the id that was given was forgotten, and is not to come back.
    #[error("{id:?} was forgotten, and comes back only if that is asked for")]
    Forgotten {
        /// Which of those that were given, from 0.
        index: usize,
        /// The id.
        id: String,
    },
    /// More memories are to be forgotten than were counted before it was confirmed.
    #[error(
        "more would be forgotten by now than was counted: others wrote meanwhile; nothing was erased"
    )]
    Grown,
    /// The record of a forgetting that was not finished is none.
    #[error(
        "the record of a forgetting that was not finished cannot be read; another version of the program wrote it, or it is damaged"
    )]
    Unfinished,
    /// A field that this kind of memory does not have.
    #[error("{id:?} is of kind {}, which has no {field}", .kind.as_str())]
    NoSuchField {
        /// The memory.
        id: String,
        /// Its kind.
        kind: Kind,
        /// What was to be changed.
        field: &'static str,
    },
}

impl StoreError {
    /// Returns what kind of failure it is.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Backend(error) => error.class(),
            Self::Embed(error) => error.class(),
            Self::BadVector { .. } | Self::OtherModel(_) => ErrorClass::Configuration,
            Self::NoEmbedder(_)
            | Self::NoVector { .. }
            | Self::EmptyQuery
            | Self::ForeignSource { .. }
            | Self::Blank { .. }
            | Self::NoSuchField { .. } => ErrorClass::Usage,
            Self::GivenVector(_)
            | Self::Flawed { .. }
            | Self::BadDocument { .. }
            | Self::BadChange { .. } => ErrorClass::Invalid,
            Self::Differs { .. } | Self::Forgotten { .. } | Self::Grown => ErrorClass::Conflict,
            Self::Unfinished => ErrorClass::Refused,
            Self::NoSuchMemory { .. } => ErrorClass::NotFound,
            Self::Stopped => ErrorClass::Interrupted,
        }
    }
}
