//! PostgreSQL with pgvector: the schema, the scope wall, bulk loading, the ledger.
//!
//! | module | holds |
//! |---|---|
//! | `dsn` | connection strings |
//! | `connect`, `hosts`, `barrier`, `tls` | connections: reaching a server, why that fails, TLS |
//! | `pool`, `client` | the connection pool, and the driver's client |
//! | `retry` | what is done again after a conflict or a lost connection |
//! | `sql` | every statement that is sent |
//! | `values`, `table` | values in binary format, and the columns of each kind's table |
//! | `error`, `sqlstate`, `refusal` | errors, what a SQLSTATE means, why a database is not worked with |
//! | `facts`, `requirements`, `check` | what a database is, what it must be, and whether the wall between scopes holds |
//! | `schema`, `schema_version`, `location` | the schema, its versions, and where its tables are |
//! | `session` | transactions outside any scope, the look at the database among them |
//! | `owners`, `new_owner` | users and tenants, and those that are to be made |
//! | `scoped` | [`Scoped`]: the wall, a transaction bound to one scope |
//! | `backend` | [`PostgresBackend`]: the contract, kept in a database |
//! | `writing`, `statistics` | what every write begins and ends with, and what a scope holds |
//! | `insertion`, `replacement`, `removal`, `live_fields`, `erase` | the writes, one file each |
//! | `forgotten` | tombstones, raw rows, and what is left of those that are gone |
//! | `entries`, `listing` | memories by key; pages, counts and clusters |
//! | `documents` | documents, with their chunks |
//! | `spaces`, `further_spaces` | embedding spaces, and several of them in one scope |
//! | `search` | a search: one snapshot, two round trips |
//! | `nearest`, `matching`, `neighbours` | its parts: vectors, words, and what stands beside what they found |
//! | `content` | memories by the hash of what they say |
//! | `postings`, `buckets` | the keyword index, and the rows that hold it |
//! | `index`, `own_indexes`, `index_step` | the index of a large scope's vectors, its names, and the steps that are told meanwhile |
//! | `rebuild`, `half_precision` | what search reads, made anew or put right |
//! | `inspect`, `amiss` | what search reads, compared with the memories, and what is wrong with it |
//! | `load`, `copy` | many memories at once, by COPY |
//! | `ledger`, `imports` | the ledger of runs: migrations and imports |
//! | `source`, `sink` | [`PostgresSource`] and [`PostgresSink`]: a database as either end of a transfer |

mod amiss;
mod backend;
mod barrier;
mod buckets;
mod check;
mod client;
mod connect;
mod content;
mod copy;
mod documents;
mod dsn;
mod entries;
mod erase;
mod error;
mod facts;
mod forgotten;
mod further_spaces;
mod half_precision;
mod hosts;
mod imports;
mod index;
mod index_step;
mod insertion;
mod inspect;
mod ledger;
mod listing;
mod live_fields;
mod load;
mod location;
mod matching;
mod nearest;
mod neighbours;
mod new_owner;
mod own_indexes;
mod owners;
mod pool;
mod postings;
mod rebuild;
mod refusal;
mod removal;
mod replacement;
mod requirements;
mod retry;
mod schema;
mod schema_version;
mod scoped;
mod search;
mod session;
mod sink;
mod source;
mod spaces;
mod sql;
mod sqlstate;
mod statistics;
mod table;
mod tls;
mod values;
mod writing;

pub use amiss::Amiss;
pub use backend::{PostgresBackend, PostgresOptions};
pub use barrier::{Barrier, Credentials};
pub use check::{Target, Wall};
pub use connect::{Connection, Database};
pub use dsn::{Dsn, DsnError, Surroundings};
pub use error::DatabaseError;
pub use index::{Indexed, VectorIndex};
pub use index_step::IndexStep;
pub use ledger::Lock;
pub use new_owner::{Owner, OwnerFlaw, TenantToCreate, UserToCreate};
pub use owners::{ChosenId, Made, Making, Tenant, User};
pub use refusal::{Refusal, RequiredRole};
pub use schema::{AppliedVersion, Brought, SchemaStatus};
pub use schema_version::SchemaVersion;
pub use scoped::Scoped;
pub use sink::PostgresSink;
pub use source::PostgresSource;
pub use sqlstate::Fault;
pub use tls::TlsFault;
