//! The source of a migration: pairs of files, cut into chunks, loaded chunk by chunk.

use std::collections::HashSet;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use super::cut::Cutter;
use super::digest::{self, Sha256Bytes};
use super::error::{Flawed, TransferError};
use super::rows::RowsFile;
use crate::backend::file::Pending;
use crate::backend::file::pair::{Fingerprint, Pair, PairError};
use crate::backend::postgres::{RunChunk, Stored};
use crate::json::{self, Records, Value};
use crate::model::Kind;
use crate::record::{self, Flaw, Part, Reason, Stamp};

/// The memories of one kind in the source, and the work that moving them is cut into.
#[derive(Debug)]
pub(crate) struct KindSource {
    pub(crate) kind: Kind,
    pub(crate) pair: Pair,
    /// Instead of the pair's records: rows that were rejected before.
    pub(crate) rows_file: Option<RowsFile>,
    /// The files, with their checksums; named relative to the data directory.
    pub(crate) files: Vec<(String, Fingerprint)>,
    pub(crate) rows: u64,
    pub(crate) chunks: Vec<RunChunk>,
    /// Writes that are not in the pair yet: rows behind its own.
    pending: Option<Arc<Pending>>,
    /// Rows of the pair that these take the place of. They are in no chunk's count.
    superseded: HashSet<u64>,
}

/// How records are read.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) stamp: Stamp,
    /// Whether the rows' digests are wanted; they cover content.
    pub(crate) digests: bool,
    /// Indices of rows whose id occurred before.
    pub(crate) repeated: HashSet<u64>,
}

/// The rows of one chunk.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) rows: Vec<SourceRow>,
    pub(crate) flawed: Vec<Flawed>,
    /// Times without a zone.
    pub(crate) zoneless: u64,
    /// Vectors that are all zero.
    pub(crate) zero_vectors: u64,
}

/// The vector of a row.
pub(crate) struct Vector {
    pub(crate) numbers: Vec<f32>,
    /// Whether the row brought it along, in place of the source's.
    pub(crate) given: bool,
}

/// A row of the source.
#[derive(Debug)]
pub(crate) struct SourceRow {
    pub(crate) stored: Stored,
    /// Its line, if it was read from a file of rows.
    pub(crate) line: Option<u64>,
    /// All zero if no digests were asked for.
    pub(crate) digest: Sha256Bytes,
}

impl KindSource {
    /// Goes through the files once: counts, checksums, chunks.
    pub(crate) fn survey(
        root: &Path,
        kind: Kind,
        pair: Pair,
        rows_file: Option<RowsFile>,
        pending: Option<Arc<Pending>>,
        most_rows: u32,
    ) -> Result<Self, TransferError> {
        let named = |print: Fingerprint| (relative(root, &print.path), print);
        // Two files, two cores.
        let (records, vectors) = std::thread::scope(|scope| {
            let vectors = scope.spawn(|| pair.fingerprint_vectors());
            let mut cutter = Cutter::new(kind, most_rows, pair.vectors.dims());
            let mut rows = 0;
            let mut superseded = HashSet::new();
            let scanned = pair.scan(|span, record| {
                rows += 1;
                // One that is no JSON is refused when it is loaded.
                let is_superseded = |pending: &Pending| {
                    json::parse(record).is_ok_and(|value| pending.supersedes(kind, &value))
                };
                if pending.as_deref().is_some_and(is_superseded) {
                    superseded.insert(span.index);
                } else {
                    cutter.push(span.index, span.offset, span.len);
                }
            });
            let mut offset = 0;
            cutter.break_off();
            let lengths = pending.iter().flat_map(|pending| pending.lengths(kind));
            for (index, len) in (rows..).zip(lengths) {
                cutter.push(index, offset, len);
                offset += len;
            }
            let vectors = vectors.join().map_err(|_| TransferError::Worker {
                reason: "hashing".to_owned(),
            });
            let scanned = scanned.map(|print| (print, rows, cutter.finish(), superseded));
            (scanned, vectors)
        });
        let ((records, rows, chunks, superseded), vectors) = (records?, vectors??);
        if let Some(pending) = &pending {
            pending.check(&[records.clone(), vectors.clone()])?;
        }
        let mut source = Self {
            kind,
            files: vec![named(records), named(vectors)],
            rows_file,
            rows,
            chunks,
            pair,
            pending,
            superseded,
        };
        source.check_count(root)?;
        source.rows = source
            .chunks
            .iter()
            .map(|chunk| u64::from(chunk.rows))
            .sum();
        if let Some(rows_file) = &source.rows_file {
            let (print, rows, chunks) =
                rows_file.survey(kind, most_rows, source.pair.vectors.dims())?;
            source.files.push((print.path.display().to_string(), print));
            source.rows = rows;
            source.chunks = chunks;
        }
        Ok(source)
    }

