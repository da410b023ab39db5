//! The commit: the one atomic step that changes several files at once, by way of a commit record.
//!
//! New files are staged aside and made durable; then the commit record is written, and from that
//! moment on the new files count, whatever happens. It lists the renames that are left to do. Whoever
//! finds a record with nobody at work on it does them; who may not write reads the staged files.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::FileError;
use super::journal;
use super::layout::Layout;
use super::manifest::Manifest;
use super::root::{Root, relative};
use crate::fsutil::{self, Access};

const VERSION: u32 = 1;

/// A commit record. Names are relative to the data directory; of a file that a link leads out of it
/// they are whole paths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Commit {
    version: u32,
    /// That of the log which is among the renamed files; all earlier ones are done with.
    pub(super) generation: u64,
    /// In this order.
    renames: Vec<Rename>,
}

/// What a directory is made of: which log counts, and whether a commit is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) commit: Option<Commit>,
    /// That of the log; 0 if there is none.
    pub(super) generation: u64,
}

impl Head {
    /// Reads the head of a directory as it is now.
    ///
    /// # Errors
    /// If the commit record or the journal's folder cannot be read.
    pub(super) fn read(root: &Path) -> Result<Self, FileError> {
        let commit = Commit::read(root)?;
        let newest = journal::generations(root)?.into_iter().max().unwrap_or(0);
        let generation = commit.as_ref().map_or(newest, |commit| commit.generation);
        Ok(Self { commit, generation })
    }
}

/// What a record of any version has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Rename {
    from: String,
    to: String,
    /// SHA-256 of the file in hex, where it is one of the base.
    sha256: Option<String>,
}

impl Commit {
    /// Begins one with nothing to rename yet.
    pub(super) fn to(generation: u64) -> Self {
        Self {
            version: VERSION,
            generation,
            renames: Vec::new(),
        }
    }

    /// Plans that a staged file takes its name: that of the file which a link leads to, on whatever file
    /// system that is.
    ///
    /// # Errors
    /// If the links lead nowhere, or to a name that a record cannot hold.
    pub(super) fn publish(
        &mut self,
        root: &Path,
        path: &Path,
        sha256: Option<[u8; 32]>,
    ) -> Result<(), FileError> {
        let to = fsutil::true_path(path).map_err(FileError::io("writing", path))?;
        self.renames.push(Rename {
            from: name(root, &fsutil::staged(&to))?,
            to: name(root, &to)?,
            sha256: sha256.map(|sum| crate::hex(&sum)),
        });
        Ok(())
    }

    /// Plans that a file, or a link, takes another name.
    pub(super) fn rename(&mut self, root: &Path, from: &Path, to: &Path) {
        self.renames.push(Rename {
            from: relative(root, from),
            to: relative(root, to),
            sha256: None,
        });
    }

    fn path(root: &Path) -> PathBuf {
        journal::folder(root).join("commit.json")
    }

    pub(super) fn exists(root: &Path) -> bool {
        Self::path(root).exists()
    }

