//! What to do about an export that failed.

use std::io::ErrorKind;

use tulving::ErrorClass;
use tulving::backend::file::FileError;
use tulving::transfer::TransferError;

use crate::exit::CliError;

/// What to do about records that are no memories.
pub(super) const CORRECT: &str =
    "correct these records, or copy the files as they are; tulving doctor names all";

/// Returns what is told of an error: a directory that cannot be made is named with `--out`.
pub(super) fn told(error: TransferError) -> CliError {
    if let TransferError::Flawed { .. } = error {
        return CliError::from(error).hint(CORRECT);
    }
    let is_refused = matches!(error.downcast_ref(), Some(FileError::Io { source, .. })
        if error.class() != ErrorClass::Full && source.kind() != ErrorKind::NotFound);
    let told = CliError::from(error);
    match is_refused {
        true => {
            told.hint("see that this account may write there, or name another directory with --out")
        }
        false => told,
    }
}
