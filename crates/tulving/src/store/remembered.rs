//! What becomes of memories that have ids of their own, and what came of a write of them.

use super::duplicates::Duplicate;
use super::missing_vectors::{LeftOut, WordsOnly};
use crate::model::PerKind;

/// What becomes of a memory that is there already and differs from the one that bears its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IfThere {
    /// Nothing is written, and the difference is an error.
    #[default]
    Refuse,
    /// What was said takes its place; what was not said of it stays.
    Update,
}

/// What became of something that was to be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Added,
    /// It was there, and is different now.
    Updated,
    /// It was there, and the same.
    Unchanged,
    /// It says the same as another, and was not stored.
    Skipped,
}

/// How many memories of a kind became what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// New ones.
    pub added: u64,
    /// Those that were there, and are different now.
    pub updated: u64,
    /// Those that were there, and the same.
    pub unchanged: u64,
    /// Those that are gone, since their conversation no longer has them.
    pub removed: u64,
    /// Those that were not stored, since others say the same.
    pub skipped: u64,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The ids, in the order of what was given; of a conversation, that of the episode; of what was not stored, that
    /// of the memory that says the same.
    pub ids: Vec<String>,
    /// What became of each.
    pub outcomes: Vec<Outcome>,
    /// How many memories they are.
    pub memories: PerKind<Written>,
    /// Which of the new ones say the same as others, that are there or were given before them.
    pub duplicates: Vec<Duplicate>,
    /// Why some have no vector and will be found by words only.
    pub words_only: Option<WordsOnly>,
    /// Why some have no vector in a further space.
    pub left_out: Option<LeftOut>,
}
