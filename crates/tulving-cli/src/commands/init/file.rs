//! The configuration that a new memory begins with.

use std::path::{Path, PathBuf};

use tulving::fsutil::{OutputError, OutputFile, OutputProblem};
use tulving::model::Scope;
use uuid::Uuid;

use crate::config::Backend;
use crate::exit::CliError;

/// A configuration that is to be written under a name that is free: that of a file, or of a link to
/// where there is none yet.
pub(super) struct New<'p> {
    path: &'p Path,
    file: OutputFile,
}

impl<'p> New<'p> {
    /// Finds out that a file can be written there.
    pub(super) fn beside(path: &'p Path) -> Result<Self, CliError> {
        let file = OutputFile::at(path)?;
        Ok(Self { path, file })
    }

    /// Gives it its name and what it says; false if there is another file of that name meanwhile.
    pub(super) fn publish(
        self,
        backend: Backend,
        directory: &Path,
        owner: Scope,
        schema: Option<&str>,
    ) -> Result<bool, CliError> {
        let text = text(backend, &as_seen_from(self.path, directory)?, owner, schema);
        let tag = Uuid::new_v4().to_string();
        match self.file.write(&tag, text.as_bytes(), false) {
            Ok(changed) => Ok(changed),
            Err(OutputError {
                problem: OutputProblem::Exists,
                ..
            }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Returns the directory as the file names it: relative to the file where it lies beside or below it.
fn as_seen_from(config: &Path, directory: &Path) -> Result<String, CliError> {
    let absolute = |path: &Path| {
        std::path::absolute(path).map_err(|error| {
            CliError::usage(format!("{} is no usable path", path.display())).because(&error)
        })
    };
    let (config, directory) = (absolute(config)?, absolute(directory)?);
    let beside = config.parent().unwrap_or(Path::new("/"));
    let seen = match directory.strip_prefix(beside) {
        Ok(below) => PathBuf::from(".").join(below),
        Err(_) => directory,
    };
    match seen.to_str() {
        Some(seen) => Ok(seen.to_owned()),
        None => Err(CliError::usage(format!(
            "the path {} is not UTF-8, and cannot be written down",
            seen.display()
        ))),
    }
}

fn text(backend: Backend, directory: &str, owner: Scope, schema: Option<&str>) -> String {
    let backend = backend.as_str();
    let (kind, id) = (owner.kind().as_str(), owner.id());
    // In YAML too a quoted text may hold anything; `$$` is one `$`.
    let quoted = |text: &str| serde_json::Value::from(text).to_string().replace('$', "$$");
    let directory = quoted(directory);
    let schema = schema.map(|name| format!("    schema: {}\n", quoted(name)));
    let schema = schema.unwrap_or_default();
    format!(
        "\
# Tulving's configuration. `tulving config show` tells what holds and where it comes from.

memory:
  # file: the directory below; postgres: a database. One line, there and back.
  backend: {backend}
  postgres:
    connection_string: \"${{DATABASE_URL}}\"
{schema}
paths:
  data_dir: {directory}

# Whose memory it is. --user-id and --tenant-id override it.
scope:
  {kind}_id: {id}

embedding:
  # builtin: nothing to install; http: a server that speaks /v1/embeddings, with url and model;
  # local: a model in a directory, with path and model.
  provider: builtin

retrieval:
  # How many questions with their answers, conversations and pieces of documents a search brings.
  process_top_k: 10
  episodic_top_k: 5
  document_top_k: 5
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_beside_the_file_is_named_from_there() {
        let seen = |config: &str, directory: &str| {
            as_seen_from(Path::new(config), Path::new(directory)).unwrap()
        };
        assert_eq!(seen("config.yaml", "data"), "./data");
        assert_eq!(seen("/a/config.yaml", "/a/b/data"), "./b/data");
        assert_eq!(seen("/a/config.yaml", "/b/data"), "/b/data");
    }
}
