//! The program `tulving`: what a person types, reads and configures. What it does is in the
//! library, `tulving`; this crate turns words into calls and results into text.
//!
//! | module | holds |
//! |---|---|
//! | [`cli`], [`global`] | the command line |
//! | `dispatch` | from the command that was typed to the function that does it |
//! | [`commands`] | the commands, one file each |
//! | [`context`] | what every command is handed |
//! | [`memory`] | the memory that the configuration names |
//! | [`config`] | flags, environment, config.yaml: the only reader of the environment |
//! | [`chats`] | chat exports on their way from files to memory |
//! | [`clusters`] | what memories are about |
//! | [`documents`] | documents on their way from files to memory |
//! | [`embedder`] | advice where stored vectors and the embedder are of two models |
//! | [`filter`] | which memories are meant, from options or JSON |
//! | [`kinds`] | kinds of memory, on the command line and in reports |
//! | [`input`] | texts, vectors and memories from files and stdin |
//! | [`exit`], [`bug`] | exit codes and errors, and what a panic ends with |
//! | `misuse` | a command line that was not understood |
//! | `failure` | the library's errors, with exit code and what to do |
//! | [`mcp`], [`etag`] | memory as the tools of an assistant; which version of a memory is meant |
//! | [`output`] | results on stdout |
//! | [`wire`] | the objects that `--json` prints |
//! | [`page`], [`table`] | memories, tables and summaries as a person reads them |
//! | [`terminal`], [`width`] | how much a screen shows, and text that fits it |
//! | [`progress`] | the course of a long operation, on stderr |
//! | [`run_record`] | an import in the list of runs |
//! | [`confirm`], [`interrupt`] | asking first, stopping cleanly |
//! | `advice` | commands that are printed as advice, about the same memory |
//! | [`text`] | what must not reach a terminal or a log |
//! | [`manual`] | docs/cli.md |

mod advice;
pub mod bug;
pub mod chats;
pub mod cli;
pub mod clusters;
pub mod commands;
pub mod config;
pub mod confirm;
pub mod context;
mod dispatch;
pub mod documents;
pub mod embedder;
pub mod etag;
pub mod exit;
mod failure;
pub mod filter;
pub mod global;
pub mod input;
pub mod interrupt;
pub mod kinds;
pub mod manual;
pub mod mcp;
pub mod memory;
mod misuse;
pub mod output;
pub mod page;
pub mod progress;
pub mod run_record;
pub mod table;
pub mod terminal;
pub mod text;
pub mod width;
pub mod wire;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _, ValueEnum as _};

use cli::{Cli, Command};
use config::Env;
use exit::{CliError, Exit};
use terminal::{Colour, Face};

/// Parses the arguments, does what they ask and says how it went.
#[must_use]
pub fn main(args: &[OsString]) -> ExitCode {
    let env = Env::process();
    let face = face_before_parsing(args, &env);
    bug::end_on_panic(face);
    if let Some(error) = misuse::lost_id(args) {
        output::error(&error, face);
        return error.exit.into();
    }
    let done = match Cli::try_parse_from(args) {
        Ok(Cli {
            global,
            command: None,
        }) if args.len() > 1 => Err(misuse::no_command(&global)),
        // It is to be small, and alone: without a runtime and its threads.
        Ok(Cli {
            command: Some(Command::ReadDocuments(options)),
            ..
        }) => documents::serve(&options),
        Ok(cli) => run(cli),
        Err(error) => answered(&error, face).unwrap_or_else(|| Err(misuse::misuse(&error, args))),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(error) => {
            output::error(&error, face);
            error.exit.into()
        }
    }
}

/// Returns how a program or a person wants to be spoken to, before the arguments are understood, and
/// when they cannot be.
fn face_before_parsing(args: &[OsString], env: &Env) -> Face {
    let mut json = false;
    let mut colour = Colour::default();
    let mut args = args.iter().filter_map(|arg| arg.to_str()).peekable();
    while let Some(arg) = args.next().filter(|arg| *arg != "--") {
        let (name, value) = match arg.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (arg, args.peek().copied()),
        };
        json |= arg == "--json";
        if name == "--color" {
            let wish = value.and_then(|value| Colour::from_str(value, false).ok());
            colour = wish.unwrap_or(colour);
        }
    }
    Face::new(json, colour, env)
}

fn run(cli: Cli) -> Result<Exit, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime
        .map_err(|error| CliError::new(Exit::Bug, "starting the runtime failed").because(&error))?;
    let typed = cli.global.overrides();
    let done = runtime.block_on(dispatch::run(cli));
    // A task that still reads or writes must not keep a finished program alive.
    runtime.shutdown_background();
    done.map_err(|error| CliError {
        hint: error
            .hint
            .map(|hint| typed.repeated_in(&Cli::command(), &hint)),
        ..error
    })
}

/// Returns what clap answers itself: help and version.
fn answered(error: &clap::Error, face: Face) -> Option<Result<Exit, CliError>> {
    let rendered = error.render();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            Some(output::text(&face.out.help(&rendered)).map(|()| Exit::Done))
        }
        // `tulving user`: the help says what may follow.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if face.json => {
            let error = CliError::usage("a subcommand is missing").hint("the same with --help");
            Some(Err(error))
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            output::aside(&face.err.help(&rendered));
            Some(Ok(Exit::Usage))
        }
        _ => None,
    }
}
