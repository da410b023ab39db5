//! What a write does: operations, what they rest on, and what refuses them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::directory::{ConflictKey, Plan};
use super::error::FileError;
use super::forgotten;
use super::journal::Operation;
use super::origin::{self, Fault};
use super::records;
use super::state::State;
use super::vectors::stored;
use crate::backend::{
    BackendError, Brought, Draft, Entry, IfTaken, Inserted, LiveChange, check_space,
};
use crate::json;
use crate::model::{Document, Key, Kind, Memory, PerKind, Scope, Space};
use crate::record::{self, Flaw, Reason, Stamp};
use crate::search::text::embedded;

/// Returns the memory as it will be when it is read again.
fn admitted(memory: &Memory, scope: Scope) -> Result<Memory, FileError> {
    record::admit(memory, &Stamp::only(scope)).map_err(|flaw| FileError::Refused {
        kind: memory.kind(),
        id: memory.id().to_owned(),
        flaw,
    })
}

/// Returns the space that a directory gets with a write, if it has none.
fn first_space(state: &State, after: Option<Arc<Space>>) -> Option<Space> {
    after
        .filter(|_| state.space().is_none())
        .map(|space| space.as_ref().clone())
}

/// Returns what a plan that writes a memory rests on.
pub(super) fn conflict_keys(memory: &Memory) -> impl Iterator<Item = ConflictKey> {
    let kind = memory.kind();
    let end = memory
        .position()
        .map(|(container, _)| ConflictKey::End(kind, container.to_owned()));
    let key = ConflictKey::Memory(kind, memory.id().to_owned());
    std::iter::once(key).chain(end)
}

/// Returns the record of a memory that is new: in files that the origin reads too, one that it takes.
fn new_record(state: &State, memory: &Memory) -> Result<Vec<u8>, FileError> {
    let record = records::render(memory)?;
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

pub(super) fn plan_insert(
    state: &State,
    drafts: &[Draft],
    if_taken: IfTaken,
) -> Result<(Plan, Vec<Inserted>), BackendError> {
    refuse_forgotten(state, &Brought::by(drafts))?;
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
        if written.contains_key(&key) || state.partition(key.kind).find(&key.id).is_some() {
            return Err(BackendError::Exists { key });
        }
        plan.operations.push(Operation::Put {
            kind: key.kind,
            record: new_record(state, &memory)?,
            vector: stored(embedding.as_ref()),
        });
        plan.conflict_keys.extend(conflict_keys(&memory));
        written.insert(key.clone(), Entry { memory, embedding });
        inserted.push(Inserted::New(key));
    }
    // What is kept is kept because it is there.
    let kept = inserted.iter().filter_map(|inserted| match inserted {
        Inserted::There { key, .. } => Some(ConflictKey::Memory(key.kind, key.id.clone())),
        Inserted::New(_) => None,
    });
    plan.conflict_keys.extend(kept);
    plan.space = first_space(state, space);
    plan.conflict_keys
        .extend(plan.space.is_some().then_some(ConflictKey::Space));
    plan.placed = Brought::placed(drafts, &inserted);
    Ok((plan, inserted))
}

pub(super) fn plan_live(
    state: &State,
    changes: &[LiveChange],
) -> Result<(Plan, u64), BackendError> {
    let mut of_each: BTreeMap<&Key, Vec<&LiveChange>> = BTreeMap::new();
    for change in changes {
        of_each.entry(change.key()).or_default().push(change);
    }
    let (mut plan, mut there) = (Plan::default(), 0);
    for (key, changes) in of_each {
        let Some((doc, mut memory)) = state.find(key)? else {
            continue;
        };
        there += 1;
        for change in changes {
            change.apply(&mut memory);
        }
        plan.operations.push(Operation::Put {
            kind: key.kind,
            record: records::render(&admitted(&memory, state.scope)?)?,
            vector: state.vector(key.kind, doc)?,
        });
        plan.operations.extend(further_vectors(state, key, doc)?);
        plan.conflict_keys.extend(conflict_keys(&memory));
    }
    Ok((plan, there))
}

