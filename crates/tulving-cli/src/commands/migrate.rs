//! `tulving migrate`: a data directory into PostgreSQL.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tulving::backend::file::FileSource;
use tulving::backend::postgres::PostgresSink;
use tulving::model::{Kind, PerKind, Scope};
use tulving::transfer::{
    DocumentCounts, KindSummary, MigrateOptions, Migration, OnExisting, Prepared, ReadOptions,
    ReceiptCounts, Report, Verification, usual_workers,
};

use super::cast::Cast;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, bytes, count, counted, duration, rate};
use crate::table::{self, Table};
use crate::text::shell;
use crate::{interrupt, kinds, progress, wire};

/// Moves a data directory into PostgreSQL, and proves that all of it arrived
///
/// The command works in four phases: plan (count the rows and divide the work), validate (read every
/// row; nothing is written), copy, and verify (read every row back and compare it, vectors bit for
/// bit). It never changes the data directory. If a run was interrupted or killed, the same command
/// resumes it; the number of workers and the batch size may be different then. If you run it again
/// later, it writes only what is new. Documents are written before their chunks.
///
/// The user or tenant must exist: see `tulving user create`. The database needs the tables: see
/// `tulving schema apply`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tulving migrate --user-id UUID --dry-run\n  \
    tulving migrate --user-id UUID --data-dir ./data --yes\n  \
    tulving migrate --user-id UUID --on-error reject\n  \
    tulving migrate --user-id UUID --rows rejects.jsonl\n\n\
    With --json:\n\
    {\"run_id\": UUID, \"scope\": {\"kind\", \"id\"}, \"verified\": BOOL, \"nodes\": {\"found\", \"inserted\", \"updated\", \"unchanged\",\n\
    \"kept\", \"rejected\", \"zoneless_times\", \"zero_vectors\"}, the same for every other kind, of documents \"documents\":\n\
    {\"found\", \"inserted\", \"updated\", \"unchanged\", \"kept\"}, \"digest\": TEXT, \"seconds\": X, \"rate\": rows per second of\n\
    this session, \"receipt\": PATH, \"rejects\": PATH or null}\n\
    and with --dry-run {\"dry_run\": true, \"scope\", \"layout\": TEXT, \"space\": TEXT or null, \"nodes\": {\"found\", \"rejected\",\n\
    \"zoneless_times\", \"zero_vectors\", \"bytes\"}, the same for every other kind, of documents \"documents\":\n\
    {\"found\"}, \"problems\": [TEXT…]}")]
pub struct Migrate {
    /// Plans and validates only; nothing is written to the database
    #[arg(long)]
    pub dry_run: bool,

    /// The model that made the vectors [default: BAAI/bge-m3 if they have 1024 numbers]
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,

    /// What to do with a row that cannot be migrated: write nothing at all, or set the row aside
    #[arg(long, value_name = "WHAT", default_value = "stop")]
    pub on_error: OnError,

    /// What to do with a row that is there already and differs
    #[arg(long, value_name = "WHAT", default_value = "keep")]
    pub existing: Existing,

    /// Migrates these kinds only, separated by commas [default: all]
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = kinds::many())]
    pub only: Vec<Kind>,

    /// Migrates the rows of a rejects file that you have corrected, instead of all rows
    #[arg(long, value_name = "FILE", value_parser = crate::config::path())]
    pub rows: Option<PathBuf>,

    /// Gives up an unfinished run and starts over
    #[arg(long)]
    pub restart: bool,

    /// Accepts rows that are stamped with another user or tenant, and stamps them with this one
    #[arg(long)]
    pub restamp: bool,

    /// Accepts 64-bit vectors although rounding them to 32 bits loses digits; the receipt says so
    #[arg(long, value_name = "TYPE")]
    pub cast: Option<Cast>,

    /// Brings back what was forgotten with `tulving forget`; otherwise it is refused
    #[arg(long)]
    pub restore_forgotten: bool,

    /// Where to write the receipt: a file, a device or pipe, or a directory in which the file is named
    /// after the run; another file is replaced only with --force [default: beside the configuration]
    #[arg(long, value_name = "FILE", value_parser = crate::config::path())]
    pub receipt: Option<PathBuf>,

    /// Where `--on-error reject` writes the rejected rows; another file is replaced only with --force
    /// [default: rejects.jsonl beside the configuration, or rejects-2.jsonl and so on if that file
    /// holds other rows]
    #[arg(long, value_name = "FILE", value_parser = crate::config::path())]
    pub rejects: Option<PathBuf>,

    /// How many connections write at the same time [default: depends on the machine]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub workers: Option<u16>,

    /// The maximum number of rows that are written and committed together [default: 512]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub batch_rows: Option<u32>,
}

