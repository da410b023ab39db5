//! A purge: nothing of what is gone stays in the files of a directory.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use super::derived;
use super::directory::Directory;
use super::error::FileError;
use super::export;
use super::fold::Fold;
use super::folded::Keep;
use super::forgotten;
use super::journal::{self, Header, LARGEST, Log, Operation, encode};
use super::layout::{self, Layout};
use super::lock::{COMPACTION_PATIENCE, Lock};
use super::manifest::Manifest;
use super::opening::IfBaseChanged;
use super::removal::{finish_removal, removal_path};
use super::root::relative;
use super::state::State;
use super::vectors;
use crate::backend::BeyondReach;
use crate::fsutil::{self, Access};
use crate::json::{self, Value};
use crate::model::{Key, Kind};

impl Directory {
    /// Folds the journal, so that neither it nor the pairs hold what is gone, and removes what holds more than
    /// they do. Returns what is not in the directory.
    ///
    /// # Errors
    /// If the directory cannot be read or written. What was done until then stays; the same again does the
    /// rest.
    pub(super) fn purge(&self) -> Result<Vec<BeyondReach>, FileError> {
        self.wait_for_compaction();
        // What others write between the two may make it foldable after all.
        while self.fold(IfBaseChanged::Refuse, Keep::All)?.is_none() && !self.rewrite_journal()? {}
        self.forget_ingested()?;
        self.remove_imports()?;
        self.remove_leftovers()?;
        Ok(vec![
            BeyondReach::new(
                "blocks of the disk that the files had before",
                "they are free, and hold what they held until the file system writes there again",
            ),
            BeyondReach::new(
                "copies of the directory: backups, snapshots of the file system, exports",
                "delete those that are older than this certificate",
            ),
        ])
    }

    /// Writes the journal anew, with what is there and nothing else, where it cannot be folded because nobody knows how
    /// wide vectors are; documents need none, and are folded. Returns whether that was so.
    fn rewrite_journal(&self) -> Result<bool, FileError> {
        let root = &self.root;
        let (disk, folder) = (root.disk(), journal::folder(root));
        let _alone = Lock::wait(disk, &folder.join("compact.lock"), COMPACTION_PATIENCE)?;
        let _writers = self.stop_writers();
        let (_lock, state) = self.lock_for_writing(IfBaseChanged::Refuse)?;
        if state.space().is_some() {
            return Ok(false);
        }
        let Some(log) = &state.log else {
            return Ok(true);
        };
        let generation = log.header().generation + 1;
        let mut fold = Fold::new(&state, generation, Keep::All)?;
        let staged = fold.stage();
        if let Err(error) = staged {
            fold.discard();
            return Err(error);
        }
        let mut next = Log::stage(
            disk,
            &journal::log_path(root, generation),
            &Header::new(generation, fold.base_fingerprint),
            Access::of(state.guarded().as_ref()),
        )?;
        let payloads = payloads(&state)?;
        next.append(payloads.iter().map(Vec::as_slice))?;
        fold.commit.publish(root, next.path(), None)?;
        fold.commit.record(root)?;
        fold.commit.roll_forward(root)?;
        Ok(true)
    }

