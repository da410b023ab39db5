//! Vectors of texts.

use std::sync::Arc;

use super::StoreError;
use crate::embed::{Embedder, Purpose};
use crate::model::{Embedding, Space};

/// Turns texts into vectors of `space`, which the embedder makes, by whatever name.
pub(super) async fn vectors_by(
    embedder: &dyn Embedder,
    texts: &[String],
    purpose: Purpose,
    space: &Arc<Space>,
) -> Result<Vec<Embedding>, StoreError> {
    let count = texts.len();
    let vectors = embedder.embed(texts, purpose).await?;
    let embeddings = vectors.into_iter().enumerate().map(|(index, numbers)| {
        Embedding::new(Arc::clone(space), numbers).map_err(|source| StoreError::BadVector {
            index,
            count,
            source,
        })
    });
    embeddings.collect()
}
