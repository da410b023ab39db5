//! The commands, one file each: what a command takes, and what it does.
//!
//! | module | holds |
//! |---|---|
//! | [`init`], [`config`], [`doctor`] | beginning, and whether all is in order |
//! | [`add`], [`get`], [`list`], [`update`], [`delete`], [`compact`] | single memories |
//! | [`forget`], [`erasure`] | memories erased for good, and owners with theirs |
//! | [`search`] | finding memories |
//! | [`reembed`] | another embedding model |
//! | [`docs`] | documents |
//! | [`ingest`], [`clusters`] | chat exports, and what memories are about |
//! | [`schema`], [`user`], [`tenant`], [`index`] | a database, its owners, its indexes |
//! | [`migrate`], [`verify`], [`runs`], [`export`] | moving memory, and the proof |
//! | [`mcp`], [`hook`] | memory for assistants |
//! | [`completions`], [`man`] | for shells and packagers |
//! | [`cast`], `duplicates`, `owner`, `source`, `tags` | what several commands have in common |

pub mod add;
pub mod cast;
pub mod clusters;
pub mod compact;
pub mod completions;
pub mod config;
pub mod delete;
pub mod docs;
pub mod doctor;
mod duplicates;
pub mod erasure;
pub mod export;
pub mod forget;
pub mod get;
pub mod hook;
pub mod index;
pub mod ingest;
pub mod init;
pub mod list;
pub mod man;
pub mod mcp;
pub mod migrate;
mod owner;
pub mod reembed;
pub mod runs;
pub mod schema;
pub mod search;
mod source;
pub(crate) mod tags;
pub mod tenant;
pub mod update;
pub mod user;
pub mod verify;
