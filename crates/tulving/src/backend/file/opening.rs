//! Recovery: a directory is opened, base first, then the journal is replayed, through a commit that was
//! interrupted if need be.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::base::Base;
use super::changes::Changes;
use super::checksum_cache::{ChecksumCache, Stat};
use super::commit::Head;
use super::documents::Documents;
use super::error::FileError;
use super::journal::{self, Log};
use super::layout::{self, Layout, PairPaths};
use super::manifest::{FurtherSpace, Manifest};
use super::origin;
use super::partition::Partition;
use super::removal::require_not_removing;
use super::root::Root;
use super::spaces::Spaces;
use super::state::State;
use super::vectors::{self, Array};
use crate::model::{Kind, PerKind, Space};

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
        // A commit takes milliseconds: whoever meets a new one each time has met something else.
        const TRIES: usize = 100;
        let mut last = None;
        require_not_removing(root)?;
        for _ in 0..TRIES {
            let head = Head::read(root)?;
            let opened = Self::open_head(root, &head, if_changed);
            // The result, an error too, holds only if nobody committed in between: files that a commit is
            // moving may not have been found.
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

    /// Opens a directory as its head says that it is: with or without a commit that is under way.
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
            let names = layout.paths(kind);
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

    /// Returns whether all nodes could be the origin's, in a directory that does not say whether it
    /// held files of the origin when it got its owner. A row that is no memory says nothing of that.
    fn looks_shared(&self) -> bool {
        let catalog = &self.partitions[Kind::Node].base.catalog;
        let sound = (0..catalog.len()).filter(|row| catalog.is_sound(*row));
        let sources = sound.filter_map(|row| Some(catalog.get(row)?.source));
        let mut are_its = sources.map(|source| origin::SOURCES.contains(&source));
        are_its.next() == Some(true) && are_its.all(|is_its| is_its)
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
}
