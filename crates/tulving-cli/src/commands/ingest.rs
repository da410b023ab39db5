//! `tulving ingest`: chat exports and transcripts become memory.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use tulving::backend::{Filter, ImportPhase};
use tulving::model::Kind;
use tulving::store::{ScopedStore, Written};
use tulving::transfer::Cancel;
use tulving_chats::{FileReport, Found, Limits, find};

use super::duplicates::OnDuplicate;
use super::source::SourceAs;
use crate::chats::{Intake, Report};
use crate::clusters::Renewal;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, bytes, count, counted, duration};
use crate::run_record::RunRecord;
use crate::table;
use crate::terminal::Screen;
use crate::text::quote;
use crate::{interrupt, progress, wire};

/// Brings chat exports and transcripts into memory
///
/// Reads exports of ChatGPT, Claude, Grok and Gemini, transcripts of Claude Code and Codex, and conversations in
/// Tulving's own form: files, folders, and zip archives as they were downloaded. The content decides, not the name.
///
/// Each question with its answer becomes a memory, and each conversation an episode with all its messages. What was
/// edited or regenerated away, hidden instructions, reasoning and the output of tools are kept in the episode, and not
/// searched.
///
/// A newer export brings only what is new or has changed; a conversation that has not changed is left as it is, with
/// what you corrected or deleted of it. One that has takes what the export says, and loses the questions that are no longer
/// in it. A conversation that is newer in memory than in the export stays as it is. What was forgotten with `tulving
/// forget` stays forgotten, by its id: a question that the export has moved or reworded is another.
///
/// A question that is asked again with the same answer is stored again, and counted; with `--on-duplicate skip` it is left
/// to its conversation, and `link` tags it.
///
/// At the end what is new is put into clusters, which `tulving clusters` shows; when much is new, everything is
/// clustered anew, and what is still the same keeps its number.
///
/// What cannot be read is named with the reason and left out (exit 4), and so is a path without a single chat; the rest
/// is taken in. The command can be repeated
/// at any time, and goes on where it stopped.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tulving ingest ~/Downloads/chatgpt-export.zip claude-data/ Takeout/\n  \
    tulving ingest ~/.claude/projects\n  \
    tulving ingest export.zip --dry-run\n\n\
    With --json:\n\
    {\"files\": [{\"path\", \"provider\": NAME or null, \"conversations\": N, \"nodes\": N, \"skipped\": {REASON: N…}}…],\n\
    \"nodes\": {\"new\": N, \"changed\": N, \"duplicate\": N, \"removed\": N, \"skipped\": N}, the same for every other kind,\n\
    \"clusters\": N or null, \"duplicates\": [{\"id\", \"duplicate_of\", \"near\": BOOL}…],\n\
    \"forgotten\": N, \"forgotten_nodes\": N, \"older\": N, \"refused\": [{\"id\", \"reason\"}…], \"without_chats\": [PATH…], \"dry_run\": BOOL,\n\
    \"words_only\": why some have no vectors or null, \"left_out\": the same of a further space, \"seconds\": X}\n\
    A file may have \"unknown\": {KIND: N…} (content that is not known), \"invalid_times\": N and \"invalid_utf8\": N too.")]
pub struct Ingest {
    /// Files, folders and zip archives
    #[arg(value_name = "PATH", required = true, value_parser = crate::config::path())]
    pub paths: Vec<PathBuf>,

    /// Says what would be written, and writes nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Leaves what is new in no cluster
    #[arg(long)]
    pub no_clusters: bool,

    /// Brings back what was forgotten with `tulving forget`; otherwise it is left out
    #[arg(long)]
    pub restore_forgotten: bool,

    /// The source to write if the Python program that reads these files too does not know the true
    /// one, which is then kept as the tag `processes: ["source:NAME"]`
    #[arg(long, value_name = "NAME")]
    pub source_as: Option<SourceAs>,

    /// What to do with a memory that says the same as one that is there; for `skip` and `link`, capital letters, signs between
    /// words, and words such as `please` make no difference. A memory that was skipped does not come back by itself when
    /// the other one is removed
    #[arg(long, value_name = "WHAT", default_value = "keep")]
    pub on_duplicate: OnDuplicate,
}

