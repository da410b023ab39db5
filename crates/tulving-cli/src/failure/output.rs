//! A file that was named and is not written.

use std::io::ErrorKind;

use tulving::fsutil::{OutputError, OutputProblem};

use super::told;
use crate::exit::{CliError, Exit};
use crate::text::shell;

impl From<OutputError> for CliError {
    fn from(error: OutputError) -> Self {
        let exit = match &error.problem {
            OutputProblem::Io(_, source) if is_full(source.kind()) => Exit::Unreachable,
            _ => Exit::Usage,
        };
        let told = told(exit, &error);
        match &error.problem {
            OutputProblem::Exists => told.hint("name another file, or add --force to replace it"),
            OutputProblem::IsDirectory => told.hint(format!(
                "name a file in it, such as {}",
                shell(&error.path.join("FILE").to_string_lossy())
            )),
            OutputProblem::NoDirectory(folder) => told.hint(format!(
                "mkdir -p {}   (then the same command again)",
                shell(&folder.to_string_lossy())
            )),
            OutputProblem::Io(_, source) if is_full(source.kind()) => {
                told.hint("free space there, then the same command again")
            }
            OutputProblem::Io(..) => told.hint(
                "see that this account may read and write its directory, or name a file in another",
            ),
            _ => told.hint("name another file"),
        }
    }
}

fn is_full(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    )
}
