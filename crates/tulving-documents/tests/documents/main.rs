//! What whoever reads documents can rely on.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod chunk_files;
mod cutting;
mod docx;
mod encodings;
mod hostile;
mod html;
mod kinds;
mod markdown;
mod pdf;
mod properties;
mod sameness;
mod support;
mod text;
