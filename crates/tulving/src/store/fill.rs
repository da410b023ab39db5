//! Filling a space: a vector for each memory that has none in it.

use tokio::sync::Mutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::vectors::vectors_by;
use super::{ScopedStore, StoreError};
use crate::backend::{Entry, Filter, LARGEST_WRITE, size_of_entry};
use crate::embed::{EmbedError, Embedder, Purpose};
use crate::model::{Embedding, Key, Memory};
use crate::search::text::embedded;

/// Memories that are read together. A backend goes through all of a scope for each page.
const PAGE: usize = 1024;
/// Memories that are embedded and written together: as much as is lost by a kill.
const BATCH: usize = 128;
/// Batches that are embedded at the same time, so that none is waited for while the next could be sent.
const LANES: usize = 2;
/// So much is written at once; one memory may be larger.
const GROUP: u64 = LARGEST_WRITE / 8;

/// What a filling did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filled {
    /// Vectors that were made and written.
    pub made: u64,
    /// Memories of whose text the model makes no vector: it knows nothing in it.
    pub without: u64,
    /// Memories whose text the embedder refused, though it takes others.
    pub refused: Vec<Refused>,
}

/// A memory whose text was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The memory.
    pub key: Key,
    /// What the embedder said.
    pub why: String,
}

/// A batch, embedded.
struct Batch {
    entries: Vec<Entry>,
    filled: Filled,
    memories: u64,
}

