//! `tulving docs sync`: what is known of a folder becomes what is in it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use tulving::model::Document;

use super::add::{Reading, Removed, Taking, gone, told};
use crate::context::Context;
use crate::documents::{Catalog, is_gone, walk};
use crate::exit::{CliError, Exit};
use crate::output::{self, counted};
use crate::table::Table;
use crate::terminal::Screen;
use crate::text::quote;

/// Brings the documents of a folder up to date
///
/// Does what `tulving docs add` does, and removes the documents whose files are no longer in the folder. It shows
/// which these are and asks first; without a terminal, --yes answers. Where the whole folder was moved, sync it at its
/// new place: documents of elsewhere whose files are gone, and whose very bytes are in the folder, are removed as well.
///
/// A file that cannot be read now, and everything below a folder that cannot be read, is not gone: what is known of
/// it stays, as does what is known of hidden files that were added by name. Where a folder is there and holds no file
/// any more, as when its disk is not mounted, nothing is done (exit 9), unless --all-gone says that this is meant.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tulving docs sync Manuals/\n  \
    tulving docs sync Manuals/ --tenant-id UUID --yes\n\n\
    With --json:\n\
    {\"added\", \"changed\", \"unchanged\", \"same\", \"removed\", \"skipped\", \"hidden\", \"notes\", \"chunks\", \"bytes\", \"words_only\",\n\
    \"seconds\"}, each as with tulving docs add")]
pub struct Sync {
    /// Folders
    #[arg(value_name = "FOLDER", required = true, value_parser = crate::config::path())]
    pub folders: Vec<PathBuf>,

    /// Also remove the documents of folders that hold no file any more
    #[arg(long)]
    pub all_gone: bool,

    #[command(flatten)]
    pub reading: Reading,
}

/// More than so many are not shown before the question.
const SHOWN: usize = 20;

/// Documents that are removed together.
const AT_ONCE: usize = 1_000;

/// Runs it.
///
/// # Errors
/// As `tulving docs add`; when nobody says yes, nothing was done.
pub(super) async fn run(sync: Sync, cx: &Context) -> Result<Exit, CliError> {
    let begun = Instant::now();
    let memory = cx.memory().await?;
    // Before the folder is looked through: what somebody else adds meanwhile is not among them.
    let documents = memory.all_documents().await?;
    let found = walk(&sync.folders)?;
    let mut gone = gone(&found, &documents);
    if !sync.all_gone
        && let Some(folder) = found.emptied(gone.iter().map(|gone| gone.path.as_str()))
    {
        let folder = quote(&folder.to_string_lossy());
        let many = counted(gone.len() as u64, "document");
        let message = format!(
            "{folder} holds no file any more, and {many} would be removed: nothing was done"
        );
        return Err(CliError::new(Exit::Refused, message)
            .hint("see that its disk is mounted; if the files are gone for good, add --all-gone"));
    }
    let mut catalog = Catalog::of(&documents);
    let (files, hidden, skipped) = (found.files, found.hidden, found.skipped);
    let here: HashSet<String> = files.iter().cloned().collect();
    let taken = Taking::new(&files, cx)?;
    if !gone.is_empty() {
        if !cx.yes {
            show(&gone, cx.err);
        }
        let question = format!(
            "Remove {} whose files are gone?",
            counted(gone.len() as u64, "document")
        );
        taken.ear.confirm(question, cx.yes).await?;
    }
    // What was moved within the folder is read at its new place: it is not the same as one that goes.
    gone.iter().for_each(|gone| catalog.forget(&gone.path));
    let mut report = taken
        .take(files, memory.clone(), catalog, &sync.reading)
        .await?;
    report.skipped.extend(skipped);
    let known: HashSet<String> = gone.iter().map(|gone| gone.id.clone()).collect();
    let moved = moved(&here, &memory.all_documents().await?);
    gone.extend(moved.into_iter().filter(|moved| !known.contains(&moved.id)));
    // Last, so that what was moved is there all the time. What came back meanwhile stays.
    gone.retain(|gone| is_gone(Path::new(&gone.path)));
    let ids: Vec<String> = gone.iter().map(|gone| gone.id.clone()).collect();
    let mut removed = HashSet::new();
    for ids in ids.chunks(AT_ONCE) {
        removed.extend(memory.remove_documents(ids).await?);
    }
    gone.retain(|gone| removed.contains(&gone.id));
    told(report, hidden, gone, begun, cx)
}

/// Returns the documents whose files are gone from elsewhere, and whose very bytes are in the folders now: they were
/// moved there. Nothing that was known of them is lost.
fn moved(here: &HashSet<String>, documents: &[Document]) -> Vec<Removed> {
    let bytes_here: HashSet<&str> = documents
        .iter()
        .filter(|document| here.contains(&document.path))
        .filter_map(|document| document.content_hash.as_deref())
        .collect();
    let was_moved = |document: &&Document| {
        let hash = document.content_hash.as_deref();
        hash.is_some_and(|hash| bytes_here.contains(hash))
            && !here.contains(&document.path)
            && is_gone(Path::new(&document.path))
    };
    let moved = documents.iter().filter(was_moved);
    moved.map(Removed::from).collect()
}

/// Prints the documents that the question is about, on stderr as the question is.
fn show(gone: &[Removed], screen: Screen) {
    let mut table = Table::new(["ID", "PATH"]).shorten_last();
    for gone in gone.iter().take(SHOWN) {
        table.row([&gone.id, &gone.path]);
    }
    if gone.len() > SHOWN {
        table.row(["…".to_owned(), format!("and {} more", gone.len() - SHOWN)]);
    }
    output::aside(&table.render(screen));
}
