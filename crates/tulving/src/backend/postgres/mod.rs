//! PostgreSQL with pgvector: the schema, the scope wall, bulk loading, the ledger.

mod check;
mod connect;
mod copy;
mod dsn;
mod error;
mod ledger;
mod load;
mod owners;
mod schema;
mod scoped;
mod spaces;
mod table;
mod wire;

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
