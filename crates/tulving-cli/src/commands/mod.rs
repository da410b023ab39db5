//! The commands, one file each: what a command takes, and what it does.

pub mod config;
pub mod migrate;
pub mod runs;
pub mod schema;
pub mod tenant;
pub mod user;
pub mod verify;

use crate::cli::{Cli, Command};
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::{manual, output};

/// Does what was asked. `Ok` carries the exit code, since a command that did its work may still
/// have something to report (rejected rows, a difference).
///
/// # Errors
/// When a command could not do its work.
pub async fn run(cli: Cli) -> Result<Exit, CliError> {
    let Some(command) = cli.command else {
        output::text(&manual::short())?;
        return Ok(Exit::Done);
    };
    if matches!(command, Command::HelpMarkdown) {
        output::text(&manual::markdown())?;
        return Ok(Exit::Done);
    }
    let cx = Context::new(&cli.global)?;
    match command {
        Command::Config(command) => config::run(&command, &cx),
        Command::Schema(_)
        | Command::User(_)
        | Command::Tenant(_)
        | Command::Migrate(_)
        | Command::Verify(_)
        | Command::Runs(_) => Err(CliError::new(Exit::Bug, "this command is not wired yet")),
        Command::HelpMarkdown => Ok(Exit::Done),
    }
}
