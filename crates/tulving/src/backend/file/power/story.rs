//! What is done to a directory, one story each.

use std::fs;
use std::path::Path;

use super::calls::{
    bury, delete, insert, put_document, put_vectors, remove_document, replace, touch,
};
use super::memories::{OWNER, beside, episode, node, space, write_nodes};
use super::world::RUNTIME;
use crate::backend::file::backend::FileBackend;
use crate::backend::file::error::FileError;
use crate::backend::file::founding::{Founding, Site};
use crate::backend::file::root::Root;
use crate::backend::{Backend as _, BackendError};
use crate::model::Kind;

pub(super) type Call = fn(&FileBackend) -> Result<(), BackendError>;

/// What is done to a directory.
pub(super) struct Story {
    pub(super) name: &'static str,
    /// What is there before.
    pub(super) prepare: fn(&Path),
    /// How one comes to an open directory, however far an earlier attempt came.
    pub(super) enter: fn(&Root) -> Result<FileBackend, FileError>,
    pub(super) calls: &'static [Call],
}

pub(super) static NEW: Story = Story {
    name: "a new directory",
    prepare: |_| {},
    enter: |root| {
        let founding = Founding::begin_at(root.clone())?;
        let site = founding.site();
        assert!(
            matches!(site, Site::Vacant | Site::Owned(OWNER)),
            "{site:?}"
        );
        founding.settle(OWNER, Some(&space()))
    },
    calls: &[
        |backend| insert(backend, [node(0, 1)]),
        |backend| {
            insert(
                backend,
                [node(1, 1), node(2, 1), episode(0), node(3, 1), episode(1)],
            )
        },
        |backend| replace(backend, &node(1, 1), node(1, 2)),
        |backend| delete(backend, &node(2, 1)),
        |backend| touch(backend, &node(0, 1)),
        |backend| Ok(backend.compact().map(drop)?),
        |backend| insert(backend, [node(4, 1)]),
        |backend| delete(backend, &episode(0)),
        |backend| Ok(backend.compact().map(drop)?),
    ],
};

/// The same, told in short.
pub(super) static SHORT: Story = Story {
    calls: &[
        |backend| insert(backend, [node(0, 1), episode(0)]),
        |backend| replace(backend, &node(0, 1), node(0, 2)),
        |backend| Ok(backend.compact().map(drop)?),
        |backend| insert(backend, [node(1, 1)]),
    ],
    name: "a new directory, in short",
    prepare: NEW.prepare,
    enter: NEW.enter,
};

