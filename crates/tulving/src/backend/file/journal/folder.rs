//! The folder of a directory's write-ahead logs.
//!
//! There is one log at a time, named by its generation. A compaction begins the next; the record of
//! its commit stands in the same folder, and so do the locks.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::super::error::FileError;

/// Returns where the logs of a directory are kept.
pub(crate) fn folder(root: &Path) -> PathBuf {
    root.join("journal")
}

/// Returns the path of the log of a generation.
pub(crate) fn log_path(root: &Path, generation: u64) -> PathBuf {
    folder(root).join(format!("{generation}.log"))
}

/// Returns the generations of the logs that are there, in no order.
///
/// # Errors
/// If the folder is there and cannot be read.
pub(crate) fn generations(root: &Path) -> Result<Vec<u64>, FileError> {
    let folder = folder(root);
    let reading = || FileError::io("reading", &folder);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(reading()(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry.map_err(reading())?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".log"));
        found.extend(number.and_then(|number| number.parse::<u64>().ok()));
    }
    Ok(found)
}
