//! Why a directory is not a data directory.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::ErrorClass;

/// Why a directory is not a data directory.
#[derive(Debug, Error)]
pub enum LayoutError {
    /// There is no such directory.
    #[error("{path}: {what}", what = if *.is_there { "it is no directory" } else { "no such directory" })]
    NoDirectory {
        /// The path that was given.
        path: PathBuf,
        /// Whether there is something else in its place.
        is_there: bool,
    },
    /// Nothing in it is named as memories are.
    #[error("{path}: found neither corpus/nodes.json nor a manifest_<time>.json")]
    NothingThere {
        /// The directory.
        path: PathBuf,
    },
    /// The files of memories are there, but not in the folders where they belong.
    #[error("{path}: {} there, but not in the folders where a data directory has them", are(.files))]
    Flat {
        /// The directory.
        path: PathBuf,
        /// The names of the files: `nodes.json`, `nodes.npy` and the like.
        files: Vec<String>,
    },
    /// A file that belongs to the layout is not there.
    #[error("{path}: {found}; it should hold the {what}")]
    Missing {
        /// The file.
        path: PathBuf,
        /// What is kept in it.
        what: String,
        /// What is in its place, if anything.
        found: &'static str,
    },
    /// The manifest cannot be used.
    #[error("{path}: {reason}")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The directory cannot be read.
    #[error("reading {path}")]
    Io {
        /// What was read.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl LayoutError {
    /// Returns what kind of failure it is where memory is to be worked with.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::NoDirectory { .. } | Self::NothingThere { .. } | Self::Flat { .. } => {
                ErrorClass::Refused
            }
            Self::Missing { .. } | Self::Manifest { .. } => ErrorClass::Unreadable,
            Self::Io { .. } => ErrorClass::Configuration,
        }
    }
}

/// `nodes.json and nodes.npy are`
fn are(files: &[String]) -> String {
    let verb = if files.len() == 1 { "is" } else { "are" };
    match files {
        [.., before, last] => {
            let first = &files[..files.len() - 2];
            let first: String = first.iter().map(|file| format!("{file}, ")).collect();
            format!("{first}{before} and {last} {verb}")
        }
        _ => format!("{} {verb}", files.concat()),
    }
}
