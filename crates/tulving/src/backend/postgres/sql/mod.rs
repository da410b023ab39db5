//! SQL: every statement that Tulving sends, made by functions without a connection.
//!
//! The text of each, for every kind of memory and every option that changes it, stands in `golden/`; a
//! test compares. A [`Statement`] can be made here alone, under a [`Name`], and a [`Client`] sends nothing
//! else: so none can be sent that is not in the listing.
//!
//! | module | holds |
//! |---|---|
//! | `text`, `name` | a statement's text while it is put together, and the names of all statements |
//! | `listing` | every statement with every option that changes it, for the test that compares |
//! | `transaction` | how transactions and sessions begin and end, and locks |
//! | `database` | what a database is, from the server's catalogs |
//! | `schema` | the scripts of the schema |
//! | `owners`, `scopes` | users and tenants; what a scope holds |
//! | `memories`, `live`, `documents` | memories by id, their live fields, documents |
//! | `pages`, `filter` | pages, counts and clusters; a filter as a condition |
//! | `lookup` | rows by a key, which can be planned in one way only |
//! | `search`, `postings` | search; the keyword index |
//! | `vectors`, `spaces`, `indexes` | vectors, their spaces, and the indexes of large scopes |
//! | `inspection` | what search reads, beside what the memories say |
//! | `bulk`, `runs` | many memories at once; the ledger |
//!
//! [`Client`]: super::client::Client

pub(super) mod bulk;
pub(super) mod database;
pub(super) mod documents;
pub(super) mod filter;
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

use std::fmt;

use tokio_postgres::types::{ToSql, Type};

use name::Name;
use text::Text;

/// A statement and its parameters, whose types it names: so the server keeps nothing of it, and it
/// passes through a pooler that gives each transaction another connection.
pub(super) struct Statement {
    name: Name,
    text: Text,
}

impl Statement {
    /// The text.
    pub(super) fn sql(&self) -> &str {
        self.text.sql()
    }

    /// The parameters and their types, as the driver takes them.
    pub(super) fn parameters(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        self.text.parameters()
    }
}

/// What the parameters hold is left out: it is somebody's.
impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.name, self.sql())
    }
}
