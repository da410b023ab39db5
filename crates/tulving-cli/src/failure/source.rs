//! Advice on files of memories that cannot be read.

use std::path::Path;

use tulving::backend::file::npy::{NpyError, Problem};
use tulving::backend::file::pair::PairError;
use tulving::json::{ParseError, Reason, RecordsError};

use crate::input::remedy;
use crate::text::shell;

/// Returns what helps with a pair of files; `rounding` is the command that rounds vectors.
pub(super) fn pair(error: &PairError, rounding: &str) -> String {
    match error {
        PairError::Records { path, source } => records(path, source),
        PairError::Vectors(error) => vectors(error, rounding),
        PairError::Changed { .. } => "the same command again once nobody writes to it".to_owned(),
        PairError::Io { path, .. } => readable(path),
    }
}

/// Returns what helps with a record that is no JSON, in a file.
pub(super) fn record(path: &Path, error: &ParseError) -> String {
    let file = shell(&path.to_string_lossy());
    match error.reason {
        Reason::InvalidUtf8 => {
            format!("put UTF-8 in place of the bytes there, or restore {file} from a backup")
        }
        Reason::UnexpectedEnd => restore(path),
        _ => format!("correct {file} at that byte, or restore it from a backup"),
    }
}

fn records(path: &Path, error: &RecordsError) -> String {
    let file = shell(&path.to_string_lossy());
    match error {
        RecordsError::Foreign(found) => remedy(path, *found),
        RecordsError::Io { .. } => readable(path),
        RecordsError::Empty | RecordsError::Truncated { .. } | RecordsError::Unclosed { .. } => {
            restore(path)
        }
        RecordsError::TrailingData { .. } => {
            format!("take out of {file} what follows the closing ], or restore it from a backup")
        }
        RecordsError::TooLarge { .. } => {
            format!("shorten that record in {file}: 64 MiB are the most that one takes")
        }
        _ => format!("correct {file} at that byte, or restore it from a backup"),
    }
}

fn vectors(error: &NpyError, rounding: &str) -> String {
    let file = shell(&error.path.to_string_lossy());
    match &error.problem {
        Problem::Inexact { .. } => rounding.to_owned(),
        Problem::Open(_) | Problem::Read { .. } => readable(&error.path),
        Problem::Foreign(found) => remedy(&error.path, *found),
        Problem::Empty | Problem::HeaderCut { .. } | Problem::Short { .. } => restore(&error.path),
        Problem::OutOfRange { .. } => format!(
            "normalise the vectors to length 1, then numpy.save({file}, array.astype('<f4'))"
        ),
        _ => format!(
            "numpy.save({file}, array.astype('<f4')), with one row for each record; or restore it from a backup"
        ),
    }
}

/// Records and vectors belong together row by row, so one is not restored without the other.
fn restore(path: &Path) -> String {
    let file = shell(&path.to_string_lossy());
    format!("restore {file} from a backup, together with the records or vectors of the same moment")
}

fn readable(path: &Path) -> String {
    let file = shell(&path.to_string_lossy());
    format!("ls -l {file}   (it must be a file that this account may read)")
}
