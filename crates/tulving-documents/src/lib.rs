//! Reads documents and cuts them into chunks: bytes in, chunks out, and nothing else is touched.
//!
//! ```
//! use tulving_documents::{Cut, Limits, estimate, read};
//!
//! let manual = b"# Refunds\n\nTo refund an order:\n\n1. Open it.\n2. Choose Refund.\n";
//! let document = read(manual, "Billing/refunds.md", &Limits::default())?;
//! let chunks = document.cut(&Cut::default(), &estimate);
//! assert_eq!(chunks[0].heading_path, ["Refunds"]);
//! assert_eq!(chunks[0].content, "To refund an order:\n\n1. Open it.\n2. Choose Refund.");
//! # Ok::<(), tulving_documents::Reason>(())
//! ```
//!
//! | | |
//! |---|---|
//! | [`read`] | bytes → a [`Document`], or the [`Reason`] why not |
//! | [`Document::cut`] | a document → [`Chunk`]s within a budget of tokens |
//! | [`Fingerprint`] | whether two documents say the same |
//!
//! Of PDF, which needs the feature `pdf`, it promises less: see [`read`].

mod builder;
mod chunk;
mod cutter;
mod document;
mod docx;
mod encoding;
mod fingerprint;
mod format;
mod html;
mod limits;
mod markdown;
mod note;
#[cfg(feature = "pdf")]
mod pdf;
mod read;
mod ready;
mod reason;
mod signature;
mod text;
mod tokens;

pub use chunk::Chunk;
pub use cutter::Cut;
pub use document::{Block, Body, Content, Document};
pub use fingerprint::{Fingerprint, content_hash};
pub use format::{Foreign, Format};
pub use limits::{Limits, Measure};
pub use note::{Note, Omission};
pub use read::read;
pub use reason::Reason;
pub use tokens::estimate;

/// Reads bytes as the parts of a Word file without their archive, for fuzzers.
#[doc(hidden)]
pub fn explore_docx(bytes: &[u8]) {
    docx::explore(bytes);
}