/// Returns what puts the vectors that a memory has in further spaces, which a record that is put leaves behind.
fn further_vectors(state: &State, key: &Key, doc: u32) -> Result<Vec<Operation>, FileError> {
    let mut operations = Vec::new();
    for (space, _) in state.spaces.further() {
        if let Some(vector) = state.vector_in(space, key.kind, doc)? {
            operations.push(Operation::Vector {
                kind: key.kind,
                id: key.id.clone(),
                space,
                vector,
            });
        }
    }
    Ok(operations)
}

pub(super) fn plan_replace(
    state: &State,
    old: &Memory,
    new: &Entry,
) -> Result<(Plan, ()), BackendError> {
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
    let record = records::render(&memory)?;
    if state.shared && key.kind.is_of_origin() {
        // What the record had before is not for us to refuse.
        let before = faults(key.kind, &records::render(&present)?);
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
        conflict_keys: conflict_keys(&memory)
            .chain(conflict_keys(&present))
            .collect(),
        ..Plan::default()
    };
    // A text that stays has the vectors of further spaces that it had.
    if embedded(&memory) == embedded(&present) {
        plan.operations.extend(further_vectors(state, &key, doc)?);
    }
    plan.conflict_keys
        .extend(plan.space.is_some().then_some(ConflictKey::Space));
    Ok((plan, ()))
}

/// Refuses what was forgotten. Tombstones are written under the lock of writers, as plans are made.
fn refuse_forgotten(state: &State, brought: &Brought) -> Result<(), BackendError> {
    if *brought == Brought::default() {
        return Ok(());
    }
    forgotten::read(&state.root)?.refuse(brought)
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

/// Returns the chunks of a document, and what removing them rests on.
pub(super) fn pieces(state: &State, document: &str) -> (HashSet<String>, Vec<ConflictKey>) {
    let partition = state.partition(Document::PIECES);
    let entries = partition.conversation(document, i64::MIN, i64::MAX);
    let ids: HashSet<String> = entries.map(|(_, entry)| entry.id.to_owned()).collect();
    let mut conflict_keys = vec![ConflictKey::End(Document::PIECES, document.to_owned())];
    conflict_keys.extend(
        ids.iter()
            .map(|id| ConflictKey::Memory(Document::PIECES, id.clone())),
    );
    (ids, conflict_keys)
}

pub(super) fn plan_document(
    state: &State,
    document: &Document,
    chunks: &[Entry],
) -> Result<(Plan, ()), BackendError> {
    refuse_forgotten(state, &Brought::with(document, chunks))?;
    let refused = |flaw| FileError::Refused {
        kind: Document::PIECES,
        id: document.id.clone(),
        flaw,
    };
    let mut record = Vec::new();
    record::document::write(document, &mut record)
        .map_err(|source| refused(Flaw::new(Reason::WrongType, source.to_string())))?;
    let (mut old, conflict_keys) = pieces(state, &document.id);
    let mut plan = Plan {
        operations: vec![Operation::PutDocument { record }],
        conflict_keys,
        ..Plan::default()
    };
    let mut space = state.space().cloned();
    let (mut taken, mut puts) = (HashSet::new(), Vec::new());
    for Entry { memory, embedding } in chunks {
        check_space(&mut space, embedding.as_ref())?;
        let memory = admitted(memory, state.scope)?;
        let key = memory.key();
        let is_there = !old.remove(&key.id) && state.partition(key.kind).find(&key.id).is_some();
        if !taken.insert(key.clone()) || is_there {
            return Err(BackendError::Exists { key });
        }
        plan.conflict_keys.extend(self::conflict_keys(&memory));
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
    plan.conflict_keys
        .extend(plan.space.is_some().then_some(ConflictKey::Space));
    Ok((plan, ()))
}

pub(super) fn delete_chunk(id: String) -> Operation {
    Operation::Delete {
        kind: Document::PIECES,
        id,
    }
}

/// Those of the keys that are there, each once, in their order.
pub(super) fn present(state: &State, keys: &[Key]) -> Vec<Key> {
    let mut seen = HashSet::new();
    keys.iter()
        .filter(|key| state.partition(key.kind).find(&key.id).is_some() && seen.insert(*key))
        .cloned()
        .collect()
}

pub(super) fn conflict_keys_of_each(keys: &[Key]) -> Vec<ConflictKey> {
    keys.iter()
        .map(|key| ConflictKey::Memory(key.kind, key.id.clone()))
        .collect()
}
