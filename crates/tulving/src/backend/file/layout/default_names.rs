//! Where files are if no manifest says otherwise.

use std::path::{Path, PathBuf};

use crate::model::{Kind, PerKind};

/// Where the files of a kind are, if nothing names other places. They are called after the kind.
pub(super) struct DefaultNames {
    pub(super) records: &'static str,
    pub(super) vectors: &'static str,
    /// Where they are in layout 1.x, whose manifest names them; no manifest names files that the origin
    /// does not know.
    pub(super) dated: Option<Dated>,
}

/// Where the files of a kind are in layout 1.x, and the keys that name them.
pub(super) struct Dated {
    pub(super) folder: &'static str,
    pub(super) records_key: &'static str,
    pub(super) vectors_key: &'static str,
}

pub(super) static DEFAULT_NAMES: PerKind<DefaultNames> = PerKind::new([
    DefaultNames {
        records: "corpus",
        vectors: "vectors",
        dated: Some(Dated {
            folder: "memory_nodes",
            records_key: "nodes_file",
            vectors_key: "node_embeddings_file",
        }),
    },
    DefaultNames {
        records: "corpus",
        vectors: "vectors",
        dated: Some(Dated {
            folder: "episodic_memories",
            records_key: "episodes_file",
            vectors_key: "episode_embeddings_file",
        }),
    },
    DefaultNames {
        records: DOCUMENTS,
        vectors: DOCUMENTS,
        dated: None,
    },
]);

/// The folder of documents and of their chunks, in every layout.
const DOCUMENTS: &str = "documents";

pub(super) fn records_of(kind: Kind) -> String {
    format!("{}.json", kind.plural())
}

pub(super) fn vectors_of(kind: Kind) -> String {
    format!("{}.npy", kind.plural())
}

/// Returns where the records of documents are, or go when there are any.
pub(in crate::backend::file) fn documents(root: &Path) -> PathBuf {
    root.join(DOCUMENTS).join("documents.json")
}

/// Returns where the origin lists what it imported.
pub(in crate::backend::file) fn ingested(root: &Path) -> PathBuf {
    root.join("corpus").join("dedup_index.json")
}

/// The key of that list in its file.
pub(in crate::backend::file) const INGESTED_IDS: &str = "ingested_ids";

/// Returns the files of memories by their usual names, each with its folder; records before vectors.
fn default_names() -> impl Iterator<Item = (&'static str, String)> {
    let records = DEFAULT_NAMES
        .iter()
        .map(|(kind, usual)| (usual.records, records_of(kind)));
    let vectors = DEFAULT_NAMES
        .iter()
        .map(|(kind, usual)| (usual.vectors, vectors_of(kind)));
    records.chain(vectors)
}

/// Returns the folder of layout 2.0.0 that a file of this name belongs in.
#[must_use]
pub fn folder_of(file: &str) -> Option<&'static str> {
    default_names()
        .find(|(_, name)| name == file)
        .map(|(folder, _)| folder)
}

/// Returns whether a file of memories is where it usually is.
pub(in crate::backend::file) fn has_files(root: &Path) -> bool {
    default_names().any(|(folder, name)| root.join(folder).join(name).exists())
}

/// Returns the files of memories that stand in a directory itself, where nothing looks for them.
#[must_use]
pub fn astray(root: &Path) -> Vec<String> {
    let names = default_names().map(|(_, name)| name);
    names.filter(|name| root.join(name).is_file()).collect()
}
