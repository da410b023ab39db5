//! Why a file is not an array of records.

use std::io;

use crate::Foreign;

/// Why a file is not an array of records. Offsets are bytes from the start of the file; indexes
/// count records from 0.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// Nothing, or nothing but whitespace.
    #[error("the file is empty, where a JSON array was expected")]
    Empty,
    /// The file is something else than text in UTF-8.
    #[error("the file is {0}")]
    Foreign(Foreign),
    /// The file begins with something else than `[`.
    #[error("expected a JSON array, but the file starts with {found} (byte {offset})")]
    NotAnArray {
        /// Where it begins.
        offset: u64,
        /// With what, in words.
        found: String,
    },
    /// The file ends within a record.
    #[error("the file ends inside record {index} (byte {offset}); it was cut off")]
    Truncated {
        /// The record that is not complete.
        index: u64,
        /// Length of the file.
        offset: u64,
    },
    /// The file ends where a comma, a record or the closing bracket was due.
    #[error(
        "the file ends after {records} records without the closing ] (byte {offset}); it was cut off"
    )]
    Unclosed {
        /// How many whole records there are.
        records: u64,
        /// Length of the file.
        offset: u64,
    },
    /// Neither a comma nor `]` follows a record.
    #[error("expected a comma or ] before record {index}, at byte {offset}")]
    MissingComma {
        /// The record that the comma should precede.
        index: u64,
        /// Where it should stand.
        offset: u64,
    },
    /// A comma with no record before or after it.
    #[error("expected record {index} at byte {offset}, found `{}`", char::from(*.found))]
    MissingRecord {
        /// The record that is not there.
        index: u64,
        /// Where it should begin.
        offset: u64,
        /// `,` or `]`.
        found: u8,
    },
    /// More than whitespace follows the array.
    #[error("more data after the end of the array, at byte {offset}")]
    TrailingData {
        /// Where it begins.
        offset: u64,
    },
    /// A record is larger than the limit. Reading can go on with the next one.
    #[error("record {index} at byte {offset} has {len} bytes, more than the limit of {limit}")]
    TooLarge {
        /// The record.
        index: u64,
        /// Where it begins.
        offset: u64,
        /// Its length in bytes.
        len: u64,
        /// The most that is taken, in bytes.
        limit: u64,
    },
    /// The file could not be read.
    #[error("reading failed at byte {offset}, in or before record {index}")]
    Io {
        /// The record that was being read or sought.
        index: u64,
        /// How far the file had been read.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },
    /// An earlier call failed, and nothing can be said about what follows.
    #[error("an earlier error ended the reading before record {index} (byte {offset})")]
    Stopped {
        /// The record that was being read or sought.
        index: u64,
        /// How far the file had been read.
        offset: u64,
    },
}
