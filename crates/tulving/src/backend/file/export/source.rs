//! A data directory as the source of an export: what is found in it, in the order that folding its journal
//! would give.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};

use crate::backend::file::error::FileError;
use crate::backend::file::folded::{Keep, Slot, slots};
use crate::backend::file::layout::{self, Layout};
use crate::backend::file::opening::IfBaseChanged;
use crate::backend::file::root::{Root, relative};
use crate::backend::file::source::SourceError;
use crate::backend::file::state::State;
use crate::backend::{BackendError, StorageError};
use crate::json;
use crate::model::{Document, Kind, PerKind, Scope, Space};
use crate::record::{self, Flaw};
use crate::transfer::{
    Cancel, Chunker, Exportable, Flawed, KindPlan, Loaded, Origin, Plan, ReadOptions, Reading,
    RunChunk, Snapshot, Source, SourceDocument, Stored, TransferError, row_digest,
};

/// The memories of a data directory as they are found, its journal included, with the vectors of one of
/// its spaces.
#[derive(Debug, Clone)]
pub struct DirectorySource {
    /// Where they are.
    pub data_dir: PathBuf,
    /// Whose.
    pub scope: Scope,
    /// Which kinds are read.
    pub options: ReadOptions,
    /// The space whose vectors are read; `None` for the one that is searched.
    pub space: Option<Space>,
    /// The space that memories are said to be in where none has a vector: it says how wide zeros are.
    pub otherwise: Option<Space>,
    /// Most rows in a chunk.
    pub chunk_rows: u32,
}

impl DirectorySource {
    /// Returns what there is to be exported.
    ///
    /// # Errors
    /// If the directory cannot be read, or is another owner's.
    pub async fn exportable(&self) -> Result<Exportable, FileError> {
        let source = self.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let state = source.open()?;
            Ok(Exportable {
                spaces: kept(&state).map(|(_, space)| (**space).clone()).collect(),
                has_memories: Kind::ALL
                    .into_iter()
                    .any(|kind| state.partition(kind).live().next().is_some()),
            })
        });
        reading
            .await
            .map_err(|error| FileError::io("reading", &self.data_dir)(error.into()))?
    }

    fn open(&self) -> Result<State, FileError> {
        let state = State::open(&Root::new(&self.data_dir), IfBaseChanged::Refuse)?;
        if state.scope != self.scope {
            return Err(FileError::OtherOwner {
                path: self.data_dir.clone(),
                owner: state.scope,
                asked: self.scope,
            });
        }
        Ok(state)
    }

    /// Returns the number of the space whose vectors are read, and those that are left out.
    fn choose(&self, state: &State) -> Result<(u32, Vec<Space>), TransferError> {
        let chosen = match &self.space {
            None => state.spaces.current,
            Some(wanted) => {
                let found = state.spaces.find(wanted).map(|(number, _)| number);
                found.ok_or_else(|| {
                    let space = Arc::new(wanted.clone());
                    let error = BackendError::UnknownSpace { space };
                    TransferError::End(StorageError::new(error.class(), error))
                })?
            }
        };
        let others = kept(state).filter(|(number, _)| *number != chosen);
        Ok((chosen, others.map(|(_, space)| (**space).clone()).collect()))
    }

    fn snapshot(&self) -> Result<DirectorySnapshot, TransferError> {
        let state = self.open()?;
        let (number, left_out) = self.choose(&state)?;
        let space = match state.spaces.get(number) {
            Some(space) => Some((**space).clone()),
            None => self.otherwise.clone(),
        };
        let dims = space.as_ref().map_or(0, |space| space.dims);
        let documents = match self.options.takes(Document::PIECES) {
            true => documents(&state)?,
            false => Vec::new(),
        };
        let (mut plans, mut docs) = (Vec::new(), PerKind::<Vec<u32>>::default());
        for (kind, docs) in docs.iter_mut() {
            if !self.options.takes(kind) {
                continue;
            }
            let partition = state.partition(kind);
            let slots = slots(partition, Keep::All).into_iter();
            *docs = slots.map(Slot::doc).collect();
            let mut chunker = Chunker::new(kind, self.chunk_rows, dims);
            let mut offset = 0;
            for (index, doc) in (0..).zip(docs.iter()) {
                let bytes = partition.entry(*doc).map_or(0, |entry| entry.extent.len);
                chunker.push(index, offset, bytes);
                offset += bytes;
            }
            // What files say nothing of is in no digest: of the others' kinds there are none.
            let has_documents = kind == Document::PIECES && !documents.is_empty();
            if docs.is_empty() && kind != layout::FIRST && !has_documents {
                continue;
            }
            let vectors = relative(&state.root, &partition.base.names().vectors);
            plans.push(KindPlan {
                kind,
                files: Vec::new(),
                rows: docs.len() as u64,
                dims: (dims > 0 && !docs.is_empty()).then_some(dims),
                vectors,
                chunks: chunker.finish(),
            });
        }
        Ok(DirectorySnapshot {
            plan: Plan {
                layout: Layout::find(&self.data_dir)
                    .map_err(SourceError::from)?
                    .version,
                options: self.options.clone(),
                space: space.filter(|_| plans.iter().any(|plan| plan.dims.is_some())),
                left_out,
                state: Some(moment(&state)),
                database: None,
                kinds: plans,
            },
            documents,
            rows: Arc::new(Rows {
                state,
                docs,
                space: number,
                dims,
            }),
        })
    }
}

#[async_trait]
impl Source for DirectorySource {
    async fn survey(&self, _: &Cancel) -> Result<Arc<dyn Snapshot>, TransferError> {
        let source = self.clone();
        let snapshot = tokio::task::spawn_blocking(move || source.snapshot()).await??;
        Ok(Arc::new(snapshot))
    }
}

