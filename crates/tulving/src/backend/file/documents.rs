//! The documents of a directory, those of its file and those of its journal together.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::error::FileError;
use super::pair::{Fingerprint, PairError};
use crate::json::{self, Records};
use crate::model::{Document, Scope};
use crate::record::{self, Flaw, Reason, Stamp};

/// The documents of a directory. There are few, and no text is among them: all are in memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Documents {
    /// The file, if there is one.
    file: Option<Fingerprint>,
    /// The records in the order in which a folded file has them; none where one is gone. One that is no
    /// document of the owner stays as it is.
    records: Vec<Option<Record>>,
    /// The owner's documents, and where their records are.
    by_id: BTreeMap<String, (usize, Arc<Document>)>,
    /// Whether the journal changed anything.
    pub(super) changed: bool,
}

#[derive(Debug, Clone)]
struct Record {
    bytes: Arc<[u8]>,
    /// Whether it is stamped with somebody else.
    is_foreign: bool,
}

impl Documents {
    /// Reads the file of a directory's documents, which is `at` a place until it has its name; without it
    /// there are none.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn open(path: &Path, at: &Path, scope: Scope) -> Result<Self, FileError> {
        let bytes = match fs::read(at) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(FileError::io("reading", path)(error)),
        };
        let mut documents = Self {
            file: Some(Fingerprint {
                path: path.to_owned(),
                bytes: bytes.len() as u64,
                sha256: Sha256::digest(&bytes).into(),
            }),
            ..Self::default()
        };
        let broken = |source| PairError::Records {
            path: path.to_owned(),
            source,
        };
        let mut records = Records::new(bytes.as_slice());
        let mut buffer = Vec::new();
        while let Some(span) = records.next(&mut buffer).map_err(broken)? {
            let value = json::parse(&buffer).map_err(|source| FileError::Record {
                path: path.to_owned(),
                index: span.index,
                source,
            })?;
            let read = record::document::read(&mut value.clone(), &Stamp::only(scope));
            let place = documents.records.len();
            let is_foreign = |flaw: &Flaw| flaw.reason == Reason::ForeignScope;
            documents.records.push(Some(Record {
                bytes: buffer.as_slice().into(),
                is_foreign: read.as_ref().is_err_and(is_foreign),
            }));
            if let Ok(document) = read {
                let id = document.id.clone();
                let entry = documents.by_id.entry(id);
                entry.or_insert_with(|| (place, Arc::new(document)));
            }
        }
        Ok(documents)
    }

    /// The file as it was read, if there is one.
    pub(super) fn file(&self) -> Option<&Fingerprint> {
        self.file.as_ref()
    }

    /// A document is new, or takes the place of the one with its id.
    pub(super) fn put(&mut self, document: Document, record: &[u8]) {
        self.changed = true;
        let record = Some(Record {
            bytes: record.into(),
            is_foreign: false,
        });
        let place = match self.by_id.get(&document.id) {
            Some((place, _)) => {
                self.records[*place] = record;
                *place
            }
            None => {
                self.records.push(record);
                self.records.len() - 1
            }
        };
        let id = document.id.clone();
        self.by_id.insert(id, (place, Arc::new(document)));
    }

    /// A document is gone.
    pub(super) fn remove(&mut self, id: &str) {
        if let Some((place, _)) = self.by_id.remove(id) {
            self.changed = true;
            self.records[place] = None;
        }
    }

    /// The document with an id.
    pub(super) fn get(&self, id: &str) -> Option<&Document> {
        self.by_id.get(id).map(|(_, document)| &**document)
    }

    /// Those after an id, by the bytes of their ids.
    pub(super) fn after(&self, after: Option<&str>) -> impl Iterator<Item = &Document> {
        use std::ops::Bound::{Excluded, Unbounded};
        let begin = after.map_or(Unbounded, Excluded);
        let rows = self.by_id.range::<str, _>((begin, Unbounded));
        rows.map(|(_, (_, document))| &**document)
    }

    /// The records of the folded file, in its order, or only those that are stamped with somebody else.
    pub(super) fn records(&self, foreign_alone: bool) -> impl Iterator<Item = &[u8]> {
        let records = self.records.iter().flatten();
        let kept = records.filter(move |record| record.is_foreign || !foreign_alone);
        kept.map(|record| &*record.bytes)
    }

    /// All records, each with the place that it has until the journal is folded.
    pub(super) fn placed(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let placed = (0..).zip(&self.records);
        placed.filter_map(|(place, record)| Some((place, &*record.as_ref()?.bytes)))
    }
}
