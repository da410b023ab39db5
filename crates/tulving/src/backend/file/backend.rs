//! The file backend: one scope's memory in a data directory.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::compact::Compaction;
use super::directory::{Directory, Plan};
use super::error::FileError;
use super::forgotten;
use super::further::{behind, kept_spaces, lacking, plan_space, plan_vectors, require_kept};
use super::imports;
use super::journal::{self, Operation};
use super::layout::{Layout, LayoutError};
use super::lock::Lock;
use super::manifest::claims_of;
use super::opening::IfBaseChanged;
use super::plans::{
    conflict_keys, conflict_keys_of_each, delete_chunk, pieces, plan_document, plan_insert,
    plan_live, plan_replace, present,
};
use super::removal::finish_removal;
use super::root::Root;
use super::scan;
use super::state::State;
use crate::backend::{
    Backend, BackendError, BeyondReach, Candidates, Cluster, Counts, Draft, Entry, Filter,
    Followed, Forgotten, Held, IfTaken, Import, Imports, Inserted, KeptSpaces, Lacking, Listing,
    LiveChange, Needles, Page, Request, Scan, Sources, require_size, require_size_of_ids,
    size_of_document, size_of_entry, size_of_id, size_of_key,
};
use crate::model::{Document, Embedding, Key, Kind, Memory, Scope, Space, Timestamp};

/// Memory in a data directory, which belongs to one scope. See `docs/file-layout.md`.
///
/// Dropping it waits for a compaction that is under way in the background.
#[derive(Debug)]
pub struct FileBackend {
    pub(super) directory: Arc<Directory>,
}

impl Drop for FileBackend {
    fn drop(&mut self) {
        self.directory.wait_for_compaction();
    }
}

impl FileBackend {
    /// Opens a directory that has an owner.
    ///
    /// # Errors
    /// If it is no data directory, has no owner, or cannot be read; [`FileError::BaseChanged`] if
    /// something else changed its files while writes were pending.
    pub fn open(root: &Path) -> Result<Self, FileError> {
        Self::open_at(&Root::new(root))
    }

    /// Opens a directory that has an owner, on whichever disk.
    pub(super) fn open_at(root: &Root) -> Result<Self, FileError> {
        Ok(Self {
            directory: Arc::new(Directory::open(root, IfBaseChanged::Refuse)?),
        })
    }

