//! `tulving init`: a configuration, and a data directory with an owner.
//!
//! | module | holds |
//! |---|---|
//! | `directory` | a memory that begins in a data directory |
//! | `database` | a memory that begins in PostgreSQL |
//! | `file` | the configuration file |

mod database;
mod directory;
mod file;

use std::path::Path;
use std::sync::Arc;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Command};
use serde_json::json;
use tulving::model::{Scope, Space};

use super::cast::Cast;
use crate::config::Overrides;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::global::Global;
use crate::memory::Location;
use crate::output;
use crate::table::summary;
use crate::text::shell;
use crate::wire;

/// Makes a configuration and a data directory, or gives an owner to a directory that is there
///
/// Writes config.yaml, unless there is one, and a data directory for the owner that `--user-id` or
/// `--tenant-id` names, or for a new user. If the directory holds memories that have no owner, it gets
/// this one; the memories do not change. A directory that holds anything else is refused and not changed.
/// A second run shows what exists and changes nothing.
///
/// `--model` names the model that made the existing vectors. Once the configuration names a server that
/// runs this model, memories are found by meaning too.
///
/// With `--backend postgres` no directory is made. DATABASE_URL names the database, in which `tulving
/// schema apply` has made the tables. The owner is the one that `--user-id` or `--tenant-id` names, or
/// else the user with the address `--email`, who is created if the database has no such user. Then
/// config.yaml is written.
#[derive(Debug, Args)]
#[command(after_help = "With --json:\n\
    {\"config\": PATH, \"data_dir\": PATH (with PostgreSQL \"database\": TEXT), \"owner\": {\"kind\": \"user\" or \"tenant\", \"id\": UUID}, \"created\": [PATH…]}")]
pub struct Init {
    /// The model that made the vectors, if the directory does not name it, such as
    /// sentence-transformers/all-MiniLM-L6-v2; its usual short names are understood [default: BAAI/bge-m3
    /// for vectors of 1024 numbers, else none]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub model: Option<String>,

    /// With PostgreSQL: the e-mail address of the user whose memory it is; the user is created if there
    /// is none
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,

    /// Rounds 64-bit vectors to 32 bits when they are read, although digits are lost; their file changes
    /// when the journal is written into it
    #[arg(long, value_name = "TYPE")]
    pub cast: Option<Cast>,
}

/// What became of the data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    Made,
    Claimed,
    WasThere,
}

/// The data directory, as it is now.
#[derive(Debug)]
struct Made {
    owner: Scope,
    done: Done,
    /// What its vectors are of, if there are any.
    vectors: Option<Arc<Space>>,
}

/// Runs it.
///
/// # Errors
/// When the directory belongs to somebody or something else (exit 9), cannot be read or cannot be
/// written.
pub async fn run(init: &Init, global: &Global, cli: fn() -> Command) -> Result<Exit, CliError> {
    // Once more, should another have written the configuration meanwhile: then that one holds.
    for _ in 0..2 {
        let cx = Context::before_configuration(global, cli)?;
        let directory = match cx.location()? {
            Location::Files(directory) => directory,
            Location::Database => return database::see_to(init, &cx).await,
        };
        if let Some(email) = &init.email {
            return Err(CliError::usage(
                "--email is a user's of a database, and this memory is to be in files",
            )
            .hint(format!(
                "tulving init --backend postgres --email {}   (begins in PostgreSQL; in files an owner has an id alone)",
                shell(email)
            )));
        }
        let (model, cast) = (init.model.as_deref(), init.cast.is_some());
        if let Some(made) = directory::see_to(&directory, model, cast, &cx)? {
            report(&cx, &directory, &made)?;
            return Ok(Exit::Done);
        }
    }
    let cx = Context::before_configuration(global, cli)?;
    let path = cx.config.usual_file().display();
    Err(
        CliError::usage(format!("{path} is there, and cannot be read"))
            .hint("remove it, or name another file with --config FILE"),
    )
}

/// Says what there is now; `cx` is from before it was made.
fn report(cx: &Context, directory: &Path, made: &Made) -> Result<(), CliError> {
    let (owner, done) = (made.owner, made.done);
    let config = cx.config.usual_file();
    let written = cx.config.file().is_none();
    if cx.json {
        let created: Vec<String> = [(written, config), (done == Done::Made, directory)]
            .into_iter()
            .filter(|(made, _)| *made)
            .map(|(_, path)| path.display().to_string())
            .collect();
        return output::json(&json!({
            "config": config.display().to_string(),
            "data_dir": directory.display().to_string(),
            "owner": wire::Scope::from(owner),
            "created": created,
        }));
    }
    let config_line = match written {
        true => format!("{}, new", config.display()),
        false => format!("{}, left as it was", config.display()),
    };
    let data = match done {
        Done::Made => format!("{}, new and empty", directory.display()),
        Done::Claimed => format!(
            "{}, now with an owner; no memory was changed",
            directory.display()
        ),
        Done::WasThere => format!("{}, left as it was", directory.display()),
    };
    let vectors = made.vectors.as_ref().map(|space| match space.is_named() {
        true => space.to_string(),
        false => format!(
            "{} numbers, of a model that nobody named: {}",
            space.dims,
            cx.advice("tulving init --model NAME")
        ),
    });
    let mut lines = vec![("owner", owner.to_string()), ("data", data)];
    lines.extend(vectors.map(|vectors| ("vectors", vectors)));
    lines.push(("config", config_line));
    let mut page = summary(&lines, cx.out);
    if done != Done::WasThere || written {
        page.push_str(&next_steps(cx, written));
    }
    output::text(&page)
}

/// Returns the first commands to go on with. What was written into the configuration just now need not
/// be said again.
fn next_steps(cx: &Context, written: bool) -> String {
    let typed = cx.config.flags();
    let needed = match written {
        true => Overrides {
            config: typed.config.clone(),
            ..Overrides::default()
        },
        false => typed.clone(),
    };
    needed.repeated_in(
        &(cx.cli)(),
        "\nNext:\n  tulving add --question \"Why did the worker hang?\" --answer \"The pool was exhausted.\"\n  tulving search \"worker\"\n",
    )
}
