//! From the command that was typed to the function that does it.

use clap::CommandFactory as _;

use crate::cli::{Cli, Command};
use crate::commands::{
    add, clusters, compact, completions, config, delete, docs, doctor, export, forget, get, hook,
    index, ingest, init, list, man, mcp, migrate, reembed, runs, schema, search, tenant, update,
    user, verify,
};
use crate::config::Env;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::{manual, output};

/// Does what was asked. `Ok` carries the exit code, since a command that did its work may still
/// have something to report (rejected rows, a difference).
///
/// # Errors
/// When a command could not do its work.
pub(crate) async fn run(cli: Cli) -> Result<Exit, CliError> {
    let Some(command) = cli.command else {
        output::text(
            &cli.global
                .face(&Env::process())
                .out
                .help(&manual::short(Cli::command())),
        )?;
        return Ok(Exit::Done);
    };
    if cli.global.force && !command.writes_to_a_file() {
        let message = "--force replaces a file that is named, and here none is written";
        return Err(CliError::usage(message).hint("the same command without --force"));
    }
    // These need no configuration.
    match &command {
        Command::HelpMarkdown => {
            output::text(&manual::markdown(Cli::command()))?;
            return Ok(Exit::Done);
        }
        Command::Completions(completions) => {
            return completions::run(completions, Cli::command(), cli.global.json);
        }
        Command::Man(pages) => {
            return man::run(pages, Cli::command(), cli.global.json, cli.global.force);
        }
        _ => {}
    }
    if let Command::Init(init) = command {
        return init::run(&init, &cli.global, Cli::command).await;
    }
    if let Command::Hook(hook) = &command {
        return hook::run(hook, &cli.global, Cli::command).await;
    }
    let cx = match &command {
        Command::Config(_) | Command::Doctor(_) => Context::forgiving(&cli.global, Cli::command)?,
        _ => {
            let cx = Context::new(&cli.global, Cli::command)?;
            for unused in cx.config.unused() {
                output::note(&unused.remark, &unused.advice, &cx);
            }
            cx
        }
    };
    match command {
        Command::Add(add) => add::run(add, &cx).await,
        Command::Search(search) => search::run(search, &cx).await,
        Command::Get(get) => get::run(&get, &cx).await,
        Command::List(list) => list::run(list, &cx).await,
        Command::Update(update) => update::run(update, &cx).await,
        Command::Delete(delete) => delete::run(delete, &cx).await,
        Command::Forget(forget) => forget::run(forget, &cx).await,
        Command::Compact(compact) => compact::run(&compact, &cx),
        Command::Reembed(reembed) => reembed::run(reembed, &cx).await,
        Command::Doctor(doctor) => doctor::run(doctor, &cx).await,
        Command::Config(command) => config::run(&command, &cx),
        Command::Ingest(command) => ingest::run(command, &cx).await,
        Command::Clusters(command) => clusters::run(command, &cx).await,
        Command::Docs(command) => docs::run(command, &cx).await,
        Command::Schema(command) => schema::run(&command, &cx).await,
        Command::User(command) => user::run(command, &cx).await,
        Command::Tenant(command) => tenant::run(command, &cx).await,
        Command::Export(export) => export::run(export, &cx).await,
        Command::Migrate(migrate) => migrate::run(migrate, &cx).await,
        Command::Verify(verify) => verify::run(verify, &cx).await,
        Command::Index(index) => index::run(&index, &cx).await,
        Command::Runs(command) => runs::run(&command, &cx).await,
        Command::Mcp(mcp) => mcp::run(&mcp, cx).await,
        Command::HelpMarkdown
        | Command::Hook(_)
        | Command::Completions(_)
        | Command::Man(_)
        | Command::Init(_)
        | Command::ReadDocuments(_) => Ok(Exit::Done),
    }
}
