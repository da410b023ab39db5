//! What is on a disk: what of it is durable, and what was done since.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::fsutil::folder;

#[derive(Debug, Clone)]
pub(super) enum Step {
    Create(PathBuf),
    CreateFolder(PathBuf),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    SyncFolder(PathBuf),
    Change(usize, Change),
    SyncFile(usize),
}

#[derive(Debug, Clone)]
pub(super) enum Change {
    Write(u64, Vec<u8>),
    SetLen(u64),
}

/// What is on a disk.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    pub(super) files: Vec<Content>,
    pub(super) folders: BTreeMap<PathBuf, Names>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    durable: BTreeMap<OsString, Node>,
    pending: Vec<Naming>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Node {
    File(usize),
    Folder,
}

#[derive(Debug, Clone)]
enum Naming {
    Set(OsString, Node),
    Unset(OsString),
    /// Both at once.
    Move(OsString, OsString, Node),
}

impl Model {
    pub(super) fn read(&mut self, at: &Path) {
        let mut names = Names::default();
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_owned();
            if path.is_dir() {
                names.durable.insert(name, Node::Folder);
                self.read(&path);
            } else {
                names.durable.insert(name, Node::File(self.files.len()));
                self.files.push(Content {
                    durable: fs::read(&path).unwrap(),
                    pending: Vec::new(),
                });
            }
        }
        self.folders.insert(at.to_owned(), names);
    }

    /// Returns what has that name now.
    pub(super) fn at(&self, path: &Path) -> Option<Node> {
        let names = self.folders.get(folder(path))?.kept(|| true);
        names.get(path.file_name()?).copied()
    }

    fn names(&mut self, path: &Path) -> (&mut Vec<Naming>, OsString) {
        let name = path.file_name().unwrap().to_owned();
        let names = self.folders.get_mut(folder(path)).unwrap();
        (&mut names.pending, name)
    }

    pub(super) fn apply(&mut self, step: &Step) {
        match step {
            Step::Create(path) => {
                let node = Node::File(self.files.len());
                self.files.push(Content::default());
                let (pending, name) = self.names(path);
                pending.push(Naming::Set(name, node));
            }
            Step::CreateFolder(path) => {
                let (pending, name) = self.names(path);
                pending.push(Naming::Set(name, Node::Folder));
                self.folders.insert(path.clone(), Names::default());
            }
            Step::Rename(from, to) => {
                let node = self.at(from).unwrap();
                let new = to.file_name().unwrap().to_owned();
                let (pending, name) = self.names(from);
                pending.push(Naming::Move(name, new, node));
            }
            Step::Remove(path) => {
                let (pending, name) = self.names(path);
                pending.push(Naming::Unset(name));
            }
            Step::SyncFolder(path) => {
                // Folders above the one that is simulated are durable.
                if let Some(names) = self.folders.get_mut(path) {
                    names.durable = names.kept(|| true);
                    names.pending.clear();
                }
            }
            Step::Change(file, change) => self.files[*file].pending.push(change.clone()),
            Step::SyncFile(file) => {
                let content = &mut self.files[*file];
                content.durable = content.kept(|_, len| len);
                content.pending.clear();
            }
        }
    }
}

impl Names {
    /// Returns the names that there are if of what is pending that is there for which `keep` says so.
    pub(super) fn kept(&self, mut keep: impl FnMut() -> bool) -> BTreeMap<OsString, Node> {
        let mut names = self.durable.clone();
        for naming in self.pending.iter().filter(|_| keep()) {
            match naming {
                Naming::Set(name, node) => {
                    names.insert(name.clone(), *node);
                }
                Naming::Unset(name) => {
                    names.remove(name);
                }
                Naming::Move(from, to, node) => {
                    names.remove(from);
                    names.insert(to.clone(), *node);
                }
            }
        }
        names
    }
}

impl Content {
    /// Returns the bytes that there are if of each pending write so many are there; it is told whether
    /// it is the last, and how long. A cut is there whole or not at all.
    pub(super) fn kept(&self, mut keep: impl FnMut(bool, usize) -> usize) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        for (index, change) in self.pending.iter().enumerate() {
            let is_last = index + 1 == self.pending.len();
            match change {
                Change::Write(offset, written) => {
                    let count = keep(is_last, written.len());
                    let (start, end) = (*offset as usize, *offset as usize + count);
                    if count > 0 {
                        bytes.resize(bytes.len().max(end), 0);
                        bytes[start..end].copy_from_slice(&written[..count]);
                    }
                }
                Change::SetLen(len) => {
                    if keep(is_last, 1) > 0 {
                        bytes.resize(*len as usize, 0);
                    }
                }
            }
        }
        bytes
    }
}
