//! A part: one memory that something given becomes, and where it goes.

use std::collections::HashSet;

use super::links::{is_linked, unlinked};
use super::remembered::Outcome;
use crate::backend::{Draft, Entry};
use crate::model::{Embedding, Key, Kind, Memory};
use crate::record::same_content;

/// A memory that something given becomes.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Which of those that were given.
    pub(super) index: usize,
    /// Whether its id is the id of what was given.
    pub(super) is_head: bool,
    pub(super) memory: Memory,
    pub(super) vector: Option<Vec<f32>>,
    /// The fields that were given, and not filled in; `None` for a whole record.
    pub(super) said: Option<Vec<&'static str>>,
    /// The fields that follow from the text, and are written anew with it.
    pub(super) follows: Vec<&'static str>,
    pub(super) placing: Placing,
}

/// Where a memory goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placing {
    /// To the end of its conversation, with the id that goes with that.
    Next,
    /// To the end of its conversation, with its own id.
    NextNamed,
    /// Where it says.
    Whole,
}

impl Placing {
    pub(super) fn draft(self, entry: Entry) -> Draft {
        match self {
            Self::Next => Draft::Next(entry),
            Self::NextNamed => Draft::NextNamed(entry),
            Self::Whole => Draft::Whole(entry),
        }
    }
}

impl Part {
    /// Returns whether its id was given, or follows from one that was.
    pub(super) fn is_named(&self) -> bool {
        self.placing != Placing::Next
    }

    /// Returns what becomes of what was given where this part is missing: a conversation of which only a part was
    /// missing has changed.
    pub(super) fn if_missing(&self) -> Outcome {
        match self.is_head {
            true => Outcome::Added,
            false => Outcome::Updated,
        }
    }

    /// Returns whether an id is its own, or that of the document that it is a piece of.
    pub(super) fn bears(&self, id: &str) -> bool {
        let document = match &self.memory {
            Memory::Chunk(chunk) => Some(chunk.document_id.as_str()),
            _ => None,
        };
        self.memory.id() == id || document == Some(id)
    }

    /// Returns the fields in which the stored memory differs from the given one.
    pub(super) fn differing(&self, stored: &Entry) -> Vec<&'static str> {
        // A link that was made here is nothing that is said.
        let bare = is_linked(&stored.memory) || is_linked(&self.memory);
        let bare = bare.then(|| [&self.memory, &stored.memory].map(unlinked));
        let [given, there] = match &bare {
            Some(bare) => bare.each_ref(),
            None => [&self.memory, &stored.memory],
        };
        let mut fields = given.differing(there);
        match &self.said {
            Some(said) => fields.retain(|field| said.contains(field)),
            None if same_content(given, there) => fields.clear(),
            None => {
                let live = self.memory.kind().form().fields.iter();
                let live: Vec<_> = live
                    .filter(|field| field.live)
                    .map(|field| field.name)
                    .collect();
                fields.retain(|field| !live.contains(field));
                // What no column has.
                if fields.is_empty() {
                    fields.push("record");
                }
            }
        }
        let numbers = stored.embedding.as_ref().map(Embedding::numbers);
        if let Some(given) = &self.vector {
            let is_zero = given.iter().all(|number| *number == 0.0);
            if Some(given.as_slice()).filter(|_| !is_zero) != numbers {
                fields.push("embedding");
            }
        }
        fields
    }
}

/// Returns the questions that a conversation no longer has.
pub(super) fn gone(old: &Memory, new: &Memory) -> Vec<Key> {
    let (Memory::Episode(old), Memory::Episode(new)) = (old, new) else {
        return Vec::new();
    };
    let stays: HashSet<&String> = new.memory_node_ids.iter().collect();
    let ids = old.memory_node_ids.iter();
    ids.filter(|id| !stays.contains(id))
        .map(|id| Key::new(Kind::Node, id.as_str()))
        .collect()
}
