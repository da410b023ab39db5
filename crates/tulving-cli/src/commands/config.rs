//! `tulving config`: what the program was told, and where.

use clap::Subcommand;

use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output;
use crate::table::{Table, summary};
use crate::text::safe;
use crate::wire;

/// `tulving config …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows every setting, its value and where it comes from; secrets are hidden
    ///
    /// A setting comes from a flag, else from its environment variable, else from the
    /// configuration file, else it is the default. The connection string of PostgreSQL is never
    /// shown. Everything that is wrong is shown too, and ends with exit 2.
    #[command(after_help = "With --json:\n\
    {\"file\": PATH or null, \"settings\": [{\"key\", \"value\", \"from\", \"variable\", \"problem\": TEXT or null}], \"problems\": [TEXT…], \"unused\": [TEXT…]}")]
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

fn show(cx: &Context) -> Result<Exit, CliError> {
    let file = cx.config.file().map(|path| path.display().to_string());
    let settings = cx.config.show();
    let (faults, unused) = (cx.config.faults().iter(), cx.config.unused());
    let sound =
        cx.config.faults().is_empty() && settings.iter().all(|shown| shown.problem.is_none());
    let exit = if sound { Exit::Done } else { Exit::Usage };
    if cx.json {
        output::json(&wire::Settings {
            file,
            settings: settings.into_iter().map(wire::Setting::from).collect(),
            problems: faults.map(|fault| safe(&fault.message)).collect(),
            unused: unused
                .into_iter()
                .map(|unused| safe(&unused.remark))
                .collect(),
        })?;
        return Ok(exit);
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
    let mut page = table.render(cx.out);
    let mut remarks: Vec<_> = faults
        .map(|fault| ("problem", fault.message.clone()))
        .collect();
    remarks.extend(unused.into_iter().map(|unused| ("unused", unused.remark)));
    if !remarks.is_empty() {
        page.push('\n');
        page.push_str(&summary(&remarks, cx.out));
    }
    output::text(&page)?;
    Ok(exit)
}
