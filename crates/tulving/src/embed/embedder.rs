//! The contract of an embedder.

use std::fmt;
use std::sync::Arc;

use super::EmbedError;
use crate::model::Space;

/// Whether a text asks or is asked for; some models want to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// What someone looks for.
    Query,
    /// What is kept, to be found.
    Memory,
}

/// Something that turns texts into vectors of one space.
#[async_trait::async_trait]
pub trait Embedder: fmt::Debug + Send + Sync {
    /// Returns the space of the vectors that it makes.
    fn space(&self) -> &Arc<Space>;

    /// Returns one vector for each text, in order, all finite and as wide as the space says. All or
    /// nothing: if one text fails, there is an error and no vector.
    ///
    /// A vector may be all zeros, for a text in which the model knows nothing.
    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Vec<Vec<f32>>, EmbedError>;
}