/// What happens to a run with a bad row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnError {
    /// Nothing is written; the rows are named
    Stop,
    /// The row is set aside in the rejects file, the others are migrated (exit 4)
    Reject,
}

/// What happens to a row that is there already and differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Existing {
    /// The database's row stays and is reported
    Keep,
    /// The source's row replaces it
    Update,
}

/// How long a run waits for another of the same scope.
const LOCK_SECONDS: u64 = 30;

/// Runs it.
///
/// # Errors
/// When source or database cannot be used, or the work was interrupted. A difference found in the
/// end is exit 5, rejected rows are exit 4; both are told on stdout.
pub async fn run(migrate: Migrate, cx: &Context) -> Result<Exit, CliError> {
    let scope = cx.owner_to_move()?;
    let database = cx.database()?;
    let (dry_run, restores) = (migrate.dry_run, migrate.restore_forgotten);
    let source = migrate.source(scope, cx)?;
    let options = migrate.options(&source, cx)?;
    let again = Again {
        source: source.clone(),
        model: options.model.clone(),
    };
    let target = database.target();
    let sink = PostgresSink::new(database, scope);
    let sink = Arc::new(match restores {
        true => sink.restoring(),
        false => sink,
    });
    let progress = progress::on_stderr(cx.err);
    let ear = interrupt::listen(&progress, cx.face())?;
    let cancel = &ear.cancel;
    let migration = Migration::prepare(&source, sink, options, progress.as_ref(), cancel).await;
    let migration = migration.map_err(|error| cx.of_files(error))?;
    if dry_run {
        drop(progress);
        return plan(cx, &migration, scope);
    }
    let question = question(&migration.prepared, scope, &target);
    ear.confirm(question, cx.yes).await?;
    let report = migration.run(progress.as_ref(), cancel).await;
    drop(progress);
    let report = report.map_err(|error| cx.of_files(error))?;
    if cx.json {
        output::json(&wire::Report::from(&report))?;
    } else {
        output::report(&summary(&report, &again, cx))?;
    }
    Ok(super::verify::exit(&report.verification))
}

impl Migrate {
    /// What is read.
    fn source(&self, scope: Scope, cx: &Context) -> Result<FileSource, CliError> {
        Ok(FileSource {
            data_dir: cx.config.data_dir()?,
            scope,
            options: ReadOptions {
                only: self.only.clone(),
                rows: self.rows.clone(),
                restamp: self.restamp,
                cast_f32: self.cast.is_some(),
            },
            chunk_rows: self.batch_rows.unwrap_or(FileSource::USUAL_CHUNK_ROWS),
        })
    }

    fn options(self, source: &FileSource, cx: &Context) -> Result<MigrateOptions, CliError> {
        let beside = cx.config.beside_but_outside(&source.data_dir);
        if self.rejects.is_some() && self.on_error == OnError::Stop {
            let message = "--rejects names where rejected rows go, and without --on-error reject none is rejected";
            return Err(CliError::usage(message)
                .hint("the same command with --on-error reject, or without --rejects"));
        }
        if let (Some(rows), Some(rejects)) = (&self.rows, &self.rejects)
            && self.on_error == OnError::Reject
            && same_file(rows, rejects)
        {
            let rejects = rejects.display();
            return Err(CliError::usage(format!(
                "the rows that are rejected again would replace {rejects}, which --rows reads"
            ))
            .hint("name another file with --rejects FILE"));
        }
        Ok(MigrateOptions {
            workers: self.workers.map_or_else(usual_workers, usize::from),
            model: self.model,
            reject: self.on_error == OnError::Reject,
            rejects: self.rejects.unwrap_or_else(|| beside.clone()),
            existing: match self.existing {
                Existing::Keep => OnExisting::Keep,
                Existing::Update => OnExisting::Update,
            },
            restart: self.restart,
            receipt: self.receipt.unwrap_or(beside),
            replace_files: cx.force,
            lock_seconds: LOCK_SECONDS,
            exact: false,
        })
    }
}

