//! The documents of a data directory, which are moved before their chunks.

use std::collections::HashSet;
use std::path::Path;

use super::error::SourceError;
use super::input::{input, relative};
use crate::backend::file::documents::Documents;
use crate::backend::file::layout;
use crate::backend::file::pair::Fingerprint;
use crate::backend::file::pending::Pending;
use crate::json::{self, Value};
use crate::model::{Document, Scope};
use crate::record::{self, Flaw, Stamp};
use crate::transfer::{InputFile, KindPlan, SourceDocument, row_digest};

/// The documents of a directory that are moved, as a survey found them.
#[derive(Debug, Default)]
pub(super) struct DocumentSource {
    pub(super) documents: Vec<SourceDocument>,
    ids: HashSet<String>,
    /// The file of their records, if there is one.
    file: Option<Fingerprint>,
}

impl DocumentSource {
    /// Reads the documents, those of the file and those of the journal together, as the directory's owner
    /// has them; where some are named, these alone.
    ///
    /// # Errors
    /// If they cannot be read, or one of them cannot be moved: its chunks would have no place.
    pub(super) fn survey(
        root: &Path,
        owner: Scope,
        pending: Option<&Pending>,
        stamp: &Stamp,
        named: Option<&HashSet<String>>,
    ) -> Result<Self, SourceError> {
        let path = layout::documents(root);
        let mut found = Documents::open(&path, &path, owner)?;
        if let Some(pending) = pending {
            pending.check_documents(found.file())?;
            pending.apply(&mut found)?;
        }
        let mut source = Self {
            file: found.file().cloned(),
            ..Self::default()
        };
        let file = relative(root, &path);
        for (ord, record) in found.placed() {
            let refused = |flaw| SourceError::Document {
                file: file.clone(),
                index: ord,
                flaw,
            };
            let malformed = |source| SourceError::Malformed {
                file: file.clone(),
                index: ord,
                source,
            };
            let mut value = json::parse(record).map_err(malformed)?;
            if named.is_some_and(|named| !is_among(named, &value)) {
                continue;
            }
            let document = record::document::read(&mut value, stamp).map_err(refused)?;
            if !source.ids.insert(document.id.clone()) {
                return Err(refused(Flaw::repeated(&document.id)));
            }
            let mut canonical = Vec::new();
            record::document::canonical(&value, &mut canonical);
            source.documents.push(SourceDocument {
                ord,
                document,
                digest: row_digest(&canonical, None),
            });
        }
        Ok(source)
    }

    /// Returns the file as receipts name it.
    pub(super) fn input(&self, root: &Path) -> Option<InputFile> {
        self.file.clone().map(|file| input(root, file))
    }

    /// Returns what is moved of the kind where there are documents and no pieces of any.
    pub(super) fn alone(&self, root: &Path) -> Option<KindPlan> {
        let is_there = self.file.is_some() || !self.documents.is_empty();
        is_there.then(|| KindPlan {
            kind: Document::PIECES,
            files: self.input(root).into_iter().collect(),
            rows: 0,
            dims: None,
            vectors: String::new(),
            chunks: Vec::new(),
        })
    }

    /// Returns whether there is a document with this id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.ids.contains(id)
    }
}

fn is_among(named: &HashSet<String>, record: &Value<'_>) -> bool {
    match record.get("id") {
        Some(Value::String(id)) => named.contains(&*id.storable()),
        _ => false,
    }
}
