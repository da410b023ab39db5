//! A scan of a directory: every file of it, byte by byte.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::error::FileError;
use super::export;
use super::root::relative;
use crate::backend::{Needles, Scan, ScannedPlace};

/// Looks for needles in all files of a directory, and in those of an export to it that was not finished.
///
/// # Errors
/// If a folder or a file cannot be read.
pub(super) fn scan(root: &Path, needles: &Needles) -> Result<Scan, FileError> {
    let mut scan = Scan::default();
    let mut files = Vec::new();
    let mut seen = BTreeSet::new();
    list(root, &mut seen, &mut files)?;
    let staging = export::unfinished(root);
    if staging.is_dir() {
        list(&staging, &mut seen, &mut files)?;
    }
    files.sort();
    for path in files {
        let mut place = ScannedPlace {
            name: relative(root, &path),
            ..ScannedPlace::default()
        };
        let looking = FileError::io("looking through", &path);
        let read = File::open(&path).and_then(|file| needles.find_in(file, &mut place.found));
        place.bytes = match read {
            Ok(bytes) => bytes,
            // What another process makes and removes is its own.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(looking(error)),
        };
        scan.places.push(place);
    }
    Ok(scan)
}

/// Lists the files of a folder and those below it, links followed.
fn list(
    folder: &Path,
    seen: &mut BTreeSet<PathBuf>,
    files: &mut Vec<PathBuf>,
) -> Result<(), FileError> {
    let looking = || FileError::io("looking through", folder);
    // A link may lead back to where it stands.
    if !seen.insert(folder.canonicalize().map_err(looking())?) {
        return Ok(());
    }
    for entry in fs::read_dir(folder).map_err(looking())? {
        let path = entry.map_err(looking())?.path();
        match fs::metadata(&path) {
            Ok(found) if found.is_dir() => list(&path, seen, files)?,
            Ok(found) if found.is_file() => files.push(path),
            // A link that leads nowhere, a socket, and what was removed meanwhile hold nothing.
            _ => {}
        }
    }
    Ok(())
}