    /// Returns the record that is there, if there is one.
    ///
    /// # Errors
    /// If it cannot be read. It is written whole, so that means damage.
    pub(super) fn read(root: &Path) -> Result<Option<Self>, FileError> {
        let path = Self::path(root);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FileError::io("reading", &path)(error)),
        };
        let damaged = |error: serde_json::Error| FileError::Damaged {
            path: path.clone(),
            offset: 0,
            reason: error.to_string(),
        };
        // First of all, since another version may have other members.
        let Versioned { version } = serde_json::from_slice(&bytes).map_err(damaged)?;
        if version > VERSION {
            return Err(FileError::Newer {
                path,
                found: version,
                known: VERSION,
            });
        }
        serde_json::from_slice(&bytes).map(Some).map_err(damaged)
    }

    /// Returns where a file is that has, or will have, this name.
    pub(super) fn at(&self, root: &Path, path: &Path) -> PathBuf {
        let to = fsutil::true_path(path).ok();
        let to = to.and_then(|to| name(root, &to).ok());
        let rename = self
            .renames
            .iter()
            .find(|rename| to.as_ref() == Some(&rename.to));
        rename
            .map(|rename| root.join(&rename.from))
            .filter(|from| from.exists())
            .unwrap_or_else(|| path.to_owned())
    }

    /// Writes the record: the staged files, which must be durable, count from now on.
    ///
    /// # Errors
    /// If the system refuses; then nothing changed.
    pub(super) fn record(&self, root: &Root) -> Result<(), FileError> {
        let path = Self::path(root);
        self.sync_folders(root)?;
        let bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        root.disk()
            .replace(&path, &bytes, Access::Usual)
            .map_err(FileError::io("writing", &path))
    }

    /// Does what the record says and takes it away; what was done before is left as it is. Only
    /// under the lock for writing.
    ///
    /// # Errors
    /// If the system refuses, or a file is gone; if a newer program has made the directory its own. The
    /// record stays.
    pub(super) fn roll_forward(&self, root: &Root) -> Result<(), FileError> {
        // What a newer program has begun is for that one to finish.
        Manifest::read(&Layout::find(root)?)?;
        let disk = root.disk();
        for rename in &self.renames {
            let (from, to) = (root.join(&rename.from), root.join(&rename.to));
            match disk.rename(&from, &to) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::NotFound && to.exists() => {}
                Err(error) => return Err(FileError::io("renaming", &from)(error)),
            }
        }
        self.sync_folders(root)?;
        let folder = journal::folder(root);
        let cleaning = || FileError::io("cleaning", &folder);
        for old in journal::generations(root)? {
            if old < self.generation {
                disk.remove(&journal::log_path(root, old))
                    .map_err(cleaning())?;
            }
        }
        disk.sync_folder(&folder).map_err(cleaning())?;
        disk.remove(&Self::path(root)).map_err(cleaning())?;
        disk.sync_folder(&folder).map_err(cleaning())
    }

    /// Makes the names in all folders of the commit durable.
    fn sync_folders(&self, root: &Root) -> Result<(), FileError> {
        let paths = self.renames.iter().map(|rename| root.join(&rename.to));
        let folders: BTreeSet<PathBuf> =
            paths.map(|path| fsutil::folder(&path).to_owned()).collect();
        for folder in folders {
            root.disk()
                .sync_folder(&folder)
                .map_err(FileError::io("writing", &folder))?;
        }
        Ok(())
    }
}

/// Returns how a record names a file: relative to the directory where it lies in it, else with its
/// whole path, which no link is part of.
fn name(root: &Path, path: &Path) -> Result<String, FileError> {
    let within = root
        .canonicalize()
        .map_err(FileError::io("reading", root))?;
    let path = path.strip_prefix(&within).unwrap_or(path);
    path.to_str().map(str::to_owned).ok_or_else(|| {
        let reason = "its path is not UTF-8, and cannot be written down";
        FileError::io("writing", path)(std::io::Error::new(ErrorKind::InvalidInput, reason))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_a_newer_version_is_refused_whatever_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let root = &Root::new(folder.path());
        fs::create_dir(journal::folder(root)).unwrap();
        Commit::to(7).record(root).unwrap();
        assert_eq!(Commit::read(root).unwrap(), Some(Commit::to(7)));
        fs::write(Commit::path(root), r#"{"version": 2, "steps": []}"#).unwrap();
        match Commit::read(root) {
            Err(FileError::Newer { found, known, .. }) => assert_eq!((found, known), (2, VERSION)),
            other => panic!("{other:?}"),
        }
        for damaged in ["{}", r#"{"version": 1}"#, r#"{"version": -1}"#, ""] {
            fs::write(Commit::path(root), damaged).unwrap();
            let read = Commit::read(root);
            assert!(matches!(read, Err(FileError::Damaged { .. })), "{damaged}");
        }
    }
}