    /// Returns the owner that a directory names; `None` if it names nobody, or holds no memory.
    ///
    /// # Errors
    /// If its manifest cannot be read.
    pub fn owner_of(root: &Path) -> Result<Option<Scope>, FileError> {
        match Layout::find(root) {
            Ok(layout) => Ok(claims_of(&layout)?.0),
            Err(LayoutError::NoDirectory { .. } | LayoutError::NothingThere { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Replays pending writes onto files that something else changed, and folds them in; the journal
    /// is kept. Does what [`compact`](Self::compact) does if nothing was changed.
    ///
    /// # Errors
    /// If the directory cannot be read or written.
    pub fn rebase(root: &Path) -> Result<Compaction, FileError> {
        Self::rebase_at(&Root::new(root))
    }

    /// Rebases a directory on whichever disk.
    pub(super) fn rebase_at(root: &Root) -> Result<Compaction, FileError> {
        Directory::open(root, IfBaseChanged::Rebase)?.compact_now(IfBaseChanged::Rebase)
    }

    /// Waits until nobody else makes the vectors of a directory anew, and keeps others from it until the lock is
    /// dropped. Reading and writing need no such lock.
    ///
    /// # Errors
    /// If another process keeps it for longer than `patience`, or its file cannot be made.
    pub fn lock_for_reembedding(
        root: &Path,
        patience: Duration,
    ) -> Result<impl Send + use<>, FileError> {
        let root = Root::new(root);
        let path = journal::folder(&root).join("reembed.lock");
        Lock::wait(root.disk(), &path, patience)
    }

    /// Returns the owner of the memories.
    ///
    /// # Errors
    /// If the directory cannot be read any more.
    pub fn owner(&self) -> Result<Scope, FileError> {
        Ok(self.directory.state()?.scope)
    }

    /// Returns the space of its vectors; `None` if there are none yet.
    ///
    /// # Errors
    /// If the directory cannot be read any more.
    pub fn current_space(&self) -> Result<Option<Arc<Space>>, FileError> {
        Ok(self.directory.state()?.space().cloned())
    }

    /// Folds pending writes into the directory's own files. This also happens by itself, when there
    /// are many.
    ///
    /// # Errors
    /// If another process keeps the lock, or the files cannot be written; then nothing changed.
    pub fn compact(&self) -> Result<Compaction, FileError> {
        self.directory.wait_for_compaction();
        self.directory.compact_now(IfBaseChanged::Refuse)
    }

    /// Removes a directory that holds no memory and no document, whoever has them; files of other programs
    /// stay. Returns whether it was removed.
    ///
    /// # Errors
    /// If the directory cannot be read or written.
    pub fn remove_empty(self) -> Result<bool, FileError> {
        self.directory.wait_for_compaction();
        self.directory.remove_empty()
    }

    /// Finishes the removal of a directory that [`remove_empty`](Self::remove_empty) began, if it was
    /// interrupted; whether it was. Until then the directory cannot be opened.
    ///
    /// # Errors
    /// If the directory cannot be read or written.
    pub fn finish_removal(directory: &Path) -> Result<bool, FileError> {
        finish_removal(&Root::new(directory))
    }

    /// Returns how many bytes of writes are in the journal and not yet in the directory's own files.
    ///
    /// # Errors
    /// If the directory cannot be read any more.
    pub fn pending_bytes(&self) -> Result<u64, FileError> {
        Ok(self.directory.state()?.pending_bytes())
    }

    /// Begins the journal, if there is none.
    pub(super) fn begin_journal(&self) -> Result<(), FileError> {
        self.directory
            .lock_for_writing(IfBaseChanged::Refuse)
            .map(drop)
    }

    /// Reads, away from the threads that must not wait.
    async fn read<T: Send + 'static>(
        &self,
        scope: Scope,
        read: impl FnOnce(&State) -> Result<T, BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        let directory = Arc::clone(&self.directory);
        apart(move || {
            let state = directory.state()?;
            check_owner(&state, scope)?;
            read(&state)
        })
        .await
    }

    /// Works on the directory itself, away from the threads that must not wait.
    async fn apart<T: Send + 'static, E: Into<BackendError>>(
        &self,
        scope: Scope,
        work: impl FnOnce(&Directory) -> Result<T, E> + Send + 'static,
    ) -> Result<T, BackendError> {
        let directory = Arc::clone(&self.directory);
        apart(move || {
            check_owner(&directory.state()?, scope)?;
            work(&directory).map_err(Into::into)
        })
        .await
    }

    /// Writes, away from the threads that must not wait.
    async fn write<T: Send + 'static>(
        &self,
        scope: Scope,
        mut prepare: impl FnMut(&State) -> Result<(Plan, T), BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        let directory = Arc::clone(&self.directory);
        apart(move || {
            let answer = directory.write(move |state| {
                check_owner(state, scope)?;
                prepare(state)
            })?;
            directory.compact_if_large();
            Ok(answer)
        })
        .await
    }
}

/// Does what may wait for a disk on a thread that may.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackendError> + Send + 'static,
) -> Result<T, BackendError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(stopped) => Err(FileError::Stopped(stopped).into()),
    }
}

fn check_owner(state: &State, scope: Scope) -> Result<(), BackendError> {
    if state.scope == scope {
        return Ok(());
    }
    Err(BackendError::UnknownScope {
        scope,
        place: format!(
            "{}, which belongs to {},",
            state.root.display(),
            state.scope
        ),
    })
}

#[async_trait]
impl Backend for FileBackend {
    async fn space(&self, scope: Scope) -> Result<Option<Arc<Space>>, BackendError> {
        self.read(scope, |state| Ok(state.space().cloned())).await
    }

    async fn sources(&self, scope: Scope) -> Result<Sources, BackendError> {
        self.read(scope, |state| Ok(state.sources())).await
    }

