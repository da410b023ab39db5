//! Limits: how much one write may hold.

use super::{BackendError, Entry};
use crate::model::{Document, Key};
use crate::record::{self, Part};

/// Of memories with one content hash so many are named, though there be more.
pub const SAME_HASH: usize = 100;

/// The most bytes that one write takes, counted as [`size_of_entry`] and [`size_of_key`] do: 256 MiB.
pub const LARGEST_WRITE: u64 = 256 << 20;

/// What a memory counts for besides its record and its vector, and a key besides its id.
const EACH: u64 = 256;

/// Returns how much a memory counts for in a write: the bytes of its record as it is stored in files, four for
/// each number of its vector, and 256.
#[must_use]
pub fn size_of_entry(entry: &Entry) -> u64 {
    let numbers = entry
        .embedding
        .as_ref()
        .map_or(0, |vector| vector.numbers().len());
    let mut record = Vec::new();
    // A memory that cannot be rendered is refused by whoever stores it.
    let _ = record::write(&entry.memory, Part::Everything, &mut record);
    record.len() as u64 + 4 * numbers as u64 + EACH
}

/// Returns how much a key counts for in a write: the bytes of its id, and 256.
#[must_use]
pub fn size_of_key(key: &Key) -> u64 {
    size_of_id(&key.id)
}

/// Returns how many bytes of [`LARGEST_WRITE`] an id takes that alone is written: of a document that is removed, or
/// forgotten.
#[must_use]
pub fn size_of_id(id: &str) -> u64 {
    id.len() as u64 + EACH
}

/// Returns how many bytes of [`LARGEST_WRITE`] a document takes, without its chunks.
#[must_use]
pub fn size_of_document(document: &Document) -> u64 {
    let mut record = Vec::new();
    // One whose carry cannot be read is refused where it is written.
    let _ = record::document::write(document, &mut record);
    record.len() as u64 + EACH
}

/// Refuses a write that is larger than [`LARGEST_WRITE`].
///
/// # Errors
/// [`BackendError::TooLarge`].
pub fn require_size(sizes: impl Iterator<Item = u64>) -> Result<(), BackendError> {
    let bytes = sizes.sum();
    if bytes > LARGEST_WRITE {
        let limit = LARGEST_WRITE;
        return Err(BackendError::TooLarge { bytes, limit });
    }
    Ok(())
}

/// Refuses a write that names more memories and documents than [`LARGEST_WRITE`] takes.
///
/// # Errors
/// [`BackendError::TooLarge`].
pub fn require_size_of_ids(keys: &[Key], documents: &[String]) -> Result<(), BackendError> {
    let documents = documents.iter().map(|id| size_of_id(id));
    require_size(keys.iter().map(size_of_key).chain(documents))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Embedding, Kind, Node, Space, Timestamp};

    #[test]
    fn a_write_is_as_large_as_its_records_and_vectors_and_a_little_for_each() {
        let at = Timestamp::from_micros(0).unwrap();
        let node = Node::new("c", 0, "question", "answer", at);
        let mut entry = Entry {
            memory: node.into(),
            embedding: None,
        };
        let mut record = Vec::new();
        record::write(&entry.memory, Part::Everything, &mut record).unwrap();
        let bare = size_of_entry(&entry);
        assert_eq!(bare, record.len() as u64 + 256);
        let space = std::sync::Arc::new(Space::local("m", 3));
        entry.embedding = Some(Embedding::new(space, vec![1.0; 3]).unwrap());
        assert_eq!(size_of_entry(&entry), bare + 12);
        assert_eq!(size_of_key(&Key::new(Kind::Node, "four")), 260);
    }

    #[test]
    fn the_most_is_taken_and_one_byte_more_is_not() {
        let halves = |more| [LARGEST_WRITE / 2, LARGEST_WRITE / 2 + more].into_iter();
        require_size(halves(0)).unwrap();
        match require_size(halves(1)) {
            Err(BackendError::TooLarge { bytes, limit }) => {
                assert_eq!((bytes, limit), (LARGEST_WRITE + 1, LARGEST_WRITE));
            }
            other => panic!("{other:?}"),
        }
    }
}
