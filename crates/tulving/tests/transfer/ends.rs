//! A source that is a list of records, and a sink that is a map.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use serde_json::Value;
use tulving::ErrorClass;
use tulving::backend::StorageError;
use tulving::json;
use tulving::model::{Document, Kind, Memory, Scope, Space, Timestamp};
use tulving::record::{self, Flaw, Part, Stamp};
use tulving::transfer::{
    Cancel, ChunkWrite, Chunker, DocumentWrite, Existing, Flawed, KindPlan, Ledger, Loaded, Lock,
    Origin, Phase, Plan, Progress, ReadBack, ReadOptions, Reader, Reading, Run, RunChunk,
    RunStatus, Sink, Snapshot, Source, SourceDocument, SourceRow, SpaceId, Stored, Target,
    TargetSpaces, TransferError, Writer, row_digest,
};
use uuid::Uuid;

const SCOPE: Scope = Scope::User(Uuid::from_u128(7));

/// Rows in a chunk.
const CHUNK: u32 = 3;

/// Rows that are written without an index.
const MUCH: u64 = 8;

/// Nodes as records, each with a vector.
#[derive(Debug, Clone)]
pub(crate) struct List {
    records: Vec<String>,
    documents: Vec<Document>,
}

impl List {
    pub(crate) fn of(rows: usize) -> Self {
        let record = |row: usize| {
            format!(
                r#"{{"id":"n{row}","conversation_id":"c","sequence_index":{row},"human_content":"{row}?","assistant_content":"{row}.","source":"anthropic","created_at":"2024-01-15T10:30:00Z"}}"#
            )
        };
        Self {
            records: (0..rows).map(record).collect(),
            documents: Vec::new(),
        }
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        let mut ids: Vec<_> = (0..self.records.len())
            .map(|row| format!("n{row}"))
            .collect();
        ids.sort();
        ids
    }

    /// The same, and documents that its memories are pieces of.
    pub(crate) fn with_documents(rows: usize, ids: &[&str]) -> Self {
        let at = Timestamp::from_micros(0).unwrap();
        let document = |id: &&str| Document::new(id, &format!("{id}.md"), at);
        Self {
            documents: ids.iter().map(document).collect(),
            ..Self::of(rows)
        }
    }

    pub(crate) fn replace(&mut self, row: usize, record: &str) {
        record.clone_into(&mut self.records[row]);
    }

    pub(crate) fn repeat(&mut self, row: usize, earlier: usize) {
        self.records[row] = self.records[earlier].clone();
    }
}

#[async_trait]
impl Source for List {
    async fn survey(&self, _: &Cancel) -> Result<Arc<dyn Snapshot>, TransferError> {
        let mut chunker = Chunker::new(Kind::Node, CHUNK, 2);
        let mut offset = 0;
        for (index, record) in (0..).zip(&self.records) {
            chunker.push(index, offset, record.len() as u64);
            offset += record.len() as u64;
        }
        let plan = Plan {
            layout: "a list",
            options: ReadOptions::default(),
            space: None,
            left_out: Vec::new(),
            state: None,
            database: None,
            kinds: vec![KindPlan {
                kind: Kind::Node,
                files: Vec::new(),
                rows: self.records.len() as u64,
                dims: Some(2),
                vectors: "list".to_owned(),
                chunks: chunker.finish(),
            }],
        };
        let documents = (0..).zip(&self.documents).map(|(ord, document)| {
            let mut canonical = Vec::new();
            record::document::write(document, &mut canonical).unwrap();
            SourceDocument {
                ord,
                document: document.clone(),
                digest: row_digest(&canonical, None),
            }
        });
        Ok(Arc::new(Surveyed {
            plan,
            documents: documents.collect(),
            list: self.clone(),
        }))
    }
}

struct Surveyed {
    plan: Plan,
    documents: Vec<SourceDocument>,
    list: List,
}

