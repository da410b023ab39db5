//! `tulving get`: one memory, whole.

use clap::Args;

use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output;
use crate::{page, wire};

/// Shows one memory
///
/// Shows the question and answer with this id, or else the conversation with this id. The memory's access
/// count does not change.
#[derive(Debug, Args)]
#[command(after_help = "With --json:\n\
    {\"kind\": \"node\", \"episode\" or \"chunk\", …the fields of the record…, \"extra\": {…unnamed fields…}, \"has_vector\": BOOL}")]
pub struct Get {
    /// The memory
    #[arg(value_name = "ID", allow_hyphen_values = true)]
    pub id: String,
}

/// Runs it.
///
/// # Errors
/// When there is no such memory, exit 10.
pub async fn run(get: &Get, cx: &Context) -> Result<Exit, CliError> {
    let memory = cx.records().await?;
    let entry = memory.get(&get.id).await?;
    if cx.json {
        output::json(&wire::Entry::from(entry))?;
        return Ok(Exit::Done);
    }
    let has_vector = entry.embedding.is_some();
    let documents = memory.documents_of([&entry.memory]).await?;
    let document = documents.first();
    output::text(&page::memory(&entry.memory, document, has_vector, cx.out))?;
    Ok(Exit::Done)
}
