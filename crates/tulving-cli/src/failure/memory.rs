//! What a memory did not do: the store, its backend, its files, its embedder.

use std::io::ErrorKind;
use std::path::Path;

use tulving::backend::BackendError;
use tulving::backend::file::FileError;
use tulving::backend::file::layout::{LayoutError, folder_of};
use tulving::embed::EmbedError;
use tulving::model::Kind;
use tulving::store::{StoreError, WordsOnly};

use super::{bug, source, told};
use crate::config::create_command;
use crate::embedder::one_model;
use crate::exit::{CliError, Exit};
use crate::text::{escape, owner_flag, quote, shell};

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Backend(error) => error.into(),
            StoreError::Embed(error) => error.into(),
            StoreError::BadVector { .. } => told(Exit::Usage, &error)
                .hint("check embedding.model and embedding.dimensions: tulving config show"),
            StoreError::GivenVector(_) => told(Exit::Source, &error)
                .hint("a vector of the model that made the others; tulving doctor   (says which)"),
            StoreError::NoEmbedder(ref why) => told(Exit::Usage, &error).hint(format!(
                "{}; or bring a vector: --vector FILE, --like ID; --mode keyword looks for words",
                one_model(why)
            )),
            StoreError::OtherModel(ref why) => told(Exit::Usage, &error).hint(one_model(why)),
            StoreError::NoVector { .. } => {
                told(Exit::Usage, &error).hint("--mode hybrid or --mode keyword, which look at its words")
            }
            StoreError::Differs { ref id, .. } => told(Exit::Source, &error)
                .hint(format!("the same command with --existing update   (puts what is said in its place); tulving get {}   (shows what is there)", shell(id))),
            StoreError::EmptyQuery => told(Exit::Usage, &error).hint("tulving search \"what to look for\""),
            StoreError::NoSuchMemory { .. } => told(Exit::NotFound, &error).hint("tulving list"),
            StoreError::Flawed { .. } | StoreError::BadChange { .. } => told(Exit::Source, &error),
            StoreError::Blank { .. } => told(Exit::Usage, &error)
                .hint("tulving add --question \"what was asked\" --answer \"what was answered\"; one of the two is enough"),
            StoreError::ForeignSource { kind: Kind::Episode, ref why, .. } => {
                told(Exit::Usage, &error).hint(format!("the same command with --source {}", why.usual))
            }
            StoreError::ForeignSource { ref why, .. } => told(Exit::Usage, &error).hint(format!(
                "the same command with --source-as {}   (writes that, and keeps {} as the tag \"source:{}\")",
                why.usual,
                quote(&why.source_name),
                escape(&why.source_name),
            )),
            StoreError::Stopped => told(Exit::Interrupted, &error).hint("the same command again"),
            StoreError::NoSuchField { .. } => told(Exit::Usage, &error).hint("tulving update --help"),
            _ => bug(&error),
        }
    }
}

impl From<BackendError> for CliError {
    fn from(error: BackendError) -> Self {
        match error {
            BackendError::File(error) => error.into(),
            BackendError::Database(error) => error.into(),
            BackendError::UnknownScope { scope, .. } => {
                let kind = scope.kind().as_str();
                let create = create_command(scope.kind());
                let id = scope.id();
                told(Exit::Refused, &error).hint(format!(
                    "name another owner with --user-id or --tenant-id, or the place where this {kind}'s memory is with --data-dir; in a database: {create} --id {id}"
                ))
            }
            BackendError::NoSuchMemory { .. } => told(Exit::NotFound, &error).hint("tulving list"),
            BackendError::Exists { ref key } => {
                let id = shell(&key.id);
                told(Exit::Source, &error).hint(format!(
                    "tulving get {id}   (shows it; what changes it begins with tulving update {id})"
                ))
            }
            BackendError::Changed { .. } => told(Exit::Locked, &error)
                .hint("the same command again, once the other writer is done"),
            BackendError::WrongSpace {
                ref stored,
                ref given,
            } => {
                let (stored, embedder) = (stored.clone(), given.clone());
                told(Exit::Refused, &error).hint(one_model(&WordsOnly { stored, embedder }))
            }
            _ => bug(&error),
        }
    }
}

