//! A store: a backend and an embedder.

use std::path::PathBuf;
use std::sync::Arc;

use super::traced::Traced;
use super::{ScopedStore, StoreError};
use crate::backend::file::FileBackend;
#[cfg(feature = "postgres")]
use crate::backend::postgres::{Database, PostgresBackend, PostgresOptions};
use crate::backend::{Backend, BackendError};
use crate::embed::{Builtin, Embedder};
use crate::model::Scope;

/// Where memory lives.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Place {
    /// In a data directory.
    Files(PathBuf),
    /// In PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(Box<Database>, PostgresOptions),
}

/// What a store is made of.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// Where memory lives.
    pub place: Place,
    /// What turns texts into vectors.
    pub embedder: Arc<dyn Embedder>,
}

impl StoreConfig {
    /// Files in a directory, and the built-in embedder.
    #[must_use]
    pub fn files(directory: impl Into<PathBuf>) -> Self {
        Self {
            place: Place::Files(directory.into()),
            embedder: Arc::new(Builtin::new()),
        }
    }

    /// A database, and the built-in embedder.
    #[cfg(feature = "postgres")]
    #[must_use]
    pub fn postgres(database: Database) -> Self {
        Self {
            place: Place::Postgres(Box::new(database), PostgresOptions::default()),
            embedder: Arc::new(Builtin::new()),
        }
    }
}

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
    /// Opens what the configuration names.
    ///
    /// # Errors
    /// If it is not there or cannot be read.
    pub async fn open(config: StoreConfig) -> Result<Self, StoreError> {
        let backend: Arc<dyn Backend> = match config.place {
            // A large directory takes a while when it is opened for the first time.
            Place::Files(directory) => {
                let opened = tokio::task::spawn_blocking(move || FileBackend::open(&directory));
                let opened = opened.await.map_err(|_| StoreError::Stopped)?;
                Arc::new(opened.map_err(BackendError::from)?)
            }
            #[cfg(feature = "postgres")]
            Place::Postgres(database, options) => {
                let opened = PostgresBackend::open(*database, &options).await;
                Arc::new(opened.map_err(BackendError::from)?)
            }
        };
        Ok(Self::new(backend, config.embedder))
    }

    /// A store over a backend that is open.
    #[must_use]
    pub fn new(backend: Arc<dyn Backend>, embedder: Arc<dyn Embedder>) -> Self {
        Self {
            backend: Arc::new(Traced(backend)),
            embedder,
        }
    }

    /// The memories of one owner.
    #[must_use]
    pub fn scope(&self, scope: Scope) -> ScopedStore {
        ScopedStore::new(self.backend.clone(), self.embedder.clone(), scope)
    }
}
