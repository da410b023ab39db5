//! What has come so far of what was to be remembered.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::duplicates::{Duplicate, OnDuplicate, Twin};
use super::missing_vectors::LeftOut;
use super::missing_vectors::WordsOnly;
use super::part::{Part, gone};
use super::remembered::{Outcome, Remembered, Written};
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
    /// By what was given and the id that it has.
    duplicates: BTreeMap<(usize, String), Duplicate>,
    /// What was given again with the same id and the same text, and where it came first.
    repeated: Vec<(usize, usize)>,
    /// What of the parts at hand comes again with something else to say.
    pub(super) changing: HashSet<Key>,
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
            duplicates: BTreeMap::new(),
            repeated: Vec::new(),
            changing: HashSet::new(),
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

    /// Notes that what was given at a place was given before: what becomes of that becomes of it.
    pub(super) fn repeats(&mut self, index: usize, before: usize) {
        self.repeated.push((index, before));
    }

    /// Counts a part; what came first of a memory counts, though it is tried again.
    pub(super) fn count(&mut self, part: &Part, what: fn(&mut Written) -> &mut u64) {
        let key = part.memory.key();
        if !part.is_named() || self.counted.insert(key) {
            *what(&mut self.memories[part.memory.kind()]) += 1;
        }
    }

    /// Notes that a new part says the same as another, and was not stored if these are skipped. `ids` are those of the
    /// new parts.
    pub(super) fn has_twin(
        &mut self,
        part: &Part,
        twin: &Twin,
        id: Option<&str>,
        ids: &[Option<String>],
        what: OnDuplicate,
    ) {
        // What was not written in the end has no id either, and neither has its twin.
        let Some(of) = twin.id(ids).map(str::to_owned) else {
            return;
        };
        if what == OnDuplicate::Skip {
            self.count(part, |written| &mut written.skipped);
            if part.is_head {
                self.came_of(part, Outcome::Skipped);
                self.ids[part.index].clone_from(&of);
            }
        }
        // What came first of it counts.
        let which = (part.index, part.memory.id().to_owned());
        self.duplicates.entry(which).or_insert_with(|| Duplicate {
            index: part.index,
            id: id.map(str::to_owned),
            of,
            is_near: twin.is_near,
        });
    }

    /// Notes why vectors are missing; the first reason counts.
    pub(super) fn tell(&mut self, words_only: Option<WordsOnly>, left_out: Option<LeftOut>) {
        self.words_only = self.words_only.take().or(words_only);
        self.left_out = self.left_out.take().or(left_out);
    }

    /// Ends it.
    pub(super) fn remembered(mut self) -> Remembered {
        for (index, before) in self.repeated {
            let came = self.outcomes[before].filter(|outcome| *outcome == Outcome::Skipped);
            self.outcomes[index].get_or_insert(came.unwrap_or(Outcome::Unchanged));
            self.ids[index] = self.ids[before].clone();
        }
        let outcomes = self.outcomes.into_iter();
        Remembered {
            ids: self.ids,
            outcomes: outcomes
                .map(|outcome| outcome.unwrap_or(Outcome::Unchanged))
                .collect(),
            memories: self.memories,
            duplicates: self.duplicates.into_values().collect(),
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

    /// Returns the keys of what will be gone, or say something else.
    pub(super) fn leaving(&self, course: &Course) -> HashSet<Key> {
        let others = self.others.iter();
        let leaving = others.flat_map(|(part, stored, _)| {
            let gone = match part.said {
                Some(_) => gone(&stored.memory, &part.memory),
                None => Vec::new(),
            };
            gone.into_iter().chain([part.memory.key()])
        });
        leaving.chain(course.changing.iter().cloned()).collect()
    }

    /// Notes what would come of it if all were written, of new parts with these twins; returns what would be there no
    /// more.
    pub(super) fn count(
        self,
        twins: &[Option<Twin>],
        what: OnDuplicate,
        course: &mut Course,
    ) -> Vec<Key> {
        let mut all_gone = Vec::new();
        let ids: Vec<_> = self
            .missing
            .iter()
            .map(|part| Some(part.memory.id().to_owned()))
            .collect();
        for (part, twin) in self.missing.iter().zip(twins) {
            if let Some(twin) = twin {
                course.has_twin(part, twin, Some(part.memory.id()), &ids, what);
            }
            if twin.is_none() || what != OnDuplicate::Skip {
                course.came_of(part, part.if_missing());
                course.count(part, |written| &mut written.added);
            }
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
