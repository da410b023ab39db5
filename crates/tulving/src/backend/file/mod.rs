//! A data directory: JSON records beside arrays of vectors, and a journal (a write-ahead log) of what is not in
//! them yet.
//!
//! | module | holds |
//! |---|---|
//! | [`layout`], [`npy`], [`pair`] | the origin's files, read as they are |
//! | `manifest` | whose memory it is, and in which space |
//! | `founding` | a directory before it has an owner, and how it gets one |
//! | `origin` | what the origin's loader takes |
//! | `backend` | [`FileBackend`]: the contract, kept on files |
//! | `plans` | what a write does, and what refuses it |
//! | `directory` | who reads and writes, and when: group commit |
//! | `opening` | how a directory is opened, and recovered |
//! | `state`, `query` | a snapshot of the directory, and what it answers |
//! | `partition` | the memories of one kind |
//! | `base`, `catalog`, `records` | the memories in the origin's files, what is known of each, and how they are written |
//! | `documents` | what chunks are pieces of |
//! | `spaces`, `vectors`, `further` | the vector spaces, the vectors of each, and what is done with those that are not searched |
//! | `journal`, `changes` | the writes since, on disk (the write-ahead log) and in memory (the memtable) |
//! | `compact`, `fold`, `folded`, `commit` | compaction: the journal folded into the origin's files, all of them at once |
//! | `staged_file`, `clusters` | what both a fold and an export write |
//! | `rebase` | what becomes of pending writes where something else changed the files |
//! | `erase`, `purge`, `removal` | everything of the owner removed; nothing left of what is gone; the directory itself |
//! | `scan`, `forgotten` | every file looked through; tombstones |
//! | `imports` | records of imports |
//! | `source`, `pending` | [`FileSource`]: everything read from front to end, files and journal, to be moved |
//! | `export` | [`FileSink`]: a new directory, made of what is moved there; [`DirectorySource`]: one that is exported |
//! | `access_statistics` | how often a memory was recalled, and when |
//! | `derived`, `checksum_cache` | what can be made again |
//! | `problems` | what is left as it is and should be known |
//! | `root`, `lock` | the directory's path and disk, and one writer at a time |
//! | `error` | what can go wrong |
//! | `power` | tests that cut the power after each operation on the disk |

mod access_statistics;
mod backend;
mod base;
mod catalog;
mod changes;
mod checksum_cache;
mod clusters;
mod commit;
mod compact;
mod derived;
mod directory;
mod documents;
mod erase;
mod error;
mod export;
mod fold;
mod folded;
mod forgotten;
mod founding;
mod further;
mod imports;
mod journal;
pub mod layout;
mod lock;
mod manifest;
pub mod npy;
mod opening;
mod origin;
pub mod pair;
mod partition;
mod pending;
mod plans;
#[cfg(test)]
mod power;
mod problems;
mod purge;
mod query;
mod rebase;
mod records;
mod removal;
mod root;
mod scan;
mod source;
mod spaces;
mod staged_file;
mod state;
mod vectors;

pub use backend::FileBackend;
pub use compact::Compaction;
pub use error::FileError;
pub use export::{DirectorySource, FileSink};
pub use founding::{Founding, Inventory, Site};
#[doc(hidden)]
pub use journal::explore;
pub use origin::Fault;
pub use problems::{Problem, Unloadable};
pub use rebase::Replayed;
pub use source::{FileSource, SourceError};

/// Appends numbers as they lie in files: little-endian.
fn vector_bytes(numbers: &[f32], out: &mut Vec<u8>) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}
