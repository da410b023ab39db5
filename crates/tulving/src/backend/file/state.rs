//! The state: a snapshot of a directory, base and changes together. Readers work on one and see nothing of later
//! writes (snapshot isolation).

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use super::access_statistics;
use super::changes;
use super::checksum_cache::Stat;
use super::commit::Commit;
use super::documents::Documents;
use super::error::FileError;
use super::journal::{self, BaseFile, Decoded, Frames, Log};
use super::origin::{self, Generation};
use super::partition::Partition;
use super::root::{Root, relative};
use super::spaces::Spaces;
use super::vectors::is_vector;
use crate::backend::Sources;
use crate::json::{self, Value};
use crate::model::{Kind, Memory, PerKind, Scope, Space};

/// A directory as it is at one moment. Cheap to clone; what a clone shows does not change.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) root: Root,
    pub(super) scope: Scope,
    /// The spaces of its vectors, as far as they are known yet.
    pub(super) spaces: Spaces,
    /// Whether the origin reads the directory too.
    pub(super) shared: bool,
    /// None if nothing was ever written here.
    pub(super) log: Option<Log>,
    /// Whether the log belongs to the base as it is; if not, the log is empty.
    pub(super) log_fits_base: bool,
    pub(super) partitions: PerKind<Partition>,
    pub(super) documents: Arc<Documents>,
    /// Whether it was read through a commit that nobody could finish.
    pub(super) through_commit: bool,
    /// What the system said of the files when they were opened.
    pub(super) seen: Arc<[(PathBuf, Option<Stat>)]>,
}

impl State {
    /// Returns the current space.
    pub(super) fn space(&self) -> Option<&Arc<Space>> {
        self.spaces.current()
    }

    /// Returns the sources that memories may bear.
    pub(super) fn sources(&self) -> Sources {
        if !self.shared {
            return Sources::any();
        }
        let mut counts = origin::SOURCES.map(|source| (source, 0_u64));
        for kind in Kind::ALL {
            for (_, entry) in self.partition(kind).live() {
                for (_, count) in counts.iter_mut().filter(|(name, _)| *name == entry.source) {
                    *count += 1;
                }
            }
            // Nodes are the most that there is; without any, episodes say.
            if counts.iter().any(|(_, count)| *count > 0) {
                break;
            }
        }
        // Of equals the first.
        let usual = counts.iter().rev().max_by_key(|(_, count)| *count);
        let usual = usual.map_or(origin::SOURCES[0], |(source, _)| source);
        Sources::only(&origin::SOURCES, usual)
    }

    /// Returns the generation of its nodes: the newer ones say whose they are. Where there are none, the
    /// next ones do.
    pub(super) fn generation(&self) -> Generation {
        let nodes = &self.partitions[Kind::Node].base;
        match nodes.rows() == 0 || nodes.is_stamped() {
            true => Generation::Newer,
            false => Generation::Older,
        }
    }

    /// Returns whether this is still how the directory is, but for frames that were added to the log.
    pub(super) fn is_current(&self) -> bool {
        let same_log = match &self.log {
            Some(log) => log.is_in_place(),
            None => {
                !journal::folder(&self.root).exists()
                    || journal::generations(&self.root).is_ok_and(|found| found.is_empty())
            }
        };
        same_log
            && Commit::exists(&self.root) == self.through_commit
            && self.seen.iter().all(|(path, stat)| Stat::at(path) == *stat)
    }

    /// Takes in what was written to the log since, by whomever; whether there was anything.
    ///
    /// # Errors
    /// If the log is damaged.
    pub(super) fn poll(&mut self) -> Result<Option<Frames>, FileError> {
        let Some(log) = &mut self.log else {
            return Ok(None);
        };
        if log.len()? == log.end() {
            return Ok(None);
        }
        let frames = log.poll()?;
        self.replay(frames.payloads())?;
        Ok(Some(frames))
    }

    /// Replays frames of the log: payloads, each with where it begins in the log.
    ///
    /// # Errors
    /// If they are not what is written to logs.
    pub(super) fn replay<'p>(
        &mut self,
        frames: impl IntoIterator<Item = (u64, &'p [u8])>,
    ) -> Result<(), FileError> {
        let Some(log) = self.log.clone() else {
            return Ok(());
        };
        log.replay(frames, |operation| self.apply(&log, operation))
    }

