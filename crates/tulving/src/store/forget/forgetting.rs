//! The course of a forgetting.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Selection;
use super::certificate::{Certificate, Searched, SearchedPlace};
use super::reading::{Doomed, Reading, pieces};
use crate::backend::{BeyondReach, Counts, Filter, Needles};
use crate::model::{Key, Space, Timestamp};
use crate::store::{ScopedStore, StoreError};

/// Memories that are erased in one write.
const AT_ONCE: usize = 1000;

/// Tombstones that are set in one write.
const TOMBSTONES: usize = 20_000;

/// A forgetting that was not begun: it counted what would go.
///
/// ```
/// # use tulving::store::{ScopedStore, Selection, StoreError};
/// # async fn f(memory: ScopedStore) -> Result<(), StoreError> {
/// let forgetting = memory.forget(Selection::Ids(vec!["mem_0123456789abcdef".to_owned()])).await?;
/// if forgetting.counts().total() == 1 {
///     let certificate = forgetting.run(&mut |_| ()).await?;
///     assert!(certificate.absent);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Forgetting {
    store: ScopedStore,
    selection: Selection,
    counts: Counts,
    documents: u64,
    cache: Option<(PathBuf, String)>,
}

/// How far a forgetting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForgetStep {
    /// So many memories were read, to be looked for afterwards.
    Reading(u64),
    /// So many were erased.
    Erasing(u64),
    /// What is gone is taken out of files, indexes and blocks.
    Purging,
    /// What is left is looked through.
    Scanning,
}

impl ScopedStore {
    /// Counts what a selection names; [`Forgetting::run`] erases it.
    ///
    /// # Errors
    /// If it names a memory or document that is not there, and that was not forgotten before.
    pub async fn forget(&self, selection: Selection) -> Result<Forgetting, StoreError> {
        let (backend, scope) = (&*self.backend, self.scope);
        let reading = Reading {
            backend,
            scope,
            cache: None,
        };
        let mut documents = 0;
        let counts = match &selection {
            Selection::Everything => {
                documents = reading.count_documents().await?;
                backend.count(scope, &Filter::default()).await?
            }
            Selection::Passing(filter) => backend.count(scope, filter).await?,
            Selection::Ids(ids) => {
                let forgotten = backend.forgotten(scope).await?;
                let mut counts = Counts::default();
                for memory in reading.with_ids(ids, &forgotten).await? {
                    counts[memory.kind()] += 1;
                }
                counts
            }
            Selection::Documents(ids) => {
                documents = reading.documents(ids).await?.len() as u64;
                backend.count(scope, &pieces(ids.clone())).await?
            }
        };
        Ok(Forgetting {
            store: self.clone(),
            selection,
            counts,
            documents,
            cache: None,
        })
    }
}

