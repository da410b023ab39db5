//! `tulving migrate`: a data directory into PostgreSQL.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use tulving::model::Kind;
use tulving::transfer::{
    Cancel, KindSummary, MigrateOptions, Migration, OnExisting, Prepared, Report, SourceOptions,
};

use super::wire::{WirePlan, WireReport};
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, Table, bytes, count, counted, duration, rate};
use crate::{confirm, interrupt, progress};

/// Moves a data directory into PostgreSQL, and proves that all of it arrived
///
/// Four phases: plan (count, cut the work), validate (read every row, write nothing), copy, and
/// verify (read every row back and compare it, vectors bit for bit). The data directory is never
/// changed. A run that was interrupted or killed is resumed by the same command, with other
/// workers or batch sizes if you like. Running it again later writes only what is new.
///
/// The user or tenant must exist: see `tulving user create`. The database needs the tables: see
/// `tulving schema apply`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tulving migrate --user-id UUID --dry-run\n  \
    tulving migrate --user-id UUID --data-dir ./data --yes\n  \
    tulving migrate --user-id UUID --on-error reject\n  \
    tulving migrate --user-id UUID --rows rejects.jsonl")]
pub struct Migrate {
    /// Plans and validates only: the database is not written to
    #[arg(long)]
    pub dry_run: bool,

    /// The model that made the vectors [default: BAAI/bge-m3 where they are 1024 wide]
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,

    /// What to do with a row that cannot be migrated: write nothing at all, or set the row aside
    #[arg(long, value_name = "WHAT", default_value = "stop")]
    pub on_error: OnError,

    /// What to do with a row that is there already and differs
    #[arg(long, value_name = "WHAT", default_value = "keep")]
    pub existing: Existing,

    /// Migrates these kinds only, separated by commas [default: all]
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    pub only: Vec<Only>,

    /// Migrates the rows of a rejects file, as you have mended them, instead of all rows
    #[arg(long, value_name = "FILE")]
    pub rows: Option<PathBuf>,

    /// Gives up an unfinished run and starts over
    #[arg(long)]
    pub restart: bool,

    /// Takes rows that are stamped with another user or tenant, and stamps them with this one
    #[arg(long)]
    pub restamp: bool,

    /// Takes 64-bit vectors though rounding them to 32 bits loses digits; the receipt says so
    #[arg(long, value_name = "TYPE")]
    pub cast: Option<Cast>,

    /// Where the receipt goes [default: beside the configuration, named after the run]
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,

    /// Where `--on-error reject` writes the rejected rows [default: rejects.jsonl, beside the
    /// configuration]
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,

    /// How many connections write at once [default: by the machine]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub workers: Option<u16>,

    /// Most rows that are written and committed together [default: 512]
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

/// A kind of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Only {
    /// Questions and answers
    Nodes,
    /// Whole conversations
    Episodes,
}

/// The type that vectors are rounded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Cast {
    /// 32-bit floats
    F32,
}

/// How long a run waits for another of the same scope.
const LOCK_SECONDS: u64 = 30;

/// Runs it.
///
/// # Errors
/// When source or database cannot be used, or the work was interrupted. A difference found in the
/// end is exit 5, rejected rows are exit 4; both are told on stdout.
pub async fn run(migrate: Migrate, cx: &Context) -> Result<Exit, CliError> {
    let scope = cx.config.scope()?;
    let database = cx.database()?;
    let dry_run = migrate.dry_run;
    let options = migrate.options(cx)?;
    let data_dir = options.source.data_dir.clone();
    let progress = progress::on_stderr();
    let cancel = interrupt::listen(&progress, cx.json)?;
    let migration =
        Migration::prepare(&database, scope, options, progress.as_ref(), &cancel).await?;
    if dry_run {
        drop(progress);
        return plan(cx, &migration, scope);
    }
    let question = question(&migration.prepared, scope, &database.target());
    ask(question, cx.yes, &cancel).await?;
    let report = migration.run(progress.as_ref(), &cancel).await;
    drop(progress);
    let report = report?;
    if cx.json {
        output::json(&WireReport::from(&report))?;
    } else {
        output::text(&summary(&report, &data_dir))?;
    }
    Ok(super::verify::exit(&report.verification))
}

