//! A data directory: JSON records beside arrays of vectors.

mod error;
pub mod layout;
pub mod npy;
pub mod pair;

pub use error::FileError;
