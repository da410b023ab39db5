//! `tulving export`: the memories of an owner in a new data directory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tulving::backend::file::{DirectorySource, FileSink, FileSource};
use tulving::backend::postgres::PostgresSource;
use tulving::model::{Kind, Scope, Space};
use tulving::transfer::{
    Exportable, MigrateOptions, Migration, OnExisting, ReadOptions, Report, Source, TransferError,
    usual_workers,
};

mod advice;
mod lines;

use advice::told;
use lines::Lines;

use super::verify;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::memory::Location;
use crate::output::{self, count, counted, duration, rate};
use crate::progress::Tally;
use crate::table::{self, Table};
use crate::terminal::Look;
use crate::text::{safe, shell};
use crate::{interrupt, kinds, progress, wire};

/// Writes the memories of a user or a tenant into a new data directory, and proves that all of them
/// are there
///
/// From PostgreSQL this is the way back from `tulving migrate`: every value comes back equal, vectors bit
/// for bit, in the order of the source, and with all that was added or changed since. From files it is a
/// backup: a compacted copy of the data directory. Everything is read in one snapshot, so memories may
/// be added meanwhile. The command works in four phases: plan, validate, copy,
/// and verify (read the new files and compare every row).
///
/// The directory gets its name in the last step: until then the files are in `.DIR.export` beside it. If
/// the command was interrupted or killed, the same command resumes it; if memories have changed since, it
/// starts over. Two exports of the same memories are equal, byte for byte.
///
/// With `--format jsonl` there is one record a line, to stdout or into the file `--out`: `{"document": …}`
/// for each document, then `{"node": …}`, `{"episode": …}` and `{"chunk": …}`, each with the record as files
/// have it and, with `--vectors`, its vector as `embedding`. `tulving add --jsonl` takes them back, ids
/// and all.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tulving export --user-id UUID --out ./data-back\n  \
    tulving export --backend file --out ./backup\n  \
    tulving export --tenant-id UUID --out ./old-model --space bge-m3\n  \
    tulving export --user-id UUID --format jsonl | jq -r .node.human_content\n\n\
    With --json:\n\
    {\"run_id\": UUID, \"scope\": {\"kind\", \"id\"}, \"out\": PATH, \"verified\": BOOL, \"nodes\": {\"found\", \"inserted\", \"updated\",\n\
    \"unchanged\", \"kept\", \"rejected\", \"zoneless_times\", \"zero_vectors\"}, the same for every other kind, of documents\n\
    \"documents\": {\"found\", \"inserted\", \"updated\", \"unchanged\", \"kept\"}, \"digest\": TEXT, \"seconds\": X,\n\
    \"rate\": rows per second of this session, \"receipt\": PATH, \"rejects\": null, \"spaces_left_out\": [TEXT…]};\n\
    with --format jsonl and --out {\"out\": PATH, \"nodes\": N, the same for every other kind, \"documents\": N}")]
pub struct Export {
    /// The directory to make, which must be empty or not be there yet; or the file for the lines of
    /// `--format jsonl` [default for these: stdout]
    #[arg(long, value_name = "PATH", value_parser = crate::config::path())]
    pub out: Option<PathBuf>,

    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "directory")]
    pub format: Format,

    /// Writes vectors too, with `--format jsonl`
    #[arg(long)]
    pub vectors: bool,

    /// The model whose vectors are exported, if there are vectors of several [default: the model
    /// that is searched]
    #[arg(long, value_name = "MODEL")]
    pub space: Option<String>,

    /// Exports these kinds only, separated by commas [default: all]
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = kinds::many())]
    pub only: Vec<Kind>,

    /// Where to write the receipt: a file, a device or pipe, or a directory in which the file is named
    /// after the run; another file is replaced only with --force [default: beside the configuration]
    #[arg(long, value_name = "FILE", value_parser = crate::config::path())]
    pub receipt: Option<PathBuf>,

    /// How many connections or threads read at the same time [default: depends on the machine]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub workers: Option<u16>,
}

/// What an export writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A data directory
    Directory,
    /// One JSON object a line
    Jsonl,
}

/// How long a run waits for another one that makes the same directory.
const LOCK_SECONDS: u64 = 30;

