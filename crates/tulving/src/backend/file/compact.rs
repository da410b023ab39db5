//! Folding a journal into the files that it changes.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::base::{Base, relative};
use super::catalog::RecordStatus;
use super::checksum_cache::ChecksumCache;
use super::commit::Commit;
use super::derived;
use super::directory::Directory;
use super::error::FileError;
use super::journal::{self, Decoded, Header, Log};
use super::layout::{self, Layout, PairPaths};
use super::lock::Lock;
use super::manifest::{FurtherSpace, Manifest};
use super::npy::{self, header};
use super::root::Root;
use super::state::{IfBaseChanged, Partition, State, record_of};
use super::{vector_bytes, vectors};
use crate::fsutil::{self, Access, Appending};
use crate::json::{self, Text, Value};
use crate::model::{Key, Kind, PerKind};

/// What a compaction did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compaction {
    /// Bytes of pending writes that are now part of the directory's own files.
    pub folded: u64,
    /// What became of writes that were replayed onto files that something else had changed.
    pub replayed: Option<Replayed>,
}

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

/// Another's compaction is waited for until it is done, were it a large one.
const COMPACTION_PATIENCE: Duration = Duration::from_secs(600);

/// Vectors that are read at once.
const ROWS_AT_ONCE: u32 = 256;

/// Where a record of the folded file comes from.
#[derive(Debug, Clone, Copy)]
enum Slot {
    /// As it stands in the base, byte for byte.
    Verbatim(u32),
    /// From the base, with what touching changed.
    Touched(u32),
    /// From the journal.
    Written(u32),
}

/// Which records of the base that are no memories of the owner stay in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// All, as they stand.
    All,
    /// Those of somebody else.
    Foreign,
}

impl Directory {
    /// Folds the journal into the directory's own files. Reading and writing go on meanwhile, but
    /// for a moment at the end.
    ///
    /// # Errors
    /// If another process is at it, or the files cannot be written; then nothing changed.
    pub(super) fn compact_now(&self, if_changed: IfBaseChanged) -> Result<Compaction, FileError> {
        Ok(self.fold(if_changed, Keep::All)?.unwrap_or_default())
    }

    /// The same, and leaves out records that are no memories, if that is wished. Gives nothing where
    /// the journal has to stay as it is: while nobody knows how wide vectors are, or if that became known
    /// meanwhile, or a first further space.
    ///
    /// # Errors
    /// As [`compact_now`](Self::compact_now).
    pub(super) fn fold(
        &self,
        if_changed: IfBaseChanged,
        keep: Keep,
    ) -> Result<Option<Compaction>, FileError> {
        let root = &self.root;
        let lock = journal::folder(root).join("compact.lock");
        let _alone = Lock::wait(root.disk(), &lock, COMPACTION_PATIENCE)?;
        let state = {
            let _writers = self.stop_writers();
            let (_lock, state) = self.lock_for_writing(if_changed)?;
            sweep_spaces(root)?;
            state
        };
        let Some(log) = &state.log else {
            return Ok(Some(Compaction::default()));
        };
        // Records without vectors need rows all the same, and nobody knows yet how wide.
        let is_unknown = state.space().is_none()
            && Kind::ALL
                .into_iter()
                .any(|kind| state.partition(kind).live().next().is_some());
        if is_unknown {
            return Ok(None);
        }
        if log.bytes() == 0 && keep == Keep::All {
            return Ok(Some(Compaction::default()));
        }
        derived::sweep(root);
        let generation = log.header().generation + 1;
        let mut fold = Fold::new(&state, generation, keep)?;
        let staged = fold.stage();
        if let Err(error) = staged {
            fold.discard();
            return Err(error);
        }

        let _writers = self.stop_writers();
        let (_lock, now) = self.lock_for_writing(if_changed)?;
        // The manifest that is staged does not say it.
        let is_first = state.space().is_none() && now.space().is_some();
        if is_first || state.spaces.is_single() && !now.spaces.is_single() {
            fold.discard();
            return Ok(None);
        }
        let changed = now.changed_since(&state.base_fingerprint());
        if !changed.is_empty() {
            fold.discard();
            return Err(FileError::BaseChanged {
                changed,
                journal: log.path().to_owned(),
            });
        }
        let replayed = match if_changed {
            IfBaseChanged::Refuse => None,
            IfBaseChanged::Rebase => Some(replayed(&now)?),
        };
        let end = now.log.as_ref().map_or(log.end(), Log::end);
        let mut next = Log::stage(
            root.disk(),
            &journal::log_path(root, generation),
            &Header::new(generation, fold.base_fingerprint),
            Access::of(now.guarded().as_ref()),
        )?;
        // What was written while we were at work comes along.
        let late = log.frames(log.end(), end)?;
        next.append(late.payloads().map(|(_, payload)| payload))?;
        fold.commit.publish(root, next.path(), None)?;
        if let Some(replayed) = &replayed {
            fold.commit.rename(root, log.path(), &replayed.kept);
        }
        fold.commit.record(root)?;
        fold.commit.roll_forward(root)?;
        sweep_spaces(root)?;
        Ok(Some(Compaction {
            folded: log.bytes(),
            replayed,
        }))
    }
}

