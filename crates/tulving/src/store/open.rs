//! A store: a backend and an embedder.

use std::path::PathBuf;
use std::sync::Arc;

use uuid::Uuid;

use super::seen_spaces::SeenSpaces;
use super::traced::Traced;
use super::{OnDuplicate, ScopedStore, StoreError};
use crate::backend::file::{FileBackend, FileError, Site};
#[cfg(feature = "postgres")]
use crate::backend::postgres::{Database, PostgresBackend, PostgresOptions};
use crate::backend::{Backend, BackendError};
use crate::embed::{Builtin, Embedder};
use crate::model::Scope;

/// Where memory lives.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Location {
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
    pub location: Location,
    /// What turns texts into vectors.
    pub embedder: Arc<dyn Embedder>,
}

impl StoreConfig {
    /// Names files in a directory, and the built-in embedder.
    #[must_use]
    pub fn files(directory: impl Into<PathBuf>) -> Self {
        Self {
            location: Location::Files(directory.into()),
            embedder: Arc::new(Builtin::new()),
        }
    }

    /// Names a database, and the built-in embedder.
    #[cfg(feature = "postgres")]
    #[must_use]
    pub fn postgres(database: Database) -> Self {
        Self {
            location: Location::Postgres(Box::new(database), PostgresOptions::default()),
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
    seen: SeenSpaces,
}

impl Store {
    /// Opens what the configuration names.
    ///
    /// # Errors
    /// If it is not there or cannot be read.
    pub async fn open(config: StoreConfig) -> Result<Self, StoreError> {
        let backend: Arc<dyn Backend> = match config.location {
            Location::Files(directory) => {
                Arc::new(off_the_runtime(move || FileBackend::open(&directory)).await?)
            }
            #[cfg(feature = "postgres")]
            Location::Postgres(database, options) => {
                let opened = PostgresBackend::open(*database, &options).await;
                Arc::new(opened.map_err(BackendError::from)?)
            }
        };
        Ok(Self::new(backend, config.embedder))
    }

    /// Opens a data directory, which holds the memories of one owner: those.
    ///
    /// # Errors
    /// If it is no data directory, has no owner, or cannot be read.
    pub async fn open_directory(
        directory: impl Into<PathBuf>,
        embedder: Arc<dyn Embedder>,
    ) -> Result<ScopedStore, StoreError> {
        let directory = directory.into();
        Self::of_one(move || FileBackend::open(&directory), embedder).await
    }

    /// Opens a data directory, or makes one for a new user if there is none. [`ScopedStore::owner`]
    /// returns that user; to choose the owner, call [`FileBackend::create`] first.
    ///
    /// # Errors
    /// As [`open_directory`](Self::open_directory); if there is something else, or the directory
    /// cannot be made.
    pub async fn open_or_create(
        directory: impl Into<PathBuf>,
        embedder: Arc<dyn Embedder>,
    ) -> Result<ScopedStore, StoreError> {
        let (directory, space) = (directory.into(), embedder.space().clone());
        let open = move || match Site::survey(&directory)? {
            Site::Vacant => {
                let owner = Scope::User(Uuid::new_v4());
                match FileBackend::create(&directory, owner, Some(&space)) {
                    // Somebody else made it meanwhile.
                    Err(FileError::NotEmpty { .. }) => FileBackend::open(&directory),
                    made => made,
                }
            }
            Site::Unclaimed(_) | Site::Owned(_) => FileBackend::open(&directory),
        };
        Self::of_one(open, embedder).await
    }

    async fn of_one(
        open: impl FnOnce() -> Result<FileBackend, FileError> + Send + 'static,
        embedder: Arc<dyn Embedder>,
    ) -> Result<ScopedStore, StoreError> {
        let (files, owner) = off_the_runtime(move || {
            let files = open()?;
            let owner = files.owner()?;
            Ok((files, owner))
        })
        .await?;
        Ok(Self::new(Arc::new(files), embedder).scope(owner))
    }

    /// Makes a store over a backend that is open.
    #[must_use]
    pub fn new(backend: Arc<dyn Backend>, embedder: Arc<dyn Embedder>) -> Self {
        Self {
            backend: Arc::new(Traced(backend)),
            embedder,
            seen: SeenSpaces::default(),
        }
    }

    /// Returns the memories of one owner.
    #[must_use]
    pub fn scope(&self, scope: Scope) -> ScopedStore {
        ScopedStore {
            backend: self.backend.clone(),
            embedder: self.embedder.clone(),
            further_embedders: Vec::new(),
            seen: self.seen.clone(),
            scope,
            restores: false,
            on_duplicate: OnDuplicate::default(),
        }
    }
}

/// Opens files on a thread of its own: a large directory takes a while when it is opened for the
/// first time.
async fn off_the_runtime<T: Send + 'static>(
    open: impl FnOnce() -> Result<T, FileError> + Send + 'static,
) -> Result<T, StoreError> {
    let opened = tokio::task::spawn_blocking(open).await;
    let opened = opened.map_err(|_| StoreError::Stopped)?;
    Ok(opened.map_err(BackendError::from)?)
}
