//! `tulving completions`: what a shell needs to complete the command line.

use clap::Args;
use clap_complete::Shell;
use serde_json::json;

use crate::exit::{CliError, Exit};
use crate::output;

/// Prints a script for a shell that completes commands and options
///
/// Put it where the shell looks, such as `tulving completions bash >
/// ~/.local/share/bash-completion/completions/tulving`, `tulving completions zsh > ~/.zfunc/_tulving`
/// or `tulving completions fish > ~/.config/fish/completions/tulving.fish`.
#[derive(Debug, Args)]
#[command(after_help = "With --json:\n\
    {\"shell\": NAME, \"script\": TEXT}")]
pub struct Completions {
    /// Which shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// Runs it.
///
/// # Errors
/// When the result cannot be written.
pub fn run(
    completions: &Completions,
    mut root: clap::Command,
    json: bool,
) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(completions.shell, &mut root, "tulving", &mut script);
    let script = String::from_utf8_lossy(&script);
    if json {
        output::json(&json!({"shell": completions.shell.to_string(), "script": script}))?;
    } else {
        output::text(&script)?;
    }
    Ok(Exit::Done)
}
