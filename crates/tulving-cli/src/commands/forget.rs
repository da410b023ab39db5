//! `tulving forget`: memories erased for good, with a proof.

use std::path::{Path, PathBuf};

use clap::Args;
use tulving::backend::file::FileBackend;
use tulving::store::Selection;

use super::erasure::{Certificates, Erasure};
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::filter::FilterArgs;
use crate::memory::Location;
use crate::output;
use crate::text::safe;
use crate::wire;

/// Erases memories for good, and proves that nothing is left of them
///
/// Without an option that says which, everything that the owner has is erased; the owner itself stays. The
/// command first counts what would go, and asks. Then it erases memories with their vectors, words and clusters
/// (and of everything also the records of migrations), writes the files or blocks that held them anew,
/// and searches every row or file for their ids and for a piece of each text. What was searched, and what
/// cannot be reached from here, such as backups, is in the certificate; it holds no id and no text.
///
/// Forgotten memories do not come back by a migration or an import, unless it is told to restore them: salted
/// hashes of their ids are kept.
///
/// It is safe to repeat this command: an interrupted one is finished by it. Exit code 5 means that something
/// was found that should be gone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tulving forget --dry-run\n  \
    tulving forget --id mem_0123456789abcdef\n  \
    tulving forget --conversation c-17 --yes --certificate ./c-17.json\n  \
    tulving forget --document handbook\n\n\
    With --json:\n\
    {\"format\": 1, \"tulving\": VERSION, \"id\": UUID, \"scope\": {\"kind\", \"id\"}, \"selected_by\": \"everything\", \"ids\", \"filter\" or\n\
    \"documents\", \"forgotten\": {\"nodes\": N, the same for every other kind}, \"forgotten_documents\": N, \"tombstones\": N,\n\
    \"absent\": BOOL, \"searched\": {\"ids\", \"short_ids\", \"texts\", \"short_texts\", \"piece\", \"said_by_what_stays\", \"left_over\",\n\
    \"still_there\", \"places\": [{\"name\", \"rows\", \"bytes\", \"left_over\"}], \"unread\": [TEXT…]}, \"beyond_reach\": [{\"what\", \"remedy\"}],\n\
    \"started_at\", \"finished_at\", \"sha256\", \"certificate\": PATH}\n\
    and with --dry-run {\"scope\": {\"kind\", \"id\"}, \"would_forget\": {\"nodes\": N, the same for every other kind},\n\
    \"would_forget_documents\": N}; where a removal that was interrupted is finished {\"removed\": PATH}")]
pub struct Forget {
    /// Erases the memory with this id; may be repeated
    #[arg(long, value_name = "ID")]
    pub id: Vec<String>,

    /// Erases this document with all its chunks; may be repeated
    #[arg(long, value_name = "ID")]
    pub document: Vec<String>,

    #[expect(missing_docs, reason = "a comment here would stand before the options")]
    #[command(flatten)]
    pub filter: FilterArgs,

    /// Only counts what would go
    #[arg(long, help_heading = "Options")]
    pub dry_run: bool,

    /// Where to write the certificate: a file, a device or pipe, or a directory in which the file gets a
    /// name of its own; another file is replaced only with --force [default: beside the configuration]
    #[arg(long, value_name = "FILE", help_heading = "Options", value_parser = crate::config::path())]
    pub certificate: Option<PathBuf>,

    /// Also removes the directory itself, whose files nodes.json, nodes.npy and the like are otherwise left
    /// there, empty; other files in it stay. Only where everything is erased from files. A removal that was
    /// interrupted is finished without a question
    #[arg(long, help_heading = "Options", conflicts_with_all = ["id", "document", "dry_run"])]
    pub remove: bool,
}

/// Runs it.
///
/// # Errors
/// When what is named is not there, nobody says yes, or it cannot be erased. That something was found
/// afterwards is exit 5, told on stdout.
pub async fn run(forget: Forget, cx: &Context) -> Result<Exit, CliError> {
    let Forget {
        id,
        document,
        filter,
        dry_run,
        certificate,
        remove,
    } = forget;
    let selection = selection(id, document, filter)?;
    let files = match cx.location()? {
        Location::Files(directory) => Some(directory),
        Location::Database => None,
    };
    if remove && (files.is_none() || selection != Selection::Everything) {
        let message = "--remove removes the files of a directory from which everything is erased";
        return Err(CliError::usage(message).hint("the same command without --remove"));
    }
    if let Some(directory) = files.as_deref().filter(|_| remove) {
        let finished = FileBackend::finish_removal(directory);
        if finished.map_err(|error| cx.of_files(error))? {
            return removed(directory, cx);
        }
    }
    let memory = cx.records().await?;
    let erasure = Erasure::of(memory.forget(selection).await?, memory.owner(), cx)?;
    if dry_run {
        erasure.tell_counts(cx)?;
        return Ok(Exit::Done);
    }
    let mut certificates = Certificates::at(certificate, files.as_deref(), &erasure, cx)?;
    erasure.confirm(cx)?;
    let proof = erasure.run(cx).await?;
    let certificate = proof.certificate().clone();
    certificates.write(&certificate)?;
    let mut is_removed = false;
    if let Some(directory) = files.as_deref().filter(|_| remove && certificate.absent) {
        let removed = FileBackend::open(directory).and_then(FileBackend::remove_empty);
        is_removed = removed.map_err(|error| cx.of_files(error))?;
        if !is_removed {
            output::aside(
                "note: the directory stays: records of somebody else, or new ones, are in it",
            );
        }
    }
    // What was kept for the proof went with the directory.
    if !is_removed {
        proof.close().await?;
    }
    certificates.told(certificate, None).tell(cx)
}

/// Tells that an interrupted removal was finished. The certificate was written before it began.
fn removed(directory: &Path, cx: &Context) -> Result<Exit, CliError> {
    let name = directory.display().to_string();
    match cx.json {
        true => output::json(&wire::RemovedDirectory { removed: name })?,
        false => output::text(&format!("The removal of {} is finished.", safe(&name)))?,
    }
    Ok(Exit::Done)
}

/// Returns what the options name, in one of the ways.
fn selection(
    ids: Vec<String>,
    documents: Vec<String>,
    filter: FilterArgs,
) -> Result<Selection, CliError> {
    let has_filter = filter != FilterArgs::default();
    match (ids.is_empty(), documents.is_empty(), has_filter) {
        (true, true, false) => Ok(Selection::Everything),
        (false, true, false) => Ok(Selection::Ids(ids)),
        (true, false, false) => Ok(Selection::Documents(documents)),
        (true, true, true) => Ok(Selection::Passing(filter.into_filter()?)),
        _ => {
            let message =
                "memories are named by --id, by --document or by a filter, and not by two of these";
            Err(CliError::usage(message).hint("one command for each of them"))
        }
    }
}
