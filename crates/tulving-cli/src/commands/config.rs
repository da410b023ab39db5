//! `tulving config`: what the program was told, and where.

use clap::Subcommand;
use serde::Serialize;

use crate::config::Shown;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output;
use crate::table::Table;

/// `tulving config …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows every setting, its value and where it comes from; secrets are hidden
    ///
    /// A setting comes from a flag, else from its environment variable, else from the
    /// configuration file, else it is the default. The connection string of PostgreSQL is never
    /// shown.
    Show,
}

/// Runs it.
///
/// # Errors
/// When the result cannot be written.
pub fn run(command: &Command, cx: &Context) -> Result<Exit, CliError> {
    match command {
        Command::Show => show(cx),
    }
}

#[derive(Serialize)]
struct Wire {
    file: Option<String>,
    settings: Vec<WireSetting>,
}

#[derive(Serialize)]
struct WireSetting {
    key: &'static str,
    value: Option<String>,
    from: Option<String>,
    variable: &'static str,
    problem: Option<String>,
}

fn show(cx: &Context) -> Result<Exit, CliError> {
    let file = cx.config.file().map(|path| path.display().to_string());
    let settings = cx.config.show();
    if cx.json {
        let settings = settings.into_iter().map(WireSetting::from).collect();
        output::json(&Wire { file, settings })?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(["SETTING", "VALUE", "FROM", "VARIABLE"]);
    for shown in settings {
        let from = match (shown.problem, shown.from) {
            (Some(problem), _) => problem,
            (None, Some(from)) => from,
            (None, None) => "not set".to_owned(),
        };
        let value = shown.value.unwrap_or_else(|| "-".to_owned());
        table.row([shown.key.to_owned(), value, from, shown.variable.to_owned()]);
    }
    output::text(&table.render(cx.out))?;
    Ok(Exit::Done)
}

impl From<Shown> for WireSetting {
    fn from(shown: Shown) -> Self {
        Self {
            key: shown.key,
            value: shown.value,
            from: shown.from,
            variable: shown.variable,
            problem: shown.problem,
        }
    }
}
