//! Erasure of a scope: everything that a directory keeps of its owner is removed.

use super::directory::{ConflictKey, Directory, Plan};
use super::folded::Keep;
use super::journal::Operation;
use super::opening::IfBaseChanged;
use super::state::State;
use crate::backend::{BackendError, Counts, LARGEST_WRITE, size_of_key};
use crate::model::{Document, Key, Kind};

impl Directory {
    /// Removes all memories and documents of the owner; returns how many there were. They are gone for readers with the
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
            let removed = self.write(|state| Ok(removal(state)))?;
            for (kind, removed) in removed.unwrap_or_default() {
                counts[kind] += removed;
            }
            // What others write meanwhile goes too.
            if removed.is_none() && self.clear()? {
                break;
            }
        }
        self.forget_ingested()?;
        self.remove_leftovers()?;
        Ok(counts)
    }

    /// Removes what else is kept where there is no memory and no document; whether it was done. A memory that
    /// comes meanwhile stays.
    ///
    /// # Errors
    /// If the directory cannot be read or written.
    pub(super) fn clear(&self) -> Result<bool, BackendError> {
        self.wait_for_compaction();
        loop {
            // The fold removes the files of spaces that are not kept any more.
            let is_clear = self.write(|state| {
                let is_clear = removal(state).1.is_none();
                let further = state.spaces.further().filter(|_| is_clear);
                let drops = further.map(|(number, _)| Operation::DropSpace { number });
                Ok((Plan::alone(drops), is_clear))
            })?;
            // What others write before the fold may keep it from being done.
            if !is_clear {
                return Ok(false);
            }
            if self.fold(IfBaseChanged::Refuse, Keep::Foreign)?.is_some() {
                self.remove_imports()?;
                return Ok(true);
            }
        }
    }
}

