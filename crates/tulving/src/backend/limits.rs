//! How much one write takes.

use super::{BackendError, Entry};
use crate::model::Key;
use crate::record::{self, Part};

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
    key.id.len() as u64 + EACH
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
