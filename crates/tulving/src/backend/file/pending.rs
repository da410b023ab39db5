//! Pending writes: what a journal holds, for a reader of the files from front to end.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::access_statistics::{self, AccessStatistics};
use super::catalog::Extent;
use super::changes::parse_document;
use super::commit::{Commit, Head};
use super::directory::finish_commit;
use super::documents::Documents;
use super::error::FileError;
use super::journal::{self, Decoded, Log};
use super::layout::{self, Layout};
use super::manifest::Manifest;
use super::pair::Fingerprint;
use super::records;
use super::root::{Root, relative};
use crate::json::{self, Value};
use crate::model::{Kind, Scope};

/// Writes that are in a directory's journal and not yet in its own files, as they were when it was
/// opened.
#[derive(Debug)]
pub(crate) struct Pending {
    root: Root,
    log: Log,
    owner: Scope,
    /// The journal, as far as it was read.
    pub(crate) fingerprint: Fingerprint,
    changed: HashMap<(Kind, String), Change>,
    written: Vec<Written>,
    documents: Vec<DocumentChange>,
}

/// What became of a document.
#[derive(Debug)]
enum DocumentChange {
    /// Its record, and where in the journal it is.
    Put(Vec<u8>, u64),
    /// Its id.
    Removed(String),
}

/// What became of a memory.
#[derive(Debug, Clone, Copy)]
enum Change {
    /// It is among the written, or gone: the files' record of it does not count any more.
    Superseded,
    Touched(AccessStatistics),
}

/// A record that is in the journal.
#[derive(Debug, Clone)]
struct Written {
    kind: Kind,
    id: String,
    record: Extent,
    vector: Option<Extent>,
    touched: Option<AccessStatistics>,
}

