//! Rows of a source: those that can be moved, and those that are refused.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::digest::{Sha256Bytes, row as row_digest};
use crate::backend::Forgotten;
use crate::json::ParseError;
use crate::model::{Document, Kind, Memory};
use crate::record::{self, Flaw, Part, Reason};

/// A memory with its place in the source and its vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Place in the source, from 0.
    pub ord: u64,
    /// The memory.
    pub memory: Memory,
    /// Its vector, as exact as it came.
    pub vector: Option<Vec<f32>>,
}

impl Stored {
    /// Returns whether two vectors are equal bit for bit: −0 is not 0.
    #[must_use]
    pub fn has_vector_of(&self, other: &Self) -> bool {
        match (&self.vector, &other.vector) {
            (Some(one), Some(other)) => one
                .iter()
                .map(|number| number.to_bits())
                .eq(other.iter().map(|number| number.to_bits())),
            (one, other) => one.is_none() && other.is_none(),
        }
    }
}

/// A row of a source.
#[derive(Debug, Clone)]
pub struct SourceRow {
    /// The memory.
    pub stored: Stored,
    /// Where it was read.
    pub origin: Origin,
    /// Its [digest](super::row_digest), from the source's own words and not from the memory that they
    /// became; all zero if no digests were asked for.
    pub digest: Sha256Bytes,
}

/// Where a row stands in its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file, or what else holds the kind's rows, as people name it.
    pub file: Arc<str>,
    /// Its index there, from 0.
    pub index: u64,
    /// Where it was read instead: another file, and its line there, from 1.
    pub line: Option<(Arc<PathBuf>, u64)>,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.line {
            Some((file, line)) => write!(f, "{}, line {line}", file.display()),
            None => write!(f, "{}[{}]", self.file, self.index),
        }
    }
}

/// A row that is refused, and where it stands.
#[derive(Debug, Clone)]
pub struct Flawed {
    /// The kind of memory that it would be.
    pub kind: Kind,
    /// Where it was read.
    pub origin: Origin,
    /// Its id, if it has one.
    pub id: Option<String>,
    /// What is wrong with it.
    pub flaw: Flaw,
    /// The record in canonical form.
    pub row: Vec<u8>,
    /// Its vector, where that is what is wrong, or the row brought it along.
    pub vector: Option<Vec<f32>>,
}

impl fmt::Display for Flawed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.origin.fmt(f)?;
        if let Some(id) = self.id.as_deref().filter(|id| !id.is_empty()) {
            write!(f, " ({id})")?;
        }
        write!(f, ": {} [{}]", self.flaw, self.flaw.reason.as_str())
    }
}

/// The rows of one chunk.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Those that can be moved, in source order.
    pub rows: Vec<SourceRow>,
    /// Those that are refused, in source order.
    pub flawed: Vec<Flawed>,
    /// Times without a zone.
    pub zoneless: u64,
    /// Vectors that are all zero.
    pub zero_vectors: u64,
}

impl Loaded {
    /// Takes a row of a source that has no words of its own: its digest, if `digests` says so, is of the record
    /// that the memory renders.
    ///
    /// # Errors
    /// If the memory's carry was tampered with.
    pub(crate) fn push(
        &mut self,
        stored: Stored,
        origin: Origin,
        digests: bool,
    ) -> Result<(), ParseError> {
        let is_zero = |numbers: &Vec<f32>| numbers.iter().all(|number| *number == 0.0);
        self.zero_vectors += u64::from(stored.vector.as_ref().is_some_and(is_zero));
        let mut digest = [0; 32];
        if digests {
            let mut canonical = Vec::new();
            record::write(&stored.memory, Part::Content, &mut canonical)?;
            digest = row_digest(&canonical, stored.vector.as_deref());
        }
        self.rows.push(SourceRow {
            stored,
            origin,
            digest,
        });
        Ok(())
    }

    /// Refuses the rows that the target was told to forget. What they say is kept nowhere.
    pub(super) fn leave_out(&mut self, forgotten: &Forgotten) {
        if forgotten.tombstones.is_empty() {
            return;
        }
        let is_gone = |row: &SourceRow| {
            let memory = &row.stored.memory;
            let of_documents = memory.kind() == Document::PIECES;
            let document = memory.position().filter(|_| of_documents);
            forgotten.holds(&memory.key())
                || document.is_some_and(|(document, _)| forgotten.holds_document(document))
        };
        let (gone, rows) = std::mem::take(&mut self.rows)
            .into_iter()
            .partition(is_gone);
        self.rows = rows;
        let gone: Vec<SourceRow> = gone;
        self.flawed.extend(gone.into_iter().map(|row| Flawed {
            kind: row.stored.memory.kind(),
            id: Some(row.stored.memory.id().to_owned()),
            flaw: Flaw::new(Reason::Forgotten, "it was forgotten here"),
            row: b"null".to_vec(),
            vector: None,
            origin: row.origin,
        }));
        self.flawed.sort_by_key(|flawed| flawed.origin.index);
    }
}
