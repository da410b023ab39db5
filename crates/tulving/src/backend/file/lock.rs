//! File locks: one process at a time, until it lets go or ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use super::error::FileError;
use crate::fsutil::{Access, Disk, folder};

/// How long a lock is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// How long another process's compaction is waited for: long enough for a large one.
pub(super) const COMPACTION_PATIENCE: Duration = Duration::from_secs(600);

/// An exclusive lock, held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of that file, which is made if need be.
    ///
    /// # Errors
    /// If another process keeps it for longer than `patience`, or the file cannot be made.
    pub(super) fn wait(
        disk: &dyn Disk,
        path: &Path,
        patience: Duration,
    ) -> Result<Self, FileError> {
        let begun = Instant::now();
        let mut pause = Duration::from_micros(200);
        loop {
            if let Some(lock) = Self::try_now(disk, path)? {
                return Ok(lock);
            }
            if begun.elapsed() >= patience {
                return Err(FileError::Locked {
                    path: path.to_owned(),
                    seconds: patience.as_secs(),
                });
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// Takes the lock if nobody else has it.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub(super) fn try_now(disk: &dyn Disk, path: &Path) -> Result<Option<Self>, FileError> {
        let locking = || FileError::io("locking", path);
        disk.make_folders(folder(path), 0o777).map_err(locking())?;
        if !path.exists() {
            match disk.create_new(path, Access::Usual) {
                // Another process was faster, or a link stands there, which is refused below.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                made => drop(made.map_err(locking())?),
            }
        }
        // Opened each time: whoever removes the folder must not leave us with a lock on nothing.
        let file = OpenOptions::new()
            .write(true)
            .custom_flags(libc::O_NOFOLLOW)
            .open(path)
            .map_err(locking())?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(locking()(source)),
        }
    }
}
