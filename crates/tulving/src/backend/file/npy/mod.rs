//! Matrices of vectors in NumPy's `.npy` files.
//!
//! Read by position and in parts, so that memory does not grow with the file, and never mapped,
//! so that a file that shrinks is an error and not a signal.
//!
//! | module | holds |
//! |---|---|
//! | `header`, `literal` | a file's header, and the Python dict in it |
//! | `error` | why a file cannot be used |

mod error;
mod header;
mod literal;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

pub use error::{NpyError, Problem};
pub use header::{Dtype, Float, Header, PREFIX_LEN, header};

/// Bytes read at once; a multiple of every item's size.
const BLOCK: usize = 1 << 20;

/// How an `.npy` file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Round 64-bit values to the nearest `f32`, where otherwise one that `f32` cannot hold
    /// exactly is refused. A finite value beyond the range of `f32` is refused in any case.
    pub cast_f32: bool,
}

/// An open `.npy` file that holds one vector per row. May be read from several threads.
#[derive(Debug)]
pub struct Npy {
    path: PathBuf,
    file: File,
    header: Header,
    options: Options,
}

impl Npy {
    /// Opens the file and checks what its header promises against its length. The numbers are
    /// not looked at yet.
    ///
    /// # Errors
    /// If the file cannot be read, is not an `.npy` file, does not hold a matrix of floats in C
    /// order, or is shorter or longer than its header says.
    pub fn open(path: &Path, options: Options) -> Result<Self, NpyError> {
        match File::open(path) {
            Ok(file) => Self::of(file, path, options),
            Err(error) => Err(NpyError {
                path: path.into(),
                problem: Problem::Open(error),
            }),
        }
    }

