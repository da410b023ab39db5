//! `tulving docs add`: documents become memory.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use tulving::store::ScopedStore;
use tulving::transfer::Cancel;

use crate::context::Context;
use crate::documents::{Catalog, Intake, Outcome, Reader, Report, Skipped, Walk, walk};
use crate::exit::{CliError, Exit};
use crate::output::{self, bytes, count, counted, duration};
use crate::table;
use crate::terminal::Screen;
use crate::{interrupt, progress, wire};

/// Adds documents: reads them, cuts them into chunks, and makes these searchable
///
/// Reads text, Markdown, HTML, PDF, Word files (.docx) and ready chunk files (.json); the content decides, not the name. Of a folder, every
/// file is read in it and below it, except hidden ones. The department of a document is the name of its folder.
///
/// A file that has not changed since it was added costs nothing; one that has changed takes the place of what
/// was there. A document that is there in another form (as a Word file and as chunks) is not added twice.
///
/// Where the embedder makes vectors of another model than those that are there, documents are found by words only. Once
/// the configured model is the one that is searched, `tulving update --missing-vectors` makes their vectors.
///
/// Files that cannot be read are named with the reason and left out (exit 4); the others are added. The
/// command can be repeated at any time, and goes on where it stopped.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tulving docs add Manuals/\n  \
    tulving docs add Manuals/ handbook.pdf --tenant-id UUID\n\n\
    With --json:\n\
    {\"added\": [{\"id\", \"path\", \"title\", \"chunks\": N}…], \"changed\": [the same…], \"unchanged\": N, \"same\": [{\"path\", \"as\": PATH}…],\n\
    \"removed\": [{\"id\", \"path\"}…], \"skipped\": [{\"path\", \"reason\"}…], \"hidden\": N, \"notes\": [{\"path\", \"note\"}…], \"chunks\": N,\n\
    \"bytes\": N, \"words_only\": why the new chunks have no vectors or null, \"seconds\": X}")]
pub struct Add {
    /// Files and folders
    #[arg(value_name = "PATH", required = true, value_parser = crate::config::path())]
    pub paths: Vec<PathBuf>,

    #[command(flatten)]
    pub reading: Reading,
}

/// How documents are read.
#[derive(Debug, Args)]
pub struct Reading {
    /// The department of all these documents [default: for each, the name of its folder]
    #[arg(long, value_name = "NAME")]
    pub department: Option<String>,

    /// How long reading one file may take; one that takes longer is left out
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,

    /// Brings back documents that were forgotten with `tulving forget`; otherwise they are left out
    #[arg(long)]
    pub restore_forgotten: bool,
}

/// Runs it.
///
/// # Errors
/// When a path leads nowhere, the memory cannot be written, or the work was interrupted. What cannot be read is
/// exit 4, told on stdout.
pub(super) async fn run(add: Add, cx: &Context) -> Result<Exit, CliError> {
    let begun = Instant::now();
    let found = walk(&add.paths)?;
    let memory = cx.memory().await?;
    let catalog = Catalog::of(&memory.all_documents().await?);
    let (files, hidden, skipped) = (found.files, found.hidden, found.skipped);
    let taken = Taking::new(&files, cx)?;
    let mut report = taken.take(files, memory, catalog, &add.reading).await?;
    report.skipped.extend(skipped);
    told(report, hidden, Vec::new(), begun, cx)
}

/// What files are taken in with.
pub(super) struct Taking {
    progress: Arc<dyn tulving::transfer::Progress>,
    pub(super) ear: interrupt::Ear,
}

impl Taking {
    pub(super) fn new(files: &[String], cx: &Context) -> Result<Self, CliError> {
        let progress = progress::counting("read", "file", files.len() as u64, cx.err);
        let ear = interrupt::listen(&progress, cx.face())?;
        Ok(Self { progress, ear })
    }

