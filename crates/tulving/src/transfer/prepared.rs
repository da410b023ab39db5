//! The first two phases: what is there, and whether all of it can be moved.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use super::cancel::Cancel;
use super::error::TransferError;
use super::ids::IdSet;
use super::pipeline::Pipeline;
use super::progress::{Phase, Progress};
use super::rejects;
use super::row::Flawed;
use super::source::{KindPlan, Plan, Reading, Snapshot, Source, SourceDocument};
use crate::backend::Forgotten;
use crate::fsutil::OutputWriter;
use crate::model::{Kind, PerKind};
use crate::record::Flaw;

/// What was found of one kind.
#[derive(Debug, Clone, Default)]
pub struct KindSummary {
    /// Rows in the source.
    pub found: u64,
    /// Rows that are refused.
    pub rejected: u64,
    /// Times without a zone, taken as UTC.
    pub zoneless_times: u64,
    /// Vectors that are all zero: found by words only.
    pub zero_vectors: u64,
    /// Bytes of records and vectors.
    pub bytes: u64,
}

/// A source that was read through and checked.
pub struct Prepared {
    /// What was found of each kind.
    pub kinds: PerKind<KindSummary>,
    /// The first rows that are refused, in source order, at most [`Self::SHOWN`]; there may be as
    /// many as there are rows, so memory does not hold them all.
    pub flawed: Vec<Flawed>,
    pub(super) snapshot: Arc<dyn Snapshot>,
    /// Documents that are moved.
    pub(super) documents: Vec<SourceDocument>,
    /// What the target was told to forget.
    pub(super) forgotten: Arc<Forgotten>,
    checked: PerKind<Checked>,
    workers: usize,
}

/// The ids of one kind's rows.
#[derive(Default)]
struct Checked {
    /// Places of rows whose id occurred before.
    repeated: HashSet<u64>,
    ids: IdSet,
}

