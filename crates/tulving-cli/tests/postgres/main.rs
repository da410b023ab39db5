//! The program against a real PostgreSQL: one file for each promise.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod advice;
#[path = "../shared/advised.rs"]
mod advised;
#[path = "../shared/assistant.rs"]
mod assistant;
mod begin;
mod bitflips;
mod clusters;
mod connections;
mod corrupt;
mod data;
mod docs;
mod documents;
mod export;
mod export_faults;
mod exported;
#[path = "../shared/exports.rs"]
mod exports;
mod faults;
#[path = "../shared/fixtures.rs"]
mod fixtures;
mod forget;
#[path = "../shared/imports.rs"]
mod imports;
mod index;
mod ingest;
mod journal;
mod kill;
#[path = "../shared/manuals.rs"]
mod manuals;
mod mcp;
mod migrate;
#[path = "../shared/models.rs"]
mod models;
mod odd;
mod older;
mod older_words;
mod one_owner;
mod oracle;
mod owners;
mod parity;
mod place;
mod plans;
mod pooled;
#[path = "../shared/ran.rs"]
mod ran;
mod read_only;
mod rebuild;
mod receipt;
mod reembed;
#[path = "../shared/reembedding.rs"]
mod reembedding;
mod refusals;
mod rejects;
mod repair;
mod roles;
mod runs;
mod said_twice;
mod schema;
#[path = "../shared/sessions.rs"]
mod sessions;
mod spaces;
mod support;
mod terminal;
#[path = "../shared/tools.rs"]
mod tools;
#[path = "../shared/topics.rs"]
mod topics;
mod trips;
mod under_way;
mod verify;
mod wall;
