//! What has come so far of what was to be remembered.

use std::collections::{HashMap, HashSet};

use super::beside::LeftOut;
use super::part::Part;
use super::remember::gone;
use super::{Outcome, Remembered, WordsOnly, Written};
use crate::backend::Entry;
use crate::model::{Key, Kind, PerKind};

/// What has come of it so far.
#[derive(Debug)]
pub(super) struct Course {
    pub(super) ids: Vec<String>,
    outcomes: Vec<Option<Outcome>>,
    pub(super) memories: PerKind<Written>,
    /// Whether the same call finishes what is cut short.
    pub(super) is_repeated: bool,
    counted: HashSet<Key>,
    words_only: Option<WordsOnly>,
    left_out: Option<LeftOut>,
}

impl Course {
    /// Begins with so many that are given.
    pub(super) fn of(given: usize) -> Self {
        Self {
            ids: vec![String::new(); given],
            outcomes: vec![None; given],
            memories: PerKind::default(),
            is_repeated: false,
            counted: HashSet::new(),
            words_only: None,
            left_out: None,
        }
    }

    /// Begins what is done again by the same call when it is cut short.
    pub(super) fn repeated(given: usize) -> Self {
        let mut course = Self::of(given);
        course.is_repeated = true;
        course
    }

    /// Notes what became of a part. Of what was given, what came first of any of its parts counts.
    pub(super) fn came_of(&mut self, part: &Part, outcome: Outcome) {
        self.outcomes[part.index].get_or_insert(outcome);
    }

    /// Counts a part; what came first of a memory counts, though it is tried again.
    pub(super) fn count(&mut self, part: &Part, what: fn(&mut Written) -> &mut u64) {
        let key = part.memory.key();
        if !part.is_named() || self.counted.insert(key) {
            *what(&mut self.memories[part.memory.kind()]) += 1;
        }
    }

    /// Notes why vectors are missing; the first reason counts.
    pub(super) fn tell(&mut self, words_only: Option<WordsOnly>, left_out: Option<LeftOut>) {
        self.words_only = self.words_only.take().or(words_only);
        self.left_out = self.left_out.take().or(left_out);
    }

    /// Ends it.
    pub(super) fn remembered(self) -> Remembered {
        let outcomes = self.outcomes.into_iter();
        Remembered {
            ids: self.ids,
            outcomes: outcomes
                .map(|outcome| outcome.unwrap_or(Outcome::Unchanged))
                .collect(),
            memories: self.memories,
            words_only: self.words_only,
            left_out: self.left_out,
        }
    }
}

/// Parts by what is to be done with them.
pub(super) struct Sorted<'p> {
    /// Those that are not there.
    pub(super) missing: Vec<&'p Part>,
    /// Those that are there and differ, with what is there, and in which fields.
    pub(super) others: Vec<(&'p Part, &'p Entry, Vec<&'static str>)>,
    /// Those that are there as they are.
    pub(super) same: Vec<&'p Part>,
}

impl<'p> Sorted<'p> {
    /// Compares parts with what is stored under their ids.
    pub(super) fn of(parts: &'p [Part], stored: &'p HashMap<Key, Entry>, course: &Course) -> Self {
        let (mut missing, mut others, mut same) = (Vec::new(), Vec::new(), Vec::new());
        for part in parts {
            let known = stored.get(&part.memory.key());
            match known.filter(|_| part.is_named()) {
                // What nobody named is known by nothing but that it was written.
                None if part.is_named() || course.outcomes[part.index].is_none() => {
                    missing.push(part);
                }
                None => {}
                Some(entry) => match part.differing(entry) {
                    fields if fields.is_empty() => same.push(part),
                    fields => others.push((part, entry, fields)),
                },
            }
        }
        Self {
            missing,
            others,
            same,
        }
    }

    /// Notes what would come of it if all were written; returns what would be there no more.
    pub(super) fn count(self, course: &mut Course) -> Vec<Key> {
        let mut all_gone = Vec::new();
        for part in self.missing {
            course.came_of(part, part.if_missing());
            course.count(part, |written| &mut written.added);
        }
        for (part, stored, fields) in self.others {
            course.came_of(part, Outcome::Updated);
            course.count(part, |written| &mut written.updated);
            if fields.contains(&"messages") {
                let gone = gone(&stored.memory, &part.memory);
                course.memories[Kind::Node].removed += gone.len() as u64;
                all_gone.extend(gone);
            }
        }
        for part in self.same {
            course.count(part, |written| &mut written.unchanged);
        }
        all_gone
    }
}
