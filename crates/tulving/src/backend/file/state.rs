//! A directory as it is at one moment: base and changes together.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::access_statistics;
use super::base::{self, Base, is_vector, relative};
use super::catalog::{CatalogEntry, Extent};
use super::changes::{self, Changes};
use super::checksum_cache::{ChecksumCache, Stat};
use super::commit::{Commit, Head};
use super::documents::Documents;
use super::error::FileError;
use super::journal::{self, BaseFile, Decoded, Frames, Log};
use super::layout::{self, Layout, PairPaths};
use super::manifest::{FurtherSpace, Manifest};
use super::origin::{self, Generation};
use super::root::Root;
use super::spaces::Spaces;
use super::vectors::{self, Array, Vectors};
use crate::backend::Sources;
use crate::json::{self, Value};
use crate::model::{Kind, Memory, PerKind, Scope, Space};
use crate::record::{Flaw, Reason};

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
    partitions: PerKind<Partition>,
    pub(super) documents: Arc<Documents>,
    /// Whether it was read through a commit that nobody could finish.
    through_commit: bool,
    /// What the system said of the files when they were opened.
    seen: Arc<[(PathBuf, Option<Stat>)]>,
}

/// The memories of one kind. Documents are numbered: first the rows of the base, then those of the
/// changes.
#[derive(Debug, Clone)]
pub(super) struct Partition {
    pub(super) kind: Kind,
    scope: Scope,
    pub(super) base: Arc<Base>,
    pub(super) changes: Arc<Changes>,
    /// By the number of their space.
    vectors: Arc<BTreeMap<u32, Vectors>>,
}

/// What is done with pending writes if something else changed the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IfBaseChanged {
    /// They are for the base that they were written to: the directory is not opened.
    Refuse,
    /// They are replayed onto whatever is there.
    Rebase,
}

impl State {
    /// Opens a directory, through a commit that is under way if need be.
    ///
    /// # Errors
    /// If it cannot be read, has no owner, or its base was changed under pending writes.
    pub(super) fn open(root: &Root, if_changed: IfBaseChanged) -> Result<Self, FileError> {
        // A commit takes milliseconds; to meet a new one each time is to meet something else.
        const TRIES: usize = 100;
        let mut last = None;
        for _ in 0..TRIES {
            let head = Head::read(root)?;
            let opened = Self::open_head(root, &head, if_changed);
            // What was found counts if nobody committed in between, were it an error. Files that a
            // commit is moving may not have been found.
            let moving = head.commit.is_some() && opened.is_err();
            if Head::read(root)? == head && !moving {
                return opened;
            }
            last = opened.err();
        }
        Err(last.unwrap_or_else(|| FileError::Locked {
            path: journal::folder(root),
            seconds: 0,
        }))
    }

    fn open_head(root: &Root, head: &Head, if_changed: IfBaseChanged) -> Result<Self, FileError> {
        let layout = Layout::find(root)?;
        let at = |path: &Path| match &head.commit {
            Some(commit) => commit.at(root, path),
            None => path.to_owned(),
        };
        if head.commit.is_some() {
            // A newer program may have made the directory its own since then.
            Manifest::read(&layout)?;
        }
        let manifest = Manifest::read_at(&layout, at)?;
        let Some(scope) = manifest.owner()? else {
            return Err(FileError::NoOwner {
                path: root.to_path_buf(),
            });
        };
        // Before anything is derived: what a newer program wrote is not touched.
        let log = match head.generation {
            0 => None,
            generation => {
                let path = journal::log_path(root, generation);
                Some(Log::open(root.disk(), &path, &at(&path))?)
            }
        };
        let mut checksums = ChecksumCache::load(root);
        let mut seen = vec![(manifest.path().clone(), Stat::at(manifest.path()))];
        let mut partition = |kind: Kind| -> Result<Partition, FileError> {
            let names = layout.place(kind);
            let now = PairPaths {
                records: at(&names.records),
                vectors: at(&names.vectors),
            };
            if kind == layout::FIRST && head.commit.is_none() {
                layout.require(kind)?;
            }
            for path in [&now.records, &now.vectors] {
                seen.push((path.clone(), Stat::at(path)));
            }
            let base = Base::open(
                root,
                kind,
                scope,
                names,
                &now,
                manifest.vectors(),
                &mut checksums,
            )?;
            Ok(Partition {
                kind,
                scope,
                changes: Arc::new(Changes::to(base.rows())),
                base: Arc::new(base),
                vectors: Arc::default(),
            })
        };
        let partitions = PerKind::try_from_fn(&mut partition)?;
        let documents = layout::documents(root);
        let now = at(&documents);
        seen.push((now.clone(), Stat::at(&now)));
        let documents = Documents::open(&documents, &now, scope)?;
        checksums.keep(root.disk(), partitions[Kind::Node].base.guarded().as_ref());
        let mut state = Self {
            root: root.clone(),
            scope,
            spaces: Spaces::default(),
            shared: false,
            log: None,
            log_fits_base: true,
            partitions,
            documents: Arc::new(documents),
            through_commit: head.commit.is_some(),
            seen: Arc::default(),
        };
        let space = match manifest.space()? {
            Some(space) => Some(Arc::new(space)),
            // Nobody knows what vectors of this width are of.
            None => {
                let dims = state
                    .partitions
                    .values()
                    .map(|partition| partition.base.dims())
                    .max();
                let dims = dims.filter(|dims| *dims > 0);
                dims.map(|dims| Arc::new(Space::unnamed(dims)))
            }
        };
        state.spaces = Spaces::of_pair(manifest.space_number()?, space);
        for further in manifest.further_spaces()? {
            state.open_further(&further, &at, &mut seen)?;
            state.spaces.keep(further.number, further.space);
        }
        state.seen = seen.into();
        state.shared = manifest
            .is_shared()
            .unwrap_or_else(|| manifest.names_files() || state.looks_shared());
        state.check_widths()?;
        let Some(mut log) = log else {
            return Ok(state);
        };
        let frames = log.poll()?;
        let changed = state.changed_since(&log.header().base_fingerprint);
        if !changed.is_empty() && !frames.is_empty() && if_changed == IfBaseChanged::Refuse {
            return Err(FileError::BaseChanged {
                changed,
                journal: log.path().to_owned(),
            });
        }
        state.log_fits_base = changed.is_empty();
        state.log = Some(log);
        state.replay(frames.payloads())?;
        Ok(state)
    }

