//! Where memory lives: files, or PostgreSQL.
//!
//! [`Backend`] is the contract that both keep, [`Filter`] says which memories are meant, and
//! [`BackendError`] what can go wrong.

mod contract;
mod error;
pub mod file;
mod filter;
#[cfg(feature = "postgres")]
pub mod postgres;
mod sources;

pub use contract::{
    Backend, Cluster, Counts, Cursor, Draft, Entry, FoundBy, Listing, Matching, Nearest, Order,
    Page, Scored,
};
pub use error::BackendError;
pub use filter::{Filter, Labels, tags};
pub use sources::{ForeignSource, Placed, Sources};
