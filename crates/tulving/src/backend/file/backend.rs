//! The file backend: one scope's memory in a data directory.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;

use super::base::{relative, stored};
use super::catalog::Standing;
use super::compact::Compaction;
use super::directory::{Claim, Directory, Plan};
use super::error::FileError;
use super::founding::{Founding, Site};
use super::journal::{self, Operation};
use super::layout::{self, Layout, LayoutError};
use super::manifest::claims_of;
use super::origin::{self, Fault};
use super::root::Root;
use super::state::{State, Trust, record_of};
use crate::backend::{
    Backend, BackendError, Candidates, Cluster, Counts, Draft, Entry, Filter, Followed, IfTaken,
    Inserted, KeptSpace, KeptSpaces, Lacking, Listing, LiveChange, Page, Request, Sources,
    require_size, size_of_document, size_of_entry, size_of_id, size_of_key,
};
use crate::json;
use crate::model::{Document, Embedding, Key, Kind, Memory, PerKind, Scope, Space, Timestamp};
use crate::record::{self, Flaw, Reason, Stamp};
use crate::search::text::embedded;

/// Memory in a data directory, which belongs to one scope. See `docs/file-layout.md`.
///
/// Dropping it waits for a compaction that is under way in the background.
#[derive(Debug)]
pub struct FileBackend {
    directory: Arc<Directory>,
}

/// Something in a data directory that is left as it is and should be known.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A record that is no memory of the owner, and no document: it is kept, and neither found nor counted.
    Record {
        /// Of which kind; `None` in the file of documents.
        kind: Option<Kind>,
        /// The file, relative to the data directory.
        file: String,
        /// Its place in the file, from 0.
        index: u64,
        /// What is wrong with it; `None` if an earlier record has its id.
        flaw: Option<Flaw>,
    },
    /// A memory whose document is not there: it is found and counted, but cannot be moved.
    Stray {
        /// The memory.
        key: Key,
        /// The id of the document.
        document: String,
    },
    /// What was left of a write that was never acknowledged, or a journal that was replayed. It can
    /// be removed when nobody misses anything.
    Kept {
        /// The file, relative to the data directory.
        file: String,
    },
}

/// A record that the origin's loader does not take: with it in its files, it does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unloadable {
    /// Node or episode.
    pub kind: Kind,
    /// The file, relative to the data directory.
    pub file: String,
    /// Its id, if it has one that can be read.
    pub id: String,
    /// What of it is not taken.
    pub faults: Vec<Fault>,
}

impl Drop for FileBackend {
    fn drop(&mut self) {
        self.directory.wait_for_compaction();
    }
}

impl FileBackend {
    /// Opens a directory that has an owner.
    ///
    /// # Errors
    /// If it is no data directory, has no owner, or cannot be read; [`FileError::BaseChanged`] if
    /// something else changed its files while writes were pending.
    pub fn open(root: &Path) -> Result<Self, FileError> {
        Self::open_at(&Root::new(root))
    }

    /// The same on whichever disk.
    pub(super) fn open_at(root: &Root) -> Result<Self, FileError> {
        Ok(Self {
            directory: Arc::new(Directory::open(root, Trust::Bound)?),
        })
    }

    /// Makes an empty directory of layout 2.0.0, and opens it. Without a space, the first vector
    /// decides.
    ///
    /// # Errors
    /// [`FileError::NotEmpty`] if there are memories, [`FileError::Foreign`] if there is anything else;
    /// if it cannot be written.
    pub fn create(root: &Path, scope: Scope, space: Option<&Space>) -> Result<Self, FileError> {
        let vacant = |site: &Site| match site {
            Site::Vacant => Ok(()),
            _ => Err(FileError::NotEmpty {
                path: root.to_owned(),
            }),
        };
        vacant(&Site::survey(root)?)?;
        let founding = Founding::begin(root)?;
        vacant(founding.site())?;
        founding.settle(scope, space)
    }

    /// Says in the manifest whose memory a directory holds, and opens it. No memory changes. If the
    /// directory does not say in which space its vectors are, it is `space`; without one, that of
    /// `BAAI/bge-m3` for vectors of 1024, else an unknown one.
    ///
    /// # Errors
    /// [`FileError::OtherOwner`] if it has another owner; [`FileError::Width`] if its vectors are not
    /// as wide as `space` says; if there are no memories, or it cannot be read or written.
    pub fn claim(root: &Path, scope: Scope, space: Option<&Space>) -> Result<Self, FileError> {
        Layout::find(root)?;
        Site::survey(root)?;
        Founding::begin(root)?.settle(scope, space)
    }