/// Runs it.
///
/// # Errors
/// When a path leads nowhere (exit 3), the memory cannot be written, or the work was interrupted. What cannot be read
/// and a path that holds no chats are exit 4, told on stdout.
pub async fn run(ingest: Ingest, cx: &Context) -> Result<Exit, CliError> {
    let begun = Instant::now();
    let found = find(&ingest.paths, &Limits::default()).map_err(|error| {
        CliError::new(Exit::Source, error.to_string())
            .because(&error)
            .hint("name files, folders or zip archives that are there")
    })?;
    let memory = match ingest.restore_forgotten {
        true => cx.memory().await?.restoring(),
        false => cx.memory().await?,
    };
    let memory = memory.on_duplicate(ingest.on_duplicate.into());
    let mut record = match ingest.dry_run {
        true => RunRecord::default(),
        false => RunRecord::begin(&memory, &ingest.paths).await,
    };
    let read = found.bytes();
    let done = import(&ingest, &memory, found, &mut record, cx).await;
    record.finish(&done, cx).await;
    let (report, clusters) = done?;
    let call = Call {
        dry_run: ingest.dry_run,
        on_duplicate: ingest.on_duplicate,
        read,
        took: begun.elapsed(),
    };
    told(report, clusters, &call, cx)
}

/// Reads, stores and clusters; returns what became of it, and how many clusters there are.
async fn import(
    ingest: &Ingest,
    memory: &ScopedStore,
    found: Found,
    record: &mut RunRecord,
    cx: &Context,
) -> Result<(Report, Option<u64>), CliError> {
    let bytes = found.bytes();
    let (mut report, cancel) = {
        let progress = progress::counting("read", progress::BYTE, bytes, cx.err);
        let ear = interrupt::listen(&progress, cx.face())?;
        let intake = Intake {
            memory,
            writes: !ingest.dry_run,
            source_as: ingest
                .source_as
                .as_ref()
                .map(|name| name.as_str().to_owned()),
            progress,
            cancel: ear.cancel.clone(),
        };
        (intake.take(found, record).await?, ear.cancel)
    };
    report.note_paths(&ingest.paths);
    let clusters = match ingest.dry_run || ingest.no_clusters {
        true => None,
        false => {
            let counts = report.counts(bytes, bytes);
            record.tell(ImportPhase::Clustering, counts).await;
            clustered(memory, cancel, cx).await?
        }
    };
    Ok((report, clusters))
}

/// Brings the clusters up to what is in memory, also what an earlier call left; returns how many there are.
async fn clustered(
    memory: &ScopedStore,
    cancel: Cancel,
    cx: &Context,
) -> Result<Option<u64>, CliError> {
    let nodes = memory.count(&Filter::of(Kind::Node)).await?.total();
    let renewal = Renewal {
        memory,
        progress: progress::counting("cluster", "node", nodes, cx.err),
        cancel,
    };
    let renewed = renewal.renew().await;
    renewed.map_err(|error| error.cause("everything was read and stored"))
}

/// How the command was called, and how it went.
struct Call {
    dry_run: bool,
    on_duplicate: OnDuplicate,
    read: u64,
    took: Duration,
}

/// Says what became of it.
fn told(
    report: Report,
    clusters: Option<u64>,
    call: &Call,
    cx: &Context,
) -> Result<Exit, CliError> {
    let exit = match report.lacks_something() {
        true => Exit::Rejected,
        false => Exit::Done,
    };
    if cx.json {
        output::json(&wire::Ingested::new(
            report,
            clusters,
            call.dry_run,
            call.took,
        ))?;
        return Ok(exit);
    }
    if let Some(why) = &report.words_only {
        output::words_only(why, cx);
    }
    if let Some(why) = &report.left_out {
        output::left_out(why, cx);
    }
    output::report(&summary(&report, clusters, call, cx.out))?;
    Ok(exit)
}

