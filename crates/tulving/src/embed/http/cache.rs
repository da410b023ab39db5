//! A cache of vectors that were computed before.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use twox_hash::XxHash3_64;

use crate::fsutil::{Access, Disk, Os};

use crate::embed::{EmbedError, Purpose};
use crate::model::Space;

/// A folder with at most 65,536 files. A vector's place is the beginning of its key, and whoever comes to
/// a place that is taken puts out who was there: so the folder is bounded without anyone counting.
///
/// A file holds a mark with its version, key, vector, and a checksum of all that (XXH3, 64 bits). One that
/// is torn, damaged, of another version or another key is a miss, so writers need no lock, and nothing is
/// synced.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    folder: PathBuf,
}

/// The last character before the line feed is the version; the first had no mark.
const MARK: [u8; 16] = *b"tulving cached2\n";

/// What a vector is kept under: the hash of everything that decides about it.
pub(super) type Key = [u8; 32];

pub(super) fn key(space: &Space, purpose: Purpose, text: &str) -> Key {
    let mut hash = Sha256::new();
    let purpose = match purpose {
        Purpose::Query => "query",
        Purpose::Memory => "memory",
    };
    for part in [&space.provider, &space.model, purpose, text] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.update((space.dims as u64).to_le_bytes());
    hash.finalize().into()
}

/// Removes the vector that a text has in a space from a folder of vectors that were computed before.
///
/// # Errors
/// If the folder cannot be read or written.
pub fn forget_cached(folder: &Path, space: &Space, text: &str) -> Result<(), EmbedError> {
    let cache = Cache {
        folder: folder.to_owned(),
    };
    // What is put before a text is sent with it.
    let (model, prefix) = space.apart();
    let sent = Space {
        model: model.to_owned(),
        ..space.clone()
    };
    let forgotten = cache.forget(&key(&sent, Purpose::Memory, &format!("{prefix}{text}")));
    forgotten.map_err(|source| EmbedError::Cache {
        path: cache.folder,
        source,
    })
}

impl Cache {
    /// Makes the folder if it is missing.
    pub(super) fn open(folder: PathBuf) -> Result<Self, EmbedError> {
        match DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
        {
            Ok(()) => Ok(Self { folder }),
            Err(source) => Err(EmbedError::Cache {
                path: folder,
                source,
            }),
        }
    }

    /// Returns the vector of this key, if it is here and as wide.
    pub(super) fn get(&self, key: &Key, dims: usize) -> Option<Vec<f32>> {
        let file = fs::read(self.place(key)).ok()?;
        let (content, checksum) = file.split_last_chunk::<8>()?;
        let (found, vector) = content.strip_prefix(&MARK)?.split_first_chunk::<32>()?;
        let (numbers, _) = vector.as_chunks::<4>();
        let wanted = found == key && numbers.len() == dims;
        if !wanted || *checksum != XxHash3_64::oneshot(content).to_le_bytes() {
            return None;
        }
        Some(
            numbers
                .iter()
                .map(|&bytes| f32::from_le_bytes(bytes))
                .collect(),
        )
    }

    /// Keeps a vector, or does not: a full disk is no reason to have no vector.
    pub(super) fn put(&self, key: &Key, vector: &[f32]) {
        let _ = self.write(key, vector);
    }

