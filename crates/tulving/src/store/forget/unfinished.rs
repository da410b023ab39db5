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
pub(super) struct Unfinished {
    /// What its certificate is known by.
    pub(super) id: Uuid,
    /// When it began, in ISO 8601.
    pub(super) started_at: String,
    /// Ids of memories by the names of their kinds.
    memories: BTreeMap<String, Vec<String>>,
    documents: Vec<String>,
    needles: KeptNeedles,
    /// Whether all of these have got their tombstones. From then on one without a tombstone is one that came back.
    #[serde(default)]
    buried: bool,
}

impl Unfinished {
    /// Returns the record that is kept of a scope, without what came back since: whoever finishes that forgetting is
    /// not to erase it.
    ///
    /// # Errors
    /// If it cannot be read, or is none.
    pub(super) async fn of(
        backend: &dyn Backend,
        scope: Scope,
    ) -> Result<Option<Self>, StoreError> {
        let Some(record) = backend.unfinished(scope).await? else {
            return Ok(None);
        };
        let mut record: Self =
            serde_json::from_slice(&record).map_err(|_| StoreError::Unfinished)?;
        if record.buried {
            let forgotten = backend.forgotten(scope).await?;
            for (kind, ids) in &mut record.memories {
                let kind = Kind::named(kind);
                ids.retain(|id| kind.is_some_and(|kind| forgotten.holds(&Key::new(kind, &**id))));
            }
            record.documents.retain(|id| forgotten.holds_document(id));
        }
        Ok(Some(record))
    }

    /// Keeps it until what it is about was proved to be gone.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) async fn keep(&self, backend: &dyn Backend, scope: Scope) -> Result<(), StoreError> {
        let record = serde_json::to_vec(self).unwrap_or_default();
        Ok(backend.keep_unfinished(scope, Some(&record)).await?)
    }

    /// Says that all of it has got its tombstones.
    pub(super) fn buried(self) -> Self {
        Self {
            buried: true,
            ..self
        }
    }

    /// Returns how many memories it is about.
    pub(super) fn memories(&self) -> u64 {
        self.memories.values().map(|ids| ids.len() as u64).sum()
    }

    pub(super) fn new(id: Uuid, started_at: &str, doomed: &Doomed) -> Self {
        let kinds = doomed.kinds.iter().map(|kind| kind.as_str().to_owned());
        let mut memories: BTreeMap<String, Vec<String>> =
            kinds.map(|kind| (kind, Vec::new())).collect();
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
            buried: false,
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
            kinds: self
                .memories
                .keys()
                .filter_map(|kind| Kind::named(kind))
                .collect(),
            documents: self.documents.iter().cloned().collect(),
            needles: self.needles.into(),
            ..Doomed::default()
        }
    }
}
