//! Records and vectors that belong together, open for reading.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::layout::PairPaths;
use super::npy::{self, Npy, NpyError};
use crate::json::{Records, RecordsError, Span};

/// A file as it was when it was read through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// The file.
    pub path: PathBuf,
    /// Bytes.
    pub bytes: u64,
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
}

/// Why a pair of files cannot be read.
#[derive(Debug, Error)]
pub enum PairError {
    /// The records are no array of JSON.
    #[error("cannot read records from {path}")]
    Records {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        source: RecordsError,
    },
    /// The vectors cannot be used.
    #[error(transparent)]
    Vectors(#[from] NpyError),
    /// Another program wrote to the file.
    #[error("{path} changed while it was being read")]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("reading {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

/// Records and vectors, open. Reads are positional: several threads may share one.
#[derive(Debug)]
pub struct Pair {
    /// Where the files are.
    pub paths: PairPaths,
    /// The vectors.
    pub vectors: Npy,
    records: File,
    opened: [Stamp; 2],
}

/// What the operating system says of a file that nobody wrote to.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified: (i64, i64),
}

impl Pair {
    /// Opens both files.
    ///
    /// # Errors
    /// If one cannot be opened, or the header of the vectors is refused.
    pub fn open(paths: &PairPaths, options: npy::Options) -> Result<Self, PairError> {
        let io = |source| PairError::Io {
            path: paths.records.clone(),
            source,
        };
        let records = File::open(&paths.records).map_err(io)?;
        let vectors = Npy::open(&paths.vectors, options)?;
        let opened = [
            Stamp::of(&records).map_err(io)?,
            Stamp::of(vectors.file()).map_err(io)?,
        ];
        Ok(Self {
            paths: paths.clone(),
            vectors,
            records,
            opened,
        })
    }

    /// Goes through the records once, in order; `each` is given every record and where it lies.
    ///
    /// # Errors
    /// If the file is no JSON array; the error names byte and index.
    pub fn scan(&self, mut each: impl FnMut(Span, &[u8])) -> Result<Fingerprint, PairError> {
        let records = |source| PairError::Records {
            path: self.paths.records.clone(),
            source,
        };
        let mut hashing = Hashing {
            file: At::new(&self.records, 0),
            sha256: Sha256::new(),
            bytes: 0,
        };
        let mut reader = Records::new(BufReader::with_capacity(1 << 20, &mut hashing));
        let mut buffer = Vec::new();
        while let Some(span) = reader.next(&mut buffer).map_err(records)? {
            each(span, &buffer);
        }
        drop(reader);
        self.unchanged()?;
        Ok(Fingerprint {
            path: self.paths.records.clone(),
            bytes: hashing.bytes,
            sha256: hashing.sha256.finalize().into(),
        })
    }

    /// Returns the SHA-256 of the vectors' file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn fingerprint_vectors(&self) -> Result<Fingerprint, PairError> {
        let io = |source| PairError::Io {
            path: self.paths.vectors.clone(),
            source,
        };
        let mut hashing = Hashing {
            file: At::new(self.vectors.file(), 0),
            sha256: Sha256::new(),
            bytes: 0,
        };
        let mut buffer = vec![0; 1 << 20];
        while hashing.read(&mut buffer).map_err(io)? > 0 {}
        Ok(Fingerprint {
            path: self.paths.vectors.clone(),
            bytes: hashing.bytes,
            sha256: hashing.sha256.finalize().into(),
        })
    }

    /// Returns the file of the records, for reading it as bytes.
    pub(super) fn records(&self) -> &File {
        &self.records
    }

    /// Reads a stretch of the records' file.
    ///
    /// # Errors
    /// If it cannot be read, or one of the pair was written to since it was opened.
    pub fn bytes(&self, start: u64, count: usize) -> Result<Vec<u8>, PairError> {
        let mut bytes = vec![0; count];
        let read = self.records.read_exact_at(&mut bytes, start);
        self.unchanged()?;
        read.map_err(|source| PairError::Io {
            path: self.paths.records.clone(),
            source,
        })?;
        Ok(bytes)
    }

    /// Returns whether both files are as they were when they were opened. One that was replaced by another
    /// of the same name is: the one that is open stays.
    ///
    /// # Errors
    /// If one was written to.
    pub fn unchanged(&self) -> Result<(), PairError> {
        let files = [
            (&self.paths.records, &self.records),
            (&self.paths.vectors, self.vectors.file()),
        ];
        for ((path, file), opened) in files.into_iter().zip(&self.opened) {
            let path = || path.clone();
            let now = Stamp::of(file).map_err(|source| PairError::Io {
                path: path(),
                source,
            })?;
            if now != *opened {
                return Err(PairError::Changed { path: path() });
            }
        }
        Ok(())
    }
}

impl Stamp {
    fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self {
            bytes: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }
}

/// A file read from a position of its own.
pub(crate) struct At<'f> {
    file: &'f File,
    offset: u64,
}

impl<'f> At<'f> {
    pub(crate) fn new(file: &'f File, offset: u64) -> Self {
        Self { file, offset }
    }
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}

/// Hashes what passes.
struct Hashing<R> {
    file: R,
    sha256: Sha256,
    bytes: u64,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.sha256.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
}
