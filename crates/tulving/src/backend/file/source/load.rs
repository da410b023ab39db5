//! Reading and checking the rows of one chunk.

use std::io::Read as _;
use std::sync::Arc;

use super::error::SourceError;
use super::kind::KindSource;
use super::rows::{RowsFile, Vector};
use crate::backend::file::pair::PairError;
use crate::backend::file::pending::Pending;
use crate::json::{self, Records, Value};
use crate::record::{self, Flaw, Part, Reason, Stamp};
use crate::transfer::{Flawed, Loaded, Origin, Reading, RunChunk, SourceRow, Stored, row_digest};

impl KindSource {
    /// Reads and checks the rows of a chunk.
    pub(super) fn load(
        &self,
        chunk: &RunChunk,
        stamp: &Stamp,
        reading: &Reading,
    ) -> Result<Loaded, SourceError> {
        let mut loading = Loading {
            source: self,
            stamp,
            reading,
            loaded: Loaded {
                rows: Vec::with_capacity(chunk.rows as usize),
                ..Loaded::default()
            },
            scratch: Vec::new(),
        };
        match (&self.rows_file, &self.pending) {
            (Some(rows_file), _) => loading.load_rows(rows_file, chunk)?,
            (None, Some(pending)) if chunk.first_row >= self.pair.vectors.rows() => {
                loading.load_pending(pending, chunk)?;
            }
            (None, _) => loading.load_pair(chunk)?,
        }
        Ok(loading.loaded)
    }

    /// Returns how many rows of the pair a chunk spans, those included that do not count any more.
    fn spanned(&self, chunk: &RunChunk) -> usize {
        let mut counting = (chunk.first_row..).filter(|row| !self.superseded.contains(row));
        let last = counting.nth((chunk.rows as usize).saturating_sub(1));
        last.map_or(0, |last| {
            usize::try_from(last + 1 - chunk.first_row).unwrap_or(usize::MAX)
        })
    }
}

/// A chunk that is being loaded.
struct Loading<'s> {
    source: &'s KindSource,
    stamp: &'s Stamp,
    reading: &'s Reading,
    loaded: Loaded,
    scratch: Vec<u8>,
}