impl From<FileError> for CliError {
    fn from(error: FileError) -> Self {
        match &error {
            FileError::Layout(error) => layout(error),
            FileError::NoOwner { path } => told(Exit::Refused, &error).hint(format!(
                "tulving init --user-id UUID --data-dir {}   (or --tenant-id; without an id a new one is made)",
                shell(&path.to_string_lossy())
            )),
            FileError::OtherOwner { owner, .. } => {
                let owner = owner_flag(*owner);
                told(Exit::Refused, &error).hint(format!("{owner}, or another directory with --data-dir"))
            }
            FileError::NotEmpty { .. } => {
                told(Exit::Refused, &error).hint("tulving init, which gives it an owner and changes no memory")
            }
            FileError::Unloadable { .. } => told(Exit::Source, &error).hint(
                "leave that out; or keep such memories apart, in a directory of their own: tulving init --data-dir DIR",
            ),
            FileError::NoVectors { .. } => told(Exit::Usage, &error)
                .hint("leave --model out; embedding in config.yaml says what makes vectors"),
            FileError::OtherModel { known, .. } => told(Exit::Refused, &error).hint(format!(
                "leave --model out, or name {}, the model that they are of",
                shell(&known.model)
            )),
            FileError::Foreign { path, .. } => told(Exit::Refused, &error).hint(format!(
                "tulving init --data-dir {}   (any directory that is empty or not there yet)",
                shell(&path.join("memory").to_string_lossy())
            )),
            FileError::Locked { .. } => {
                told(Exit::Locked, &error).hint("the same command again, once the other process is done")
            }
            FileError::BaseChanged { .. } => told(Exit::Refused, &error).hint(
                "tulving compact --rebase   (keeps what the files say now and writes the journal's memories on top)",
            ),
            FileError::Unfolded { .. } => told(Exit::Refused, &error).hint("tulving compact, then the same command again"),
            FileError::CountMismatch { .. } => {
                told(Exit::Source, &error).hint("restore both files from one moment")
            }
            FileError::Pair(pair) => told(Exit::Source, &error).hint(source::pair(
                pair,
                "tulving init --cast f32   (rounds the vectors to 32 bits as they are read)",
            )),
            FileError::Record { path, source, .. } => {
                told(Exit::Source, &error).hint(source::record(path, source))
            }
            FileError::Damaged { .. } => {
                told(Exit::Source, &error).hint("tulving doctor   (says what else is wrong); then correct the file, or restore it from a backup")
            }
            FileError::Newer { .. } => told(Exit::Refused, &error).hint("use a newer tulving"),
            FileError::Width { .. } => told(Exit::Source, &error)
                .hint("a vector of the model that made the others; tulving doctor   (says which)"),
            FileError::Refused { .. } | FileError::TooLarge { .. } => told(Exit::Source, &error),
            FileError::DiskFull { .. } => {
                told(Exit::Unreachable, &error).hint("free space there, then the same command again")
            }
            FileError::Poisoned { .. } | FileError::Together { .. } => told(Exit::Unreachable, &error).hint("the same command again"),
            FileError::Io { source, .. } => match source.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                    told(Exit::Unreachable, &error).hint("free space there, then the same command again")
                }
                _ => told(Exit::Usage, &error)
                    .hint("see that this account may read and write there, or name another directory with --data-dir"),
            },
            _ => told(Exit::Source, &error),
        }
    }
}

/// A directory that is to be worked in; one that is to be moved is told of by `transfer`.
fn layout(error: &LayoutError) -> CliError {
    match error {
        LayoutError::NoDirectory {
            is_there: false, ..
        }
        | LayoutError::NothingThere { .. } => told(Exit::Refused, error)
            .hint("tulving init   (makes one), or name another with --data-dir DIR"),
        LayoutError::NoDirectory { .. } => {
            told(Exit::Refused, error).hint("name another with --data-dir DIR")
        }
        LayoutError::Flat { path, files } => told(Exit::Refused, error).hint(format!(
            "{}   (then the same command again)",
            into_folders(path, files)
        )),
        LayoutError::Missing { .. } => told(Exit::Source, error).hint("restore the file"),
        LayoutError::Manifest { .. } => {
            told(Exit::Source, error).hint("correct the manifest, or restore it")
        }
        LayoutError::Io { .. } => {
            told(Exit::Usage, error).hint("see that this account may read there")
        }
    }
}

/// The command that puts files of memories into the folders of a data directory.
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

/// The command that moves files of memories from anywhere into the folders of a data directory.
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