/// A fold in the making.
struct Fold<'s> {
    state: &'s State,
    keep: Keep,
    layout: Layout,
    manifest: Manifest,
    commit: Commit,
    base_fingerprint: Vec<journal::BaseFile>,
    /// Files that are staged so far.
    staged: Vec<PathBuf>,
}

impl<'s> Fold<'s> {
    fn new(state: &'s State, generation: u64, keep: Keep) -> Result<Self, FileError> {
        let layout = Layout::find(&state.root)?;
        Ok(Self {
            manifest: Manifest::read(&layout)?,
            commit: Commit::to(generation),
            base_fingerprint: state.base_fingerprint(),
            staged: Vec::new(),
            layout,
            state,
            keep,
        })
    }

    fn stage(&mut self) -> Result<(), FileError> {
        let state = self.state;
        // Vectors first: rows that were only added stay aligned for a program that reads the pair
        // without knowing of commits.
        let (mut records, mut new_ids) = (Vec::new(), Vec::new());
        let mut counts = PerKind::default();
        let current = state.spaces.current;
        let mut further = further_spaces(state);
        for (kind, count) in counts.iter_mut() {
            let partition = state.partition(kind);
            let slots = slots(partition, self.keep);
            *count = slots.len() as u64;
            let leaves_all = self.keep == Keep::All || partition.base.rows() == 0;
            let rewrites = !(partition.changes.is_empty() && leaves_all);
            // What moves in or out of the pair is written anew, and all whose rows have moved.
            let moves = state.spaces.is_behind() && partition.base.sha256.is_some();
            let is_new = |space| {
                let kept = partition.vectors(space);
                kept.is_some_and(|kept| !kept.unmerged.is_empty())
            };
            // Where nobody knows how wide vectors are there is nothing to be folded.
            if state.space().is_none() {
                continue;
            }
            let names = self.layout.place(kind).clone();
            let renews_pair = rewrites || moves || is_new(current);
            if renews_pair {
                let vectors = self.file(&names.vectors, |out| {
                    write_vectors(state, current, kind, &slots, out)
                })?;
                self.commit
                    .publish(&state.root, &names.vectors, Some(vectors))?;
                self.set_fingerprint(&names.vectors, vectors);
            }
            let mut rows_of = partition.base.sha256.map(|[records, _]| records);
            if rewrites {
                let sum = self.file(&names.records, |out| {
                    write_records(state, kind, &slots, out)
                })?;
                self.set_fingerprint(&names.records, sum);
                records.push((names.records.clone(), sum));
                rows_of = Some(sum);
            }
            for further in &mut further {
                let number = further.number;
                let is_there = number == state.spaces.pair
                    || partition
                        .vectors(number)
                        .is_some_and(|kept| kept.array.is_some());
                if !(is_there || is_new(number)) {
                    continue;
                }
                further.rows_of[kind] = rows_of.map(|sum| crate::hex(&sum));
                if rewrites || moves || is_new(number) {
                    self.stage_further(number, kind, &slots)?;
                }
            }
            if renews_pair {
                self.derive(kind, &names, rewrites)?;
            }
            if !rewrites {
                continue;
            }
            if kind.is_of_origin() {
                new_ids.extend(ids_written(partition, &slots));
            }
            if kind == Kind::Node {
                self.stage_clusters(&slots)?;
            }
        }
        let foreign_alone = self.keep == Keep::Foreign;
        let is_left_out = foreign_alone && {
            let all = state.documents.records(false).count();
            state.documents.records(true).count() < all
        };
        if state.documents.changed || is_left_out {
            let path = layout::documents(&state.root);
            let kept = state.documents.records(foreign_alone);
            let sum = self.file(&path, |out| write_documents(kept, out))?;
            self.set_fingerprint(&path, sum);
            records.push((path, sum));
        }
        for (path, sum) in records {
            self.commit.publish(&state.root, &path, Some(sum))?;
        }
        self.stage_ingested(&new_ids)?;
        if !(state.spaces.is_single() && self.manifest.further_spaces()?.is_empty()) {
            self.manifest.set_spaces(current, &further);
        }
        if let Some(space) = state.space().filter(|_| state.spaces.is_behind()) {
            self.manifest.set_space(space);
        }
        self.stage_manifest(counts)
    }

