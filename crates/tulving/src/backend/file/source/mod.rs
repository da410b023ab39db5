//! A data directory as the source of a migration: what lies in its files, and behind it what is in its
//! journal.
//!
//! | module | holds |
//! |---|---|
//! | `kind` | the memories of one kind, and the work that they are cut into |
//! | `load` | reading and checking the rows of one chunk |
//! | `rows` | a file of rows that were refused, mended and given back |
//! | `documents` | the documents, which are moved before their chunks |
//! | `input` | the files that are read, by the names that people see |
//! | `error` | why a directory cannot be moved |

mod documents;
mod error;
mod input;
mod kind;
mod load;
mod rows;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use super::error::FileError;
use super::layout::Layout;
use super::manifest::claims_of;
use super::npy;
use super::pair::Pair;
use super::pending::Pending;
use crate::model::{Document, Kind, Scope, Space};
use crate::record::Stamp;
use crate::transfer::{
    Cancel, KindPlan, Loaded, Phase, Plan, ReadOptions, Reading, RunChunk, Snapshot, Source,
    SourceDocument, TransferError,
};

use documents::DocumentSource;
pub use error::SourceError;
use input::input;
use kind::KindSource;
use rows::RowsFile;

/// One owner's memories in a data directory, to be moved.
#[derive(Debug, Clone)]
pub struct FileSource {
    /// Of layout 2.0.0 or 1.x.
    pub data_dir: PathBuf,
    /// Whose memories.
    pub scope: Scope,
    /// What is read, and how.
    pub options: ReadOptions,
    /// Most rows in a chunk.
    pub chunk_rows: u32,
}

impl FileSource {
    /// How many rows a chunk has at most, unless something else is asked for.
    pub const USUAL_CHUNK_ROWS: u32 = 512;

    /// Looks for what can be read, and reads the documents; the survey reads the rest.
    fn open(&self) -> Result<Open, SourceError> {
        // What is no data directory is refused as that.
        Layout::find(&self.data_dir)?;
        let pending = Pending::open(&self.data_dir)?.map(Arc::new);
        // Looked for only now: a commit that was interrupted is finished, which may have made files.
        let layout = Layout::find(&self.data_dir)?;
        let (owner, space) = claims_of(&layout)?;
        let is_other = |owner: &Scope| !self.options.restamp && *owner != self.scope;
        if let Some(owner) = owner.filter(is_other) {
            let (path, asked) = (self.data_dir.clone(), self.scope);
            return Err(FileError::OtherOwner { path, owner, asked }.into());
        }
        let documents = match self.options.takes(Document::PIECES) {
            true => {
                let owner = owner.unwrap_or(self.scope);
                let (root, stamp) = (&self.data_dir, self.stamp());
                let rows = self.rows()?.map(|rows| rows.containers(Document::PIECES));
                let named = rows.transpose()?;
                DocumentSource::survey(root, owner, pending.as_deref(), &stamp, named.as_ref())?
            }
            false => DocumentSource::default(),
        };
        Ok(Open {
            layout,
            space,
            pending,
            documents: Arc::new(documents),
        })
    }

    fn stamp(&self) -> Stamp {
        match self.options.restamp {
            true => Stamp::replace(self.scope),
            false => Stamp::only(self.scope),
        }
    }

    /// Sets the file of mended rows.
    fn rows(&self) -> Result<Option<RowsFile>, SourceError> {
        let rows = self.options.rows.as_deref();
        rows.map(RowsFile::open).transpose()
    }

    /// Surveys the files of a kind; `None` if there are none, and no memories of it.
    fn survey_kind(
        &self,
        kind: Kind,
        Open {
            layout,
            pending,
            documents,
            ..
        }: &Open,
    ) -> Result<Option<(KindPlan, Option<KindSource>)>, SourceError> {
        let documents = (kind == Document::PIECES).then_some(documents);
        let Some(paths) = layout.require(kind)? else {
            if let Some(pending) = pending {
                pending.require_files(kind)?;
            }
            let documents = documents.and_then(|documents| documents.alone(&self.data_dir));
            return Ok(documents.map(|plan| (plan, None)));
        };
        let cast_f32 = self.options.cast_f32;
        let pair = Pair::open(paths, npy::Options { cast_f32 })?;
        let rows = self.rows()?;
        let most = self.chunk_rows;
        let (mut plan, source) =
            KindSource::survey(&self.data_dir, kind, pair, rows, pending.clone(), most)?;
        let Some(documents) = documents else {
            return Ok(Some((plan, Some(source))));
        };
        plan.files.extend(documents.input(&self.data_dir));
        let documents = Some(Arc::clone(documents));
        Ok(Some((
            plan,
            Some(KindSource {
                documents,
                ..source
            }),
        )))
    }

