//! The program against a real PostgreSQL: one file for each promise.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod bitflips;
mod corrupt;
mod data;
mod migrate;
mod odd;
mod owners;
mod receipt;
mod rejects;
mod runs;
mod support;
mod verify;
