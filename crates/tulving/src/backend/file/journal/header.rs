//! The header of a log, with the fingerprint of the base: which files it belongs to.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::super::error::FileError;
use super::frame::Salt;

const MAGIC: [u8; 16] = *b"tulving journal\n";
/// Version 2 is version 1, in a directory whose manifest says what version 1 knows nothing of.
const VERSION: u32 = 2;

/// The most that a header is believed to take, in bytes.
pub(super) const LONGEST: usize = 64 << 10;

/// A file of the base, as it was when the log was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BaseFile {
    /// Its name, relative to the data directory.
    pub(crate) name: String,
    /// Its SHA-256; `None` if there was no such file.
    pub(crate) content: Option<[u8; 32]>,
}

/// The beginning of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// Counts the logs of a directory.
    pub(crate) generation: u64,
    /// Tells its frames from those of other logs.
    pub(super) salt: Salt,
    /// The files to which its frames are changes.
    pub(crate) base_fingerprint: Vec<BaseFile>,
}

impl Header {
    pub(crate) fn new(generation: u64, base_fingerprint: Vec<BaseFile>) -> Self {
        Self {
            generation,
            salt: *uuid::Uuid::new_v4().as_bytes(),
            base_fingerprint,
        }
    }

    /// Returns the header as bytes: magic, version, its own length, generation, salt, the files, and
    /// the SHA-256 of all that.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut files = Vec::new();
        for file in &self.base_fingerprint {
            let name = file.name.as_bytes();
            files.extend(u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes());
            files.extend(name);
            files.push(u8::from(file.content.is_some()));
            files.extend(file.content.unwrap_or_default());
        }
        let length = 16 + 4 + 4 + 8 + 16 + files.len() + 32;
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(self.generation.to_le_bytes());
        bytes.extend(self.salt);
        bytes.extend(files);
        let sum: [u8; 32] = Sha256::digest(&bytes).into();
        bytes.extend(sum);
        bytes
    }

    /// Reads the header that the first bytes of a log hold, and its length.
    ///
    /// # Errors
    /// If it is damaged, or of a newer version.
    pub(super) fn decode(path: &Path, start: &[u8]) -> Result<(Self, usize), FileError> {
        let damaged = |reason: &str| FileError::Damaged {
            path: path.to_owned(),
            offset: 0,
            reason: reason.to_owned(),
        };
        let foreign = || damaged("it does not begin as a journal does");
        let rest = start.strip_prefix(&MAGIC).ok_or_else(foreign)?;
        let (version, rest) = rest.split_first_chunk::<4>().ok_or_else(foreign)?;
        let version = u32::from_le_bytes(*version);
        if version > VERSION {
            return Err(FileError::Newer {
                path: path.to_owned(),
                found: version,
                known: VERSION,
            });
        }
        let (length, _) = rest.split_first_chunk::<4>().ok_or_else(foreign)?;
        let length = u32::from_le_bytes(*length) as usize;
        let header = start
            .get(..length)
            .and_then(|all| all.split_last_chunk::<32>());
        let Some((content, sum)) = header else {
            return Err(damaged("its header is cut off"));
        };
        if <[u8; 32]>::from(Sha256::digest(content)) != *sum {
            return Err(damaged("its header has another checksum"));
        }
        Self::parts(&content[24..])
            .map(|header| (header, length))
            .ok_or_else(|| damaged("its header cannot be read"))
    }

    fn parts(bytes: &[u8]) -> Option<Self> {
        let (generation, rest) = bytes.split_first_chunk::<8>()?;
        let (salt, mut rest) = rest.split_first_chunk::<16>()?;
        let mut base_fingerprint = Vec::new();
        while !rest.is_empty() {
            let (length, after) = rest.split_first_chunk::<2>()?;
            let (name, after) = after.split_at_checked(u16::from_le_bytes(*length).into())?;
            let (is_there, after) = after.split_first()?;
            let (sha256, after) = after.split_first_chunk::<32>()?;
            base_fingerprint.push(BaseFile {
                name: String::from_utf8(name.to_vec()).ok()?,
                content: (*is_there == 1).then_some(*sha256),
            });
            rest = after;
        }
        Some(Self {
            generation: u64::from_le_bytes(*generation),
            salt: *salt,
            base_fingerprint,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_comes_back_or_is_refused() {
        let file = |name: &str, content| BaseFile {
            name: name.to_owned(),
            content,
        };
        let header = Header::new(7, vec![file("a.json", Some([1; 32])), file("b.npy", None)]);
        let bytes = header.encode();
        let path = Path::new("7.log");
        let mut longer = bytes.clone();
        longer.extend(b"frames");
        assert_eq!(
            Header::decode(path, &longer).unwrap(),
            (header, bytes.len())
        );
        for len in 0..bytes.len() {
            assert!(Header::decode(path, &bytes[..len]).is_err());
        }
        // The version comes first of all: a newer one may have another checksum.
        for version in [VERSION + 1, u32::MAX] {
            let mut newer = bytes.clone();
            newer[16..20].copy_from_slice(&version.to_le_bytes());
            match Header::decode(path, &newer) {
                Err(FileError::Newer { found, known, .. }) => {
                    assert_eq!((found, known), (version, VERSION));
                }
                other => panic!("{other:?}"),
            }
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Header::decode(path, &flipped).is_err(), "bit {bit}");
        }
    }
}