impl Migrate {
    fn options(self, cx: &Context) -> Result<MigrateOptions, CliError> {
        let mut source = SourceOptions::new(cx.config.data_dir()?);
        source.only = self.only.iter().map(|only| only.kind()).collect();
        source.rows = self.rows;
        source.restamp = self.restamp;
        source.cast_f32 = self.cast.is_some();
        source.workers = self.workers.map_or(source.workers, usize::from);
        source.chunk_rows = self.batch_rows.unwrap_or(source.chunk_rows);
        let beside = outside(cx.config.beside(), &source.data_dir);
        let rejects = self.rejects.unwrap_or_else(|| beside.join("rejects.jsonl"));
        if let Some(rows) = &source.rows
            && self.on_error == OnError::Reject
            && same_file(rows, &rejects)
        {
            let rejects = rejects.display();
            return Err(CliError::usage(format!(
                "the rows that are rejected again would replace {rejects}, which --rows reads"
            ))
            .hint("name another file with --rejects FILE"));
        }
        Ok(MigrateOptions {
            source,
            model: self.model,
            reject: self.on_error == OnError::Reject,
            rejects,
            existing: match self.existing {
                Existing::Keep => OnExisting::Keep,
                Existing::Update => OnExisting::Update,
            },
            restart: self.restart,
            receipt: self.receipt.unwrap_or(beside),
            lock_seconds: LOCK_SECONDS,
        })
    }
}

impl Only {
    fn kind(self) -> Kind {
        match self {
            Self::Nodes => Kind::Node,
            Self::Episodes => Kind::Episode,
        }
    }
}

/// A directory for our files that is not in the source: the source's parent if need be.
fn outside(beside: PathBuf, source: &Path) -> PathBuf {
    let (Ok(inner), Ok(outer)) = (beside.canonicalize(), source.canonicalize()) else {
        return beside;
    };
    match outer.parent() {
        Some(parent) if inner.starts_with(&outer) => parent.to_owned(),
        _ => beside,
    }
}

/// Whether two paths name one file that is there.
fn same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// Asks without keeping Ctrl-C from being heard.
async fn ask(question: String, yes: bool, cancel: &Cancel) -> Result<(), CliError> {
    let asking = tokio::task::spawn_blocking(move || confirm::confirm(&question, yes));
    tokio::select! {
        answer = asking => answer.map_err(|error| CliError::new(Exit::Bug, "asking failed").because(&error))?,
        () = cancel.wait() => Err(CliError::new(Exit::Interrupted, "interrupted: nothing was done")),
    }
}

fn question(prepared: &Prepared, scope: tulving::model::Scope, target: &str) -> String {
    let nodes = counted(prepared.nodes.found - prepared.nodes.rejected, "node");
    let episodes = counted(
        prepared.episodes.found - prepared.episodes.rejected,
        "episode",
    );
    format!("Migrate {nodes} and {episodes} into {target}, for {scope}?")
}

fn problems(prepared: &Prepared) -> Vec<String> {
    let mut found = Vec::new();
    for (noun, summary) in [("node", &prepared.nodes), ("episode", &prepared.episodes)] {
        if summary.zoneless_times > 0 {
            found.push(format!(
                "{} of {noun}s without a zone, taken as UTC",
                counted(summary.zoneless_times, "time")
            ));
        }
        if summary.zero_vectors > 0 {
            let vectors = counted(summary.zero_vectors, "vector");
            found.push(format!(
                "{vectors} of {noun}s all zero: stored, found by words only"
            ));
        }
        if summary.rejected > 0 {
            found.push(format!("{} refused", counted(summary.rejected, noun)));
        }
    }
    found.extend(prepared.flawed.iter().map(ToString::to_string));
    found
}

