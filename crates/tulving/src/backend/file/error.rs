//! What can go wrong with a data directory that is read and written.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::layout::LayoutError;
use super::npy::NpyError;
use super::origin::Fault;
use super::pair::PairError;
use crate::ErrorClass;
use crate::backend::{BackendError, StorageError};
use crate::json::ParseError;
use crate::model::{Kind, Scope, Space};
use crate::record::Flaw;

/// Why a data directory was not read or not written. What failed was not written, in whole.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// The directory is no data directory.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Its records or vectors cannot be read.
    #[error(transparent)]
    Pair(#[from] PairError),
    /// There are more records than vectors, or fewer.
    #[error("{} count mismatch: {records} holds {record_count}, {vectors} holds {vector_count} vectors", .kind.title())]
    CountMismatch {
        /// Nodes or episodes.
        kind: Kind,
        /// The records' file.
        records: PathBuf,
        /// How many it holds.
        record_count: u64,
        /// The vectors' file.
        vectors: PathBuf,
        /// How many it holds.
        vector_count: u64,
    },
    /// The manifest names no owner.
    #[error("{path} has no owner yet; nothing in it was read")]
    NoOwner {
        /// The directory.
        path: PathBuf,
    },
    /// The manifest names another owner than the one who asks.
    #[error("{path} belongs to {owner}, not to {asked}; nothing in it was read")]
    OtherOwner {
        /// The directory.
        path: PathBuf,
        /// Whose it is.
        owner: Scope,
        /// Who asks.
        asked: Scope,
    },
    /// The directory is being removed.
    #[error("{path} is being removed; everything in it was forgotten")]
    Removing {
        /// The directory.
        path: PathBuf,
    },
    /// A new directory was to be made where there are memories.
    #[error("{path} holds memories already; nothing was changed")]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// A directory was to be made where there is something.
    #[error("{path} is there already, and holds something; nothing was changed")]
    Occupied {
        /// The path.
        path: PathBuf,
    },
    /// A directory cannot be made where it should be.
    #[error("no directory can be made at {path}: {why}")]
    NoPlace {
        /// The path.
        path: PathBuf,
        /// Why not.
        why: &'static str,
    },
    /// A directory that was to become one of memories belongs to something else.
    #[error("{path} holds {holds} and no memories; nothing was changed")]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// What is in it, in words.
        holds: String,
    },
    /// Another process holds the lock.
    #[error("{path} is locked by another process, for more than {seconds} s")]
    Locked {
        /// The lock's file.
        path: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
    /// Something else wrote to the files that a journal with pending writes is bound to.
    #[error(
        "another program changed {}, and {journal} still holds memories that are not written there; nothing was read or written",
        list(.changed)
    )]
    BaseChanged {
        /// The files that changed.
        changed: Vec<PathBuf>,
        /// The journal with the pending writes.
        journal: PathBuf,
    },
    /// Nothing but the journal holds memories of this kind yet.
    #[error("the {} are in {journal} alone", .kind.plural())]
    Unfolded {
        /// Nodes or episodes.
        kind: Kind,
        /// The journal.
        journal: PathBuf,
    },
    /// The journal says of vector spaces what the files do not say yet.
    #[error("{journal} says of vector spaces what the files do not say yet")]
    UnfoldedSpaces {
        /// The journal.
        journal: PathBuf,
    },
    /// A file of ours holds what was never written to it.
    #[error("{path} is damaged at byte {offset}: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// From which byte on.
        offset: u64,
        /// What is wrong there.
        reason: String,
    },
    /// A file of ours was written by a newer program.
    #[error("{path} has version {found}, this program knows {known}")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// The vectors' width is not the directory's.
    #[error("a vector of {found} numbers does not fit {path}, whose vectors have {expected}")]
    Width {
        /// The directory.
        path: PathBuf,
        /// Numbers in the vector.
        found: usize,
        /// Numbers in the directory's vectors.
        expected: usize,
    },
    /// A model was named for vectors, and there are none.
    #[error("{path} holds no vectors yet; the first one decides which model they are of")]
    NoVectors {
        /// The directory.
        path: PathBuf,
    },
    /// Vectors that are known to be of one model were to be called another's.
    #[error("the vectors in {path} are of {known}; nothing was changed")]
    OtherModel {
        /// The directory.
        path: PathBuf,
        /// What they are of.
        known: Space,
    },
    /// One write is larger than a journal's frame.
    #[error("one write of {bytes} bytes is more than the {limit} that are taken at once; split it")]
    TooLarge {
        /// Bytes of the write.
        bytes: u64,
        /// The most that is taken.
        limit: u64,
    },
    /// A record that cannot be stored.
    #[error("{} {id:?} cannot be stored: {flaw}", .kind.as_str())]
    Refused {
        /// Of which kind.
        kind: Kind,
        /// Its id.
        id: String,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// A memory that the origin's loader could not read, in files that it reads too.
    #[error("{} {id:?} cannot be stored in files that the Python program reads too, which does not take {fault}", .kind.as_str())]
    Unloadable {
        /// Of which kind.
        kind: Kind,
        /// Its id.
        id: String,
        /// What of it the loader does not take.
        fault: Fault,
    },
    /// A stored record cannot be read back.
    #[error("record {index} of {path} cannot be read")]
    Record {
        /// The file.
        path: PathBuf,
        /// Its place in it, from 0.
        index: u64,
        /// What is wrong with it.
        source: ParseError,
    },
    /// There is no room for what was to be written.
    #[error("the disk is full: {doing} {path}; nothing was written")]
    DiskFull {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A write failed and could not be taken back.
    #[error("an earlier write to {path} failed and could not be undone; open the directory again")]
    Poisoned {
        /// The journal.
        path: PathBuf,
    },
    /// The work was cut off, because the program ends or by a bug.
    #[error("the work was stopped: {0}")]
    Stopped(tokio::task::JoinError),
    /// The operating system refused.
    #[error("{doing} {path}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl FileError {
    /// Wraps what the system said; to be used with `map_err`.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| {
            let path = path.to_owned();
            match source.kind() {
                io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::FileTooLarge => Self::DiskFull {
                    doing,
                    path,
                    source,
                },
                _ => Self::Io {
                    doing,
                    path,
                    source,
                },
            }
        }
    }
}

