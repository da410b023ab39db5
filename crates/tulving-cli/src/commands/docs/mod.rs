//! `tulving docs`: the documents of a memory.
//!
//! | module | does |
//! |---|---|
//! | `add` | takes documents in; and what `sync` has in common with it |
//! | `sync` | makes what is known of a folder what is in it |
//! | `list`, `show` | shows what is there |
//! | `remove` | removes documents |
//! | `named` | which document is meant |

mod add;
mod list;
mod named;
mod remove;
mod show;
mod sync;

use clap::Subcommand;

use crate::context::Context;
use crate::exit::{CliError, Exit};

/// `tulving docs …`
#[derive(Debug, Subcommand)]
pub enum Command {
    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Add(add::Add),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Sync(sync::Sync),

    /// Lists the documents
    #[command(after_help = "With --json:\n\
        {\"documents\": [{\"id\", \"path\", \"title\", \"department\", \"mime\", \"chunks\": N or null, \"content_hash\",\n\
        \"created_at\", \"updated_at\"}]}")]
    List,

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Show(show::Show),

    #[expect(
        missing_docs,
        reason = "a comment here would hide the manual that its struct carries"
    )]
    Remove(remove::Remove),
}

/// Runs it.
///
/// # Errors
/// When the memory cannot be opened, and as each command says.
pub async fn run(command: Command, cx: &Context) -> Result<Exit, CliError> {
    match command {
        Command::Add(add) => add::run(add, cx).await,
        Command::Sync(sync) => sync::run(sync, cx).await,
        Command::List => list::run(cx).await,
        Command::Show(show) => show::run(&show, cx).await,
        Command::Remove(remove) => remove::run(remove, cx).await,
    }
}
