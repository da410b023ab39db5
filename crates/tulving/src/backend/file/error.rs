//! What can go wrong between us and a data directory.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::layout::LayoutError;
use super::pair::PairError;

/// A failed exchange with a data directory.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// The directory holds no memory, or names files that are not there.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Records and vectors cannot be read.
    #[error(transparent)]
    Pair(#[from] PairError),
    /// The operating system refused.
    #[error("{doing} {path}")]
    Io {
        /// What was being done to the file.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}