impl Forgetting {
    /// Returns how many memories would go.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Returns how many documents would go.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.documents
    }

    /// Also removes the vectors that an HTTP embedder with this model keeps in a folder.
    #[must_use]
    pub fn with_cache(mut self, folder: &Path, model: &str) -> Self {
        self.cache = Some((folder.to_owned(), model.to_owned()));
        self
    }

    /// Erases for good, and looks for what is left. Tombstones come first: whatever interrupts this, the same
    /// again finishes it, and each memory is there as a whole or not at all.
    ///
    /// # Errors
    /// As every method. That something was found is none: [`Certificate::absent`] says so.
    pub async fn run(
        self,
        told: &mut (dyn FnMut(ForgetStep) + Send),
    ) -> Result<Certificate, StoreError> {
        let Self {
            store, selection, ..
        } = &self;
        let mut certificate = Certificate::new(store.scope, selection.as_str());
        certificate.started_at = Timestamp::now().isoformat();
        let (backend, scope) = (&*store.backend, store.scope);
        let reading = Reading {
            backend,
            scope,
            cache: self.cache().await?,
        };
        let doomed = reading
            .doomed(selection, &mut |read| told(ForgetStep::Reading(read)))
            .await?;
        for keys in doomed.keys.chunks(TOMBSTONES) {
            backend.bury(scope, keys, &[]).await?;
        }
        for documents in doomed.documents.chunks(TOMBSTONES) {
            backend.bury(scope, &[], documents).await?;
        }
        certificate.forgotten_documents = doomed.documents.len() as u64;
        certificate.forgotten = self.erase(&doomed, told).await?;
        told(ForgetStep::Purging);
        let beyond = backend.purge(scope).await?;
        told(ForgetStep::Scanning);
        let needles = Arc::new(doomed.needles);
        certificate.searched = self.prove(&reading, &doomed.keys, &needles).await?;
        certificate.absent = certificate.searched.is_clean();
        certificate.tombstones = backend.forgotten(scope).await?.tombstones.len() as u64;
        let written = BeyondReach::new(
            "receipts, rejects and exports that were written elsewhere",
            "they name ids or hold records: delete those of this owner",
        );
        let beyond = beyond.into_iter().chain([written]);
        certificate.beyond_reach = beyond.map(Into::into).collect();
        certificate.finished_at = Timestamp::now().isoformat();
        Ok(certificate)
    }

    /// Returns the folder of cached vectors, and the spaces that they may be of.
    async fn cache(&self) -> Result<Option<(PathBuf, Vec<Arc<Space>>)>, StoreError> {
        let Some((folder, model)) = &self.cache else {
            return Ok(None);
        };
        let kept = self.store.backend.spaces(self.store.scope).await?;
        let dims: BTreeSet<usize> = kept
            .current
            .iter()
            .chain(&kept.further)
            .map(|kept| kept.space.dims)
            .collect();
        let space = |dims| {
            Arc::new(Space {
                provider: "http".to_owned(),
                model: model.clone(),
                dims,
            })
        };
        Ok(Some((
            folder.clone(),
            dims.into_iter().map(space).collect(),
        )))
    }

    /// Erases what was read; returns how many memories there were.
    async fn erase(
        &self,
        doomed: &Doomed,
        told: &mut (dyn FnMut(ForgetStep) + Send),
    ) -> Result<Counts, StoreError> {
        let (backend, scope) = (&self.store.backend, self.store.scope);
        if self.selection == Selection::Everything {
            told(ForgetStep::Erasing(0));
            return Ok(backend.erase(scope).await?);
        }
        let mut counts = Counts::default();
        for keys in doomed.keys.chunks(AT_ONCE) {
            for key in backend.delete(scope, keys).await? {
                counts[key.kind] += 1;
            }
            told(ForgetStep::Erasing(counts.total()));
        }
        for documents in doomed.documents.chunks(AT_ONCE) {
            backend.remove_documents(scope, documents).await?;
        }
        Ok(counts)
    }

    /// Looks for what is left.
    async fn prove(
        &self,
        reading: &Reading<'_>,
        keys: &[Key],
        needles: &Arc<Needles>,
    ) -> Result<Searched, StoreError> {
        let (backend, scope) = (&self.store.backend, self.store.scope);
        let mut searched = Searched::from(needles.counts());
        for keys in keys.chunks(AT_ONCE) {
            let found = backend.get(scope, keys).await?;
            searched.still_there += found.iter().flatten().count() as u64;
        }
        let scan = backend.scan(scope, needles).await?;
        let found: BTreeSet<u32> = scan
            .places
            .iter()
            .flat_map(|place| place.found.iter().copied())
            .collect();
        let said = match found.is_empty() {
            true => BTreeSet::new(),
            false => reading.said(needles).await?,
        };
        let left = |found: &BTreeSet<u32>| found.difference(&said).count() as u64;
        searched.said_by_what_stays = found.intersection(&said).count() as u64;
        searched.left_over = left(&found);
        searched.unread = scan.unread;
        let places = scan.places.into_iter();
        let places = places.map(|place| SearchedPlace {
            left_over: left(&place.found),
            name: place.name,
            rows: place.rows,
            bytes: place.bytes,
        });
        searched.places = places.collect();
        Ok(searched)
    }
}

impl Searched {
    fn is_clean(&self) -> bool {
        self.left_over == 0 && self.still_there == 0 && self.unread.is_empty()
    }
}