fn summary(report: &Report, clusters: Option<u64>, call: &Call, screen: Screen) -> String {
    let dry_run = call.dry_run;
    let all = |which: fn(Written) -> u64| {
        let counts = report.memories.map(|_, written| which(written));
        let some = counts.iter().filter(|(_, number)| **number > 0);
        let told: Vec<String> = some
            .map(|(kind, number)| counted(*number, kind.as_str()))
            .collect();
        (!told.is_empty()).then(|| told.join(", "))
    };
    let some = |number: u64, noun| (number > 0).then(|| counted(number, noun));
    let passed_over = |is_loss: bool| {
        let skipped = report.skipped();
        let skipped = skipped
            .iter()
            .filter(|(reason, _)| reason.is_loss() == is_loss);
        let sum: u64 = skipped.map(|(_, count)| count).sum();
        (sum > 0).then(|| count(sum))
    };
    let duplicates = some(report.duplicates.len() as u64, "node");
    let duplicates = duplicates.map(|number| match (call.on_duplicate, dry_run) {
        (OnDuplicate::Keep, _) => number,
        (OnDuplicate::Skip, false) => format!("{number}, not stored"),
        (OnDuplicate::Skip, true) => format!("{number}, not to be stored"),
        (OnDuplicate::Link, false) => format!("{number}, linked"),
        (OnDuplicate::Link, true) => format!("{number}, to be linked"),
    });
    let lines = [
        (
            if dry_run { "would add" } else { "added" },
            all(|written| written.added),
        ),
        (
            if dry_run { "would change" } else { "changed" },
            all(|written| written.updated),
        ),
        ("unchanged", all(|written| written.unchanged)),
        ("duplicates", duplicates),
        ("older", some(report.older, "conversation")),
        ("forgotten", some(report.forgotten, "conversation")),
        ("forgotten", some(report.forgotten_nodes, "node")),
        (
            if dry_run { "would remove" } else { "removed" },
            all(|written| written.removed),
        ),
        ("passed over", passed_over(false)),
        ("left out", passed_over(true)),
        ("refused", some(report.refused.len() as u64, "conversation")),
        ("clusters", clusters.map(count)),
        (
            "time",
            Some(format!(
                "{}, {} read",
                duration(call.took),
                bytes(call.read)
            )),
        ),
    ];
    let lines: Vec<(&str, String)> = lines
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    let mut text = table::summary(&lines, screen);
    let files = &report.files;
    let chats = files.iter().filter_map(|file| {
        let provider = file.provider.as_deref()?;
        let (conversations, questions) = (
            counted(file.conversations, "conversation"),
            counted(file.turns, "question"),
        );
        let path = &file.path;
        Some(format!("{path}: {provider}, {conversations}, {questions}"))
    });
    text += &table::list("Files:", chats);
    for (heading, is_loss) in [("Passed over:", false), ("Left out:", true)] {
        let skipped = files.iter().flat_map(|file| {
            let skipped = file.skipped.iter();
            skipped
                .filter(move |(reason, _)| reason.is_loss() == is_loss)
                .map(|(reason, times)| format!("{}: {} × {reason}", file.path, count(*times)))
        });
        text += &table::list(heading, skipped);
    }
    text += &table::list("Worth knowing:", files.iter().flat_map(worth_knowing));
    text += &table::list("Without chats:", report.without_chats.iter().cloned());
    let refused = report.refused.iter();
    let refused = refused.map(|refused| format!("{}: {}", refused.id, refused.reason));
    text += &table::list("Cannot be kept:", refused);
    text
}

/// What of a file was kept otherwise than it stands there.
fn worth_knowing(file: &FileReport) -> Vec<String> {
    let unknown = file.unknown.iter();
    let unknown = unknown.map(|(kind, times)| {
        let (times, kind) = (count(*times), quote(kind));
        format!("{times} × {kind} is not known, and kept unread")
    });
    let lost = [
        (file.invalid_times, "a time cannot be read, and is left out"),
        (file.invalid_utf8, "bytes that are no UTF-8 are replaced"),
    ];
    let lost = lost.into_iter().filter(|(times, _)| *times > 0);
    let lost = lost.map(|(times, what)| format!("{} × {what}", count(times)));
    let notes = unknown.chain(lost);
    notes.map(|note| format!("{}: {note}", file.path)).collect()
}
