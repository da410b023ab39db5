//! The configuration that a new memory begins with.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use tulving::model::Scope;

use crate::exit::CliError;

/// Writes it, unless there is a file.
pub(super) fn write(config: &Path, directory: &Path, owner: Scope) -> Result<(), CliError> {
    let failed = |error: &std::io::Error| {
        CliError::usage(format!("writing {} failed", config.display()))
            .because(error)
            .hint("name another file with --config FILE")
    };
    let text = text(&as_seen_from(config, directory)?, owner);
    match OpenOptions::new().write(true).create_new(true).open(config) {
        Ok(mut file) => file
            .write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(|error| failed(&error)),
        // Somebody else was faster; theirs is as good.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(&error)),
    }
}

/// The directory as the file names it: relative to the file where it lies beside or below it.
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

fn text(directory: &str, owner: Scope) -> String {
    let (kind, id) = (owner.kind().as_str(), owner.id());
    // In YAML too a quoted text may hold anything.
    let directory = serde_json::Value::from(directory);
    // `$$` is one `$`.
    let directory = directory.to_string().replace('$', "$$");
    format!(
        "\
# Tulving's configuration. `tulving config show` tells what holds and where it comes from.

memory:
  # file: the directory below; postgres: a database. One line, there and back.
  backend: file
  postgres:
    connection_string: \"${{DATABASE_URL}}\"

paths:
  data_dir: {directory}

# Whose memory it is. --user-id and --tenant-id override it.
scope:
  {kind}_id: {id}

embedding:
  # builtin: nothing to install; http: a server that speaks /v1/embeddings, with url and model.
  provider: builtin

retrieval:
  # How many questions with their answers, and how many conversations, a search brings.
  process_top_k: 10
  episodic_top_k: 5
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
