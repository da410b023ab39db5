//! What can go wrong while memory is moved.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::ErrorClass;
use crate::backend::file::FileError;
use crate::backend::file::layout::LayoutError;
use crate::backend::file::pair::PairError;
use crate::backend::postgres::DatabaseError;
use crate::fsutil::OutputError;
use crate::json::{Foreign, ParseError};
use crate::model::Kind;
use crate::record::Flaw;

/// A record that is refused, and where it stands.
#[derive(Debug, Clone)]
pub struct Flawed {
    /// Node or episode.
    pub kind: Kind,
    /// The file, relative to the data directory.
    pub file: String,
    /// Its index in the file, from 0.
    pub index: u64,
    /// Where it was read instead: a file given with `--rows`, and its line there, from 1.
    pub line: Option<(PathBuf, u64)>,
    /// Its id, if it has one.
    pub id: Option<String>,
    /// What is wrong with it.
    pub flaw: Flaw,
    /// The record in canonical form.
    pub(crate) row: Vec<u8>,
    /// Its vector, where that is what is wrong, or the row brought it along.
    pub(crate) vector: Option<Vec<f32>>,
}

impl fmt::Display for Flawed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.line {
            Some((file, line)) => write!(f, "{}, line {line}", file.display())?,
            None => write!(f, "{}[{}]", self.file, self.index)?,
        }
        if let Some(id) = self.id.as_deref().filter(|id| !id.is_empty()) {
            write!(f, " ({id})")?;
        }
        write!(f, ": {} [{}]", self.flaw, self.flaw.reason.as_str())
    }
}

/// Why memory was not moved, or not all of it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The directory is no data directory.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A file of it cannot be read.
    #[error(transparent)]
    Pair(#[from] PairError),
    /// The directory's journal cannot be read, or does not belong to its files.
    #[error(transparent)]
    File(#[from] FileError),
    /// There are more records than vectors, or fewer.
    #[error("{} count mismatch: {records} holds {record_count}, {vectors} holds {vector_count} vectors", .kind.title())]
    CountMismatch {
        /// Nodes or episodes.
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
    /// A line of the file given with `--rows` cannot be used.
    #[error("{path}, line {line}: {reason}")]
    RowsFile {
        /// The file.
        path: PathBuf,
        /// Counts from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The file given with `--rows` is something else than text in UTF-8.
    #[error("{path} is {found}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: Foreign,
    },
    /// The file given with `--rows` holds nothing to migrate.
    #[error("{path} holds no rows of {kinds}")]
    NoRows {
        /// The file.
        path: PathBuf,
        /// Of what.
        kinds: String,
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
    /// The database failed, or refused.
    #[error(transparent)]
    Database(#[from] DatabaseError),
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
            Self::Database(error) => error.class(),
            // Whose memories are moved is said by the files: they are the source.
            Self::File(FileError::OtherOwner { .. }) => ErrorClass::Invalid,
            Self::File(error) => error.class(),
            Self::Layout(_)
            | Self::Pair(_)
            | Self::CountMismatch { .. }
            | Self::Malformed { .. } => ErrorClass::Unreadable,
            Self::Width { .. }
            | Self::Dimensions { .. }
            | Self::Flawed { .. }
            | Self::RowsFile { .. }
            | Self::Foreign { .. }
            | Self::NoRows { .. } => ErrorClass::Invalid,
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
}

impl From<tokio::task::JoinError> for TransferError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Worker {
            reason: error.to_string(),
        }
    }
}
