//! PostgreSQL with pgvector: the schema, the scope wall, bulk loading, the ledger.

mod backend;
mod check;
mod conditions;
mod connect;
mod copy;
mod dsn;
mod error;
mod holdings;
mod index;
mod ledger;
mod listing;
mod load;
mod matching;
mod nearest;
mod owners;
mod pool;
mod postings;
mod rows;
mod schema;
mod scoped;
mod spaces;
mod statement;
mod table;
mod wire;

pub use backend::{PostgresBackend, PostgresOptions};
pub use check::{Target, Wall};
pub use connect::{Connection, Database};
pub use dsn::{Dsn, DsnError};
pub use error::{DatabaseError, Refusal, Standing};
pub use ledger::{ChunkCounts, Lock, Run, RunChunk, RunStatus};
pub use load::{Existing, Written};
pub use owners::{Owner, Tenant, TenantToCreate, User, UserToCreate};
pub use schema::{AppliedVersion, SchemaStatus, SchemaVersion};
pub use scoped::Scoped;
pub use table::Stored;
pub(crate) use table::Table;
