//! A scan of a directory: every file of it, byte by byte, and the names of all.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use super::derived;
use super::directory::Directory;
use super::error::FileError;
use super::export;
use super::forgotten;
use super::journal;
use super::purge::own_files;
use super::root::relative;
use crate::backend::{Needles, Scan, ScannedPlace};

/// Looks for needles in all files of a directory, and in those of an export to it that was not finished. What
/// cannot be read is named, apart where it is none of ours; so are links out of the directory, which are followed only to files of its own.
///
/// # Errors
/// If the directory cannot be read at all.
pub(super) fn scan(directory: &Directory, needles: &Needles) -> Result<Scan, FileError> {
    let state = directory.state()?;
    let root = &*directory.root;
    let folders = [journal::folder(root), derived::folder(root)];
    let mut listed = Listed {
        root: root.to_owned(),
        true_root: root
            .canonicalize()
            .map_err(FileError::io("looking through", root))?,
        own: own_files(&state)?
            .into_iter()
            .chain(folders.clone())
            .collect(),
        // It is what was looked for, and goes with the proof.
        kept: forgotten::unfinished_path(root),
        staging: export::unfinished(root),
        seen: BTreeSet::new(),
        files: BTreeSet::new(),
        scan: Scan::default(),
    };
    listed.folder(root);
    let staging = listed.staging.clone();
    if staging.is_dir() {
        listed.folder(&staging);
    }
    let Listed {
        own,
        files,
        mut scan,
        ..
    } = listed;
    for path in files {
        let is_staged = path.starts_with(&staging);
        let is_own = own.contains(&path) || folders.iter().any(|folder| path.starts_with(folder));
        let mut place = ScannedPlace {
            name: relative(root, &path),
            holds_memories: is_own,
            ..ScannedPlace::default()
        };
        needles.find(place.name.as_bytes(), &mut place.found);
        let read = File::open(&path).and_then(|file| needles.find_in(file, &mut place.found));
        match read {
            Ok(bytes) => place.bytes = bytes,
            // What another process makes and removes is its own.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => {
                let why = format!("{}: {error}", place.name);
                match is_own || is_staged {
                    true => scan.unread.push(why),
                    false => scan.strange.push(why),
                }
                // Nothing was looked through but its name.
                if place.found.is_empty() {
                    continue;
                }
            }
        }
        scan.places.push(place);
    }
    Ok(scan)
}

/// What was found below a directory.
struct Listed {
    root: PathBuf,
    true_root: PathBuf,
    own: BTreeSet<PathBuf>,
    kept: PathBuf,
    /// Of an export to here.
    staging: PathBuf,
    seen: BTreeSet<PathBuf>,
    files: BTreeSet<PathBuf>,
    scan: Scan,
}

impl Listed {
    /// Lists the files of a folder and those below it.
    fn folder(&mut self, folder: &Path) {
        let is_new = match folder.canonicalize() {
            Ok(place) => self.seen.insert(place),
            Err(error) => return self.unread(folder, &error),
        };
        // A link may lead back to where it stands.
        if !is_new {
            return;
        }
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.unread(folder, &error),
        };
        for entry in entries {
            match entry {
                Ok(entry) => self.entry(entry.path()),
                Err(error) => self.unread(folder, &error),
            }
        }
    }

    fn entry(&mut self, path: PathBuf) {
        if path == self.kept {
            return;
        }
        if path.is_symlink() && !self.is_of_directory(&path) {
            self.scan.outside.push(relative(&self.root, &path));
            return;
        }
        match fs::metadata(&path) {
            Ok(found) if found.is_dir() => self.folder(&path),
            Ok(found) if found.is_file() => drop(self.files.insert(path)),
            // A socket or a device holds nothing.
            Ok(_) => {}
            // Neither does what was removed meanwhile, or a link that leads nowhere.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => self.unread(&path, &error),
        }
    }

    /// Returns whether a link leads to somewhere in the directory, or to files of its own that are elsewhere.
    fn is_of_directory(&self, link: &Path) -> bool {
        let is_within = link
            .canonicalize()
            .map_or(true, |place| place.starts_with(&self.true_root));
        is_within || self.own.iter().any(|own| own.starts_with(link))
    }

    /// Notes what could not be read; whether it is one of our files or holds one makes the difference.
    fn unread(&mut self, path: &Path, error: &Error) {
        let why = format!("{}: {error}", relative(&self.root, path));
        let is_within = |own: &PathBuf| own.starts_with(path) || path.starts_with(own);
        match self.own.iter().any(is_within) || path.starts_with(&self.staging) {
            true => self.scan.unread.push(why),
            false => self.scan.strange.push(why),
        }
    }
}