    /// Stages the vectors of a further space.
    fn stage_further(&mut self, space: u32, kind: Kind, slots: &[Slot]) -> Result<(), FileError> {
        let state = self.state;
        let path = vectors::path(&state.root, space, kind);
        let sum = self.file(&path, |out| write_vectors(state, space, kind, slots, out))?;
        self.commit.publish(&state.root, &path, Some(sum))
    }

    /// Stages a file, durable; gives its SHA-256.
    fn file(
        &mut self,
        path: &Path,
        write: impl FnOnce(&mut Staging) -> Result<(), FileError>,
    ) -> Result<[u8; 32], FileError> {
        let place = &self.true_path(path)?;
        let aside = fsutil::staged(place);
        let writing = || FileError::io("writing", &aside);
        let present = fs::metadata(place).ok().or_else(|| self.state.guarded());
        let disk = self.state.root.disk();
        let file = disk
            .create(&aside, Access::of(present.as_ref()))
            .map_err(writing())?;
        self.staged.push(aside.clone());
        let mut out = Staging {
            file: BufWriter::with_capacity(1 << 20, Appending::to(file)),
            sha256: Sha256::new(),
            path: aside.clone(),
        };
        write(&mut out)?;
        let file = out
            .file
            .into_inner()
            .map_err(|error| writing()(error.into_error()))?;
        file.sync_all().map_err(writing())?;
        Ok(out.sha256.finalize().into())
    }

    /// Where a file is that a link may lead to; the folder for a new one is made.
    fn true_path(&self, path: &Path) -> Result<PathBuf, FileError> {
        let disk = self.state.root.disk();
        disk.make_folders(fsutil::folder(path), 0o777)
            .and_then(|()| fsutil::true_path(path))
            .map_err(FileError::io("writing", path))
    }

    fn set_fingerprint(&mut self, path: &Path, sha256: [u8; 32]) {
        let name = relative(&self.state.root, path);
        let content = Some(sha256);
        match self
            .base_fingerprint
            .iter_mut()
            .find(|file| file.name == name)
        {
            Some(file) => file.content = content,
            None => self
                .base_fingerprint
                .push(journal::BaseFile { name, content }),
        }
    }

    /// Makes what is derived from the new files before they are in use, so that nobody waits for it.
    fn derive(&self, kind: Kind, names: &PairPaths, rewrites: bool) -> Result<(), FileError> {
        let root = &self.state.root;
        let at = PairPaths {
            records: match rewrites {
                true => fsutil::staged(&self.true_path(&names.records)?),
                false => names.records.clone(),
            },
            vectors: fsutil::staged(&self.true_path(&names.vectors)?),
        };
        let mut checksums = ChecksumCache::load(root);
        // What was staged has 32 bits.
        let options = npy::Options::default();
        let base = Base::open(
            root,
            kind,
            self.state.scope,
            names,
            &at,
            options,
            &mut checksums,
        )?;
        base.words()?;
        base.vectors()?;
        Ok(())
    }