    /// Opens the files of a further space. A file whose rows are those of other records than there are now,
    /// because something else wrote them, is left alone: nobody knows whose its vectors are.
    fn open_further(
        &mut self,
        further: &FurtherSpace,
        at: &dyn Fn(&Path) -> PathBuf,
        seen: &mut Vec<(PathBuf, Option<Stat>)>,
    ) -> Result<(), FileError> {
        for (kind, partition) in self.partitions.iter_mut() {
            let Some([records, _]) = partition.base.sha256 else {
                continue;
            };
            if further.rows_of[kind] != Some(crate::hex(&records)) {
                continue;
            }
            let path = at(&vectors::path(&self.root, further.number, kind));
            seen.push((path.clone(), Stat::at(&path)));
            let array = Array::open(&path, partition.base.rows(), further.space.dims)?;
            partition.vectors_mut(further.number).array = Some(Arc::new(array));
        }
        Ok(())
    }

    /// The current space.
    pub(super) fn space(&self) -> Option<&Arc<Space>> {
        self.spaces.current()
    }

    /// Whether all nodes could be the origin's, in a directory that does not say whether it held files
    /// of the origin when it got its owner. A row that is no memory says nothing of that.
    fn looks_shared(&self) -> bool {
        let catalog = &self.partitions[Kind::Node].base.catalog;
        let sound = (0..catalog.len()).filter(|row| catalog.is_sound(*row));
        let sources = sound.filter_map(|row| Some(catalog.get(row)?.source));
        let mut are_its = sources.map(|source| origin::SOURCES.contains(&source));
        are_its.next() == Some(true) && are_its.all(|is_its| is_its)
    }

    /// The sources that memories may bear.
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

    /// Whether nodes say whose they are. Where there are none, the next ones do.
    pub(super) fn generation(&self) -> Generation {
        let nodes = &self.partitions[Kind::Node].base;
        match nodes.rows() == 0 || nodes.is_stamped() {
            true => Generation::Newer,
            false => Generation::Older,
        }
    }

    fn check_widths(&self) -> Result<(), FileError> {
        let Some(space) = self.spaces.get(self.spaces.pair) else {
            return Ok(());
        };
        for partition in self.partitions.values() {
            let base = &partition.base;
            if base.rows() > 0 && base.dims() != space.dims {
                return Err(FileError::Width {
                    path: base.names().vectors.clone(),
                    found: base.dims(),
                    expected: space.dims,
                });
            }
        }
        Ok(())
    }

    /// Whether this is still how the directory is, but for frames that were added to the log.
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

    /// Of the files of records the one that fewer may read: nothing that holds memories of all kinds
    /// is for more.
    pub(super) fn guarded(&self) -> Option<Metadata> {
        let files = self
            .partitions
            .values()
            .filter_map(|partition| partition.base.guarded());
        files.min_by_key(|file| (file.mode() & 0o077).count_ones())
    }

    /// Bytes of the base's files.
    pub(super) fn base_bytes(&self) -> u64 {
        self.partitions
            .values()
            .map(|partition| partition.base.bytes())
            .sum()
    }

    /// Bytes of pending writes.
    pub(super) fn pending_bytes(&self) -> u64 {
        self.log.as_ref().map_or(0, Log::bytes)
    }

    /// The memory of a document, with what touching changed.
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