#[async_trait]
impl Snapshot for Surveyed {
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
        let mut loaded = Loaded::default();
        for index in chunk.first_row..chunk.first_row + u64::from(chunk.rows) {
            let at = usize::try_from(index).unwrap();
            let mut value = json::parse(self.list.records[at].as_bytes()).unwrap();
            let vector = vec![0.0, index as f32];
            let origin = Origin {
                file: "list".into(),
                index,
                line: None,
            };
            let read = record::read(Kind::Node, &mut value, &Stamp::only(SCOPE));
            let read = read.and_then(|read| match reading.repeated.contains(&index) {
                true => Err(Flaw::repeated(read.memory.id())),
                false => Ok(read),
            });
            let mut canonical = Vec::new();
            record::canonical(Kind::Node, &value, Part::Content, &mut canonical);
            match read {
                Ok(read) => loaded.rows.push(SourceRow {
                    digest: row_digest(&canonical, Some(&vector)),
                    stored: Stored {
                        ord: index,
                        memory: read.memory,
                        vector: Some(vector),
                    },
                    origin,
                }),
                Err(flaw) => {
                    let id = value.get("id").and_then(|id| match id {
                        json::Value::String(id) => Some(id.storable().into_owned()),
                        _ => None,
                    });
                    loaded.flawed.push(Flawed {
                        kind: Kind::Node,
                        origin,
                        id,
                        flaw,
                        row: canonical,
                        vector: None,
                    });
                }
            }
        }
        Ok(loaded)
    }

    async fn require_unchanged(&self, _: Kind) -> Result<(), TransferError> {
        Ok(())
    }
}

/// An error of the map's own.
fn failure(what: &str) -> StorageError {
    StorageError::new(ErrorClass::Unavailable, what)
}

/// What a chunk meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Failure,
    Conflict,
    Cancel,
}

/// Memories by id, and the ledger of one run at a time.
#[derive(Default)]
struct Held {
    memories: BTreeMap<String, Stored>,
    documents: BTreeMap<String, Document>,
    run: Option<Run>,
    chunks: Vec<RunChunk>,
    left_behind: usize,
    spaces: TargetSpaces,
    /// In which space the memories were asked for.
    asked: Option<SpaceId>,
    is_without_index: bool,
    fault: Option<(u32, Fault)>,
    sessions: usize,
    cancel: Cancel,
}

#[derive(Clone)]
pub(crate) struct Map(Arc<Mutex<Held>>);

impl Map {
    pub(crate) fn empty() -> Arc<Self> {
        Self::with_sessions(8)
    }

    pub(crate) fn with_sessions(sessions: usize) -> Arc<Self> {
        let held = Held {
            sessions,
            ..Held::default()
        };
        Arc::new(Self(Arc::new(Mutex::new(held))))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap()
    }

    /// A wish that a fault of [`Map::cancel_at_chunk`] makes.
    pub(crate) fn cancel(&self) -> Cancel {
        let mut held = self.held();
        held.cancel = Cancel::new();
        held.cancel.clone()
    }

    pub(crate) fn fail_at_chunk(&self, chunk: u32) {
        self.held().fault = Some((chunk, Fault::Failure));
    }

    pub(crate) fn conflict_at_chunk(&self, chunk: u32) {
        self.held().fault = Some((chunk, Fault::Conflict));
    }

    pub(crate) fn cancel_at_chunk(&self, chunk: u32) {
        self.held().fault = Some((chunk, Fault::Cancel));
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.held().memories.keys().cloned().collect()
    }

    pub(crate) fn run(&self) -> Option<Run> {
        self.held().run.clone()
    }

    /// Another space takes the place of the one that vectors were brought in, which is kept or not.
    pub(crate) fn cut_over(&self, keep: bool) {
        let mut held = self.held();
        let other = (SpaceId(9), Space::local("other", 2));
        if !keep {
            held.spaces.kept.clear();
        }
        held.spaces.kept.insert(0, other);
    }

    pub(crate) fn asked(&self) -> Option<SpaceId> {
        self.held().asked
    }

    pub(crate) fn is_indexed(&self) -> bool {
        !self.held().is_without_index
    }

    pub(crate) fn left_behind(&self) -> usize {
        self.held().left_behind
    }

