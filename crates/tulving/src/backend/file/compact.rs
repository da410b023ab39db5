//! Compaction, also called a checkpoint: the write-ahead log is folded into the files that it changes.

use super::derived;
use super::directory::Directory;
use super::error::FileError;
use super::fold::Fold;
use super::folded::Keep;
use super::journal::{self, Header, Log};
use super::lock::{COMPACTION_PATIENCE, Lock};
use super::opening::IfBaseChanged;
use super::rebase::{Replayed, replayed};
use super::vectors;
use crate::fsutil::Access;
use crate::model::Kind;

/// What a compaction did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compaction {
    /// Bytes of pending writes that are now part of the directory's own files.
    pub folded: u64,
    /// What became of writes that were replayed onto files that something else had changed.
    pub replayed: Option<Replayed>,
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

    /// Folds the journal, and leaves out records that are no memories, if that is wished. Returns nothing where
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
            vectors::sweep(root)?;
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
        vectors::sweep(root)?;
        Ok(Some(Compaction {
            folded: log.bytes(),
            replayed,
        }))
    }
}
