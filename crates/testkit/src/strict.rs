//! A backend in memory, harsher than any real one: what passes here relies on nothing that the
//! contract does not promise.
//!
//! * Every memory is kept as the bytes of its record and is read from them again each time.
//! * Each call gives way to other tasks before and after it looks at anything, so that races happen.
//! * Where the contract leaves an order open, it is the least convenient one.
//! * What is gone stays where it was until it is purged: a caller who forgets that leaves it there.
//! * What callers owe it is checked: a memory that is not as [`record::admit`] gives it, a replacement with
//!   another key, a term that is given twice, or a change that [`LiveChange::check`] refuses, is a panic and not an
//!   odd row.
//!
//! Nothing in it is clever: a search looks at everything there is.

mod room;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::yield_now;
use tokio::time::timeout;
use tulving::ErrorClass;
use tulving::backend::{
    Backend, BackendError, BeyondReach, Brought, Candidates, Cluster, Counts, Draft, Entry, Filter,
    Followed, Forgotten, Held, IfTaken, Import, Imports, Inserted, KeptSpaces, Lacking, Listing,
    LiveChange, Needles, Page, Request, Scan, Sources, StorageError, require_size,
    require_size_of_ids, size_of_document, size_of_entry, size_of_id, size_of_key,
};
use tulving::model::{Document, Embedding, Key, Kind, Memory, Scope, Space, Timestamp};
use tulving::record;

use crate::fixture::{Fixture, Other};
use crate::sample;
use room::Room;

/// Memories of several scopes. A clone looks at the same memories.
#[derive(Clone)]
pub struct StrictBackend {
    rooms: Arc<Mutex<HashMap<Scope, Room>>>,
    /// What is locked by whoever holds a scope.
    holds: Arc<HashMap<Scope, Hold>>,
    /// How long a hold is waited for.
    patience: Duration,
}

type Hold = Arc<tokio::sync::Mutex<()>>;

impl StrictBackend {
    /// Keeps the memories of these scopes, and of no other.
    #[must_use]
    pub fn new(scopes: impl IntoIterator<Item = Scope>) -> Self {
        let scopes: Vec<Scope> = scopes.into_iter().collect();
        let rooms = scopes.iter().map(|scope| (*scope, Room::new(*scope)));
        let rooms = Arc::new(Mutex::new(rooms.collect()));
        let holds = scopes.into_iter().map(|scope| (scope, Hold::default()));
        Self {
            rooms,
            holds: Arc::new(holds.collect()),
            patience: Duration::from_secs(5),
        }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<Scope, Room>> {
        self.rooms.lock().expect("no call panicked half-way")
    }

    /// Looks at a copy of the scope's memories, as they are at this moment.
    async fn read<A>(&self, scope: Scope, ask: impl FnOnce(Room) -> A) -> Result<A, BackendError> {
        yield_now().await;
        let room = self.rooms().get(&scope).cloned();
        yield_now().await;
        room.map(ask).ok_or_else(|| unknown(scope))
    }

    /// Changes a copy, which counts only if nothing goes wrong.
    async fn write<A>(
        &self,
        scope: Scope,
        change: impl FnOnce(&mut Room) -> Result<A, BackendError>,
    ) -> Result<A, BackendError> {
        yield_now().await;
        let answer = self.write_now(scope, change);
        yield_now().await;
        answer
    }

    fn write_now<A>(
        &self,
        scope: Scope,
        change: impl FnOnce(&mut Room) -> Result<A, BackendError>,
    ) -> Result<A, BackendError> {
        let mut rooms = self.rooms();
        let room = rooms.get_mut(&scope).ok_or_else(|| unknown(scope))?;
        let mut changed = room.clone();
        let answer = change(&mut changed)?;
        *room = changed;
        Ok(answer)
    }
}

fn unknown(scope: Scope) -> BackendError {
    BackendError::UnknownScope {
        scope,
        place: "the strict backend".to_owned(),
    }
}

fn held_for_too_long(scope: Scope) -> BackendError {
    let held = format!("another has held {scope} for too long");
    StorageError::new(ErrorClass::Busy, held).into()
}

impl fmt::Debug for StrictBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StrictBackend")
    }
}

#[async_trait]
impl Backend for StrictBackend {
    async fn space(&self, scope: Scope) -> Result<Option<Arc<Space>>, BackendError> {
        self.read(scope, |room| room.space).await
    }

    async fn sources(&self, scope: Scope) -> Result<Sources, BackendError> {
        self.read(scope, |_| Sources::any()).await
    }

    async fn insert_each(
        &self,
        scope: Scope,
        drafts: Vec<Draft>,
        if_taken: IfTaken,
    ) -> Result<Vec<Inserted>, BackendError> {
        require_size(drafts.iter().map(|draft| size_of_entry(draft.entry())))?;
        self.write(scope, |room| {
            room.forgotten.refuse(&Brought::by(&drafts))?;
            let each = drafts.iter().cloned();
            let inserted = each.map(|draft| room.insert(draft, if_taken));
            let inserted = inserted.collect::<Result<Vec<_>, _>>()?;
            for key in Brought::placed(&drafts, &inserted) {
                room.forgotten.lift(&key);
            }
            Ok(inserted)
        })
        .await
    }

