//! The course of a forgetting.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

use super::Selection;
use super::certificate::{Certificate, Searched, SearchedPlace};
use super::reading::{Cached, Doomed, Pieces, Reading, note_piece, pieces};
use super::unfinished::Unfinished;
use crate::backend::{BeyondReach, Counts, Filter, Held, Needles, ScannedPlace};
use crate::model::{Key, Kind, Space, Timestamp};
use crate::store::{ScopedStore, StoreError};

/// Memories that are erased in one write.
const AT_ONCE: usize = 1000;

/// Documents that are removed in one write.
const DOCUMENTS: usize = 50;

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
    unfinished: Option<(Uuid, u64)>,
    caches: Vec<(PathBuf, String)>,
}

/// A forgetting that was done, and what is kept for its proof. The scope's lock is held until this is dropped.
pub struct Proof {
    certificate: Certificate,
    store: ScopedStore,
    _held: Held,
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
            caches: Vec::new(),
        };
        let documents;
        let counts = match &selection {
            Selection::Everything => {
                documents = reading.count_documents().await?;
                backend.count(scope, &Filter::default()).await?
            }
            Selection::Passing(filter) => {
                let pieces = reading.pieces_passing(filter).await?;
                documents = reading.emptied(&pieces).await?.len() as u64;
                backend.count(scope, filter).await?
            }
            Selection::Ids(ids) => {
                let forgotten = backend.forgotten(scope).await?;
                let (mut counts, mut pieces) = (Counts::default(), Pieces::new());
                for memory in reading.with_ids(ids, &forgotten).await? {
                    counts[memory.kind()] += 1;
                    note_piece(&memory, &mut pieces);
                }
                documents = reading.emptied(&pieces).await?.len() as u64;
                counts
            }
            Selection::Documents(ids) => {
                documents = reading.documents(ids).await?.len() as u64;
                match pieces(ids) {
                    Some(chunks) => backend.count(scope, &chunks).await?,
                    None => Counts::default(),
                }
            }
        };
        let unfinished = Unfinished::of(backend, scope).await?;
        Ok(Forgetting {
            store: self.clone(),
            selection,
            counts,
            documents,
            unfinished: unfinished.map(|record| (record.id, record.memories())),
            caches: Vec::new(),
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

    /// Returns the id of an interrupted forgetting that this one finishes too, and how many memories that was to
    /// erase.
    #[must_use]
    pub fn unfinished(&self) -> Option<(Uuid, u64)> {
        self.unfinished
    }

    /// Also removes the vectors that an HTTP embedder with this model keeps in a folder; may be said of several.
    #[must_use]
    pub fn with_cache(mut self, folder: &Path, model: &str) -> Self {
        self.caches.push((folder.to_owned(), model.to_owned()));
        self
    }

    /// Erases for good, looks for what is left, and gives the certificate, as [`prove`](Self::prove) and
    /// [`Proof::close`] do.
    ///
    /// # Errors
    /// As these.
    pub async fn run(
        self,
        told: &mut (dyn FnMut(ForgetStep) + Send),
    ) -> Result<Certificate, StoreError> {
        let proof = self.prove(told).await?;
        let certificate = proof.certificate.clone();
        proof.close().await?;
        Ok(certificate)
    }

    /// Erases for good, and looks for what is left. What is to be forgotten is kept until the proof is closed:
    /// whatever interrupts this, the next forgetting of the scope finishes it, and certifies both. Each memory
    /// is there as a whole or not at all.
    ///
    /// # Errors
    /// [`StoreError::Grown`] if there is more by now than was counted; nothing was erased then. As every method
    /// otherwise. That something was found is none: [`Certificate::absent`] says so.
    pub async fn prove(
        self,
        told: &mut (dyn FnMut(ForgetStep) + Send),
    ) -> Result<Proof, StoreError> {
        let Self {
            store, selection, ..
        } = &self;
        let mut certificate = Certificate::new(store.scope, selection.as_str());
        let (backend, scope) = (&*store.backend, store.scope);
        let held = backend.hold(scope).await?;
        certificate.started_at = Timestamp::now().isoformat();
        let reading = Reading {
            backend,
            scope,
            caches: self.caches().await?,
        };
        let mut doomed = Doomed::default();
        if let Some(record) = Unfinished::of(backend, scope).await? {
            certificate.id = record.id;
            certificate.started_at.clone_from(&record.started_at);
            doomed = record.doomed();
        }
        let mut read = |read| told(ForgetStep::Reading(read));
        let selected = reading.doom_selected(selection, &mut doomed, &mut read);
        selected.await?;
        let has_grown = Kind::ALL
            .into_iter()
            .any(|kind| doomed.read[kind] > self.counts[kind]);
        if has_grown || doomed.read_documents > self.documents {
            return Err(StoreError::Grown);
        }
        let record = Unfinished::new(certificate.id, &certificate.started_at, &doomed);
        record.keep(backend, scope).await?;
        let keys: Vec<Key> = doomed.keys.iter().cloned().collect();
        let documents: Vec<String> = doomed.documents.iter().cloned().collect();
        for keys in keys.chunks(TOMBSTONES) {
            backend.bury(scope, keys, &[]).await?;
        }
        for documents in documents.chunks(TOMBSTONES) {
            backend.bury(scope, &[], documents).await?;
        }
        record.buried().keep(backend, scope).await?;
        self.erase(&keys, &documents, told).await?;
        for key in &keys {
            certificate.forgotten[key.kind] += 1;
        }
        certificate.forgotten_documents = documents.len() as u64;
        told(ForgetStep::Purging);
        let kinds: Vec<Kind> = match selection {
            // What was deleted before, and never forgotten, too.
            Selection::Everything => Kind::ALL.to_vec(),
            _ => doomed.kinds.iter().copied().collect(),
        };
        let beyond = backend.purge(scope, &kinds).await?;
        told(ForgetStep::Scanning);
        let needles = Arc::new(doomed.needles);
        let others = self
            .search(
                &reading,
                &keys,
                &documents,
                &needles,
                &mut certificate.searched,
            )
            .await?;
        certificate.absent = certificate.searched.is_clean();
        certificate.tombstones = backend.forgotten(scope).await?.tombstones.len() as u64;
        let more = [
            BeyondReach::new(
                "the list of what was looked for",
                match certificate.absent {
                    true => {
                        "it was kept until this was written, and is removed after it; by the same command where that was interrupted"
                    }
                    false => {
                        "it is kept, and holds ids and pieces of texts, until a forgetting finds nothing of it any more"
                    }
                },
            ),
            BeyondReach::new(
                "cached vectors of models that the configuration does not name, of texts before they were changed, and on other machines",
                "vectors alone, without texts: remove the folder tulving/embeddings in the cache of the user",
            ),
            BeyondReach::new(
                "receipts, rejects and exports that were written elsewhere",
                "they name ids or hold records: delete those of this owner",
            ),
        ];
        let beyond = beyond.into_iter().chain(others).chain(more);
        certificate.beyond_reach = beyond.map(Into::into).collect();
        certificate.finished_at = Timestamp::now().isoformat();
        Ok(Proof {
            certificate,
            store: store.clone(),
            _held: held,
        })
    }

    /// Returns the folders of cached vectors, and the spaces that these may be of.
    async fn caches(&self) -> Result<Vec<Cached>, StoreError> {
        if self.caches.is_empty() {
            return Ok(Vec::new());
        }
        let kept = self.store.backend.spaces(self.store.scope).await?;
        let kept = kept.current.iter().chain(&kept.further);
        let dims: BTreeSet<usize> = kept.map(|kept| kept.space.dims).collect();
        let cached = self.caches.iter().map(|(folder, model)| {
            let space = |dims: &usize| Space {
                provider: "http".to_owned(),
                model: model.clone(),
                dims: *dims,
            };
            (folder.clone(), dims.iter().map(space).collect())
        });
        Ok(cached.collect())
    }

    /// Erases what was read, and nothing that came since. Documents go first, each with its chunks at once.
    async fn erase(
        &self,
        keys: &[Key],
        documents: &[String],
        told: &mut (dyn FnMut(ForgetStep) + Send),
    ) -> Result<(), StoreError> {
        let (backend, scope) = (&self.store.backend, self.store.scope);
        for documents in documents.chunks(DOCUMENTS) {
            backend.remove_documents(scope, documents).await?;
        }
        for (chunk, keys) in keys.chunks(AT_ONCE).enumerate() {
            backend.delete(scope, keys).await?;
            told(ForgetStep::Erasing((chunk * AT_ONCE + keys.len()) as u64));
        }
        if self.selection == Selection::Everything {
            backend.clear(scope).await?;
        }
        Ok(())
    }

    /// Looks for what is left; returns what was not looked through since it is none of ours.
    async fn search(
        &self,
        reading: &Reading<'_>,
        keys: &[Key],
        documents: &[String],
        needles: &Arc<Needles>,
        searched: &mut Searched,
    ) -> Result<Vec<BeyondReach>, StoreError> {
        let (backend, scope) = (&self.store.backend, self.store.scope);
        *searched = Searched::from(needles.counts());
        for keys in keys.chunks(AT_ONCE) {
            let found = backend.get(scope, keys).await?;
            searched.still_there += found.iter().flatten().count() as u64;
        }
        for documents in documents.chunks(AT_ONCE) {
            let found = backend.documents(scope, documents).await?;
            searched.still_there += found.iter().flatten().count() as u64;
        }
        let scan = backend.scan(scope, needles).await?;
        let said = match scan.places.iter().any(|place| !place.found.is_empty()) {
            true => reading.said(needles).await?,
            false => BTreeSet::new(),
        };
        // What stays says it where it is kept; anywhere else it is left over.
        let left = |place: &ScannedPlace| -> BTreeSet<u32> {
            let is_left = |needle: &&u32| !(place.holds_memories && said.contains(*needle));
            place.found.iter().filter(is_left).copied().collect()
        };
        let (mut all_left, mut all_found) = (BTreeSet::new(), BTreeSet::new());
        for place in scan.places {
            let left = left(&place);
            searched.places.push(SearchedPlace {
                left_over: left.len() as u64,
                name: needles.hidden(&place.name),
                rows: place.rows,
                bytes: place.bytes,
            });
            all_left.extend(left);
            all_found.extend(place.found);
        }
        searched.said_by_what_stays = all_found.intersection(&said).count() as u64;
        searched.left_over = all_left.len() as u64;
        let unread = scan.unread.iter().map(|why| needles.hidden(why));
        searched.unread = unread.collect();
        let outside = scan.outside.iter().map(|name| {
            let what = format!("what {} leads to", needles.hidden(name));
            BeyondReach::new(what, "it is outside of the directory, and was not searched")
        });
        let strange = scan.strange.iter().map(|why| {
            BeyondReach::new(
                needles.hidden(why),
                "it is none of Tulving's, and was not searched; who may read it can look there",
            )
        });
        Ok(outside.chain(strange).collect())
    }
}

impl Proof {
    /// Returns what was found.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Removes what was kept for the proof, once the certificate is safe. Where something was found it stays: the
    /// next forgetting looks for it again.
    ///
    /// # Errors
    /// As every method.
    pub async fn close(self) -> Result<(), StoreError> {
        if self.certificate.absent {
            let (backend, scope) = (&self.store.backend, self.store.scope);
            backend.keep_unfinished(scope, None).await?;
        }
        Ok(())
    }
}

impl Searched {
    fn is_clean(&self) -> bool {
        self.left_over == 0 && self.still_there == 0 && self.unread.is_empty()
    }
}