    /// Whose memory a directory says it is; `None` if it names nobody, or holds no memory.
    ///
    /// # Errors
    /// If its manifest cannot be read.
    pub fn owner_of(root: &Path) -> Result<Option<Scope>, FileError> {
        match Layout::find(root) {
            Ok(layout) => Ok(claims_of(&layout)?.0),
            Err(LayoutError::NoDirectory { .. } | LayoutError::NothingThere { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Replays pending writes onto files that something else changed, and folds them in; the journal
    /// is kept. Does what [`compact`](Self::compact) does if nothing was changed.
    ///
    /// # Errors
    /// If the directory cannot be read or written.
    pub fn rebase(root: &Path) -> Result<Compaction, FileError> {
        Self::rebase_at(&Root::new(root))
    }

    /// The same on whichever disk.
    pub(super) fn rebase_at(root: &Root) -> Result<Compaction, FileError> {
        Directory::open(root, Trust::Rebase)?.compact_now(Trust::Rebase)
    }

    /// Whose memory it is.
    ///
    /// # Errors
    /// If the directory cannot be read any more.
    pub fn owner(&self) -> Result<Scope, FileError> {
        Ok(self.directory.state()?.scope)
    }

    /// The space of its vectors; `None` if there are none yet.
    ///
    /// # Errors
    /// If the directory cannot be read any more.
    pub fn current_space(&self) -> Result<Option<Arc<Space>>, FileError> {
        Ok(self.directory.state()?.space().cloned())
    }

    /// Folds pending writes into the directory's own files. This also happens by itself, when there
    /// are many.
    ///
    /// # Errors
    /// If another process keeps the lock, or the files cannot be written; then nothing changed.
    pub fn compact(&self) -> Result<Compaction, FileError> {
        self.directory.wait_for_compaction();
        self.directory.compact_now(Trust::Bound)
    }

    /// Bytes of writes that are in the journal and not yet in the directory's own files.
    ///
    /// # Errors
    /// If the directory cannot be read any more.
    pub fn pending_bytes(&self) -> Result<u64, FileError> {
        Ok(self.directory.state()?.pending_bytes())
    }

    /// The derived files of words and vectors, relative to the data directory, that are damaged or hold
    /// something else than is made of the memories now. The records and vectors that they are made of are
    /// read.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn differing(&self) -> Result<Vec<String>, FileError> {
        let state = self.directory.state()?;
        let mut differing = Vec::new();
        for kind in Kind::ALL {
            let paths = state.shelf(kind).base.differing()?;
            differing.extend(paths.iter().map(|path| relative(&state.root, path)));
        }
        Ok(differing)
    }

    /// Everything in the directory that is left as it is and should be known.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn problems(&self) -> Result<Vec<Problem>, FileError> {
        let state = self.directory.state()?;
        let mut problems = Vec::new();
        for kind in Kind::ALL {
            let base = &state.shelf(kind).base;
            for row in 0..base.rows() {
                let Some(known) = base.catalog.get(row as usize) else {
                    continue;
                };
                if known.standing == Standing::Sound {
                    continue;
                }
                problems.push(Problem::Record {
                    kind: Some(kind),
                    file: relative(&state.root, &base.names().records),
                    index: row.into(),
                    flaw: base.parse(row, &base.record(row)?)?.err(),
                });
            }
        }
        let file = relative(&state.root, &layout::documents(&state.root));
        for (place, flaw) in state.documents.left_out() {
            problems.push(Problem::Record {
                kind: None,
                file: file.clone(),
                index: place as u64,
                flaw: flaw.cloned(),
            });
        }
        for (_, known) in state.shelf(Document::PIECES).live() {
            if state.documents.get(known.conversation).is_none() {
                problems.push(Problem::Stray {
                    key: Key::new(Document::PIECES, known.id),
                    document: known.conversation.to_owned(),
                });
            }
        }
        let mut kept: Vec<PathBuf> = std::fs::read_dir(journal::folder(&state.root))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with("torn-") || name.starts_with("kept-")
            })
            .collect();
        kept.sort();
        problems.extend(kept.iter().map(|path| Problem::Kept {
            file: relative(&state.root, path),
        }));
        Ok(problems)
    }

