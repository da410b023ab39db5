//! Advice on errors of a store and of its backend.

use tulving::backend::BackendError;
use tulving::backend::file::FileError;
use tulving::backend::postgres::DatabaseError;
use tulving::model::Kind;
use tulving::store::{StoreError, WordsOnly};

use super::told;
use crate::config::create_command;
use crate::embedder::one_model;
use crate::exit::CliError;
use crate::text::{escape, quote, shell};

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Backend(error) => error.into(),
            StoreError::Embed(error) => error.into(),
            error => told(error.class(), &error, hint(&error)),
        }
    }
}

fn hint(error: &StoreError) -> Option<String> {
    Some(match error {
        StoreError::BadVector { .. } => {
            "check embedding.model and embedding.dimensions: tulving config show".to_owned()
        }
        StoreError::GivenVector(_) => {
            "a vector of the model that made the others; tulving doctor   (says which)".to_owned()
        }
        StoreError::NoEmbedder(why) => format!(
            "{}; or bring a vector: --vector FILE, --like ID; --mode keyword looks for words",
            one_model(why)
        ),
        StoreError::OtherModel(why) => one_model(why),
        StoreError::NoVector { .. } => {
            "--mode hybrid or --mode keyword, which look at its words".to_owned()
        }
        StoreError::Differs { id, .. } => format!(
            "the same command with --existing update   (puts what is said in its place); tulving get {}   (shows what is there)",
            shell(id)
        ),
        StoreError::Forgotten { .. } => {
            "the same command with --restore-forgotten   (brings it back)".to_owned()
        }
        StoreError::Grown => "the same command again, which counts anew".to_owned(),
        StoreError::Unfinished => {
            "the same command with the version of tulving that began it".to_owned()
        }
        StoreError::EmptyQuery => "tulving search \"what to look for\"".to_owned(),
        StoreError::NoSuchMemory { .. } => "tulving list".to_owned(),
        StoreError::Blank { .. } => {
            "tulving add --question \"what was asked\" --answer \"what was answered\"; one of the two is enough".to_owned()
        }
        StoreError::ForeignSource {
            kind: Kind::Episode,
            why,
            ..
        } => format!("the same command with --source {}", why.usual),
        StoreError::ForeignSource { why, .. } => format!(
            "the same command with --source-as {}   (writes that, and keeps {} as the tag \"source:{}\")",
            why.usual,
            quote(&why.source_name),
            escape(&why.source_name),
        ),
        StoreError::BadDocument { .. } => "save the document anew, or leave it out".to_owned(),
        StoreError::Stopped => "the same command again".to_owned(),
        StoreError::NoSuchField { .. } => "tulving update --help".to_owned(),
        _ => return None,
    })
}

impl From<BackendError> for CliError {
    fn from(error: BackendError) -> Self {
        // What is known of a backend is known of its own error.
        if let Some(error) = error.downcast_ref::<FileError>() {
            error.into()
        } else if let Some(error) = error.downcast_ref::<DatabaseError>() {
            error.into()
        } else {
            told(error.class(), &error, backend_hint(&error))
        }
    }
}

fn backend_hint(error: &BackendError) -> Option<String> {
    Some(match error {
        BackendError::UnknownScope { scope, .. } => format!(
            "name another owner with --user-id or --tenant-id, or the place where this {}'s memory is with --data-dir; in a database: {} --id {}",
            scope.kind().as_str(),
            create_command(scope.kind()),
            scope.id()
        ),
        BackendError::NoSuchMemory { .. } => "tulving list".to_owned(),
        BackendError::Exists { key } => {
            let id = shell(&key.id);
            format!(
                "tulving get {id}   (shows it; what changes it begins with tulving update {id})"
            )
        }
        BackendError::Changed { .. } => {
            "the same command again, once the other writer is done".to_owned()
        }
        BackendError::WrongSpace { stored, given } => {
            let (stored, embedder) = (stored.clone(), given.clone());
            one_model(&WordsOnly { stored, embedder })
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tulving::ErrorClass;
    use tulving::backend::StorageError;
    use tulving::model::{EmbeddingError, Key, Scope, Space};
    use tulving::record::{Flaw, Reason};

    use super::*;
    use crate::exit::Exit;
    use crate::failure::check;

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
    fn a_backend_that_nobody_here_knows_is_told_by_its_class() {
        for (class, exit, hint) in [
            (ErrorClass::Full, Exit::Unreachable, ""),
            (ErrorClass::Busy, Exit::Locked, ""),
            (ErrorClass::Bug, Exit::Bug, "tell us"),
        ] {
            let source = std::io::Error::other("the shelf is nailed shut");
            let error = BackendError::from(StorageError::new(class, source));
            assert_eq!(error.to_string(), "the shelf is nailed shut");
            check(error, exit, hint);
        }
    }
}
