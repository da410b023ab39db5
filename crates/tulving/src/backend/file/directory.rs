//! A data directory that several tasks and processes read and write.
//!
//! Readers take the state as it is, a snapshot, and are never waited for. Writes are committed in groups
//! (group commit): the first writer to come is the leader, takes the lock that all processes share, and
//! writes for all that wait, with one sync.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;

use super::commit::Commit;
use super::error::FileError;
use super::forgotten;
use super::journal::{self, Header, LARGEST, Log, Operation, encode};
use super::layout::Layout;
use super::lock::{Lock, PATIENCE};
use super::manifest::Manifest;
use super::opening::IfBaseChanged;
use super::root::Root;
use super::state::State;
use crate::backend::{BackendError, StorageError};
use crate::fsutil::Access;
use crate::model::{Key, Kind, Space};

/// A journal smaller than this is never worth folding.
const SMALL_JOURNAL: u64 = 8 << 20;

/// An open data directory.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) root: Root,
    state: RwLock<State>,
    /// Held while the directory is opened anew, so that it is done once.
    opening: Mutex<()>,
    queue: Mutex<Vec<Arc<PendingWrite>>>,
    /// Held by the leader of the group commit; whether a write failed that could not be undone.
    poisoned: Mutex<bool>,
    compaction: Mutex<Option<JoinHandle<()>>>,
}

/// What a write comes to, once it is known what there is.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) operations: Vec<Operation>,
    /// The space of the first vector in a directory that had none.
    pub(super) space: Option<Space>,
    /// What it rests on and changes: plans that share a key conflict, and are made one after the other.
    pub(super) conflict_keys: Vec<ConflictKey>,
    /// Whether every other plan rests on what it changes: it is written by itself.
    pub(super) alone: bool,
    /// New memories whose ids follow from their places, and may have tombstones.
    pub(super) placed: Vec<Key>,
}

impl Plan {
    /// Returns a plan for what every other rests on.
    pub(super) fn alone(operations: impl IntoIterator<Item = Operation>) -> Self {
        Self {
            operations: operations.into_iter().collect(),
            alone: true,
            ..Self::default()
        }
    }
}

/// Something that a plan rests on or changes, and that no other plan of its group may.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum ConflictKey {
    Memory(Kind, String),
    /// The end of what memories of a kind are part of.
    End(Kind, String),
    Space,
}

type Prepare<'p> = dyn FnMut(&State) -> Result<Plan, BackendError> + Send + 'p;

/// A write that waits for its turn.
struct PendingWrite {
    prepare: Mutex<Box<Prepare<'static>>>,
    outcome: Mutex<Option<Result<(), BackendError>>>,
}

impl std::fmt::Debug for PendingWrite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PendingWrite").finish_non_exhaustive()
    }
}

