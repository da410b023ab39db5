//! Advice on errors of a data directory.

use std::io::ErrorKind;
use std::path::Path;

use tulving::backend::file::FileError;
use tulving::backend::file::layout::{LayoutError, folder_of};

use super::{source, told};
use crate::exit::CliError;
use crate::text::{owner_flag, shell};

impl From<FileError> for CliError {
    fn from(error: FileError) -> Self {
        Self::from(&error)
    }
}

impl From<&FileError> for CliError {
    fn from(error: &FileError) -> Self {
        told(error.class(), error, hint(error))
    }
}

const AGAIN: &str = "the same command again";
const FREE_SPACE: &str = "free space there, then the same command again";
const MODEL_OF_OTHERS: &str =
    "a vector of the model that made the others; tulving doctor   (says which)";

fn hint(error: &FileError) -> Option<String> {
    let hint = match error {
        FileError::Layout(error) => return layout(error),
        FileError::NoOwner { path } => {
            return Some(format!(
                "tulving init --user-id UUID --data-dir {}   (or --tenant-id; without an id a new one is made)",
                shell(&path.to_string_lossy())
            ));
        }
        FileError::OtherOwner { owner, .. } => {
            let owner = owner_flag(*owner);
            return Some(format!("{owner}, or another directory with --data-dir"));
        }
        FileError::Occupied { .. } | FileError::NoPlace { .. } => {
            "name a directory that is empty or not there yet: --out DIR"
        }
        FileError::Removing { .. } => "tulving forget --remove, which finishes it",
        FileError::NotEmpty { .. } => "tulving init, which gives it an owner and changes no memory",
        FileError::Unloadable { .. } => {
            "leave that out; or keep such memories apart, in a directory of their own: tulving init --data-dir DIR"
        }
        FileError::NoVectors { .. } => {
            "leave --model out; embedding in config.yaml says what makes vectors"
        }
        FileError::OtherModel { known, .. } => {
            return Some(format!(
                "leave --model out, or name {}, the model that they are of",
                shell(&known.model)
            ));
        }
        FileError::Foreign { path, .. } => {
            return Some(format!(
                "tulving init --data-dir {}   (any directory that is empty or not there yet)",
                shell(&path.join("memory").to_string_lossy())
            ));
        }
        FileError::Locked { .. } => "the same command again, once the other process is done",
        FileError::BaseChanged { .. } => {
            "tulving compact --rebase   (keeps what the files say now and writes the journal's memories on top)"
        }
        FileError::Unfolded { .. } | FileError::UnfoldedSpaces { .. } => {
            "tulving compact, then the same command again"
        }
        FileError::CountMismatch { .. } => "restore both files from one moment",
        FileError::Pair(pair) => {
            return Some(source::pair(
                pair,
                "tulving init --cast f32   (rounds the vectors to 32 bits as they are read)",
            ));
        }
        FileError::Record { path, source, .. } => return Some(source::record(path, source)),
        FileError::Damaged { .. } => {
            "tulving doctor   (says what else is wrong); then correct the file, or restore it from a backup"
        }
        FileError::Newer { .. } => "use a newer tulving",
        FileError::Width { .. } => MODEL_OF_OTHERS,
        FileError::DiskFull { .. } => FREE_SPACE,
        FileError::Poisoned { .. } | FileError::Stopped(_) => AGAIN,
        FileError::Io { source, .. } => match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => FREE_SPACE,
            _ => {
                "see that this account may read and write there, or name another directory with --data-dir"
            }
        },
        _ => return None,
    };
    Some(hint.to_owned())
}

/// A directory that is to be worked in; one that is to be moved is told of by `transfer`.
fn layout(error: &LayoutError) -> Option<String> {
    let hint = match error {
        LayoutError::NoDirectory {
            is_there: false, ..
        }
        | LayoutError::NothingThere { .. } => {
            "tulving init   (makes one), or name another with --data-dir DIR"
        }
        LayoutError::NoDirectory { .. } => "name another with --data-dir DIR",
        LayoutError::Flat { path, files } => {
            return Some(format!(
                "{}   (then the same command again)",
                into_folders(path, files)
            ));
        }
        LayoutError::Missing { .. } => "restore the file",
        LayoutError::Manifest { .. } => "correct the manifest, or restore it",
        LayoutError::Io { .. } => "see that this account may read there",
    };
    Some(hint.to_owned())
}