impl From<EmbedError> for CliError {
    fn from(error: EmbedError) -> Self {
        match &error {
            EmbedError::Options(_) => told(Exit::Usage, &error)
                .hint("correct embedding.url, model, dimensions or api_key_env in config.yaml: tulving config show"),
            EmbedError::Cache { .. } => told(Exit::Usage, &error)
                .hint("see that this account may write there, or name another place in XDG_CACHE_HOME"),
            EmbedError::Unreachable { .. } | EmbedError::TimedOut { .. } => told(Exit::Unreachable, &error)
                .hint("start the server, or correct embedding.url; search --mode keyword needs none"),
            EmbedError::Refused { status: 401 | 403, .. } => told(Exit::Usage, &error)
                .hint("check the key in the variable that embedding.api_key_env names"),
            EmbedError::Refused { status: 404, .. } => told(Exit::Usage, &error)
                .hint("check embedding.url and embedding.model: tulving config show"),
            EmbedError::Refused { .. } | EmbedError::Unusable { .. } => told(Exit::Unreachable, &error)
                .hint("see that the server at embedding.url knows embedding.model and its dimensions: tulving config show"),
            _ => bug(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::PathBuf;
    use std::sync::Arc;

    use tulving::model::{EmbeddingError, Key, Scope, Space};
    use tulving::record::{Flaw, Reason};

    use super::*;

    fn path() -> PathBuf {
        PathBuf::from("my data")
    }

    fn space(model: &str) -> Arc<Space> {
        Arc::new(Space::local(model, 3))
    }

    #[test]
    fn a_person_is_told_what_to_do_by_exit_code() {
        let words_only = WordsOnly {
            stored: space("a"),
            embedder: space("b"),
        };
        let id = || "mem_1".to_owned();
        let flaw = || Flaw::new(Reason::BadSource, "source \"No!\" is not [a-z0-9_-]{1,32}");
        let cases: Vec<(StoreError, Exit, &str)> = vec![
            (
                StoreError::NoSuchMemory { id: id() },
                Exit::NotFound,
                "tulving list",
            ),
            (StoreError::EmptyQuery, Exit::Usage, "tulving search"),
            (
                StoreError::NoEmbedder(words_only),
                Exit::Usage,
                "--vector FILE, --like ID",
            ),
            (
                StoreError::NoVector { id: id() },
                Exit::Usage,
                "--mode hybrid",
            ),
            (
                StoreError::GivenVector(EmbeddingError::Width {
                    space: space("a"),
                    found: 2,
                }),
                Exit::Source,
                "tulving doctor",
            ),
            (
                StoreError::NoSuchField {
                    id: id(),
                    kind: Kind::Node,
                    field: "title",
                },
                Exit::Usage,
                "tulving update --help",
            ),
            (
                StoreError::BadChange {
                    id: id(),
                    flaw: flaw(),
                },
                Exit::Source,
                "",
            ),
        ];
        for (error, exit, hint) in cases {
            check(error, exit, hint);
        }
    }

    #[test]
    fn what_a_backend_refuses_names_the_way_out() {
        let scope = Scope::User(uuid::Uuid::from_u128(7));
        let key = Key::new(Kind::Node, "it's");
        let place = "data".to_owned();
        for (error, exit, hint) in [
            (
                BackendError::UnknownScope { scope, place },
                Exit::Refused,
                "--user-id or --tenant-id",
            ),
            (
                BackendError::NoSuchMemory { key: key.clone() },
                Exit::NotFound,
                "tulving list",
            ),
            (
                BackendError::Exists { key: key.clone() },
                Exit::Source,
                "tulving get 'it'\\''s'",
            ),
            (
                BackendError::Changed { key },
                Exit::Locked,
                "the same command again",
            ),
            (
                BackendError::WrongSpace {
                    stored: space("a"),
                    given: space("b"),
                },
                Exit::Refused,
                "embedding: {provider: http",
            ),
        ] {
            check(error, exit, hint);
        }
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

    #[test]
    fn a_server_that_does_not_embed_names_the_setting_to_look_at() {
        let url = || "http://h/v1/embeddings".to_owned();
        let refused = |status| EmbedError::Refused {
            url: url(),
            status,
            message: "no".to_owned(),
        };
        for (error, exit, hint) in [
            (
                EmbedError::Options("no".to_owned()),
                Exit::Usage,
                "embedding.url",
            ),
            (
                EmbedError::Unreachable {
                    url: url(),
                    source: ErrorKind::ConnectionRefused.into(),
                },
                Exit::Unreachable,
                "start the server",
            ),
            (
                EmbedError::TimedOut {
                    url: url(),
                    seconds: 60.0,
                },
                Exit::Unreachable,
                "--mode keyword",
            ),
            (refused(401), Exit::Usage, "embedding.api_key_env"),
            (refused(404), Exit::Usage, "embedding.model"),
            (refused(500), Exit::Unreachable, "tulving config show"),
        ] {
            check(error, exit, hint);
        }
    }

    #[track_caller]
    fn check(error: impl Into<CliError>, exit: Exit, hint: &str) {
        let told: CliError = error.into();
        assert_eq!(told.exit, exit, "{told}");
        let said = told.hint.clone().unwrap_or_default();
        assert!(said.contains(hint), "{told}");
    }
}
