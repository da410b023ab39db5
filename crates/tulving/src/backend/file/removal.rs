//! A directory that is being removed: the list of what goes, which outlives a kill.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use super::error::FileError;
use super::root::Root;
use crate::fsutil;

/// Returns where the list of files is while a directory is being removed.
pub(super) fn removal_path(root: &Path) -> PathBuf {
    root.join("removing.json")
}

/// Refuses a directory that is being removed.
///
/// # Errors
/// If it is.
pub(super) fn require_not_removing(root: &Path) -> Result<(), FileError> {
    match removal_path(root).exists() {
        true => Err(FileError::Removing {
            path: root.to_owned(),
        }),
        false => Ok(()),
    }
}

/// Finishes the removal of a directory that was proved to be empty, if one was begun; whether it was.
///
/// # Errors
/// If the directory cannot be read or written.
pub(super) fn finish_removal(root: &Root) -> Result<bool, FileError> {
    let (disk, marker) = (root.disk(), removal_path(root));
    let names = match fs::read(&marker) {
        Ok(names) => names,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(FileError::io("reading", &marker)(error)),
    };
    let names: Vec<String> =
        serde_json::from_slice(&names).map_err(|error| FileError::Damaged {
            path: marker.clone(),
            offset: 0,
            reason: error.to_string(),
        })?;
    // The list is a file like others, and may come from somebody else.
    let is_within = |name: &&String| {
        let mut parts = Path::new(name).components();
        parts.all(|part| matches!(part, Component::Normal(_)))
    };
    if let Some(name) = names.iter().find(|name| !is_within(name)) {
        return Err(FileError::Damaged {
            path: marker,
            offset: 0,
            reason: format!("it names {name:?}, which is not in the directory"),
        });
    }
    let mut folders = BTreeSet::new();
    for path in names.iter().map(|name| root.join(name)) {
        match disk.remove(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(FileError::io("removing", &path)(error));
            }
            _ => {}
        }
        let above = path.ancestors().skip(1);
        let above = above.take_while(|above| above.starts_with(&**root) && *above != &**root);
        folders.extend(above.map(Path::to_owned));
    }
    // The deepest first. One that holds something stays, and says so by refusing.
    for folder in folders.into_iter().rev() {
        let _ = disk.remove_folder(&folder);
    }
    disk.remove(&marker)
        .map_err(FileError::io("removing", &marker))?;
    let _ = disk.remove_folder(root);
    let above = fsutil::folder(root);
    disk.sync_folder(above)
        .map_err(FileError::io("removing files of", above))?;
    Ok(true)
}