    /// Takes files in; nothing is drawn any more when it returns.
    pub(super) async fn take(
        self,
        files: Vec<String>,
        memory: ScopedStore,
        catalog: Catalog,
        reading: &Reading,
    ) -> Result<Report, CliError> {
        let cancel: Cancel = self.ear.cancel;
        let by_words = memory.words_only().await?.is_some();
        let mut intake = Intake {
            by_words,
            memory: match reading.restore_forgotten {
                true => memory.restoring(),
                false => memory,
            },
            catalog,
            department: reading.department.clone(),
            progress: self.progress,
            cancel,
        };
        let reader = Reader::new(Duration::from_secs(reading.timeout))?;
        intake.take(files, reader).await
    }
}

/// A document that was removed, since its file is gone.
pub(super) struct Removed {
    pub(super) id: String,
    pub(super) path: String,
}

/// Says what became of the files.
pub(super) fn told(
    mut report: Report,
    hidden: u64,
    removed: Vec<Removed>,
    begun: Instant,
    cx: &Context,
) -> Result<Exit, CliError> {
    report
        .skipped
        .sort_by(|one, other| one.path.cmp(&other.path));
    let exit = match report.skipped.is_empty() {
        true => Exit::Done,
        false => Exit::Rejected,
    };
    if let Some(why) = report.words_only.as_ref().filter(|_| !cx.json) {
        output::words_only(why, cx);
    }
    let took = begun.elapsed();
    if cx.json {
        let removed = removed
            .into_iter()
            .map(|gone| wire::Gone::new(gone.id, gone.path));
        output::json(&wire::TakenIn::new(report, hidden, removed.collect(), took))?;
    } else {
        output::report(&summary(&report, hidden, &removed, took, cx.out))?;
    }
    Ok(exit)
}

fn summary(
    report: &Report,
    hidden: u64,
    removed: &[Removed],
    took: Duration,
    screen: Screen,
) -> String {
    let of = |outcome| {
        let stored = report
            .stored
            .iter()
            .filter(move |stored| stored.outcome == outcome);
        let (documents, chunks) = stored.fold((0, 0), |(documents, chunks), stored| {
            (documents + 1, chunks + stored.chunks)
        });
        let told = format!(
            "{}, {}",
            counted(documents, "document"),
            counted(chunks, "chunk")
        );
        (documents > 0).then_some(told)
    };
    let some = |number: u64| (number > 0).then(|| count(number));
    let skipped = report.skipped.len() as u64;
    let lines = [
        ("added", of(Outcome::Added)),
        ("changed", of(Outcome::Changed)),
        ("unchanged", some(report.unchanged)),
        ("the same", some(report.same.len() as u64)),
        ("removed", some(removed.len() as u64)),
        ("left out", some(skipped)),
        ("hidden", some(hidden)),
        (
            "time",
            Some(format!("{}, {} read", duration(took), bytes(report.bytes))),
        ),
    ];
    let lines: Vec<(&str, String)> = lines
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    let mut text = table::summary(&lines, screen);
    let same = report.same.iter();
    text += &table::list(
        "Says the same as a document that is there, and was not added:",
        same.map(|(path, there)| format!("{path}: as {there}")),
    );
    let gone = removed.iter().map(|gone| gone.path.clone());
    text += &table::list("Removed, since the file is gone:", gone);
    let notes = report.notes.iter();
    let notes = notes.map(|(path, note)| format!("{path}: {note}"));
    text += &table::list("Worth knowing:", notes);
    let skipped = report.skipped.iter();
    let skipped = skipped.map(|Skipped { path, reason }| format!("{path}: {reason}"));
    text += &table::list("Left out:", skipped);
    text
}

/// The documents of a folder that are no longer in it.
pub(super) fn gone(found: &Walk, documents: &[tulving::model::Document]) -> Vec<Removed> {
    let gone = documents
        .iter()
        .filter(|document| found.lacks(&document.path));
    gone.map(Removed::from).collect()
}

impl From<&tulving::model::Document> for Removed {
    fn from(document: &tulving::model::Document) -> Self {
        Self {
            id: document.id.clone(),
            path: document.path.clone(),
        }
    }
}
