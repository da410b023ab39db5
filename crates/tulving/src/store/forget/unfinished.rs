//! The record of a forgetting that is under way: whatever interrupts it, the same command finishes the whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::reading::Doomed;
use crate::backend::{Backend, KeptNeedles};
use crate::model::{Key, Kind, Scope};
use crate::store::StoreError;

/// What is to be forgotten and looked for. It is kept from before the first tombstone until the proof is written.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::store) struct Unfinished {
    /// What its certificate is known by.
    pub(super) id: Uuid,
    /// When it began, in ISO 8601.
    pub(super) started_at: String,
    /// Ids of memories by the names of their kinds.
    memories: BTreeMap<String, Vec<String>>,
    documents: Vec<String>,
    needles: KeptNeedles,
}

impl Unfinished {
    /// Returns the record that is kept of a scope.
    ///
    /// # Errors
    /// If it cannot be read, or is none.
    pub(super) async fn of(
        backend: &dyn Backend,
        scope: Scope,
    ) -> Result<Option<Self>, StoreError> {
        let record = backend.unfinished(scope).await?;
        let record = record.map(|record| serde_json::from_slice(&record));
        record.transpose().map_err(|_| StoreError::Unfinished)
    }

    /// Takes what came back since out of the record that is kept of a scope, if there is one: whoever finishes that
    /// forgetting is not to erase it.
    ///
    /// # Errors
    /// As [`of`](Self::of), or if the record cannot be written.
    pub(in crate::store) async fn spare(
        backend: &dyn Backend,
        scope: Scope,
        keys: &[Key],
        documents: &[String],
    ) -> Result<(), StoreError> {
        let Some(mut record) = Self::of(backend, scope).await? else {
            return Ok(());
        };
        for key in keys {
            if let Some(ids) = record.memories.get_mut(key.kind.as_str()) {
                ids.retain(|id| *id != key.id);
            }
        }
        record.documents.retain(|id| !documents.contains(id));
        let record = serde_json::to_vec(&record).unwrap_or_default();
        Ok(backend.keep_unfinished(scope, Some(&record)).await?)
    }

    /// Returns how many memories it is about.
    pub(super) fn memories(&self) -> u64 {
        self.memories.values().map(|ids| ids.len() as u64).sum()
    }

    pub(super) fn new(id: Uuid, started_at: &str, doomed: &Doomed) -> Self {
        let mut memories = BTreeMap::<String, Vec<String>>::new();
        for key in &doomed.keys {
            let ids = memories.entry(key.kind.as_str().to_owned()).or_default();
            ids.push(key.id.clone());
        }
        Self {
            id,
            started_at: started_at.to_owned(),
            memories,
            documents: doomed.documents.iter().cloned().collect(),
            needles: doomed.needles.kept(),
        }
    }

    pub(super) fn doomed(self) -> Doomed {
        let keys = Kind::ALL.into_iter().flat_map(|kind| {
            let ids = self.memories.get(kind.as_str());
            ids.into_iter()
                .flatten()
                .map(move |id| Key::new(kind, id.as_str()))
        });
        Doomed {
            keys: keys.collect(),
            documents: self.documents.iter().cloned().collect(),
            needles: self.needles.into(),
            ..Doomed::default()
        }
    }
}
