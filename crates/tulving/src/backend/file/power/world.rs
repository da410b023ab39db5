//! A directory on a simulated disk, and all that it holds.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use tempfile::TempDir;

use super::memories::{OWNER, numbers, numbers_in};
use crate::backend::file::backend::FileBackend;
use crate::backend::file::layout::{Layout, PairPaths};
use crate::backend::file::manifest::Manifest;
use crate::backend::file::npy::{self, Npy};
use crate::backend::file::root::Root;
use crate::backend::{Backend as _, BackendError, Entry, Filter, Order, Page};
use crate::fsutil::{Image, Simulated};
use crate::json::{self, Value};
use crate::model::{Document, Embedding, Key, Kind, Memory, Space};

pub(super) static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Runtime::new().unwrap());

/// All that a directory holds.
#[derive(Debug, PartialEq)]
pub(super) struct Contents {
    pub(super) memories: BTreeMap<Key, Entry>,
    /// Vectors in further spaces, by the names of their models.
    pub(super) further: BTreeMap<(String, Key), Embedding>,
    pub(super) documents: Vec<Document>,
}

/// A directory on a simulated disk, gone with it.
pub(super) struct World {
    _folder: TempDir,
    pub(super) disk: Arc<Simulated>,
    pub(super) root: Root,
}

impl World {
    pub(super) fn new(prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        let disk = Arc::new(Simulated::over(folder.path()));
        Self {
            root: Root::on(disk.top(), Arc::clone(&disk) as _),
            disk,
            _folder: folder,
        }
    }

    pub(super) fn of(image: &Image) -> Self {
        Self::new(|top| image.write(top))
    }

    /// Checks that each row of the vectors is that of the record in its place.
    #[track_caller]
    pub(super) fn is_aligned(&self) {
        let layout = Layout::find(&self.root).unwrap();
        for (kind, field) in [(Kind::Node, "human_content"), (Document::PIECES, "content")] {
            if let Some(pair) = layout.require(kind).unwrap() {
                let space = Manifest::read(&layout).unwrap().space().unwrap();
                Self::are_aligned(pair, field, &space.unwrap());
            }
        }
    }

    #[track_caller]
    fn are_aligned(pair: &PairPaths, field: &str, space: &Space) {
        let bytes = fs::read(&pair.records).unwrap();
        let Value::Array(records) = json::parse(&bytes).unwrap() else {
            panic!("not an array")
        };
        let vectors = Npy::open(&pair.vectors, npy::Options::default()).unwrap();
        let mut rows = Vec::new();
        vectors
            .read_rows(0, vectors.rows() as usize, &mut rows)
            .unwrap();
        let expected = records.iter().flat_map(|record| {
            let Some(Value::String(text)) = record.get(field) else {
                panic!("no text")
            };
            let text = text.to_str().unwrap().to_owned();
            let words: Vec<u64> = text
                .split(' ')
                .filter_map(|word| word.parse().ok())
                .collect();
            numbers_in(space, numbers(words[0], words[1]))
        });
        assert_eq!(rows, expected.collect::<Vec<f32>>());
    }
}

/// Returns all that a directory holds.
pub(super) fn contents(backend: &FileBackend) -> Result<Contents, BackendError> {
    let page = Page {
        order: Order::Oldest,
        after: None,
        limit: 1000,
    };
    RUNTIME.block_on(async {
        let listed = backend.list(OWNER, &Filter::default(), &page).await?;
        let keys: Vec<Key> = listed.memories.iter().map(Memory::key).collect();
        let entries = backend.get(OWNER, &keys).await?;
        let mut further = BTreeMap::new();
        for kept in backend.spaces(OWNER).await?.further {
            let vectors = backend.vectors(OWNER, &kept.space, &keys).await?;
            for (key, vector) in keys.iter().zip(vectors) {
                let name = (kept.space.model.clone(), key.clone());
                further.extend(vector.map(|vector| (name, vector)));
            }
        }
        let memories = keys.into_iter().zip(entries.into_iter().flatten());
        Ok(Contents {
            memories: memories.collect(),
            further,
            documents: backend.list_documents(OWNER, None, 1000).await?,
        })
    })
}
