//! The program `tulving`: what a person types, reads and configures. What it does is in the
//! library, `tulving`; this crate turns words into calls and results into text.
//!
//! | module | holds |
//! |---|---|
//! | [`cli`] | the command line |
//! | [`commands`] | the commands, one file each |
//! | [`context`] | what every command is handed |
//! | [`memory`] | the memory that the configuration names |
//! | [`config`] | flags, environment, config.yaml: the only reader of the environment |
//! | [`input`] | texts, vectors and memories from files and stdin |
//! | [`exit`] | exit codes and errors |
//! | `failure` | the library's errors, with exit code and what to do |
//! | [`output`] | results on stdout |
//! | [`page`] | memories as a person reads them |
//! | [`progress`] | the course of a long operation, on stderr |
//! | [`confirm`], [`interrupt`] | asking first, stopping cleanly |
//! | [`text`] | what must not reach a terminal or a log |
//! | [`manual`] | docs/cli.md |

pub mod bug;
pub mod cli;
pub mod commands;
pub mod config;
pub mod confirm;
pub mod context;
pub mod exit;
mod failure;
pub mod input;
pub mod interrupt;
pub mod manual;
pub mod memory;
pub mod output;
pub mod page;
pub mod progress;
pub mod text;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use cli::Cli;
use exit::{CliError, Exit};

/// Parses the arguments, does what they ask and says how it went.
#[must_use]
pub fn main(args: Vec<OsString>) -> ExitCode {
    // Before the arguments are understood, and when they cannot be: a program asked for JSON.
    let json = args
        .iter()
        .take_while(|arg| *arg != "--")
        .any(|arg| arg == "--json");
    bug::end_on_panic(json);
    let exit = match Cli::try_parse_from(args) {
        Ok(cli) => run(cli),
        Err(error) => return misuse(&error, json).into(),
    };
    match exit {
        Ok(exit) => exit.into(),
        Err(error) => {
            error.print(json);
            error.exit.into()
        }
    }
}

fn run(cli: Cli) -> Result<Exit, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime
        .map_err(|error| CliError::new(Exit::Bug, "starting the runtime failed").because(&error))?;
    let done = runtime.block_on(commands::run(cli));
    // A task that still reads or writes must not keep a finished program alive.
    runtime.shutdown_background();
    done
}

/// Arguments that clap did not take, or answered itself: help and version.
fn misuse(error: &clap::Error, json: bool) -> Exit {
    let rendered = error.render();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            return output::text(&rendered.to_string())
                .map_or_else(|error| error.exit, |()| Exit::Done);
        }
        // `tulving user`: the help says what may follow.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if !json => {
            eprint(&rendered.to_string());
            return Exit::Usage;
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let error = CliError::usage("a subcommand is missing").hint("the same with --help");
            error.print(json);
            return Exit::Usage;
        }
        _ => {}
    }
    // Line by line, because what was typed is quoted in it.
    let text = rendered.to_string();
    let lines: Vec<String> = text.lines().map(text::safe).collect();
    eprint(&(lines.join("\n") + "\n"));
    if json {
        let message = lines.first().map_or("", String::as_str);
        let message = message.strip_prefix("error: ").unwrap_or(message);
        let causes = lines.iter().skip(1).map(|line| line.trim().to_owned());
        let mut error = CliError::usage(message).hint("tulving --help");
        error.causes = causes.filter(|line| !line.is_empty()).collect();
        // A reader that went away needs no object.
        let _ = output::json(&error.to_wire());
    }
    Exit::Usage
}

fn eprint(text: &str) {
    use std::io::Write as _;
    // Nothing can be told to anyone if stderr is gone.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
