//! `tulving docs list`: the documents that are there.

use crate::context::Context;
use crate::documents::chunks_of;
use crate::exit::{CliError, Exit};
use crate::output::{self, count, counted, minute};
use crate::table::Table;
use crate::wire;

/// Runs it.
///
/// # Errors
/// When the memory cannot be read.
pub(super) async fn run(cx: &Context) -> Result<Exit, CliError> {
    let mut documents = cx.records().await?.all_documents().await?;
    documents.sort_by(|one, other| one.path.cmp(&other.path));
    if cx.json {
        output::json(&wire::Documents::from(documents))?;
        return Ok(Exit::Done);
    }
    if documents.is_empty() {
        output::text("No documents.")?;
        return Ok(Exit::Done);
    }
    let headings = ["READ (UTC)", "ID", "CHUNKS", "DEPARTMENT", "TITLE", "PATH"];
    let mut table = Table::new(headings).shorten_last();
    for document in &documents {
        table.row([
            minute(document.updated_at.unwrap_or(document.created_at)),
            document.id.clone(),
            chunks_of(document).map_or_else(|| "?".to_owned(), count),
            document.department.clone().unwrap_or_default(),
            document.title.clone(),
            document.path.clone(),
        ]);
    }
    let end = counted(documents.len() as u64, "document");
    output::text(&format!("{}\n{end}\n", table.render(cx.out)))?;
    Ok(Exit::Done)
}
