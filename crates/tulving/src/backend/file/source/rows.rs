//! A file of rows that were refused, mended and given back.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::error::SourceError;
use crate::backend::file::npy::Npy;
use crate::backend::file::pair::{At, Fingerprint, PairError};
use crate::json::{self, Value};
use crate::model::Kind;
use crate::transfer::{Chunker, RunChunk};

/// The vector of a row.
pub(super) struct Vector {
    pub(super) numbers: Vec<f32>,
    /// Whether the row brought it along, in place of the source's.
    pub(super) given: bool,
}

/// A file of one JSON object a line: `kind`, `index`, `row`, and `vector` where the vector is to
/// be another than the source's at that index. Other members, such as the reason, are for people. That is
/// form 1; a line of a later one says so in `format`.
///
/// It stays open, so that a file that is put in its place does not matter.
#[derive(Debug)]
pub(super) struct RowsFile {
    path: Arc<PathBuf>,
    file: File,
}

/// The form of a line.
const FORMAT: u32 = 1;

/// A line is a record with its vector written out, at most.
const LONGEST_LINE: u64 = 128 << 20;

/// What a line holds.
struct Line<'l> {
    kind: Kind,
    index: u64,
    value: Value<'l>,
}

impl RowsFile {
    pub(super) fn open(path: &Path) -> Result<Self, SourceError> {
        match File::open(path) {
            Ok(file) => Ok(Self {
                path: Arc::new(path.to_owned()),
                file,
            }),
            Err(source) => Err(SourceError::Io {
                path: path.to_owned(),
                source,
            }),
        }
    }

    pub(super) fn path(&self) -> &Arc<PathBuf> {
        &self.path
    }

    fn io(&self, source: io::Error) -> SourceError {
        SourceError::Io {
            path: self.path.to_path_buf(),
            source,
        }
    }

    fn broken(&self, line: u64, reason: impl Into<String>) -> SourceError {
        SourceError::RowsFile {
            path: self.path.to_path_buf(),
            line,
            reason: reason.into(),
        }
    }

    /// Counts the rows of one kind and cuts them into chunks of lines.
    pub(super) fn survey(
        &self,
        kind: Kind,
        most_rows: u32,
        dims: usize,
    ) -> Result<(Fingerprint, u64, Vec<RunChunk>), SourceError> {
        let mut chunker = Chunker::new(kind, most_rows, dims);
        let (mut sha256, mut offset, mut rows) = (Sha256::new(), 0, 0);
        let mut lines: HashMap<u64, u64> = HashMap::new();
        self.each_line(|number, line| {
            let length = line.len() as u64;
            sha256.update(line);
            if let Some(parsed) = self.line(number, line)?.filter(|line| line.kind == kind) {
                if let Some(earlier) = lines.insert(parsed.index, number) {
                    let index = parsed.index;
                    let what = format!("`index` {index} is on line {earlier} too");
                    return Err(self.broken(number, what));
                }
                chunker.push(number, offset, length);
                rows += 1;
            }
            offset += length;
            Ok(())
        })?;
        let fingerprint = Fingerprint {
            path: self.path.to_path_buf(),
            bytes: offset,
            sha256: sha256.finalize().into(),
        };
        Ok((fingerprint, rows, chunker.finish()))
    }

    /// Returns the ids of what the rows of a kind are part of.
    pub(super) fn containers(&self, kind: Kind) -> Result<HashSet<String>, SourceError> {
        let mut ids = HashSet::new();
        self.each_line(|number, line| {
            let line = self.line(number, line)?.filter(|line| line.kind == kind);
            let row = line.as_ref().and_then(|line| line.value.get("row"));
            let key = kind.sequence().map(|sequence| sequence.container);
            let id = row.zip(key).and_then(|(row, key)| row.get(key));
            if let Some(Value::String(id)) = id {
                ids.insert(id.storable().into_owned());
            }
            Ok(())
        })?;
        Ok(ids)
    }

