//! Tombstones: which memories were forgotten and are not to come back, in salted hashes.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{BackendError, Draft, Entry, Inserted};
use crate::model::{Document, Key, Memory};

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

    /// Takes the tombstone of a memory away.
    pub fn lift(&mut self, key: &Key) {
        if !self.tombstones.is_empty() {
            self.tombstones.remove(&self.of_memory(key));
        }
    }

    /// Refuses a write that brings what was forgotten.
    ///
    /// # Errors
    /// [`BackendError::Forgotten`] for the first that was.
    pub fn refuse(&self, brought: &Brought) -> Result<(), BackendError> {
        if self.tombstones.is_empty() {
            return Ok(());
        }
        let names = brought.names().into_iter();
        let mut gone = names.map(|name| self.tombstones.contains(&self.tombstone(&name)));
        match gone.position(|is_gone| is_gone) {
            Some(place) => Err(brought.refusal(place)),
            None => Ok(()),
        }
    }

    fn of_memory(&self, key: &Key) -> Tombstone {
        self.tombstone(&name(key.kind.as_str(), &key.id))
    }

    fn of_document(&self, id: &str) -> Tombstone {
        self.tombstone(&name(DOCUMENT, id))
    }

    fn tombstone(&self, name: &[u8]) -> Tombstone {
        let mut hash = Sha256::new();
        hash.update(self.salt);
        hash.update(name);
        let mut tombstone = [0; 16];
        tombstone.copy_from_slice(&hash.finalize()[..16]);
        tombstone
    }
}

/// How documents are called where memories are called by their kind.
const DOCUMENT: &str = "document";

/// Returns what is hashed of an id, behind the salt.
fn name(kind: &str, id: &str) -> Vec<u8> {
    [kind.as_bytes(), &[0], id.as_bytes()].concat()
}

/// What a write brings under ids that it was given: memories, and documents, those of chunks among them. An id
/// that follows from a place is nobody's, and may have been that of something which was forgotten.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brought {
    /// The memories.
    pub keys: Vec<Key>,
    /// The documents.
    pub documents: Vec<String>,
}

impl Brought {
    /// Returns what drafts bring.
    #[must_use]
    pub fn by(drafts: &[Draft]) -> Self {
        let keys = drafts.iter().filter_map(|draft| {
            let kind = draft.entry().memory.kind();
            draft.settled_id().map(|id| Key::new(kind, id))
        });
        let documents = drafts
            .iter()
            .filter_map(|draft| match &draft.entry().memory {
                Memory::Chunk(chunk) => Some(chunk.document_id.as_str()),
                _ => None,
            });
        let documents: BTreeSet<&str> = documents.collect();
        Self {
            keys: keys.collect(),
            documents: documents.into_iter().map(str::to_owned).collect(),
        }
    }

    /// Returns what drafts wrote under ids that follow from their places: new memories, though one of these ids may
    /// have been that of something which was forgotten.
    pub fn placed(drafts: &[Draft], inserted: &[Inserted]) -> Vec<Key> {
        let open = drafts.iter().zip(inserted).filter_map(|(draft, inserted)| {
            let is_open = draft.settled_id().is_none();
            is_open.then(|| inserted.key().clone())
        });
        open.collect()
    }

    /// Returns what a document brings with its chunks.
    #[must_use]
    pub fn with(document: &Document, chunks: &[Entry]) -> Self {
        Self {
            keys: chunks.iter().map(|chunk| chunk.memory.key()).collect(),
            documents: vec![document.id.clone()],
        }
    }

    /// Returns the bytes that their tombstones are made of, each behind the salt; memories come first.
    pub(crate) fn names(&self) -> Vec<Vec<u8>> {
        let keys = self.keys.iter().map(|key| name(key.kind.as_str(), &key.id));
        let documents = self.documents.iter().map(|id| name(DOCUMENT, id));
        keys.chain(documents).collect()
    }

    /// Returns the error that one of them was forgotten: that at this place among the names.
    pub(crate) fn refusal(&self, place: usize) -> BackendError {
        let ids = self.keys.iter().map(|key| &key.id);
        let id = ids.chain(&self.documents).nth(place);
        BackendError::Forgotten {
            id: id.cloned().unwrap_or_default(),
        }
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
