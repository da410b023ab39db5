//! Digests of memories: what a proof is made of.
//!
//! A row's digest is the SHA-256 of its record in canonical form, followed by the number of floats
//! of its vector (u32, little-endian; all ones for none) and the floats (f32, little-endian). A
//! kind's digest is the SHA-256 of its rows' digests in source order; the whole digest is that of
//! the kinds' names, counts and digests. Documents, which have no vectors, are among them as if they were
//! a kind, the last, where there are any.

use sha2::{Digest, Sha256};

/// SHA-256.
pub(super) type Sha256Bytes = [u8; 32];

/// Returns the digest of one row: of its content's record in canonical form, and its vector.
#[must_use]
pub fn row(canonical: &[u8], vector: Option<&[f32]>) -> Sha256Bytes {
    let mut sha256 = Sha256::new();
    sha256.update(canonical);
    let dims = vector.map_or(u32::MAX, |vector| {
        u32::try_from(vector.len()).unwrap_or(u32::MAX)
    });
    sha256.update(dims.to_le_bytes());
    // One float at a time is slow; a stack buffer is not.
    let mut buffer = [0; 4096];
    for floats in vector.unwrap_or_default().chunks(buffer.len() / 4) {
        for (place, float) in buffer.as_chunks_mut::<4>().0.iter_mut().zip(floats) {
            *place = float.to_le_bytes();
        }
        sha256.update(&buffer[..floats.len() * 4]);
    }
    sha256.finalize().into()
}

/// The digest of one kind, row by row in source order.
#[derive(Debug, Clone, Default)]
pub(super) struct KindDigest {
    rows: u64,
    sha256: Sha256,
}

impl KindDigest {
    pub(super) fn push(&mut self, row: &Sha256Bytes) {
        self.rows += 1;
        self.sha256.update(row);
    }
}

/// Returns the digest of everything that was moved.
pub(super) fn whole(kinds: impl IntoIterator<Item = (&'static str, KindDigest)>) -> Sha256Bytes {
    let mut sha256 = Sha256::new();
    for (name, kind) in kinds {
        sha256.update(name.as_bytes());
        sha256.update([0]);
        sha256.update(kind.rows.to_le_bytes());
        sha256.update(kind.sha256.finalize());
    }
    sha256.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts() {
        let base = row(b"{}", Some(&[1.0, 0.0]));
        for other in [
            row(b"{ }", Some(&[1.0, 0.0])),
            row(b"{}", Some(&[1.0, -0.0])),
            row(b"{}", Some(&[1.0])),
            row(b"{}", Some(&[])),
            row(b"{}", None),
        ] {
            assert_ne!(base, other);
        }
        let long: Vec<f32> = (0_u16..3000).map(f32::from).collect();
        let mut turned = long.clone();
        turned.swap(2047, 2048);
        assert_ne!(row(b"", Some(&long)), row(b"", Some(&turned)));
    }
}
