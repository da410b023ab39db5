//! What was forgotten, or would be.

use std::path::Path;

use serde::Serialize;
use tulving::backend::Counts;
use tulving::model;
use tulving::store::Certificate;

use super::Scope;

/// `tulving forget`, and deleting an owner: the certificate, and where it is.
#[derive(Debug, Serialize)]
pub struct Forgotten<'c> {
    #[serde(flatten)]
    certificate: tulving::store::Sealed<'c>,
    #[serde(rename = "certificate")]
    path: String,
}

impl<'c> Forgotten<'c> {
    /// Returns what is told of a forgetting whose certificate was written to `path`.
    #[must_use]
    pub fn new(certificate: &'c Certificate, path: &Path) -> Self {
        Self {
            certificate: certificate.sealed(),
            path: path.display().to_string(),
        }
    }
}

/// The same with `--dry-run`.
#[derive(Debug, Serialize)]
pub struct WouldForget {
    scope: Scope,
    would_forget: Counts,
    would_forget_documents: u64,
}

/// The same with `--remove`, where a removal that was interrupted is finished.
#[derive(Debug, Serialize)]
pub struct RemovedDirectory {
    /// The directory.
    pub removed: String,
}

impl WouldForget {
    /// Returns what is told of memories and documents that would go.
    #[must_use]
    pub fn new(scope: model::Scope, counts: Counts, documents: u64) -> Self {
        Self {
            scope: scope.into(),
            would_forget: counts,
            would_forget_documents: documents,
        }
    }
}