    async fn insert_each(
        &self,
        scope: Scope,
        drafts: Vec<Draft>,
        if_taken: IfTaken,
    ) -> Result<Vec<Inserted>, BackendError> {
        require_size(drafts.iter().map(|draft| size_of_entry(draft.entry())))?;
        self.write(scope, move |state| plan_insert(state, &drafts, if_taken))
            .await
    }

    async fn replace(&self, scope: Scope, old: &Memory, new: Entry) -> Result<(), BackendError> {
        require_size(std::iter::once(size_of_entry(&new)))?;
        let old = old.clone();
        self.write(scope, move |state| plan_replace(state, &old, &new))
            .await
    }

    async fn delete(&self, scope: Scope, keys: &[Key]) -> Result<Vec<Key>, BackendError> {
        require_size(keys.iter().map(size_of_key))?;
        let keys = keys.to_vec();
        self.write(scope, move |state| {
            let keys = present(state, &keys);
            let mut plan = Plan {
                conflict_keys: conflict_keys_of_each(&keys),
                ..Plan::default()
            };
            for key in &keys {
                // Its conversation is one node shorter.
                if let Some((_, memory)) = state.find(key)? {
                    plan.conflict_keys.extend(conflict_keys(&memory));
                }
                plan.operations.push(Operation::Delete {
                    kind: key.kind,
                    id: key.id.clone(),
                });
            }
            Ok((plan, keys))
        })
        .await
    }

    async fn touch(&self, scope: Scope, keys: &[Key], at: Timestamp) -> Result<u64, BackendError> {
        require_size(keys.iter().map(size_of_key))?;
        let keys = keys.to_vec();
        self.write(scope, move |state| {
            let keys = present(state, &keys);
            let touches = Kind::ALL.into_iter().filter_map(|kind| {
                let ids: Vec<String> = keys
                    .iter()
                    .filter(|key| key.kind == kind)
                    .map(|key| key.id.clone())
                    .collect();
                (!ids.is_empty()).then_some(Operation::Touch {
                    kind,
                    ids,
                    time: at,
                })
            });
            let plan = Plan {
                operations: touches.collect(),
                conflict_keys: conflict_keys_of_each(&keys),
                ..Plan::default()
            };
            Ok((plan, keys.len() as u64))
        })
        .await
    }

    async fn update_live(
        &self,
        scope: Scope,
        changes: Vec<LiveChange>,
    ) -> Result<u64, BackendError> {
        require_size(changes.iter().map(|change| size_of_key(change.key())))?;
        self.write(scope, move |state| plan_live(state, &changes))
            .await
    }

    async fn erase(&self, scope: Scope) -> Result<Counts, BackendError> {
        self.apart(scope, Directory::erase).await
    }

    async fn purge(&self, scope: Scope, _: &[Kind]) -> Result<Vec<BeyondReach>, BackendError> {
        self.apart(scope, Directory::purge).await
    }

    async fn scan(&self, scope: Scope, needles: &Arc<Needles>) -> Result<Scan, BackendError> {
        let needles = Arc::clone(needles);
        self.apart(scope, move |directory| scan::scan(directory, &needles))
            .await
    }

    async fn begin_import(&self, scope: Scope, import: &Import) -> Result<Held, BackendError> {
        let import = import.clone();
        let begun = self.apart(scope, move |directory| directory.begin_import(&import));
        Ok(Box::new(begun.await?))
    }

    async fn note_import(&self, scope: Scope, import: &Import) -> Result<(), BackendError> {
        let import = import.clone();
        self.apart(scope, move |directory| directory.note_import(&import))
            .await
    }

    async fn imports(&self, scope: Scope) -> Result<Imports, BackendError> {
        self.apart(scope, |directory| imports::read(&directory.root))
            .await
    }

    async fn clear(&self, scope: Scope) -> Result<bool, BackendError> {
        self.apart(scope, Directory::clear).await
    }

    async fn hold(&self, scope: Scope) -> Result<Held, BackendError> {
        let lock = self.apart(scope, Directory::hold).await?;
        Ok(Box::new(lock))
    }

