//! `tulving list`: memories by time, page by page.

use clap::Args;
use serde::Serialize;
use tulving::backend::{Cursor, Order, Page};
use tulving::model::{Key, Kind, Timestamp};

use super::filter::Which;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, count, counted, minute};
use crate::page::one_line;
use crate::table::Table;
use crate::text::{quote, shell};
use crate::wire;

/// Lists memories, the newest first
///
/// Shows one page. Where more follow, the last line (with --json, `next`) says what `--after` takes to
/// go on. Going on to the end shows every memory once, even if others write meanwhile.
#[derive(Debug, Args)]
#[command(after_help = "With --json:\n\
    {\"memories\": [{\"kind\": …, …as get prints them, without has_vector…}], \"next\": CURSOR or null}")]
pub struct List {
    #[expect(missing_docs, reason = "a comment here would stand before the options")]
    #[command(flatten)]
    pub which: Which,

    /// The most memories to show
    #[arg(long, value_name = "N", default_value_t = 20, help_heading = "Page",
          value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub limit: u64,

    /// Goes on after this place, which the last line of the page before names
    #[arg(long, value_name = "CURSOR", help_heading = "Page")]
    pub after: Option<String>,

    /// Shows the oldest first
    #[arg(long, help_heading = "Page")]
    pub oldest: bool,
}

#[derive(Serialize)]
struct Wire {
    memories: Vec<wire::Memory>,
    next: Option<String>,
}

/// Runs it.
///
/// # Errors
/// When an option cannot be understood or the memory cannot be read.
pub async fn run(list: List, cx: &Context) -> Result<Exit, CliError> {
    let filter = list.which.filter()?;
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
    let next = listing.next.as_ref().map(cursor);
    if cx.json {
        let memories = listing.memories.into_iter().map(Into::into).collect();
        output::json(&Wire { memories, next })?;
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
    let end = match next {
        Some(next) => format!(
            "{} of {}; go on with --after {}",
            count(shown),
            counted(all, "memory"),
            shell(&next)
        ),
        None if page.after.is_some() => {
            format!("the last {} of {}", count(shown), counted(all, "memory"))
        }
        None => counted(all, "memory"),
    };
    output::text(&format!("{}\n{end}\n", table.render(cx.out)))?;
    Ok(Exit::Done)
}

/// A place as the command line has it: `1705314600000000:0:node:mem_0123456789abcdef`.
fn cursor(cursor: &Cursor) -> String {
    let Cursor {
        created_at,
        sequence_index,
        key,
    } = cursor;
    let kind = key.kind.as_str();
    format!("{}:{sequence_index}:{kind}:{}", created_at.micros(), key.id)
}

fn place(text: &str) -> Result<Cursor, CliError> {
    let read = || {
        let mut parts = text.splitn(4, ':');
        let created_at = Timestamp::from_micros(parts.next()?.parse().ok()?)?;
        let sequence_index = parts.next()?.parse().ok()?;
        let kind = parts.next()?;
        let kind = Kind::named(kind)?;
        Some(Cursor {
            created_at,
            sequence_index,
            key: Key::new(kind, parts.next()?),
        })
    };
    read().ok_or_else(|| {
        CliError::usage(format!("--after: {} is not a place in a list", quote(text)))
            .hint("what the last line of the page before names")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_whatever_the_id_holds() {
        for id in ["mem_0123456789abcdef", "a:b:'c' %", "", "記憶"] {
            let place_of = Cursor {
                created_at: Timestamp::from_micros(-5).unwrap(),
                sequence_index: 7,
                key: Key::new(Kind::Episode, id),
            };
            assert_eq!(place(&cursor(&place_of)).unwrap(), place_of);
        }
        for bad in ["", "1:2", "1:2:nodes:x", "x:2:node:y"] {
            assert_eq!(place(bad).unwrap_err().exit, Exit::Usage);
        }
    }
}