    /// Takes ids that were forgotten out of the list of those that the origin imported. Its own importer takes
    /// them for new from then on; this program knows them by their tombstones.
    pub(super) fn forget_ingested(&self) -> Result<(), FileError> {
        let root = &self.root;
        let _writers = self.stop_writers();
        let (_lock, _state) = self.lock_for_writing(IfBaseChanged::Refuse)?;
        let path = layout::ingested(root);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(FileError::io("reading", &path)(error)),
        };
        let forgotten = forgotten::read(root)?;
        // One of another form is none of ours; the scan finds what it holds.
        let Ok(Value::Object(mut members)) = json::parse(&bytes) else {
            return Ok(());
        };
        let list = members
            .iter_mut()
            .rfind(|(key, _)| key.to_str() == Some(layout::INGESTED_IDS));
        let Some((_, Value::Array(ids))) = list else {
            return Ok(());
        };
        let before = ids.len();
        ids.retain(|id| match id {
            Value::String(id) => {
                let id = id.storable();
                let mut keys = Kind::ALL.into_iter().map(|kind| Key::new(kind, &*id));
                !keys.any(|key| forgotten.holds(&key))
            }
            _ => true,
        });
        if ids.len() == before {
            return Ok(());
        }
        let (value, mut written) = (Value::Object(members), Vec::new());
        match bytes.contains(&b'\n') {
            true => json::write_indented(&value, 0, &mut written),
            false => json::write(&value, &mut written),
        }
        root.disk()
            .replace(&path, &written, Access::Usual)
            .map_err(FileError::io("writing", &path))
    }

    /// Removes files that hold what is gone: what was derived of it, torn and kept journals, the origin's own
    /// index of vectors, what was staged in vain, and an export to here that was not finished.
    pub(super) fn remove_leftovers(&self) -> Result<(), FileError> {
        let root = &self.root;
        let (disk, journals) = (root.disk(), journal::folder(root));
        let _alone = Lock::wait(disk, &journals.join("compact.lock"), COMPACTION_PATIENCE)?;
        let _writers = self.stop_writers();
        // Nothing is staged now but in vain.
        let (_lock, state) = self.lock_for_writing(IfBaseChanged::Refuse)?;
        let mut leftovers = vec![
            root.join("indexes").join("faiss.index"),
            root.join("indexes").join("faiss.index.outdated"),
        ];
        leftovers.extend(staged(&state)?);
        for (folder, marks) in [
            (derived::folder(root), &[""][..]),
            (journals, &["torn-", "kept-"]),
        ] {
            let looking = || FileError::io("looking through", &folder);
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(looking()(error)),
            };
            for entry in entries {
                let entry = entry.map_err(looking())?;
                let name = entry.file_name();
                let name = name.to_string_lossy();
                if marks.iter().any(|mark| name.starts_with(mark)) || name.ends_with(".log.new") {
                    leftovers.push(entry.path());
                }
            }
        }
        let mut folders = BTreeSet::new();
        // A link that leads nowhere is there, too.
        let is_there = |path: &&PathBuf| path.symlink_metadata().is_ok();
        for path in leftovers.iter().filter(is_there) {
            disk.remove(path).map_err(FileError::io("removing", path))?;
            folders.extend(path.parent());
        }
        for folder in folders {
            let removing = FileError::io("removing files of", folder);
            disk.sync_folder(folder).map_err(removing)?;
        }
        export::clear_unfinished(root, state.scope)
    }
}

impl Directory {
    /// Removes a directory that holds nothing, the manifest last; files that are none of ours stay, and so does
    /// everything where somebody else has records in it. Returns whether it was removed.
    ///
    /// # Errors
    /// If the directory cannot be read or written.
    pub(super) fn remove_empty(&self) -> Result<bool, FileError> {
        let root = &self.root;
        let (disk, journals) = (root.disk(), journal::folder(root));
        let _alone = Lock::wait(disk, &journals.join("compact.lock"), COMPACTION_PATIENCE)?;
        let _writers = self.stop_writers();
        let (_lock, state) = self.lock_for_writing(IfBaseChanged::Refuse)?;
        let partitions = Kind::ALL.map(|kind| state.partition(kind));
        let is_empty = partitions
            .iter()
            .all(|partition| partition.base.rows() == 0 && partition.live().next().is_none())
            && state.documents.records(false).next().is_none();
        if !is_empty {
            return Ok(false);
        }
        // Locks and manifest go last: until then nobody takes it for another directory.
        let mut files = own_files(&state)?;
        for folder in [journals, derived::folder(root)] {
            let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
            let (locks, others): (Vec<_>, Vec<_>) =
                entries.map(|entry| entry.path()).partition(|path| {
                    path.extension().is_some_and(|it| it == "lock") || path.ends_with("lock")
                });
            files.splice(0..0, others);
            files.extend(locks);
        }
        let names: Vec<String> = files.iter().map(|path| relative(root, path)).collect();
        let names = serde_json::to_vec(&names).unwrap_or_default();
        let marker = removal_path(root);
        disk.replace(&marker, &names, Access::Private)
            .map_err(FileError::io("writing", &marker))?;
        finish_removal(root)
    }
}

/// Returns the names under which files of a directory are staged.
fn staged(state: &State) -> Result<Vec<PathBuf>, FileError> {
    let files = own_files(state)?;
    // A link that leads nowhere has nothing staged.
    let places = files.iter().filter_map(|path| fsutil::true_path(path).ok());
    Ok(places.map(|path| fsutil::staged(&path)).collect())
}

