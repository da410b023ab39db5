//! Files that can be made again from the memories: never needed, never believed unseen.
//!
//! One is a mark of 16 bytes, a key (SHA-256 of what it was made from), the SHA-256 of its content,
//! and the content. One that is missing, of another key or damaged is made again.

use std::fs::{self, Metadata};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::fsutil::{self, Access};

const MAGIC: [u8; 16] = *b"tulving derived\n";

/// Bytes before the content.
const HEAD: usize = 16 + 32 + 32;

/// What a derived file was made from.
pub(super) type Key = [u8; 32];

/// Where they are kept.
pub(super) fn folder(root: &Path) -> PathBuf {
    root.join("indexes").join("tulving")
}

/// The key of what is made from these parts.
pub(super) fn key(parts: &[&[u8]]) -> Key {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// The content of a file that was made from what has that key.
pub(super) fn load(path: &Path, key: &Key) -> Option<Vec<u8>> {
    let mut file = fs::File::open(path).ok()?;
    let mut head = [0; HEAD];
    file.read_exact(&mut head).ok()?;
    let (found, sum) = head.strip_prefix(&MAGIC)?.split_first_chunk::<32>()?;
    if found != key {
        return None;
    }
    let mut content = Vec::new();
    file.read_to_end(&mut content).ok()?;
    (<[u8; 32]>::from(Sha256::digest(&content)) == *sum).then_some(content)
}

/// Keeps content that was made from what has that key, for those who may read `made_from`.
pub(super) fn store(path: &Path, key: &Key, content: &[u8], made_from: Option<&Metadata>) {
    let mut bytes = Vec::with_capacity(HEAD + content.len());
    bytes.extend(MAGIC);
    bytes.extend(key);
    bytes.extend(<[u8; 32]>::from(Sha256::digest(content)));
    bytes.extend(content);
    write(path, &bytes, made_from);
}

/// Writes a file whole, though not durably: one that a power loss damages is made again. A
/// directory that cannot be written to has none.
pub(super) fn write(path: &Path, bytes: &[u8], made_from: Option<&Metadata>) {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", uuid::Uuid::new_v4().simple()));
    let aside = path.with_file_name(name);
    // Nobody waits for it, and nothing is lost without it.
    let _ = fs::create_dir_all(fsutil::folder(path))
        .and_then(|()| fsutil::exchange(path, &aside, bytes, Access::of(made_from)));
}

/// Removes what killed processes left behind, and what was derived from an earlier base: all that
/// was not changed for an hour.
pub(super) fn sweep(root: &Path) {
    const OLD: Duration = Duration::from_secs(3600);
    let Ok(entries) = fs::read_dir(folder(root)) else {
        return;
    };
    for entry in entries.flatten() {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.ok().and_then(|modified| modified.elapsed().ok());
        if age.is_some_and(|age| age > OLD) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
