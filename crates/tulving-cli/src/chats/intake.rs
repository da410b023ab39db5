//! The course of it: files are read on a thread of their own, and what they hold is stored a batch at a time.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tokio::sync::mpsc;
use tulving::backend::ImportPhase;
use tulving::store::{Merging, NewConversation, ScopedStore};
use tulving::transfer::{Cancel, Progress};
use tulving_chats::{Conversation, FileReport, Limits, ReadError, Sink, Turn};

use super::conversation::{size, stored};
use super::report::Report;
use crate::exit::{CliError, Exit};
use crate::run_record::RunRecord;

/// What takes chat exports in.
pub struct Intake<'m> {
    /// Where they go.
    pub memory: &'m ScopedStore,
    /// Whether anything is written.
    pub writes: bool,
    /// What is written in place of a source that the files cannot bear.
    pub source_as: Option<String>,
    /// How many bytes are to be read.
    pub bytes: u64,
    /// Who is told how far it is: bytes.
    pub progress: Arc<dyn Progress>,
    /// Who may want it to stop.
    pub cancel: Cancel,
}

/// What arrives from the thread that reads.
enum Arrival {
    /// With its size in bytes.
    Conversation(Box<NewConversation>, usize),
    File(FileReport),
    Read(u64),
}

/// Conversations that are read ahead, while others are stored,
const AHEAD: usize = 32;

/// and bytes of them: one that is larger waits until nothing else does.
const BYTES_AHEAD: usize = 32 << 20;

/// A batch is stored when it has so many turns,
const TURNS: usize = 256;

/// or so many bytes.
const BYTES: usize = 8 << 20;

impl Intake<'_> {
    /// Takes files in. Each conversation is stored whole or not at all, and when this returns early the same call
    /// goes on.
    ///
    /// # Errors
    /// If a path cannot be read, nothing can be stored at all, or somebody wants it to stop.
    pub async fn take(
        &self,
        paths: Vec<PathBuf>,
        record: &mut RunRecord,
    ) -> Result<Report, CliError> {
        self.take_all(paths, record)
            .await
            .map_err(|error| match error.hint {
                None => error.hint(GO_ON),
                Some(_) => error,
            })
    }

    async fn take_all(
        &self,
        paths: Vec<PathBuf>,
        record: &mut RunRecord,
    ) -> Result<Report, CliError> {
        let (mut report, mut read, mut phase) = (Report::default(), 0, ImportPhase::Reading);
        let mut merging = self.memory.merging(self.writes).await?;
        let waiting = Arc::new(Waiting::default());
        // However this ends, the thread that reads must not wait for ever.
        let _ends = Ends(Arc::clone(&waiting));
        let (reading, mut arriving) = self.read_ahead(paths.clone(), Arc::clone(&waiting));
        let mut batch = Batch::default();
        loop {
            let arrived = tokio::select! {
                arrived = arriving.recv() => arrived,
                () = self.cancel.wait() => return Err(interrupted()),
            };
            match arrived {
                Some(Arrival::Conversation(new, size)) => {
                    waiting.less(size);
                    batch.push(*new, size);
                }
                Some(Arrival::File(file)) => report.files.push(file),
                Some(Arrival::Read(bytes)) => {
                    read += bytes;
                    self.progress.advance(bytes);
                }
                None => break,
            }
            if batch.is_full() {
                phase = ImportPhase::Embedding;
                record.tell(phase, report.counts(read, self.bytes)).await;
                batch.store(&mut merging, &mut report).await?;
            }
            record.tell(phase, report.counts(read, self.bytes)).await;
        }
        // A thread that panicked is a bug, and is told as one.
        let ended = reading.await.map_err(|error| {
            CliError::new(Exit::Bug, "reading the exports failed").because(&error)
        })?;
        ended.map_err(|error| CliError::new(Exit::Source, error.to_string()).because(&error))?;
        let counts = report.counts(self.bytes, self.bytes);
        record.tell(ImportPhase::Embedding, counts).await;
        batch.store(&mut merging, &mut report).await?;
        report.note_paths(&paths);
        Ok(report)
    }

    fn read_ahead(
        &self,
        paths: Vec<PathBuf>,
        waiting: Arc<Waiting>,
    ) -> (
        tokio::task::JoinHandle<Result<(), ReadError>>,
        mpsc::Receiver<Arrival>,
    ) {
        let (send, receive) = mpsc::channel(AHEAD);
        let source_as = self.source_as.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let mut ahead = Ahead {
                send,
                source_as,
                waiting,
                bytes: 0,
            };
            tulving_chats::read(&paths, &Limits::default(), &mut ahead)
        });
        (reading, receive)
    }
}