/// The spaces of a directory, the one that is searched first.
fn kept(state: &State) -> impl Iterator<Item = (u32, &Arc<Space>)> {
    let current = state.space().map(|space| (state.spaces.current, space));
    current.into_iter().chain(state.spaces.further())
}

/// What tells a state of a directory from any other: the checksums of its files, and how much of which
/// journal was replayed.
fn moment(state: &State) -> String {
    let mut hash = Sha256::new();
    for file in state.base_fingerprint() {
        hash.update(file.name.as_bytes());
        hash.update([0]);
        hash.update(file.content.unwrap_or_default());
    }
    if let Some(log) = &state.log {
        hash.update(relative(&state.root, log.path()).as_bytes());
        hash.update(log.end().to_le_bytes());
    }
    crate::hex(&hash.finalize())
}

/// The documents in the order of their file.
fn documents(state: &State) -> Result<Vec<SourceDocument>, SourceError> {
    let file = || relative(&state.root, &layout::documents(&state.root));
    if let Some((place, flaw)) = state.documents.left_out().into_iter().next() {
        return Err(SourceError::Document {
            file: file(),
            index: place as u64,
            flaw: flaw.cloned().unwrap_or_else(|| Flaw::repeated("")),
        });
    }
    let documents = (0..).zip(state.documents.in_order());
    let documents = documents.map(|(ord, document)| {
        let mut canonical = Vec::new();
        let written = record::document::write(document, &mut canonical);
        written.map_err(malformed(&file(), ord))?;
        Ok(SourceDocument {
            ord,
            digest: row_digest(&canonical, None),
            document: document.clone(),
        })
    });
    documents.collect()
}

/// A directory as a survey found it. Its files stay open, so that others may take their place.
struct DirectorySnapshot {
    plan: Plan,
    documents: Vec<SourceDocument>,
    rows: Arc<Rows>,
}

#[async_trait]
impl Snapshot for DirectorySnapshot {
    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn documents(&self) -> &[SourceDocument] {
        &self.documents
    }

    async fn load(
        &self,
        chunk: &RunChunk,
        reading: &Arc<Reading>,
    ) -> Result<Loaded, TransferError> {
        let (rows, chunk, digests) = (Arc::clone(&self.rows), *chunk, reading.digests);
        let load = move || rows.load(&chunk, digests);
        Ok(tokio::task::spawn_blocking(load).await??)
    }

    async fn require_unchanged(&self, _: Kind) -> Result<(), TransferError> {
        // Files are replaced and not written to, and what is added to a journal is behind what was read.
        Ok(())
    }
}

/// The rows of a state, and which of its vectors are theirs.
struct Rows {
    state: State,
    /// In the order of a folded file.
    docs: PerKind<Vec<u32>>,
    space: u32,
    dims: usize,
}

impl Rows {
    fn load(&self, chunk: &RunChunk, digests: bool) -> Result<Loaded, SourceError> {
        let (state, kind) = (&self.state, chunk.kind);
        let file: Arc<str> =
            relative(&state.root, &state.partition(kind).base.names().records).into();
        let mut loaded = Loaded::default();
        let first = usize::try_from(chunk.first_row).unwrap_or(usize::MAX);
        let docs = self.docs[kind].iter().skip(first).take(chunk.rows as usize);
        for (index, doc) in (chunk.first_row..).zip(docs) {
            let origin = Origin {
                file: Arc::clone(&file),
                index,
                line: None,
            };
            if !state.partition(kind).is_live(*doc) {
                loaded.flawed.push(self.flawed(kind, *doc, origin)?);
                continue;
            }
            let stored = Stored {
                ord: index,
                memory: state.memory(kind, *doc)?,
                vector: self.vector(kind, *doc)?,
            };
            let pushed = loaded.push(stored, origin, digests);
            pushed.map_err(malformed(&file, index))?;
        }
        Ok(loaded)
    }

    /// Returns the numbers that the directory's array will have for a row: zeros are as they are too.
    fn vector(&self, kind: Kind, doc: u32) -> Result<Option<Vec<f32>>, FileError> {
        if self.dims == 0 {
            return Ok(None);
        }
        let (state, partition) = (&self.state, self.state.partition(kind));
        let mut numbers = state.vector_in(self.space, kind, doc)?;
        if numbers.is_none() && partition.change_row(doc).is_none() {
            numbers = partition.base_numbers(self.space, state.spaces.pair, doc, 1)?;
        }
        let fits = |numbers: &Vec<f32>| numbers.len() == self.dims;
        Ok(Some(
            numbers.filter(fits).unwrap_or_else(|| vec![0.0; self.dims]),
        ))
    }

    /// A record that is no memory of the owner. None is left out in silence.
    fn flawed(&self, kind: Kind, row: u32, origin: Origin) -> Result<Flawed, SourceError> {
        let base = &self.state.partition(kind).base;
        let record = base.record(row)?;
        let id = base
            .catalog
            .get(row as usize)
            .map(|entry| entry.id.to_owned());
        let flaw = match base.parse(row, &record)? {
            Err(flaw) => flaw,
            Ok(memory) => Flaw::repeated(memory.id()),
        };
        let mut canonical = Vec::new();
        let value = json::parse(&record).map_err(malformed(&origin.file, origin.index))?;
        json::write(&value, &mut canonical);
        Ok(Flawed {
            kind,
            origin,
            id,
            flaw,
            row: canonical,
            vector: None,
        })
    }
}

/// An error that says which record is no JSON.
fn malformed(file: &str, index: u64) -> impl FnOnce(json::ParseError) -> SourceError {
    let file = file.to_owned();
    move |source| SourceError::Malformed {
        file,
        index,
        source,
    }
}
