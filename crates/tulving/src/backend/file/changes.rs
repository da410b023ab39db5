//! The memtable: what a journal changes in the memories of one kind, held in memory until it is folded in.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use super::access_statistics::AccessStatistics;
use super::catalog::{Catalog, Extent, RecordStatus, hash};
use super::error::FileError;
use super::journal::Log;
use super::records;
use crate::json;
use crate::model::{Document, Kind, Memory, Scope, Timestamp};
use crate::record::{self, Stamp};
use crate::search::delta::Delta;
use crate::search::text;

/// The changes of one kind, in the order of the log. Rows, one for every put, are only ever added.
#[derive(Debug, Clone, Default)]
pub(super) struct Changes {
    base_rows: u32,
    /// The records, whose extents are those of the log.
    pub(super) catalog: Catalog,
    /// Where among the records of the folded file each row goes: a row of the base whose place it
    /// takes, or a number behind the base.
    order: Vec<u64>,
    live: Vec<bool>,
    next_order: u64,
    ids: HashMap<String, u32>,
    /// Rows by hash of what they are part of.
    containers: HashMap<u64, Vec<u32>>,
    /// Tombstones: rows of the base that are gone or replaced.
    pub(super) tombstones: HashSet<u32>,
    touched: HashMap<String, AccessStatistics>,
    /// Shared with earlier and later states of the same log, since rows are only added.
    unmerged: Arc<UnmergedWords>,
}

/// Rows made searchable, as far as anyone has asked.
#[derive(Debug, Default)]
struct UnmergedWords {
    words: RwLock<(u32, Delta)>,
}

impl Changes {
    /// Holds none, to a base of so many rows.
    pub(super) fn to(base_rows: u32) -> Self {
        Self {
            base_rows,
            next_order: base_rows.into(),
            ..Self::default()
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.catalog.len() == 0 && self.tombstones.is_empty() && self.touched.is_empty()
    }

    /// Returns how many rows there are, live or not.
    pub(super) fn rows(&self) -> u32 {
        u32::try_from(self.catalog.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn is_live(&self, row: u32) -> bool {
        self.live.get(row as usize).copied().unwrap_or(false)
    }

    /// Returns the live row with that id.
    pub(super) fn row(&self, id: &str) -> Option<u32> {
        self.ids.get(id).copied()
    }

    pub(super) fn touched(&self, id: &str) -> Option<AccessStatistics> {
        self.touched.get(id).copied()
    }

    /// Returns the live rows of a conversation.
    pub(super) fn conversation<'c>(
        &'c self,
        conversation: &'c str,
    ) -> impl Iterator<Item = u32> + 'c {
        let rows = self.containers.get(&hash(conversation));
        rows.into_iter().flatten().copied().filter(move |row| {
            self.is_live(*row)
                && self
                    .catalog
                    .get(*row as usize)
                    .is_some_and(|entry| entry.conversation == conversation)
        })
    }

    /// Returns the live rows by their place among the records.
    pub(super) fn in_order(&self) -> BTreeMap<u64, u32> {
        (0..self.rows())
            .filter(|row| self.is_live(*row))
            .map(|row| (self.order[row as usize], row))
            .collect()
    }

    /// Takes in a memory that is new, or takes the place of the one with its id; `base` is the row of the base
    /// that has the id, if it is no tombstone. Returns its row.
    pub(super) fn put(&mut self, memory: &Memory, record: Extent, base: Option<u32>) -> u32 {
        let id = memory.id().to_owned();
        let replaced = self.ids.get(&id).copied();
        let order = match (replaced, base) {
            (Some(row), _) => {
                self.live[row as usize] = false;
                self.order[row as usize]
            }
            (None, Some(row)) => {
                self.tombstones.insert(row);
                row.into()
            }
            (None, None) => {
                self.next_order += 1;
                self.next_order - 1
            }
        };
        let row = self.rows();
        if let Some((container, _)) = memory.position() {
            let rows = self.containers.entry(hash(container));
            rows.or_default().push(row);
        }
        // Whether records say whose they are is asked of the base alone.
        self.catalog
            .push(record, RecordStatus::Sound, memory, false);
        self.order.push(order);
        self.live.push(true);
        self.touched.remove(&id);
        self.ids.insert(id, row);
        row
    }

    /// Notes that the memory with that id is gone; `base` are the rows of the base that have it.
    pub(super) fn delete(&mut self, id: &str, base: impl IntoIterator<Item = u32>) {
        if let Some(row) = self.ids.remove(id) {
            self.live[row as usize] = false;
        }
        self.tombstones.extend(base);
        self.touched.remove(id);
    }

    /// Notes that the memory with that id was recalled.
    pub(super) fn touch(&mut self, id: &str, at: Timestamp) {
        let touched = self
            .touched
            .entry(id.to_owned())
            .or_insert(AccessStatistics { times: 0, last: at });
        touched.times = touched.times.saturating_add(1);
        touched.last = at;
    }

    /// Returns the memory of a row, as it was put.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn memory(
        &self,
        kind: Kind,
        row: u32,
        log: &Log,
        scope: Scope,
    ) -> Result<Memory, FileError> {
        let bytes = self.record(row, log)?;
        let offset = self.catalog.extent(row as usize).offset;
        parse(kind, &bytes, log, offset, scope)
    }