    /// The records that the origin's loader does not take, in a directory that it reads too: those of
    /// the files, and those that are still in the journal. `None` in a directory of Tulving's own.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn unloadable(&self) -> Result<Option<Vec<Unloadable>>, FileError> {
        let state = self.directory.state()?;
        if !state.shared {
            return Ok(None);
        }
        let mut found = Vec::new();
        for kind in Kind::ALL.into_iter().filter(|kind| kind.is_of_origin()) {
            let shelf = state.shelf(kind);
            let of_base = (0..shelf.base.rows()).filter(|row| !shelf.changes.dead.contains(row));
            let changes = (shelf.base.rows()..).take(shelf.changes.rows() as usize);
            for doc in of_base.chain(changes.filter(|doc| shelf.is_live(*doc))) {
                let record = state.record(kind, doc)?;
                let faults = origin::faults(kind, &record);
                if faults.is_empty() {
                    continue;
                }
                let id = match record.get("id") {
                    Some(json::Value::String(id)) => id.storable().into_owned(),
                    _ => String::new(),
                };
                found.push(Unloadable {
                    kind,
                    file: relative(&state.root, &shelf.base.names().records),
                    id,
                    faults,
                });
            }
        }
        Ok(Some(found))
    }

    /// The memories that have no vector: nodes, then episodes, each in the order of the files.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn without_vector(&self) -> Result<Vec<Key>, FileError> {
        let state = self.directory.state()?;
        let mut keys = Vec::new();
        for kind in Kind::ALL {
            for (doc, known) in state.shelf(kind).live() {
                if state.vector(kind, doc)?.is_none() {
                    keys.push(Key::new(kind, known.id));
                }
            }
        }
        Ok(keys)
    }

    /// Begins the journal, if there is none.
    pub(super) fn begin_journal(&self) -> Result<(), FileError> {
        self.directory.lock_for_writing(Trust::Bound).map(drop)
    }

    /// Reads, away from the threads that must not wait.
    async fn read<T: Send + 'static>(
        &self,
        scope: Scope,
        read: impl FnOnce(&State) -> Result<T, BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        let directory = Arc::clone(&self.directory);
        apart(move || {
            let state = directory.state()?;
            check_owner(&state, scope)?;
            read(&state)
        })
        .await
    }

    /// Writes, away from the threads that must not wait.
    async fn write<T: Send + 'static>(
        &self,
        scope: Scope,
        mut prepare: impl FnMut(&State) -> Result<(Plan, T), BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        let directory = Arc::clone(&self.directory);
        apart(move || {
            let answer = directory.write(move |state| {
                check_owner(state, scope)?;
                prepare(state)
            })?;
            directory.compact_if_large();
            Ok(answer)
        })
        .await
    }
}

/// Does what may wait for a disk on a thread that may.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackendError> + Send + 'static,
) -> Result<T, BackendError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(stopped) => Err(FileError::Stopped(stopped).into()),
    }
}

fn check_owner(state: &State, scope: Scope) -> Result<(), BackendError> {
    if state.scope == scope {
        return Ok(());
    }
    Err(BackendError::UnknownScope {
        scope,
        place: format!(
            "{}, which belongs to {},",
            state.root.display(),
            state.scope
        ),
    })
}

/// Refuses a vector of another space than that of the directory, which the first vector decides.
fn check_space(
    stored: &mut Option<Arc<Space>>,
    embedding: Option<&Embedding>,
) -> Result<(), BackendError> {
    let Some(given) = embedding.map(Embedding::space) else {
        return Ok(());
    };
    match stored {
        Some(stored) if !stored.is_comparable_with(given) => Err(BackendError::WrongSpace {
            stored: Arc::clone(stored),
            given: Arc::clone(given),
        }),
        stored => {
            stored.get_or_insert_with(|| Arc::clone(given));
            Ok(())
        }
    }
}

/// The memory as it will be when it is read again.
fn admitted(memory: &Memory, scope: Scope) -> Result<Memory, FileError> {
    record::admit(memory, &Stamp::only(scope)).map_err(|flaw| FileError::Refused {
        kind: memory.kind(),
        id: memory.id().to_owned(),
        flaw,
    })
}

/// The space that a directory gets with a write, if it has none.
fn first_space(state: &State, after: Option<Arc<Space>>) -> Option<Space> {
    after
        .filter(|_| state.space().is_none())
        .map(|space| space.as_ref().clone())
}

/// What a plan that writes a memory rests on.
fn claims(memory: &Memory) -> impl Iterator<Item = Claim> {
    let kind = memory.kind();
    let end = memory
        .position()
        .map(|(container, _)| Claim::End(kind, container.to_owned()));
    let key = Claim::Memory(kind, memory.id().to_owned());
    std::iter::once(key).chain(end)
}

