//! Sources: where memories are read from.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use super::cancel::Cancel;
use super::chunk::RunChunk;
use super::digest::Sha256Bytes;
use super::error::TransferError;
use super::row::Loaded;
use super::versions::ReceiptDatabase;
use crate::backend::Forgotten;
use crate::model::{Document, Kind, Space};

/// One scope's memories that can be read from front to end: where a migration begins.
#[async_trait]
pub trait Source: Send + Sync {
    /// Goes through everything once: counts, takes checksums and cuts the work into chunks.
    ///
    /// # Errors
    /// If the source as a whole cannot be used, is another owner's, or the user asked to stop.
    async fn survey(&self, cancel: &Cancel) -> Result<Arc<dyn Snapshot>, TransferError>;
}

/// A document of a source.
#[derive(Debug, Clone)]
pub struct SourceDocument {
    /// Place in the source, from 0.
    pub ord: u64,
    /// The document.
    pub document: Document,
    /// Its [digest](super::row_digest), without a vector, from the source's own words.
    pub digest: Sha256Bytes,
}

/// A source as a survey found it. What is read through it is that, or an error.
#[async_trait]
pub trait Snapshot: Send + Sync {
    /// Returns what was found.
    fn plan(&self) -> &Plan;

    /// Returns the documents whose pieces are moved, all of them and in source order; none if there are
    /// no such memories, or they are not moved.
    fn documents(&self) -> &[SourceDocument] {
        &[]
    }

    /// Reads and checks the rows of a chunk of the [`Plan`], or of one that an earlier survey of the
    /// same source cut. Several are asked for at once.
    ///
    /// # Errors
    /// If it cannot be read, or is not what the survey found. A row that cannot be moved is no error.
    async fn load(&self, chunk: &RunChunk, reading: &Arc<Reading>)
    -> Result<Loaded, TransferError>;

    /// Makes sure that the rows of a kind are still those that were surveyed.
    ///
    /// # Errors
    /// If somebody wrote to them.
    async fn require_unchanged(&self, kind: Kind) -> Result<(), TransferError>;
}

/// What a scope has to be exported.
#[derive(Debug, Clone)]
pub struct Exportable {
    /// The spaces in which vectors are kept, the one that is searched first.
    pub spaces: Vec<Space>,
    /// Whether there are memories.
    pub has_memories: bool,
}

/// What a survey found. Receipts and the ledger keep the most of it.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How the memories lie there: `2.0.0` or `1.x` for files.
    pub layout: &'static str,
    /// What was asked for.
    pub options: ReadOptions,
    /// The space that the source says its vectors are in.
    pub space: Option<Space>,
    /// Spaces whose vectors the source has too, and which are not moved.
    pub left_out: Vec<Space>,
    /// What tells the source's rows from those of any other moment, where there are no files whose
    /// checksums do.
    pub state: Option<String>,
    /// Which versions the source has, if it is a database.
    pub database: Option<ReceiptDatabase>,
    /// The kinds that are moved, in the order of [`Kind::ALL`].
    pub kinds: Vec<KindPlan>,
}

/// What a survey found of one kind.
#[derive(Debug, Clone)]
pub struct KindPlan {
    /// The kind.
    pub kind: Kind,
    /// The files and their checksums.
    pub files: Vec<InputFile>,
    /// Rows that are moved.
    pub rows: u64,
    /// Numbers in each vector; `None` if there is no vector.
    pub dims: Option<usize>,
    /// What holds the vectors, as people name it.
    pub vectors: String,
    /// The work, in source order.
    pub chunks: Vec<RunChunk>,
}

/// A file that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// Its name in receipts.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its content.
    pub sha256: Sha256Bytes,
}

/// What is read of a source, and how. A receipt keeps it, so that it can be read so again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The kinds to take; all if empty.
    pub only: Vec<Kind>,
    /// Rows that were refused before, mended: taken instead of the source's records.
    pub rows: Option<PathBuf>,
    /// Take rows over that are stamped with another owner.
    pub restamp: bool,
    /// Round f64 vectors that f32 cannot hold exactly.
    pub cast_f32: bool,
}

impl ReadOptions {
    /// Returns whether a kind is to be read.
    #[must_use]
    pub fn takes(&self, kind: Kind) -> bool {
        self.only.is_empty() || self.only.contains(&kind)
    }
}

/// How the rows of one kind are loaded.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Whether the rows' digests are wanted; they cover content.
    pub digests: bool,
    /// Places of rows whose id occurred before: they are refused.
    pub repeated: HashSet<u64>,
    /// What the target was told to forget: it is refused after it was loaded.
    pub forgotten: Arc<Forgotten>,
}

impl Plan {
    /// Returns how many rows are moved, of all kinds.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.kinds.iter().map(|kind| kind.rows).sum()
    }

    /// Returns whether a kind is moved.
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.kinds.iter().any(|plan| plan.kind == kind)
    }

    /// Returns the files that are read.
    pub fn files(&self) -> impl Iterator<Item = &InputFile> {
        self.kinds.iter().flat_map(|kind| &kind.files)
    }

    /// Returns the work, kind by kind and in source order.
    pub(super) fn chunks(&self) -> Vec<RunChunk> {
        let chunks = self.kinds.iter().flat_map(|kind| &kind.chunks);
        chunks.copied().collect()
    }
}
