//! The rows of a folded file: from the base as they are, from the base with newer access statistics, or from the
//! journal.

use super::catalog::RecordStatus;
use super::error::FileError;
use super::npy::header;
use super::partition::Partition;
use super::records;
use super::staged_file::StagedFile;
use super::state::State;
use super::vector_bytes;
use crate::json;
use crate::model::Kind;

/// Vectors that are read at once.
const ROWS_AT_ONCE: u32 = 256;

/// Where a record of the folded file comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Slot {
    /// As it stands in the base, byte for byte.
    Verbatim(u32),
    /// From the base, with what touching changed.
    Touched(u32),
    /// From the journal.
    Written(u32),
}

impl Slot {
    /// Returns the document that the record is of.
    pub(super) fn doc(self) -> u32 {
        let (Self::Verbatim(doc) | Self::Touched(doc) | Self::Written(doc)) = self;
        doc
    }
}

/// Which records of the base that are no memories of the owner stay in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// All, as they stand.
    All,
    /// Those of somebody else.
    Foreign,
}

/// Returns the records of the folded file: those of the base in their order, then new ones in the
/// journal's.
pub(super) fn slots(partition: &Partition, keep: Keep) -> Vec<Slot> {
    let base = &partition.base;
    let written = partition.changes.in_order();
    let document = |row: u32| Slot::Written(base.rows() + row);
    let was_touched = |row: u32| {
        let entry = base.catalog.get(row as usize);
        entry.is_some_and(|entry| partition.changes.touched(entry.id).is_some())
    };
    let of_base = (0..base.rows()).filter_map(|row| {
        if let Some(change) = written.get(&row.into()) {
            return Some(document(*change));
        }
        let is_kept = || match (keep, base.catalog.get(row as usize)) {
            (Keep::Foreign, Some(entry)) => {
                partition.is_live(row) || entry.status == RecordStatus::Foreign
            }
            _ => true,
        };
        if partition.changes.tombstones.contains(&row) || !is_kept() {
            return None;
        }
        Some(match partition.is_live(row) && was_touched(row) {
            true => Slot::Touched(row),
            false => Slot::Verbatim(row),
        })
    });
    let new = written.range(u64::from(base.rows())..);
    of_base.chain(new.map(|(_, row)| document(*row))).collect()
}

/// Returns the ids of records that come from the journal.
pub(super) fn ids_written(partition: &Partition, slots: &[Slot]) -> Vec<String> {
    let written = slots.iter().filter_map(|slot| match slot {
        Slot::Written(doc) => partition.entry(*doc).map(|entry| entry.id.to_owned()),
        Slot::Verbatim(_) | Slot::Touched(_) => None,
    });
    written.collect()
}

pub(super) fn write_records(
    state: &State,
    kind: Kind,
    slots: &[Slot],
    out: &mut StagedFile,
) -> Result<(), FileError> {
    out.write(records::BEGIN)?;
    for (place, slot) in slots.iter().enumerate() {
        let record = match *slot {
            Slot::Verbatim(row) => state.partition(kind).base.record(row)?,
            Slot::Touched(doc) | Slot::Written(doc) => {
                let value = state.record(kind, doc)?;
                let mut indented = Vec::new();
                json::write_indented(&value, 1, &mut indented);
                indented
            }
        };
        out.write(records::before(place == 0))?;
        out.write(&record)?;
    }
    out.write(records::end(slots.is_empty()))
}

pub(super) fn write_documents<'r>(
    documents: impl Iterator<Item = &'r [u8]>,
    out: &mut StagedFile,
) -> Result<(), FileError> {
    out.write(records::BEGIN)?;
    let mut is_empty = true;
    for record in documents {
        out.write(records::before(is_empty))?;
        out.write(record)?;
        is_empty = false;
    }
    out.write(records::end(is_empty))
}

pub(super) fn write_vectors(
    state: &State,
    space: u32,
    kind: Kind,
    slots: &[Slot],
    out: &mut StagedFile,
) -> Result<(), FileError> {
    let partition = state.partition(kind);
    let dims = state.spaces.get(space).map_or(0, |space| space.dims);
    let unmerged = partition.vectors(space).map(|kept| &kept.unmerged);
    let unmerged = unmerged
        .filter(|unmerged| unmerged.replaces)
        .zip(state.log.as_ref());
    out.write(&header(slots.len() as u64, dims))?;
    let mut bytes = Vec::new();
    let mut at = 0;
    while at < slots.len() {
        bytes.clear();
        if let Slot::Written(doc) = slots[at] {
            let numbers = state.vector_in(space, kind, doc)?;
            vector_bytes(&numbers.unwrap_or_else(|| vec![0.0; dims]), &mut bytes);
            at += 1;
        } else {
            let (first, count) = run_of_base(&slots[at..]);
            let numbers = partition.base_numbers(space, state.spaces.pair, first, count)?;
            let mut numbers = numbers.unwrap_or_else(|| vec![0.0; count * dims]);
            if let Some((unmerged, log)) = unmerged {
                for (doc, row) in (first..).zip(numbers.chunks_exact_mut(dims.max(1))) {
                    if let Some(newer) = unmerged.numbers(doc, log)? {
                        row.copy_from_slice(&newer);
                    }
                }
            }
            vector_bytes(&numbers, &mut bytes);
            at += count;
        }
        out.write(&bytes)?;
    }
    Ok(())
}

/// Returns the first row of the base among `slots`, and how many follow one another from there.
fn run_of_base(slots: &[Slot]) -> (u32, usize) {
    let rows = slots.iter().map_while(|slot| match slot {
        Slot::Verbatim(row) | Slot::Touched(row) => Some(*row),
        Slot::Written(_) => None,
    });
    let mut rows = rows.take(ROWS_AT_ONCE as usize).peekable();
    let first = rows.peek().copied().unwrap_or_default();
    (
        first,
        rows.zip(first..)
            .take_while(|(row, next)| row == next)
            .count(),
    )
}
