//! Cutting the rows of a source into chunks, once and in order.

use crate::backend::postgres::RunChunk;
use crate::model::Kind;

/// Most bytes of records and vectors in a chunk of more than one row.
const CHUNK_BYTES: u64 = 8 << 20;

/// Cuts rows into chunks, in order.
pub(crate) struct Cutter {
    kind: Kind,
    most_rows: u32,
    vector_bytes: u64,
    chunks: Vec<RunChunk>,
    broken_off: bool,
}

impl Cutter {
    pub(crate) fn new(kind: Kind, most_rows: u32, dims: usize) -> Self {
        Self {
            kind,
            most_rows: most_rows.max(1),
            vector_bytes: 4u64.saturating_mul(dims as u64),
            chunks: Vec::new(),
            broken_off: false,
        }
    }

    /// What comes next begins a chunk of its own.
    pub(crate) fn break_off(&mut self) {
        self.broken_off = true;
    }

    /// Adds the next row: its index and where its bytes lie.
    pub(crate) fn push(&mut self, index: u64, offset: u64, bytes: u64) {
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

    pub(crate) fn finish(self) -> Vec<RunChunk> {
        self.chunks
    }
}
