//! The memories of one owner.

use std::sync::Arc;

use super::missing_vectors::LeftOut;
use super::seen_spaces::SeenSpaces;
use super::vectors::vectors_by;
use super::{Change, OnDuplicate, Pages, StoreError, WordsOnly};
use crate::backend::{
    Backend, BackendError, Brought, Cluster, Counts, Draft, Entry, Filter, Forgotten, IfTaken,
    Inserted, Listing, LiveChange, Page, Sources,
};
use crate::embed::{Embedder, Purpose};
use crate::model::{Embedding, Key, Kind, Memory, Scope, Space, Timestamp, is_blank};
use crate::record::{self, Stamp};
use crate::search;

/// How often a change is tried anew when others change the same memory meanwhile.
pub(super) const TRIES: usize = 16;

/// The memories of one owner, and everything that can be done with them. Only
/// [`Store::scope`](super::Store::scope) makes one.
///
/// ```compile_fail,E0451
/// # fn f(backend: std::sync::Arc<dyn tulving::backend::Backend>,
/// #      embedder: std::sync::Arc<dyn tulving::embed::Embedder>) {
/// # let somebody = tulving::model::Scope::User(uuid::Uuid::new_v4());
/// tulving::store::ScopedStore { backend, embedder, scope: somebody }; // private
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ScopedStore {
    pub(super) backend: Arc<dyn Backend>,
    pub(super) embedder: Arc<dyn Embedder>,
    pub(super) further_embedders: Vec<Arc<dyn Embedder>>,
    pub(super) seen: SeenSpaces,
    pub(super) scope: Scope,
    pub(super) restores: bool,
    pub(super) on_duplicate: OnDuplicate,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The ids, in the order of what was given.
    pub ids: Vec<String>,
    /// Why some have no vector and will be found by words only.
    pub words_only: Option<WordsOnly>,
    /// Why some have no vector in a further space.
    pub left_out: Option<LeftOut>,
}

impl ScopedStore {
    /// Returns whose memories these are.
    #[must_use]
    pub fn owner(&self) -> Scope {
        self.scope
    }

    /// Returns the same memories with another embedder.
    #[must_use]
    pub fn by(mut self, embedder: Arc<dyn Embedder>) -> Self {
        self.embedder = embedder;
        self
    }

    /// Returns the space of their vectors; `None` if there is none yet.
    ///
    /// # Errors
    /// As every method: if the backend fails, or keeps nothing for this scope.
    pub async fn space(&self) -> Result<Option<Arc<Space>>, StoreError> {
        let space = self.backend.space(self.scope).await?;
        self.seen.note(self.scope, space.as_ref());
        Ok(space)
    }

    /// Returns why new memories would be found by words only, if they would.
    ///
    /// # Errors
    /// As every method.
    pub async fn words_only(&self) -> Result<Option<WordsOnly>, StoreError> {
        let stored = self.space().await?;
        Ok(stored.and_then(|stored| self.embeds_into(&stored).err()))
    }

    /// Returns the sources that its memories may bear.
    ///
    /// # Errors
    /// As every method.
    pub async fn sources(&self) -> Result<Sources, StoreError> {
        Ok(self.backend.sources(self.scope).await?)
    }

    /// Writes memories as they stand, with their ids and, where given, their vectors; all or none.
    ///
    /// # Errors
    /// If an id is taken, one cannot be kept, or its vector cannot be made.
    pub async fn insert(
        &self,
        memories: Vec<(Memory, Option<Vec<f32>>)>,
    ) -> Result<Added, StoreError> {
        let again = to_embed_again(&memories);
        let mut inserted = self.try_insert(memories).await;
        if let (Err(StoreError::Backend(BackendError::WrongSpace { .. })), Some(again)) =
            (&inserted, again)
        {
            inserted = self.try_insert(again).await;
        }
        let (keys, words_only) = inserted?;
        let left_out = self.write_beside(&keys).await;
        Ok(Added {
            ids: keys.into_iter().map(|key| key.id).collect(),
            words_only,
            left_out,
        })
    }

