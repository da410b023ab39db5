//! The checksum cache: checksums of the base's files, taken anew only when a file may have changed.
//!
//! As git does with its index, a file is believed to be as it was when its length, times and inode
//! are; unless it changed so shortly before it was hashed that another change could hide behind the
//! same times.

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::derived;
use super::error::FileError;
use crate::fsutil::Disk;

/// A change that is this much older than its hash cannot share its times with a later one: the
/// coarsest clock of a file system ticks every two seconds.
const SETTLED_NANOS: i128 = 2_000_000_000;

/// What the system says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stat {
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    inode: u64,
}

impl Stat {
    /// Returns that of an open file.
    pub(super) fn of(file: &File) -> std::io::Result<Self> {
        Ok(Self::from(&file.metadata()?))
    }

    /// Returns that of what has this name; `None` if nothing has.
    pub(super) fn at(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().as_ref().map(Self::from)
    }

    fn changed_nanos(&self) -> i128 {
        let (seconds, nanos) = self.changed.max(self.modified);
        i128::from(seconds) * 1_000_000_000 + i128::from(nanos)
    }
}

impl From<&Metadata> for Stat {
    fn from(metadata: &Metadata) -> Self {
        Self {
            bytes: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
        }
    }
}

/// The checksums that are remembered, by file name relative to the directory.
#[derive(Debug)]
pub(super) struct ChecksumCache {
    path: PathBuf,
    cached: BTreeMap<String, CachedChecksum>,
    learned: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct CachedChecksum {
    stat: Stat,
    sha256: String,
    /// Nanoseconds since 1970 when it was taken.
    taken: i128,
}

impl ChecksumCache {
    /// Returns those of a directory; none if the file that keeps them cannot be read.
    pub(super) fn load(root: &Path) -> Self {
        let path = derived::folder(root).join("prints-1.json");
        let cached = std::fs::read(&path)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        Self {
            path,
            cached,
            learned: false,
        }
    }

    /// Returns the SHA-256 of an open file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn of(
        &mut self,
        name: &str,
        path: &Path,
        file: &File,
    ) -> Result<[u8; 32], FileError> {
        let reading = || FileError::io("reading", path);
        let stat = Stat::of(file).map_err(reading())?;
        let cached = self.cached.get(name).filter(|cached| {
            cached.stat == stat && cached.taken - stat.changed_nanos() >= SETTLED_NANOS
        });
        if let Some(sha256) = cached.and_then(|cached| from_hex(&cached.sha256)) {
            return Ok(sha256);
        }
        let taken = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos().cast_signed());
        let sha256 = hash(file).map_err(reading())?;
        let cached = CachedChecksum {
            stat,
            sha256: crate::hex(&sha256),
            taken,
        };
        self.cached.insert(name.to_owned(), cached);
        self.learned = true;
        Ok(sha256)
    }

    /// Keeps what was learned for the next time, for those who may read `records`. It is no harm if
    /// that fails.
    pub(super) fn keep(&self, disk: &dyn Disk, records: Option<&Metadata>) {
        if self.learned
            && let Ok(bytes) = serde_json::to_vec(&self.cached)
        {
            derived::write(disk, &self.path, &bytes, records);
        }
    }
}

/// Returns the SHA-256 of a file.
pub(super) fn hash(file: &File) -> std::io::Result<[u8; 32]> {
    use std::io::Read as _;
    let mut sha256 = Sha256::new();
    let mut reader = super::pair::At::new(file, 0);
    let mut buffer = vec![0; 1 << 20];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(sha256.finalize().into()),
            count => sha256.update(&buffer[..count]),
        }
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).ok()?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(bytes)
}
