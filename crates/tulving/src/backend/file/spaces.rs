//! The vector spaces of a directory, each under a number.
//!
//! The pairs hold the vectors of one space, and every further one has files of its own. Which space is
//! current, and which are kept, is said by the manifest and changed by the journal: cutting over is one
//! frame of it, and the pairs follow when it is folded. A vector in the journal is of the space that is
//! current where it stands, unless it names its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::Space;

/// The spaces of a directory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Spaces {
    /// That of the vectors in the pairs.
    pub(super) pair: u32,
    /// That which is searched.
    pub(super) current: u32,
    kept: BTreeMap<u32, Arc<Space>>,
}

impl Spaces {
    /// Begins with the space of the pairs, if it is known, under its number.
    pub(super) fn of_pair(number: u32, space: Option<Arc<Space>>) -> Self {
        Self {
            pair: number,
            current: number,
            kept: space.map(|space| (number, space)).into_iter().collect(),
        }
    }

    /// Returns the current space; none where no vector was ever written.
    pub(super) fn current(&self) -> Option<&Arc<Space>> {
        self.get(self.current)
    }

    /// Returns the space with a number.
    pub(super) fn get(&self, number: u32) -> Option<&Arc<Space>> {
        self.kept.get(&number)
    }

    /// Returns all that are kept but the current one.
    pub(super) fn further(&self) -> impl Iterator<Item = (u32, &Arc<Space>)> {
        let all = self.kept.iter().map(|(number, space)| (*number, space));
        all.filter(|(number, _)| *number != self.current)
    }

    /// Returns the space whose vectors can be compared with those of another.
    pub(super) fn find(&self, space: &Space) -> Option<(u32, &Arc<Space>)> {
        let mut all = self.kept.iter();
        let found = all.find(|(_, kept)| kept.is_comparable_with(space));
        found.map(|(number, kept)| (*number, kept))
    }

    /// Returns a number that names nothing: no space, and no vectors of one that was dropped.
    pub(super) fn free_number(&self) -> u32 {
        let is_free = |number: &u32| !self.kept.contains_key(number) && *number != self.pair;
        (0..).find(is_free).unwrap_or(u32::MAX)
    }

    /// Keeps a space under a number.
    pub(super) fn keep(&mut self, number: u32, space: Arc<Space>) {
        self.kept.insert(number, space);
    }

    /// Keeps a space no longer.
    pub(super) fn forget(&mut self, number: u32) {
        self.kept.remove(&number);
    }

    /// Returns whether the pairs do not hold the current space yet.
    pub(super) fn is_behind(&self) -> bool {
        self.pair != self.current
    }

    /// Returns whether nothing is to be said of it but the space of the pairs.
    pub(super) fn is_single(&self) -> bool {
        self.pair == 0 && self.further().next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_not_given_again_while_the_pairs_hold_vectors_under_it() {
        let space = |model: &str| Arc::new(Space::local(model, 3));
        let mut spaces = Spaces::of_pair(0, Some(space("a")));
        assert_eq!(spaces.free_number(), 1);
        spaces.keep(1, space("b"));
        spaces.current = 1;
        spaces.forget(0);
        assert_eq!(spaces.free_number(), 2);
        spaces.pair = 1;
        assert_eq!(spaces.free_number(), 0);
    }
}
