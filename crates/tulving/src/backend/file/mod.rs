//! A data directory: JSON records beside arrays of vectors.

pub mod layout;
pub mod npy;
pub mod pair;