    async fn keep_unfinished(
        &self,
        scope: Scope,
        record: Option<&[u8]>,
    ) -> Result<(), BackendError> {
        let record = record.map(<[u8]>::to_vec);
        self.apart(scope, move |directory| {
            directory.keep_unfinished(record.as_deref())
        })
        .await
    }

    async fn unfinished(&self, scope: Scope) -> Result<Option<Vec<u8>>, BackendError> {
        self.apart(scope, |directory| forgotten::unfinished(&directory.root))
            .await
    }

    async fn forgotten(&self, scope: Scope) -> Result<Forgotten, BackendError> {
        self.apart(scope, |directory| forgotten::read(&directory.root))
            .await
    }

    async fn bury(
        &self,
        scope: Scope,
        keys: &[Key],
        documents: &[String],
    ) -> Result<(), BackendError> {
        require_size_of_ids(keys, documents)?;
        let (keys, documents) = (keys.to_vec(), documents.to_vec());
        self.apart(scope, move |directory| {
            directory.change_forgotten(|forgotten| {
                let mut more = forgotten.of(&keys, &documents);
                forgotten.tombstones.append(&mut more);
            })
        })
        .await
    }

    async fn exhume(
        &self,
        scope: Scope,
        keys: &[Key],
        documents: &[String],
    ) -> Result<(), BackendError> {
        require_size_of_ids(keys, documents)?;
        let (keys, documents) = (keys.to_vec(), documents.to_vec());
        self.apart(scope, move |directory| {
            directory.change_forgotten(|forgotten| {
                let fewer = forgotten.of(&keys, &documents);
                forgotten.tombstones.retain(|it| !fewer.contains(it));
            })
        })
        .await
    }

