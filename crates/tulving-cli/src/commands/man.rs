//! `tulving man`: the manual as man pages.

use std::path::{Path, PathBuf};

use clap::Args;
use clap_mangen::Man;
use serde_json::json;

use crate::exit::{CliError, Exit};
use crate::output;

/// Prints the man page, or writes those of all commands
///
/// `tulving man | man -l -` shows the page of the program. With `--out` each command gets a page
/// of its own, such as tulving-search.1; pages of another version are replaced with `--force`.
#[derive(Debug, Args)]
#[command(after_help = "With --json:\n\
    {\"page\": TEXT}, or with --out {\"files\": [PATH…]}")]
pub struct ManPages {
    /// The directory to write the pages to; it is created if it does not exist
    #[arg(long, value_name = "DIR", value_parser = crate::config::path())]
    pub out: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// When the pages cannot be written.
pub fn run(
    pages: &ManPages,
    mut root: clap::Command,
    json: bool,
    force: bool,
) -> Result<Exit, CliError> {
    root.build();
    let Some(out) = &pages.out else {
        let page = render(root, Path::new("stdout"))?;
        if json {
            output::json(&json!({"page": page}))?;
        } else {
            output::text(&page)?;
        }
        return Ok(Exit::Done);
    };
    std::fs::create_dir_all(out).map_err(|error| unwritten(out, &error))?;
    let mut files = Vec::new();
    write(root, out, force, &mut files)?;
    if json {
        output::json(&json!({"files": files}))?;
    } else {
        output::text(&files.join("\n"))?;
    }
    Ok(Exit::Done)
}

/// Writes the page of a command and those of the commands below it.
fn write(
    command: clap::Command,
    out: &Path,
    force: bool,
    files: &mut Vec<String>,
) -> Result<(), CliError> {
    let is_shown = |sub: &&clap::Command| !sub.is_hide_set() && sub.get_name() != "help";
    for subcommand in command.get_subcommands().filter(is_shown) {
        write(subcommand.clone(), out, force, files)?;
    }
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name());
    let path = out.join(format!("{name}.1"));
    let page = render(command, &path)?;
    output::file(&path, page.as_bytes(), force)?;
    files.push(path.display().to_string());
    Ok(())
}

fn render(command: clap::Command, path: &Path) -> Result<String, CliError> {
    let mut page = Vec::new();
    Man::new(command)
        .render(&mut page)
        .map_err(|error| unwritten(path, &error))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

fn unwritten(path: &Path, error: &std::io::Error) -> CliError {
    CliError::usage(format!("writing the manual to {}", path.display()))
        .because(error)
        .hint("name another directory with --out DIR")
}
