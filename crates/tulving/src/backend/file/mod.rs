//! A data directory: JSON records beside arrays of vectors, and a journal of what is not in them yet.

mod durable;
mod error;
mod journal;
pub mod layout;
mod lock;
pub mod npy;
pub mod pair;

pub use error::FileError;
#[doc(hidden)]
pub use journal::explore;

/// Appends numbers as they lie in files: little-endian.
fn vector_bytes(numbers: &[f32], out: &mut Vec<u8>) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}