    /// Writes memories as they stand, as [`insert`](Self::insert) does, where their ids are new; what is there
    /// stays. Says of each, in order, what became of it: so the same import can be made twice, and by two at
    /// once.
    ///
    /// # Errors
    /// As [`insert`](Self::insert), but for ids that are taken.
    pub async fn import(
        &self,
        memories: Vec<(Memory, Option<Vec<f32>>)>,
    ) -> Result<Vec<Inserted>, StoreError> {
        let again = to_embed_again(&memories);
        let mut imported = self.try_import(memories).await;
        if let (Err(StoreError::Backend(BackendError::WrongSpace { .. })), Some(again)) =
            (&imported, again)
        {
            imported = self.try_import(again).await;
        }
        let imported = imported?;
        let keys: Vec<Key> = imported.iter().map(Inserted::key).cloned().collect();
        self.write_beside(&keys).await;
        Ok(imported)
    }

    async fn try_insert(
        &self,
        memories: Vec<(Memory, Option<Vec<f32>>)>,
    ) -> Result<(Vec<Key>, Option<WordsOnly>), StoreError> {
        let (drafts, words_only) = self.drafts(memories).await?;
        let brought = Brought::by(&drafts);
        let keys = self.backend.insert(self.scope, drafts);
        Ok((self.written(&brought, keys).await?, words_only))
    }

    async fn try_import(
        &self,
        memories: Vec<(Memory, Option<Vec<f32>>)>,
    ) -> Result<Vec<Inserted>, StoreError> {
        let (drafts, _) = self.drafts(memories).await?;
        let brought = Brought::by(&drafts);
        let imported = self.backend.insert_each(self.scope, drafts, IfTaken::Keep);
        self.written(&brought, imported).await
    }

    /// Lets memories and documents come back that were forgotten: their tombstones are taken away as they are
    /// written.
    #[must_use]
    pub fn restoring(mut self) -> Self {
        self.restores = true;
        self
    }

    /// Returns what was forgotten, and is refused where it comes with its id.
    ///
    /// # Errors
    /// As every method.
    pub async fn forgotten(&self) -> Result<Forgotten, StoreError> {
        Ok(self.backend.forgotten(self.scope).await?)
    }

    /// Waits for a write of something that may have been forgotten. Where that may come back, its tombstones go
    /// before, and are set again if it was not written.
    pub(super) async fn written<T>(
        &self,
        brought: &Brought,
        write: impl Future<Output = Result<T, BackendError>>,
    ) -> Result<T, StoreError> {
        let written = match self.restores {
            true => self.written_anew(brought, write).await?,
            false => write.await,
        };
        match written {
            Err(BackendError::Forgotten { id }) => {
                let index = brought.keys.iter().position(|key| key.id == id);
                let index = index.unwrap_or_default();
                Err(StoreError::Forgotten { index, id })
            }
            done => Ok(done?),
        }
    }

    async fn written_anew<T>(
        &self,
        brought: &Brought,
        write: impl Future<Output = Result<T, BackendError>>,
    ) -> Result<Result<T, BackendError>, StoreError> {
        let (backend, scope) = (&*self.backend, self.scope);
        let forgotten = backend.forgotten(scope).await?;
        let keys = brought.keys.iter().filter(|key| forgotten.holds(key));
        let keys: Vec<Key> = keys.cloned().collect();
        let documents = brought.documents.iter();
        let documents = documents.filter(|id| forgotten.holds_document(id));
        let documents: Vec<String> = documents.cloned().collect();
        let is_any = !(keys.is_empty() && documents.is_empty());
        if is_any {
            backend.exhume(scope, &keys, &documents).await?;
        }
        let written = write.await;
        if written.is_err() && is_any {
            backend.bury(scope, &keys, &documents).await?;
        }
        Ok(written)
    }