/// Locks a mutex. What was read or written stays whole: a panic of another thread changes nothing about that.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Directory {
    /// Opens a directory that has an owner, and finishes a commit that was interrupted.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn open(root: &Root, if_changed: IfBaseChanged) -> Result<Self, FileError> {
        finish_commit(root);
        Ok(Self {
            root: root.clone(),
            state: RwLock::new(State::open(root, if_changed)?),
            opening: Mutex::new(()),
            queue: Mutex::default(),
            poisoned: Mutex::new(false),
            compaction: Mutex::default(),
        })
    }

    /// Returns the directory as it is now.
    ///
    /// # Errors
    /// If something else changed it and it cannot be read any more.
    pub(super) fn state(&self) -> Result<State, FileError> {
        let state = self.last_state();
        if !state.is_current() {
            self.open_anew(IfBaseChanged::Refuse)?;
            return Ok(self.last_state());
        }
        let Some(log) = &state.log else {
            return Ok(state);
        };
        if log.len()? == log.end() {
            return Ok(state);
        }
        drop(state);
        let mut shared = self.state.write().unwrap_or_else(PoisonError::into_inner);
        shared.poll()?;
        Ok(shared.clone())
    }

    pub(super) fn last_state(&self) -> State {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.clone()
    }

    fn open_anew(&self, if_changed: IfBaseChanged) -> Result<(), FileError> {
        let _alone = locked(&self.opening);
        if self.last_state().is_current() {
            return Ok(());
        }
        finish_commit(&self.root);
        let state = State::open(&self.root, if_changed)?;
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
        Ok(())
    }

    /// Writes what `prepare` makes of the directory as it is. Durable when this returns. `prepare`
    /// may be asked again when others wrote first.
    ///
    /// # Errors
    /// What `prepare` refuses, and all that can go wrong; then nothing was written.
    pub(super) fn write<T: Send + 'static>(
        &self,
        mut prepare: impl FnMut(&State) -> Result<(Plan, T), BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        let answer = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&answer);
        let write = Arc::new(PendingWrite {
            prepare: Mutex::new(Box::new(move |state| {
                let (plan, answer) = prepare(state)?;
                *locked(&slot) = Some(answer);
                Ok(plan)
            })),
            outcome: Mutex::default(),
        });
        locked(&self.queue).push(Arc::clone(&write));
        loop {
            let mut poisoned = locked(&self.poisoned);
            if let Some(outcome) = locked(&write.outcome).take() {
                drop(poisoned);
                outcome?;
                let answer = locked(&answer).take();
                // A write that succeeded was prepared, so there is an answer.
                return answer.ok_or_else(|| self.poison_error().into());
            }
            self.commit_group(&mut poisoned);
        }
    }

    fn poison_error(&self) -> FileError {
        FileError::Poisoned {
            path: journal::folder(&self.root),
        }
    }

    /// Writes all that waits, as the leader of a group commit.
    fn commit_group(&self, poisoned: &mut bool) {
        let writes = std::mem::take(&mut *locked(&self.queue));
        let mut group = Vec::new();
        let result = match *poisoned {
            true => Err(self.poison_error()),
            false => self.write_group(&writes, &mut group),
        };
        if matches!(result, Err(FileError::Poisoned { .. })) {
            *poisoned = true;
        }
        match result {
            Ok(()) => {
                for write in group {
                    *locked(&write.outcome) = Some(Ok(()));
                }
            }
            // Those that were refused for themselves know it already; nobody was written. Those that
            // went back to the queue are still to be written: nothing is said of them.
            Err(error) => {
                let error = StorageError::from(error);
                let waiting = locked(&self.queue);
                let is_waiting = |write| waiting.iter().any(|other| Arc::ptr_eq(other, write));
                for write in writes.iter().filter(|write| !is_waiting(write)) {
                    locked(&write.outcome).get_or_insert_with(|| Err(error.clone().into()));
                }
            }
        }
    }

    /// Writes as many of the pending writes as can be written together; the others go back to the queue, but for
    /// those that are refused.
    fn write_group(
        &self,
        writes: &[Arc<PendingWrite>],
        group: &mut Vec<Arc<PendingWrite>>,
    ) -> Result<(), FileError> {
        let (_lock, mut state) = self.lock_for_writing(IfBaseChanged::Refuse)?;
        let (mut conflict_keys, mut payloads, mut bytes) = (HashSet::new(), Vec::new(), 0);
        let mut placed = Vec::new();
        for (index, write) in writes.iter().enumerate() {
            let plan = match (locked(&write.prepare))(&state) {
                Ok(plan) => plan,
                Err(error) => {
                    *locked(&write.outcome) = Some(Err(error));
                    continue;
                }
            };
            let mut payload = Vec::new();
            for operation in &plan.operations {
                encode(operation, &mut payload);
            }
            if payload.len() > LARGEST {
                let error = FileError::TooLarge {
                    bytes: payload.len() as u64,
                    limit: LARGEST as u64,
                };
                *locked(&write.outcome) = Some(Err(error.into()));
                continue;
            }
            bytes += payload.len();
            let full = !group.is_empty() && (bytes > LARGEST || plan.alone);
            if full
                || plan
                    .conflict_keys
                    .iter()
                    .any(|key| conflict_keys.contains(key))
            {
                locked(&self.queue).splice(0..0, writes[index..].iter().cloned());
                break;
            }
            conflict_keys.extend(plan.conflict_keys);
            if let Some(space) = plan.space.filter(|_| state.space().is_none()) {
                self.set_space(&space)?;
                let number = state.spaces.current;
                state.spaces.keep(number, Arc::new(space));
            }
            let adds = |operation: &Operation| matches!(operation, Operation::AddSpace { .. });
            if state.spaces.is_single() && plan.operations.iter().any(adds) {
                self.announce_spaces()?;
            }
            placed.extend(plan.placed);
            group.push(Arc::clone(write));
            // A write that changes nothing needs no frame.
            payloads.extend((!payload.is_empty()).then_some(payload));
            if plan.alone {
                locked(&self.queue).splice(0..0, writes[index + 1..].iter().cloned());
                break;
            }
        }
        if payloads.is_empty() {
            return Ok(());
        }
        let Some(mut log) = state.log.clone() else {
            return Err(self.poison_error());
        };
        let access = state.guarded();
        drop(state);
        let places = log.append(payloads.iter().map(Vec::as_slice))?;
        let mut shared = self.state.write().unwrap_or_else(PoisonError::into_inner);
        // A reader may have found some of it in the log already.
        let known = shared.log.as_ref().map_or(0, Log::end);
        let frames = places.into_iter().zip(payloads.iter().map(Vec::as_slice));
        shared.replay(frames.filter(|(place, _)| *place > known))?;
        shared.log = Some(log);
        drop(shared);
        // It is written. A tombstone that cannot be taken away keeps it out of later moves, which say so.
        let _ = forgotten::lift(&self.root, &placed, access.as_ref());
        Ok(())
    }

    /// Keeps programs away that know of one space alone.
    fn announce_spaces(&self) -> Result<(), FileError> {
        let mut manifest = Manifest::read(&Layout::find(&self.root)?)?;
        manifest.announce_spaces();
        manifest.write(self.root.disk())
    }

    fn set_space(&self, space: &Space) -> Result<(), FileError> {
        let mut manifest = Manifest::read(&Layout::find(&self.root)?)?;
        manifest.set_space(space);
        manifest.write(self.root.disk())
    }

    /// Takes the lock that all processes share and brings everything in order: nothing is left of an
    /// interrupted commit or write, there is a log, and it belongs to the base.
    ///
    /// # Errors
    /// If another process keeps the lock, or the directory cannot be read or written.
    pub(super) fn lock_for_writing(
        &self,
        if_changed: IfBaseChanged,
    ) -> Result<(Lock, State), FileError> {
        let disk = self.root.disk();
        let lock = Lock::wait(disk, &journal::folder(&self.root).join("lock"), PATIENCE)?;
        if let Some(commit) = Commit::read(&self.root)? {
            commit.roll_forward(&self.root)?;
        }
        loop {
            if !self.last_state().is_current() {
                let _alone = locked(&self.opening);
                let state = State::open(&self.root, if_changed)?;
                *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
            }
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            match &state.log {
                Some(_) if state.log_fits_base || if_changed == IfBaseChanged::Rebase => {
                    state.poll()?;
                    if let Some(log) = &mut state.log {
                        log.settle(disk)?;
                    }
                    return Ok((lock, state.clone()));
                }
                old => {
                    let generation = 1 + old.as_ref().map_or(0, |log| log.header().generation);
                    let header = Header::new(generation, state.base_fingerprint());
                    let log = journal::log_path(&self.root, generation);
                    let guarded = state.guarded();
                    Log::create(disk, &log, &header, Access::of(guarded.as_ref()))?;
                    for old in journal::generations(&self.root)? {
                        if old < generation {
                            let path = journal::log_path(&self.root, old);
                            disk.remove(&path)
                                .map_err(FileError::io("removing", &path))?;
                        }
                    }
                }
            }
        }
    }

    /// Returns whether folding the journal into the base is worth its while.
    fn needs_compaction(&self) -> bool {
        let state = self.last_state();
        let pending = state.pending_bytes();
        pending > SMALL_JOURNAL && pending > state.base_bytes() / 4
    }

    /// Folds the journal in the background if it has grown large; in the foreground if it grows
    /// faster than the background keeps up with, so that no journal grows without end.
    pub(super) fn compact_if_large(self: &Arc<Self>) {
        if !self.needs_compaction() {
            return;
        }
        let mut running = locked(&self.compaction);
        if let Some(thread) = running.take_if(|thread| !thread.is_finished()) {
            let state = self.last_state();
            if state.pending_bytes() > 4 * SMALL_JOURNAL.max(state.base_bytes() / 4) {
                // What it could not do is still to be done, by the next writer.
                let _ = thread.join();
            } else {
                *running = Some(thread);
            }
            return;
        }
        let directory = Arc::downgrade(self);
        let work = move || {
            if let Some(directory) = directory.upgrade() {
                // The writes are durable where they are; the next writer tries again.
                let _ = directory.compact_now(IfBaseChanged::Refuse);
            }
        };
        let thread = std::thread::Builder::new().name("compact".to_owned());
        *running = thread.spawn(work).ok();
    }

    /// Waits for a compaction in the background.
    pub(super) fn wait_for_compaction(&self) {
        let running = locked(&self.compaction).take();
        if let Some(thread) = running {
            let _ = thread.join();
        }
    }

    /// Puts off all writers of this process.
    pub(super) fn stop_writers(&self) -> impl Drop + '_ {
        locked(&self.poisoned)
    }
}

/// Finishes an interrupted commit, if nobody is at work on it and we may write.
pub(super) fn finish_commit(root: &Root) {
    if !Commit::exists(root) {
        return;
    }
    if let Ok(Some(_lock)) = Lock::try_now(root.disk(), &journal::folder(root).join("lock"))
        && let Ok(Some(commit)) = Commit::read(root)
    {
        // If it fails, the files are read where they are.
        let _ = commit.roll_forward(root);
    }
}