    /// The record of a document, with what touching changed.
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

    /// The numbers of a document's vector in the current space, if it has one.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn vector(&self, kind: Kind, doc: u32) -> Result<Option<Vec<f32>>, FileError> {
        self.vector_in(self.spaces.current, kind, doc)
    }

    /// The same in the space with a number.
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

impl Partition {
    /// The vectors of the space with a number, but for those in the pair.
    pub(super) fn vectors(&self, space: u32) -> Option<&Vectors> {
        self.vectors.get(&space)
    }

    fn put_vector(&mut self, space: u32, doc: u32, extent: Extent) {
        let of_base = self.change_row(doc).is_none();
        self.vectors_mut(space).unmerged.put(doc, extent, of_base);
    }

    fn vectors_mut(&mut self, space: u32) -> &mut Vectors {
        Arc::make_mut(&mut self.vectors).entry(space).or_default()
    }

    /// The numbers that rows of the base have in a space, whatever they are; none where it has no file.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn base_numbers(
        &self,
        space: u32,
        pair: u32,
        first: u32,
        count: usize,
    ) -> Result<Option<Vec<f32>>, FileError> {
        if space == pair {
            return self.base.numbers(first, count).map(Some);
        }
        let array = self.vectors(space).and_then(|kept| kept.array.as_ref());
        array.map(|array| array.numbers(first, count)).transpose()
    }

    /// The row of the changes that a document is; `None` if it is one of the base.
    pub(super) fn change_row(&self, doc: u32) -> Option<u32> {
        doc.checked_sub(self.base.rows())
    }

    fn base_row(&self, id: &str) -> Option<u32> {
        let row = self.base.lookup().row(&self.base.catalog, id)?;
        (!self.changes.tombstones.contains(&row)).then_some(row)
    }

    /// The document with that id.
    pub(super) fn find(&self, id: &str) -> Option<u32> {
        match self.changes.row(id) {
            Some(row) => Some(self.base.rows() + row),
            None => self.base_row(id),
        }
    }

    /// Whether a document is a memory of the owner.
    pub(super) fn is_live(&self, doc: u32) -> bool {
        match self.change_row(doc) {
            Some(row) => self.changes.is_live(row),
            None => {
                self.base.catalog.is_sound(doc as usize) && !self.changes.tombstones.contains(&doc)
            }
        }
    }

    /// Whether every row of the base is a memory of the owner.
    pub(super) fn counts_whole_base(&self) -> bool {
        self.changes.tombstones.is_empty() && self.base.lookup().all_sound(&self.base.catalog)
    }

    /// Returns the catalog entry of a document.
    pub(super) fn entry(&self, doc: u32) -> Option<CatalogEntry<'_>> {
        match self.change_row(doc) {
            Some(row) => self.changes.catalog.get(row as usize),
            None => self.base.catalog.get(doc as usize),
        }
    }

    /// The owner's memories.
    pub(super) fn live(&self) -> impl Iterator<Item = (u32, CatalogEntry<'_>)> {
        let docs = 0..self.base.rows().saturating_add(self.changes.rows());
        docs.filter(|doc| self.is_live(*doc))
            .filter_map(|doc| Some((doc, self.entry(doc)?)))
    }

    /// The owner's nodes of a conversation, from one place to another, both taken in.
    pub(super) fn conversation<'s>(
        &'s self,
        conversation: &'s str,
        first: i64,
        last: i64,
    ) -> impl Iterator<Item = (u32, CatalogEntry<'s>)> {
        let base = self
            .base
            .lookup()
            .conversation(&self.base.catalog, conversation, first, last)
            .filter(|row| !self.changes.tombstones.contains(row));
        let changes = self
            .changes
            .conversation(conversation)
            .map(|row| self.base.rows() + row);
        base.chain(changes)
            .filter_map(|doc| Some((doc, self.entry(doc)?)))
            .filter(move |(_, entry)| (first..=last).contains(&entry.sequence))
    }
}

/// Renders a memory as the record that is stored.
///
/// # Errors
/// If its carry was tampered with.
pub(super) fn record_of(memory: &Memory) -> Result<Vec<u8>, FileError> {
    let refused = |source: json::ParseError| FileError::Refused {
        kind: memory.kind(),
        id: memory.id().to_owned(),
        flaw: Flaw::new(Reason::WrongType, source.to_string()),
    };
    let mut bytes = Vec::new();
    base::write(memory, &mut bytes).map_err(refused)?;
    let (count, last) = memory.usage();
    if let Some(last) = last {
        let mut value = json::parse(&bytes).map_err(refused)?;
        let says = |key| value.get(key).is_some_and(|value| *value != Value::Null);
        if !(says("access_count") && says("last_accessed")) {
            access_statistics::set(&mut value, count, last);
            let mut told = Vec::new();
            json::write(&value, &mut told);
            return Ok(told);
        }
    }
    Ok(bytes)
}
