//! The contract of an embedder.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use thiserror::Error;

use crate::model::Space;

/// Whether a text asks or is asked for; some models want to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A question.
    Query,
    /// A memory.
    Memory,
}

/// Turns texts into vectors of one space.
#[async_trait]
pub trait Embedder: fmt::Debug + Send + Sync {
    /// The space of the vectors that it makes.
    fn space(&self) -> &Arc<Space>;

    /// One vector for each text, in order, all finite and as wide as the space says.
    ///
    /// # Errors
    /// If not all could be made.
    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Vec<Vec<f32>>, EmbedError>;
}

/// Why texts could not be turned into vectors.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EmbedError {}
