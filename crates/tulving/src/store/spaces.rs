//! The spaces of a scope, as its owner changes them.

use super::{ScopedStore, StoreError};
use crate::backend::KeptSpaces;
use crate::model::{Memory, Space};

/// Memories that are looked at together.
const PAGE: usize = 1024;
/// Memories whose vectors are moved together: so long a writer waits at most.
const CHUNK: usize = 512;

impl ScopedStore {
    /// Returns all spaces that are kept, and how many vectors each has.
    ///
    /// # Errors
    /// As every method.
    pub async fn spaces(&self) -> Result<KeptSpaces, StoreError> {
        Ok(self.backend.spaces(self.scope).await?)
    }

    /// Returns how many memories have a vector in the current space and none in another: they would be found by
    /// words only if that one was searched.
    ///
    /// # Errors
    /// If the other space is not kept.
    pub async fn count_lost(&self, to: &Space) -> Result<u64, StoreError> {
        let Some(current) = self.space().await? else {
            return Ok(0);
        };
        let (mut lost, mut after) = (0, None);
        loop {
            let page = self.backend.lacking(self.scope, to, after.as_ref(), PAGE);
            let page = page.await?;
            let keys: Vec<_> = page.memories.iter().map(Memory::key).collect();
            let found = self.backend.vectors(self.scope, &current, &keys).await?;
            lost += found.iter().flatten().count() as u64;
            after = page.next;
            if after.is_none() {
                return Ok(lost);
            }
        }
    }

    /// Searches in another space that is kept, at once. [`follow`](Self::follow) is to be called afterwards.
    ///
    /// # Errors
    /// If the space is not kept.
    pub async fn cut_over(&self, to: &Space) -> Result<(), StoreError> {
        self.backend.cut_over(self.scope, to).await?;
        self.seen.forget(self.scope);
        Ok(())
    }

    /// Moves vectors after a cut-over to where other programs look for those of the current space; `moved` is
    /// told of how many more. It changes no answer, and goes on where an earlier call was dropped.
    ///
    /// # Errors
    /// As every method.
    pub async fn follow(&self, moved: &(dyn Fn(u64) + Send + Sync)) -> Result<u64, StoreError> {
        let (mut all, mut after) = (0, None);
        loop {
            let followed = self.backend.follow(self.scope, after.as_ref(), CHUNK);
            let followed = followed.await?;
            all += followed.moved;
            moved(followed.moved);
            after = followed.next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }

    /// Removes a further space with all its vectors; returns whether there was one.
    ///
    /// # Errors
    /// If it is the one that is searched.
    pub async fn drop_space(&self, space: &Space) -> Result<bool, StoreError> {
        Ok(self.backend.drop_space(self.scope, space).await?)
    }
}
