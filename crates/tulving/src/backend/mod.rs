//! Where memory lives: files, or PostgreSQL.
//!
//! [`Backend`] is the contract that both keep, [`Filter`] says which memories are meant, and
//! [`BackendError`] what can go wrong.
//!
//! | module | holds |
//! |---|---|
//! | `contract` | [`Backend`]: what each method promises, and what holds for all |
//! | `request`, `candidates` | what a search asks of a backend, and what a backend finds for it |
//! | `draft` | memories to be inserted, and what became of each |
//! | `live` | changes of the fields that change while a memory is used |
//! | `filter` | [`Filter`]: which memories are meant |
//! | `listing` | listings, page by page |
//! | `cluster` | clusters of nodes |
//! | `spaces` | the vector spaces of a scope |
//! | `sources` | the programs that memories may name as where they come from |
//! | `needles`, `scan` | what is looked for in raw rows and files, and what was found there |
//! | `forgotten` | tombstones of what was forgotten |
//! | `import` | imports, and how far each came |
//! | `limits` | how much one write may hold |
//! | `error` | [`BackendError`], and a backend's own errors in it |
//! | [`mod@file`] | the backend on a data directory |
//! | `postgres` | the backend on PostgreSQL, a feature |

mod candidates;
mod cluster;
mod contract;
mod draft;
mod error;
pub mod file;
mod filter;
mod forgotten;
mod import;
mod limits;
mod listing;
mod live;
mod needles;
#[cfg(feature = "postgres")]
pub mod postgres;
mod request;
mod scan;
mod sources;
mod spaces;

pub use candidates::{
    Candidate, Candidates, KindCandidates, Scored, SearchMethod, join, keep_nearest, least,
};
pub use cluster::Cluster;
pub use contract::Backend;
pub use draft::{Draft, Entry, IfTaken, Inserted};
pub use error::{BackendError, StorageError};
pub use filter::{Filter, Labels, tags};
pub use forgotten::{Brought, Forgotten, Held, Tombstone};
pub use import::{Import, ImportCounts, ImportPhase, Imports, KEPT_IMPORTS};
pub use limits::{
    LARGEST_WRITE, SAME_HASH, require_size, require_size_of_ids, size_of_document, size_of_entry,
    size_of_id, size_of_key,
};
pub use listing::{Counts, Cursor, Listing, Order, Page};
pub use live::{LiveChange, Membership};
pub use needles::{KeptNeedles, NeedleCounts, Needles, PIECE};
pub use request::Request;
pub use scan::{BeyondReach, Scan, ScannedPlace};
pub use sources::{ForeignSource, Placed, Sources};
pub use spaces::{Followed, KeptSpace, KeptSpaces, Lacking, check_space};