/// Returns whether two paths name one file that is there.
fn same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

fn question(prepared: &Prepared, scope: Scope, target: &str) -> String {
    let sound = PerKind::from_fn(|kind| prepared.kinds[kind].found - prepared.kinds[kind].rejected);
    let mut sound = kinds::listed(&sound, " and ");
    if prepared.documents() > 0 {
        let documents = counted(prepared.documents(), "document");
        sound.push_str(&format!(" and {documents}"));
    }
    format!("Migrate {sound} into {target}, for {scope}?")
}

/// What a person may want to know of rows that can be moved.
fn remarks(zoneless: u64, zero: u64) -> Vec<String> {
    let mut found = Vec::new();
    if zoneless > 0 {
        let times = counted(zoneless, "time");
        found.push(format!("{times} without a zone, taken as UTC"));
    }
    if zero > 0 {
        let vectors = counted(zero, "vector");
        found.push(format!("{vectors} all zero: stored, found by words only"));
    }
    found
}

fn problems(prepared: &Prepared) -> Vec<String> {
    let sum = |of: fn(&KindSummary) -> u64| prepared.kinds.values().map(of).sum();
    let mut found = remarks(
        sum(|kind| kind.zoneless_times),
        sum(|kind| kind.zero_vectors),
    );
    found.extend(prepared.flawed.iter().map(ToString::to_string));
    let more = prepared.refused() - prepared.flawed.len() as u64;
    if more > 0 {
        found.push(format!("and {} more", counted(more, "refused row")));
    }
    found
}

fn plan(cx: &Context, migration: &Migration, scope: Scope) -> Result<Exit, CliError> {
    let prepared = &migration.prepared;
    let problems = problems(prepared);
    let exit = if prepared.refused() == 0 {
        Exit::Done
    } else {
        Exit::Rejected
    };
    if cx.json {
        output::json(&wire::Plan {
            dry_run: true,
            scope: scope.into(),
            layout: prepared.plan().layout,
            space: migration.space.as_ref().map(ToString::to_string),
            kinds: PerKind::from_fn(|kind| (&prepared.kinds[kind]).into()),
            documents: wire::PlannedDocuments::some(prepared.documents()),
            problems,
        })?;
        return Ok(exit);
    }
    let found = &prepared.kinds;
    let mut table = Table::of_kinds(|kind| found[kind].found > 0);
    table.each("in the source", |kind| count(found[kind].found));
    table.told("refused", |kind| found[kind].rejected);
    table.each("size", |kind| bytes(found[kind].bytes));
    let mut text = table.render(cx.out);
    text.push('\n');
    let space = migration
        .space
        .as_ref()
        .map_or_else(|| "none".to_owned(), ToString::to_string);
    let mut lines = vec![
        ("layout", prepared.plan().layout.to_owned()),
        ("vectors", space),
    ];
    let documents = prepared.documents();
    lines.extend((documents > 0).then(|| ("documents", count(documents))));
    lines.extend(
        problems
            .into_iter()
            .map(|problem| ("note", crate::text::safe(&problem))),
    );
    text.push_str(&table::summary(&lines, cx.out));
    text.push_str("\nNothing was written. The same command without --dry-run migrates.\n");
    output::report(&text)?;
    Ok(exit)
}

/// What the commands that a run advises need of its own.
struct Again {
    source: FileSource,
    model: Option<String>,
}

impl Again {
    /// The command that writes the mended rows of a file.
    fn with_rows(&self, rows: &str, cx: &Context) -> String {
        let command = super::verify::command("migrate", &self.source, cx);
        let model = self.model.as_deref();
        let model = model.map_or_else(String::new, |model| format!(" --model {}", shell(model)));
        format!("{command}{model} --rows {}", shell(rows))
    }
}