    fn write(&self, key: &Key, vector: &[f32]) -> io::Result<()> {
        let mut content = MARK.to_vec();
        content.extend(key);
        content.extend(vector.iter().flat_map(|number| number.to_le_bytes()));
        let checksum = XxHash3_64::oneshot(&content);
        content.extend(checksum.to_le_bytes());
        let place = self.place(key);
        if let Some(folder) = place.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)?;
        }
        // One name for all writers: two at once may spoil the file, which is a miss, but never leave more
        // than one behind.
        let partial = place.with_extension("partial");
        let disk: &dyn Disk = &Os;
        disk.exchange(&place, &partial, &content, Access::Private)
    }

    /// Removes the vector of this key, if it is here, whatever version of a file it is in.
    fn forget(&self, key: &Key) -> io::Result<()> {
        let place = self.place(key);
        // Files of every version hold the key as it is, at one place or another.
        let holds = |file: &[u8]| file.windows(key.len()).any(|bytes| bytes == key);
        for path in [place.with_extension("partial"), place] {
            match fs::read(&path) {
                Ok(file) if holds(&file) => (&Os as &dyn Disk).remove(&path)?,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn place(&self, key: &Key) -> PathBuf {
        self.folder
            .join(crate::hex(&key[..1]))
            .join(crate::hex(&key[1..2]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path().join("deep/cache")).unwrap();
        (folder, cache)
    }

    #[test]
    fn what_was_put_comes_back_bit_for_bit() {
        let (_folder, cache) = cache();
        let vector = [1.5, -0.0, f32::MIN_POSITIVE / 2.0];
        cache.put(&[7; 32], &vector);
        let found = cache.get(&[7; 32], 3).unwrap();
        let bits = |numbers: &[f32]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&found), bits(&vector));
        assert_eq!(cache.get(&[8; 32], 3), None);
        assert_eq!(cache.get(&[7; 32], 2), None);
    }

    #[test]
    fn a_file_that_was_torn_or_damaged_is_as_good_as_none() {
        let (_folder, cache) = cache();
        let key = [7; 32];
        cache.put(&key, &[1.0, 2.0]);
        let whole = fs::read(cache.place(&key)).unwrap();
        for length in 0..whole.len() {
            fs::write(cache.place(&key), &whole[..length]).unwrap();
            assert_eq!(cache.get(&key, 2), None);
            let mut flipped = whole.clone();
            flipped[length] ^= 1;
            fs::write(cache.place(&key), &flipped).unwrap();
            assert_eq!(cache.get(&key, 2), None);
        }
        cache.put(&key, &[1.0, 2.0]);
        assert!(cache.get(&key, 2).is_some());
        // What a writer left that did not come to its end is no obstacle to the next.
        fs::write(cache.place(&key).with_extension("partial"), [0; 999]).unwrap();
        cache.put(&key, &[3.0, 4.0]);
        assert_eq!(cache.get(&key, 2), Some(vec![3.0, 4.0]));
    }

    #[test]
    fn a_file_of_another_version_is_as_good_as_none() {
        let (_folder, cache) = cache();
        let key = [7; 32];
        cache.put(&key, &[1.0, 2.0]);
        let whole = fs::read(cache.place(&key)).unwrap();
        let content = &whole[..whole.len() - 8];
        // The next, sound in all else; and the first.
        let mut next = content.to_vec();
        next[14] += 1;
        next.extend(XxHash3_64::oneshot(&next).to_le_bytes());
        let mut first = content[16..].to_vec();
        first.extend(Sha256::digest(&first));
        for other in [next, first] {
            fs::write(cache.place(&key), other).unwrap();
            assert_eq!(cache.get(&key, 2), None);
        }
        cache.put(&key, &[1.0, 2.0]);
        assert_eq!(cache.get(&key, 2), Some(vec![1.0, 2.0]));
    }

    #[test]
    fn the_vector_of_a_text_can_be_forgotten_and_no_other() {
        let (folder, cache) = cache();
        let space = Space {
            provider: "http".into(),
            model: "m".into(),
            dims: 1,
        };
        let keys = ["one", "two"].map(|text| key(&space, Purpose::Memory, text));
        for key in &keys {
            cache.put(key, &[1.0]);
        }
        for _ in 0..2 {
            forget_cached(&folder.path().join("deep/cache"), &space, "one").unwrap();
            assert_eq!(keys.map(|key| cache.get(&key, 1)), [None, Some(vec![1.0])]);
        }
        // Another text's vector that took the same place is left.
        let mut other = keys[1];
        other[31] ^= 1;
        cache.put(&other, &[2.0]);
        forget_cached(&folder.path().join("deep/cache"), &space, "two").unwrap();
        assert_eq!(cache.get(&other, 1), Some(vec![2.0]));
        // In a file of the first version, which had no mark, or of one to come.
        for before in [&b""[..], b"tulving cached3\nwith more"] {
            let place = cache.place(&keys[0]);
            fs::write(&place, [before, &keys[0], &[0; 4]].concat()).unwrap();
            forget_cached(&folder.path().join("deep/cache"), &space, "one").unwrap();
            assert!(!place.exists());
        }
    }

    #[test]
    fn it_is_bounded() {
        let (folder, cache) = cache();
        for last in 0..200 {
            let mut key = [7; 32];
            key[31] = last;
            cache.put(&key, &[f32::from(last)]);
            assert_eq!(cache.get(&key, 1), Some(vec![f32::from(last)]));
            key[31] += 1;
            assert_eq!(cache.get(&key, 1), None, "the vector of another text");
        }
        assert_eq!(
            fs::read_dir(folder.path().join("deep/cache/07"))
                .unwrap()
                .count(),
            1
        );
    }

    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let (folder, cache) = cache();
        cache.put(&[7; 32], &[1.0]);
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(cache.place(&[7; 32])), 0o600);
        assert_eq!(mode(folder.path().join("deep/cache")), 0o700);
        assert_eq!(mode(folder.path().join("deep/cache/07")), 0o700);
    }

    #[test]
    fn everything_that_decides_about_a_vector_is_in_its_key() {
        let space = Space {
            provider: "http".into(),
            model: "m".into(),
            dims: 3,
        };
        let first = key(&space, Purpose::Query, "t");
        assert_eq!(first, key(&space.clone(), Purpose::Query, "t"));
        assert_ne!(first, key(&space, Purpose::Memory, "t"));
        assert_ne!(first, key(&space, Purpose::Query, "u"));
        for (provider, model) in [("other", "m"), ("htt", "pm")] {
            let other = Space {
                provider: provider.into(),
                model: model.into(),
                dims: 3,
            };
            assert_ne!(first, key(&other, Purpose::Query, "t"));
        }
        assert_ne!(
            first,
            key(
                &Space {
                    dims: 4,
                    ..space.clone()
                },
                Purpose::Query,
                "t"
            )
        );
        assert_ne!(
            first,
            key(
                &Space {
                    model: "n".into(),
                    ..space
                },
                Purpose::Query,
                "t"
            )
        );
    }
}
