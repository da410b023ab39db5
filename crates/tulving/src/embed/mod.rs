//! Turning texts into vectors.

mod embedder;

pub use embedder::{EmbedError, Embedder, Purpose};