/// The record of a memory that is new: in files that the origin reads too, one that it takes.
fn new_record(state: &State, memory: &Memory) -> Result<Vec<u8>, FileError> {
    let record = record_of(memory)?;
    let kind = memory.kind();
    if !(state.shared && kind.is_of_origin()) {
        return Ok(record);
    }
    let Ok(mut value) = json::parse(&record) else {
        return Ok(record);
    };
    origin::adapt(memory, &mut value, state.generation(), state.scope);
    if let Some(fault) = origin::faults(kind, &value).into_iter().next() {
        return Err(unloadable(memory, fault));
    }
    let mut adapted = Vec::new();
    json::write(&value, &mut adapted);
    Ok(adapted)
}

fn faults(kind: Kind, record: &[u8]) -> Vec<Fault> {
    json::parse(record).map_or_else(|_| Vec::new(), |value| origin::faults(kind, &value))
}

fn unloadable(memory: &Memory, fault: Fault) -> FileError {
    FileError::Unloadable {
        kind: memory.kind(),
        id: memory.id().to_owned(),
        fault,
    }
}

fn plan_insert(
    state: &State,
    drafts: &[Draft],
    if_taken: IfTaken,
) -> Result<(Plan, Vec<Inserted>), BackendError> {
    let mut plan = Plan::default();
    let mut inserted = Vec::with_capacity(drafts.len());
    let mut written: HashMap<Key, Entry> = HashMap::new();
    let mut space = state.space().cloned();
    let mut ends = PerKind::<HashMap<String, i64>>::default();
    for draft in drafts {
        let entry = draft.entry();
        let mut checked = space.clone();
        check_space(&mut checked, entry.embedding.as_ref())?;
        let kind = entry.memory.kind();
        if let (IfTaken::Keep, Some(id)) = (if_taken, draft.settled_id()) {
            let key = Key::new(kind, id);
            let there = match written.get(&key) {
                Some(earlier) => Some(earlier.clone()),
                None => state.entry(&key)?,
            };
            if let Some(there) = there {
                let is_same = draft.is_said_by(&there);
                inserted.push(Inserted::There { key, is_same });
                continue;
            }
        }
        space = checked;
        if let Some((container, _)) = entry.memory.position() {
            let end = || state.next_place(kind, container) - 1;
            ends[kind].entry(container.to_owned()).or_insert_with(end);
        }
        let Entry { memory, embedding } = draft.clone().settle(&mut ends[kind]);
        let memory = admitted(&memory, state.scope)?;
        require_document(state, &memory)?;
        let key = memory.key();
        if written.contains_key(&key) || state.shelf(key.kind).find(&key.id).is_some() {
            return Err(BackendError::Exists { key });
        }
        plan.operations.push(Operation::Put {
            kind: key.kind,
            record: new_record(state, &memory)?,
            vector: stored(embedding.as_ref()),
        });
        plan.claims.extend(claims(&memory));
        written.insert(key.clone(), Entry { memory, embedding });
        inserted.push(Inserted::New(key));
    }
    // What is kept is kept because it is there.
    let kept = inserted.iter().filter_map(|inserted| match inserted {
        Inserted::There { key, .. } => Some(Claim::Memory(key.kind, key.id.clone())),
        Inserted::New(_) => None,
    });
    plan.claims.extend(kept);
    plan.space = first_space(state, space);
    plan.claims
        .extend(plan.space.is_some().then_some(Claim::Space));
    Ok((plan, inserted))
}

fn plan_live(state: &State, changes: &[LiveChange]) -> Result<(Plan, u64), BackendError> {
    let mut of_each: BTreeMap<&Key, Vec<&LiveChange>> = BTreeMap::new();
    for change in changes {
        of_each.entry(change.key()).or_default().push(change);
    }
    let mut plan = Plan::default();
    for (key, changes) in of_each {
        let Some((doc, mut memory)) = state.find(key)? else {
            continue;
        };
        for change in changes {
            change.apply(&mut memory);
        }
        plan.operations.push(Operation::Put {
            kind: key.kind,
            record: record_of(&admitted(&memory, state.scope)?)?,
            vector: state.vector(key.kind, doc)?,
        });
        plan.claims.extend(claims(&memory));
    }
    let there = plan.operations.len() as u64;
    Ok((plan, there))
}

