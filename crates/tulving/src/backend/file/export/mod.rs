//! A new data directory as the target of a transfer, and a directory that is exported as the source of one.
//!
//! Everything is staged in a folder beside the directory's future place: records of each chunk in a part
//! file of their own, vectors at their rows' places in the array, and the ledger. When all chunks are there
//! the parts are put together, the whole is proved, and one rename gives the directory its name. So there
//! is no half of it under that name, whatever happens, and a run that was killed goes on where it was.
//!
//! | module | holds |
//! |---|---|
//! | `source` | [`DirectorySource`]: what a directory holds, journal and all |
//! | `sink` | [`FileSink`]: the target of the transfer |
//! | `staging` | the folder in which the directory is made |
//! | `ledger` | the record of the run, beside what is staged |

mod ledger;
mod sink;
mod source;
mod staging;

use std::path::{Path, PathBuf};

use super::error::FileError;
use super::lock::Lock;
use crate::fsutil::Os;
use crate::model::Scope;
use ledger::RunFiles;
use staging::Staging;

pub use sink::FileSink;
pub use source::DirectorySource;

/// Returns the folder in which a directory was being made that is to be here; it need not be there.
pub(super) fn unfinished(root: &Path) -> PathBuf {
    Staging::beside(&sink::resolved(root)).folder().to_owned()
}

/// Removes what was staged of a scope's export to here, unless somebody is at it.
///
/// # Errors
/// If the system refuses.
pub(super) fn clear_unfinished(root: &Path, scope: Scope) -> Result<(), FileError> {
    let staging = Staging::beside(&sink::resolved(root));
    let folder = staging.folder();
    if !folder.is_dir() {
        return Ok(());
    }
    let run = RunFiles::in_folder(folder).entry()?;
    let is_of_scope = run.is_some_and(|run| run.inputs["scope"] == scope.to_string());
    match Lock::try_now(&Os, &folder.join("lock"))? {
        Some(_lock) if is_of_scope => staging.clear(),
        _ => Ok(()),
    }
}
