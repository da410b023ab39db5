//! A directory that is made: the target of a transfer.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use uuid::Uuid;

use super::ledger::RunFiles;
use super::staging::{Shape, Staging, remove_all};
use crate::backend::StorageError;
use crate::backend::file::derived;
use crate::backend::file::error::FileError;
use crate::backend::file::lock::Lock as FileLock;
use crate::backend::file::opening::IfBaseChanged;
use crate::backend::file::root::Root;
use crate::backend::file::state::State;
use crate::fsutil::{self, Os};
use crate::model::{Document, Kind, PerKind, Scope, Space, Timestamp};
use crate::transfer::{
    ChunkWrite, DocumentWrite, Existing, Ledger, Lock, Phase, Progress, ReadBack, Reader, Run,
    RunChunk, RunStatus, Sink, SpaceId, Stored, Target, TargetSpaces, TransferError, Writer,
};

/// The one space of a directory that is made.
const SPACE: SpaceId = SpaceId(0);

/// A directory that is made of one owner's memories, and is not there until all of them are in it.
#[derive(Debug, Clone)]
pub struct FileSink {
    out: PathBuf,
    scope: Scope,
    staging: Staging,
    made: Arc<Mutex<Made>>,
}

/// What is known of the directory while it is made.
#[derive(Debug, Default)]
struct Made {
    space: Option<Space>,
    rows: PerKind<u64>,
    /// The directory, once it is put together.
    state: Option<Arc<State>>,
}

impl FileSink {
    /// Says where the directory will be; nothing is written yet.
    #[must_use]
    pub fn new(out: &Path, scope: Scope) -> Self {
        let out = resolved(out);
        Self {
            staging: Staging::beside(&out),
            out,
            scope,
            made: Arc::default(),
        }
    }

    /// Returns where the directory will be, whichever way that was said.
    #[must_use]
    pub fn out(&self) -> &Path {
        &self.out
    }

    /// Returns whether a path is in the directory, or where that is made.
    #[must_use]
    pub fn holds(&self, path: &Path) -> bool {
        let path = resolved(path);
        path.starts_with(&self.out) || path.starts_with(self.staging.folder())
    }

    /// Returns whether the directory will be in another.
    #[must_use]
    pub fn is_in(&self, directory: &Path) -> bool {
        directory
            .canonicalize()
            .is_ok_and(|directory| self.out.starts_with(directory))
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn files(&self) -> RunFiles {
        RunFiles::in_folder(self.staging.folder())
    }

    fn shape(&self) -> Shape {
        let made = self.made();
        Shape {
            scope: self.scope,
            space: made.space.clone(),
            rows: made.rows,
        }
    }

    fn set_chunks(&self, chunks: &[RunChunk]) {
        let mut rows = PerKind::<u64>::default();
        for chunk in chunks {
            rows[chunk.kind] += u64::from(chunk.rows);
        }
        self.made().rows = rows;
    }

    /// Does what waits for the disk away from the threads that must not.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, FileError> + Send + 'static,
    ) -> Result<T, TransferError> {
        let sink = self.clone();
        Ok(tokio::task::spawn_blocking(move || work(&sink)).await??)
    }

    /// Refuses a place at which the directory could not get its name in the end.
    fn require_vacant(&self) -> Result<(), FileError> {
        let path = || self.out.clone();
        let refuse = |why| Err(FileError::NoPlace { path: path(), why });
        if self.out.file_name().is_none() {
            return refuse("it names no directory");
        }
        let found = match fs::symlink_metadata(&self.out) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            found => found.map_err(FileError::io("making", &self.out))?,
        };
        if found.is_symlink() {
            return refuse("it is a link");
        }
        let is_empty = |folder: &Path| fs::read_dir(folder).map(|mut all| all.next().is_none());
        if !found.is_dir() || !is_empty(&self.out).map_err(FileError::io("reading", &self.out))? {
            return Err(FileError::Occupied { path: path() });
        }
        let above = fs::metadata(fsutil::folder(&self.out));
        if above.is_ok_and(|above| above.dev() != found.dev()) {
            return refuse("another disk is mounted there");
        }
        Ok(())
    }

    /// Removes what a run left that was killed when the directory had its name already.
    fn sweep(&self) {
        let folder = self.staging.folder();
        let is_left = folder.is_dir() && !self.staging.data().exists();
        if is_left && matches!(FileLock::try_now(&Os, &folder.join("lock")), Ok(Some(_))) {
            let _ = self.staging.clear();
        }
    }

    fn assemble(&self) -> Result<(), FileError> {
        let shape = self.shape();
        let chunks = self.files().chunks()?.into_iter();
        let chunks: Vec<_> = chunks
            .filter_map(|(chunk, rows)| Some((chunk, rows?)))
            .collect();
        self.staging.assemble(&shape, &chunks)?;
        let root = Root::new(&self.staging.data());
        let state = State::open(&root, IfBaseChanged::Refuse)?;
        self.made().state = Some(Arc::new(state));
        Ok(())
    }
}