    async fn get(&self, scope: Scope, keys: &[Key]) -> Result<Vec<Option<Entry>>, BackendError> {
        let keys = keys.to_vec();
        self.read(scope, move |state| {
            let entries = keys.iter().map(|key| state.entry(key));
            Ok(entries.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn by_content_hash(
        &self,
        scope: Scope,
        kind: Kind,
        hashes: &[u64],
    ) -> Result<Vec<(u64, Key)>, BackendError> {
        let hashes = hashes.iter().copied().collect();
        self.read(scope, move |state| Ok(state.by_content_hash(kind, &hashes)))
            .await
    }

    async fn list(
        &self,
        scope: Scope,
        filter: &Filter,
        page: &Page,
    ) -> Result<Listing, BackendError> {
        let (filter, page) = (filter.clone(), page.clone());
        self.read(scope, move |state| Ok(state.list(&filter, &page)?))
            .await
    }

    async fn count(&self, scope: Scope, filter: &Filter) -> Result<Counts, BackendError> {
        let filter = filter.clone();
        self.read(scope, move |state| Ok(state.count(&filter)))
            .await
    }

    async fn put_document(
        &self,
        scope: Scope,
        document: Document,
        chunks: Vec<Entry>,
    ) -> Result<(), BackendError> {
        let sizes = chunks.iter().map(size_of_entry);
        require_size(sizes.chain([size_of_document(&document)]))?;
        self.write(scope, move |state| plan_document(state, &document, &chunks))
            .await
    }

    async fn remove_documents(
        &self,
        scope: Scope,
        ids: &[String],
    ) -> Result<Vec<String>, BackendError> {
        require_size(ids.iter().map(|id| size_of_id(id)))?;
        let ids = ids.to_vec();
        self.write(scope, move |state| {
            let ids: BTreeSet<&String> = ids.iter().collect();
            let there = ids
                .into_iter()
                .filter(|id| state.documents.get(id).is_some());
            let there: Vec<String> = there.cloned().collect();
            let mut plan = Plan::default();
            for id in &there {
                let (chunks, conflict_keys) = pieces(state, id);
                plan.conflict_keys.extend(conflict_keys);
                plan.operations.extend(chunks.into_iter().map(delete_chunk));
                plan.operations
                    .push(Operation::DeleteDocument { id: id.clone() });
            }
            Ok((plan, there))
        })
        .await
    }

    async fn documents(
        &self,
        scope: Scope,
        ids: &[String],
    ) -> Result<Vec<Option<Document>>, BackendError> {
        let ids = ids.to_vec();
        self.read(scope, move |state| {
            let documents = ids.iter().map(|id| state.documents.get(id).cloned());
            Ok(documents.collect())
        })
        .await
    }

    async fn list_documents(
        &self,
        scope: Scope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>, BackendError> {
        let after = after.map(str::to_owned);
        self.read(scope, move |state| {
            let documents = state.documents.after(after.as_deref());
            Ok(documents.take(limit).cloned().collect())
        })
        .await
    }

    async fn clusters(&self, scope: Scope) -> Result<Vec<Cluster>, BackendError> {
        self.read(scope, |state| Ok(state.clusters())).await
    }

    async fn search(&self, scope: Scope, request: &Request) -> Result<Candidates, BackendError> {
        let request = request.clone();
        self.read(scope, move |state| Ok(state.search(&request)?))
            .await
    }

    async fn spaces(&self, scope: Scope) -> Result<KeptSpaces, BackendError> {
        self.read(scope, |state| Ok(kept_spaces(state)?)).await
    }

    async fn add_space(&self, scope: Scope, space: &Space) -> Result<(), BackendError> {
        let space = space.clone();
        self.write(scope, move |state| Ok((plan_space(state, &space), ())))
            .await
    }

    async fn put_vectors(
        &self,
        scope: Scope,
        entries: Vec<Entry>,
    ) -> Result<Vec<Key>, BackendError> {
        require_size(entries.iter().map(size_of_entry))?;
        self.write(scope, move |state| plan_vectors(state, &entries))
            .await
    }

    async fn vectors(
        &self,
        scope: Scope,
        space: &Space,
        keys: &[Key],
    ) -> Result<Vec<Option<Embedding>>, BackendError> {
        let (space, keys) = (space.clone(), keys.to_vec());
        self.read(scope, move |state| {
            let (number, space) = require_kept(state, &space)?;
            let mut vectors = Vec::with_capacity(keys.len());
            for key in &keys {
                let numbers = match state.partition(key.kind).find(&key.id) {
                    Some(doc) => state.vector_in(number, key.kind, doc)?,
                    None => None,
                };
                // What is stored is as wide as the space, and finite.
                let vector = |numbers| Embedding::new(Arc::clone(&space), numbers).ok();
                vectors.push(numbers.and_then(vector));
            }
            Ok(vectors)
        })
        .await
    }

    async fn lacking(
        &self,
        scope: Scope,
        space: &Space,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Lacking, BackendError> {
        let (space, after) = (space.clone(), after.cloned());
        self.read(scope, move |state| {
            let (number, _) = require_kept(state, &space)?;
            Ok(lacking(state, number, after.as_ref(), limit)?)
        })
        .await
    }

    async fn cut_over(&self, scope: Scope, to: &Space) -> Result<(), BackendError> {
        let to = to.clone();
        self.write(scope, move |state| {
            let (number, _) = require_kept(state, &to)?;
            let is_current = number == state.spaces.current;
            let cut = (!is_current).then_some(Operation::CutOver { number });
            Ok((Plan::alone(cut), ()))
        })
        .await
    }

    async fn follow(
        &self,
        scope: Scope,
        _after: Option<&Key>,
        _limit: usize,
    ) -> Result<Followed, BackendError> {
        let behind = self.read(scope, |state| Ok(behind(state)?.total())).await?;
        if behind > 0 {
            let directory = Arc::clone(&self.directory);
            apart(move || Ok(directory.compact_now(IfBaseChanged::Refuse)?)).await?;
        }
        Ok(Followed {
            moved: behind,
            next: None,
        })
    }

    async fn drop_space(&self, scope: Scope, space: &Space) -> Result<bool, BackendError> {
        let space = space.clone();
        self.write(scope, move |state| {
            let Some((number, space)) = state.spaces.find(&space) else {
                return Ok((Plan::default(), false));
            };
            if number == state.spaces.current {
                let space = Arc::clone(space);
                return Err(BackendError::CurrentSpace { space });
            }
            Ok((Plan::alone(Some(Operation::DropSpace { number })), true))
        })
        .await
    }
}
