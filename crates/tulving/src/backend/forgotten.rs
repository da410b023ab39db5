//! Tombstones: which memories were forgotten and are not to come back, in salted hashes.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::model::Key;

/// A lock that is held until it is dropped.
pub type Held = Box<dyn std::any::Any + Send>;

/// A salted hash of a kind and an id.
pub type Tombstone = [u8; 16];

/// What was forgotten of a scope: nothing but hashes, with the salt that they were made with. Whoever has an id
/// can ask for it; whoever has none learns none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgotten {
    /// Of this scope alone, and random.
    pub salt: [u8; 16],
    /// One for each memory and each document.
    pub tombstones: BTreeSet<Tombstone>,
}

impl Default for Forgotten {
    /// Returns none, with a new salt.
    fn default() -> Self {
        Self {
            salt: Uuid::new_v4().into_bytes(),
            tombstones: BTreeSet::new(),
        }
    }
}

impl Forgotten {
    /// Returns whether a memory was forgotten.
    #[must_use]
    pub fn holds(&self, key: &Key) -> bool {
        !self.tombstones.is_empty() && self.tombstones.contains(&self.of_memory(key))
    }

    /// Returns whether a document was forgotten.
    #[must_use]
    pub fn holds_document(&self, id: &str) -> bool {
        !self.tombstones.is_empty() && self.tombstones.contains(&self.of_document(id))
    }

    /// Returns the tombstones of these memories and documents.
    #[must_use]
    pub fn of(&self, keys: &[Key], documents: &[String]) -> BTreeSet<Tombstone> {
        let memories = keys.iter().map(|key| self.of_memory(key));
        let documents = documents.iter().map(|id| self.of_document(id));
        memories.chain(documents).collect()
    }

    fn of_memory(&self, key: &Key) -> Tombstone {
        self.tombstone(key.kind.as_str(), &key.id)
    }

    fn of_document(&self, id: &str) -> Tombstone {
        self.tombstone("document", id)
    }

    fn tombstone(&self, kind: &str, id: &str) -> Tombstone {
        let mut hash = Sha256::new();
        hash.update(self.salt);
        hash.update(kind);
        hash.update([0]);
        hash.update(id);
        let mut tombstone = [0; 16];
        tombstone.copy_from_slice(&hash.finalize()[..16]);
        tombstone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    #[test]
    fn only_what_was_forgotten_is_known_and_only_under_its_salt() {
        let mut forgotten = Forgotten::default();
        let key = Key::new(Kind::Node, "one");
        assert!(!forgotten.holds(&key));
        forgotten.tombstones = forgotten.of(std::slice::from_ref(&key), &["a".to_owned()]);
        assert!(forgotten.holds(&key) && forgotten.holds_document("a"));
        assert!(!forgotten.holds(&Key::new(Kind::Episode, "one")));
        assert!(!forgotten.holds_document("one") && !forgotten.holds(&Key::new(Kind::Node, "a")));
        let other = Forgotten {
            salt: [0; 16],
            ..forgotten
        };
        assert!(!other.holds(&key));
    }
}
