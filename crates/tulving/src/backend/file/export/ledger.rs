//! The record of a run, beside what it stages.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::staging::Rows;
use crate::backend::file::error::FileError;
use crate::fsutil::{Access, Disk, Os};
use crate::model::{Kind, Timestamp};
use crate::transfer::{ChunkCounts, RunChunk, RunStatus};

/// The files of the record: the run, its chunks, and a mark for each chunk that is done.
#[derive(Debug, Clone)]
pub(super) struct RunFiles {
    folder: PathBuf,
}

/// A run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) run_id: Uuid,
    pub(super) inputs: Value,
    pub(super) status: String,
    pub(super) phase: String,
    pub(super) error: Option<String>,
    pub(super) version: String,
    pub(super) started_at: i64,
    pub(super) updated_at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct EnteredChunk {
    kind: String,
    chunk: u32,
    first_row: u64,
    rows: u32,
    byte_start: u64,
    byte_count: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Mark {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    clusters: Vec<Option<i64>>,
    newest: Option<i64>,
}

impl RunFiles {
    /// Keeps it in the folder of what is staged.
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// Returns the run that was entered, if there is one.
    ///
    /// # Errors
    /// If the file cannot be read. One that a crash left in pieces is as good as none.
    pub(super) fn entry(&self) -> Result<Option<Entry>, FileError> {
        let bytes = read(&self.folder.join("run.json"))?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// Enters a run with its chunks.
    ///
    /// # Errors
    /// If the files cannot be written.
    pub(super) fn enter(
        &self,
        run_id: Uuid,
        inputs: &Value,
        chunks: &[RunChunk],
    ) -> Result<(), FileError> {
        self.put_chunks(chunks)?;
        let now = Timestamp::now().micros();
        self.put(&Entry {
            run_id,
            inputs: inputs.clone(),
            status: RunStatus::Running.as_str().to_owned(),
            phase: "copy".to_owned(),
            error: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: now,
            updated_at: now,
        })
    }

    /// Writes the chunks.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn put_chunks(&self, chunks: &[RunChunk]) -> Result<(), FileError> {
        let entered = chunks.iter().map(|chunk| EnteredChunk {
            kind: chunk.kind.as_str().to_owned(),
            chunk: chunk.chunk,
            first_row: chunk.first_row,
            rows: chunk.rows,
            byte_start: chunk.byte_start,
            byte_count: chunk.byte_count,
        });
        let entered: Vec<EnteredChunk> = entered.collect();
        write(&self.folder.join("chunks.json"), &entered)
    }

    /// Writes what is known of the run.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn put(&self, entry: &Entry) -> Result<(), FileError> {
        write(&self.folder.join("run.json"), entry)
    }

    /// Returns the chunks, each as done as it is, and what is known of the rows of those that are done.
    ///
    /// # Errors
    /// If the files cannot be read.
    pub(super) fn chunks(&self) -> Result<Vec<(RunChunk, Option<Rows>)>, FileError> {
        let bytes = read(&self.folder.join("chunks.json"))?.unwrap_or_default();
        let entered: Vec<EnteredChunk> = serde_json::from_slice(&bytes).unwrap_or_default();
        let chunk = |entered: EnteredChunk| {
            let kind = Kind::named(&entered.kind)?;
            Some(RunChunk {
                kind,
                chunk: entered.chunk,
                first_row: entered.first_row,
                rows: entered.rows,
                byte_start: entered.byte_start,
                byte_count: entered.byte_count,
                done: None,
            })
        };
        let mut found = Vec::with_capacity(entered.len());
        for mut chunk in entered.into_iter().filter_map(chunk) {
            let bytes = read(&self.mark_of(&chunk))?;
            let mark = bytes.and_then(|bytes| serde_json::from_slice::<Mark>(&bytes).ok());
            // Nothing was there before.
            chunk.done = mark.as_ref().map(|_| ChunkCounts {
                inserted: u64::from(chunk.rows),
                ..ChunkCounts::default()
            });
            let rows = mark.map(|mark| Rows {
                clusters: mark.clusters,
                newest: mark.newest,
            });
            found.push((chunk, rows));
        }
        Ok(found)
    }

    /// Marks a chunk whose rows are durable as done.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn mark(&self, chunk: &RunChunk, rows: Rows) -> Result<(), FileError> {
        let mark = Mark {
            clusters: rows.clusters,
            newest: rows.newest,
        };
        write(&self.mark_of(chunk), &mark)
    }

    fn mark_of(&self, chunk: &RunChunk) -> PathBuf {
        let name = format!("{}-{:06}.done", chunk.kind.plural(), chunk.chunk);
        self.folder.join("parts").join(name)
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(FileError::io("reading", path)),
    }
}

fn write(path: &Path, value: &impl Serialize) -> Result<(), FileError> {
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    let disk: &dyn Disk = &Os;
    disk.replace(path, &bytes, Access::Private)
        .map_err(FileError::io("writing", path))
}