    /// Opens the same from a file that is open; `path` is how messages name it.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn of(file: File, path: &Path, options: Options) -> Result<Self, NpyError> {
        let read = || -> Result<Header, Problem> {
            let file_len = file.metadata().map_err(Problem::Open)?.len();
            let mut prefix =
                vec![0; PREFIX_LEN.min(usize::try_from(file_len).unwrap_or(PREFIX_LEN))];
            file.read_exact_at(&mut prefix, 0)
                .map_err(|source| Problem::Read { at: 0, source })?;
            Header::parse(&prefix, file_len)
        };
        match read() {
            Ok(header) => Ok(Self {
                path: path.into(),
                file,
                header,
                options,
            }),
            Err(problem) => Err(NpyError {
                path: path.into(),
                problem,
            }),
        }
    }

    /// Returns the open file, for reading it as bytes.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Returns how many vectors there are.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.header.rows
    }

    /// Returns how many numbers each vector has; 0 only if there are no vectors.
    #[must_use]
    pub fn dims(&self) -> usize {
        self.header.dims
    }

    /// Returns how the file spells its numbers.
    #[must_use]
    pub fn dtype(&self) -> Dtype {
        self.header.dtype
    }

    /// Returns how many bytes all vectors in the file have, without the header.
    #[must_use]
    pub fn data_bytes(&self) -> u64 {
        self.header.data_bytes
    }

    /// Appends the vectors of the rows `first..first + count`, `count * dims` numbers, to `out`.
    /// 32-bit and 16-bit numbers are given exactly, NaN's bits included.
    ///
    /// # Errors
    /// If the file does not have these rows or can no longer be read, or if a 64-bit number is
    /// not exact in `f32` (see [`Options::cast_f32`]). `out` is then as it was.
    pub fn read_rows(&self, first: u64, count: usize, out: &mut Vec<f32>) -> Result<(), NpyError> {
        let start = out.len();
        self.append_rows(first, count, out).map_err(|problem| {
            out.truncate(start);
            NpyError {
                path: self.path.clone(),
                problem,
            }
        })
    }

    /// Checks that every number can be given: that rounding changes none, or is wished.
    ///
    /// # Errors
    /// Names the first number that cannot.
    pub fn check_numbers(&self) -> Result<(), NpyError> {
        const ROWS_AT_ONCE: u64 = 256;
        // Only numbers of 64 bits lose anything.
        if self.header.dtype.float != Float::F8 {
            return Ok(());
        }
        let mut row = Vec::new();
        for first in (0..self.rows()).step_by(ROWS_AT_ONCE as usize) {
            let count = ROWS_AT_ONCE.min(self.rows() - first);
            row.clear();
            self.read_rows(first, count as usize, &mut row)?;
        }
        Ok(())
    }

    fn append_rows(&self, first: u64, count: usize, out: &mut Vec<f32>) -> Result<(), Problem> {
        let Header {
            rows,
            dims,
            dtype,
            data_offset,
            ..
        } = self.header;
        if first.checked_add(count as u64).is_none_or(|end| end > rows) {
            return Err(Problem::NoSuchRows { first, count, rows });
        }
        let row_bytes = (dims * dtype.float.size()) as u64;
        let mut at = data_offset + first * row_bytes;
        let end = at + count as u64 * row_bytes;
        out.reserve(count * dims);
        let mut block = vec![0; BLOCK.min(count * dims * dtype.float.size())];
        while at < end {
            let len = usize::try_from(end - at).map_or(BLOCK, |left| left.min(BLOCK));
            let bytes = &mut block[..len];
            self.file
                .read_exact_at(bytes, at)
                .map_err(|source| Problem::Read { at, source })?;
            let done = out.len();
            dtype.append(bytes, out);
            if dtype.float == Float::F8 {
                self.check_narrowed(bytes, &out[done..], (at - data_offset) / 8)?;
            }
            at += len as u64;
        }
        Ok(())
    }

    /// Refuses 64-bit numbers in `bytes` that were changed when they became `narrowed`; the first
    /// of them is number `place` of the file.
    fn check_narrowed(&self, bytes: &[u8], narrowed: &[f32], place: u64) -> Result<(), Problem> {
        for (i, (wide, &narrow)) in self.header.dtype.wide(bytes).zip(narrowed).enumerate() {
            let exact = f64::from(narrow) == wide || wide.is_nan();
            if exact || (self.options.cast_f32 && narrow.is_finite()) {
                continue;
            }
            let (place, dims) = (place + i as u64, self.header.dims as u64);
            let (row, column) = (place / dims, place % dims);
            return Err(if narrow.is_finite() {
                Problem::Inexact {
                    row,
                    column,
                    value: wide,
                }
            } else {
                Problem::OutOfRange {
                    row,
                    column,
                    value: wide,
                }
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::io::Write;

    use super::*;

    /// A file of two columns with the given numbers in it.
    fn file(descr: &str, data: &[u8]) -> tempfile::NamedTempFile {
        let size: usize = descr[2..].parse().unwrap();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let header = header((data.len() / size / 2) as u64, 2);
        let header = String::from_utf8_lossy(&header[10..]).replace("<f4", descr);
        file.write_all(b"\x93NUMPY\x01\0\x76\0").unwrap();
        file.write_all(header.as_bytes()).unwrap();
        file.write_all(data).unwrap();
        file
    }

    fn open(file: &tempfile::NamedTempFile, cast_f32: bool) -> Npy {
        Npy::open(file.path(), Options { cast_f32 }).unwrap()
    }

    fn read(npy: &Npy, first: u64, count: usize) -> Result<Vec<f32>, String> {
        let mut out = vec![9.0];
        let result = npy.read_rows(first, count, &mut out);
        assert_eq!(out.remove(0), 9.0, "what was there stays");
        match result {
            Ok(()) => Ok(out),
            Err(error) => {
                assert!(out.is_empty(), "nothing is left of what failed");
                Err(error.to_string())
            }
        }
    }

    #[test]
    fn rows_are_read_by_position_in_either_byte_order() {
        let values = [
            1.5_f32,
            -0.0,
            f32::INFINITY,
            f32::MIN_POSITIVE / 2.0,
            3.0,
            1e-7,
        ];
        let little: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let big: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_be_bytes())
            .collect();
        for file in [file("<f4", &little), file(">f4", &big)] {
            let npy = open(&file, false);
            assert_eq!((npy.rows(), npy.dims(), npy.data_bytes()), (3, 2, 24));
            assert_eq!(read(&npy, 0, 3).unwrap(), values);
            assert_eq!(read(&npy, 1, 1).unwrap(), values[2..4]);
            assert_eq!(read(&npy, 3, 0).unwrap(), [0.0_f32; 0]);
            for (first, count) in [(3, 1), (0, 4), (4, 0), (u64::MAX, 2)] {
                assert!(
                    read(&npy, first, count)
                        .unwrap_err()
                        .contains("but it has 3 rows")
                );
            }
        }
    }

    #[test]
    fn more_than_a_block_is_read_in_order_and_from_several_threads() {
        let values: Vec<f32> = (0..BLOCK as u32)
            .map(|bits| f32::from_bits(bits << 9))
            .collect();
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let file = file("<f4", &bytes);
        let npy = open(&file, false);
        let bits = |values: &[f32]| {
            values
                .iter()
                .map(|value| value.to_bits())
                .collect::<Vec<_>>()
        };
        std::thread::scope(|scope| {
            for first in [0, 1, 1000] {
                let (npy, values) = (&npy, &values);
                scope.spawn(move || {
                    let count = values.len() / 2 - first;
                    let found = read(npy, first as u64, count).unwrap();
                    assert!(bits(&found) == bits(&values[2 * first..]));
                });
            }
        });
    }

    #[test]
    fn halves_are_widened() {
        let npy = open(&file("<f2", b"\x00\x3C\x01\x00\x00\xFC\xFF\x7B"), false);
        let values = [1.0, 2_f32.powi(-24), f32::NEG_INFINITY, 65504.0];
        assert_eq!(read(&npy, 0, 2).unwrap(), values);
        let npy = open(&file(">f2", b"\x3C\x00\x00\x01"), false);
        assert_eq!(read(&npy, 0, 1).unwrap(), values[..2]);
    }

    #[test]
    fn doubles_are_taken_where_nothing_is_lost() {
        let doubles = |values: &[f64]| -> Vec<u8> {
            values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect()
        };
        let fine = file("<f8", &doubles(&[0.5, f64::NAN, f64::NEG_INFINITY, -0.0]));
        let values = read(&open(&fine, false), 0, 2).unwrap();
        assert!(values[1].is_nan() && values[3].is_sign_negative());
        assert_eq!((values[0], values[2]), (0.5, f32::NEG_INFINITY));

        let fine_digits = file("<f8", &doubles(&[0.5, 1.0, 2.0, 0.1, 1e300, 0.0]));
        let npy = open(&fine_digits, false);
        assert_eq!(read(&npy, 0, 1).unwrap(), [0.5, 1.0]);
        let path = fine_digits.path().display();
        assert_eq!(
            read(&npy, 1, 1).unwrap_err(),
            format!(
                "cannot read vectors from {path}: row 1, column 1 holds 0.1, which 32 bits cannot hold exactly; to round it, use `--cast f32`"
            )
        );
        let npy = open(&fine_digits, true);
        assert_eq!(read(&npy, 1, 1).unwrap(), [2.0, 0.1]);
        let message = read(&npy, 0, 3).unwrap_err();
        assert!(
            message.contains("row 2, column 0 holds 1e300, which is beyond"),
            "{message}"
        );
    }

    #[test]
    fn a_file_that_is_missing_or_has_shrunk_is_an_error_with_its_cause() {
        let missing = Npy::open(Path::new("no/such.npy"), Options::default()).unwrap_err();
        assert_eq!(
            missing.to_string(),
            "cannot read vectors from no/such.npy: it cannot be opened"
        );
        assert!(
            missing
                .source()
                .unwrap()
                .to_string()
                .starts_with("No such file")
        );

        let file = file("<f4", &[0; 24]);
        let npy = open(&file, false);
        file.as_file().set_len(140).unwrap();
        assert!(
            read(&npy, 0, 3)
                .unwrap_err()
                .ends_with("reading failed at byte 128")
        );
    }
}
