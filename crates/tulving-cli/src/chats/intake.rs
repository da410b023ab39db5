//! The course of it: files are read on a thread of their own, and what they hold is stored a batch at a time.

use std::ops::ControlFlow;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;
use tulving::backend::{ImportCounts, ImportPhase};
use tulving::store::{Merging, NewConversation, ScopedStore};
use tulving::transfer::{Cancel, Progress};
use tulving_chats::{Conversation, FileReport, Found, Limits, Sink, Turn};

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
    /// Who is told how far it is: bytes.
    pub progress: Arc<dyn Progress>,
    /// Who may want it to stop.
    pub cancel: Cancel,
}

/// What arrives from the thread that reads.
enum Arrival {
    /// With its size in bytes, and the room that it takes until it is dropped.
    Conversation(Box<NewConversation>, usize, OwnedSemaphorePermit),
    File(FileReport),
    Read(u64),
}

/// Conversations that are read ahead, while others are stored,
const AHEAD: usize = 32;

/// and bytes of them: one that is larger has all the room, and is alone.
const BYTES_AHEAD: u32 = 32 << 20;

/// A batch is stored when it has so many turns,
const TURNS: usize = 256;

/// or so many bytes.
const BYTES: usize = 8 << 20;

impl Intake<'_> {
    /// Takes the files in that were found. Each conversation is stored whole or not at all, and when this returns early
    /// the same call goes on.
    ///
    /// # Errors
    /// If nothing can be stored at all, or somebody wants it to stop.
    pub async fn take(&self, found: Found, record: &mut RunRecord) -> Result<Report, CliError> {
        self.take_all(found, record)
            .await
            .map_err(|error| match error.hint {
                None => error.hint(GO_ON),
                Some(_) => error,
            })
    }

    async fn take_all(&self, found: Found, record: &mut RunRecord) -> Result<Report, CliError> {
        let bytes = found.bytes();
        let (mut report, mut read, mut phase) = (Report::default(), 0, ImportPhase::Reading);
        let mut merging = self.memory.merging(self.writes).await?;
        let (reading, mut arriving) = self.read_ahead(found);
        let mut batch = Batch::default();
        loop {
            let arrived = tokio::select! {
                arrived = arriving.recv() => arrived,
                () = self.cancel.wait() => return Err(interrupted()),
            };
            match arrived {
                Some(Arrival::Conversation(new, size, _room)) => batch.push(*new, size),
                Some(Arrival::File(file)) => report.files.push(file),
                Some(Arrival::Read(more)) => {
                    read += more;
                    self.progress.advance(more);
                }
                None => break,
            }
            if batch.is_full() {
                phase = ImportPhase::Embedding;
                self.tell(record, phase, report.counts(read, bytes)).await?;
                batch.store(&mut merging, &mut report).await?;
            }
            self.tell(record, phase, report.counts(read, bytes)).await?;
        }
        // A thread that panicked is a bug, and is told as one.
        reading.await.map_err(|error| {
            CliError::new(Exit::Bug, "reading the exports failed").because(&error)
        })?;
        let counts = report.counts(bytes, bytes);
        self.tell(record, ImportPhase::Embedding, counts).await?;
        batch.store(&mut merging, &mut report).await?;
        Ok(report)
    }

    /// Notes how far it is. A database that does not answer keeps nobody from stopping.
    async fn tell(
        &self,
        record: &mut RunRecord,
        phase: ImportPhase,
        counts: ImportCounts,
    ) -> Result<(), CliError> {
        tokio::select! {
            () = record.tell(phase, counts) => Ok(()),
            () = self.cancel.wait() => Err(interrupted()),
        }
    }

    fn read_ahead(&self, found: Found) -> (JoinHandle<()>, mpsc::Receiver<Arrival>) {
        let (send, receive) = mpsc::channel(AHEAD);
        let (source_as, runtime) = (self.source_as.clone(), Handle::current());
        let reading = tokio::task::spawn_blocking(move || {
            let mut ahead = Ahead {
                send,
                source_as,
                room: Arc::new(Semaphore::new(BYTES_AHEAD as usize)),
                runtime,
                bytes: 0,
            };
            found.read(&Limits::default(), &mut ahead);
        });
        (reading, receive)
    }
}

/// Sends what is read to where it is stored.
struct Ahead {
    send: mpsc::Sender<Arrival>,
    source_as: Option<String>,
    room: Arc<Semaphore>,
    runtime: Handle,
    bytes: u64,
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
        let takes = u32::try_from(size).unwrap_or(u32::MAX).min(BYTES_AHEAD);
        // Where nobody takes them any more, those that wait are dropped, and there is room.
        let room = Arc::clone(&self.room).acquire_many_owned(takes);
        let Ok(room) = self.runtime.block_on(room) else {
            return ControlFlow::Break(());
        };
        let arrival = Arrival::Conversation(new, size, room);
        match self.send.blocking_send(arrival) {
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