/// Runs it.
///
/// # Errors
/// When the database cannot be used, the directory cannot be made, or the work was interrupted. A
/// difference found in the end is exit 5, told on stdout; then there is no directory.
pub async fn run(export: Export, cx: &Context) -> Result<Exit, CliError> {
    let scope = cx.owner_to_move()?;
    let workers = export.workers.map_or_else(usual_workers, usize::from);
    let mut from = From::new(cx, scope, &export.only, workers)?;
    if export.format == Format::Jsonl {
        return jsonl(from, &export, workers, cx).await;
    }
    let Some(out) = &export.out else {
        return Err(
            CliError::usage("where the directory is to be made is not said").hint("--out DIR"),
        );
    };
    if export.vectors {
        let message = "a data directory has its vectors; --vectors goes with --format jsonl";
        return Err(CliError::usage(message).hint("the same command without --vectors"));
    }
    let sink = Arc::new(FileSink::new(out, scope));
    let receipt = export.receipt.unwrap_or_else(|| cx.config.beside());
    if sink.holds(&receipt) {
        let message = "the receipt cannot be in the directory that is made";
        return Err(CliError::usage(message).hint("name another place with --receipt FILE"));
    }
    if let From::Files(source) = &from
        && sink.is_in(&source.data_dir)
    {
        let message = "the copy cannot be in the directory that is copied";
        return Err(CliError::usage(message).hint("name another place with --out DIR"));
    }
    from.choose_space(export.space.as_deref(), cx).await?;
    let mut options = MigrateOptions {
        workers,
        model: None,
        reject: false,
        rejects: PathBuf::new(),
        existing: OnExisting::Keep,
        restart: false,
        receipt,
        replace_files: cx.force,
        lock_seconds: LOCK_SECONDS,
        exact: true,
    };
    let progress = progress::on_stderr(cx.err);
    let cancel = &interrupt::listen(&progress, cx.face())?.cancel;
    let (report, left_out) = loop {
        let target = Arc::clone(&sink);
        let migration = Migration::prepare(
            from.source(),
            target,
            options.clone(),
            progress.as_ref(),
            cancel,
        );
        let migration = migration.await.map_err(told)?;
        let left_out = migration.prepared.plan().left_out.clone();
        match migration.run(progress.as_ref(), cancel).await {
            Err(TransferError::RunChanged { changed, .. }) if !options.restart => {
                progress.note(&format!("an unfinished run is given up: {changed}"));
                options.restart = true;
            }
            report => break (report.map_err(told)?, left_out),
        }
    };
    for space in &left_out {
        progress.note(&format!("the vectors of {space} are left out"));
    }
    drop(progress);
    let exit = verify::exit(&report.verification);
    if cx.json {
        output::json(&wire::Exported::new(&report, sink.out(), &left_out))?;
    } else {
        output::report(&summary(
            &report,
            &export.only,
            &from,
            (out, sink.out()),
            cx,
        ))?;
    }
    Ok(exit)
}

/// Writes one record a line.
async fn jsonl(
    mut from: From,
    export: &Export,
    workers: usize,
    cx: &Context,
) -> Result<Exit, CliError> {
    if export.receipt.is_some() {
        let message = "lines are not compared with what was read, so there is no receipt of them";
        return Err(CliError::usage(message)
            .hint("the same command without --receipt, or without --format jsonl"));
    }
    if cx.json && export.out.is_none() {
        let message = "stdout is the lines, and --json wants it too";
        return Err(CliError::usage(message).hint("--out FILE, or leave --json out"));
    }
    // Without vectors nobody need say which.
    if export.vectors {
        from.choose_space(export.space.as_deref(), cx).await?;
    } else if export.space.is_some() {
        let message = "--space says which vectors are written, and lines have none unless asked";
        return Err(CliError::usage(message).hint("the same command with --vectors"));
    }
    let mut lines = Lines::begin(export.out.as_deref())?;
    let tally = Tally::new("exported", export.out.is_none(), cx.face());
    let progress = progress::on_stderr(cx.err);
    let cancel = &interrupt::listen(&progress, cx.face())?.cancel;
    let snapshot = from.source().survey(cancel).await;
    let snapshot = snapshot.map_err(|error| match error {
        TransferError::Interrupted { .. } => lines::interrupted(),
        error => told(error),
    })?;
    let how = (export.vectors, workers);
    let written = lines::write(&snapshot, how, &mut lines, &tally, cancel).await?;
    lines.end(cx.force)?;
    drop(tally);
    let left_out = &snapshot.plan().left_out;
    for space in left_out.iter().filter(|_| export.vectors) {
        progress.note(&format!("the vectors of {space} are left out"));
    }
    drop(progress);
    let Some(out) = &export.out else {
        return Ok(Exit::Done);
    };
    if cx.json {
        output::json(&wire::ExportedLines::new(
            out,
            &written.memories,
            written.documents,
        ))?;
    } else {
        let memories = written.memories.values().sum();
        output::report(&format!(
            "{} has {} and {}, one a line.\n",
            safe(&out.display().to_string()),
            counted(memories, "memory"),
            counted(written.documents, "document")
        ))?;
    }
    Ok(Exit::Done)
}

/// Where memories are exported from.
enum From {
    Database(Box<PostgresSource>),
    Files(Box<DirectorySource>),
}

