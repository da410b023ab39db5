//! Why a file of vectors cannot be used.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::json::Foreign;

/// The longest header that is taken, in bytes; NumPy's have 118.
pub(super) const MAX_HEADER: usize = 64 << 10;

/// A file of vectors that cannot be used, and why.
#[derive(Debug)]
pub struct NpyError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: Problem,
}

impl fmt::Display for NpyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot read vectors from {}: {}",
            self.path.display(),
            self.problem
        )
    }
}

impl Error for NpyError {
    /// Returns the source of the problem, which is told in the message itself.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.problem.source()
    }
}

/// What is wrong with a file of vectors. Rows and columns count from 0, lengths are in bytes.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum Problem {
    /// There is no such file, or it may not be read.
    #[error("it cannot be opened")]
    Open(#[source] io::Error),
    /// The system failed, or the file has become shorter since it was opened.
    #[error("reading failed at byte {at}")]
    Read { at: u64, source: io::Error },
    /// No bytes at all.
    #[error("the file is empty; save the array again with numpy.save")]
    Empty,
    /// A zip archive of arrays.
    #[error(
        "it is an .npz archive; take the array out of it with numpy.load and save it with numpy.save"
    )]
    Npz,
    /// Not an `.npy` file but a bare pickle.
    #[error(
        "it is a Python pickle, which is never loaded because it can run code; save the array with numpy.save(…, allow_pickle=False)"
    )]
    Pickle,
    /// Packed by another program.
    #[error("it is {0}")]
    Foreign(Foreign),
    /// Some other file.
    #[error("it is not an .npy file: it starts with b\"{}\" in place of b\"\\x93NUMPY\"", .start.escape_ascii())]
    Magic { start: Vec<u8> },
    /// A format version other than 1.0, 2.0 and 3.0.
    #[error("its format version is {major}.{minor}; 1.0, 2.0 and 3.0 can be read")]
    Version { major: u8, minor: u8 },
    /// The file ends inside its header.
    #[error(
        "its header takes {expected} bytes, but the file has {has}; it was cut off, so copy or save it again"
    )]
    HeaderCut { expected: u64, has: u64 },
    /// A header of a length that NumPy never writes for a matrix.
    #[error(
        "its header claims {len} bytes, more than the {MAX_HEADER} that are taken; save the array again"
    )]
    HeaderTooLong { len: u64 },
    /// A header that is not the dict that NumPy writes.
    #[error(
        "its header is not the dict that NumPy writes: expected {expected} at byte {at}; save the array again with numpy.save"
    )]
    Header { expected: &'static str, at: usize },
    /// An array of Python objects, stored as a pickle.
    #[error(
        "it holds pickled Python objects, which are never loaded because they can run code; save it as numbers with array.astype('<f4')"
    )]
    Objects,
    /// Items that are neither 16-, 32- nor 64-bit floats.
    #[error(
        "its dtype is {descr}; 'f4', 'f2' and 'f8' can be read, so save it with array.astype('<f4')"
    )]
    Dtype { descr: String },
    /// Columns stored one after the other.
    #[error("it is in Fortran order; save it with numpy.ascontiguousarray(array)")]
    FortranOrder,
    /// Anything but one vector per row.
    #[error("its shape is {shape}, where one vector per row was expected: (rows, dimensions)")]
    Shape { shape: String },
    /// A shape whose bytes cannot be counted.
    #[error("its shape {shape} is larger than any file")]
    ShapeOverflow { shape: String },
    /// Fewer bytes than the header promises.
    #[error(
        "its header promises {rows} rows, {expected} bytes in all, but the file has {has} bytes, so it holds only {whole} whole rows; it was cut off, so copy or save it again"
    )]
    Short {
        rows: u64,
        expected: u64,
        has: u64,
        whole: u64,
    },
    /// More bytes than the header promises.
    #[error(
        "its header promises {rows} rows, {expected} bytes in all, but the file has {has} bytes; it was changed after it was saved, so save it again"
    )]
    Long { rows: u64, expected: u64, has: u64 },
    /// More was asked for than the file holds.
    #[error("{count} rows from row {first} on were asked for, but it has {rows} rows")]
    NoSuchRows { first: u64, count: usize, rows: u64 },
    /// A 64-bit number that 32 bits would change.
    #[error(
        "row {row}, column {column} holds {value:?}, which 32 bits cannot hold exactly; to round it, use `--cast f32`"
    )]
    Inexact { row: u64, column: u64, value: f64 },
    /// A finite 64-bit number that would become infinite.
    #[error("row {row}, column {column} holds {value:?}, which is beyond the range of 32 bits")]
    OutOfRange { row: u64, column: u64, value: f64 },
}