    /// Memories as drafts, admitted and with their vectors.
    async fn drafts(
        &self,
        memories: Vec<(Memory, Option<Vec<f32>>)>,
    ) -> Result<(Vec<Draft>, Option<WordsOnly>), StoreError> {
        let (memories, vectors): (Vec<Memory>, Vec<_>) = memories.into_iter().unzip();
        let stamp = Stamp::only(self.scope);
        let memories = memories
            .iter()
            .enumerate()
            .map(|(index, memory)| {
                record::admit(memory, &stamp).map_err(|flaw| StoreError::Flawed { index, flaw })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let (embeddings, words_only) = self.embeddings(&memories, vectors).await?;
        let entries = memories.into_iter().zip(embeddings);
        let drafts = entries.map(|(memory, embedding)| Draft::Whole(Entry { memory, embedding }));
        Ok((drafts.collect(), words_only))
    }

    /// Returns the vectors of memories: those that were given, the others made, where that is possible.
    pub(super) async fn embeddings(
        &self,
        memories: &[Memory],
        vectors: Vec<Option<Vec<f32>>>,
    ) -> Result<(Vec<Option<Embedding>>, Option<WordsOnly>), StoreError> {
        let stored = self.space().await?;
        self.embeddings_in(stored, memories, vectors).await
    }

    /// Returns the same where the scope's space is `stored`.
    pub(super) async fn embeddings_in(
        &self,
        stored: Option<Arc<Space>>,
        memories: &[Memory],
        vectors: Vec<Option<Vec<f32>>>,
    ) -> Result<(Vec<Option<Embedding>>, Option<WordsOnly>), StoreError> {
        let made = match &stored {
            Some(stored) => self.embeds_into(stored),
            None => Ok(self.embedder.space().clone()),
        };
        let mut embeddings = Vec::with_capacity(memories.len());
        let mut missing = Vec::new();
        for (index, vector) in vectors.into_iter().enumerate() {
            embeddings.push(match vector {
                Some(numbers) => {
                    let space = stored
                        .clone()
                        .unwrap_or_else(|| self.space_of_width(numbers.len()));
                    Some(Embedding::new(space, numbers)?)
                }
                None => {
                    missing.push(index);
                    None
                }
            });
        }
        if missing.is_empty() {
            return Ok((embeddings, None));
        }
        let space = match made {
            Ok(space) => space,
            Err(words_only) => return Ok((embeddings, Some(words_only))),
        };
        let texts: Vec<String> = missing
            .iter()
            .map(|index| search::text::embedded(&memories[*index]))
            .collect();
        let made = self.embed(&texts, Purpose::Memory, &space).await?;
        for (index, embedding) in missing.into_iter().zip(made) {
            embeddings[index] = Some(embedding);
        }
        Ok((embeddings, None))
    }

    /// Returns the space of the scope's vectors, if an embedder makes such.
    pub(super) fn embeds_into(&self, stored: &Arc<Space>) -> Result<Arc<Space>, WordsOnly> {
        if self.embedder_of(stored).is_some() {
            return Ok(stored.clone());
        }
        Err(WordsOnly {
            stored: stored.clone(),
            embedder: self.embedder.space().clone(),
        })
    }

    /// Returns what a vector that came without a name is taken for in a scope that has none yet.
    fn space_of_width(&self, dims: usize) -> Arc<Space> {
        let embedder = self.embedder.space();
        if embedder.dims == dims {
            return embedder.clone();
        }
        Arc::new(Space::unnamed(dims))
    }

    /// Turns texts into vectors of `space`, which an embedder makes.
    pub(super) async fn embed(
        &self,
        texts: &[String],
        purpose: Purpose,
        space: &Arc<Space>,
    ) -> Result<Vec<Embedding>, StoreError> {
        let embedder = self.embedder_of(space).unwrap_or(&self.embedder);
        vectors_by(embedder.as_ref(), texts, purpose, space).await
    }

    /// Returns a memory with its vector: the one with this id of the first kind that has one, in the
    /// order of [`Kind::ALL`].
    ///
    /// # Errors
    /// If there is none.
    pub async fn get(&self, id: &str) -> Result<Entry, StoreError> {
        let keys = Kind::ALL.map(|kind| Key::new(kind, id));
        let found = self.backend.get(self.scope, &keys).await?;
        let found = found.into_iter().flatten().next();
        found.ok_or_else(|| StoreError::NoSuchMemory { id: id.to_owned() })
    }

    /// Returns the memories that pass, page by page.
    ///
    /// # Errors
    /// As every method.
    pub async fn list(&self, filter: &Filter, page: &Page) -> Result<Listing, StoreError> {
        Ok(self.backend.list(self.scope, filter, page).await?)
    }

    /// Returns the memories that pass, the oldest first, so many on a page. A backend may go through all of a scope
    /// for each page.
    #[must_use]
    pub fn pages(&self, filter: Filter, size: usize) -> Pages<'_> {
        Pages::new(&*self.backend, self.scope, filter, size)
    }

    /// Returns how many memories pass.
    ///
    /// # Errors
    /// As every method.
    pub async fn count(&self, filter: &Filter) -> Result<Counts, StoreError> {
        Ok(self.backend.count(self.scope, filter).await?)
    }

    /// Returns what nodes are about, the largest cluster first.
    ///
    /// # Errors
    /// As every method.
    pub async fn clusters(&self) -> Result<Vec<Cluster>, StoreError> {
        Ok(self.backend.clusters(self.scope).await?)
    }

    /// Changes a memory. If its text changes, so does its vector: to the one that is given, else to
    /// one that is made; where neither is to be had, it is found by words only afterwards. One that has no
    /// vector gets one as well if its text is given and stays the same.
    ///
    /// # Errors
    /// If there is none, or it would say nothing or become something that cannot be kept.
    pub async fn update(&self, id: &str, change: &Change) -> Result<Added, StoreError> {
        let changed = self.update_if(id, change, |_| true).await?;
        // Whatever is there is meant.
        changed.ok_or_else(|| StoreError::NoSuchMemory { id: id.to_owned() })
    }

    /// Changes a memory as [`update`](Self::update) does if what is there is what is meant; otherwise nothing is
    /// changed, and `None` is returned. Between the look and the change nobody else can write.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub async fn update_if(
        &self,
        id: &str,
        change: &Change,
        is_meant: impl Fn(&Memory) -> bool + Send + Sync,
    ) -> Result<Option<Added>, StoreError> {
        let stamp = Stamp::only(self.scope);
        for _ in 1..TRIES {
            match self.try_update(id, change, &is_meant, &stamp).await {
                Err(StoreError::Backend(BackendError::Changed { .. })) => {}
                // The scope was cut over since its space was read. A vector that was given stays of the old one.
                Err(StoreError::Backend(BackendError::WrongSpace { .. }))
                    if change.embedding.is_none() => {}
                done => return done,
            }
        }
        self.try_update(id, change, &is_meant, &stamp).await
    }

