//! A small data directory, and short ways to ask it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use tulving::backend::file::{FileBackend, FileError, npy};
use tulving::backend::{Backend, BackendError, Draft, Entry, Filter, Order, Page};
use tulving::model::{Embedding, Key, Kind, Memory, Node, Scope, Space, Timestamp};
use uuid::Uuid;

pub(crate) const DIMS: usize = 4;
pub(crate) const OWNER: Scope = Scope::User(Uuid::from_u128(7));

pub(crate) fn space() -> Arc<Space> {
    Arc::new(Space::local("test", DIMS))
}

/// A data directory of its own, gone with it.
pub(crate) struct World {
    directory: TempDir,
    runtime: tokio::runtime::Runtime,
}

impl World {
    /// An empty directory with an owner.
    pub(crate) fn new() -> Self {
        let world = Self::bare();
        drop(FileBackend::create(world.root(), OWNER, Some(&space())).unwrap());
        world
    }

    /// A directory with nothing in it.
    pub(crate) fn bare() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            runtime: tokio::runtime::Runtime::new().unwrap(),
        }
    }

    /// A directory whose own files hold the nodes 0 to `count`.
    pub(crate) fn folded(count: u64) -> Self {
        let world = Self::new();
        let backend = world.open();
        world.insert(&backend, 0..count);
        backend.compact().unwrap();
        world
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub(crate) fn open(&self) -> FileBackend {
        self.try_open().unwrap()
    }

    pub(crate) fn try_open(&self) -> Result<FileBackend, FileError> {
        FileBackend::open(self.root())
    }

    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    pub(crate) fn try_insert(
        &self,
        backend: &FileBackend,
        numbers: impl IntoIterator<Item = u64>,
    ) -> Result<Vec<Key>, BackendError> {
        let drafts = numbers.into_iter().map(|n| Draft::Whole(entry(n)));
        self.wait(backend.insert(OWNER, drafts.collect()))
    }

    pub(crate) fn insert(&self, backend: &FileBackend, numbers: impl IntoIterator<Item = u64>) {
        self.try_insert(backend, numbers).unwrap();
    }

    pub(crate) fn delete(&self, backend: &FileBackend, number: u64) {
        let key = entry(number).memory.key();
        self.wait(backend.delete(OWNER, &[key])).unwrap();
    }

    pub(crate) fn get(&self, backend: &FileBackend, number: u64) -> Option<Entry> {
        let key = entry(number).memory.key();
        let found = self.wait(backend.get(OWNER, &[key])).unwrap();
        found.into_iter().next().unwrap()
    }

    /// The numbers of the nodes that are there, each checked to be what it was, in order.
    pub(crate) fn numbers(&self, backend: &FileBackend) -> Vec<u64> {
        let page = Page {
            order: Order::Oldest,
            after: None,
            limit: 1_000_000,
        };
        let filter = Filter::of(Kind::Node);
        let listed = self.wait(backend.list(OWNER, &filter, &page)).unwrap();
        let number = |memory: &Memory| memory.id()[1..].parse::<u64>().unwrap();
        let numbers: Vec<u64> = listed.memories.iter().map(number).collect();
        for number in &numbers {
            assert_eq!(self.get(backend, *number), Some(entry(*number)));
        }
        numbers
    }

    /// The generation and the path of the journal.
    pub(crate) fn log(&self) -> PathBuf {
        let entries = fs::read_dir(self.path("journal")).unwrap();
        let mut logs: Vec<PathBuf> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                let name = path.file_name().unwrap().to_str().unwrap();
                name.ends_with(".log") && !name.starts_with("kept-")
            })
            .collect();
        assert_eq!(logs.len(), 1, "{logs:?}");
        logs.pop().unwrap()
    }

    /// The ids in nodes.json, in its order, as any reader of JSON finds them; there are as many rows
    /// in nodes.npy.
    pub(crate) fn ids_in_file(&self) -> Vec<String> {
        let bytes = fs::read(self.path("corpus/nodes.json")).unwrap();
        let value = tulving::json::parse(&bytes).unwrap();
        let tulving::json::Value::Array(records) = value else {
            panic!("not an array")
        };
        let vectors = npy::Npy::open(&self.path("vectors/nodes.npy"), npy::Options::default());
        assert_eq!(vectors.unwrap().rows(), records.len() as u64);
        let id = |record: &tulving::json::Value<'_>| match record.get("id") {
            Some(tulving::json::Value::String(id)) => id.to_str().unwrap().to_owned(),
            other => panic!("no id: {other:?}"),
        };
        records.iter().map(id).collect()
    }
}

/// The node of a number: the same each time.
pub(crate) fn entry(number: u64) -> Entry {
    let at = Timestamp::from_micros(1_700_000_000_000_000 + number as i64).unwrap();
    let text = format!("What of {number}?");
    let mut node = Node::new("c", number as i64, &text, "The answer.", at);
    node.id = format!("m{number}");
    // One that may be written wherever nodes of the origin are.
    node.source = "anthropic".to_owned();
    let numbers = vec![number as f32 + 1.0, 1.0, -0.5, 0.25];
    Entry {
        memory: node.into(),
        embedding: Some(Embedding::new(space(), numbers).unwrap()),
    }
}

/// An episode with this id.
pub(crate) fn episode(id: &str) -> Entry {
    let record = format!(
        r#"{{"id":"{id}","title":"About {id}","source":"openai","created_at":"2024-01-15T10:30:00+00:00",
        "messages":[{{"role":"user","content":"words of {id}"}}]}}"#
    );
    let mut value = tulving::json::parse(record.as_bytes()).unwrap();
    let stamp = tulving::record::Stamp::only(OWNER);
    let read = tulving::record::read(Kind::Episode, &mut value, &stamp).unwrap();
    Entry {
        memory: read.memory,
        embedding: Some(Embedding::new(space(), vec![1.0, 2.0, 3.0, 4.0]).unwrap()),
    }
}

/// A record as a file of the origin holds it, with more members.
pub(crate) fn record(id: &str, more: &str) -> String {
    format!(
        r#"{{"id": "{id}",  "conversation_id": "c1", "sequence_index": 0, "human_content": "q {id}",
     "assistant_content": "a", "source": "anthropic", "created_at": "2024-01-15T10:30:00"{more}}}"#
    )
}

/// Writes a directory of layout 2.0.0 as something else would: no owner, no journal.
pub(crate) fn write_nodes(root: &Path, records: &[String]) {
    fs::create_dir_all(root.join("corpus")).unwrap();
    fs::create_dir_all(root.join("vectors")).unwrap();
    let array = format!("[\n{}\n]\n", records.join(",\n"));
    fs::write(root.join("corpus/nodes.json"), array).unwrap();
    let mut vectors = npy::header(records.len() as u64, DIMS);
    for row in 0..records.len() {
        for number in [row as f32 + 1.0, 0.0, 1.0, 0.0] {
            vectors.extend(number.to_le_bytes());
        }
    }
    fs::write(root.join("vectors/nodes.npy"), vectors).unwrap();
}

/// Every file under a directory with its content.
pub(crate) fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.clone(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

impl World {
    /// The ids of the nodes that are there, sorted.
    pub(crate) fn ids(&self, backend: &FileBackend) -> Vec<String> {
        let page = Page {
            order: Order::Oldest,
            after: None,
            limit: 1_000_000,
        };
        let filter = Filter::of(Kind::Node);
        let listed = self.wait(backend.list(OWNER, &filter, &page)).unwrap();
        let mut ids: Vec<String> = listed.memories.iter().map(|m| m.id().to_owned()).collect();
        ids.sort();
        ids
    }
}
