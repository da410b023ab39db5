//! Scalar-quantised vectors: 8 bits a number, with the bounds of error that an exact search needs.

use super::kernel;

/// The last character is the version.
const MARK: &[u8; 8] = b"TulvVec1";
const HEADER: usize = 64;
/// A record is padded to this many bytes: a cache line.
const LINE: usize = 64;
/// Scale and error, after the codes.
const BOUNDS: usize = 8;
const LARGEST: f64 = 127.0;

/// Why bytes are not quantised vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Int8Error {
    /// They begin otherwise: another kind of file, or another version.
    #[error("not compact vectors of this version")]
    Mark,
    /// They end within a vector, or the header makes no sense.
    #[error("cut short: {bytes} bytes are no whole number of vectors")]
    Length {
        /// Bytes that are there.
        bytes: u64,
    },
    /// A vector has other dimensions than the rest.
    #[error("a vector of {found} numbers among vectors of {expected}")]
    Dimensions {
        /// Dimensions of the others.
        expected: usize,
        /// Dimensions of this one.
        found: usize,
    },
}

/// Many vectors of one space, each as a direction in whole numbers of 8 bits, a scale, and how far
/// from the true direction that is. Rows are numbered from 0.
///
/// The bytes are a file to keep: a header of 64, then one record for each row, so that a push only
/// appends. A record: a code `i8` for each dimension, zeros up to 8 bytes before a multiple of 64,
/// then the scale and the error, `f32`. Numbers are little-endian. An error of infinity marks a row
/// without direction (zero, or with a number that is not finite), which no search finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Int8Vectors {
    dims: usize,
    bytes: Vec<u8>,
}

/// What a row's codes stand for: direction = scale · codes, within `error`.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) scale: f32,
    pub(super) error: f32,
}

impl Int8Vectors {
    /// Makes an index without rows.
    #[must_use]
    pub fn new(dims: usize) -> Self {
        let mut bytes = vec![0; HEADER];
        bytes[..8].copy_from_slice(MARK);
        bytes[8..16].copy_from_slice(&(dims as u64).to_le_bytes());
        Self { dims, bytes }
    }

    /// Encodes many rows at once.
    ///
    /// # Errors
    /// If a row has other dimensions.
    pub fn encode<'a>(
        dims: usize,
        rows: impl IntoIterator<Item = &'a [f32]>,
    ) -> Result<Self, Int8Error> {
        let rows = rows.into_iter();
        let mut quantised = Self::new(dims);
        quantised
            .bytes
            .reserve(rows.size_hint().0 * quantised.stride());
        for row in rows {
            quantised.push(row)?;
        }
        Ok(quantised)
    }

    /// Reads what [`as_bytes`](Self::as_bytes) gave. That nothing was changed is for the caller to
    /// know, by a checksum of the file: changed codes make a search miss rows.
    ///
    /// # Errors
    /// If the bytes are no quantised vectors, of another version, or end within a row.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, Int8Error> {
        let cut = Int8Error::Length {
            bytes: bytes.len() as u64,
        };
        if !bytes.starts_with(MARK) {
            return Err(Int8Error::Mark);
        }
        let dims = crate::bytes::u64_at(&bytes, 8).ok_or(cut)?;
        // More than 2^32 dimensions are no vector, and would make the stride overflow.
        let dims = u32::try_from(dims).map_err(|_| cut)? as usize;
        let quantised = Self { dims, bytes };
        let body = quantised.bytes.len().checked_sub(HEADER).ok_or(cut)?;
        if body.is_multiple_of(quantised.stride()) && u32::try_from(quantised.rows()).is_ok() {
            Ok(quantised)
        } else {
            Err(cut)
        }
    }

    /// Returns the bytes to keep. After a push the earlier ones are unchanged.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns how many numbers a vector has.
    #[must_use]
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// Returns how many vectors there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        (self.bytes.len() - HEADER) / self.stride()
    }

    /// Appends a vector of any length above 0; one without direction takes a row all the same.
    ///
    /// # Errors
    /// If it has other dimensions.
    pub fn push(&mut self, row: &[f32]) -> Result<(), Int8Error> {
        if row.len() != self.dims {
            return Err(Int8Error::Dimensions {
                expected: self.dims,
                found: row.len(),
            });
        }
        let start = self.bytes.len();
        self.bytes.resize(start + self.stride(), 0);
        let record = &mut self.bytes[start..];
        let bounds = encode(row, record);
        let at = record.len() - BOUNDS;
        record[at..at + 4].copy_from_slice(&bounds.scale.to_le_bytes());
        record[at + 4..].copy_from_slice(&bounds.error.to_le_bytes());
        Ok(())
    }

    pub(super) fn stride(&self) -> usize {
        (self.dims + BOUNDS).next_multiple_of(LINE)
    }

    /// Returns the records, one after the other.
    pub(super) fn records(&self) -> &[u8] {
        &self.bytes[HEADER..]
    }

    pub(super) fn bounds(&self, row: u32) -> Bounds {
        let end = (row as usize + 1) * self.stride();
        let number = |at: usize| {
            let bytes = self.records()[at..].first_chunk().copied();
            f32::from_le_bytes(bytes.unwrap_or_default())
        };
        Bounds {
            scale: number(end - BOUNDS),
            error: number(end - BOUNDS + 4),
        }
    }
}

/// Writes a vector's codes; says what they stand for.
fn encode(row: &[f32], codes: &mut [u8]) -> Bounds {
    const NONE: Bounds = Bounds {
        scale: 0.0,
        error: f32::INFINITY,
    };
    let [_, square, _] = kernel::products(row, row);
    let length = square.sqrt();
    let largest = row.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
    if !(length.is_finite() && length > 0.0) {
        return NONE;
    }
    // At least 1 / (127 · √dims), far from the smallest f32.
    let scale = (f64::from(largest) / length / LARGEST) as f32;
    let step = f64::from(scale);
    let mut error = 0.0;
    for (code, x) in codes.iter_mut().zip(row) {
        let x = f64::from(*x) / length;
        let rounded = (x / step).round().clamp(-LARGEST, LARGEST);
        *code = rounded as i8 as u8;
        let off = x - rounded * step;
        error += off * off;
    }
    Bounds {
        scale,
        // Rounded up: a bound may not be too small.
        error: (error.sqrt() as f32).next_up(),
    }
}
