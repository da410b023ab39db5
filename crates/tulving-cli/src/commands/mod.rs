//! The commands, one file each: what a command takes, and what it does.

pub mod config;
pub mod index;
pub mod migrate;
mod owner;
pub mod runs;
pub mod schema;
pub mod tenant;
pub mod user;
pub mod verify;
mod wire;

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
        Command::Schema(command) => schema::run(&command, &cx).await,
        Command::User(command) => user::run(command, &cx).await,
        Command::Tenant(command) => tenant::run(command, &cx).await,
        Command::Migrate(migrate) => migrate::run(migrate, &cx).await,
        Command::Verify(verify) => verify::run(verify, &cx).await,
        Command::Index(index) => index::run(&index, &cx).await,
        Command::Runs(command) => runs::run(&command, &cx).await,
        Command::HelpMarkdown => Ok(Exit::Done),
    }
}