impl Pending {
    /// Reads the journal of a directory; `None` if nothing is pending in it.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn open(root: &Path) -> Result<Option<Self>, FileError> {
        let root = Root::new(root);
        finish_commit(&root);
        let head = Head::read(&root)?;
        if head.commit.is_some() {
            return Err(FileError::Locked {
                path: journal::folder(&root),
                seconds: 0,
            });
        }
        if head.generation == 0 {
            return Ok(None);
        }
        let path = journal::log_path(&root, head.generation);
        let mut log = Log::open(root.disk(), &path, &path)?;
        let frames = log.poll()?;
        let owner = Manifest::read(&Layout::find(&root)?)?.owner()?;
        let Some(owner) = owner.filter(|_| !frames.is_empty()) else {
            return Ok(None);
        };
        let mut bytes = vec![0; usize::try_from(log.end()).unwrap_or(usize::MAX)];
        log.read_at(&mut bytes, 0)?;
        let sha256 = Sha256::digest(&bytes).into();
        drop(bytes);
        let mut replayed = Replayed::default();
        log.replay(frames.payloads(), |operation| {
            replayed.apply(&log, operation)
        })?;
        let Replayed {
            changed,
            mut written,
            documents,
            ..
        } = replayed;
        written.retain(|written| !written.id.is_empty());
        Ok(Some(Self {
            root,
            owner,
            fingerprint: Fingerprint {
                path,
                bytes: log.end(),
                sha256,
            },
            changed,
            written,
            documents,
            log,
        }))
    }

    /// Checks that the files are those to which the journal belongs, and that nobody folded it meanwhile.
    ///
    /// # Errors
    /// [`FileError::BaseChanged`] if something else wrote to one of them.
    pub(crate) fn check(&self, files: &[Fingerprint]) -> Result<(), FileError> {
        let is_unchanged = |fingerprint: &&Fingerprint| {
            let name = relative(&self.root, &fingerprint.path);
            let base_fingerprint = &self.log.header().base_fingerprint;
            let before = base_fingerprint.iter().find(|file| file.name == name);
            before.is_some_and(|file| file.content == Some(fingerprint.sha256))
        };
        let changed: Vec<PathBuf> = files
            .iter()
            .filter(|fingerprint| !is_unchanged(fingerprint))
            .map(|fingerprint| fingerprint.path.clone())
            .collect();
        if changed.is_empty() && self.log.is_in_place() && !Commit::exists(&self.root) {
            return Ok(());
        }
        Err(FileError::BaseChanged {
            changed,
            journal: self.log.path().to_owned(),
        })
    }

    /// Checks the same of the file of documents, which need not be there.
    ///
    /// # Errors
    /// As [`check`](Self::check), also if it was there when the journal began.
    pub(crate) fn check_documents(&self, file: Option<&Fingerprint>) -> Result<(), FileError> {
        let path = layout::documents(&self.root);
        let name = relative(&self.root, &path);
        let mut before = self.log.header().base_fingerprint.iter();
        match file {
            Some(file) => self.check(std::slice::from_ref(file)),
            None if before.any(|file| file.name == name) => Err(FileError::BaseChanged {
                changed: vec![path],
                journal: self.log.path().to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// Changes documents as the journal says.
    ///
    /// # Errors
    /// If the journal is damaged.
    pub(super) fn apply(&self, documents: &mut Documents) -> Result<(), FileError> {
        for change in &self.documents {
            match change {
                DocumentChange::Put(record, at) => {
                    let document = parse_document(record, &self.log, *at, self.owner)?;
                    documents.put(document, record);
                }
                DocumentChange::Removed(id) => documents.remove(id),
            }
        }
        Ok(())
    }

    /// Returns how many bytes each of the records of one kind has that the journal adds, in its order.
    pub(crate) fn lengths(&self, kind: Kind) -> Vec<u64> {
        self.of(kind).map(|written| written.record.len).collect()
    }

    /// Numbers in a vector that the journal adds; `None` if it adds none of the kind.
    pub(crate) fn dims(&self, kind: Kind) -> Option<usize> {
        let extent = self.of(kind).find_map(|written| written.vector)?;
        usize::try_from(extent.len / 4).ok()
    }

    /// Refuses a directory that has no files yet for what the journal adds.
    ///
    /// # Errors
    /// [`FileError::Unfolded`].
    pub(crate) fn require_files(&self, kind: Kind) -> Result<(), FileError> {
        match self.of(kind).next() {
            None => Ok(()),
            Some(_) => Err(FileError::Unfolded {
                kind,
                journal: self.log.path().to_owned(),
            }),
        }
    }

    fn of(&self, kind: Kind) -> impl Iterator<Item = &Written> {
        self.written
            .iter()
            .filter(move |written| written.kind == kind)
    }

    /// Returns whether a record of the files does not count any more.
    pub(crate) fn supersedes(&self, kind: Kind, value: &Value<'_>) -> bool {
        let Some(Change::Superseded) = self.change(kind, value) else {
            return false;
        };
        // A record that is no memory of the owner is never superseded.
        records::read(kind, &mut value.clone(), self.owner).is_ok()
    }

    /// Counts in a record of the files what the journal says of its use.
    pub(crate) fn touch(&self, kind: Kind, value: &mut Value<'_>) {
        if let Some(Change::Touched(touched)) = self.change(kind, value) {
            access_statistics::add(value, touched);
        }
    }

    fn change(&self, kind: Kind, value: &Value<'_>) -> Option<Change> {
        let Some(Value::String(id)) = value.get("id") else {
            return None;
        };
        let key = (kind, id.to_str()?.to_owned());
        self.changed.get(&key).copied()
    }

    /// Reads the records from one place to another among those of a kind that the journal adds,
    /// with their numbers; `dims` zeros where there is no vector.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(crate) fn read(
        &self,
        kind: Kind,
        first: u64,
        count_of: u32,
        dims: usize,
        mut each: impl FnMut(u64, &mut Value<'_>, Vec<f32>),
    ) -> Result<(), FileError> {
        let rows = self.of(kind).zip(0..).skip_while(|(_, row)| *row < first);
        for (written, row) in rows.take(count_of as usize) {
            let read = |extent: Extent| -> Result<Vec<u8>, FileError> {
                let mut bytes = vec![0; usize::try_from(extent.len).unwrap_or(usize::MAX)];
                self.log.read_at(&mut bytes, extent.offset)?;
                Ok(bytes)
            };
            let bytes = read(written.record)?;
            let mut value = json::parse(&bytes)
                .map_err(|_| self.log.unknown_operation(written.record.offset))?;
            if let Some(touched) = written.touched {
                access_statistics::add(&mut value, touched);
            }
            let numbers = match written.vector {
                None => vec![0.0; dims],
                Some(extent) => {
                    let bytes = read(extent)?;
                    let (numbers, _) = bytes.as_chunks();
                    numbers
                        .iter()
                        .map(|bytes| f32::from_le_bytes(*bytes))
                        .collect()
                }
            };
            each(row, &mut value, numbers);
        }
        Ok(())
    }
}

/// A log, as far as it was replayed.
#[derive(Debug, Default)]
struct Replayed {
    changed: HashMap<(Kind, String), Change>,
    written: Vec<Written>,
    documents: Vec<DocumentChange>,
    /// Where each memory stands among the written.
    places: HashMap<(Kind, String), usize>,
}

impl Replayed {
    fn apply(&mut self, log: &Log, operation: Decoded<'_>) -> Result<(), FileError> {
        match operation {
            Decoded::Put {
                kind,
                record,
                vector,
            } => {
                let id = record
                    .id()
                    .ok_or_else(|| log.unknown_operation(record.extent.offset))?;
                let written = Written {
                    kind,
                    id: id.clone(),
                    record: record.extent,
                    vector: vector.map(|vector| vector.extent),
                    touched: None,
                };
                self.changed.insert((kind, id.clone()), Change::Superseded);
                match self.places.get(&(kind, id.clone())) {
                    Some(place) => self.written[*place] = written,
                    None => {
                        self.places.insert((kind, id), self.written.len());
                        self.written.push(written);
                    }
                }
            }
            Decoded::Delete { kind, id } => {
                let key = (kind, id.to_owned());
                if let Some(place) = self.places.remove(&key) {
                    // An id is never empty, so this one is none.
                    self.written[place].id.clear();
                }
                self.changed.insert(key, Change::Superseded);
            }
            Decoded::PutDocument { record } => {
                let change = DocumentChange::Put(record.bytes.to_owned(), record.extent.offset);
                self.documents.push(change);
            }
            Decoded::DeleteDocument { id } => {
                let id = id.to_owned();
                self.documents.push(DocumentChange::Removed(id));
            }
            Decoded::Touch { kind, ids, time } => {
                for id in ids {
                    let key = (kind, id.to_owned());
                    let touched = match self.places.get(&key) {
                        Some(place) => self.written[*place].touched.get_or_insert(not_yet(time)),
                        None => match self
                            .changed
                            .entry(key)
                            .or_insert(Change::Touched(not_yet(time)))
                        {
                            Change::Touched(touched) => touched,
                            // Touched after it was deleted: nothing to count.
                            Change::Superseded => continue,
                        },
                    };
                    touched.times = touched.times.saturating_add(1);
                    touched.last = time;
                }
            }
            // Which vectors are whose is settled when the journal is folded.
            Decoded::Vector { .. }
            | Decoded::AddSpace { .. }
            | Decoded::CutOver { .. }
            | Decoded::DropSpace { .. } => {
                return Err(FileError::UnfoldedSpaces {
                    journal: log.path().to_owned(),
                });
            }
        }
        Ok(())
    }
}

/// Touched at a time, but not counted yet.
fn not_yet(last: crate::model::Timestamp) -> AccessStatistics {
    AccessStatistics { times: 0, last }
}
