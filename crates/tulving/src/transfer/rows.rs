//! Rows that were refused, written so that they can be mended and given back.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::error::{Flawed, TransferError};
use super::private_file;
use super::source::Cutter;
use crate::backend::file::npy::Npy;
use crate::backend::file::pair::{Fingerprint, PairError};
use crate::backend::postgres::RunChunk;
use crate::json::{self, Text, Value};
use crate::model::Kind;

/// A file of one JSON object a line: `kind`, `index`, `row`, and `vector` where the vector is to
/// be another than the source's at that index. Other members, such as the reason, are for people.
#[derive(Debug, Clone)]
pub(crate) struct RowsFile {
    pub(crate) path: PathBuf,
}

/// A line is a record with its vector written out, at most.
const LONGEST_LINE: u64 = 128 << 20;

impl RowsFile {
    fn open(&self) -> Result<BufReader<File>, TransferError> {
        let file = File::open(&self.path).map_err(|source| self.io(source))?;
        Ok(BufReader::with_capacity(1 << 20, file))
    }

    fn io(&self, source: io::Error) -> TransferError {
        TransferError::Io {
            doing: "reading",
            path: self.path.clone(),
            source,
        }
    }

    fn broken(&self, line: u64, reason: impl Into<String>) -> TransferError {
        TransferError::RowsFile {
            path: self.path.clone(),
            line,
            reason: reason.into(),
        }
    }

    /// Counts the rows of one kind and cuts them into chunks of lines.
    pub(crate) fn survey(
        &self,
        kind: Kind,
        most_rows: u32,
        dims: usize,
    ) -> Result<(Fingerprint, u64, Vec<RunChunk>), TransferError> {
        let mut reader = self.open()?;
        let mut cutter = Cutter::new(kind, most_rows, dims);
        let (mut sha256, mut offset, mut rows) = (Sha256::new(), 0, 0);
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
            sha256.update(&line);
            if self.line_kind(number, &line)? == Some(kind) {
                cutter.push(number, offset, length);
                rows += 1;
            }
            offset += length;
        }
        let print = Fingerprint {
            path: self.path.clone(),
            bytes: offset,
            sha256: sha256.finalize().into(),
        };
        Ok((print, rows, cutter.finish()))
    }

    fn line_kind(&self, number: u64, line: &[u8]) -> Result<Option<Kind>, TransferError> {
        if line.trim_ascii().is_empty() {
            return Ok(None);
        }
        let value = json::parse(line)
            .map_err(|error| self.broken(number, format!("it is not JSON: {error}")))?;
        match value.get("kind") {
            Some(Value::String(kind)) if kind.to_str() == Some("node") => Ok(Some(Kind::Node)),
            Some(Value::String(kind)) if kind.to_str() == Some("episode") => {
                Ok(Some(Kind::Episode))
            }
            _ => Err(self.broken(number, "`kind` must be \"node\" or \"episode\"")),
        }
    }

    /// Gives the rows of a chunk: index in the source, record, vector.
    pub(crate) fn read(
        &self,
        kind: Kind,
        chunk: &RunChunk,
        vectors: &Npy,
        mut each: impl FnMut(u64, &mut Value<'_>, Vec<f32>),
    ) -> Result<(), TransferError> {
        let mut reader = self.open()?;
        reader
            .seek(SeekFrom::Start(chunk.byte_start))
            .map_err(|e| self.io(e))?;
        let mut lines = reader.take(chunk.byte_count);
        let mut line = Vec::new();
        for number in chunk.first_row.. {
            line.clear();
            if lines.read_until(b'\n', &mut line).map_err(|e| self.io(e))? == 0 {
                break;
            }
            if self.line_kind(number, &line)? != Some(kind) {
                continue;
            }
            let mut value = json::parse(&line)
                .map_err(|error| self.broken(number, format!("it is not JSON: {error}")))?;
            let index = match value.get("index") {
                Some(Value::Number(index)) => index.parse::<u64>().ok(),
                _ => None,
            };
            let index = index
                .ok_or_else(|| self.broken(number, "`index` must be a whole number from 0"))?;
            let vector = match value.get("vector") {
                None | Some(Value::Null) => self.vector_of_source(number, index, vectors)?,
                Some(given) => self.vector_of_line(number, given, vectors.dims())?,
            };
            let Value::Object(members) = &mut value else {
                continue;
            };
            let row = members
                .iter_mut()
                .rev()
                .find(|(key, _)| key.to_str() == Some("row"));
            let (_, row) = row.ok_or_else(|| self.broken(number, "`row` is missing"))?;
            each(index, row, vector);
        }
        Ok(())
    }

    fn vector_of_source(
        &self,
        number: u64,
        index: u64,
        vectors: &Npy,
    ) -> Result<Vec<f32>, TransferError> {
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
    ) -> Result<Vec<f32>, TransferError> {
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

/// Writes refused rows, readable by their owner alone. The file is there whole or not at all.
pub(crate) fn write_rejects(
    path: &Path,
    run_id: Uuid,
    flawed: &[Flawed],
) -> Result<(), TransferError> {
    private_file::write(path, run_id, |out| {
        flawed.iter().try_for_each(|flawed| write_line(out, flawed))
    })
    .map_err(|source| TransferError::Io {
        doing: "writing",
        path: path.to_owned(),
        source,
    })
}

fn write_line(out: &mut dyn Write, flawed: &Flawed) -> io::Result<()> {
    let text = |text: &str| Value::String(Text::from(text.to_owned()));
    let mut members = vec![
        (Text::new("file"), text(&flawed.file)),
        (Text::new("kind"), text(flawed.kind.as_str())),
        (
            Text::new("index"),
            Value::Number(flawed.index.to_string().into()),
        ),
        (
            Text::new("id"),
            flawed.id.as_deref().map_or(Value::Null, text),
        ),
        (Text::new("reason"), text(flawed.flaw.reason.as_str())),
        (Text::new("message"), text(&flawed.flaw.message)),
    ];
    if let Some(vector) = &flawed.vector {
        let numbers = vector
            .iter()
            .map(|number| Value::Number(python(*number).into()))
            .collect();
        members.push((Text::new("vector"), Value::Array(numbers)));
    }
    let mut line = Vec::new();
    json::write(&Value::Object(members), &mut line);
    // The row is in canonical form already.
    line.pop();
    line.extend_from_slice(b",\"row\":");
    line.extend_from_slice(&flawed.row);
    line.extend_from_slice(b"}\n");
    out.write_all(&line)
}

/// A float as Python writes it.
fn python(number: f32) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 {
            "Infinity".to_owned()
        } else {
            "-Infinity".to_owned()
        }
    } else {
        format!("{number:?}")
    }
}
