//! Memories to be written.

use std::collections::HashMap;

use crate::model::{Embedding, Memory};

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
    /// A node that goes to the end of its conversation: the backend gives it the sequence index
    /// after the highest there is (0 in a new conversation; the highest there can be stays that),
    /// and with it its id ([`Node::place`](crate::model::Node::place)). What the node carries, if
    /// anything, says nothing of either. An episode is written as it stands.
    Next(Entry),
    /// The same, but a node keeps its id.
    NextNamed(Entry),
}

impl Draft {
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