fn plan_replace(state: &State, old: &Memory, new: &Entry) -> Result<(Plan, ()), BackendError> {
    let key = old.key();
    if new.memory.key() != key {
        return Err(BackendError::NoSuchMemory {
            key: new.memory.key(),
        });
    }
    let Some((doc, present)) = state.find(&key)? else {
        return Err(BackendError::NoSuchMemory { key });
    };
    if !record::same_content(&present, old) {
        return Err(BackendError::Changed { key });
    }
    let mut space = state.space().cloned();
    check_space(&mut space, new.embedding.as_ref())?;
    let mut memory = admitted(&new.memory, state.scope)?;
    require_document(state, &memory)?;
    memory.set_usage(present.usage());
    let record = record_of(&memory)?;
    if state.shared && key.kind.is_of_origin() {
        // What the record had before is not for us to refuse.
        let before = faults(key.kind, &record_of(&present)?);
        let mut after = faults(key.kind, &record).into_iter();
        if let Some(fault) = after.find(|fault| !before.contains(fault)) {
            return Err(unloadable(&memory, fault).into());
        }
    }
    let mut plan = Plan {
        operations: vec![Operation::Put {
            kind: key.kind,
            record,
            vector: stored(new.embedding.as_ref()),
        }],
        space: first_space(state, space),
        claims: claims(&memory).chain(claims(&present)).collect(),
        alone: false,
    };
    // A text that stays has the vectors of further spaces that it had.
    if embedded(&memory) == embedded(&present) {
        for (space, _) in state.spaces.further() {
            if let Some(vector) = state.vector_in(space, key.kind, doc)? {
                plan.operations.push(Operation::Vector {
                    kind: key.kind,
                    id: key.id.clone(),
                    space,
                    vector,
                });
            }
        }
    }
    plan.claims
        .extend(plan.space.is_some().then_some(Claim::Space));
    Ok((plan, ()))
}

/// Refuses a chunk whose document is not there.
fn require_document(state: &State, memory: &Memory) -> Result<(), BackendError> {
    match memory {
        Memory::Chunk(chunk) if state.documents.get(&chunk.document_id).is_none() => {
            let id = chunk.document_id.clone();
            Err(BackendError::NoSuchDocument { id })
        }
        _ => Ok(()),
    }
}

/// The chunks of a document, and what removing them rests on.
fn pieces(state: &State, document: &str) -> (HashSet<String>, Vec<Claim>) {
    let shelf = state.shelf(Document::PIECES);
    let known = shelf.conversation(document, i64::MIN, i64::MAX);
    let ids: HashSet<String> = known.map(|(_, known)| known.id.to_owned()).collect();
    let mut claims = vec![Claim::End(Document::PIECES, document.to_owned())];
    claims.extend(
        ids.iter()
            .map(|id| Claim::Memory(Document::PIECES, id.clone())),
    );
    (ids, claims)
}

fn plan_document(
    state: &State,
    document: &Document,
    chunks: &[Entry],
) -> Result<(Plan, ()), BackendError> {
    let refused = |flaw| FileError::Refused {
        kind: Document::PIECES,
        id: document.id.clone(),
        flaw,
    };
    let mut record = Vec::new();
    record::document::write(document, &mut record)
        .map_err(|source| refused(Flaw::new(Reason::WrongType, source.to_string())))?;
    let (mut old, claims) = pieces(state, &document.id);
    let mut plan = Plan {
        operations: vec![Operation::PutDocument { record }],
        claims,
        ..Plan::default()
    };
    let mut space = state.space().cloned();
    let (mut taken, mut puts) = (HashSet::new(), Vec::new());
    for Entry { memory, embedding } in chunks {
        check_space(&mut space, embedding.as_ref())?;
        let memory = admitted(memory, state.scope)?;
        let key = memory.key();
        let is_there = !old.remove(&key.id) && state.shelf(key.kind).find(&key.id).is_some();
        if !taken.insert(key.clone()) || is_there {
            return Err(BackendError::Exists { key });
        }
        plan.claims.extend(self::claims(&memory));
        puts.push(Operation::Put {
            kind: key.kind,
            record: new_record(state, &memory)?,
            vector: stored(embedding.as_ref()),
        });
    }
    let mut old: Vec<String> = old.into_iter().collect();
    old.sort_unstable();
    plan.operations.extend(old.into_iter().map(delete_chunk));
    plan.operations.extend(puts);
    plan.space = first_space(state, space);
    plan.claims
        .extend(plan.space.is_some().then_some(Claim::Space));
    Ok((plan, ()))
}

fn delete_chunk(id: String) -> Operation {
    Operation::Delete {
        kind: Document::PIECES,
        id,
    }
}

fn require_kept(state: &State, space: &Space) -> Result<(u32, Arc<Space>), BackendError> {
    match state.spaces.find(space) {
        Some((number, kept)) => Ok((number, Arc::clone(kept))),
        None => Err(BackendError::UnknownSpace {
            space: Arc::new(space.clone()),
        }),
    }
}

