//! `tulving init`: a configuration, and a data directory with an owner.

mod file;
mod stamps;

use std::fs::DirBuilder;
use std::path::Path;

use clap::Args;
use serde_json::json;
use tulving::backend::file::layout::LayoutError;
use tulving::backend::file::{FileBackend, FileError};
use tulving::model::Scope;
use uuid::Uuid;

use super::wire::WireScope;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::memory::Home;
use crate::output;
use crate::text::shell;

/// Makes a configuration and a data directory, or claims a directory that is there
///
/// Writes config.yaml, unless there is one, and a data directory that belongs to the owner that
/// `--user-id` or `--tenant-id` names, or to a new user. A directory that holds memories of nobody
/// yet gets this owner; its memories stay as they are. Run again, it says what is there and
/// changes nothing.
#[derive(Debug, Args)]
#[command(after_help = "With --json:\n\
    {\"config\": PATH, \"data_dir\": PATH, \"owner\": {\"kind\": \"user\" or \"tenant\", \"id\": UUID}, \"created\": [PATH…]}")]
pub struct Init {}

/// What became of the data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    Made,
    Claimed,
    WasThere,
}

/// Runs it.
///
/// # Errors
/// When the directory belongs to somebody else (exit 9), cannot be read or cannot be written.
pub fn run(_: &Init, cx: &Context) -> Result<Exit, CliError> {
    let directory = match cx.home()? {
        Home::Files(directory) => directory,
        Home::Database => {
            return Err(CliError::usage(
                "the configuration has memory in PostgreSQL, which needs no directory",
            )
            .hint("tulving schema apply, tulving user create; or tulving init --backend file"));
        }
    };
    let (owner, done) = directory_of(&directory, cx)?;
    let config = cx.config.usual_file().to_owned();
    let written = cx.config.file().is_none();
    if written {
        file::write(&config, &directory, owner)?;
    }
    let created: Vec<&Path> = [(written, &config), (done == Done::Made, &directory)]
        .into_iter()
        .filter_map(|(made, path)| made.then_some(path.as_path()))
        .collect();
    if cx.json {
        output::json(&json!({
            "config": config.display().to_string(),
            "data_dir": directory.display().to_string(),
            "owner": WireScope::from(owner),
            "created": created.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
        }))?;
    } else {
        output::text(&page(&config, written, &directory, done, owner))?;
    }
    Ok(Exit::Done)
}

/// Sees to it that the directory is there and has an owner.
fn directory_of(directory: &Path, cx: &Context) -> Result<(Scope, Done), CliError> {
    let named = cx.config.scope_if_named()?;
    let wanted = || named.unwrap_or_else(|| Scope::User(Uuid::new_v4()));
    match FileBackend::open(directory) {
        Ok(files) => Ok((cx.owner_of(directory, &files)?, Done::WasThere)),
        Err(FileError::Layout(
            LayoutError::NoDirectory {
                is_there: false, ..
            }
            | LayoutError::NothingThere { .. },
        )) => {
            let owner = wanted();
            make_private(directory)?;
            FileBackend::create(directory, owner, None)?;
            Ok((owner, Done::Made))
        }
        Err(FileError::NoOwner { .. }) => {
            if named.is_none() {
                refuse_if_stamped(directory)?;
            }
            let owner = wanted();
            FileBackend::claim(directory, owner, None)?;
            Ok((owner, Done::Claimed))
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes the directory for its owner's eyes alone; one that is there keeps its mode.
fn make_private(directory: &Path) -> Result<(), CliError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|error| {
        CliError::usage(format!("making {} failed", directory.display()))
            .because(&error)
            .hint("name another directory with --data-dir DIR")
    })
}

/// Memories that name an owner are not given to a new one, who would see none of them.
fn refuse_if_stamped(directory: &Path) -> Result<(), CliError> {
    let owners = stamps::owners(directory)?;
    let path = directory.display();
    match owners.as_slice() {
        [] => Ok(()),
        [owner] => Err(CliError::new(
            Exit::Refused,
            format!(
                "the memories in {path} are those of {owner}, but the directory has no owner yet"
            ),
        )
        .hint(claim(*owner, directory))),
        [first, ..] => {
            let error = CliError::new(
                Exit::Refused,
                format!(
                    "the memories in {path} are those of {} owners, and a directory has one",
                    owners.len()
                ),
            );
            let error = owners
                .iter()
                .fold(error, |error, owner| error.cause(owner.to_string()));
            Err(error.hint(format!(
                "{}   (those of others stay in the files and are not shown)",
                claim(*first, directory)
            )))
        }
    }
}

fn claim(owner: Scope, directory: &Path) -> String {
    let (kind, id) = (owner.kind().as_str(), owner.id());
    let directory = shell(&directory.to_string_lossy());
    format!("tulving init --{kind}-id {id} --data-dir {directory}")
}

fn page(config: &Path, written: bool, directory: &Path, done: Done, owner: Scope) -> String {
    let config = if written {
        format!("{}, new", config.display())
    } else {
        format!("{}, left as it was", config.display())
    };
    let data = match done {
        Done::Made => format!("{}, new and empty", directory.display()),
        Done::Claimed => format!(
            "{}, now with an owner; no memory was changed",
            directory.display()
        ),
        Done::WasThere => format!("{}, left as it was", directory.display()),
    };
    let mut page = output::summary(&[
        ("owner", owner.to_string()),
        ("data", data),
        ("config", config),
    ]);
    if done != Done::WasThere || written {
        page.push_str(
            "\nNext:\n  tulving add --question \"Why did the worker hang?\" --answer \"The pool was exhausted.\"\n  tulving search \"worker\"\n",
        );
    }
    page
}