fn summary(report: &Report, again: &Again, cx: &Context) -> String {
    use super::verify;
    let (counts, screen) = (&report.counts, cx.out);
    let found = &report.verification;
    let has = |kind| counts[kind].found + found.kinds[kind].extra_count > 0;
    let mut table = Table::of_kinds(has);
    table.each("in the source", |kind| count(counts[kind].found));
    table.told("inserted", |kind| counts[kind].inserted);
    table.told("updated", |kind| counts[kind].updated);
    table.told("there already", |kind| counts[kind].unchanged);
    table.told("kept (differ)", |kind| counts[kind].kept);
    table.told("rejected", |kind| counts[kind].rejected);
    table.each("proved equal", |kind| count(found.kinds[kind].equal));
    table.told("missing", |kind| found.kinds[kind].missing_count);
    table.told("different", |kind| found.kinds[kind].different_count);
    // Beside the rows of a file stand all others of the scope.
    let beside = match again.source.options.rows {
        Some(_) => "others there",
        None => "added later",
    };
    table.told(beside, |kind| found.kinds[kind].extra_count);
    let mut text = table.render(screen);
    text.push('\n');
    text.push_str(&verify::findings(found, "database"));
    text.push_str(&verify::verdict(
        report.scope,
        again.source.options.rows.as_deref(),
        found,
        screen,
    ));
    let sum = |of: fn(&ReceiptCounts) -> u64| counts.values().map(of).sum::<u64>();
    let remarks = remarks(
        sum(|kind| kind.zoneless_times),
        sum(|kind| kind.zero_vectors),
    );
    let documents = report
        .documents
        .map(|documents| documents_moved(&documents, found));
    let documents = documents.into_iter().map(|moved| ("documents", moved));
    let remarks = remarks.into_iter().map(|remark| ("note", remark));
    let mut lines: Vec<_> = documents.chain(remarks).collect();
    // Time and rate are those of this session: an earlier one may have copied other rows.
    let speed = match report.copied {
        0 => String::new(),
        rows => format!(", {}", rate(rows, report.took)),
    };
    lines.push(("time", format!("{}{speed}", duration(report.took))));
    lines.push(("run", report.run_id.to_string()));
    lines.push(("receipt", shown(&report.receipt)));
    lines.extend(report.rejects.iter().map(|path| ("rejects", shown(path))));
    text.push_str(&table::summary(&lines, screen));
    let kept = report.documents.map_or(0, |documents| documents.kept);
    if sum(|kind| kind.kept) + kept > 0 {
        text.push_str("\nRows that were there and differ were kept. To replace them with the source's:\n  the same command with --existing update\n");
        if let Some(rows) = &again.source.options.rows {
            let rows = crate::text::safe(&rows.display().to_string());
            text.push_str(&format!(
                "Where two memories share an id, that replaces one by the other; to keep both, give one another id in {rows}.\n"
            ));
        }
    }
    if let Some(rejects) = &report.rejects {
        let rejects = shown(rejects);
        let command = again.with_rows(&rejects, cx);
        let rejects = crate::text::safe(&rejects);
        text.push_str(&format!(
            "\nCorrect the rows in {rejects}, then:\n  {command}\n"
        ));
    }
    // As long as the source has rows that cannot be moved, they are not compared there.
    if found.verified && again.source.options.rows.is_none() && sum(|kind| kind.rejected) == 0 {
        let mut command = verify::command("verify", &again.source, cx);
        // Of what was left out the receipt knows.
        if !again.source.options.only.is_empty() {
            command.push_str(&format!(" --against {}", shell(&shown(&report.receipt))));
        }
        text.push_str(&format!("\nTo prove it again, at any time:\n  {command}\n"));
    }
    text
}

/// `3 in the source, 2 inserted, 1 there already; 3 proved equal`
fn documents_moved(counts: &DocumentCounts, found: &Verification) -> String {
    let told = [
        (counts.inserted, "inserted"),
        (counts.updated, "updated"),
        (counts.unchanged, "there already"),
        (counts.kept, "kept (differ)"),
    ];
    let told = told.into_iter().filter(|(number, _)| *number > 0);
    let told = told.map(|(number, what)| format!(", {} {what}", count(number)));
    format!(
        "{} in the source{}; {} proved equal",
        count(counts.found),
        told.collect::<String>(),
        count(found.documents.equal)
    )
}

/// A path as people type it.
fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}
