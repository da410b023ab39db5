//! The objects that cross an edge of the program as JSON: what `--json` prints.
//!
//! They are contracts, and so apart from the library's types: the library may rename a field, and the
//! JSON stays. A file is one noun, and a type is named after it: `wire::Hit` is the JSON of a
//! `store::Hit`. Nothing here knows of a command, a terminal or a server.

mod checks;
mod compaction;
pub mod cursor;
mod entry;
mod failure;
mod found;
mod hit;
mod index;
mod listing;
mod memory;
mod owner;
mod plan;
mod report;
mod run;
mod scope;
mod settings;
mod verbatim;
mod verification;
mod written;

pub use checks::{Check, Checks};
pub use compaction::Compaction;
pub use entry::Entry;
pub use failure::Failure;
pub use found::Found;
pub use hit::Hit;
pub use index::Index;
pub use listing::Listing;
pub use memory::Memory;
pub use owner::{Counted, Tenant, Tenants, User, Users};
pub use plan::{Plan, Prospect};
pub use report::Report;
pub use run::Run;
pub use scope::Scope;
pub use settings::{Setting, Settings};
pub use verification::Verification;
pub use written::{Batch, Deleted, Embedded, Written};