impl ScopedStore {
    /// Makes vectors for all memories that have none in the embedder's space, which is kept from now on.
    /// Searches and writes go on meanwhile; what was written stays when this is dropped, and the next call
    /// goes on from there. `done` is told of how many more memories there is nothing left to do.
    ///
    /// Reading, embedding and writing go on at the same time, and a few batches are in memory.
    ///
    /// # Errors
    /// If the embedder fails for all texts, or the backend does.
    pub async fn fill(
        &self,
        embedder: &dyn Embedder,
        done: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Filled, StoreError> {
        self.backend.add_space(self.scope, embedder.space()).await?;
        let (to_embed, batches) = channel(1);
        let (to_write, made) = channel(1);
        let batches = Mutex::new(batches);
        let lanes = async {
            let lanes: [_; LANES] =
                std::array::from_fn(|_| self.embed_batches(embedder, &batches, to_write.clone()));
            drop(to_write);
            let [one, other] = lanes;
            tokio::join!(one, other)
        };
        let reading = self.read_lacking(embedder, to_embed);
        // Who fails stops the others, but what is embedded is written first.
        let (read, (one, other), filled) =
            tokio::join!(reading, lanes, self.write_batches(made, done));
        let filled = filled?;
        read.and(one).and(other)?;
        Ok(filled)
    }

    /// Makes a vector in the current space for every memory that has none, as [`fill`](Self::fill) does.
    ///
    /// # Errors
    /// [`StoreError::OtherModel`] if a vector is missing and no embedder makes those of the current space; and as
    /// [`fill`](Self::fill).
    pub async fn embed_missing(
        &self,
        done: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Filled, StoreError> {
        let Some(stored) = self.space().await? else {
            return match self.count(&Filter::default()).await?.total() {
                0 => Ok(Filled::default()),
                _ => self.fill(self.embedder.as_ref(), done).await,
            };
        };
        if let Some(embedder) = self.embedder_of(&stored) {
            return self.fill(embedder.as_ref(), done).await;
        }
        let first = self.backend.lacking(self.scope, &stored, None, 1).await?;
        match self.embeds_into(&stored) {
            Err(why) if !first.memories.is_empty() => Err(StoreError::OtherModel(why)),
            _ => Ok(Filled::default()),
        }
    }

    async fn read_lacking(
        &self,
        embedder: &dyn Embedder,
        to_embed: Sender<Vec<Memory>>,
    ) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = self
                .backend
                .lacking(self.scope, embedder.space(), after.as_ref(), PAGE)
                .await?;
            let mut memories = page.memories.into_iter().peekable();
            while memories.peek().is_some() {
                let batch = memories.by_ref().take(BATCH).collect();
                // Whoever would take it has failed, and says why.
                if to_embed.send(batch).await.is_err() {
                    return Ok(());
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Embeds batches until there are no more, or nobody writes them any more. Afterwards none is read.
    async fn embed_batches(
        &self,
        embedder: &dyn Embedder,
        batches: &Mutex<Receiver<Vec<Memory>>>,
        to_write: Sender<Batch>,
    ) -> Result<(), StoreError> {
        let next = async || batches.lock().await.recv().await;
        let mut ended = Ok(());
        while let Some(memories) = next().await {
            let batch = match embed_batch(embedder, memories).await {
                Ok(batch) => batch,
                Err(error) => {
                    ended = Err(error);
                    break;
                }
            };
            if to_write.send(batch).await.is_err() {
                break;
            }
        }
        batches.lock().await.close();
        ended
    }

    async fn write_batches(
        &self,
        mut made: Receiver<Batch>,
        done: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Filled, StoreError> {
        let mut filled = Filled::default();
        while let Some(batch) = made.recv().await {
            filled.made += self.put_in_groups(batch.entries).await?;
            filled.without += batch.filled.without;
            filled.refused.extend(batch.filled.refused);
            done(batch.memories);
        }
        Ok(filled)
    }

    /// Writes vectors, no more at once than a backend takes; returns how many.
    pub(super) async fn put_in_groups(&self, entries: Vec<Entry>) -> Result<u64, StoreError> {
        let (mut group, mut bytes, mut written) = (Vec::new(), 0, 0);
        for entry in entries {
            let size = size_of_entry(&entry);
            if bytes + size > GROUP && !group.is_empty() {
                let full = std::mem::take(&mut group);
                written += self.backend.put_vectors(self.scope, full).await?.len() as u64;
                bytes = 0;
            }
            bytes += size;
            group.push(entry);
        }
        if !group.is_empty() {
            written += self.backend.put_vectors(self.scope, group).await?.len() as u64;
        }
        Ok(written)
    }
}

/// Embeds memories. Where the embedder refuses a text, the batch is halved until that one is alone.
async fn embed_batch(embedder: &dyn Embedder, memories: Vec<Memory>) -> Result<Batch, StoreError> {
    let mut batch = Batch {
        entries: Vec::with_capacity(memories.len()),
        memories: memories.len() as u64,
        filled: Filled::default(),
    };
    let (mut parts, mut works) = (vec![memories], false);
    while let Some(mut part) = parts.pop() {
        let texts: Vec<String> = part.iter().map(embedded).collect();
        let vectors = vectors_by(embedder, &texts, Purpose::Memory, embedder.space()).await;
        let error = match vectors {
            Ok(vectors) => {
                // Of a text that it knows nothing of there is none; of every text, it is broken.
                if vectors.iter().all(Embedding::is_zero) && !knows_some(embedder).await? {
                    let model = embedder.space().model.clone();
                    return Err(EmbedError::Zeros { model }.into());
                }
                for (memory, vector) in part.into_iter().zip(vectors) {
                    batch.filled.without += u64::from(vector.is_zero());
                    let embedding = Some(vector).filter(|vector| !vector.is_zero());
                    if embedding.is_some() {
                        batch.entries.push(Entry { memory, embedding });
                    }
                }
                continue;
            }
            Err(StoreError::Embed(error)) if error.is_of_texts() => error,
            Err(error) => return Err(error),
        };
        // A server that takes nothing at all would refuse every memory, one after the other.
        works = works || takes_some(embedder).await;
        if !works {
            return Err(error.into());
        }
        if let [memory] = part.as_slice() {
            let (key, why) = (memory.key(), error.to_string());
            batch.filled.refused.push(Refused { key, why });
        } else {
            let rest = part.split_off(part.len() / 2);
            parts.extend([rest, part]);
        }
    }
    Ok(batch)
}

async fn takes_some(embedder: &dyn Embedder) -> bool {
    of_a_harmless_text(embedder).await.is_ok()
}

async fn knows_some(embedder: &dyn Embedder) -> Result<bool, StoreError> {
    let made = of_a_harmless_text(embedder).await?;
    Ok(made.iter().any(|vector| !vector.is_zero()))
}

async fn of_a_harmless_text(embedder: &dyn Embedder) -> Result<Vec<Embedding>, StoreError> {
    let texts = ["hello".to_owned()];
    vectors_by(embedder, &texts, Purpose::Memory, embedder.space()).await
}