    fn check_count(&self, root: &Path) -> Result<(), TransferError> {
        let vectors = self.pair.vectors.rows();
        if vectors == self.rows {
            return Ok(());
        }
        Err(TransferError::CountMismatch {
            kind: self.kind,
            records: relative(root, &self.pair.paths.records),
            record_count: self.rows,
            vectors: relative(root, &self.pair.paths.vectors),
            vector_count: vectors,
        })
    }

    /// The name of the records' file in messages.
    pub(crate) fn file(&self) -> &str {
        self.files.first().map_or("", |(name, _)| name)
    }

    /// The name of the vectors' file in messages.
    pub(crate) fn vectors_file(&self) -> String {
        self.files
            .get(1)
            .map_or_else(String::new, |(name, _)| name.clone())
    }

    /// Numbers in each vector; `None` if there is no vector.
    pub(crate) fn dims(&self) -> Option<usize> {
        let vectors = &self.pair.vectors;
        let pending = || self.pending.as_ref()?.dims(self.kind);
        (vectors.rows() > 0)
            .then(|| vectors.dims())
            .or_else(pending)
    }

    /// A row that is sound in itself and refused all the same.
    pub(crate) fn flawed_row(&self, row: &SourceRow, flaw: Flaw) -> Flawed {
        let line = self.rows_file.as_ref().zip(row.line);
        let line = line.map(|(file, line)| (file.path().to_owned(), line));
        let row = &row.stored;
        let mut record = Vec::new();
        // It was read a moment ago, so it renders.
        let _ = record::write(&row.memory, Part::Everything, &mut record);
        Flawed {
            kind: self.kind,
            file: self.file().to_owned(),
            index: row.ord,
            line,
            id: Some(row.memory.id().to_owned()),
            flaw,
            row: record,
            vector: None,
        }
    }

    /// Reads and checks the rows of a chunk.
    pub(crate) fn load(
        &self,
        chunk: &RunChunk,
        reading: &Reading,
    ) -> Result<Loaded, TransferError> {
        match (&self.rows_file, &self.pending) {
            (Some(rows_file), _) => self.load_from_rows(rows_file, chunk, reading),
            (None, Some(pending)) if chunk.first_row >= self.pair.vectors.rows() => {
                self.load_from_pending(pending, chunk, reading)
            }
            (None, _) => self.load_from_pair(chunk, reading),
        }
    }

    fn load_from_pending(
        &self,
        pending: &Pending,
        chunk: &RunChunk,
        reading: &Reading,
    ) -> Result<Loaded, TransferError> {
        let mut loaded = Loaded::with_capacity(chunk.rows as usize);
        let mut scratch = Vec::new();
        let behind = self.pair.vectors.rows();
        let (first, dims) = (chunk.first_row - behind, self.dims().unwrap_or(0));
        pending.read(self.kind, first, chunk.rows, dims, |row, value, numbers| {
            let vector = Vector {
                numbers,
                given: false,
            };
            let index = behind + row;
            self.take(&mut loaded, index, value, vector, reading, &mut scratch);
        })?;
        Ok(loaded)
    }

    /// How many rows of the pair a chunk spans, those included that do not count any more.
    fn spanned(&self, chunk: &RunChunk) -> usize {
        let mut counting = (chunk.first_row..).filter(|row| !self.superseded.contains(row));
        let last = counting.nth((chunk.rows as usize).saturating_sub(1));
        last.map_or(0, |last| {
            usize::try_from(last + 1 - chunk.first_row).unwrap_or(usize::MAX)
        })
    }

