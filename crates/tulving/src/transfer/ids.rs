//! A set of ids, as hashes: small enough for a source of any size.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// Ids, eight bytes each, so that a source of any size can be held.
#[derive(Default)]
pub(super) struct IdSet {
    keys: RandomState,
    hashes: Vec<u64>,
}

impl IdSet {
    pub(super) fn hash(&self, id: &str) -> u64 {
        self.keys.hash_one(id)
    }

    pub(super) fn add(&mut self, id: &str) {
        self.hashes.push(self.hash(id));
    }

    /// Sorts, and returns the hashes that occur more than once.
    pub(super) fn seal(&mut self) -> HashSet<u64> {
        self.hashes.sort_unstable();
        let repeated = self
            .hashes
            .windows(2)
            .filter(|pair| pair[0] == pair[1])
            .map(|pair| pair[0])
            .collect();
        self.hashes.dedup();
        repeated
    }

    /// Returns whether an id is among them; a stranger is taken for one of them once in 2⁶⁴ / n times.
    pub(super) fn contains(&self, id: &str) -> bool {
        self.hashes.binary_search(&self.hash(id)).is_ok()
    }
}
