//! What can go wrong while memory is moved.

use std::io;
use std::path::PathBuf;

use thiserror::Error;
use uuid::Uuid;

use super::row::Flawed;
use crate::ErrorClass;
use crate::backend::StorageError;
use crate::fsutil::OutputError;
use crate::model::Space;

/// Why memory was not moved, or not all of it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The source or the target failed, or refused.
    #[error(transparent)]
    End(StorageError),
    /// The same, because another writer was in the way: once more may do.
    #[error(transparent)]
    Conflict(StorageError),
    /// The same, because it has no session left to give at present.
    #[error(transparent)]
    Crowded(StorageError),
    /// The vectors' width fits no other vectors, or no database.
    #[error("{file} holds vectors of {found} numbers; {expected}")]
    Width {
        /// The vectors' file.
        file: String,
        /// Numbers in each.
        found: usize,
        /// What would fit.
        expected: String,
    },
    /// The vectors' width does not fit the model.
    #[error("{file} holds vectors of {found} numbers; {expected}")]
    Dimensions {
        /// The vectors' file.
        file: String,
        /// Numbers in each.
        found: usize,
        /// What would fit.
        expected: String,
    },
    /// The target keeps no vectors any more that could be compared with the source's.
    #[error(
        "the {noun} dropped the vectors of {space}, and keeps those of {kept}: they cannot be compared"
    )]
    SpaceDropped {
        /// What the target is called.
        noun: &'static str,
        /// The source's space.
        space: Space,
        /// What is kept.
        kept: String,
    },
    /// Records are refused.
    #[error("{total} of {rows} rows cannot be moved; nothing was written")]
    Flawed {
        /// How many.
        total: u64,
        /// Of how many.
        rows: u64,
        /// The first of them.
        first: Vec<Flawed>,
    },
    /// The target was told to forget more, or less, after the rows were checked.
    #[error("what was forgotten here changed while the source was read; nothing was written")]
    MoreForgotten,
    /// An unfinished run has other inputs.
    #[error("run {run_id} is unfinished and its inputs changed: {changed}")]
    RunChanged {
        /// The run.
        run_id: Uuid,
        /// What is different.
        changed: String,
    },
    /// A file that was named could not be read.
    #[error("{doing} {path}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// Receipt or rejected rows cannot go where they should.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The file given with `--against` is no receipt.
    #[error("{path} is not a receipt of a migration: {reason}")]
    Receipt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The user asked to stop.
    #[error("interrupted during {phase}; what was written is kept")]
    Interrupted {
        /// Where it was.
        phase: &'static str,
    },
    /// A task ended without an answer: a bug.
    #[error("a worker stopped unexpectedly: {reason}")]
    Worker {
        /// What it said.
        reason: String,
    },
}

impl TransferError {
    /// Returns what kind of failure it is.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::End(error) | Self::Conflict(error) | Self::Crowded(error) => error.class(),
            Self::Width { .. } | Self::Dimensions { .. } | Self::Flawed { .. } => {
                ErrorClass::Invalid
            }
            Self::RunChanged { .. } | Self::SpaceDropped { .. } | Self::MoreForgotten => {
                ErrorClass::Refused
            }
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorClass::Full,
                _ => ErrorClass::Usage,
            },
            Self::Output(error) => error.class(),
            Self::Receipt { .. } => ErrorClass::Usage,
            Self::Interrupted { .. } => ErrorClass::Interrupted,
            Self::Worker { .. } => ErrorClass::Bug,
        }
    }

    /// Returns the own error of the end that failed, if it is of this type.
    #[must_use]
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        match self {
            Self::End(error) | Self::Conflict(error) | Self::Crowded(error) => error.downcast_ref(),
            _ => None,
        }
    }
}

impl From<tokio::task::JoinError> for TransferError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Worker {
            reason: error.to_string(),
        }
    }
}
