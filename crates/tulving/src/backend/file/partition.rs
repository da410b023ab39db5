//! A partition: the memories of one kind, those of the base and those of the changes together.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::base::Base;
use super::catalog::{CatalogEntry, Extent};
use super::changes::Changes;
use super::error::FileError;
use super::vectors::Vectors;
use crate::model::{Kind, Scope};

/// The memories of one kind. Documents are numbered: first the rows of the base, then those of the
/// changes.
#[derive(Debug, Clone)]
pub(super) struct Partition {
    pub(super) kind: Kind,
    pub(super) scope: Scope,
    pub(super) base: Arc<Base>,
    pub(super) changes: Arc<Changes>,
    /// By the number of their space.
    pub(super) vectors: Arc<BTreeMap<u32, Vectors>>,
}

impl Partition {
    /// Returns the vectors of the space with a number, but for those in the pair.
    pub(super) fn vectors(&self, space: u32) -> Option<&Vectors> {
        self.vectors.get(&space)
    }

    pub(super) fn put_vector(&mut self, space: u32, doc: u32, extent: Extent) {
        let of_base = self.change_row(doc).is_none();
        self.vectors_mut(space).unmerged.put(doc, extent, of_base);
    }

    pub(super) fn vectors_mut(&mut self, space: u32) -> &mut Vectors {
        Arc::make_mut(&mut self.vectors).entry(space).or_default()
    }

    /// Returns the numbers that rows of the base have in a space, whatever they are; none where it has
    /// no file.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn base_numbers(
        &self,
        space: u32,
        pair: u32,
        first: u32,
        count: usize,
    ) -> Result<Option<Vec<f32>>, FileError> {
        if space == pair {
            return self.base.numbers(first, count).map(Some);
        }
        let array = self.vectors(space).and_then(|kept| kept.array.as_ref());
        array.map(|array| array.numbers(first, count)).transpose()
    }

    /// Returns the row of the changes that a document is; `None` if it is one of the base.
    pub(super) fn change_row(&self, doc: u32) -> Option<u32> {
        doc.checked_sub(self.base.rows())
    }

    pub(super) fn base_row(&self, id: &str) -> Option<u32> {
        let row = self.base.lookup().row(&self.base.catalog, id)?;
        (!self.changes.tombstones.contains(&row)).then_some(row)
    }

    /// Returns the document with that id.
    pub(super) fn find(&self, id: &str) -> Option<u32> {
        match self.changes.row(id) {
            Some(row) => Some(self.base.rows() + row),
            None => self.base_row(id),
        }
    }

    /// Returns whether a document is a memory of the owner.
    pub(super) fn is_live(&self, doc: u32) -> bool {
        match self.change_row(doc) {
            Some(row) => self.changes.is_live(row),
            None => {
                self.base.catalog.is_sound(doc as usize) && !self.changes.tombstones.contains(&doc)
            }
        }
    }

    /// Returns whether every row of the base is a memory of the owner.
    pub(super) fn counts_whole_base(&self) -> bool {
        self.changes.tombstones.is_empty() && self.base.lookup().all_sound(&self.base.catalog)
    }

    /// Returns the catalog entry of a document.
    pub(super) fn entry(&self, doc: u32) -> Option<CatalogEntry<'_>> {
        match self.change_row(doc) {
            Some(row) => self.changes.catalog.get(row as usize),
            None => self.base.catalog.get(doc as usize),
        }
    }

    /// Returns the owner's memories.
    pub(super) fn live(&self) -> impl Iterator<Item = (u32, CatalogEntry<'_>)> {
        let docs = 0..self.base.rows().saturating_add(self.changes.rows());
        docs.filter(|doc| self.is_live(*doc))
            .filter_map(|doc| Some((doc, self.entry(doc)?)))
    }

    /// Returns the owner's nodes of a conversation, from one place to another, both taken in.
    pub(super) fn conversation<'s>(
        &'s self,
        conversation: &'s str,
        first: i64,
        last: i64,
    ) -> impl Iterator<Item = (u32, CatalogEntry<'s>)> {
        let base = self
            .base
            .lookup()
            .conversation(&self.base.catalog, conversation, first, last)
            .filter(|row| !self.changes.tombstones.contains(row));
        let changes = self
            .changes
            .conversation(conversation)
            .map(|row| self.base.rows() + row);
        base.chain(changes)
            .filter_map(|doc| Some((doc, self.entry(doc)?)))
            .filter(move |(_, entry)| (first..=last).contains(&entry.sequence))
    }
}
