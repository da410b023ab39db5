//! `tulving compact`: folding the journal into the files.

use clap::Args;
use tulving::backend::file::Compaction;

use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, bytes, count};
use crate::table::summary;
use crate::terminal::Screen;
use crate::wire;

/// Writes the journal into nodes.json and nodes.npy, where other programs read it
///
/// Changes are first written to a journal (a write-ahead log), which other programs do not read. This
/// command writes them into the files, as Tulving does by itself when the journal is large. A database
/// has no journal, so there is nothing to do.
#[derive(Debug, Args)]
#[command(after_help = "With --json:\n\
    {\"folded_bytes\": N, \"rebased\": null or {\"added\": N, \"equal\": N, \"replaced\": [ID…], \"gone\": N, \"journal\": PATH}}")]
pub struct Compact {
    /// Does so even if another program has changed the files since: the journal's memories replace those
    /// in the files, and the journal is kept
    #[arg(long)]
    pub rebase: bool,
}

/// Runs it.
///
/// # Errors
/// When the memory cannot be opened or its files cannot be written.
pub fn run(compact: &Compact, cx: &Context) -> Result<Exit, CliError> {
    let done = cx.compact(compact.rebase)?;
    if cx.json {
        output::json(&wire::Compaction::from(done.unwrap_or_default()))?;
    } else {
        output::text(&page(done, cx.out))?;
    }
    Ok(Exit::Done)
}

fn page(done: Option<Compaction>, screen: Screen) -> String {
    let Some(Compaction { folded, replayed }) = done else {
        return "Nothing to do: a database has no journal.".to_owned();
    };
    let Some(replayed) = replayed else {
        return match folded {
            0 => "Nothing to do: the journal is empty.".to_owned(),
            folded => format!("Folded {} of journal into the files.", bytes(folded)),
        };
    };
    let numbers = [
        ("added", replayed.added),
        ("equal", replayed.equal),
        ("replaced", replayed.replaced.len() as u64),
        ("gone before", replayed.gone),
    ];
    let mut lines: Vec<(&str, String)> = numbers
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .map(|(name, number)| (name, count(number)))
        .collect();
    let replaced = replayed.replaced.iter().take(20);
    lines.extend(replaced.map(|key| ("replaced", key.to_string())));
    lines.push(("journal", format!("{}, kept", replayed.kept.display())));
    format!(
        "Wrote the journal's memories on top of the changed files.\n\n{}",
        summary(&lines, screen)
    )
}