/// Returns the command that puts files of memories into the folders of a data directory.
#[must_use]
pub(crate) fn into_folders(directory: &Path, files: &[String]) -> String {
    let name = |path: &Path| shell(&path.to_string_lossy());
    // Who names one of the folders means the directory that has both.
    let above = directory.parent().filter(|above| {
        let folders = ["corpus", "vectors"];
        folders.iter().any(|folder| directory.ends_with(folder))
            && folders.iter().all(|folder| above.join(folder).is_dir())
    });
    if let Some(above) = above {
        let above = if above == Path::new("") {
            Path::new(".")
        } else {
            above
        };
        return format!("--data-dir {}", name(above));
    }
    moved(directory, directory, files)
}

/// Returns the command that moves files of memories from anywhere into the folders of a data directory.
#[must_use]
pub(crate) fn moved(from: &Path, directory: &Path, files: &[String]) -> String {
    let name = |path: &Path| shell(&path.to_string_lossy());
    let mut folders: Vec<&str> = files.iter().filter_map(|file| folder_of(file)).collect();
    folders.dedup();
    let made = folders
        .iter()
        .map(|folder| format!(" {}", name(&directory.join(folder))));
    let mut command = format!("mkdir -p{}", made.collect::<String>());
    for folder in folders {
        let of_folder = files.iter().filter(|file| folder_of(file) == Some(folder));
        let moved = of_folder.map(|file| format!(" {}", name(&from.join(file))));
        let moved: String = moved.collect();
        command.push_str(&format!(" && mv{moved} {}", name(&directory.join(folder))));
    }
    command
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::PathBuf;

    use tulving::model::Scope;

    use super::*;
    use crate::exit::Exit;
    use crate::failure::check;

    fn path() -> PathBuf {
        PathBuf::from("my data")
    }

    #[test]
    fn what_files_refuse_names_the_command_that_helps() {
        let full = || io::Error::from(ErrorKind::StorageFull);
        for (error, exit, hint) in [
            (
                FileError::NoOwner { path: path() },
                Exit::Refused,
                "tulving init --user-id UUID --data-dir 'my data'",
            ),
            (
                FileError::OtherOwner {
                    path: path(),
                    owner: Scope::Tenant(uuid::Uuid::from_u128(1)),
                    asked: Scope::User(uuid::Uuid::from_u128(2)),
                },
                Exit::Refused,
                "--tenant-id 00000000-0000-0000-0000-000000000001",
            ),
            (
                FileError::NotEmpty { path: path() },
                Exit::Refused,
                "tulving init",
            ),
            (
                FileError::Locked {
                    path: path(),
                    seconds: 5,
                },
                Exit::Locked,
                "the same command again",
            ),
            (
                FileError::BaseChanged {
                    changed: vec![path()],
                    journal: path(),
                },
                Exit::Refused,
                "tulving compact --rebase",
            ),
            (
                FileError::Damaged {
                    path: path(),
                    offset: 7,
                    reason: "torn".to_owned(),
                },
                Exit::Source,
                "tulving doctor",
            ),
            (
                FileError::Newer {
                    path: path(),
                    found: 2,
                    known: 1,
                },
                Exit::Refused,
                "use a newer tulving",
            ),
            (
                FileError::DiskFull {
                    doing: "writing",
                    path: path(),
                    source: full(),
                },
                Exit::Unreachable,
                "free space",
            ),
            (
                FileError::Io {
                    doing: "writing",
                    path: path(),
                    source: full(),
                },
                Exit::Unreachable,
                "free space",
            ),
            (
                FileError::Io {
                    doing: "opening",
                    path: path(),
                    source: ErrorKind::PermissionDenied.into(),
                },
                Exit::Usage,
                "may read and write there",
            ),
            (
                LayoutError::NothingThere { path: path() }.into(),
                Exit::Refused,
                "tulving init",
            ),
            (
                LayoutError::Manifest {
                    path: path(),
                    reason: "no owner".to_owned(),
                }
                .into(),
                Exit::Source,
                "correct the manifest",
            ),
        ] {
            check(error, exit, hint);
        }
    }
}
