//! The commands, one file each: what a command takes, and what it does.

pub mod add;
pub mod cast;
pub mod compact;
pub mod completions;
pub mod config;
pub mod delete;
pub mod doctor;
pub mod export;
pub mod get;
pub mod index;
pub mod init;
pub mod list;
pub mod man;
pub mod migrate;
mod owner;
pub mod runs;
pub mod schema;
pub mod search;
mod source;
mod tags;
pub mod tenant;
pub mod update;
pub mod user;
pub mod verify;
