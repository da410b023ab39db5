//! `tulving list`: memories by time, page by page.

use clap::Args;
use tulving::backend::{Cursor, Order, Page};

use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::filter::FilterArgs;
use crate::output::{self, count, counted, minute};
use crate::page::one_line;
use crate::table::Table;
use crate::text::{quote, shell};
use crate::wire;

/// Lists memories, the newest first
///
/// Shows one page. If more memories follow, the last line (with --json, `next`) names the value of
/// `--after` for the next page. All pages together show every memory once, even if others write
/// meanwhile.
#[derive(Debug, Args)]
#[command(after_help = "With --json:\n\
    {\"memories\": [{\"kind\": …, …as get prints them, without has_vector…}], \"next\": CURSOR or null}")]
pub struct List {
    #[expect(missing_docs, reason = "a comment here would stand before the options")]
    #[command(flatten)]
    pub filter: FilterArgs,

    /// The maximum number of memories to show
    #[arg(long, value_name = "N", default_value_t = 20, help_heading = "Page",
          value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub limit: u64,

    /// Continues after this place, which the last line of the previous page names
    #[arg(long, value_name = "CURSOR", help_heading = "Page")]
    pub after: Option<String>,

    /// Shows the oldest first
    #[arg(long, help_heading = "Page")]
    pub oldest: bool,
}

/// Runs it.
///
/// # Errors
/// When an option cannot be understood or the memory cannot be read.
pub async fn run(list: List, cx: &Context) -> Result<Exit, CliError> {
    let filter = list.filter.into_filter()?;
    let page = Page {
        order: if list.oldest {
            Order::Oldest
        } else {
            Order::Newest
        },
        after: list.after.as_deref().map(place).transpose()?,
        limit: usize::try_from(list.limit).unwrap_or(usize::MAX),
    };
    let memory = cx.records().await?;
    let listing = memory.list(&filter, &page).await?;
    if cx.json {
        output::json(&wire::Listing::from(listing))?;
        return Ok(Exit::Done);
    }
    if listing.memories.is_empty() {
        output::text(match page.after {
            Some(_) => "No more memories.",
            None => "No memories.",
        })?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(["WHEN (UTC)", "KIND", "SOURCE", "ID", "WHAT"]).shorten_last();
    for memory in &listing.memories {
        table.row([
            minute(memory.created_at()),
            memory.kind().as_str().to_owned(),
            memory.source().to_owned(),
            memory.id().to_owned(),
            one_line(memory),
        ]);
    }
    let all = memory.count(&filter).await?.total();
    let shown = listing.memories.len() as u64;
    let end = match &listing.next {
        Some(next) => format!(
            "{} of {}; go on with --after {}",
            count(shown),
            counted(all, "memory"),
            shell(&wire::cursor::text(next))
        ),
        None if page.after.is_some() => {
            format!("the last {} of {}", count(shown), counted(all, "memory"))
        }
        None => counted(all, "memory"),
    };
    output::text(&format!("{}\n{end}\n", table.render(cx.out)))?;
    Ok(Exit::Done)
}

fn place(text: &str) -> Result<Cursor, CliError> {
    wire::cursor::read(text).ok_or_else(|| {
        CliError::usage(format!("--after: {} is not a place in a list", quote(text)))
            .hint("what the last line of the page before names")
    })
}