#[async_trait]
impl ReadBack for FileSink {
    fn scope(&self) -> Scope {
        self.scope
    }

    async fn require_ready(&self) -> Result<Target, TransferError> {
        self.apart(|sink| {
            if let Err(error) = sink.require_vacant() {
                sink.sweep();
                return Err(error);
            }
            // Whether anything can be made there is better known before everything is read.
            sink.staging.make_folder()?;
            sink.staging.leave_unused();
            Ok(Target {
                noun: "directory",
                identity: sink.out.display().to_string(),
                database: None,
                warnings: Vec::new(),
            })
        })
        .await
    }

    async fn require_isolated(&self) -> Result<(), TransferError> {
        // It holds what was written to it and nothing else.
        Ok(())
    }

    async fn spaces(&self) -> Result<TargetSpaces, TransferError> {
        Ok(TargetSpaces::default())
    }

    async fn reader(&self) -> Result<Box<dyn Reader>, TransferError> {
        Ok(Box::new(Session(self.clone())))
    }
}

#[async_trait]
impl Sink for FileSink {
    async fn lock(&self, seconds: u64) -> Result<Lock, TransferError> {
        self.apart(move |sink| {
            let patience = Duration::from_secs(seconds);
            sink.staging.make_folder()?;
            let lock = FileLock::wait(&Os, &sink.staging.folder().join("lock"), patience)?;
            // Whoever had it before may have finished, and left a folder that nobody needs.
            if let Err(error) = sink.require_vacant() {
                let _ = sink.staging.clear();
                return Err(error);
            }
            Ok(Lock::new(lock))
        })
        .await
    }

    async fn make_space(&self, space: &Space) -> Result<SpaceId, TransferError> {
        self.made().space = Some(space.clone());
        Ok(SPACE)
    }

    async fn begin_bulk(&self, _: u64, _: &dyn Progress) -> Result<bool, TransferError> {
        self.apart(|sink| sink.staging.prepare(&sink.shape()))
            .await?;
        Ok(true)
    }

    async fn end_bulk(&self, _: &dyn Progress) -> Result<(), TransferError> {
        self.apart(Self::assemble).await
    }

    async fn writer(&self) -> Result<Box<dyn Writer>, TransferError> {
        Ok(Box::new(Session(self.clone())))
    }
}

#[async_trait]
impl Ledger for FileSink {
    async fn unfinished(&self) -> Result<Option<Run>, TransferError> {
        let scope_id = self.scope.id();
        let (entry, chunks) = self
            .apart(|sink| Ok((sink.files().entry()?, sink.files().chunks()?)))
            .await?;
        let Some(entry) = entry else { return Ok(None) };
        let status = RunStatus::from_word(&entry.status);
        if matches!(status, RunStatus::Finished | RunStatus::Abandoned) {
            return Ok(None);
        }
        let rows = |done: bool| -> u64 {
            let chunks = chunks.iter().map(|(chunk, _)| chunk);
            let chunks = chunks.filter(|chunk| !done || chunk.done.is_some());
            chunks.map(|chunk| u64::from(chunk.rows)).sum()
        };
        let time = |micros| Timestamp::from_micros(micros).unwrap_or_else(Timestamp::now);
        Ok(Some(Run {
            run_id: entry.run_id,
            scope_id,
            status,
            phase: entry.phase,
            inputs: entry.inputs,
            verified: None,
            result: None,
            error: entry.error,
            version: entry.version,
            started_at: time(entry.started_at),
            updated_at: time(entry.updated_at),
            finished_at: None,
            rows: rows(false),
            rows_done: rows(true),
            is_live: false,
            session: None,
            read_at: Timestamp::now(),
        }))
    }

    async fn enter(
        &self,
        run_id: Uuid,
        inputs: &Value,
        chunks: &[RunChunk],
        _: Option<&Run>,
    ) -> Result<(), TransferError> {
        let (inputs, chunks) = (inputs.clone(), chunks.to_vec());
        self.apart(move |sink| {
            // But for the lock, which we have.
            sink.staging.empty()?;
            sink.files().enter(run_id, &inputs, &chunks)?;
            sink.set_chunks(&chunks);
            Ok(())
        })
        .await
    }

