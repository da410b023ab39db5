//! The memories of one kind in a data directory, and the work that moving them is cut into.

use std::collections::HashSet;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;

use super::documents::DocumentSource;
use super::error::SourceError;
use super::input::{input, relative};
use super::rows::RowsFile;
use crate::backend::file::pair::Pair;
use crate::backend::file::pending::Pending;
use crate::json;
use crate::model::Kind;
use crate::transfer::{Chunker, InputFile, KindPlan};

/// The memories of one kind, open for reading.
#[derive(Debug)]
pub(super) struct KindSource {
    pub(super) kind: Kind,
    pub(super) pair: Pair,
    /// Instead of the pair's records: rows that were refused before.
    pub(super) rows_file: Option<RowsFile>,
    /// Writes that are not in the pair yet: rows behind its own.
    pub(super) pending: Option<Arc<Pending>>,
    /// What the rows are pieces of, where that has to be there.
    pub(super) documents: Option<Arc<DocumentSource>>,
    /// Rows of the pair that these take the place of. They are in no chunk's count.
    pub(super) superseded: HashSet<u64>,
    /// Numbers in each vector; `None` if there is no vector.
    pub(super) dims: Option<usize>,
    /// The name of the records' file in messages.
    pub(super) file: Arc<str>,
}

impl KindSource {
    /// Goes through the files once: counts, checksums, chunks.
    pub(super) fn survey(
        root: &Path,
        kind: Kind,
        pair: Pair,
        rows_file: Option<RowsFile>,
        pending: Option<Arc<Pending>>,
        most_rows: u32,
    ) -> Result<(KindPlan, Self), SourceError> {
        // Two files, two cores.
        let (scanned, vectors) = std::thread::scope(|scope| {
            let vectors = scope.spawn(|| pair.fingerprint_vectors());
            let mut chunker = Chunker::new(kind, most_rows, pair.vectors.dims());
            let mut rows = 0;
            let mut superseded = HashSet::new();
            let scanned = pair.scan(|span, record| {
                rows += 1;
                // One that is no JSON is refused when it is loaded.
                let is_superseded = |pending: &Pending| {
                    json::parse(record).is_ok_and(|value| pending.supersedes(kind, &value))
                };
                if pending.as_deref().is_some_and(is_superseded) {
                    superseded.insert(span.index);
                } else {
                    chunker.push(span.index, span.offset, span.len);
                }
            });
            let mut offset = 0;
            chunker.break_off();
            let lengths = pending.iter().flat_map(|pending| pending.lengths(kind));
            for (index, len) in (rows..).zip(lengths) {
                chunker.push(index, offset, len);
                offset += len;
            }
            let scanned =
                scanned.map(|fingerprint| (fingerprint, rows, chunker.finish(), superseded));
            let vectors = vectors.join();
            (
                scanned,
                vectors.unwrap_or_else(|panic| resume_unwind(panic)),
            )
        });
        let ((records, held, chunks, superseded), vectors) = (scanned?, vectors?);
        if let Some(pending) = &pending {
            pending.check(&[records.clone(), vectors.clone()])?;
        }
        if pair.vectors.rows() != held {
            return Err(SourceError::CountMismatch {
                kind,
                records: relative(root, &pair.paths.records),
                record_count: held,
                vectors: relative(root, &pair.paths.vectors),
                vector_count: pair.vectors.rows(),
            });
        }
        let in_pending = || pending.as_ref()?.dims(kind);
        let mut plan = KindPlan {
            kind,
            rows: chunks.iter().map(|chunk| u64::from(chunk.rows)).sum(),
            dims: (held > 0).then(|| pair.vectors.dims()).or_else(in_pending),
            vectors: relative(root, &vectors.path),
            files: vec![input(root, records), input(root, vectors)],
            chunks,
        };
        if let Some(rows_file) = &rows_file {
            let (fingerprint, rows, chunks) =
                rows_file.survey(kind, most_rows, pair.vectors.dims())?;
            plan.files.push(InputFile {
                name: fingerprint.path.display().to_string(),
                ..input(root, fingerprint)
            });
            (plan.rows, plan.chunks) = (rows, chunks);
        }
        let source = Self {
            kind,
            file: plan.files.first().map_or("", |file| &file.name).into(),
            dims: plan.dims,
            rows_file,
            pair,
            pending,
            documents: None,
            superseded,
        };
        Ok((plan, source))
    }

    /// Checks that the files are as they were when they were opened.
    ///
    /// # Errors
    /// If something wrote to them.
    pub(super) fn require_unchanged(&self) -> Result<(), SourceError> {
        Ok(self.pair.unchanged()?)
    }
}
