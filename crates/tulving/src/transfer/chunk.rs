//! Chunks of a run: ranges of rows of a source, cut once and in source order.

use super::counts::ChunkCounts;
use crate::model::Kind;

/// Most bytes of records and vectors in a chunk of more than one row.
const CHUNK_BYTES: u64 = 8 << 20;

/// A stretch of a source: the unit of work. Its rows and its mark in the ledger are written in one
/// step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunChunk {
    /// The kind of its rows.
    pub kind: Kind,
    /// Counts from 0 within its kind.
    pub chunk: u32,
    /// Index of its first row in the source.
    pub first_row: u64,
    /// How many rows.
    pub rows: u32,
    /// Where its bytes begin, as the source counts.
    pub byte_start: u64,
    /// How many bytes.
    pub byte_count: u64,
    /// What became of its rows, once it is done.
    pub done: Option<ChunkCounts>,
}

/// Cuts the rows of one kind into chunks, in order.
#[derive(Debug)]
pub struct Chunker {
    kind: Kind,
    most_rows: u32,
    vector_bytes: u64,
    chunks: Vec<RunChunk>,
    broken_off: bool,
}

impl Chunker {
    /// Cuts rows with vectors of `dims` numbers, at most `most_rows` to a chunk.
    #[must_use]
    pub fn new(kind: Kind, most_rows: u32, dims: usize) -> Self {
        Self {
            kind,
            most_rows: most_rows.max(1),
            vector_bytes: 4u64.saturating_mul(dims as u64),
            chunks: Vec::new(),
            broken_off: false,
        }
    }

    /// Begins a chunk with the next row.
    pub fn break_off(&mut self) {
        self.broken_off = true;
    }

    /// Adds the next row: its index and where its bytes lie.
    pub fn push(&mut self, index: u64, offset: u64, bytes: u64) {
        let end = offset + bytes;
        if let Some(last) = self.chunks.last_mut().filter(|_| !self.broken_off) {
            let grown = end - last.byte_start;
            let weight =
                grown.saturating_add(self.vector_bytes.saturating_mul(u64::from(last.rows + 1)));
            if last.rows < self.most_rows && weight <= CHUNK_BYTES {
                last.rows += 1;
                last.byte_count = grown;
                return;
            }
        }
        self.broken_off = false;
        let chunk = u32::try_from(self.chunks.len()).unwrap_or(u32::MAX);
        self.chunks.push(RunChunk {
            kind: self.kind,
            chunk,
            first_row: index,
            rows: 1,
            byte_start: offset,
            byte_count: bytes,
            done: None,
        });
    }

    /// Returns the chunks.
    #[must_use]
    pub fn finish(self) -> Vec<RunChunk> {
        self.chunks
    }
}
