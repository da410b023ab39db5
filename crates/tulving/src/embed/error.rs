//! What can go wrong between a text and its vector.

use thiserror::Error;

/// Texts that could not be embedded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EmbedError {}
