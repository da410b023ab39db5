//! Sinks: where memories are written to.

use async_trait::async_trait;
use uuid::Uuid;

use super::chunk::RunChunk;
use super::counts::ChunkCounts;
use super::error::TransferError;
use super::ledger::Ledger;
use super::progress::Progress;
use super::read_back::{ReadBack, Reader, SpaceId};
use super::row::Stored;
use super::source::SourceDocument;
use crate::model::Space;

/// One scope's memories that can be added to: where a migration ends. The ledger lies beside them, so
/// that a chunk's rows and its mark are written in one step.
#[async_trait]
pub trait Sink: ReadBack + Ledger {
    /// Takes the scope's lock: it holds other runs off until it is dropped, or this process is gone.
    ///
    /// # Errors
    /// If another run holds it for longer than `seconds`.
    async fn lock(&self, seconds: u64) -> Result<Lock, TransferError>;

    /// Returns the number of an embedding space, and makes the space if it is not there.
    ///
    /// # Errors
    /// If it cannot be written.
    async fn make_space(&self, space: &Space) -> Result<SpaceId, TransferError>;

    /// Makes ready for so many rows, where they come in faster without what finds them. Returns whether
    /// [`Sink::end_bulk`] is due then, also for what an earlier run removed and did not make anew.
    ///
    /// # Errors
    /// If the target fails.
    async fn begin_bulk(&self, rows: u64, progress: &dyn Progress) -> Result<bool, TransferError>;

    /// Makes anew what [`Sink::begin_bulk`] removed.
    ///
    /// # Errors
    /// If the target fails.
    async fn end_bulk(&self, progress: &dyn Progress) -> Result<(), TransferError>;

    /// Opens a session that writes. Each of several workers has its own.
    ///
    /// # Errors
    /// [`TransferError::Crowded`] if there is none to have at present.
    async fn writer(&self) -> Result<Box<dyn Writer>, TransferError>;
}

/// A session that writes.
#[async_trait]
pub trait Writer: Reader {
    /// Writes the rows of a chunk and its mark in the ledger, all or nothing. A crash of the target
    /// may undo the last chunks, each as a whole, until the run is noted or finished.
    ///
    /// # Errors
    /// [`TransferError::Conflict`] if another writer was in the way: what is there may be another now.
    async fn write(&mut self, chunk: ChunkWrite<'_>) -> Result<(), TransferError>;

    /// Writes documents, all or nothing.
    ///
    /// # Errors
    /// [`TransferError::Conflict`] if another writer was in the way: what is there may be another now.
    async fn write_documents(&mut self, write: DocumentWrite<'_>) -> Result<(), TransferError>;
}

/// What is written of a chunk.
#[derive(Debug, Clone, Copy)]
pub struct ChunkWrite<'a> {
    /// The run.
    pub run_id: Uuid,
    /// The chunk.
    pub chunk: &'a RunChunk,
    /// Rows that are written, in source order.
    pub rows: &'a [&'a Stored],
    /// Ids of those among them that take the place of others; all others are new.
    pub replacing: &'a [&'a str],
    /// The space of their vectors; `None` if none has one.
    pub space: Option<SpaceId>,
    /// What became of all its rows.
    pub counts: ChunkCounts,
}

/// Documents that are written.
#[derive(Clone, Copy)]
pub struct DocumentWrite<'a> {
    /// Those that are written, in source order.
    pub documents: &'a [&'a SourceDocument],
    /// Ids of those among them that take the place of others; all others are new.
    pub replacing: &'a [&'a str],
    /// Whether a chunk with this id, of a document that is replaced, stays as it is; others are removed.
    pub stays: &'a (dyn Fn(&str) -> bool + Send + Sync),
}

/// A lock that is held until it is dropped.
pub struct Lock {
    _held: Box<dyn Send + Sync>,
}

impl Lock {
    /// Wraps whatever gives the lock back when it is dropped.
    #[must_use]
    pub fn new(held: impl Send + Sync + 'static) -> Self {
        Self {
            _held: Box::new(held),
        }
    }
}