    pub(crate) fn set_question(&self, id: &str, question: &str) {
        match &mut self.held().memories.get_mut(id).unwrap().memory {
            Memory::Node(node) => question.clone_into(&mut node.human_content),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn documents(&self) -> Vec<Document> {
        self.held().documents.values().cloned().collect()
    }

    pub(crate) fn set_title(&self, id: &str, title: &str) {
        title.clone_into(&mut self.held().documents.get_mut(id).unwrap().title);
    }

    pub(crate) fn add_document(&self, id: &str, other: &str) {
        let mut held = self.held();
        let mut document = held.documents[id].clone();
        other.clone_into(&mut document.id);
        held.documents.insert(other.to_owned(), document);
    }

    pub(crate) fn remove_document(&self, id: &str) {
        self.held().documents.remove(id).unwrap();
    }

    pub(crate) fn set_number(&self, id: &str, at: usize, number: f32) {
        let mut held = self.held();
        held.memories.get_mut(id).unwrap().vector.as_mut().unwrap()[at] = number;
    }

    pub(crate) fn remove(&self, id: &str) {
        self.held().memories.remove(id).unwrap();
    }

    pub(crate) fn add_as(&self, id: &str, other: &str) {
        let mut held = self.held();
        let stored = held.memories[id].clone();
        held.memories.insert(other.to_owned(), stored);
    }

    /// Opens one of the sessions that there are; it is given back when it is dropped.
    fn session(&self) -> Result<Session, TransferError> {
        let mut held = self.held();
        if held.sessions == 0 {
            return Err(TransferError::Crowded(failure("no session left")));
        }
        held.sessions -= 1;
        Ok(Session(self.clone()))
    }
}

#[async_trait]
impl ReadBack for Map {
    fn scope(&self) -> Scope {
        SCOPE
    }

    async fn require_ready(&self) -> Result<Target, TransferError> {
        Ok(Target {
            noun: "map",
            identity: "the map".to_owned(),
            database: None,
            warnings: Vec::new(),
        })
    }

    async fn require_isolated(&self) -> Result<(), TransferError> {
        Ok(())
    }

    async fn spaces(&self) -> Result<TargetSpaces, TransferError> {
        Ok(self.held().spaces.clone())
    }

    async fn reader(&self) -> Result<Box<dyn Reader>, TransferError> {
        Ok(Box::new(self.session()?))
    }
}

#[async_trait]
impl Sink for Map {
    async fn lock(&self, _: u64) -> Result<Lock, TransferError> {
        Ok(Lock::new(()))
    }

    async fn make_space(&self, space: &Space) -> Result<SpaceId, TransferError> {
        let kept = &mut self.held().spaces.kept;
        let id = SpaceId(kept.len() as i32 + 1);
        kept.push((id, space.clone()));
        Ok(id)
    }

    async fn begin_bulk(&self, rows: u64, _: &dyn Progress) -> Result<bool, TransferError> {
        let mut held = self.held();
        held.is_without_index |= rows >= MUCH;
        Ok(held.is_without_index)
    }

    async fn end_bulk(&self, _: &dyn Progress) -> Result<(), TransferError> {
        self.held().is_without_index = false;
        Ok(())
    }

    async fn writer(&self) -> Result<Box<dyn Writer>, TransferError> {
        Ok(Box::new(self.session()?))
    }
}

#[async_trait]
impl Ledger for Map {
    async fn unfinished(&self) -> Result<Option<Run>, TransferError> {
        let run = self.run();
        Ok(run.filter(|run| run.status != RunStatus::Finished))
    }

    async fn enter(
        &self,
        run_id: Uuid,
        inputs: &Value,
        chunks: &[RunChunk],
        left_behind: Option<&Run>,
    ) -> Result<(), TransferError> {
        let mut held = self.held();
        held.left_behind += usize::from(left_behind.is_some());
        held.chunks = chunks.to_vec();
        let now = Timestamp::now();
        held.run = Some(Run {
            run_id,
            scope_id: SCOPE.id(),
            status: RunStatus::Running,
            phase: Phase::Copy.as_str().to_owned(),
            inputs: inputs.clone(),
            verified: None,
            result: None,
            error: None,
            version: String::new(),
            started_at: now,
            updated_at: now,
            finished_at: None,
            rows: 0,
            rows_done: 0,
            is_live: false,
            session: None,
            read_at: now,
        });
        Ok(())
    }

    async fn resume(&self, _: Uuid, _: &[RunChunk]) -> Result<Vec<RunChunk>, TransferError> {
        Ok(self.held().chunks.clone())
    }

    async fn note(
        &self,
        run_id: Uuid,
        status: RunStatus,
        _: Phase,
        error: Option<&str>,
    ) -> Result<(), TransferError> {
        let mut held = self.held();
        let run = held.run.as_mut().filter(|run| run.run_id == run_id);
        let run = run.unwrap();
        run.status = status;
        run.error = error.map(ToOwned::to_owned);
        Ok(())
    }

    async fn finish(&self, run_id: Uuid, verified: bool, _: &Value) -> Result<(), TransferError> {
        self.note(run_id, RunStatus::Finished, Phase::Verify, None)
            .await?;
        let mut held = self.held();
        held.run.as_mut().unwrap().verified = Some(verified);
        let last = held.spaces.kept.last().map(|(_, space)| space.clone());
        held.spaces.brought.extend(last);
        Ok(())
    }
}

struct Session(Map);

impl Drop for Session {
    fn drop(&mut self) {
        self.0.held().sessions += 1;
    }
}

#[async_trait]
impl Reader for Session {
    async fn existing(
        &mut self,
        _: Kind,
        ids: &[&str],
        space: Option<SpaceId>,
    ) -> Result<Vec<Existing>, TransferError> {
        let mut held = self.0.held();
        held.asked = space;
        let found = ids.iter().filter_map(|id| held.memories.get(*id));
        let found = found.map(|stored| Existing {
            stored: stored.clone(),
            searchable: true,
            in_space: true,
        });
        Ok(found.collect())
    }

    async fn count(&mut self, _: Kind) -> Result<u64, TransferError> {
        Ok(self.0.held().memories.len() as u64)
    }

    async fn ids(
        &mut self,
        _: Kind,
        after: &str,
        limit: usize,
    ) -> Result<Vec<String>, TransferError> {
        let ids = self.0.ids().into_iter();
        Ok(ids.filter(|id| id.as_str() > after).take(limit).collect())
    }

    async fn documents(
        &mut self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>, TransferError> {
        let held = self.0.held();
        let documents = held.documents.values();
        let behind = documents.filter(|document| after.is_none_or(|after| *document.id > *after));
        Ok(behind.take(limit).cloned().collect())
    }
}

#[async_trait]
impl Writer for Session {
    async fn write(&mut self, write: ChunkWrite<'_>) -> Result<(), TransferError> {
        let mut held = self.0.held();
        let number = write.chunk.chunk;
        if let Some((_, fault)) = held.fault.take_if(|(at, _)| *at == number) {
            match fault {
                Fault::Failure => return Err(TransferError::End(failure("it is full"))),
                Fault::Conflict => return Err(TransferError::Conflict(failure("in the way"))),
                Fault::Cancel => held.cancel.cancel(),
            }
        }
        for row in write.rows {
            let id = row.memory.id().to_owned();
            let there = held.memories.insert(id, (*row).clone()).is_some();
            let is_told = write.replacing.contains(&row.memory.id());
            assert_eq!(there, is_told, "{}", row.memory.id());
        }
        let chunk = held.chunks.iter_mut().find(|chunk| chunk.chunk == number);
        chunk.unwrap().done = Some(write.counts);
        Ok(())
    }

    async fn write_documents(&mut self, write: DocumentWrite<'_>) -> Result<(), TransferError> {
        let mut held = self.0.held();
        for SourceDocument { document, .. } in write.documents {
            let there = held.documents.insert(document.id.clone(), document.clone());
            let is_told = write.replacing.contains(&document.id.as_str());
            assert_eq!(there.is_some(), is_told, "{}", document.id);
        }
        Ok(())
    }
}