/// Returns the files that a directory has beside its journal, or may have; the manifest is the last.
pub(super) fn own_files(state: &State) -> Result<Vec<PathBuf>, FileError> {
    let root = &state.root;
    let layout = Layout::find(root)?;
    let mut files = vec![
        layout.clusters.clone(),
        layout::documents(root),
        layout::ingested(root),
        forgotten::path(root),
        forgotten::unfinished_path(root),
    ];
    for kind in Kind::ALL {
        let pair = layout.paths(kind);
        files.extend([pair.records.clone(), pair.vectors.clone()]);
        let spaces = state.spaces.further().map(|(number, _)| number);
        let spaces = spaces.chain([state.spaces.pair]);
        files.extend(spaces.map(|number| vectors::path(root, number, kind)));
    }
    files.push(Manifest::read(&layout)?.path().clone());
    Ok(files)
}

/// Returns the memories that are only in the journal, none of which has a vector, as the payloads of frames.
fn payloads(state: &State) -> Result<Vec<Vec<u8>>, FileError> {
    let mut payloads = vec![Vec::new()];
    let mut add = |operation: &Operation| {
        let mut payload = Vec::new();
        encode(operation, &mut payload);
        match payloads.last_mut() {
            Some(last) if last.len() + payload.len() <= LARGEST => last.append(&mut payload),
            _ => payloads.push(payload),
        }
    };
    for kind in Kind::ALL {
        let partition = state.partition(kind);
        for (doc, _) in partition.live() {
            if partition.change_row(doc).is_none() {
                continue;
            }
            let mut record = Vec::new();
            json::write(&state.record(kind, doc)?, &mut record);
            add(&Operation::Put {
                kind,
                record,
                vector: None,
            });
        }
    }
    payloads.retain(|payload| !payload.is_empty());
    Ok(payloads)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::backend::FileBackend;
    use super::super::founding::Founding;
    use super::super::root::Root;
    use super::*;
    use crate::backend::{Backend as _, Draft, Entry};
    use crate::model::{Embedding, Node, Scope, Space, Timestamp};

    const OWNER: Scope = Scope::User(uuid::Uuid::from_u128(7));

    fn wait<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(work)
    }

    fn saying(id: &str, text: &str) -> Draft {
        let at = Timestamp::from_micros(0).unwrap();
        let mut node = Node::new(id, 0, text, "", at);
        id.clone_into(&mut node.id);
        let vector = Embedding::new(Arc::new(Space::local("m", 2)), vec![1.0, 2.0]);
        Draft::Whole(Entry {
            memory: node.into(),
            embedding: Some(vector.unwrap()),
        })
    }

    /// Who opened the files before an erasure keeps nothing of what it derives of them: neither while that is under
    /// way nor when it is done. Before and after it, what is derived is kept.
    #[test]
    fn a_reader_of_before_an_erasure_leaves_nothing_derived_behind() {
        let folder = tempfile::tempdir().unwrap();
        let founding = Founding::begin(folder.path()).unwrap();
        drop(founding.settle(OWNER, None).unwrap());
        let root = Root::new(folder.path());
        let backend = FileBackend::open(&root).unwrap();
        let drafts = vec![saying("canary", "zarquon"), saying("crow", "quarzon")];
        wait(backend.insert(OWNER, drafts)).unwrap();
        backend.compact().unwrap();
        let derived_files = || {
            let entries = fs::read_dir(derived::folder(&root)).into_iter().flatten();
            entries.flatten().count()
        };
        let open = || Directory::open(&root, IfBaseChanged::Refuse).unwrap();
        let read = |directory: &Directory| {
            let state = directory.last_state();
            state.partition(Kind::Node).base.words().unwrap();
            state.partition(Kind::Node).base.vectors().unwrap();
        };
        let clean = || drop(fs::remove_dir_all(derived::folder(&root)));
        let readers = [open(), open(), open()];
        clean();
        read(&readers[0]);
        assert_eq!(derived_files(), 2, "what is derived is kept");
        let erasing = open();
        let held = erasing.hold().unwrap();
        clean();
        read(&readers[1]);
        assert_eq!(derived_files(), 0, "while an erasure is under way");
        let key = Key::new(Kind::Node, "canary");
        wait(backend.delete(OWNER, std::slice::from_ref(&key))).unwrap();
        erasing.purge().unwrap();
        drop(held);
        clean();
        read(&readers[2]);
        assert_eq!(derived_files(), 0, "of files that were replaced");
        read(&open());
        assert!(derived_files() >= 2, "what is derived is kept again");
    }
}