impl FileError {
    /// Returns what kind of failure it is.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Layout(error) => error.class(),
            Self::NoOwner { .. }
            | Self::OtherOwner { .. }
            | Self::Removing { .. }
            | Self::NotEmpty { .. }
            | Self::Occupied { .. }
            | Self::NoPlace { .. }
            | Self::Foreign { .. }
            | Self::BaseChanged { .. }
            | Self::Unfolded { .. }
            | Self::UnfoldedSpaces { .. }
            | Self::Newer { .. }
            | Self::OtherModel { .. } => ErrorClass::Refused,
            Self::Pair(_)
            | Self::CountMismatch { .. }
            | Self::Record { .. }
            | Self::Damaged { .. } => ErrorClass::Unreadable,
            Self::Width { .. }
            | Self::TooLarge { .. }
            | Self::Refused { .. }
            | Self::Unloadable { .. } => ErrorClass::Invalid,
            Self::NoVectors { .. } => ErrorClass::Usage,
            Self::Locked { .. } => ErrorClass::Busy,
            Self::Poisoned { .. } => ErrorClass::Unavailable,
            Self::Stopped(stopped) if stopped.is_panic() => ErrorClass::Bug,
            Self::Stopped(_) => ErrorClass::Interrupted,
            Self::DiskFull { .. } => ErrorClass::Full,
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorClass::Full,
                _ => ErrorClass::Configuration,
            },
        }
    }
}

impl From<FileError> for StorageError {
    fn from(error: FileError) -> Self {
        Self::new(error.class(), error)
    }
}

impl From<FileError> for BackendError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::TooLarge { bytes, limit } => Self::TooLarge { bytes, limit },
            error => Self::Storage(error.into()),
        }
    }
}

impl From<NpyError> for FileError {
    fn from(error: NpyError) -> Self {
        Self::Pair(PairError::Vectors(error))
    }
}

fn list(paths: &[PathBuf]) -> impl fmt::Display {
    let names: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    names.join(" and ")
}
