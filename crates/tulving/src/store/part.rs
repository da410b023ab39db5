//! A part: one memory that something given becomes, and where it goes.

use crate::backend::{Draft, Entry};
use crate::model::{Embedding, Memory};

/// A memory that something given becomes.
#[derive(Debug)]
pub(super) struct Part {
    /// Which of those that were given.
    pub(super) index: usize,
    /// Whether its id is the id of what was given.
    pub(super) is_head: bool,
    pub(super) memory: Memory,
    pub(super) vector: Option<Vec<f32>>,
    /// The fields that were given, and not filled in.
    pub(super) said: Vec<&'static str>,
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

    /// Returns the fields in which the stored memory differs from the given one.
    pub(super) fn differing(&self, stored: &Entry) -> Vec<&'static str> {
        let mut fields = self.memory.differing(&stored.memory);
        fields.retain(|field| self.said.contains(field));
        let numbers = stored.embedding.as_ref().map(Embedding::numbers);
        if self.vector.is_some() && self.vector.as_deref() != numbers {
            fields.push("embedding");
        }
        fields
    }
}
