//! Advice on files that were named and cannot be written.

use tulving::ErrorClass;
use tulving::fsutil::{OutputError, OutputProblem};

use super::told;
use crate::exit::CliError;
use crate::text::shell;

impl From<OutputError> for CliError {
    fn from(error: OutputError) -> Self {
        let hint = match &error.problem {
            OutputProblem::Exists => "name another file, or add --force to replace it".to_owned(),
            OutputProblem::IsDirectory => format!(
                "name a file in it, such as {}",
                shell(&error.path.join("FILE").to_string_lossy())
            ),
            OutputProblem::NoDirectory(folder) => format!(
                "mkdir -p {}   (then the same command again)",
                shell(&folder.to_string_lossy())
            ),
            OutputProblem::Io(..) if error.class() == ErrorClass::Full => {
                "free space there, then the same command again".to_owned()
            }
            OutputProblem::Io(..) => {
                "see that this account may read and write its directory, or name a file in another"
                    .to_owned()
            }
            _ => "name another file".to_owned(),
        };
        told(error.class(), &error, Some(hint))
    }
}