    async fn try_update(
        &self,
        id: &str,
        change: &Change,
        is_meant: &(dyn Fn(&Memory) -> bool + Send + Sync),
        stamp: &Stamp,
    ) -> Result<Option<Added>, StoreError> {
        let old = self.get(id).await?;
        if !is_meant(&old.memory) {
            return Ok(None);
        }
        if let Some(field) = change.unsupported_field(&old.memory) {
            let (id, kind) = (id.to_owned(), old.memory.kind());
            return Err(StoreError::NoSuchField { id, kind, field });
        }
        let bad = |flaw| StoreError::BadChange {
            id: id.to_owned(),
            flaw,
        };
        let change = self.with_source(change, &old.memory).await?;
        let memory = record::with(&old.memory, change.fields(), stamp).map_err(bad)?;
        if change.changes_text() && says_nothing(&memory) {
            return Err(StoreError::Blank { index: 0 });
        }
        let same_text = search::text::embedded(&memory) == search::text::embedded(&old.memory);
        // Who says the text once more may want the vector that it has not got.
        let is_settled = same_text && (old.embedding.is_some() || !change.names_text());
        let (embedding, words_only) = if change.embedding.is_none() && is_settled {
            (old.embedding, None)
        } else {
            let vectors = vec![change.embedding.clone()];
            let memory = std::slice::from_ref(&memory);
            let (made, words_only) = self.embeddings(memory, vectors).await?;
            (made.into_iter().next().flatten(), words_only)
        };
        let new = Entry { memory, embedding };
        self.backend.replace(self.scope, &old.memory, new).await?;
        let left_out = match same_text && !change.names_text() {
            true => None,
            false => self.write_beside(&[old.memory.key()]).await,
        };
        Ok(Some(Added {
            ids: vec![id.to_owned()],
            words_only,
            left_out,
        }))
    }