    /// Calls `each` with every line and its number, from 1.
    fn each_line(
        &self,
        mut each: impl FnMut(u64, &[u8]) -> Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        let mut reader = BufReader::with_capacity(1 << 20, At::new(&self.file, 0));
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let length = (&mut reader)
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut line)
                .map_err(|e| self.io(e))? as u64;
            if length == 0 {
                break;
            }
            if length == LONGEST_LINE {
                return Err(self.broken(number, format!("it is longer than {LONGEST_LINE} bytes")));
            }
            each(number, &line)?;
        }
        Ok(())
    }

    /// Reads a line; `None` if it is blank.
    fn line<'l>(&self, number: u64, line: &'l [u8]) -> Result<Option<Line<'l>>, SourceError> {
        let line = match number {
            1 => json::unmarked(line).map_err(|found| SourceError::Foreign {
                path: self.path.to_path_buf(),
                found,
            })?,
            _ => line,
        };
        if line.trim_ascii().is_empty() {
            return Ok(None);
        }
        let value = json::parse(line)
            .map_err(|error| self.broken(number, format!("it is not JSON: {error}")))?;
        let is_known = match value.get("format") {
            None => true,
            Some(Value::Number(format)) => format.parse() == Ok(FORMAT),
            Some(_) => false,
        };
        if !is_known {
            let reason = format!("`format` must be {FORMAT}, the form that this program knows");
            return Err(self.broken(number, reason));
        }
        let kind = match value.get("kind") {
            Some(Value::String(kind)) => kind.to_str().and_then(Kind::named),
            _ => None,
        };
        let kind = kind.ok_or_else(|| {
            let known = Kind::ALL.map(|kind| format!("{:?}", kind.as_str()));
            self.broken(number, format!("`kind` must be {}", known.join(" or ")))
        })?;
        let index = match value.get("index") {
            Some(Value::Number(index)) => index.parse::<u64>().ok(),
            _ => None,
        };
        let index = index
            .filter(|index| i64::try_from(*index).is_ok())
            .ok_or_else(|| self.broken(number, "`index` must be a whole number from 0"))?;
        if value.get("row").is_none() {
            return Err(self.broken(number, "`row` is missing"));
        }
        Ok(Some(Line { kind, index, value }))
    }

    /// Calls `each` with the rows of a chunk: line, index in the source, record, vector.
    pub(super) fn read(
        &self,
        kind: Kind,
        chunk: &RunChunk,
        vectors: &Npy,
        mut each: impl FnMut(u64, u64, &mut Value<'_>, Vector),
    ) -> Result<(), SourceError> {
        let at = At::new(&self.file, chunk.byte_start);
        let mut lines = BufReader::with_capacity(1 << 20, at.take(chunk.byte_count));
        let mut bytes = Vec::new();
        let mut rows = 0;
        for number in chunk.first_row.. {
            bytes.clear();
            if lines
                .read_until(b'\n', &mut bytes)
                .map_err(|e| self.io(e))?
                == 0
            {
                break;
            }
            let line = self.line(number, &bytes)?.filter(|line| line.kind == kind);
            let Some(Line { index, value, .. }) = line else {
                continue;
            };
            let given = value
                .get("vector")
                .filter(|given| !matches!(given, Value::Null));
            let vector = Vector {
                given: given.is_some(),
                numbers: match given {
                    None => self.vector_of_source(number, index, vectors)?,
                    Some(given) => self.vector_of_line(number, given, vectors.dims())?,
                },
            };
            let Value::Object(mut members) = value else {
                continue;
            };
            let row = members
                .iter_mut()
                .rev()
                .find(|(key, _)| key.to_str() == Some("row"));
            if let Some((_, row)) = row {
                each(number, index, row, vector);
                rows += 1;
            }
        }
        if rows == chunk.rows {
            return Ok(());
        }
        // It was cut before: another number of rows now means that it was written to.
        Err(PairError::Changed {
            path: self.path.to_path_buf(),
        }
        .into())
    }

    fn vector_of_source(
        &self,
        number: u64,
        index: u64,
        vectors: &Npy,
    ) -> Result<Vec<f32>, SourceError> {
        if index >= vectors.rows() {
            let rows = vectors.rows();
            return Err(self.broken(
                number,
                format!("`index` is {index}, but the source holds {rows} vectors"),
            ));
        }
        let mut vector = Vec::new();
        vectors
            .read_rows(index, 1, &mut vector)
            .map_err(PairError::Vectors)?;
        Ok(vector)
    }

    fn vector_of_line(
        &self,
        number: u64,
        given: &Value<'_>,
        dims: usize,
    ) -> Result<Vec<f32>, SourceError> {
        let wrong = || self.broken(number, format!("`vector` must be a list of {dims} numbers"));
        let Value::Array(items) = given else {
            return Err(wrong());
        };
        let parse = |item: &Value<'_>| match item {
            Value::Number(lexeme) => lexeme.parse::<f32>().ok(),
            _ => None,
        };
        let vector: Option<Vec<f32>> = items.iter().map(parse).collect();
        vector
            .filter(|vector| vector.len() == dims)
            .ok_or_else(wrong)
    }
}
