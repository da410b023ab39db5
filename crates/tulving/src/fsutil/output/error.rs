//! Why a file that a user named is not written.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use thiserror::Error;

use crate::ErrorClass;

/// Why a file that a user named is not written.
#[derive(Debug, Error)]
#[error("cannot write {}: {problem}", .path.display())]
pub struct OutputError {
    /// As it was named.
    pub path: PathBuf,
    /// What is in the way.
    #[source]
    pub problem: OutputProblem,
}

impl OutputError {
    /// Returns what kind of failure it is.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match &self.problem {
            OutputProblem::Io(_, source) if is_full(source.kind()) => ErrorClass::Full,
            _ => ErrorClass::Usage,
        }
    }
}

fn is_full(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    )
}

/// What is in the way of a file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OutputProblem {
    /// A file is there, and nobody said that it may be replaced.
    #[error("there is a file of that name already")]
    Exists,
    /// A directory is there.
    #[error("it is a directory")]
    IsDirectory,
    /// The directory that it should be in is not there.
    #[error("there is no directory {}", .0.display())]
    NoDirectory(PathBuf),
    /// Its symbolic links lead to each other.
    #[error("its symbolic links lead in a circle")]
    LinkLoop,
    /// It is one of the files that are read.
    #[error("it is a file of the source")]
    IsSource,
    /// It is to hold two things.
    #[error("the receipt and the rejected rows cannot go into one file")]
    NamedTwice,
    /// The system refused.
    #[error("{0}")]
    Io(Doing, #[source] io::Error),
}

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Looking at what has the name.
    Looking,
    /// Opening the device or pipe.
    Opening,
    /// Making a file beside it.
    Staging,
    /// Writing.
    Writing,
    /// Making the names in its directory survive a loss of power.
    Syncing,
    /// Giving the written file its name.
    Renaming,
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Looking => "looking at it failed",
            Self::Opening => "opening it failed",
            Self::Staging => "no file can be made in its directory",
            Self::Writing => "writing failed",
            Self::Syncing => "its directory cannot be synced to the disk",
            Self::Renaming => "renaming failed",
        })
    }
}