    /// Puts together what was found of all kinds.
    fn snapshot(
        &self,
        open: &Open,
        kinds: Vec<(KindPlan, Option<KindSource>)>,
    ) -> Result<FileSnapshot, SourceError> {
        let (mut plans, sources): (Vec<_>, Vec<_>) = kinds.into_iter().unzip();
        if let Some(path) = &self.options.rows
            && plans.iter().all(|plan: &KindPlan| plan.rows == 0)
        {
            let kinds: Vec<&str> = plans.iter().map(|plan| plan.kind.plural()).collect();
            return Err(SourceError::NoRows {
                path: path.clone(),
                kinds: kinds.join(" or "),
            });
        }
        // One journal for all kinds: it is named once.
        if let (Some(pending), Some(first)) = (&open.pending, plans.first_mut()) {
            let fingerprint = pending.fingerprint.clone();
            first.files.push(input(&self.data_dir, fingerprint));
        }
        Ok(FileSnapshot {
            plan: Plan {
                layout: open.layout.version,
                options: self.options.clone(),
                space: open.space.clone(),
                left_out: Vec::new(),
                state: None,
                database: None,
                kinds: plans,
            },
            sources: sources.into_iter().flatten().map(Arc::new).collect(),
            documents: Arc::clone(&open.documents),
            stamp: self.stamp(),
        })
    }
}

/// A directory that was looked at.
struct Open {
    layout: Layout,
    /// That of the vectors, as the manifest says.
    space: Option<Space>,
    pending: Option<Arc<Pending>>,
    documents: Arc<DocumentSource>,
}

#[async_trait]
impl Source for FileSource {
    async fn survey(&self, cancel: &Cancel) -> Result<Arc<dyn Snapshot>, TransferError> {
        // Reading blocks.
        let source = self.clone();
        let open = tokio::task::spawn_blocking(move || source.open()).await??;
        let open = Arc::new(open);
        let mut kinds = Vec::new();
        for kind in Kind::ALL {
            if !self.options.takes(kind) {
                continue;
            }
            let (source, looked) = (self.clone(), Arc::clone(&open));
            let survey = move || source.survey_kind(kind, &looked);
            kinds.extend(tokio::task::spawn_blocking(survey).await??);
            if cancel.cancelled() {
                let phase = Phase::Plan.as_str();
                return Err(TransferError::Interrupted { phase });
            }
        }
        Ok(Arc::new(self.snapshot(&open, kinds)?))
    }
}

/// A data directory as a survey found it. Its files stay open, so that others may take their place.
#[derive(Debug)]
struct FileSnapshot {
    plan: Plan,
    sources: Vec<Arc<KindSource>>,
    documents: Arc<DocumentSource>,
    stamp: Stamp,
}

impl FileSnapshot {
    fn of(&self, kind: Kind) -> Option<&Arc<KindSource>> {
        self.sources.iter().find(|source| source.kind == kind)
    }
}

#[async_trait]
impl Snapshot for FileSnapshot {
    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn documents(&self) -> &[SourceDocument] {
        &self.documents.documents
    }

    async fn load(
        &self,
        chunk: &RunChunk,
        reading: &Arc<Reading>,
    ) -> Result<Loaded, TransferError> {
        let Some(source) = self.of(chunk.kind).map(Arc::clone) else {
            return Ok(Loaded::default());
        };
        let (chunk, reading, stamp) = (*chunk, Arc::clone(reading), self.stamp);
        let load = move || source.load(&chunk, &stamp, &reading);
        Ok(tokio::task::spawn_blocking(load).await??)
    }

    async fn require_unchanged(&self, kind: Kind) -> Result<(), TransferError> {
        match self.of(kind) {
            Some(source) => Ok(source.require_unchanged()?),
            None => Ok(()),
        }
    }
}