impl Loading<'_> {
    fn load_pending(&mut self, pending: &Pending, chunk: &RunChunk) -> Result<(), SourceError> {
        let source = self.source;
        let behind = source.pair.vectors.rows();
        let (first, dims) = (chunk.first_row - behind, source.dims.unwrap_or(0));
        pending.read(
            source.kind,
            first,
            chunk.rows,
            dims,
            |row, value, numbers| {
                let given = false;
                self.take(self.origin(behind + row), value, Vector { numbers, given });
            },
        )?;
        Ok(())
    }

    fn load_pair(&mut self, chunk: &RunChunk) -> Result<(), SourceError> {
        let source = self.source;
        let (pair, dims) = (&source.pair, source.pair.vectors.dims());
        let changed = || PairError::Changed {
            path: pair.paths.records.clone(),
        };
        let bytes = pair.bytes(
            chunk.byte_start,
            usize::try_from(chunk.byte_count).unwrap_or(usize::MAX),
        )?;
        let mut vectors = Vec::new();
        let spanned = source.spanned(chunk);
        pair.vectors
            .read_rows(chunk.first_row, spanned, &mut vectors)
            .map_err(PairError::Vectors)?;
        // A chunk is a stretch out of an array; with its brackets back it is one again.
        let array = b"["
            .as_slice()
            .chain(bytes.as_slice())
            .chain(b"]".as_slice());
        let mut records = Records::new(array);
        let mut buffer = Vec::new();
        let broken = |source| PairError::Records {
            path: pair.paths.records.clone(),
            source,
        };
        while let Some(span) = records.next(&mut buffer).map_err(broken)? {
            let index = chunk.first_row + span.index;
            let at = usize::try_from(span.index)
                .unwrap_or(usize::MAX)
                .saturating_mul(dims);
            // The file was cut before: another number of rows now means that it was written to.
            let vector = vectors
                .get(at..at.saturating_add(dims))
                .filter(|_| span.index < spanned as u64)
                .ok_or_else(changed)?;
            if source.superseded.contains(&index) {
                continue;
            }
            let mut value = json::parse(&buffer).map_err(|mut error| {
                // In the file, not in the record; the bracket before the chunk is not in either.
                error.offset += usize::try_from(chunk.byte_start + span.offset - 1).unwrap_or(0);
                SourceError::Malformed {
                    file: source.file.to_string(),
                    index,
                    source: error,
                }
            })?;
            if let Some(pending) = &source.pending {
                pending.touch(source.kind, &mut value);
            }
            let vector = Vector {
                numbers: vector.to_vec(),
                given: false,
            };
            self.take(self.origin(index), &mut value, vector);
        }
        if self.loaded.rows.len() + self.loaded.flawed.len() != chunk.rows as usize {
            return Err(changed().into());
        }
        Ok(())
    }

    fn load_rows(&mut self, rows_file: &RowsFile, chunk: &RunChunk) -> Result<(), SourceError> {
        let source = self.source;
        rows_file.read(
            source.kind,
            chunk,
            &source.pair.vectors,
            |line, index, value, vector| {
                let origin = Origin {
                    line: Some((Arc::clone(rows_file.path()), line)),
                    ..self.origin(index)
                };
                self.take(origin, value, vector);
            },
        )
    }

    fn origin(&self, index: u64) -> Origin {
        Origin {
            file: Arc::clone(&self.source.file),
            index,
            line: None,
        }
    }

    /// Reads one record and sorts it among the good or the refused.
    fn take(&mut self, origin: Origin, value: &mut Value<'_>, vector: Vector) {
        let Vector { numbers, given } = vector;
        let kind = self.source.kind;
        match self.read(&origin, value, &numbers) {
            Ok(read) => {
                self.loaded.zoneless += u64::from(read.zoneless);
                self.loaded.zero_vectors += u64::from(numbers.iter().all(|number| *number == 0.0));
                let digest = if self.reading.digests {
                    self.scratch.clear();
                    record::canonical(kind, value, Part::Content, &mut self.scratch);
                    row_digest(&self.scratch, Some(&numbers))
                } else {
                    [0; 32]
                };
                self.loaded.rows.push(SourceRow {
                    stored: Stored {
                        ord: origin.index,
                        memory: read.memory,
                        vector: Some(numbers),
                    },
                    origin,
                    digest,
                });
            }
            Err(flaw) => {
                let mut row = Vec::new();
                json::write(value, &mut row);
                let id = value.get("id").and_then(|id| match id {
                    Value::String(id) => Some(id.storable().chars().take(255).collect()),
                    _ => None,
                });
                let is_told = given || flaw.reason == Reason::VectorNotFinite;
                self.loaded.flawed.push(Flawed {
                    kind,
                    origin,
                    id,
                    flaw,
                    row,
                    vector: is_told.then_some(numbers),
                });
            }
        }
    }

    fn read(
        &self,
        origin: &Origin,
        value: &mut Value<'_>,
        vector: &[f32],
    ) -> Result<record::Read, Flaw> {
        let read = record::read(self.source.kind, value, self.stamp)?;
        if self.reading.repeated.contains(&origin.index) {
            return Err(Flaw::repeated(read.memory.id()));
        }
        if let (Some(documents), Some((document, _))) =
            (&self.source.documents, read.memory.position())
            && !documents.has(document)
        {
            let what = format!("its document {document:?} is not there");
            return Err(Flaw::new(Reason::NoDocument, what));
        }
        if let Some(at) = vector.iter().position(|number| !number.is_finite()) {
            let what = format!(
                "its vector holds {} at place {at}; numbers must be finite",
                vector[at]
            );
            return Err(Flaw::new(Reason::VectorNotFinite, what));
        }
        Ok(read)
    }
}
