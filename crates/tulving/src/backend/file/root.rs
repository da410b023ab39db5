//! A data directory: its path, and the disk that it is on.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use crate::fsutil::{Disk, Os};

/// The path of a data directory, with the disk to which it is written. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Root {
    path: Arc<Path>,
    disk: Arc<dyn Disk>,
}

impl Root {
    /// Returns a directory on the system's disks.
    pub(super) fn new(path: &Path) -> Self {
        Self::on(path, Arc::new(Os))
    }

    /// Returns a directory on a disk.
    pub(super) fn on(path: &Path, disk: Arc<dyn Disk>) -> Self {
        Self {
            path: path.into(),
            disk,
        }
    }

    /// Returns the disk to which it is written.
    pub(super) fn disk(&self) -> &(dyn Disk + 'static) {
        &*self.disk
    }
}

impl Deref for Root {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

/// Returns a path as it is named within the directory.
pub(super) fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned()
}
