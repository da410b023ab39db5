//! Why a model cannot be run, or a text not be embedded.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a model cannot be run, or a text not be embedded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LocalError {
    /// A file cannot be read, or is not there.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is damaged, or contradicts itself or another.
    #[error("{}: {why}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file asks for what is not done here.
    #[error("{}: {what} is not supported; {instead}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it asks for.
        what: String,
        /// What is supported.
        instead: &'static str,
    },
    /// A text cannot be embedded, where others can.
    #[error("a text cannot be embedded: {0}")]
    Text(String),
}

impl LocalError {
    pub(crate) fn malformed(path: &Path, why: impl Into<String>) -> Self {
        Self::Malformed {
            path: path.to_owned(),
            why: why.into(),
        }
    }

    pub(crate) fn unsupported(path: &Path, what: impl Into<String>, instead: &'static str) -> Self {
        Self::Unsupported {
            path: path.to_owned(),
            what: what.into(),
            instead,
        }
    }

    /// Returns the error of a file that cannot be read.
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Read {
            path: path.to_owned(),
            source,
        }
    }
}
