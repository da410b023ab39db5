//! A rebase: pending writes compared with files that something else changed meanwhile.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::error::FileError;
use super::journal::Decoded;
use super::records;
use super::state::State;
use crate::model::Key;

/// What became of writes that were replayed onto files that something else had changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Memories that the changed files do not have.
    pub added: u64,
    /// Memories that the changed files have, and equal.
    pub equal: u64,
    /// Memories that the changed files have otherwise; what was pending took their place.
    pub replaced: Vec<Key>,
    /// Memories that were to be deleted and are not in the changed files.
    pub gone: u64,
    /// The journal as it was.
    pub kept: PathBuf,
}

/// Compares what is pending with what the changed files hold.
pub(super) fn replayed(state: &State) -> Result<Replayed, FileError> {
    let mut found = Replayed::default();
    let Some(log) = &state.log else {
        return Ok(found);
    };
    found.kept = log
        .path()
        .with_file_name(format!("kept-{}.log", log.header().generation));
    let (mut written, mut deleted) = (BTreeSet::new(), BTreeSet::new());
    let frames = log.frames(log.begin(), log.end())?;
    log.replay(frames.payloads(), |operation| {
        match operation {
            Decoded::Put { kind, record, .. } => {
                if let Some(id) = record.id() {
                    let key = Key::new(kind, id);
                    deleted.remove(&key);
                    written.insert(key);
                }
            }
            Decoded::Delete { kind, id } => {
                let key = Key::new(kind, id);
                written.remove(&key);
                deleted.insert(key);
            }
            // A document is no memory, and has none in its place.
            Decoded::PutDocument { .. } | Decoded::DeleteDocument { .. } => {}
            Decoded::Touch { .. }
            | Decoded::Vector { .. }
            | Decoded::AddSpace { .. }
            | Decoded::CutOver { .. }
            | Decoded::DropSpace { .. } => {}
        }
        Ok(())
    })?;
    let in_base = |key: &Key| {
        let base = &state.partition(key.kind).base;
        base.lookup().row(&base.catalog, &key.id)
    };
    found.gone = deleted.iter().filter(|key| in_base(key).is_none()).count() as u64;
    for key in written {
        let partition = state.partition(key.kind);
        let (Some(row), Some(doc)) = (in_base(&key), partition.find(&key.id)) else {
            found.added += 1;
            continue;
        };
        let same_vector = state.vector(key.kind, doc)? == state.vector(key.kind, row)?;
        let same_record = records::render(&state.memory(key.kind, doc)?)?
            == records::render(&partition.base.memory(row)?)?;
        if same_vector && same_record {
            found.equal += 1;
        } else {
            found.replaced.push(key);
        }
    }
    Ok(found)
}