    /// Clusters are lists of places in the nodes' file, and places have changed.
    fn stage_clusters(&mut self, slots: &[Slot]) -> Result<(), FileError> {
        let root = &self.state.root;
        let partition = self.state.partition(Kind::Node);
        let (mut clusters, mut noise) = (BTreeMap::<i64, Vec<u64>>::new(), 0);
        for (place, slot) in (0..).zip(slots) {
            let (Slot::Verbatim(doc) | Slot::Touched(doc) | Slot::Written(doc)) = *slot;
            if let Some(cluster) = partition.entry(doc).and_then(|entry| entry.cluster) {
                clusters.entry(cluster).or_default().push(place);
                noise += u64::from(cluster == -1);
            }
        }
        let real = clusters.len() - usize::from(noise > 0);
        let stats = [("n_clusters", real as u64), ("n_noise", noise)];
        if self.layout.version == "2.0.0" {
            self.manifest.set_stats(&stats);
        }
        let path = self.layout.clusters.clone();
        if path.exists() {
            let bytes = serde_json::to_vec(&clusters).unwrap_or_default();
            self.file(&path, |out| out.write(&bytes))?;
            self.commit.publish(root, &path, None)?;
        }
        // The origin's own index names places too; it would answer with other memories.
        let faiss = root.join("indexes").join("faiss.index");
        if faiss.exists() {
            let outdated = faiss.with_extension("index.outdated");
            self.commit.rename(root, &faiss, &outdated);
        }
        Ok(())
    }

    /// The origin imports nothing whose id is in its list: what is written here is there already. What
    /// is deleted stays in the list, so that it does not come back with the next import.
    fn stage_ingested(&mut self, new_ids: &[String]) -> Result<(), FileError> {
        const KEY: &str = "ingested_ids";
        let path = self.state.root.join("corpus").join("dedup_index.json");
        let Ok(bytes) = fs::read(&path) else {
            return Ok(());
        };
        // One of another form is none of ours.
        let Ok(Value::Object(mut members)) = json::parse(&bytes) else {
            return Ok(());
        };
        let list = members
            .iter_mut()
            .rfind(|(key, _)| key.to_str() == Some(KEY));
        let Some((_, Value::Array(ids))) = list else {
            return Ok(());
        };
        let known = ids.iter().filter_map(|id| match id {
            Value::String(id) => id.to_str(),
            _ => None,
        });
        let known: HashSet<&str> = known.collect();
        let new = new_ids.iter().filter(|id| !known.contains(id.as_str()));
        let new: Vec<_> = new.map(|id| Value::String(Text::new(id))).collect();
        if new.is_empty() {
            return Ok(());
        }
        ids.extend(new);
        let (value, mut written) = (Value::Object(members), Vec::new());
        match bytes.contains(&b'\n') {
            true => json::write_indented(&value, 0, &mut written),
            false => json::write(&value, &mut written),
        }
        self.file(&path, |out| out.write(&written))?;
        self.commit.publish(&self.state.root, &path, None)
    }

    fn stage_manifest(&mut self, counts: PerKind<u64>) -> Result<(), FileError> {
        let state = self.state;
        if self.layout.version == "2.0.0" {
            let dims = state.space().map_or(0, |space| space.dims as u64);
            self.manifest.set_counts(&counts);
            self.manifest.set_stats(&[("embedding_dim", dims)]);
        } else {
            for (kind, count) in counts {
                if count > 0 && !self.layout.holds(kind) {
                    let place = self.layout.place(kind);
                    for (key, path) in Layout::dated_keys(kind)
                        .into_iter()
                        .zip([&place.records, &place.vectors])
                    {
                        let name = path.file_name().unwrap_or_default().to_string_lossy();
                        self.manifest.name(key, &name);
                    }
                }
            }
        }
        self.manifest.set_shared(state.shared);
        let (path, bytes) = (self.manifest.path().clone(), self.manifest.to_bytes());
        self.file(&path, |out| out.write(&bytes))?;
        self.commit.publish(&state.root, &path, None)
    }