fn plan_space(state: &State, space: &Space) -> Plan {
    if state.spaces.find(space).is_some() {
        return Plan::default();
    }
    if state.space().is_none() {
        return Plan {
            space: Some(space.clone()),
            ..Plan::alone(None)
        };
    }
    Plan::alone(Some(Operation::AddSpace {
        number: state.spaces.free_number(),
        space: space.clone(),
    }))
}

fn plan_vectors(state: &State, entries: &[Entry]) -> Result<(Plan, Vec<Key>), BackendError> {
    let (mut plan, mut written) = (Plan::default(), Vec::new());
    for Entry { memory, embedding } in entries {
        let Some(vector) = stored(embedding.as_ref()) else {
            continue;
        };
        let Some(embedding) = embedding else { continue };
        let (space, _) = require_kept(state, embedding.space())?;
        let key = memory.key();
        let there = state.find(&key)?;
        if there.is_none_or(|(_, present)| embedded(&present) != embedded(memory)) {
            continue;
        }
        plan.operations.push(Operation::Vector {
            kind: key.kind,
            id: key.id.clone(),
            space,
            vector,
        });
        written.push(key);
    }
    plan.claims = claims_of_keys(&written);
    Ok((plan, written))
}

/// How many memories have a vector in the pairs that is not of the current space, or one of the current
/// space that is not in them.
fn behind(state: &State) -> Result<Counts, FileError> {
    let mut behind = Counts::default();
    if !state.spaces.is_behind() {
        return Ok(behind);
    }
    for kind in Kind::ALL {
        for (doc, _) in state.shelf(kind).live() {
            let in_pair = state.vector_in(state.spaces.pair, kind, doc)?.is_some();
            if in_pair || state.vector(kind, doc)?.is_some() {
                behind[kind] += 1;
            }
        }
    }
    Ok(behind)
}

fn kept_spaces(state: &State) -> Result<KeptSpaces, FileError> {
    let count = |number: u32, space: &Arc<Space>| -> Result<KeptSpace, FileError> {
        let mut vectors = Counts::default();
        for kind in Kind::ALL {
            for (doc, _) in state.shelf(kind).live() {
                vectors[kind] += u64::from(state.vector_in(number, kind, doc)?.is_some());
            }
        }
        let space = Arc::clone(space);
        Ok(KeptSpace { space, vectors })
    };
    let current = state
        .space()
        .map(|space| count(state.spaces.current, space));
    let further = state.spaces.further();
    let further = further.map(|(number, space)| count(number, space));
    let mut further = further.collect::<Result<Vec<_>, _>>()?;
    further.sort_by_key(|kept| (kept.space.model.clone(), kept.space.dims));
    Ok(KeptSpaces {
        current: current.transpose()?,
        further,
        behind: behind(state)?,
    })
}

/// By kind, then by id.
fn lacking(
    state: &State,
    space: u32,
    after: Option<&Key>,
    limit: usize,
) -> Result<Lacking, FileError> {
    let mut found = Vec::new();
    'all: for kind in Kind::ALL {
        let is_after = |id: &str| after.is_none_or(|key| (kind, id) > (key.kind, key.id.as_str()));
        let live = state.shelf(kind).live();
        let mut ids: Vec<(&str, u32)> = live
            .map(|(doc, known)| (known.id, doc))
            .filter(|(id, _)| is_after(id))
            .collect();
        ids.sort_unstable();
        for (_, doc) in ids {
            if state.vector_in(space, kind, doc)?.is_none() {
                found.push((kind, doc));
                // One more says whether there is another page.
                if found.len() > limit {
                    break 'all;
                }
            }
        }
    }
    let more = found.len() > limit;
    let memories = found.into_iter().take(limit);
    let memories = memories
        .map(|(kind, doc)| state.memory(kind, doc))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Lacking {
        next: memories.last().filter(|_| more).map(Memory::key),
        memories,
    })
}

/// Those of the keys that are there, each once, in their order.
fn present(state: &State, keys: &[Key]) -> Vec<Key> {
    let mut seen = HashSet::new();
    keys.iter()
        .filter(|key| state.shelf(key.kind).find(&key.id).is_some() && seen.insert(*key))
        .cloned()
        .collect()
}

fn claims_of_keys(keys: &[Key]) -> Vec<Claim> {
    keys.iter()
        .map(|key| Claim::Memory(key.kind, key.id.clone()))
        .collect()
}

#[async_trait]
impl Backend for FileBackend {
    async fn space(&self, scope: Scope) -> Result<Option<Arc<Space>>, BackendError> {
        self.read(scope, |state| Ok(state.space().cloned())).await
    }