    /// Returns the record of a row, as it was put.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn record(&self, row: u32, log: &Log) -> Result<Vec<u8>, FileError> {
        let extent = self.catalog.extent(row as usize);
        let mut bytes = vec![0; usize::try_from(extent.len).unwrap_or(usize::MAX)];
        log.read_at(&mut bytes, extent.offset)?;
        Ok(bytes)
    }

    /// Calls `ask` with the words of all rows, those that are not live too, and perhaps of later ones,
    /// and with how many rows that are. Documents are numbered behind the base.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub(super) fn words<T>(
        &self,
        kind: Kind,
        log: &Log,
        scope: Scope,
        ask: impl FnOnce(&Delta, u32) -> T,
    ) -> Result<T, FileError> {
        let words = &self.unmerged.words;
        // Nothing of ours panics while it holds the lock, and half a document does no harm.
        let read = words.read().unwrap_or_else(PoisonError::into_inner);
        if read.0 >= self.rows() {
            return Ok(ask(&read.1, read.0));
        }
        drop(read);
        let mut write = words.write().unwrap_or_else(PoisonError::into_inner);
        while write.0 < self.rows() {
            let row = write.0;
            let memory = self.memory(kind, row, log, scope)?;
            write.1.add(self.base_rows + row, &text::indexed(&memory));
            write.0 += 1;
        }
        Ok(ask(&write.1, write.0))
    }
}

/// Reads a record that was written to a log.
///
/// # Errors
/// If it is not what was written: the log is damaged.
pub(super) fn parse(
    kind: Kind,
    bytes: &[u8],
    log: &Log,
    offset: u64,
    scope: Scope,
) -> Result<Memory, FileError> {
    let mut value = json::parse(bytes).map_err(|error| damaged(log, offset, &error))?;
    records::read(kind, &mut value, scope).map_err(|flaw| damaged(log, offset, &flaw))
}

/// Reads the record of a document that was written to a log.
///
/// # Errors
/// If it is not what was written: the log is damaged.
pub(super) fn parse_document(
    bytes: &[u8],
    log: &Log,
    offset: u64,
    scope: Scope,
) -> Result<Document, FileError> {
    let mut value = json::parse(bytes).map_err(|error| damaged(log, offset, &error))?;
    let read = record::document::read(&mut value, &Stamp::only(scope));
    read.map_err(|flaw| damaged(log, offset, &flaw))
}

fn damaged(log: &Log, offset: u64, why: &dyn std::fmt::Display) -> FileError {
    FileError::Damaged {
        path: log.path().to_owned(),
        offset,
        reason: why.to_string(),
    }
}
