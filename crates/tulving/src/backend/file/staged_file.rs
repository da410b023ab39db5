//! A file that is written aside, with its checksum, before it gets its name.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::error::FileError;
use crate::fsutil::{Access, Appending, Disk};

/// A file that is written from its beginning to its end.
pub(super) struct StagedFile {
    file: BufWriter<Appending>,
    sha256: Sha256,
    path: PathBuf,
}

impl StagedFile {
    /// Makes the file, whatever has its name.
    ///
    /// # Errors
    /// If the system refuses.
    pub(super) fn create(
        disk: &dyn Disk,
        path: &Path,
        access: Access<'_>,
    ) -> Result<Self, FileError> {
        let file = disk.create(path, access);
        Ok(Self {
            file: BufWriter::with_capacity(
                1 << 20,
                Appending::to(file.map_err(FileError::io("writing", path))?),
            ),
            sha256: Sha256::new(),
            path: path.to_owned(),
        })
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// If the system refuses.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.sha256.update(bytes);
        self.file
            .write_all(bytes)
            .map_err(FileError::io("writing", &self.path))
    }

    /// Makes the file durable; returns its SHA-256.
    ///
    /// # Errors
    /// If the system refuses.
    pub(super) fn finish(self) -> Result<[u8; 32], FileError> {
        let writing = || FileError::io("writing", &self.path);
        let file = self.file.into_inner();
        let file = file.map_err(|error| writing()(error.into_error()))?;
        file.sync_all().map_err(writing())?;
        Ok(self.sha256.finalize().into())
    }
}
