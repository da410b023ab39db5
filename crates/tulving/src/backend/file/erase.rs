//! Removing everything that a directory keeps of its owner.

use std::fs;

use super::compact::Keep;
use super::derived;
use super::directory::{Claim, Directory, Plan};
use super::error::FileError;
use super::journal::{self, Operation};
use super::state::Trust;
use crate::backend::{BackendError, Counts, LARGEST_WRITE, size_of_key};
use crate::model::{Key, Kind};

impl Directory {
    /// Removes all memories of the owner; gives how many there were. They are gone for readers with the
    /// first writes, and from the files with the fold that follows, which writes pairs without their records
    /// and a journal without their writes. Records that are stamped with somebody else stay.
    ///
    /// # Errors
    /// If the directory cannot be read or written. What was done until then stays; the same again does the
    /// rest.
    pub(super) fn erase(&self) -> Result<Counts, BackendError> {
        self.wait_for_compaction();
        let mut counts = Counts::default();
        loop {
            let removed = self.remove_some()?;
            if removed.total() == 0 {
                break;
            }
            for (kind, removed) in removed {
                counts[kind] += removed;
            }
        }
        self.fold(Trust::Bound, Keep::Foreign)?;
        self.remove_leftovers()?;
        Ok(counts)
    }

    /// Removes as many memories as one write takes.
    fn remove_some(&self) -> Result<Counts, BackendError> {
        self.write(|state| {
            let (mut plan, mut counts, mut bytes) = (Plan::default(), Counts::default(), 0);
            for kind in Kind::ALL {
                for (_, known) in state.shelf(kind).live() {
                    let key = Key::new(kind, known.id);
                    bytes += size_of_key(&key);
                    if bytes > LARGEST_WRITE {
                        break;
                    }
                    counts[kind] += 1;
                    plan.claims.push(Claim::Memory(kind, key.id.clone()));
                    if kind.sequence().is_some() {
                        let end = Claim::End(kind, known.conversation.to_owned());
                        plan.claims.push(end);
                    }
                    plan.operations.push(Operation::Delete { kind, id: key.id });
                }
            }
            Ok((plan, counts))
        })
    }

    /// Removes files that hold what was erased: what was derived of it, torn and kept journals, and the
    /// origin's own index of vectors.
    fn remove_leftovers(&self) -> Result<(), FileError> {
        let mut leftovers = vec![
            self.root.join("indexes").join("faiss.index"),
            self.root.join("indexes").join("faiss.index.outdated"),
        ];
        for (folder, marks) in [
            (derived::folder(&self.root), &[""][..]),
            (journal::folder(&self.root), &["torn-", "kept-"]),
        ] {
            let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
            let named = entries.filter(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                marks.iter().any(|mark| name.starts_with(mark))
            });
            leftovers.extend(named.map(|entry| entry.path()));
        }
        for path in leftovers.iter().filter(|path| path.exists()) {
            let disk = self.root.disk();
            let removing = FileError::io("removing", path);
            let folder = path.parent().unwrap_or(&self.root);
            disk.remove(path)
                .and_then(|()| disk.sync_folder(folder))
                .map_err(removing)?;
        }
        Ok(())
    }
}