/// Sends what is read to where it is stored.
struct Ahead {
    send: mpsc::Sender<Arrival>,
    source_as: Option<String>,
    waiting: Arc<Waiting>,
    bytes: u64,
}

/// The bytes that were read and are not taken yet; none any more when nobody will take them.
struct Waiting {
    bytes: Mutex<Option<usize>>,
    fewer: Condvar,
}

impl Default for Waiting {
    fn default() -> Self {
        Self {
            bytes: Mutex::new(Some(0)),
            fewer: Condvar::new(),
        }
    }
}

impl Waiting {
    /// Adds so many, once there is room for them.
    fn more(&self, more: usize) {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |bytes: &mut Option<usize>| {
            bytes.is_some_and(|bytes| bytes > 0 && bytes + more > BYTES_AHEAD)
        };
        let bytes = self.fewer.wait_while(bytes, is_full);
        if let Some(bytes) = &mut *bytes.unwrap_or_else(PoisonError::into_inner) {
            *bytes += more;
        }
    }

    fn less(&self, less: usize) {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *bytes = bytes.map(|bytes| bytes.saturating_sub(less));
        self.fewer.notify_all();
    }
}

/// Ends the waiting when it is dropped.
struct Ends(Arc<Waiting>);

impl Drop for Ends {
    fn drop(&mut self) {
        *self.0.bytes.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.0.fewer.notify_all();
    }
}

/// Fewer bytes are not told.
const STEP: u64 = 1 << 18;

impl Sink for Ahead {
    fn conversation(
        &mut self,
        conversation: Conversation<'_>,
        turns: Vec<Turn>,
    ) -> ControlFlow<()> {
        let new = Box::new(stored(conversation, turns, self.source_as.as_deref()));
        let size = size(&new);
        self.waiting.more(size);
        match self.send.blocking_send(Arrival::Conversation(new, size)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }

    fn file(&mut self, report: FileReport) {
        // Nobody listens any more: then it ends at the next conversation.
        let _ = self.send.blocking_send(Arrival::File(report));
    }

    fn progress(&mut self, bytes: u64) {
        if bytes >= self.bytes + STEP {
            let more = bytes - self.bytes;
            self.bytes = bytes;
            let _ = self.send.blocking_send(Arrival::Read(more));
        }
    }
}

/// Conversations that are stored together.
#[derive(Default)]
struct Batch {
    conversations: Vec<NewConversation>,
    turns: usize,
    bytes: usize,
}

impl Batch {
    fn push(&mut self, new: NewConversation, size: usize) {
        self.turns += new.turns.as_ref().map_or(0, Vec::len).max(1);
        self.bytes += size;
        self.conversations.push(new);
    }

    fn is_full(&self) -> bool {
        self.turns >= TURNS || self.bytes >= BYTES
    }

    async fn store(
        &mut self,
        merging: &mut Merging<'_>,
        report: &mut Report,
    ) -> Result<(), CliError> {
        let batch = std::mem::take(self).conversations;
        if batch.is_empty() {
            return Ok(());
        }
        let ids = batch
            .iter()
            .map(|new| new.id.clone().unwrap_or_default())
            .collect();
        report.note(ids, merging.merge(batch).await?);
        Ok(())
    }
}

/// What was stored stays stored: each conversation whole.
const GO_ON: &str = "the same command again, which goes on where this one stopped";

fn interrupted() -> CliError {
    CliError::new(Exit::Interrupted, "interrupted before everything was read").hint(GO_ON)
}
