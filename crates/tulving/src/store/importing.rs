//! Imports in the list of runs: what reads files into memory says how far it is.

use std::time::{Duration, Instant};

use super::{ScopedStore, StoreError};
use crate::backend::{Held, Import, ImportCounts, ImportPhase, Imports};
use crate::model::Timestamp;

/// How often is noted how far an import is, at most.
const PAUSE: Duration = Duration::from_secs(1);

/// An import at work. While this is there, everybody sees it at work; when it is dropped without
/// [`finish`](Self::finish), as left behind.
#[derive(Debug)]
pub struct Importing {
    store: ScopedStore,
    import: Import,
    noted: Instant,
    _held: Held,
}

impl ScopedStore {
    /// Enters an import from these paths in the list of runs. What it brings is written as ever.
    ///
    /// # Errors
    /// As every method.
    pub async fn begin_import(
        &self,
        paths: impl IntoIterator<Item = String>,
    ) -> Result<Importing, StoreError> {
        let import = Import::new(paths);
        let held = self.backend.begin_import(self.scope, &import).await?;
        Ok(Importing {
            store: self.clone(),
            import,
            noted: Instant::now(),
            _held: held,
        })
    }

    /// Returns the imports that are known, the newest first.
    ///
    /// # Errors
    /// As every method.
    pub async fn imports(&self) -> Result<Imports, StoreError> {
        Ok(self.backend.imports(self.scope).await?)
    }
}

impl Importing {
    /// Says how far it is. That is noted at most once a second, and when another phase begins.
    ///
    /// # Errors
    /// As every method.
    pub async fn tell(
        &mut self,
        phase: ImportPhase,
        counts: ImportCounts,
    ) -> Result<(), StoreError> {
        self.import.counts = counts;
        if phase == self.import.phase && self.noted.elapsed() < PAUSE {
            return Ok(());
        }
        self.import.phase = phase;
        self.note().await
    }

    /// Ends it: all is done, or there was an error of a class that a word names.
    ///
    /// # Errors
    /// As every method.
    pub async fn finish(mut self, error: Option<&str>) -> Result<(), StoreError> {
        match error {
            None => {
                self.import.phase = ImportPhase::Done;
                self.import.finished_at = Some(Timestamp::now());
            }
            Some(class) => self.import.error = Some(class.to_owned()),
        }
        self.note().await
    }

    async fn note(&mut self) -> Result<(), StoreError> {
        self.noted = Instant::now();
        self.import.updated_at = Timestamp::now();
        let (backend, scope) = (&self.store.backend, self.store.scope);
        Ok(backend.note_import(scope, &self.import).await?)
    }
}