    async fn replace(&self, scope: Scope, old: &Memory, new: Entry) -> Result<(), BackendError> {
        assert_eq!(
            old.key(),
            new.memory.key(),
            "a replacement has the same key"
        );
        require_size(std::iter::once(size_of_entry(&new)))?;
        self.write(scope, |room| {
            let key = old.key();
            let Some(stored) = room.get(&key) else {
                return Err(BackendError::NoSuchMemory { key });
            };
            if !record::same_content(&stored.memory, old) {
                return Err(BackendError::Changed { key });
            }
            room.replace(&stored.memory, new)
        })
        .await
    }

    async fn delete(&self, scope: Scope, keys: &[Key]) -> Result<Vec<Key>, BackendError> {
        require_size(keys.iter().map(size_of_key))?;
        self.write(scope, |room| {
            let there = keys.iter().filter(|key| room.delete(key)).cloned();
            let mut there: Vec<Key> = there.collect();
            there.reverse();
            Ok(there)
        })
        .await
    }

    async fn touch(&self, scope: Scope, keys: &[Key], at: Timestamp) -> Result<u64, BackendError> {
        require_size(keys.iter().map(size_of_key))?;
        self.write(scope, |room| Ok(room.touch(keys, at))).await
    }

    async fn update_live(
        &self,
        scope: Scope,
        changes: Vec<LiveChange>,
    ) -> Result<u64, BackendError> {
        require_size(changes.iter().map(|change| size_of_key(change.key())))?;
        self.write(scope, |room| Ok(room.update_live(&changes)))
            .await
    }

    async fn erase(&self, scope: Scope) -> Result<Counts, BackendError> {
        self.write(scope, |room| Ok(room.erase())).await
    }

    async fn purge(&self, scope: Scope, _: &[Kind]) -> Result<Vec<BeyondReach>, BackendError> {
        self.write(scope, |room| {
            room.purge();
            Ok(Vec::new())
        })
        .await
    }

    async fn clear(&self, scope: Scope) -> Result<bool, BackendError> {
        self.write(scope, |room| Ok(room.clear())).await
    }

    async fn hold(&self, scope: Scope) -> Result<Held, BackendError> {
        yield_now().await;
        let hold = self.holds.get(&scope).ok_or_else(|| unknown(scope))?;
        match timeout(self.patience, Arc::clone(hold).lock_owned()).await {
            Ok(held) => Ok(Box::new(held)),
            Err(_) => Err(held_for_too_long(scope)),
        }
    }

    async fn keep_unfinished(
        &self,
        scope: Scope,
        record: Option<&[u8]>,
    ) -> Result<(), BackendError> {
        self.write(scope, |room| {
            room.unfinished = record.map(<[u8]>::to_vec);
            Ok(())
        })
        .await
    }

    async fn unfinished(&self, scope: Scope) -> Result<Option<Vec<u8>>, BackendError> {
        self.read(scope, |room| room.unfinished).await
    }

    async fn scan(&self, scope: Scope, needles: &Arc<Needles>) -> Result<Scan, BackendError> {
        self.read(scope, |room| room.scan(needles)).await
    }

    async fn forgotten(&self, scope: Scope) -> Result<Forgotten, BackendError> {
        self.read(scope, |room| room.forgotten).await
    }

