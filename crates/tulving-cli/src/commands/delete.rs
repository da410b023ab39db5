//! `tulving delete`: forgetting single memories.

use clap::Args;
use tulving::model::{Key, Memory};
use tulving::store::StoreError;

use crate::confirm::confirm;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, counted, minute};
use crate::page::one_line;
use crate::table::Table;
use crate::terminal::Screen;
use crate::text::escape;
use crate::wire;

/// Deletes memories
///
/// Shows what it is about to delete, and asks first. If one of the memories does not exist, none is
/// deleted (exit 10).
#[derive(Debug, Args)]
#[command(after_help = "With --json:\n\
    {\"deleted\": [ID…]}")]
pub struct Delete {
    /// The memories
    #[arg(value_name = "ID", required = true)]
    pub ids: Vec<String>,
}

/// More than so many are not shown before the question.
const SHOWN: usize = 20;

/// Runs it.
///
/// # Errors
/// When one is not there, nobody says yes, or the memory cannot be written.
pub async fn run(delete: Delete, cx: &Context) -> Result<Exit, CliError> {
    let memory = cx.records().await?;
    let mut found: Vec<Memory> = Vec::new();
    let mut missing = Vec::new();
    for id in delete.ids {
        match memory.get(&id).await {
            Ok(entry) if found.iter().any(|known| known.key() == entry.memory.key()) => {}
            Ok(entry) => found.push(entry.memory),
            Err(StoreError::NoSuchMemory { id }) => missing.push(id),
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(first) = missing.first() {
        let error = CliError::from(StoreError::NoSuchMemory { id: first.clone() });
        let more = missing.iter().skip(1);
        let error = more.fold(error, |error, id| error.cause(format!("nor {id:?}")));
        return Err(error.cause("nothing was forgotten"));
    }
    if !cx.yes {
        show(&found, cx.err);
    }
    let many = counted(found.len() as u64, "memory");
    confirm(&format!("Forget {many} for good?"), cx.yes)?;
    let keys: Vec<Key> = found.iter().map(Memory::key).collect();
    // Of these, somebody else may have forgotten one meanwhile: gone is gone.
    let deleted = memory.delete(&keys).await?;
    let ids: Vec<String> = deleted.into_iter().map(|key| key.id).collect();
    let told = if cx.json {
        output::json(&wire::Deleted { deleted: ids })
    } else {
        let shown: Vec<String> = ids.iter().map(|id| escape(id)).collect();
        output::text(&shown.join("\n"))
    };
    told.map_err(|error| error.cause("the memories were forgotten"))?;
    Ok(Exit::Done)
}

/// Prints the memories that the question is about, on stderr as the question is.
fn show(memories: &[Memory], screen: Screen) {
    let mut table = Table::new(["WHEN (UTC)", "ID", "WHAT"]).shorten_last();
    for memory in memories.iter().take(SHOWN) {
        table.row([
            minute(memory.created_at()),
            memory.id().to_owned(),
            one_line(memory),
        ]);
    }
    if memories.len() > SHOWN {
        let more = memories.len() - SHOWN;
        table.row(["…".to_owned(), format!("and {more} more")]);
    }
    output::aside(&table.render(screen));
}