impl From {
    fn new(cx: &Context, scope: Scope, only: &[Kind], workers: usize) -> Result<Self, CliError> {
        let options = ReadOptions {
            only: only.to_owned(),
            ..ReadOptions::default()
        };
        let chunk_rows = FileSource::USUAL_CHUNK_ROWS;
        Ok(match cx.location()? {
            Location::Database => Self::Database(Box::new(PostgresSource {
                database: cx.database()?,
                scope,
                options,
                space: None,
                otherwise: None,
                chunk_rows,
                connections: workers,
            })),
            Location::Files(data_dir) => Self::Files(Box::new(DirectorySource {
                data_dir,
                scope,
                options,
                space: None,
                otherwise: None,
                chunk_rows,
            })),
        })
    }

    async fn exportable(&self) -> Result<Exportable, CliError> {
        Ok(match self {
            Self::Database(source) => source.exportable().await?,
            Self::Files(source) => source.exportable().await?,
        })
    }

    /// Takes the vectors of a model; of the one that is searched where none is named.
    async fn choose_space(&mut self, model: Option<&str>, cx: &Context) -> Result<(), CliError> {
        let there = self.exportable().await?;
        let space = model.map(|model| named(model, &there.spaces)).transpose()?;
        let mut otherwise = None;
        if there.spaces.is_empty() && there.has_memories {
            otherwise = Some(cx.embedder().await?.space().as_ref().clone());
        }
        match self {
            Self::Database(source) => (source.space, source.otherwise) = (space, otherwise),
            Self::Files(source) => (source.space, source.otherwise) = (space, otherwise),
        }
        Ok(())
    }

    fn source(&self) -> &dyn Source {
        match self {
            Self::Database(source) => &**source,
            Self::Files(source) => &**source,
        }
    }

    /// Says where a row was found.
    fn place(&self) -> &'static str {
        match self {
            Self::Database(_) => "in the database",
            Self::Files(_) => "in the files",
        }
    }
}

/// The space of a model whose vectors are kept.
fn named(model: &str, spaces: &[Space]) -> Result<Space, CliError> {
    let found = spaces.iter().find(|space| space.is_of_model(model));
    found.cloned().ok_or_else(|| {
        let there: Vec<&str> = spaces.iter().map(|space| space.model.as_str()).collect();
        let hint = match there.as_slice() {
            [] => "leave --space out: there are no vectors".to_owned(),
            models => format!("--space {}", models.join(", or --space ")),
        };
        let model = crate::text::quote(model);
        CliError::usage(format!("there are no vectors of the model {model}")).hint(hint)
    })
}

fn summary(
    report: &Report,
    only: &[Kind],
    from: &From,
    (out, whole): (&Path, &Path),
    cx: &Context,
) -> String {
    let (counts, screen) = (&report.counts, cx.out);
    let found = &report.verification;
    let mut table = Table::of_kinds(|kind| counts[kind].found > 0);
    table.each(from.place(), |kind| count(counts[kind].found));
    table.each("proved equal", |kind| count(found.kinds[kind].equal));
    table.told("missing", |kind| found.kinds[kind].missing_count);
    table.told("different", |kind| found.kinds[kind].different_count);
    let mut text = table.render(screen);
    if let Some(documents) = report.documents {
        let written = counted(documents.found, "document");
        text.push_str(&format!(
            "\n{written} {}, {} equal\n",
            from.place(),
            count(found.documents.equal)
        ));
    }
    text.push('\n');
    text.push_str(&verify::findings(found, "directory"));
    let directory = safe(&out.display().to_string());
    if !found.verified {
        let not = screen.paint(Look::Bad, "NOT VERIFIED");
        text.push_str(&format!(
            "{not}: the new files were not as the memories {} are, and were removed.\n",
            from.place()
        ));
        return text;
    }
    let verified = screen.paint(Look::Good, "Verified");
    let digest = tulving::hex(&found.source_digest[..8]);
    let scope = report.scope;
    let rows = match only {
        [] => "row".to_owned(),
        kinds => kinds
            .iter()
            .map(|kind| kind.as_str())
            .collect::<Vec<_>>()
            .join(" and "),
    };
    text.push_str(&format!(
        "{verified}: {directory} has every {rows} of {scope}, bit for bit.\n\ndigest   {digest}…\n"
    ));
    let took = duration(report.took);
    let lines = [
        (
            "time",
            format!("{took}, {}", rate(report.copied, report.took)),
        ),
        ("run", report.run_id.to_string()),
        ("receipt", safe(&report.receipt.display().to_string())),
    ];
    text.push_str(&table::summary(&lines, screen));
    text.push_str(&format!(
        "\nTo work with it: backend: file and data_dir: {} in config.yaml, or\n  {}\n",
        safe(&whole.display().to_string()),
        cx.advice(&format!(
            "tulving list --backend file --data-dir {}",
            shell(&directory)
        ))
    ));
    text
}