    async fn bury(
        &self,
        scope: Scope,
        keys: &[Key],
        documents: &[String],
    ) -> Result<(), BackendError> {
        require_size_of_ids(keys, documents)?;
        self.write(scope, |room| {
            let mut more = room.forgotten.of(keys, documents);
            room.forgotten.tombstones.append(&mut more);
            Ok(())
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
        self.write(scope, |room| {
            let fewer = room.forgotten.of(keys, documents);
            room.forgotten.tombstones.retain(|it| !fewer.contains(it));
            Ok(())
        })
        .await
    }

    async fn get(&self, scope: Scope, keys: &[Key]) -> Result<Vec<Option<Entry>>, BackendError> {
        self.read(scope, |room| keys.iter().map(|key| room.get(key)).collect())
            .await
    }

    async fn by_content_hash(
        &self,
        scope: Scope,
        kind: Kind,
        hashes: &[u64],
    ) -> Result<Vec<(u64, Key)>, BackendError> {
        let hashes: BTreeSet<u64> = hashes.iter().copied().collect();
        self.read(scope, |room| room.by_content_hash(kind, &hashes))
            .await
    }

    async fn list(
        &self,
        scope: Scope,
        filter: &Filter,
        page: &Page,
    ) -> Result<Listing, BackendError> {
        self.read(scope, |room| room.list(filter, page)).await
    }

    async fn count(&self, scope: Scope, filter: &Filter) -> Result<Counts, BackendError> {
        self.read(scope, |room| room.count(filter)).await
    }

    async fn put_document(
        &self,
        scope: Scope,
        document: Document,
        chunks: Vec<Entry>,
    ) -> Result<(), BackendError> {
        let sizes = chunks.iter().map(size_of_entry);
        require_size(sizes.chain([size_of_document(&document)]))?;
        self.write(scope, |room| {
            room.forgotten.refuse(&Brought::with(&document, &chunks))?;
            room.put_document(&document, chunks)
        })
        .await
    }

    async fn remove_documents(
        &self,
        scope: Scope,
        ids: &[String],
    ) -> Result<Vec<String>, BackendError> {
        require_size(ids.iter().map(|id| size_of_id(id)))?;
        self.write(scope, |room| {
            let there = ids.iter().filter(|id| room.remove_document(id)).cloned();
            let mut there: Vec<String> = there.collect();
            there.reverse();
            Ok(there)
        })
        .await
    }

    async fn documents(
        &self,
        scope: Scope,
        ids: &[String],
    ) -> Result<Vec<Option<Document>>, BackendError> {
        self.read(scope, |room| {
            ids.iter().map(|id| room.document(id)).collect()
        })
        .await
    }

    async fn list_documents(
        &self,
        scope: Scope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>, BackendError> {
        self.read(scope, |room| room.list_documents(after, limit))
            .await
    }

    async fn begin_import(&self, scope: Scope, import: &Import) -> Result<Held, BackendError> {
        self.write(scope, |room| Ok(room.begin_import(import)))
            .await
    }

    async fn note_import(&self, scope: Scope, import: &Import) -> Result<(), BackendError> {
        self.write(scope, |room| {
            room.note_import(import);
            Ok(())
        })
        .await
    }

    async fn imports(&self, scope: Scope) -> Result<Imports, BackendError> {
        self.read(scope, Room::imports).await
    }

    async fn clusters(&self, scope: Scope) -> Result<Vec<Cluster>, BackendError> {
        self.read(scope, |room| room.clusters()).await
    }

    async fn search(&self, scope: Scope, request: &Request) -> Result<Candidates, BackendError> {
        let each: BTreeSet<&String> = request.terms.iter().collect();
        assert_eq!(each.len(), request.terms.len(), "each term is given once");
        self.read(scope, |room| room.search(request)).await
    }

    async fn spaces(&self, scope: Scope) -> Result<KeptSpaces, BackendError> {
        self.read(scope, |room| room.spaces()).await
    }

    async fn add_space(&self, scope: Scope, space: &Space) -> Result<(), BackendError> {
        self.write(scope, |room| {
            room.add_space(space);
            Ok(())
        })
        .await
    }

    async fn put_vectors(
        &self,
        scope: Scope,
        entries: Vec<Entry>,
    ) -> Result<Vec<Key>, BackendError> {
        require_size(entries.iter().map(size_of_entry))?;
        self.write(scope, |room| room.put_vectors(entries)).await
    }

    async fn vectors(
        &self,
        scope: Scope,
        space: &Space,
        keys: &[Key],
    ) -> Result<Vec<Option<Embedding>>, BackendError> {
        self.read(scope, |room| room.vectors(space, keys)).await?
    }

    async fn lacking(
        &self,
        scope: Scope,
        space: &Space,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Lacking, BackendError> {
        self.read(scope, |room| room.lacking(space, after, limit))
            .await?
    }

    async fn cut_over(&self, scope: Scope, to: &Space) -> Result<(), BackendError> {
        self.write(scope, |room| room.cut_over(to)).await
    }

    async fn follow(
        &self,
        scope: Scope,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Followed, BackendError> {
        self.write(scope, |room| Ok(room.follow(after, limit)))
            .await
    }

    async fn drop_space(&self, scope: Scope, space: &Space) -> Result<bool, BackendError> {
        self.write(scope, |room| room.drop_space(space)).await
    }
}

/// A strict backend to be tested; it keeps two scopes.
#[derive(Debug)]
pub struct StrictFixture(StrictBackend);

impl StrictFixture {
    /// Makes one that holds nothing.
    #[must_use]
    pub fn new() -> Self {
        Self(StrictBackend::new([sample::user(1), sample::user(2)]))
    }
}

impl Default for StrictFixture {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Fixture for StrictFixture {
    fn own(&self) -> Scope {
        sample::user(1)
    }

    fn other(&self) -> Other {
        Other::Kept(sample::user(2))
    }

    async fn open(&self) -> Arc<dyn Backend> {
        Arc::new(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_for_too_long_is_told_so() {
        let scope = sample::user(1);
        let backend = StrictBackend {
            patience: Duration::ZERO,
            ..StrictBackend::new([scope])
        };
        let held = backend.hold(scope).await.expect("hold");
        let refused = backend.hold(scope).await.map(drop).expect_err("it is held");
        assert_eq!(refused.class(), ErrorClass::Busy);
        drop(held);
        drop(backend.hold(scope).await.expect("hold again"));
    }
}