/// Does the first phase: finds out what is there.
///
/// # Errors
/// If the source as a whole cannot be used.
pub(super) async fn survey(
    source: &dyn Source,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Arc<dyn Snapshot>, TransferError> {
    progress.phase(Phase::Plan, None);
    source.survey(cancel).await
}

impl Prepared {
    /// How many refused rows are named.
    pub const SHOWN: usize = 20;

    /// Does the second phase: reads and checks every row, by as many tasks.
    ///
    /// # Errors
    /// If a row cannot be read at all. Rows that cannot be moved are counted, the first are in
    /// [`Prepared::flawed`].
    pub(super) async fn validate(
        snapshot: Arc<dyn Snapshot>,
        forgotten: Forgotten,
        workers: usize,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Self, TransferError> {
        let documents = snapshot.documents().iter();
        let documents: Vec<SourceDocument> = documents
            .filter(|it| !forgotten.holds_document(&it.document.id))
            .cloned()
            .collect();
        let left_out = snapshot.documents().len() - documents.len();
        if left_out > 0 {
            progress.note(&format!(
                "documents that were forgotten, and are left out: {left_out}"
            ));
        }
        let mut prepared = Self {
            documents,
            forgotten: Arc::new(forgotten),
            kinds: PerKind::default(),
            flawed: Vec::new(),
            snapshot: Arc::clone(&snapshot),
            checked: PerKind::default(),
            workers,
        };
        let plan = snapshot.plan();
        progress.phase(Phase::Validate, Some(plan.rows()));
        for plan in &plan.kinds {
            prepared.validate_kind(plan, progress, cancel).await?;
        }
        Ok(prepared)
    }

    async fn validate_kind(
        &mut self,
        plan: &KindPlan,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<(), TransferError> {
        let mut ids = IdSet::default();
        let mut flawed: Vec<Flawed> = Vec::new();
        let mut rejected = 0;
        let mut summary = KindSummary {
            found: plan.rows,
            bytes: plan.files.iter().map(|file| file.bytes).sum(),
            ..KindSummary::default()
        };
        self.pipeline(plan, false, cancel)
            .inspect(|chunk, loaded| {
                for row in &loaded.rows {
                    ids.add(row.stored.memory.id());
                }
                summary.zoneless_times += loaded.zoneless;
                summary.zero_vectors += loaded.zero_vectors;
                rejected += loaded.flawed.len() as u64;
                flawed.extend(loaded.flawed);
                flawed.truncate(Self::SHOWN);
                progress.advance(u64::from(chunk.rows));
            })
            .await?;
        let mut repeated = HashSet::new();
        let candidates = ids.seal();
        if !candidates.is_empty() {
            // Hashes may agree by chance, so the ids themselves are compared, in source order.
            let mut seen = HashSet::new();
            self.pipeline(plan, false, cancel)
                .inspect(|_, loaded| {
                    for row in loaded.rows {
                        let id = row.stored.memory.id();
                        if !candidates.contains(&ids.hash(id)) || seen.insert(id.to_owned()) {
                            continue;
                        }
                        repeated.insert(row.stored.ord);
                        if repeated.len() <= Self::SHOWN {
                            flawed.push(Flawed {
                                kind: plan.kind,
                                origin: row.origin,
                                id: Some(id.to_owned()),
                                flaw: Flaw::repeated(id),
                                row: Vec::new(),
                                vector: None,
                            });
                        }
                    }
                })
                .await?;
            flawed.sort_by_key(|flawed| flawed.origin.index);
        }
        summary.rejected = rejected + repeated.len() as u64;
        self.kinds[plan.kind] = summary;
        self.flawed.extend(flawed);
        self.flawed.truncate(Self::SHOWN);
        self.checked[plan.kind] = Checked { repeated, ids };
        Ok(())
    }

    /// Returns all chunks of a kind, to be read again as they were validated.
    pub(super) fn pipeline(
        &self,
        plan: &KindPlan,
        digests: bool,
        cancel: &Cancel,
    ) -> Arc<Pipeline> {
        let reading = Reading {
            digests,
            ..self.reading(plan.kind)
        };
        let chunks = plan.chunks.clone();
        Pipeline::new(&self.snapshot, reading, chunks, self.workers, cancel)
    }

    /// Returns how rows of a kind are read once they were validated.
    pub(super) fn reading(&self, kind: Kind) -> Reading {
        Reading {
            digests: false,
            repeated: self.checked[kind].repeated.clone(),
            forgotten: Arc::clone(&self.forgotten),
        }
    }

    /// Returns whether a source's row of the kind has this id.
    pub(super) fn has(&self, kind: Kind, id: &str) -> bool {
        self.checked[kind].ids.contains(id)
    }

    /// Returns what the survey found.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        self.snapshot.plan()
    }

    /// Returns how many rows the source has.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.kinds.values().map(|kind| kind.found).sum()
    }

    /// Documents that are moved with the rows.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.documents.len() as u64
    }

    /// Returns how many rows are refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.kinds.values().map(|kind| kind.rejected).sum()
    }

    /// Refuses a source with flawed rows.
    ///
    /// # Errors
    /// If there is one.
    pub fn require_flawless(&self) -> Result<(), TransferError> {
        if self.refused() == 0 {
            return Ok(());
        }
        Err(TransferError::Flawed {
            total: self.refused(),
            rows: self.rows(),
            first: self.flawed.clone(),
        })
    }

    /// Writes every refused row, so that it can be mended and given back. What the inner result
    /// holds is what writing came to.
    ///
    /// # Errors
    /// If the source cannot be read again.
    pub(super) async fn write_rejects(
        &self,
        out: &mut OutputWriter,
        cancel: &Cancel,
    ) -> Result<io::Result<()>, TransferError> {
        for plan in &self.plan().kinds {
            let mut written = Ok(());
            let mut write = |flawed: Vec<Flawed>| {
                for flawed in flawed {
                    if written.is_ok() {
                        written = rejects::write_line(out, &flawed);
                    }
                }
            };
            self.pipeline(plan, false, cancel)
                .inspect(|_, loaded| write(loaded.flawed))
                .await?;
            if written.is_err() {
                return Ok(written);
            }
        }
        Ok(Ok(()))
    }
}