    /// Takes away what was staged in vain.
    fn discard(&self) {
        for path in &self.staged {
            // What stays is overwritten by the next compaction.
            let _ = self.state.root.disk().remove(path);
        }
    }
}

/// The ids of records that come from the journal.
fn ids_written(partition: &Partition, slots: &[Slot]) -> Vec<String> {
    let written = slots.iter().filter_map(|slot| match slot {
        Slot::Written(doc) => partition.entry(*doc).map(|entry| entry.id.to_owned()),
        Slot::Verbatim(_) | Slot::Touched(_) => None,
    });
    written.collect()
}

/// A file that is being staged.
struct Staging {
    file: BufWriter<Appending>,
    sha256: Sha256,
    path: PathBuf,
}

impl Staging {
    fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.sha256.update(bytes);
        self.file
            .write_all(bytes)
            .map_err(FileError::io("writing", &self.path))
    }
}

/// The records of the folded file: those of the base in their order, then new ones in the journal's.
fn slots(partition: &Partition, keep: Keep) -> Vec<Slot> {
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

fn write_records(
    state: &State,
    kind: Kind,
    slots: &[Slot],
    out: &mut Staging,
) -> Result<(), FileError> {
    out.write(b"[")?;
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
        out.write(if place == 0 { b"\n  " } else { b",\n  " })?;
        out.write(&record)?;
    }
    out.write(if slots.is_empty() { b"]" } else { b"\n]" })
}

fn write_documents<'r>(
    records: impl Iterator<Item = &'r [u8]>,
    out: &mut Staging,
) -> Result<(), FileError> {
    out.write(b"[")?;
    let mut separator: &[u8] = b"\n  ";
    for record in records {
        out.write(separator)?;
        out.write(record)?;
        separator = b",\n  ";
    }
    out.write(b"\n]")
}

/// The spaces beside the one that is current, which the pairs will hold.
fn further_spaces(state: &State) -> Vec<FurtherSpace> {
    let further = state.spaces.further();
    let further = further.map(|(number, space)| FurtherSpace {
        number,
        space: Arc::clone(space),
        rows_of: PerKind::default(),
    });
    further.collect()
}

/// Removes the files of spaces that are not kept. Only under the lock for writing.
fn sweep_spaces(root: &Root) -> Result<(), FileError> {
    let folder = vectors::folder(root);
    if !folder.is_dir() {
        return Ok(());
    }
    let disk = root.disk();
    let kept = Manifest::read(&Layout::find(root)?)?.further_spaces()?;
    let mut was_swept = false;
    for (name, path) in names(&folder)? {
        let Ok(number) = name.parse::<u32>() else {
            continue;
        };
        if kept.iter().any(|further| further.number == number) {
            continue;
        }
        for (_, path) in names(&path)? {
            disk.remove(&path)
                .map_err(FileError::io("removing", &path))?;
        }
        disk.remove_folder(&path)
            .map_err(FileError::io("removing", &path))?;
        was_swept = true;
    }
    if was_swept {
        disk.sync_folder(&folder)
            .map_err(FileError::io("writing", &folder))?;
    }
    Ok(())
}

/// The names in a folder, with their paths.
fn names(folder: &Path) -> Result<Vec<(String, PathBuf)>, FileError> {
    let name = |entry: fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        (name, entry.path())
    };
    let entries = fs::read_dir(folder);
    let names = entries.and_then(|entries| entries.map(|entry| entry.map(name)).collect());
    names.map_err(FileError::io("looking through", folder))
}

fn write_vectors(
    state: &State,
    space: u32,
    kind: Kind,
    slots: &[Slot],
    out: &mut Staging,
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

/// The first row of the base among `slots`, and how many follow one another from there.
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

/// Compares what is pending with what the changed files hold.
fn replayed(state: &State) -> Result<Replayed, FileError> {
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
        let same_record =
            record_of(&state.memory(key.kind, doc)?)? == record_of(&partition.base.memory(row)?)?;
        if same_vector && same_record {
            found.equal += 1;
        } else {
            found.replaced.push(key);
        }
    }
    Ok(found)
}
