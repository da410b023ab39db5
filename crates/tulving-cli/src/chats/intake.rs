//! The course of it: files are read on a thread of their own, and what they hold is stored a batch at a time.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc;
use tulving::store::{Merging, NewConversation, ScopedStore};
use tulving::transfer::{Cancel, Progress};
use tulving_chats::{Conversation, FileReport, Limits, ReadError, Sink, Turn};

use super::conversation::stored;
use super::report::Report;
use crate::exit::{CliError, Exit};
use crate::output::counted;

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
    Conversation(Box<NewConversation>),
    File(FileReport),
    Read(u64),
}

/// Conversations that are read ahead, while others are stored.
const AHEAD: usize = 32;

/// A batch is stored when it has so many turns,
const TURNS: usize = 256;

/// or so many bytes of text.
const BYTES: usize = 4 << 20;

impl Intake<'_> {
    /// Takes files in. Each conversation is stored whole or not at all, and when this returns early the same call
    /// goes on.
    ///
    /// # Errors
    /// If a path cannot be read, nothing can be stored at all, or somebody wants it to stop.
    pub async fn take(&self, paths: Vec<PathBuf>) -> Result<Report, CliError> {
        let mut report = Report::default();
        let taken = self.take_into(paths, &mut report).await;
        taken.map(|()| ()).map_err(|error| kept(error, &report))?;
        Ok(report)
    }

    async fn take_into(&self, paths: Vec<PathBuf>, report: &mut Report) -> Result<(), CliError> {
        let mut merging = self.memory.merging(self.writes).await?;
        let (reading, mut arriving) = self.read_ahead(paths);
        let mut batch = Batch::default();
        loop {
            let arrived = tokio::select! {
                arrived = arriving.recv() => arrived,
                () = self.cancel.wait() => return Err(interrupted()),
            };
            match arrived {
                Some(Arrival::Conversation(new)) => batch.push(*new),
                Some(Arrival::File(file)) => report.files.push(file),
                Some(Arrival::Read(bytes)) => self.progress.advance(bytes),
                None => break,
            }
            if batch.is_full() {
                batch.store(&mut merging, report).await?;
            }
        }
        // A thread that panicked is a bug, and is told as one.
        let read = reading.await.map_err(|error| {
            CliError::new(Exit::Bug, "reading the exports failed").because(&error)
        })?;
        read.map_err(|error| CliError::new(Exit::NotFound, error.to_string()).because(&error))?;
        batch.store(&mut merging, report).await
    }

    fn read_ahead(
        &self,
        paths: Vec<PathBuf>,
    ) -> (
        tokio::task::JoinHandle<Result<(), ReadError>>,
        mpsc::Receiver<Arrival>,
    ) {
        let (send, receive) = mpsc::channel(AHEAD);
        let source_as = self.source_as.clone();
        let reading = tokio::task::spawn_blocking(move || {
            tulving_chats::read(
                &paths,
                &Limits::default(),
                &mut Ahead {
                    send,
                    source_as,
                    bytes: 0,
                },
            )
        });
        (reading, receive)
    }
}

/// Sends what is read to where it is stored.
struct Ahead {
    send: mpsc::Sender<Arrival>,
    source_as: Option<String>,
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
        match self.send.blocking_send(Arrival::Conversation(new)) {
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
    fn push(&mut self, new: NewConversation) {
        self.turns += new.turns.as_ref().map_or(0, Vec::len).max(1);
        self.bytes += new
            .messages
            .iter()
            .map(|message| message.content.len())
            .sum::<usize>();
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

fn interrupted() -> CliError {
    CliError::new(Exit::Interrupted, "interrupted before everything was read")
        .hint("the same command again, which goes on where this one stopped")
}

/// Says what was stored before an error.
fn kept(error: CliError, report: &Report) -> CliError {
    let episodes = &report.memories[tulving::model::Kind::Episode];
    match episodes.added + episodes.updated {
        0 => error.cause("no conversation was stored"),
        1 => error.cause("1 conversation was stored and kept"),
        stored => error.cause(format!(
            "{} were stored and kept",
            counted(stored, "conversation")
        )),
    }
}
