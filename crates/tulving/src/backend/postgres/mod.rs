//! PostgreSQL with pgvector: the schema, the scope wall, bulk loading, the ledger.

mod around;
mod backend;
mod barrier;
mod check;
mod conditions;
mod connect;
mod copy;
mod dsn;
mod error;
mod holdings;
mod index;
mod inspect;
mod ledger;
mod listing;
mod load;
mod look;
mod look_up;
mod matching;
mod narrow;
mod nearest;
mod own_index;
mod owners;
mod place;
mod pool;
mod postings;
mod reach;
mod rebuild;
mod rows;
mod schema;
mod scoped;
mod search;
mod session;
mod sink;
mod spaces;
mod sqlstate;
mod statement;
mod table;
mod tls;
mod wire;

pub use backend::{PostgresBackend, PostgresOptions};
pub use barrier::{Barrier, Credentials};
pub use check::{Target, Wall};
pub use connect::{Connection, Database};
pub use dsn::{Dsn, DsnError, Surroundings};
pub use error::{DatabaseError, Refusal, Standing};
pub use index::{IndexStep, Indexed, VectorIndex};
pub use inspect::Amiss;
pub use ledger::Lock;
pub use owners::{
    ChosenId, Made, Making, Owner, OwnerFlaw, Tenant, TenantToCreate, User, UserToCreate,
};
pub use schema::{AppliedVersion, Brought, SchemaStatus, SchemaVersion};
pub use scoped::Scoped;
pub use sink::PostgresSink;
pub use sqlstate::Fault;
pub use tls::TlsFault;
