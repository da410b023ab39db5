//! Embedders: texts into vectors.
//!
//! | item | is |
//! |---|---|
//! | [`Embedder`] | the contract: texts in, vectors of one [`Space`](crate::model::Space) out, all or none |
//! | [`Builtin`] | a small model that is part of the program: nothing to install, no network |
//! | [`Http`] | any server that speaks OpenAI's `/v1/embeddings` |
//! | `Local`, with the feature `local` | a model in a directory, run in this process |
//! | [`Prefixed`] | any of them, for a model that wants words such as `query: ` before each text |
//! | [`EmbedError`] | what can go wrong |

mod builtin;
mod embedder;
mod error;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "local")]
mod local;
mod prefixed;

pub use builtin::Builtin;
pub use embedder::{Embedder, Purpose};
pub use error::{EmbedError, Unusable};
#[cfg(feature = "http")]
pub use http::{ApiKey, Http, HttpOptions, forget_cached};
#[cfg(feature = "local")]
pub use local::Local;
pub use prefixed::Prefixed;
