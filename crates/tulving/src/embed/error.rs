//! Errors of an embedder.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::ErrorClass;

/// Texts that could not be embedded: none of them was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// The settings cannot work.
    #[error("cannot embed over http: {0}")]
    Options(String),
    /// The folder for vectors that were computed before cannot be made.
    #[error("cannot make the folder of the embedding cache {}", path.display())]
    Cache {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No server answers, or the connection broke, at every try.
    #[error("the embedding server {url} cannot be reached, or the connection to it broke off")]
    Unreachable {
        /// The server's address.
        url: String,
        /// What happened at the last try.
        source: io::Error,
    },
    /// The server did not answer in time, at every try.
    #[error("no answer within {seconds} s from the embedding server {url}")]
    TimedOut {
        /// The server's address.
        url: String,
        /// How long each try was given.
        seconds: f64,
    },
    /// The server answered that it will not.
    #[error("the embedding server {url} answered {status}: {message}")]
    Refused {
        /// The server's address.
        url: String,
        /// The HTTP status of its last answer.
        status: u16,
        /// What it said, shortened.
        message: String,
    },
    /// The server answered, with something that is not the vectors asked for.
    #[error("the embedding server {url} answered with {why}")]
    Unusable {
        /// The server's address.
        url: String,
        /// What is wrong with the answer.
        why: Unusable,
    },
    /// The model in a directory cannot be run.
    #[error("the embedding model in {} cannot be run", path.display())]
    Model {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The model makes vectors of another width than the one that was given.
    #[error("the embedding model in {} makes vectors of {found} numbers, not of {dims}", path.display())]
    Width {
        /// The directory.
        path: PathBuf,
        /// Numbers expected.
        dims: usize,
        /// Numbers in its vectors.
        found: usize,
    },
    /// The model in a directory makes no vector of one of the texts.
    #[error("the embedding model in {} makes no vector of a text", path.display())]
    Text {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The model knows nothing of any text, not even of a common word.
    #[error("the embedding model {model} makes nothing but zeros, of any text")]
    Zeros {
        /// The model.
        model: String,
    },
    /// The work was cut off because the program ends.
    #[error("embedding was cut off")]
    Stopped(#[source] tokio::task::JoinError),
}

impl EmbedError {
    /// Returns whether it may be one text that is not taken, such as one that is too long, where others are. Some
    /// servers break over a text every time, and answer 500 or what is no JSON.
    #[must_use]
    pub fn is_of_texts(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(status, 400 | 413 | 422 | 500),
            Self::Unusable { why, .. } => {
                matches!(why, Unusable::NotFinite | Unusable::Malformed(_))
            }
            Self::Text { .. } => true,
            _ => false,
        }
    }

    /// Returns what kind of failure it is.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Options(_)
            | Self::Cache { .. }
            | Self::Model { .. }
            | Self::Width { .. }
            | Self::Refused {
                status: 401 | 403 | 404,
                ..
            } => ErrorClass::Configuration,
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Refused { .. }
            | Self::Unusable { .. }
            | Self::Zeros { .. }
            | Self::Text { .. } => ErrorClass::Unavailable,
            Self::Stopped(_) => ErrorClass::Bug,
        }
    }
}

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unusable {
    /// Not JSON, or not of the form that was agreed on.
    #[error("something other than a list of embeddings: {0}")]
    Malformed(String),
    /// Too few vectors, or too many.
    #[error("{got} vectors for {asked} texts")]
    Count {
        /// Texts sent.
        asked: usize,
        /// Vectors that came back.
        got: usize,
    },
    /// The numbers that say which vector belongs to which text are not 0, 1, 2, …
    #[error("vectors that cannot be told apart: an index is missing, doubled or too large")]
    Order,
    /// A vector that is not as wide as the space.
    #[error("a vector of {got} numbers where {dims} are expected")]
    Width {
        /// Numbers expected.
        dims: usize,
        /// Numbers that came back.
        got: usize,
    },
    /// A vector that holds something that is no finite number.
    #[error("a vector that holds NaN, infinity or null")]
    NotFinite,
}
