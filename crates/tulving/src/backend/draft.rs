//! Drafts: memories to be inserted.

use std::collections::HashMap;

use crate::model::{Embedding, Key, Memory};
use crate::record;

/// A memory with its vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The memory.
    pub memory: Memory,
    /// Its vector; none if it is found by words only.
    pub embedding: Option<Embedding>,
}

/// A memory to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Draft {
    /// As it stands, with its id.
    Whole(Entry),
    /// A node that goes to the end of its conversation, or a chunk to that of its document: the backend gives
    /// it the place after the highest there is (0 in a new conversation; the highest there can be stays that),
    /// and with it its id ([`Memory::place`](crate::model::Memory::place)). What it carries, if anything, says
    /// nothing of either. An episode is written as it stands.
    Next(Entry),
    /// The same, but it keeps its id.
    NextNamed(Entry),
}

/// What becomes of the other drafts of a batch if the id of one is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfTaken {
    /// Nothing is written.
    Refuse,
    /// What is there stays, and all others are written. Not for an id that follows from a place
    /// ([`Draft::Next`]): nobody gave it, so what is there is another memory, and nothing is written.
    Keep,
}

/// What became of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inserted {
    /// It was written.
    New(Key),
    /// Its id was taken, by what was there or by an earlier draft, which stays.
    There {
        /// Its key.
        key: Key,
        /// Whether the draft says the same as what is there ([`Draft::is_said_by`]).
        is_same: bool,
    },
}

impl Inserted {
    /// Returns the key that the draft names, or was given.
    #[must_use]
    pub fn key(&self) -> &Key {
        match self {
            Self::New(key) | Self::There { key, .. } => key,
        }
    }
}

impl Draft {
    /// Returns whether what is stored under its id says what it says: the same content
    /// ([`crate::record::same_content`]), wherever it stands if its place is left to the backend, and
    /// the same vector, if the draft has one.
    #[must_use]
    pub fn is_said_by(&self, stored: &Entry) -> bool {
        let entry = self.entry();
        let vector = entry.embedding.as_ref().filter(|vector| !vector.is_zero());
        let has_vector = vector.is_none_or(|vector| {
            let stored = stored.embedding.as_ref();
            stored.is_some_and(|stored| same_bits(stored.numbers(), vector.numbers()))
        });
        let mut memory = entry.memory.clone();
        if let (Some(container), Some((other, index))) =
            (self.goes_to_end_of(), stored.memory.position())
            && container == other
        {
            memory.place(index, true);
        }
        has_vector && record::same_content(&memory, &stored.memory)
    }

    /// Returns what is to be written, as it was given.
    #[must_use]
    pub fn entry(&self) -> &Entry {
        match self {
            Self::Whole(entry) | Self::Next(entry) | Self::NextNamed(entry) => entry,
        }
    }

    /// Returns the container at the end of which it goes, if it does.
    #[must_use]
    pub fn goes_to_end_of(&self) -> Option<&str> {
        let (container, _) = self.entry().memory.position()?;
        (!matches!(self, Self::Whole(_))).then_some(container)
    }

    /// Returns the id that it will have, if that is settled.
    #[must_use]
    pub fn settled_id(&self) -> Option<&str> {
        let is_open = matches!(self, Self::Next(_)) && self.goes_to_end_of().is_some();
        (!is_open).then(|| self.entry().memory.id())
    }

    /// Returns the entry at its place, and keeps the books: `ends` holds the highest place in each
    /// container to which drafts go.
    pub fn settle(self, ends: &mut HashMap<String, i64>) -> Entry {
        let goes_to = self.goes_to_end_of().map(str::to_owned);
        let (mut entry, keeps_id) = match self {
            Self::Next(entry) => (entry, false),
            Self::Whole(entry) | Self::NextNamed(entry) => (entry, true),
        };
        if let Some(container) = goes_to {
            let end = ends.entry(container).or_insert(-1);
            *end = end.saturating_add(1);
            entry.memory.place(*end, keeps_id);
        } else if let Some((container, index)) = entry.memory.position()
            && let Some(end) = ends.get_mut(container)
        {
            *end = index.max(*end);
        }
        entry
    }
}

fn same_bits(one: &[f32], other: &[f32]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| one.to_bits() == other.to_bits())
}
