//! The files that a source reads, by the names that people see.

use std::path::Path;

use crate::backend::file::pair::Fingerprint;
use crate::transfer::InputFile;

/// Returns a file as receipts name it: relative to the data directory.
pub(super) fn input(root: &Path, fingerprint: Fingerprint) -> InputFile {
    InputFile {
        name: relative(root, &fingerprint.path),
        path: fingerprint.path,
        bytes: fingerprint.bytes,
        sha256: fingerprint.sha256,
    }
}

/// Returns a path as people see it in their data directory.
pub(super) fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}
