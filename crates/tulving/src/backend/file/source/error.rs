//! Why a data directory cannot be moved.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::ErrorClass;
use crate::backend::StorageError;
use crate::backend::file::FileError;
use crate::backend::file::layout::LayoutError;
use crate::backend::file::pair::PairError;
use crate::json::{Foreign, ParseError};
use crate::model::Kind;
use crate::record::Flaw;
use crate::transfer::TransferError;

/// Why a data directory cannot be moved.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The directory is no data directory.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A file of it cannot be read.
    #[error(transparent)]
    Pair(#[from] PairError),
    /// The directory's journal cannot be read, or does not belong to its files; or it is another
    /// owner's.
    #[error(transparent)]
    File(#[from] FileError),
    /// There are more records than vectors, or fewer.
    #[error("{} count mismatch: {records} holds {record_count}, {vectors} holds {vector_count} vectors", .kind.title())]
    CountMismatch {
        /// Of which kind.
        kind: Kind,
        /// The records' file.
        records: String,
        /// How many it holds.
        record_count: u64,
        /// The vectors' file.
        vectors: String,
        /// How many it holds.
        vector_count: u64,
    },
    /// A record is not JSON.
    #[error("{file}[{index}] is not JSON")]
    Malformed {
        /// The records' file.
        file: String,
        /// Index of the record, from 0.
        index: u64,
        /// What is wrong with it, at which byte of the file.
        source: ParseError,
    },
    /// A document cannot be moved, and so its chunks cannot either.
    #[error("{file}[{index}]: {flaw} [{}]", .flaw.reason.as_str())]
    Document {
        /// The documents' file.
        file: String,
        /// Index of the record, from 0.
        index: u64,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// A line of the file of mended rows cannot be used.
    #[error("{path}, line {line}: {reason}")]
    RowsFile {
        /// The file.
        path: PathBuf,
        /// Counts from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The file of mended rows is something else than text in UTF-8.
    #[error("{path} is {found}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: Foreign,
    },
    /// The file of mended rows holds nothing to migrate.
    #[error("{path} holds no rows of {kinds}")]
    NoRows {
        /// The file.
        path: PathBuf,
        /// Of what.
        kinds: String,
    },
    /// The file of mended rows cannot be read.
    #[error("reading {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl SourceError {
    /// Returns what kind of failure it is.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            // Whose memories are moved is said by the files: they are the source.
            Self::File(FileError::OtherOwner { .. }) => ErrorClass::Invalid,
            Self::File(error) => error.class(),
            Self::Layout(_)
            | Self::Pair(_)
            | Self::CountMismatch { .. }
            | Self::Malformed { .. } => ErrorClass::Unreadable,
            Self::Document { .. }
            | Self::RowsFile { .. }
            | Self::Foreign { .. }
            | Self::NoRows { .. } => ErrorClass::Invalid,
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorClass::Full,
                _ => ErrorClass::Usage,
            },
        }
    }
}

impl From<SourceError> for TransferError {
    fn from(error: SourceError) -> Self {
        Self::End(StorageError::new(error.class(), error))
    }
}