/// Claimed, and folded with all that the origin keeps beside memories.
pub(super) static ORIGINS: Story = Story {
    name: "a directory of the origin's",
    prepare: |root| {
        write_nodes(root, "corpus/nodes.json", "vectors/nodes.npy", 3);
        for (name, content) in [
            ("indexes/clusters.json", r#"{"4": [0, 1, 2]}"#),
            ("indexes/faiss.index", "places"),
            ("corpus/dedup_index.json", r#"{"ingested_ids": ["m0"]}"#),
        ] {
            fs::create_dir_all(root.join("indexes")).unwrap();
            fs::write(root.join(name), content).unwrap();
        }
    },
    enter: |root| Founding::begin_at(root.clone())?.settle(OWNER, Some(&space())),
    calls: &[
        |backend| insert(backend, [node(5, 1), episode(0)]),
        |backend| delete(backend, &node(1, 1)),
        |backend| Ok(backend.compact().map(drop)?),
    ],
};

/// Whose first episodes need a folder.
pub(super) static DATED: Story = Story {
    name: "a directory of layout 1.x",
    prepare: |root| {
        write_nodes(root, "memory_nodes/n.json", "vectors/n.npy", 2);
        let manifest = r#"{"nodes_file": "n.json", "node_embeddings_file": "n.npy"}"#;
        fs::write(root.join("manifest_20240101.json"), manifest).unwrap();
    },
    enter: ORIGINS.enter,
    calls: &[
        |backend| insert(backend, [episode(0)]),
        |backend| Ok(backend.compact().map(drop)?),
    ],
};

/// Changed by something else while writes were pending.
pub(super) static REBASED: Story = Story {
    name: "a directory that is rebased",
    prepare: |root| {
        let root = Root::new(root);
        let backend = (NEW.enter)(&root).unwrap();
        insert(&backend, [node(0, 1), node(1, 1)]).unwrap();
        backend.compact().unwrap();
        insert(&backend, [node(2, 1)]).unwrap();
        drop(backend);
        write_nodes(&root, "corpus/nodes.json", "vectors/nodes.npy", 2);
    },
    enter: |root| {
        match FileBackend::open_at(root) {
            Err(FileError::BaseChanged { .. }) => {
                FileBackend::rebase_at(root)?;
            }
            opened => return opened,
        }
        FileBackend::open_at(root)
    },
    calls: &[|backend| insert(backend, [node(6, 1)])],
};

/// With documents, whose files are made in the second fold.
pub(super) static DOCUMENTED: Story = Story {
    name: "a directory with documents",
    prepare: |_| {},
    enter: NEW.enter,
    calls: &[
        |backend| insert(backend, [node(0, 1)]),
        |backend| Ok(backend.compact().map(drop)?),
        |backend| put_document(backend, "a", &[(0, 1), (1, 1)]),
        |backend| put_document(backend, "b", &[(2, 1)]),
        |backend| Ok(backend.compact().map(drop)?),
        |backend| put_document(backend, "a", &[(1, 2), (3, 1)]),
        |backend| remove_document(backend, "b"),
        |backend| Ok(backend.compact().map(drop)?),
    ],
};

/// Whose owner has it erased.
pub(super) static ERASED: Story = Story {
    name: "a directory that is erased",
    prepare: |root| write_nodes(root, "corpus/nodes.json", "vectors/nodes.npy", 3),
    enter: ORIGINS.enter,
    calls: &[
        |backend| put_document(backend, "a", &[(0, 1)]),
        |backend| Ok(backend.compact().map(drop)?),
        |backend| insert(backend, [node(5, 1)]),
        |backend| RUNTIME.block_on(backend.add_space(OWNER, &beside())),
        |backend| put_vectors(backend, [node(5, 1)]),
        |backend| RUNTIME.block_on(backend.erase(OWNER)).map(drop),
        |backend| insert(backend, [node(6, 1)]),
    ],
};

/// In which a memory of the origin's is forgotten, and one that is in the journal still.
pub(super) static FORGETTING: Story = Story {
    name: "a directory in which memories are forgotten",
    prepare: ORIGINS.prepare,
    enter: ORIGINS.enter,
    calls: &[
        |backend| insert(backend, [node(5, 1), node(6, 1)]),
        |backend| bury(backend, [node(0, 1), node(5, 1)]),
        |backend| delete(backend, &node(0, 1)),
        |backend| delete(backend, &node(5, 1)),
        |backend| RUNTIME.block_on(backend.purge(OWNER, &Kind::ALL)).map(drop),
        |backend| insert(backend, [node(7, 1)]),
        |backend| RUNTIME.block_on(backend.purge(OWNER, &Kind::ALL)).map(drop),
    ],
};

/// Whose vectors are made anew with another model.
pub(super) static SPACES: Story = Story {
    name: "a directory that changes its space",
    prepare: |root| {
        let backend = (NEW.enter)(&Root::new(root)).unwrap();
        insert(&backend, [node(0, 1), node(1, 1)]).unwrap();
        backend.compact().unwrap();
    },
    enter: FileBackend::open_at,
    calls: &[
        |backend| RUNTIME.block_on(backend.add_space(OWNER, &beside())),
        |backend| put_vectors(backend, [node(0, 1), node(1, 1)]),
        |backend| Ok(backend.compact().map(drop)?),
        |backend| RUNTIME.block_on(backend.cut_over(OWNER, &beside())),
        |backend| insert(backend, [node(2, 1)]),
        |backend| RUNTIME.block_on(backend.follow(OWNER, None, 9)).map(drop),
        |backend| {
            let dropped = RUNTIME.block_on(backend.drop_space(OWNER, &space()));
            dropped.map(drop)
        },
        |backend| Ok(backend.compact().map(drop)?),
    ],
};
