//! The vector spaces of one scope in a strict backend.

use std::sync::Arc;

use tulving::backend::{BackendError, Counts, Entry, Followed, KeptSpace, KeptSpaces, Lacking};
use tulving::model::{Embedding, Key, Space};
use tulving::search::text::embedded;

use super::{Room, Row, bytes};

impl Room {
    fn kept(&self, space: &Space) -> Option<Arc<Space>> {
        let mut all = self.space.iter().chain(&self.further);
        all.find(|kept| kept.is_comparable_with(space)).cloned()
    }

    fn require_kept(&self, space: &Space) -> Result<Arc<Space>, BackendError> {
        self.kept(space).ok_or_else(|| BackendError::UnknownSpace {
            space: Arc::new(space.clone()),
        })
    }

    pub(crate) fn spaces(&self) -> KeptSpaces {
        let count = |space: &Arc<Space>| {
            let mut vectors = Counts::default();
            for (key, _) in (self.rows.iter()).filter(|(_, row)| row.vectors.contains_key(space)) {
                vectors[key.kind] += 1;
            }
            KeptSpace {
                space: Arc::clone(space),
                vectors,
            }
        };
        let mut behind = Counts::default();
        for (key, _) in self.rows.iter().filter(|(_, row)| self.is_behind(row)) {
            behind[key.kind] += 1;
        }
        let mut further: Vec<KeptSpace> = self.further.iter().map(count).collect();
        further.sort_by_key(|kept| (kept.space.model.clone(), kept.space.dims));
        KeptSpaces {
            current: self.space.as_ref().map(count),
            further,
            behind,
        }
    }

    /// Whether the vector at the usual place is another than that of the current space.
    fn is_behind(&self, row: &Row) -> bool {
        let space = self.space.as_ref();
        row.place.as_ref() != space.filter(|space| row.vectors.contains_key(*space))
    }

    pub(crate) fn add_space(&mut self, space: &Space) {
        if self.kept(space).is_some() {
            return;
        }
        let space = Arc::new(space.clone());
        match self.space {
            None => self.space = Some(space),
            Some(_) => self.further.push(space),
        }
    }

    pub(crate) fn put_vectors(&mut self, entries: Vec<Entry>) -> Result<Vec<Key>, BackendError> {
        let mut written = Vec::new();
        for Entry { memory, embedding } in entries {
            let Some(vector) = embedding.filter(|vector| !vector.is_zero()) else {
                continue;
            };
            let space = self.require_kept(vector.space())?;
            let key = memory.key();
            let is_same = |stored: Entry| embedded(&stored.memory) == embedded(&memory);
            if !self.get(&key).is_some_and(is_same) {
                continue;
            }
            let Some(row) = self.rows.get_mut(&key) else {
                continue;
            };
            if self.space.as_ref() == Some(&space) {
                row.place = Some(Arc::clone(&space));
            }
            row.vectors.insert(space, bytes(&vector));
            written.push(key);
        }
        written.reverse();
        Ok(written)
    }

    pub(crate) fn vectors(
        &self,
        space: &Space,
        keys: &[Key],
    ) -> Result<Vec<Option<Embedding>>, BackendError> {
        let space = self.require_kept(space)?;
        let find = |key: &Key| self.rows.get(key)?.vector(&space);
        Ok(keys.iter().map(find).collect())
    }

    /// The last first.
    pub(crate) fn lacking(
        &self,
        space: &Space,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Lacking, BackendError> {
        let space = self.require_kept(space)?;
        let lacks = |(_, row): &(&Key, &Row)| !row.vectors.contains_key(&space);
        let mut found = self.rows.iter().rev().filter(lacks);
        let mut page: Vec<(&Key, &Row)> = found
            .by_ref()
            .filter(|(key, _)| after.is_none_or(|after| *key < after))
            .take(limit)
            .collect();
        let last = page.last().map(|(key, _)| (*key).clone());
        let memories = page.drain(..);
        Ok(Lacking {
            memories: memories
                .map(|(key, row)| self.memory(key.kind, &row.record))
                .collect(),
            next: last.filter(|_| found.next().is_some()),
        })
    }

    pub(crate) fn cut_over(&mut self, to: &Space) -> Result<(), BackendError> {
        let to = self.require_kept(to)?;
        let from = self.space.replace(Arc::clone(&to));
        let from = from.filter(|from| *from != to);
        if from.is_some() {
            self.further.retain(|space| *space != to);
            self.further.extend(from);
        }
        Ok(())
    }

    pub(crate) fn follow(&mut self, after: Option<&Key>, limit: usize) -> Followed {
        let behind = (self.rows.iter()).filter(|(_, row)| self.is_behind(row));
        let keys = behind.map(|(key, _)| key.clone());
        let keys: Vec<Key> = keys
            .filter(|key| after.is_none_or(|after| key > after))
            .take(limit)
            .collect();
        let space = self.space.clone();
        for key in &keys {
            if let Some(row) = self.rows.get_mut(key) {
                row.place = space
                    .clone()
                    .filter(|space| row.vectors.contains_key(space));
            }
        }
        Followed {
            moved: keys.len() as u64,
            // Whether there is more is found out by asking.
            next: keys.last().cloned(),
        }
    }

    pub(crate) fn drop_space(&mut self, space: &Space) -> Result<bool, BackendError> {
        let Some(space) = self.kept(space) else {
            return Ok(false);
        };
        if self.space.as_ref() == Some(&space) {
            return Err(BackendError::CurrentSpace { space });
        }
        self.further.retain(|further| *further != space);
        for row in self.rows.values_mut() {
            row.vectors.remove(&space);
            row.place.take_if(|place| *place == space);
        }
        Ok(true)
    }
}