    /// Returns the change with a source that the memory may bear.
    async fn with_source(&self, change: &Change, old: &Memory) -> Result<Change, StoreError> {
        let mut change = change.clone();
        let Some(source) = change.source.take() else {
            return Ok(change);
        };
        let (instead, before) = match old {
            Memory::Node(node) => (change.source_as.as_deref(), Some(&node.tags)),
            // Others have no place for the true name.
            _ => (None, None),
        };
        let placed = self.sources().await?.place(Some(&source), instead);
        let placed = placed.map_err(|why| StoreError::ForeignSource {
            index: 0,
            kind: old.kind(),
            why,
        })?;
        if let Some(tags) = change.tags.as_ref().or(before) {
            let tagged = placed.tags(tags.clone());
            if Some(&tagged) != before {
                change.tags = Some(tagged);
            }
        }
        change.source = Some(placed.source);
        Ok(change)
    }

    /// Forgets memories; returns the keys of those that were there.
    ///
    /// # Errors
    /// As every method.
    pub async fn delete(&self, keys: &[Key]) -> Result<Vec<Key>, StoreError> {
        Ok(self.backend.delete(self.scope, keys).await?)
    }

    /// Counts memories as recalled now; returns how many were there. Searching does not do this.
    ///
    /// # Errors
    /// As every method.
    pub async fn touch(&self, keys: &[Key]) -> Result<u64, StoreError> {
        Ok(self
            .backend
            .touch(self.scope, keys, Timestamp::now())
            .await?)
    }

    /// Changes live fields of many memories in one step; returns how many were there.
    ///
    /// # Errors
    /// If a cluster cannot be kept as it is said, and as every method.
    pub async fn update_live(&self, changes: Vec<LiveChange>) -> Result<u64, StoreError> {
        for (index, change) in changes.iter().enumerate() {
            change
                .check()
                .map_err(|flaw| StoreError::Flawed { index, flaw })?;
        }
        Ok(self.backend.update_live(self.scope, changes).await?)
    }

    /// Removes everything that is kept of the owner; returns how many memories there were.
    ///
    /// # Errors
    /// As every method.
    pub async fn erase(&self) -> Result<Counts, StoreError> {
        Ok(self.backend.erase(self.scope).await?)
    }
}

/// Returns whether neither question nor answer of a node shows a character. One that was moved here
/// may; none is made so.
pub(super) fn says_nothing(memory: &Memory) -> bool {
    match memory {
        Memory::Node(node) => is_blank(&node.human_content) && is_blank(&node.assistant_content),
        _ => false,
    }
}

/// Returns the memories once more, for the case that their scope is cut over while their vectors are made. None
/// where vectors were given: those are of the space of before.
fn to_embed_again(
    memories: &[(Memory, Option<Vec<f32>>)],
) -> Option<Vec<(Memory, Option<Vec<f32>>)>> {
    let all_are_made = memories.iter().all(|(_, vector)| vector.is_none());
    all_are_made.then(|| memories.to_vec())
}
