//! Texts into vectors.
//!
//! | item | is |
//! |---|---|
//! | [`Embedder`] | the contract: texts in, vectors of one [`Space`](crate::model::Space) out, all or none |
//! | [`Builtin`] | a small model that is part of the program: nothing to install, no network |
//! | [`EmbedError`] | what can go wrong |

mod builtin;
mod embedder;
mod error;

pub use builtin::Builtin;
pub use embedder::{Embedder, Purpose};
pub use error::EmbedError;