fn plan(
    cx: &Context,
    migration: &Migration,
    scope: tulving::model::Scope,
) -> Result<Exit, CliError> {
    let prepared = &migration.prepared;
    let problems = problems(prepared);
    let exit = if prepared.refused() == 0 {
        Exit::Done
    } else {
        Exit::Rejected
    };
    if cx.json {
        output::json(&WirePlan {
            dry_run: true,
            scope: scope.into(),
            layout: prepared.layout,
            space: migration.space.as_ref().map(ToString::to_string),
            nodes: (&prepared.nodes).into(),
            episodes: (&prepared.episodes).into(),
            problems,
        })?;
        return Ok(exit);
    }
    let mut table = Table::new(["", "FOUND", "REFUSED", "SIZE"]);
    let row = |name: &str, found: &KindSummary| {
        [
            name.to_owned(),
            count(found.found),
            count(found.rejected),
            bytes(found.bytes),
        ]
    };
    table.row(row("nodes", &prepared.nodes));
    table.row(row("episodes", &prepared.episodes));
    let mut text = table.render();
    text.push('\n');
    let space = migration
        .space
        .as_ref()
        .map_or_else(|| "none".to_owned(), ToString::to_string);
    text.push_str(&output::summary(&[
        ("layout", prepared.layout.to_owned()),
        ("vectors", space),
    ]));
    for problem in problems {
        text.push_str(&format!("note     {}\n", crate::text::safe(&problem)));
    }
    text.push_str("\nNothing was written. The same command without --dry-run migrates.\n");
    output::text(&text)?;
    Ok(exit)
}

fn summary(report: &Report, data_dir: &Path) -> String {
    let mut table = Table::new([
        "",
        "FOUND",
        "INSERTED",
        "UPDATED",
        "UNCHANGED",
        "KEPT",
        "REJECTED",
    ]);
    for (name, counts) in [("nodes", report.nodes), ("episodes", report.episodes)] {
        let numbers = [
            counts.found,
            counts.inserted,
            counts.updated,
            counts.unchanged,
            counts.kept,
            counts.rejected,
        ];
        table.row(std::iter::once(name.to_owned()).chain(numbers.map(count)));
    }
    let mut text = table.render();
    text.push('\n');
    text.push_str(&super::verify::report(report.scope, &report.verification));
    let rows = report.nodes.found + report.episodes.found;
    let zoneless = report.nodes.zoneless_times + report.episodes.zoneless_times;
    let zero = report.nodes.zero_vectors + report.episodes.zero_vectors;
    let mut lines = vec![(
        "time",
        format!("{}, {}", duration(report.took), rate(rows, report.took)),
    )];
    if zoneless > 0 {
        lines.push((
            "times",
            format!("{} without a zone, taken as UTC", count(zoneless)),
        ));
    }
    if zero > 0 {
        lines.push((
            "vectors",
            format!("{} all zero: stored, found by words only", count(zero)),
        ));
    }
    lines.push(("run", report.run_id.to_string()));
    lines.push(("receipt", report.receipt.display().to_string()));
    lines.extend(
        report
            .rejects
            .iter()
            .map(|path| ("rejects", path.display().to_string())),
    );
    let flag = report.scope.kind().as_str();
    let again = format!(
        "tulving verify --{flag}-id {} --data-dir {}",
        report.scope.id(),
        data_dir.display()
    );
    lines.push(("again", again));
    text.push('\n');
    text.push_str(&output::summary(&lines));
    if report.nodes.kept + report.episodes.kept > 0 {
        text.push_str(
            "\nRows that were there and differ were kept; --existing update replaces them.\n",
        );
    }
    if let Some(rejects) = &report.rejects {
        let rejects = rejects.display();
        text.push_str(&format!(
            "\nMend the rows in {rejects}, then: the same command with --rows {rejects}\n"
        ));
    }
    text
}
