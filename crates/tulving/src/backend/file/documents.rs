//! The documents of a directory: those in its file, and those in its journal.

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
    by_id: BTreeMap<String, Own>,
    /// Whether the journal changed anything.
    pub(super) changed: bool,
}

#[derive(Debug, Clone)]
struct Record {
    bytes: Arc<[u8]>,
    /// Why it is no document of the owner.
    flaw: Option<Flaw>,
}

/// A document of the owner, and where its records are.
#[derive(Debug, Clone)]
struct Own {
    document: Arc<Document>,
    place: usize,
    /// Records that have its id too, behind its own.
    repeats: Vec<usize>,
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
            let mut value = json::parse(&buffer).map_err(|source| FileError::Record {
                path: path.to_owned(),
                index: span.index,
                source,
            })?;
            let read = record::document::read(&mut value, &Stamp::only(scope));
            let place = documents.records.len();
            let flaw = match read {
                Ok(document) => {
                    documents.enter(place, document);
                    None
                }
                Err(flaw) => Some(flaw),
            };
            documents.records.push(Some(Record {
                bytes: buffer.as_slice().into(),
                flaw,
            }));
        }
        Ok(documents)
    }

    /// A record of the file is a document of the owner; of several with one id, the first counts.
    fn enter(&mut self, place: usize, document: Document) {
        match self.by_id.get_mut(&document.id) {
            Some(own) => own.repeats.push(place),
            None => self.own(place, document),
        }
    }

    fn own(&mut self, place: usize, document: Document) {
        let own = Own {
            place,
            repeats: Vec::new(),
            document: Arc::new(document),
        };
        self.by_id.insert(own.document.id.clone(), own);
    }

    /// Returns the file as it was read, if there is one.
    pub(super) fn file(&self) -> Option<&Fingerprint> {
        self.file.as_ref()
    }

    /// Takes in a document that is new, or takes the place of the one with its id.
    pub(super) fn put(&mut self, document: Document, record: &[u8]) {
        self.changed = true;
        let place = self.take_out(&document.id).unwrap_or_else(|| {
            self.records.push(None);
            self.records.len() - 1
        });
        self.records[place] = Some(Record {
            bytes: record.into(),
            flaw: None,
        });
        self.own(place, document);
    }

    /// Notes that a document is gone.
    pub(super) fn remove(&mut self, id: &str) {
        self.changed |= self.take_out(id).is_some();
    }

    /// Takes out every record of a document, for one that stays would be the document from then on. Gives
    /// the place of the first.
    fn take_out(&mut self, id: &str) -> Option<usize> {
        let own = self.by_id.remove(id)?;
        for place in own.repeats.into_iter().chain([own.place]) {
            self.records[place] = None;
        }
        Some(own.place)
    }

    /// Returns the document with an id.
    pub(super) fn get(&self, id: &str) -> Option<&Document> {
        self.by_id.get(id).map(|own| &*own.document)
    }

    /// Returns those after an id, by the bytes of their ids.
    pub(super) fn after(&self, after: Option<&str>) -> impl Iterator<Item = &Document> {
        use std::ops::Bound::{Excluded, Unbounded};
        let begin = after.map_or(Unbounded, Excluded);
        let rows = self.by_id.range::<str, _>((begin, Unbounded));
        rows.map(|(_, own)| &*own.document)
    }

    /// Returns the documents in the order of the folded file.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &Document> {
        let mut own: Vec<&Own> = self.by_id.values().collect();
        own.sort_unstable_by_key(|own| own.place);
        own.into_iter().map(|own| &*own.document)
    }

    /// Returns the records of the folded file, in its order, or only those that are stamped with
    /// somebody else.
    pub(super) fn records(&self, foreign_alone: bool) -> impl Iterator<Item = &[u8]> {
        let records = self.records.iter().flatten();
        let is_foreign = |record: &Record| {
            let flaw = record.flaw.as_ref();
            flaw.is_some_and(|flaw| flaw.reason == Reason::ForeignScope)
        };
        let kept = records.filter(move |record| !foreign_alone || is_foreign(record));
        kept.map(|record| &*record.bytes)
    }

    /// Returns the records that are no documents of the owner, by their place, and why; no flaw where
    /// an earlier one has the id.
    pub(super) fn left_out(&self) -> BTreeMap<usize, Option<&Flaw>> {
        let records = self.records.iter().enumerate();
        let flawed = records.filter_map(|(place, record)| {
            let flaw = record.as_ref()?.flaw.as_ref()?;
            Some((place, Some(flaw)))
        });
        let repeats = self.by_id.values().flat_map(|own| &own.repeats);
        flawed.chain(repeats.map(|place| (*place, None))).collect()
    }

    /// Returns all records, each with the place that it has until the journal is folded.
    pub(super) fn placed(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let placed = (0..).zip(&self.records);
        placed.filter_map(|(place, record)| Some((place, &*record.as_ref()?.bytes)))
    }
}
