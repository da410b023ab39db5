//! Several embedders: while a scope changes its model, one for the space that is searched, and one for the space
//! that is filled beside it.

use std::sync::Arc;

use super::missing_vectors::LeftOut;
use super::vectors::vectors_by;
use super::{ScopedStore, StoreError};
use crate::backend::{BackendError, Entry};
use crate::embed::{Embedder, Purpose};
use crate::model::{Key, Space};
use crate::search::text::embedded;

impl ScopedStore {
    /// Returns the same memories with one more embedder. A text is embedded by the one that makes vectors of the
    /// scope's current space, whichever that is; what is written gets vectors of all the others too, if the
    /// scope keeps their spaces.
    #[must_use]
    pub fn with_embedder(mut self, further: Arc<dyn Embedder>) -> Self {
        self.further_embedders.push(further);
        self
    }

    fn embedders(&self) -> impl Iterator<Item = &Arc<dyn Embedder>> {
        std::iter::once(&self.embedder).chain(&self.further_embedders)
    }

    /// Returns the embedder that makes vectors of a space, if one does.
    pub(super) fn embedder_of(&self, space: &Space) -> Option<&Arc<dyn Embedder>> {
        self.embedders()
            .find(|embedder| embedder.space().is_comparable_with(space))
    }

    /// Writes vectors of memories that were just written in the further spaces for which there is an embedder.
    /// The write is done: what fails here is left out.
    pub(super) async fn write_beside(&self, keys: &[Key]) -> Option<LeftOut> {
        let current = match self.seen.of(self.scope) {
            // What says the same text again needs no vector of the current space, and none was asked for.
            None if !self.further_embedders.is_empty() => match self.space().await {
                Ok(space) => space,
                Err(error) => return Some(left_out(self.embedder.space(), &error)),
            },
            seen => seen.flatten(),
        }?;
        let mut missed = None;
        for embedder in self.embedders() {
            let space = embedder.space();
            if keys.is_empty() || space.is_comparable_with(&current) {
                continue;
            }
            if let Err(error) = self.try_beside(embedder.as_ref(), keys).await {
                missed = Some(left_out(space, &error));
            }
        }
        missed
    }

    async fn try_beside(&self, embedder: &dyn Embedder, keys: &[Key]) -> Result<(), StoreError> {
        // No keys: this asks whether the space is kept.
        match self
            .backend
            .vectors(self.scope, embedder.space(), &[])
            .await
        {
            Err(BackendError::UnknownSpace { .. }) => return Ok(()),
            kept => kept?,
        };
        let found = self.backend.get(self.scope, keys).await?;
        let memories = found.into_iter().flatten().map(|entry| entry.memory);
        let memories: Vec<_> = memories.collect();
        let texts: Vec<String> = memories.iter().map(embedded).collect();
        let vectors = vectors_by(embedder, &texts, Purpose::Memory, embedder.space()).await?;
        let entries = memories.into_iter().zip(vectors);
        let entries = entries.map(|(memory, vector)| Entry {
            memory,
            embedding: Some(vector),
        });
        self.put_in_groups(entries.collect()).await?;
        Ok(())
    }
}

fn left_out(space: &Arc<Space>, error: &StoreError) -> LeftOut {
    LeftOut {
        space: Arc::clone(space),
        why: match error {
            StoreError::Embed(error) => error.to_string(),
            error => error.to_string(),
        },
    }
}
