//! Problems: what in a directory is left as it is, and its owner should know of.

use std::path::PathBuf;

use super::backend::FileBackend;
use super::catalog::RecordStatus;
use super::error::FileError;
use super::origin::{self, Fault};
use super::root::relative;
use super::{journal, layout};
use crate::json;
use crate::model::{Document, Key, Kind};
use crate::record::Flaw;

/// Something in a data directory that is left as it is and should be known.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A record that is no memory of the owner, and no document: it is kept, and neither found nor counted.
    Record {
        /// Of which kind; `None` in the file of documents.
        kind: Option<Kind>,
        /// The file, relative to the data directory.
        file: String,
        /// Its place in the file, from 0.
        index: u64,
        /// What is wrong with it; `None` if an earlier record has its id.
        flaw: Option<Flaw>,
    },
    /// A memory whose document is not there: it is found and counted, but cannot be moved.
    Stray {
        /// The memory.
        key: Key,
        /// The id of the document.
        document: String,
    },
    /// What was left of a write that was never acknowledged, or a journal that was replayed. It can
    /// be removed when nobody misses anything.
    Kept {
        /// The file, relative to the data directory.
        file: String,
    },
}

/// A record that the origin's loader does not take: with it in its files, it does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unloadable {
    /// Node or episode.
    pub kind: Kind,
    /// The file, relative to the data directory.
    pub file: String,
    /// Its id, if it has one that can be read.
    pub id: String,
    /// What of it is not taken.
    pub faults: Vec<Fault>,
}

impl FileBackend {
    /// Returns the derived files of words and vectors, relative to the data directory, that are damaged
    /// or hold something else than is made of the memories now. The records and vectors that they are
    /// made of are read.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn differing(&self) -> Result<Vec<String>, FileError> {
        let state = self.directory.state()?;
        let mut differing = Vec::new();
        for kind in Kind::ALL {
            let paths = state.partition(kind).base.differing()?;
            differing.extend(paths.iter().map(|path| relative(&state.root, path)));
        }
        Ok(differing)
    }

    /// Returns everything in the directory that is left as it is and should be known.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn problems(&self) -> Result<Vec<Problem>, FileError> {
        let state = self.directory.state()?;
        let mut problems = Vec::new();
        for kind in Kind::ALL {
            let base = &state.partition(kind).base;
            for row in 0..base.rows() {
                let Some(entry) = base.catalog.get(row as usize) else {
                    continue;
                };
                if entry.status == RecordStatus::Sound {
                    continue;
                }
                problems.push(Problem::Record {
                    kind: Some(kind),
                    file: relative(&state.root, &base.names().records),
                    index: row.into(),
                    flaw: base.parse(row, &base.record(row)?)?.err(),
                });
            }
        }
        let file = relative(&state.root, &layout::documents(&state.root));
        for (place, flaw) in state.documents.left_out() {
            problems.push(Problem::Record {
                kind: None,
                file: file.clone(),
                index: place as u64,
                flaw: flaw.cloned(),
            });
        }
        for (_, entry) in state.partition(Document::PIECES).live() {
            if state.documents.get(entry.conversation).is_none() {
                problems.push(Problem::Stray {
                    key: Key::new(Document::PIECES, entry.id),
                    document: entry.conversation.to_owned(),
                });
            }
        }
        let mut kept: Vec<PathBuf> = std::fs::read_dir(journal::folder(&state.root))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with("torn-") || name.starts_with("kept-")
            })
            .collect();
        kept.sort();
        problems.extend(kept.iter().map(|path| Problem::Kept {
            file: relative(&state.root, path),
        }));
        Ok(problems)
    }

    /// Returns the records that the origin's loader does not take, in a directory that it reads too:
    /// those of the files, and those that are still in the journal. `None` in a directory of Tulving's
    /// own.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn unloadable(&self) -> Result<Option<Vec<Unloadable>>, FileError> {
        let state = self.directory.state()?;
        if !state.shared {
            return Ok(None);
        }
        let mut found = Vec::new();
        for kind in Kind::ALL.into_iter().filter(|kind| kind.is_of_origin()) {
            let partition = state.partition(kind);
            let of_base = (0..partition.base.rows())
                .filter(|row| !partition.changes.tombstones.contains(row));
            let changes = (partition.base.rows()..).take(partition.changes.rows() as usize);
            for doc in of_base.chain(changes.filter(|doc| partition.is_live(*doc))) {
                let record = state.record(kind, doc)?;
                let faults = origin::faults(kind, &record);
                if faults.is_empty() {
                    continue;
                }
                let id = match record.get("id") {
                    Some(json::Value::String(id)) => id.storable().into_owned(),
                    _ => String::new(),
                };
                found.push(Unloadable {
                    kind,
                    file: relative(&state.root, &partition.base.names().records),
                    id,
                    faults,
                });
            }
        }
        Ok(Some(found))
    }

    /// Returns the memories that have no vector: nodes, then episodes, each in the order of the files.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn without_vector(&self) -> Result<Vec<Key>, FileError> {
        let state = self.directory.state()?;
        let mut keys = Vec::new();
        for kind in Kind::ALL {
            for (doc, entry) in state.partition(kind).live() {
                if state.vector(kind, doc)?.is_none() {
                    keys.push(Key::new(kind, entry.id));
                }
            }
        }
        Ok(keys)
    }
}
