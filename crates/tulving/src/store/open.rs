//! A store: a backend and an embedder.

use std::sync::Arc;

use super::ScopedStore;
use crate::backend::Backend;
use crate::embed::Embedder;
use crate::model::Scope;

/// The memories of many owners. It has no method that reads or writes one: those are on what
/// [`scope`](Self::scope) gives.
///
/// ```compile_fail,E0599
/// # async fn f(store: tulving::store::Store) {
/// store.search(&tulving::store::Query::text("whose?")).await; // no such method
/// # }
/// ```
/// ```compile_fail,E0599
/// # async fn f(store: tulving::store::Store) {
/// store.get("mem_0123456789abcdef").await; // no such method
/// # }
/// ```
/// ```compile_fail,E0599
/// # async fn f(store: tulving::store::Store) {
/// store.delete(&["mem_0123456789abcdef"]).await; // no such method
/// # }
/// ```
/// ```compile_fail,E0061
/// # async fn f(store: tulving::store::Store) {
/// store.scope(); // whose?
/// # }
/// ```
/// ```compile_fail,E0308
/// # async fn f(store: tulving::store::Store, id: uuid::Uuid) {
/// store.scope(id); // an id alone does not say whether of a user or of a tenant
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Store {
    backend: Arc<dyn Backend>,
    embedder: Arc<dyn Embedder>,
}

impl Store {
    /// A store over a backend that is open.
    #[must_use]
    pub fn new(backend: Arc<dyn Backend>, embedder: Arc<dyn Embedder>) -> Self {
        Self { backend, embedder }
    }

    /// The memories of one owner.
    #[must_use]
    pub fn scope(&self, scope: Scope) -> ScopedStore {
        ScopedStore::new(self.backend.clone(), self.embedder.clone(), scope)
    }
}
