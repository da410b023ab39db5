//! Files that can be made again from the memories: never needed, never believed unseen.
//!
//! One is a mark of 16 bytes, its version, a key (SHA-256 of what it was made from), a checksum of its
//! content (XXH3, 64 bits), and the content. One that is missing, of another version or key, or damaged
//! is made again.

use std::fs::{self, File, Metadata};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use twox_hash::XxHash3_64;

use super::forgotten;
use super::lock::Lock;
use super::root::Root;
use crate::fsutil::{self, Access, Disk};

const MAGIC: [u8; 16] = *b"tulving derived\n";

/// Version 1 had no number and another checksum.
const VERSION: u64 = 2;

/// Bytes before the content.
const HEAD: usize = 16 + 8 + 32 + 8;

/// What a derived file was made from.
pub(super) type Key = [u8; 32];

/// Returns where they are kept.
pub(super) fn folder(root: &Path) -> PathBuf {
    root.join("indexes").join("tulving")
}

/// Returns the key of what is made from these parts. Files are named by it, so those of another version
/// stay beside this one's for the program that made them.
pub(super) fn key(parts: &[&[u8]]) -> Key {
    let mut hash = Sha256::new();
    hash.update(VERSION.to_le_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Returns the content of a file that was made from what has that key.
pub(super) fn load(path: &Path, key: &Key) -> Option<Vec<u8>> {
    let mut file = File::open(path).ok()?;
    let mut head = [0; HEAD];
    file.read_exact(&mut head).ok()?;
    let (version, rest) = head.strip_prefix(&MAGIC)?.split_first_chunk::<8>()?;
    let (found, sum) = rest.split_first_chunk::<32>()?;
    if *version != VERSION.to_le_bytes() || found != key {
        return None;
    }
    let mut content = Vec::new();
    file.read_to_end(&mut content).ok()?;
    (XxHash3_64::oneshot(&content).to_le_bytes() == *sum).then_some(content)
}

/// A file that something is derived from, and the names that it may have by now.
pub(super) struct Original<'o> {
    pub(super) file: &'o File,
    pub(super) names: [&'o Path; 2],
}

impl Original<'_> {
    /// Returns whether nothing has taken its place.
    fn is_current(&self) -> bool {
        let place = |metadata: Metadata| (metadata.dev(), metadata.ino());
        let open = self.file.metadata().map(place).ok();
        let mut there = self.names.iter().map(|name| fs::metadata(name).map(place));
        open.is_some() && there.any(|there| there.ok() == open)
    }
}

/// Keeps content that was made from what has that key, for those who may read that; but not what an erasure may be
/// looking for, or did: while one is under way, and from a file that was replaced.
pub(super) fn keep(root: &Root, path: &Path, key: &Key, content: &[u8], made_from: &Original<'_>) {
    let (disk, erasing) = (root.disk(), forgotten::lock_path(root));
    let lock = match erasing.exists() {
        true => match Lock::try_now(disk, &erasing) {
            Ok(Some(lock)) => Some(lock),
            _ => return,
        },
        // Nothing was ever erased here, and who reads leaves no lock behind.
        false => None,
    };
    if !made_from.is_current() {
        return;
    }
    let metadata = made_from.file.metadata().ok();
    store(disk, path, key, content, metadata.as_ref());
    // The first erasure may have begun meanwhile.
    if lock.is_none() && erasing.exists() && !made_from.is_current() {
        let _ = disk.remove(path);
    }
}

fn store(disk: &dyn Disk, path: &Path, key: &Key, content: &[u8], made_from: Option<&Metadata>) {
    let mut bytes = Vec::with_capacity(HEAD + content.len());
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(key);
    bytes.extend(XxHash3_64::oneshot(content).to_le_bytes());
    bytes.extend(content);
    write(disk, path, &bytes, made_from);
}

/// Writes a file whole, though not durably: one that a power loss damages is made again. A
/// directory that cannot be written to has none.
pub(super) fn write(disk: &dyn Disk, path: &Path, bytes: &[u8], made_from: Option<&Metadata>) {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", uuid::Uuid::new_v4().simple()));
    let aside = path.with_file_name(name);
    // Nobody waits for it, and nothing is lost without it.
    let _ = disk
        .make_folders(fsutil::folder(path), 0o777)
        .and_then(|()| disk.exchange(path, &aside, bytes, Access::of(made_from)));
}

/// Removes what killed processes left behind, and what was derived from an earlier base: all that
/// was not changed for an hour.
pub(super) fn sweep(root: &Root) {
    const OLD: Duration = Duration::from_secs(3600);
    let Ok(entries) = fs::read_dir(folder(root)) else {
        return;
    };
    for entry in entries.flatten() {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.ok().and_then(|modified| modified.elapsed().ok());
        if age.is_some_and(|age| age > OLD) {
            let _ = root.disk().remove(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fsutil::Os;

    #[test]
    fn what_is_of_another_version_or_key_or_damaged_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.bin");
        let key = key(&[b"records"]);
        store(&Os, &path, &key, b"content", None);
        assert_eq!(load(&path, &key).unwrap(), b"content");
        assert_eq!(load(&path, &[7; 32]), None);
        let whole = fs::read(&path).unwrap();
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, flipped).unwrap();
            assert_eq!(load(&path, &key), None, "bit {bit}");
        }
        // As the first version wrote it.
        let sum: [u8; 32] = Sha256::digest(b"content").into();
        let first = [&MAGIC[..], &key, &sum, b"content"].concat();
        fs::write(&path, first).unwrap();
        assert_eq!(load(&path, &key), None);
    }
}