/// Removes as many memories as one write takes, then documents; returns how many memories, and nothing if there
/// was nothing left.
fn removal(state: &State) -> (Plan, Option<Counts>) {
    let (mut plan, mut counts, mut bytes) = (Plan::default(), Counts::default(), 0);
    for kind in Kind::ALL {
        for (_, entry) in state.partition(kind).live() {
            let key = Key::new(kind, entry.id);
            bytes += size_of_key(&key);
            if bytes > LARGEST_WRITE {
                break;
            }
            counts[kind] += 1;
            plan.conflict_keys
                .push(ConflictKey::Memory(kind, key.id.clone()));
            if kind.sequence().is_some() {
                let end = ConflictKey::End(kind, entry.conversation.to_owned());
                plan.conflict_keys.push(end);
            }
            plan.operations.push(Operation::Delete { kind, id: key.id });
        }
    }
    for document in state.documents.after(None) {
        bytes += document.id.len() as u64;
        if bytes > LARGEST_WRITE {
            break;
        }
        let id = document.id.clone();
        // A chunk that somebody else adds to it comes before it is removed, or after.
        plan.conflict_keys
            .push(ConflictKey::End(Document::PIECES, id.clone()));
        plan.operations.push(Operation::DeleteDocument { id });
    }
    let is_something = !plan.operations.is_empty();
    (plan, is_something.then_some(counts))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io;
    use std::path::Path;
    use std::sync::{Arc, Mutex};

    use super::super::backend::FileBackend;
    use super::super::founding::Founding;
    use super::super::journal;
    use super::super::root::Root;
    use super::*;
    use crate::backend::{Backend as _, Draft, Entry, Filter};
    use crate::fsutil::{Access, Disk, Handle, Os};
    use crate::model::{Embedding, Node, Scope, Space, Timestamp};

    const OWNER: Scope = Scope::User(uuid::Uuid::from_u128(7));

    /// The system's disk, on which something happens before the first file with a certain beginning of its name
    /// is made.
    #[derive(Debug)]
    struct Interrupted {
        before: &'static str,
        by: Mutex<Option<Entry>>,
    }

    impl Disk for Interrupted {
        fn create_new(&self, path: &Path, access: Access<'_>) -> io::Result<Box<dyn Handle>> {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_meant = name.starts_with(self.before);
            let entry = is_meant.then(|| self.by.lock().unwrap().take()).flatten();
            if let Some(entry) = entry {
                let root = path
                    .ancestors()
                    .find(|path| path.join("manifest.json").exists());
                insert(&FileBackend::open(root.unwrap()).unwrap(), entry);
            }
            Os.create_new(path, access)
        }

        fn open(&self, path: &Path) -> io::Result<Box<dyn Handle>> {
            Os.open(path)
        }

        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            Os.rename(from, to)
        }

        fn remove(&self, path: &Path) -> io::Result<()> {
            Os.remove(path)
        }

        fn create_folder(&self, path: &Path, mode: u32) -> io::Result<()> {
            Os.create_folder(path, mode)
        }

        fn remove_folder(&self, path: &Path) -> io::Result<()> {
            Os.remove_folder(path)
        }

        fn sync_folder(&self, path: &Path) -> io::Result<()> {
            Os.sync_folder(path)
        }
    }

    fn wait<T: Send>(work: impl Future<Output = T> + Send) -> T {
        let runtime = || {
            tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap()
        };
        std::thread::scope(|scope| scope.spawn(|| runtime().block_on(work)).join().unwrap())
    }

    fn insert(backend: &FileBackend, entry: Entry) {
        wait(backend.insert(OWNER, vec![Draft::Whole(entry)])).unwrap();
    }

    fn saying(text: &str, embedding: Option<Embedding>) -> Entry {
        let at = Timestamp::from_micros(0).unwrap();
        let memory = Node::new("c", 0, text, "", at).into();
        Entry { memory, embedding }
    }

    fn vector() -> Embedding {
        Embedding::new(Arc::new(Space::local("m", 2)), vec![1.0, 2.0]).unwrap()
    }

    /// Returns a directory of which nobody knows how wide its vectors are, with a canary in its
    /// journal. Before a file of that name is made, somebody else writes.
    fn disturbed(folder: &Path, before: &'static str, by: Entry) -> FileBackend {
        let by = Mutex::new(Some(by));
        let root = Root::on(folder, Arc::new(Interrupted { before, by }));
        drop(
            Founding::begin(folder)
                .unwrap()
                .settle(OWNER, None)
                .unwrap(),
        );
        let backend = FileBackend::open_at(&root).unwrap();
        insert(&backend, saying("canary", None));
        fs::remove_file(journal::folder(&root).join("compact.lock")).unwrap();
        backend
    }

    #[test]
    fn a_text_that_comes_before_the_fold_keeps_no_journal() {
        let folder = tempfile::tempdir().unwrap();
        let backend = disturbed(folder.path(), "compact.lock", saying("later", None));
        wait(backend.erase(OWNER)).unwrap();
        for entry in fs::read_dir(folder.path().join("journal")).unwrap() {
            let content = fs::read(entry.unwrap().path()).unwrap();
            assert!(!content.windows(6).any(|window| window == b"canary"));
        }
    }

    #[test]
    fn of_documents_only_those_of_somebody_else_stay() {
        let folder = tempfile::tempdir().unwrap();
        let founding = Founding::begin(folder.path()).unwrap();
        let space = vector().space().clone();
        let backend = founding.settle(OWNER, Some(&space)).unwrap();
        insert(&backend, saying("one", Some(vector())));
        backend.compact().unwrap();
        drop(backend);
        let path = folder.path().join("documents/documents.json");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let foreign = format!(
            r#"{{"id":"f","path":"canary of others","created_at":"2026-01-01","user_id":"{}"}}"#,
            uuid::Uuid::from_u128(8)
        );
        let own = r#"{"id":"o","path":"canary","created_at":"2026-01-01"},
            {"id":"o","path":"canary again","created_at":"2026-01-01"},
            {"id":"flawed","path":7,"title":"flawed canary"}"#;
        fs::write(&path, format!("[{own},{foreign}]")).unwrap();
        let backend = FileBackend::open(folder.path()).unwrap();
        wait(backend.erase(OWNER)).unwrap();
        let left = fs::read_to_string(&path).unwrap();
        assert_eq!(left, format!("[\n  {foreign}\n]"));
    }

    #[test]
    fn a_document_is_not_erased_together_with_a_write_of_its_first_chunk() {
        let folder = tempfile::tempdir().unwrap();
        let founding = Founding::begin(folder.path()).unwrap();
        let backend = founding.settle(OWNER, None).unwrap();
        let at = Timestamp::from_micros(0).unwrap();
        let document = Document::new("d", "d.md", at);
        wait(backend.put_document(OWNER, document, Vec::new())).unwrap();
        let directory = Directory::open(&Root::new(folder.path()), IfBaseChanged::Refuse).unwrap();
        let (plan, counts) = removal(&directory.state().unwrap());
        assert_eq!((plan.operations.len(), counts.unwrap().total()), (1, 0));
        // What is written to the end of a document rests on it.
        assert_eq!(
            plan.conflict_keys,
            [ConflictKey::End(Document::PIECES, "d".to_owned())]
        );
        wait(backend.erase(OWNER)).unwrap();
        let (plan, counts) = removal(&directory.state().unwrap());
        assert!(plan.operations.is_empty() && counts.is_none());
    }

    #[test]
    fn a_first_vector_that_comes_during_the_fold_keeps_its_space() {
        let folder = tempfile::tempdir().unwrap();
        let later = saying("later", Some(vector()));
        // What is staged is named so.
        let backend = disturbed(folder.path(), "manifest.json.", later);
        wait(backend.erase(OWNER)).unwrap();
        let backend = FileBackend::open(folder.path()).unwrap();
        let space = wait(backend.space(OWNER)).unwrap();
        assert_eq!(space.as_ref(), Some(vector().space()));
        assert_eq!(
            wait(backend.count(OWNER, &Filter::default()))
                .unwrap()
                .total(),
            0
        );
    }
}
