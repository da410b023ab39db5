//! SQL: every statement that Tulving sends, made by functions without a connection.
//!
//! The text of each, for every kind of memory and every option that changes it, stands in `golden/`; a
//! test compares. A [`Statement`] can be made here alone, under a [`Name`](name::Name), and a [`Client`]
//! sends nothing else: so none can be sent that is not in the listing.
//!
//! | module | holds |
//! |---|---|
//! | `text`, `name` | a statement, its text while it is put together, and the names of all statements |
//! | `listing` | every statement with every option that changes it, for the test that compares |
//! | `transaction` | what a transaction is for, how transactions and sessions begin and end, and locks |
//! | `database` | what a database is, from the server's catalogs |
//! | `schema` | the scripts of the schema |
//! | `owners`, `scopes` | users and tenants; what a scope holds |
//! | `memories`, `live`, `documents` | memories by id, their live fields, documents |
//! | `pages`, `filter` | pages, counts and clusters; a filter as a condition |
//! | `lookup` | rows by a key, which can be planned in one way only |
//! | `search`, `postings` | search; the keyword index |
//! | `vectors`, `spaces`, `indexes` | vectors, their spaces, and the indexes of large scopes |
//! | `inspection` | what search reads, beside what the memories say |
//! | `forgotten` | tombstones, raw rows, and dead ones |
//! | `bulk`, `runs` | many memories at once; the ledger |
//!
//! [`Client`]: super::client::Client

pub(super) mod bulk;
pub(super) mod database;
pub(super) mod documents;
pub(super) mod filter;
pub(super) mod forgotten;
pub(super) mod indexes;
pub(super) mod inspection;
pub(super) mod live;
pub(super) mod lookup;
pub(super) mod memories;
mod name;
pub(super) mod owners;
pub(super) mod pages;
pub(super) mod postings;
pub(super) mod runs;
pub(super) mod schema;
pub(super) mod scopes;
pub(super) mod search;
pub(super) mod spaces;
mod text;
pub(super) mod transaction;
pub(super) mod vectors;

#[cfg(test)]
mod listing;

pub(super) use text::Statement;