    async fn sources(&self, scope: Scope) -> Result<Sources, BackendError> {
        self.read(scope, |state| Ok(state.sources())).await
    }

    async fn insert_each(
        &self,
        scope: Scope,
        drafts: Vec<Draft>,
        if_taken: IfTaken,
    ) -> Result<Vec<Inserted>, BackendError> {
        require_size(drafts.iter().map(|draft| size_of_entry(draft.entry())))?;
        self.write(scope, move |state| plan_insert(state, &drafts, if_taken))
            .await
    }

    async fn replace(&self, scope: Scope, old: &Memory, new: Entry) -> Result<(), BackendError> {
        require_size(std::iter::once(size_of_entry(&new)))?;
        let old = old.clone();
        self.write(scope, move |state| plan_replace(state, &old, &new))
            .await
    }

    async fn delete(&self, scope: Scope, keys: &[Key]) -> Result<Vec<Key>, BackendError> {
        require_size(keys.iter().map(size_of_key))?;
        let keys = keys.to_vec();
        self.write(scope, move |state| {
            let keys = present(state, &keys);
            let mut plan = Plan {
                claims: claims_of_keys(&keys),
                ..Plan::default()
            };
            for key in &keys {
                // Its conversation is one node shorter.
                if let Some((_, memory)) = state.find(key)? {
                    plan.claims.extend(claims(&memory));
                }
                plan.operations.push(Operation::Delete {
                    kind: key.kind,
                    id: key.id.clone(),
                });
            }
            Ok((plan, keys))
        })
        .await
    }

    async fn touch(&self, scope: Scope, keys: &[Key], at: Timestamp) -> Result<u64, BackendError> {
        require_size(keys.iter().map(size_of_key))?;
        let keys = keys.to_vec();
        self.write(scope, move |state| {
            let keys = present(state, &keys);
            let touches = Kind::ALL.into_iter().filter_map(|kind| {
                let ids: Vec<String> = keys
                    .iter()
                    .filter(|key| key.kind == kind)
                    .map(|key| key.id.clone())
                    .collect();
                (!ids.is_empty()).then_some(Operation::Touch {
                    kind,
                    ids,
                    time: at,
                })
            });
            let plan = Plan {
                operations: touches.collect(),
                claims: claims_of_keys(&keys),
                ..Plan::default()
            };
            Ok((plan, keys.len() as u64))
        })
        .await
    }

    async fn update_live(
        &self,
        scope: Scope,
        changes: Vec<LiveChange>,
    ) -> Result<u64, BackendError> {
        require_size(changes.iter().map(|change| size_of_key(change.key())))?;
        self.write(scope, move |state| plan_live(state, &changes))
            .await
    }

    async fn erase(&self, scope: Scope) -> Result<Counts, BackendError> {
        let directory = Arc::clone(&self.directory);
        apart(move || {
            check_owner(&directory.state()?, scope)?;
            directory.erase()
        })
        .await
    }

