//! The vector spaces that a directory keeps: which there are, and what their vectors lack.

use std::sync::Arc;

use super::directory::Plan;
use super::error::FileError;
use super::journal::Operation;
use super::plans::conflict_keys_of_each;
use super::state::State;
use super::vectors::stored;
use crate::backend::{BackendError, Counts, Entry, KeptSpace, KeptSpaces, Lacking};
use crate::model::{Key, Kind, Memory, Space};
use crate::search::text::embedded;

pub(super) fn require_kept(
    state: &State,
    space: &Space,
) -> Result<(u32, Arc<Space>), BackendError> {
    match state.spaces.find(space) {
        Some((number, kept)) => Ok((number, Arc::clone(kept))),
        None => Err(BackendError::UnknownSpace {
            space: Arc::new(space.clone()),
        }),
    }
}

pub(super) fn plan_space(state: &State, space: &Space) -> Plan {
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

pub(super) fn plan_vectors(
    state: &State,
    entries: &[Entry],
) -> Result<(Plan, Vec<Key>), BackendError> {
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
    plan.conflict_keys = conflict_keys_of_each(&written);
    Ok((plan, written))
}

/// Returns how many memories have a vector in the pairs that is not of the current space, or one of the
/// current space that is not in them.
pub(super) fn behind(state: &State) -> Result<Counts, FileError> {
    let mut behind = Counts::default();
    if !state.spaces.is_behind() {
        return Ok(behind);
    }
    for kind in Kind::ALL {
        for (doc, _) in state.partition(kind).live() {
            let in_pair = state.vector_in(state.spaces.pair, kind, doc)?.is_some();
            if in_pair || state.vector(kind, doc)?.is_some() {
                behind[kind] += 1;
            }
        }
    }
    Ok(behind)
}

pub(super) fn kept_spaces(state: &State) -> Result<KeptSpaces, FileError> {
    let count = |number: u32, space: &Arc<Space>| -> Result<KeptSpace, FileError> {
        let mut vectors = Counts::default();
        for kind in Kind::ALL {
            for (doc, _) in state.partition(kind).live() {
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
pub(super) fn lacking(
    state: &State,
    space: u32,
    after: Option<&Key>,
    limit: usize,
) -> Result<Lacking, FileError> {
    let mut found = Vec::new();
    'all: for kind in Kind::ALL {
        let is_after = |id: &str| after.is_none_or(|key| (kind, id) > (key.kind, key.id.as_str()));
        let live = state.partition(kind).live();
        let mut ids: Vec<(&str, u32)> = live
            .map(|(doc, entry)| (entry.id, doc))
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
