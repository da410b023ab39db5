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
//! Features: `postgres` is [`backend::postgres`] and `http` is [`embed::Http`], both on by default; `local` is
//! `embed::Local`, models in a directory, and is asked for. Without them memory is in files, and nothing is compiled
//! that reaches a network.
//!
//! It is no server and no program: it reads no environment variable, parses no arguments, prints
//! nothing and knows no terminal. Who subscribes to spans of `tracing` sees each call of a backend
//! (target `tulving::backend`): its name, and whether of a user or a tenant.
//!
//! # Memory in files
//!
//! In Cargo.toml: `tulving`, and `tokio = { version = "1", features = ["macros", "rt-multi-thread"] }`.
//! [`uuid`] is re-exported. The first run makes the directory, and every later one finds it:
//!
//! ```
//! use std::sync::Arc;
//!
//! use tulving::embed::Builtin;
//! use tulving::store::{NewNode, Query, Store};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = std::env::temp_dir().join(format!("tulving-{}", tulving::uuid::Uuid::new_v4()));
//! # let before = directory.clone();
//! # for run in 1..=2 {
//! # let directory = before.clone();
//! // The built-in model turns texts into vectors; `embed::Http` asks a server.
//! let memory = Store::open_or_create(directory, Arc::new(Builtin::new())).await?;
//! memory
//!     .add(vec![
//!         NewNode::new(
//!             "Why did the worker hang?",
//!             "The connection pool was exhausted; its size is 32 now.",
//!         )
//!         .tags(["ops"]),
//!     ])
//!     .await?; // it survives the loss of power from here on
//!
//! let found = memory.search(&Query::text("pool size").top_k(5)).await?;
//! println!("{}", found.prompt(&[], 4_000)); // at most so many characters, marked as data
//! # assert!(found.hits[0].snippet.text.contains("The connection pool was exhausted"));
//! # assert_eq!(found.hits.len(), run);
//! # }
//! # std::fs::remove_dir_all(&before)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Memory in PostgreSQL
//!
//! A database holds the memories of many owners; its tables are made by `tulving schema apply`, or
//! [`backend::postgres::Connection::apply_schema`], and its owners by `tulving user create`, or
//! [`backend::postgres::Connection::create_user`]. A directory is moved there by `tulving migrate`, or
//! [`transfer`].
//!
#![cfg_attr(feature = "postgres", doc = "```no_run")]
#![cfg_attr(not(feature = "postgres"), doc = "```ignore")]
//! use std::sync::Arc;
//!
//! use tulving::backend::postgres::{Database, Dsn};
//! use tulving::embed::Builtin;
//! use tulving::model::Scope;
//! use tulving::parity::{self, Side};
//! use tulving::store::{Store, StoreConfig};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let dsn: Dsn = "postgresql://me@localhost/memories".parse()?;
//! let store = Store::open(StoreConfig::postgres(Database::new(dsn))).await?;
//! let ann = Scope::User("3f2b8c1e-7d4a-4e0b-9c55-0a1b2c3d4e5f".parse()?);
//! let moved = store.scope(ann); // her memories, and nobody else's
//!
//! // The same questions to the directory that they came from.
//! let files = Store::open_directory("memory", Arc::new(Builtin::new())).await?;
//! let (files, moved) = (
//!     Side { name: "files", store: &files },
//!     Side { name: "database", store: &moved },
//! );
//! let parity = parity::compare(files, moved, 100, &|_, _| {}).await?;
//! assert!(parity.holds());
//! # Ok(())
//! # }
//! ```

pub use tulving_json as json;
pub use tulving_model as model;
pub use tulving_model::{ErrorClass, hex, record, showable};
pub use tulving_search as search;
pub use uuid;

pub mod backend;
pub mod embed;
pub mod fsutil;
pub mod parity;
pub mod store;
pub mod transfer;
