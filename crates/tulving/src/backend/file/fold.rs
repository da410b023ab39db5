//! A fold: every file that the journal changes is written aside (copy-on-write) before one commit renames them
//! all.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::base::Base;
use super::checksum_cache::ChecksumCache;
use super::clusters::Clusters;
use super::commit::Commit;
use super::error::FileError;
use super::folded::{
    Keep, Slot, ids_written, slots, write_documents, write_records, write_vectors,
};
use super::journal::BaseFile;
use super::layout::{self, Layout, PairPaths};
use super::manifest::{FurtherSpace, Manifest};
use super::npy;
use super::root::relative;
use super::staged_file::StagedFile;
use super::state::State;
use super::vectors;
use crate::fsutil::{self, Access};
use crate::json::{self, Text, Value};
use crate::model::{Kind, PerKind};

/// A fold in the making.
pub(super) struct Fold<'s> {
    state: &'s State,
    keep: Keep,
    layout: Layout,
    manifest: Manifest,
    pub(super) commit: Commit,
    pub(super) base_fingerprint: Vec<BaseFile>,
    /// Files that are staged so far.
    staged: Vec<PathBuf>,
}

impl<'s> Fold<'s> {
    pub(super) fn new(state: &'s State, generation: u64, keep: Keep) -> Result<Self, FileError> {
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

    pub(super) fn stage(&mut self) -> Result<(), FileError> {
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
            // Where nobody knows how wide vectors are the pair stays as it is.
            if state.space().is_none() {
                *count = u64::from(partition.base.rows());
                continue;
            }
            let names = self.layout.paths(kind).clone();
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

    /// Stages a file, durable; returns its SHA-256.
    fn file(
        &mut self,
        path: &Path,
        write: impl FnOnce(&mut StagedFile) -> Result<(), FileError>,
    ) -> Result<[u8; 32], FileError> {
        let place = &self.true_path(path)?;
        let aside = fsutil::staged(place);
        let present = fs::metadata(place).ok().or_else(|| self.state.guarded());
        let disk = self.state.root.disk();
        let mut out = StagedFile::create(disk, &aside, Access::of(present.as_ref()))?;
        self.staged.push(aside);
        write(&mut out)?;
        out.finish()
    }

    /// Returns where a file is that a link may lead to; the folder for a new one is made.
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
            None => self.base_fingerprint.push(BaseFile { name, content }),
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
        let mut clusters = Clusters::default();
        for (place, slot) in (0..).zip(slots) {
            let (Slot::Verbatim(doc) | Slot::Touched(doc) | Slot::Written(doc)) = *slot;
            if let Some(cluster) = partition.entry(doc).and_then(|entry| entry.cluster) {
                clusters.add(cluster, place);
            }
        }
        if self.layout.version == "2.0.0" {
            self.manifest.set_stats(&clusters.stats());
        }
        let path = self.layout.clusters.clone();
        if path.exists() || !clusters.is_empty() {
            self.file(&path, |out| out.write(&clusters.to_bytes()))?;
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
        let path = layout::ingested(&self.state.root);
        let Ok(bytes) = fs::read(&path) else {
            return Ok(());
        };
        // One of another form is none of ours.
        let Ok(Value::Object(mut members)) = json::parse(&bytes) else {
            return Ok(());
        };
        let list = members
            .iter_mut()
            .rfind(|(key, _)| key.to_str() == Some(layout::INGESTED_IDS));
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
                    let paths = self.layout.paths(kind);
                    for (key, path) in Layout::dated_keys(kind)
                        .into_iter()
                        .zip([&paths.records, &paths.vectors])
                    {
                        let name = path.file_name().unwrap_or_default().to_string_lossy();
                        self.manifest.name(key, &name);
                    }
                }
            }
        }
        self.manifest.forget_export();
        self.manifest.set_shared(state.shared);
        let (path, bytes) = (self.manifest.path().clone(), self.manifest.to_bytes());
        self.file(&path, |out| out.write(&bytes))?;
        self.commit.publish(&state.root, &path, None)
    }

    /// Takes away what was staged in vain.
    pub(super) fn discard(&self) {
        for path in &self.staged {
            // What stays is overwritten by the next compaction.
            let _ = self.state.root.disk().remove(path);
        }
    }
}

/// Returns the spaces beside the one that is current, which the pairs will hold.
fn further_spaces(state: &State) -> Vec<FurtherSpace> {
    let further = state.spaces.further();
    let further = further.map(|(number, space)| FurtherSpace {
        number,
        space: Arc::clone(space),
        rows_of: PerKind::default(),
    });
    further.collect()
}