    async fn resume(
        &self,
        run_id: Uuid,
        chunks: &[RunChunk],
    ) -> Result<Vec<RunChunk>, TransferError> {
        self.note(run_id, RunStatus::Running, Phase::Copy, None)
            .await?;
        let all = chunks.to_vec();
        self.apart(move |sink| {
            let files = sink.files();
            let mut entered: Vec<_> = files
                .chunks()?
                .into_iter()
                .map(|(chunk, _)| chunk)
                .collect();
            if entered.is_empty() {
                files.put_chunks(&all)?;
                entered = all;
            }
            sink.set_chunks(&entered);
            Ok(entered)
        })
        .await
    }

    async fn note(
        &self,
        _: Uuid,
        status: RunStatus,
        phase: Phase,
        error: Option<&str>,
    ) -> Result<(), TransferError> {
        let error = error.map(ToOwned::to_owned);
        self.apart(move |sink| {
            let files = sink.files();
            let Some(mut entry) = files.entry()? else {
                return Ok(());
            };
            status.as_str().clone_into(&mut entry.status);
            phase.as_str().clone_into(&mut entry.phase);
            entry.error = error;
            entry.updated_at = Timestamp::now().micros();
            files.put(&entry)
        })
        .await
    }

    async fn finish(&self, _: Uuid, verified: bool, _: &Value) -> Result<(), TransferError> {
        self.apart(move |sink| {
            sink.made().state = None;
            if !verified {
                return sink.staging.clear();
            }
            // It is made when the directory is opened, and would differ from one export to the next.
            remove_all(&derived::folder(&sink.staging.data()))?;
            sink.staging.publish(&sink.out)
        })
        .await
    }
}

/// A worker's session.
struct Session(FileSink);

impl Session {
    fn state(&self) -> Option<Arc<State>> {
        self.0.made().state.clone()
    }
}

#[async_trait]
impl Reader for Session {
    async fn existing(
        &mut self,
        kind: Kind,
        ids: &[&str],
        space: Option<SpaceId>,
    ) -> Result<Vec<Existing>, TransferError> {
        // A directory that is made anew has nothing until it is put together.
        let Some(state) = self.state() else {
            return Ok(Vec::new());
        };
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        self.0
            .apart(move |_| {
                let partition = state.partition(kind);
                let mut found = Vec::new();
                for id in ids {
                    let Some(row) = partition.find(&id) else {
                        continue;
                    };
                    let numbers = partition.base.numbers(row, 1)?;
                    found.push(Existing {
                        stored: Stored {
                            ord: row.into(),
                            memory: state.memory(kind, row)?,
                            vector: (!numbers.is_empty()).then_some(numbers),
                        },
                        searchable: true,
                        in_space: space.is_none_or(|space| space == SPACE),
                    });
                }
                Ok(found)
            })
            .await
    }

    async fn count(&mut self, kind: Kind) -> Result<u64, TransferError> {
        let count = |state: Arc<State>| state.partition(kind).live().count() as u64;
        Ok(self.state().map_or(0, count))
    }

    async fn ids(
        &mut self,
        kind: Kind,
        after: &str,
        limit: usize,
    ) -> Result<Vec<String>, TransferError> {
        let Some(state) = self.state() else {
            return Ok(Vec::new());
        };
        let live = state.partition(kind).live().map(|(_, known)| known.id);
        let mut ids: Vec<String> = live.filter(|id| *id > after).map(str::to_owned).collect();
        ids.sort_unstable();
        ids.truncate(limit);
        Ok(ids)
    }

    async fn documents(
        &mut self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>, TransferError> {
        let Some(state) = self.state() else {
            return Ok(Vec::new());
        };
        let documents = state.documents.after(after).take(limit);
        Ok(documents.cloned().collect())
    }
}

#[async_trait]
impl Writer for Session {
    async fn write(&mut self, write: ChunkWrite<'_>) -> Result<(), TransferError> {
        let chunk = *write.chunk;
        let rows: Vec<Stored> = write.rows.iter().map(|row| (*row).clone()).collect();
        self.0
            .apart(move |sink| {
                let rows: Vec<&Stored> = rows.iter().collect();
                let known = sink.staging.write(&sink.shape(), &chunk, &rows)?;
                sink.files().mark(&chunk, known)
            })
            .await
    }

    async fn write_documents(&mut self, write: DocumentWrite<'_>) -> Result<(), TransferError> {
        let documents: Vec<_> = write.documents.iter().map(|one| (*one).clone()).collect();
        self.0
            .apart(move |sink| {
                let documents: Vec<_> = documents.iter().collect();
                sink.staging.write_documents(&documents)
            })
            .await
    }
}

impl From<FileError> for TransferError {
    fn from(error: FileError) -> Self {
        Self::End(StorageError::new(error.class(), error))
    }
}

/// Returns a path as it is from the root on, without the links above it.
pub(super) fn resolved(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match (path.parent().map(Path::canonicalize), path.file_name()) {
        (Some(Ok(above)), Some(name)) => above.join(name),
        _ => path,
    }
}
