//! Long-term memory for AI assistants: in files first, in PostgreSQL when it grows, with a proof
//! that nothing was lost on the way.
//!
//! | module | holds |
//! |---|---|
//! | [`store`] | the only door: [`store::Store`], and in it each owner's [`store::ScopedStore`] |
//! | [`backend`] | where memory lives: the contract, files, PostgreSQL |
//! | [`search`] | scoring and ordering: words, vectors, both together; snippets and prompts |
//! | [`embed`] | texts into vectors: the model that is built in, or a server that speaks OpenAI's protocol |
//! | [`transfer`] | moving a scope's memory, and the proof |
//! | [`parity`] | whether two stores answer alike |
//! | [`record`] | memories as JSON records, and back |
//! | [`json`] | JSON as Python writes it, with nothing changed |
//! | [`model`] | plain data: who owns a memory ([`model::Scope`]), and what a memory is |
//! | [`ErrorClass`] | what kind of failure an error is; each error that a caller sees says its class |
//!
//! Features, all on by default: `postgres` is [`backend::postgres`] and [`transfer`], `http` is
//! [`embed::Http`]. Without them memory is in files, and nothing is compiled that reaches a network.
//!
//! It is no server and no program: it reads no environment variable, parses no arguments, prints
//! nothing and knows no terminal. Who subscribes to spans of `tracing` sees each call of a backend
//! (target `tulving::backend`): its name, and whether of a user or a tenant.
//!
//! ```
//! use tulving::backend::file::FileBackend;
//! use tulving::model::Scope;
//! use tulving::store::{NewNode, Query, Store, StoreConfig};
//!
//! # let runtime = tokio::runtime::Runtime::new()?;
//! # runtime.block_on(async {
//! # let directory = std::env::temp_dir().join(uuid::Uuid::new_v4().to_string());
//! let me = Scope::User(uuid::Uuid::new_v4());
//! let config = StoreConfig::files(&directory);
//! FileBackend::create(&directory, me, Some(config.embedder.space()))?;
//!
//! let memory = Store::open(config).await?.scope(me);
//! memory
//!     .add(vec![NewNode::new(
//!         "Why did the worker hang?",
//!         "The connection pool was exhausted; its size is 32 now.",
//!     )])
//!     .await?; // it survives the loss of power from here on
//!
//! let found = memory.search(&Query::text("pool size")).await?;
//! assert!(found.hits[0].snippet.text.contains("The connection pool was exhausted"));
//! # std::fs::remove_dir_all(&directory)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod backend;
pub mod embed;
mod error;
pub mod fsutil;
pub mod json;
pub mod model;
pub mod parity;
pub mod record;
pub mod search;
pub mod showable;
pub mod store;
#[cfg(feature = "postgres")]
pub mod transfer;

pub use error::ErrorClass;

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            // Writing to a String does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