    fn load_from_pair(&self, chunk: &RunChunk, reading: &Reading) -> Result<Loaded, TransferError> {
        let bytes = self.pair.bytes(
            chunk.byte_start,
            usize::try_from(chunk.byte_count).unwrap_or(usize::MAX),
        )?;
        let mut vectors = Vec::new();
        let dims = self.pair.vectors.dims();
        let spanned = self.spanned(chunk);
        self.pair
            .vectors
            .read_rows(chunk.first_row, spanned, &mut vectors)
            .map_err(PairError::Vectors)?;
        let mut loaded = Loaded::with_capacity(chunk.rows as usize);
        let mut scratch = Vec::new();
        // A chunk is a stretch out of an array; with its brackets back it is one again.
        let array = b"["
            .as_slice()
            .chain(bytes.as_slice())
            .chain(b"]".as_slice());
        let mut records = Records::new(array);
        let mut buffer = Vec::new();
        let broken = |source| PairError::Records {
            path: self.pair.paths.records.clone(),
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
                .ok_or_else(|| PairError::Changed {
                    path: self.pair.paths.records.clone(),
                })?;
            if self.superseded.contains(&index) {
                continue;
            }
            let mut value = json::parse(&buffer).map_err(|mut source| {
                // In the file, not in the record; the bracket before the chunk is not in either.
                source.offset += usize::try_from(chunk.byte_start + span.offset - 1).unwrap_or(0);
                TransferError::Malformed {
                    file: self.file().to_owned(),
                    index,
                    source,
                }
            })?;
            if let Some(pending) = &self.pending {
                pending.touch(self.kind, &mut value);
            }
            self.take(
                &mut loaded,
                index,
                &mut value,
                Vector {
                    numbers: vector.to_vec(),
                    given: false,
                },
                reading,
                &mut scratch,
            );
        }
        if loaded.rows.len() + loaded.flawed.len() != chunk.rows as usize {
            return Err(PairError::Changed {
                path: self.pair.paths.records.clone(),
            }
            .into());
        }
        Ok(loaded)
    }

    fn load_from_rows(
        &self,
        rows_file: &RowsFile,
        chunk: &RunChunk,
        reading: &Reading,
    ) -> Result<Loaded, TransferError> {
        let mut loaded = Loaded::with_capacity(chunk.rows as usize);
        let mut scratch = Vec::new();
        rows_file.read(
            self.kind,
            chunk,
            &self.pair.vectors,
            |line, index, value, vector| {
                let before = (loaded.rows.len(), loaded.flawed.len());
                self.take(&mut loaded, index, value, vector, reading, &mut scratch);
                for row in &mut loaded.rows[before.0..] {
                    row.line = Some(line);
                }
                for flawed in &mut loaded.flawed[before.1..] {
                    flawed.line = Some((rows_file.path().to_owned(), line));
                }
            },
        )?;
        Ok(loaded)
    }

    /// Reads one record and sorts it among the good or the refused.
    fn take(
        &self,
        loaded: &mut Loaded,
        index: u64,
        value: &mut Value<'_>,
        Vector {
            numbers: vector,
            given,
        }: Vector,
        reading: &Reading,
        scratch: &mut Vec<u8>,
    ) {
        let finite = vector.iter().all(|number| number.is_finite());
        let read = record::read(self.kind, value, &reading.stamp).and_then(|read| {
            if reading.repeated.contains(&index) {
                return Err(Flaw::new(
                    Reason::DuplicateId,
                    format!("an earlier row has the id {:?}", read.memory.id()),
                ));
            }
            if !finite {
                let at = vector
                    .iter()
                    .position(|number| !number.is_finite())
                    .unwrap_or_default();
                let what = format!(
                    "its vector holds {} at place {at}; numbers must be finite",
                    vector[at]
                );
                return Err(Flaw::new(Reason::VectorNotFinite, what));
            }
            Ok(read)
        });
        match read {
            Ok(read) => {
                loaded.zoneless += u64::from(read.zoneless);
                loaded.zero_vectors += u64::from(vector.iter().all(|number| *number == 0.0));
                let digest = if reading.digests {
                    scratch.clear();
                    record::canonical(self.kind, value, Part::Content, scratch);
                    digest::row(scratch, Some(&vector))
                } else {
                    [0; 32]
                };
                let stored = Stored {
                    ord: index,
                    memory: read.memory,
                    vector: Some(vector),
                };
                let line = None;
                loaded.rows.push(SourceRow {
                    stored,
                    line,
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
                let vector = (given || flaw.reason == Reason::VectorNotFinite).then_some(vector);
                loaded.flawed.push(Flawed {
                    kind: self.kind,
                    file: self.file().to_owned(),
                    index,
                    line: None,
                    id,
                    flaw,
                    row,
                    vector,
                });
            }
        }
    }
}

impl Loaded {
    fn with_capacity(rows: usize) -> Self {
        Self {
            rows: Vec::with_capacity(rows),
            flawed: Vec::new(),
            zoneless: 0,
            zero_vectors: 0,
        }
    }
}

/// A path as people see it in their data directory.
fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}
