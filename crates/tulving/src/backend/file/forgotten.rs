//! What a directory knows of erasures: tombstones, in a file of salted hashes, one for each memory or document that
//! was forgotten; and the record of an erasure that is under way.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::directory::Directory;
use super::error::FileError;
use super::journal;
use super::lock::{COMPACTION_PATIENCE, Lock};
use super::opening::IfBaseChanged;
use super::root::Root;
use crate::backend::Forgotten;
use crate::fsutil::Access;
use crate::model::Key;

const VERSION: u32 = 1;

/// The file's content; bytes are in hex.
#[derive(Serialize, Deserialize)]
struct Content {
    version: u32,
    salt: String,
    forgotten: Vec<String>,
}

/// Returns where the tombstones of a directory are.
pub(super) fn path(root: &Path) -> PathBuf {
    root.join("forgotten.json")
}

/// Returns the tombstones of a directory; none, with a new salt, where it has no file of them.
///
/// # Errors
/// If the file cannot be read.
pub(super) fn read(root: &Path) -> Result<Forgotten, FileError> {
    let path = path(root);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Forgotten::default()),
        Err(error) => return Err(FileError::io("reading", &path)(error)),
    };
    let damaged = |reason: String| FileError::Damaged {
        path: path.clone(),
        offset: 0,
        reason,
    };
    let content: Content =
        serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    if content.version > VERSION {
        return Err(FileError::Newer {
            path,
            found: content.version,
            known: VERSION,
        });
    }
    let number = |text: &str| match u128::from_str_radix(text, 16) {
        Ok(number) if text.len() == 32 => Ok(number.to_be_bytes()),
        _ => Err(damaged(
            "a hash or the salt has not 32 hexadecimal digits".to_owned(),
        )),
    };
    let tombstones = content.forgotten.iter().map(|text| number(text));
    Ok(Forgotten {
        salt: number(&content.salt)?,
        tombstones: tombstones.collect::<Result<BTreeSet<_>, _>>()?,
    })
}

/// Returns where the record of an erasure is while that is under way.
pub(super) fn unfinished_path(root: &Path) -> PathBuf {
    root.join("forgetting.json")
}

/// Returns the record of an erasure that was not finished, if there is one.
///
/// # Errors
/// If the file cannot be read.
pub(super) fn unfinished(root: &Path) -> Result<Option<Vec<u8>>, FileError> {
    let path = unfinished_path(root);
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::io("reading", &path)(error)),
    }
}

/// Returns the lock that an erasure holds from its beginning until everything was looked through.
pub(super) fn lock_path(root: &Path) -> PathBuf {
    journal::folder(root).join("forget.lock")
}

impl Directory {
    /// Keeps other erasures away until the lock is dropped. Writers do not wait for it.
    ///
    /// # Errors
    /// If another has held it for too long.
    pub(super) fn hold(&self) -> Result<Lock, FileError> {
        Lock::wait(
            self.root.disk(),
            &lock_path(&self.root),
            COMPACTION_PATIENCE,
        )
    }

    /// Keeps the record of an erasure, durably and for its owner alone; or removes it.
    ///
    /// # Errors
    /// If the file cannot be written or removed.
    pub(super) fn keep_unfinished(&self, record: Option<&[u8]>) -> Result<(), FileError> {
        let (disk, path) = (self.root.disk(), unfinished_path(&self.root));
        let Some(record) = record else {
            if !path.exists() {
                return Ok(());
            }
            let removed = disk.remove(&path);
            return removed
                .and_then(|()| disk.sync_folder(&self.root))
                .map_err(FileError::io("removing", &path));
        };
        disk.replace(&path, record, Access::Private)
            .map_err(FileError::io("writing", &path))
    }

    /// Changes the tombstones, durably.
    ///
    /// # Errors
    /// If another process keeps the lock, or the file cannot be read or written.
    pub(super) fn change_forgotten(
        &self,
        change: impl FnOnce(&mut Forgotten),
    ) -> Result<(), FileError> {
        let _writers = self.stop_writers();
        let (_lock, state) = self.lock_for_writing(IfBaseChanged::Refuse)?;
        let before = read(&self.root)?;
        let mut after = before.clone();
        change(&mut after);
        if after.tombstones == before.tombstones {
            return Ok(());
        }
        write(&self.root, &after, state.guarded().as_ref())
    }
}

/// Takes tombstones away, for whoever holds the lock of writers.
///
/// # Errors
/// If the file cannot be read or written.
pub(super) fn lift(root: &Root, keys: &[Key], access: Option<&Metadata>) -> Result<(), FileError> {
    if keys.is_empty() {
        return Ok(());
    }
    let mut forgotten = read(root)?;
    let before = forgotten.tombstones.len();
    keys.iter().for_each(|key| forgotten.lift(key));
    match forgotten.tombstones.len() == before {
        true => Ok(()),
        false => write(root, &forgotten, access),
    }
}

fn write(root: &Root, forgotten: &Forgotten, access: Option<&Metadata>) -> Result<(), FileError> {
    let tombstones = forgotten.tombstones.iter();
    let content = Content {
        version: VERSION,
        salt: crate::hex(&forgotten.salt),
        forgotten: tombstones.map(|it| crate::hex(it)).collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&content).unwrap_or_default();
    bytes.push(b'\n');
    let path = path(root);
    root.disk()
        .replace(&path, &bytes, Access::of(access))
        .map_err(FileError::io("writing", &path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_list_of_hashes_is_refused_and_not_taken_for_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).unwrap().tombstones.is_empty());
        for (content, newer) in [
            (r#"{"version": 2, "salt": "", "forgotten": []}"#, true),
            (r#"{"version": 1, "salt": "00", "forgotten": []}"#, false),
            (r#"{"version": 1}"#, false),
            ("", false),
        ] {
            fs::write(path(folder.path()), content).unwrap();
            match read(folder.path()) {
                Err(FileError::Newer { .. }) if newer => {}
                Err(FileError::Damaged { .. }) if !newer => {}
                other => panic!("{content}: {other:?}"),
            }
        }
    }
}