    async fn get(&self, scope: Scope, keys: &[Key]) -> Result<Vec<Option<Entry>>, BackendError> {
        let keys = keys.to_vec();
        self.read(scope, move |state| {
            let entries = keys.iter().map(|key| state.entry(key));
            Ok(entries.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn list(
        &self,
        scope: Scope,
        filter: &Filter,
        page: &Page,
    ) -> Result<Listing, BackendError> {
        let (filter, page) = (filter.clone(), page.clone());
        self.read(scope, move |state| Ok(state.list(&filter, &page)?))
            .await
    }

    async fn count(&self, scope: Scope, filter: &Filter) -> Result<Counts, BackendError> {
        let filter = filter.clone();
        self.read(scope, move |state| Ok(state.count(&filter)))
            .await
    }

    async fn put_document(
        &self,
        scope: Scope,
        document: Document,
        chunks: Vec<Entry>,
    ) -> Result<(), BackendError> {
        let sizes = chunks.iter().map(size_of_entry);
        require_size(sizes.chain([size_of_document(&document)]))?;
        self.write(scope, move |state| plan_document(state, &document, &chunks))
            .await
    }

    async fn remove_documents(
        &self,
        scope: Scope,
        ids: &[String],
    ) -> Result<Vec<String>, BackendError> {
        require_size(ids.iter().map(|id| size_of_id(id)))?;
        let ids = ids.to_vec();
        self.write(scope, move |state| {
            let ids: BTreeSet<&String> = ids.iter().collect();
            let there = ids
                .into_iter()
                .filter(|id| state.documents.get(id).is_some());
            let there: Vec<String> = there.cloned().collect();
            let mut plan = Plan::default();
            for id in &there {
                let (chunks, claims) = pieces(state, id);
                plan.claims.extend(claims);
                plan.operations.extend(chunks.into_iter().map(delete_chunk));
                plan.operations
                    .push(Operation::DeleteDocument { id: id.clone() });
            }
            Ok((plan, there))
        })
        .await
    }

    async fn documents(
        &self,
        scope: Scope,
        ids: &[String],
    ) -> Result<Vec<Option<Document>>, BackendError> {
        let ids = ids.to_vec();
        self.read(scope, move |state| {
            let documents = ids.iter().map(|id| state.documents.get(id).cloned());
            Ok(documents.collect())
        })
        .await
    }

    async fn list_documents(
        &self,
        scope: Scope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>, BackendError> {
        let after = after.map(str::to_owned);
        self.read(scope, move |state| {
            let documents = state.documents.after(after.as_deref());
            Ok(documents.take(limit).cloned().collect())
        })
        .await
    }

    async fn clusters(&self, scope: Scope) -> Result<Vec<Cluster>, BackendError> {
        self.read(scope, |state| Ok(state.clusters())).await
    }

    async fn search(&self, scope: Scope, request: &Request) -> Result<Candidates, BackendError> {
        let request = request.clone();
        self.read(scope, move |state| Ok(state.search(&request)?))
            .await
    }

    async fn spaces(&self, scope: Scope) -> Result<KeptSpaces, BackendError> {
        self.read(scope, |state| Ok(kept_spaces(state)?)).await
    }

    async fn add_space(&self, scope: Scope, space: &Space) -> Result<(), BackendError> {
        let space = space.clone();
        self.write(scope, move |state| Ok((plan_space(state, &space), ())))
            .await
    }

    async fn put_vectors(
        &self,
        scope: Scope,
        entries: Vec<Entry>,
    ) -> Result<Vec<Key>, BackendError> {
        require_size(entries.iter().map(size_of_entry))?;
        self.write(scope, move |state| plan_vectors(state, &entries))
            .await
    }

    async fn vectors(
        &self,
        scope: Scope,
        space: &Space,
        keys: &[Key],
    ) -> Result<Vec<Option<Embedding>>, BackendError> {
        let (space, keys) = (space.clone(), keys.to_vec());
        self.read(scope, move |state| {
            let (number, space) = require_kept(state, &space)?;
            let mut vectors = Vec::with_capacity(keys.len());
            for key in &keys {
                let numbers = match state.shelf(key.kind).find(&key.id) {
                    Some(doc) => state.vector_in(number, key.kind, doc)?,
                    None => None,
                };
                // What is stored is as wide as the space, and finite.
                let vector = |numbers| Embedding::new(Arc::clone(&space), numbers).ok();
                vectors.push(numbers.and_then(vector));
            }
            Ok(vectors)
        })
        .await
    }

    async fn lacking(
        &self,
        scope: Scope,
        space: &Space,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Lacking, BackendError> {
        let (space, after) = (space.clone(), after.cloned());
        self.read(scope, move |state| {
            let (number, _) = require_kept(state, &space)?;
            Ok(lacking(state, number, after.as_ref(), limit)?)
        })
        .await
    }

    async fn cut_over(&self, scope: Scope, to: &Space) -> Result<(), BackendError> {
        let to = to.clone();
        self.write(scope, move |state| {
            let (number, _) = require_kept(state, &to)?;
            let is_current = number == state.spaces.current;
            let cut = (!is_current).then_some(Operation::CutOver { number });
            Ok((Plan::alone(cut), ()))
        })
        .await
    }

    async fn follow(
        &self,
        scope: Scope,
        _after: Option<&Key>,
        _limit: usize,
    ) -> Result<Followed, BackendError> {
        let behind = self.read(scope, |state| Ok(behind(state)?.total())).await?;
        if behind > 0 {
            let directory = Arc::clone(&self.directory);
            apart(move || Ok(directory.compact_now(Trust::Bound)?)).await?;
        }
        Ok(Followed {
            moved: behind,
            next: None,
        })
    }

    async fn drop_space(&self, scope: Scope, space: &Space) -> Result<bool, BackendError> {
        let space = space.clone();
        self.write(scope, move |state| {
            let Some((number, space)) = state.spaces.find(&space) else {
                return Ok((Plan::default(), false));
            };
            if number == state.spaces.current {
                let space = Arc::clone(space);
                return Err(BackendError::CurrentSpace { space });
            }
            Ok((Plan::alone(Some(Operation::DropSpace { number })), true))
        })
        .await
    }
}
