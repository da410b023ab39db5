//! `tulving docs remove`: documents are forgotten.

use clap::Args;
use tulving::model::Document;

use super::named::named;
use crate::confirm::confirm;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, counted};
use crate::table::Table;
use crate::terminal::Screen;
use crate::text::escape;
use crate::wire;

/// Removes documents with all their chunks
///
/// Shows what it is about to remove, and asks first. The files themselves stay where they are. If one of the
/// documents does not exist, none is removed (exit 10).
#[derive(Debug, Args)]
#[command(after_help = "With --json:\n\
    {\"removed\": [{\"id\", \"path\"}…]}")]
pub struct Remove {
    /// Ids, paths of files, names of files that no other has, or folders: all documents that were read from below them
    #[arg(value_name = "DOCUMENT", required = true)]
    pub documents: Vec<String>,
}

/// More than so many are not shown before the question.
const SHOWN: usize = 20;

/// Documents that are removed together.
const AT_ONCE: usize = 1_000;

/// Runs it.
///
/// # Errors
/// When one is not there, nobody says yes, or the memory cannot be written.
pub(super) async fn run(remove: Remove, cx: &Context) -> Result<Exit, CliError> {
    let memory = cx.records().await?;
    let documents = memory.all_documents().await?;
    let mut found: Vec<&Document> = Vec::new();
    for word in &remove.documents {
        found.extend(named(word, &documents)?);
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found.dedup_by(|one, other| one.id == other.id);
    if !cx.yes {
        show(&found, cx.err);
    }
    let many = counted(found.len() as u64, "document");
    confirm(&format!("Remove {many} with all chunks for good?"), cx.yes)?;
    let ids: Vec<String> = found.iter().map(|document| document.id.clone()).collect();
    let mut removed = Vec::new();
    for ids in ids.chunks(AT_ONCE) {
        removed.extend(memory.remove_documents(ids).await?);
    }
    // Of these, somebody else may have removed one meanwhile: gone is gone.
    found.retain(|document| removed.contains(&document.id));
    let told = if cx.json {
        let removed = found.iter();
        let removed = removed.map(|gone| wire::Gone::new(gone.id.clone(), gone.path.clone()));
        output::json(&wire::RemovedDocuments::new(removed.collect()))
    } else {
        let shown: Vec<String> = found.iter().map(|document| escape(&document.id)).collect();
        output::text(&shown.join("\n"))
    };
    told.map_err(|error| error.cause("the documents were removed"))?;
    Ok(Exit::Done)
}

/// Prints the documents that the question is about, on stderr as the question is.
fn show(documents: &[&Document], screen: Screen) {
    let mut table = Table::new(["ID", "TITLE", "PATH"]).shorten_last();
    for document in documents.iter().take(SHOWN) {
        table.row([&document.id, &document.title, &document.path]);
    }
    if documents.len() > SHOWN {
        let more = format!("and {} more", documents.len() - SHOWN);
        table.row(["…".to_owned(), more, String::new()]);
    }
    output::aside(&table.render(screen));
}