    fn apply(&mut self, log: &Log, operation: Decoded<'_>) -> Result<(), FileError> {
        let current = self.spaces.current;
        match operation {
            Decoded::Put {
                kind,
                record,
                vector,
            } => {
                let partition = self.partition_mut(kind);
                let at = record.extent;
                let memory = changes::parse(kind, record.bytes, log, at.offset, partition.scope)?;
                let base = partition.base_row(memory.id());
                let row = Arc::make_mut(&mut partition.changes).put(&memory, at, base);
                if let Some(vector) = vector {
                    let doc = partition.base.rows() + row;
                    partition.put_vector(current, doc, vector.extent);
                }
            }
            Decoded::Vector {
                kind,
                id,
                space,
                vector,
            } => {
                let partition = self.partition_mut(kind);
                if let Some(doc) = partition.find(id) {
                    partition.put_vector(space, doc, vector.extent);
                }
            }
            Decoded::AddSpace { number, space } => self.spaces.keep(number, Arc::new(space)),
            Decoded::CutOver { number } => self.spaces.current = number,
            Decoded::DropSpace { number } => {
                self.spaces.forget(number);
                for (_, partition) in self.partitions.iter_mut() {
                    Arc::make_mut(&mut partition.vectors).remove(&number);
                }
            }
            Decoded::Delete { kind, id } => {
                let partition = self.partition_mut(kind);
                let base = Arc::clone(&partition.base);
                let lookup = base.lookup();
                let rows = lookup
                    .row(&base.catalog, id)
                    .into_iter()
                    .chain(lookup.repeats(&base.catalog, id));
                Arc::make_mut(&mut partition.changes).delete(id, rows);
            }
            Decoded::PutDocument { record } => {
                let at = record.extent.offset;
                let document = changes::parse_document(record.bytes, log, at, self.scope)?;
                Arc::make_mut(&mut self.documents).put(document, record.bytes);
            }
            Decoded::DeleteDocument { id } => Arc::make_mut(&mut self.documents).remove(id),
            Decoded::Touch { kind, ids, time } => {
                let partition = self.partition_mut(kind);
                for id in ids {
                    if partition.find(id).is_some() {
                        Arc::make_mut(&mut partition.changes).touch(id, time);
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn partition(&self, kind: Kind) -> &Partition {
        &self.partitions[kind]
    }

    fn partition_mut(&mut self, kind: Kind) -> &mut Partition {
        &mut self.partitions[kind]
    }

    /// Returns the fingerprint of the base as it is now: the files of the origin, there or not, and what
    /// else is there.
    pub(super) fn base_fingerprint(&self) -> Vec<BaseFile> {
        let mut files = Vec::new();
        for (kind, partition) in self.partitions.iter() {
            let base = &partition.base;
            if !kind.is_of_origin() && base.sha256.is_none() {
                continue;
            }
            let names = [&base.names().records, &base.names().vectors];
            files.extend((0..2).map(|file| BaseFile {
                name: relative(&self.root, names[file]),
                content: base.sha256.map(|sha256| sha256[file]),
            }));
        }
        let documents = self.documents.file().map(|file| BaseFile {
            name: relative(&self.root, &file.path),
            content: Some(file.sha256),
        });
        files.extend(documents);
        files
    }

    /// Returns the files that are not as a fingerprint of the base says. One that it does not name was not
    /// there.
    pub(super) fn changed_since(&self, fingerprint: &[BaseFile]) -> Vec<PathBuf> {
        let now = self.base_fingerprint();
        let is_named = |name: &str| fingerprint.iter().any(|file| file.name == name);
        let differing = fingerprint.iter().filter(|file| !now.contains(file));
        let appeared = now
            .iter()
            .filter(|file| file.content.is_some() && !is_named(&file.name));
        let mut changed: Vec<PathBuf> = differing
            .chain(appeared)
            .map(|file| self.root.join(&file.name))
            .collect();
        changed.dedup();
        changed
    }

    /// Returns which file of records fewer may read than the others: nothing that holds memories of all kinds
    /// is for more.
    pub(super) fn guarded(&self) -> Option<Metadata> {
        let files = self
            .partitions
            .values()
            .filter_map(|partition| partition.base.guarded());
        files.min_by_key(|file| (file.mode() & 0o077).count_ones())
    }

    /// Returns the bytes of the base's files.
    pub(super) fn base_bytes(&self) -> u64 {
        self.partitions
            .values()
            .map(|partition| partition.base.bytes())
            .sum()
    }

    /// Returns the bytes of pending writes.
    pub(super) fn pending_bytes(&self) -> u64 {
        self.log.as_ref().map_or(0, Log::bytes)
    }

    /// Returns the memory of a document, with what touching changed.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn memory(&self, kind: Kind, doc: u32) -> Result<Memory, FileError> {
        let partition = self.partition(kind);
        let mut memory = match (partition.change_row(doc), &self.log) {
            (Some(row), Some(log)) => partition.changes.memory(kind, row, log, self.scope)?,
            _ => partition.base.memory(doc)?,
        };
        if let Some(touched) = partition.changes.touched(memory.id()) {
            let (count, _) = memory.usage();
            let count = count.saturating_add(touched.times);
            memory.set_usage((count, Some(touched.last)));
        }
        Ok(memory)
    }

    /// Returns the record of a document, with what touching changed.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn record(&self, kind: Kind, doc: u32) -> Result<Value<'static>, FileError> {
        let partition = self.partition(kind);
        let bytes = match (partition.change_row(doc), &self.log) {
            (Some(row), Some(log)) => partition.changes.record(row, log)?,
            _ => partition.base.record(doc)?,
        };
        let parsed = json::parse(&bytes).map_err(|source| FileError::Record {
            path: partition.base.names().records.clone(),
            index: doc.into(),
            source,
        });
        let mut value = parsed?.into_owned();
        let id = partition.entry(doc).map(|entry| entry.id);
        if let Some(touched) = id.and_then(|id| partition.changes.touched(id)) {
            access_statistics::add(&mut value, touched);
        }
        Ok(value)
    }

    /// Returns the numbers of a document's vector in the current space, if it has one.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn vector(&self, kind: Kind, doc: u32) -> Result<Option<Vec<f32>>, FileError> {
        self.vector_in(self.spaces.current, kind, doc)
    }

    /// Returns the same in the space with a number.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn vector_in(
        &self,
        space: u32,
        kind: Kind,
        doc: u32,
    ) -> Result<Option<Vec<f32>>, FileError> {
        let partition = self.partition(kind);
        let vectors = partition.vectors.get(&space);
        if let (Some(vectors), Some(log)) = (vectors, &self.log)
            && vectors.unmerged.has(doc)
        {
            return vectors.unmerged.numbers(doc, log);
        }
        if partition.change_row(doc).is_some() {
            return Ok(None);
        }
        let numbers = partition.base_numbers(space, self.spaces.pair, doc, 1)?;
        Ok(numbers.filter(|numbers| is_vector(numbers)))
    }
}
