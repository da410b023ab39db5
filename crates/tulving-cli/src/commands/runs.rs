//! `tulving runs`: migrations and imports, at work or done.
//!
//! Imports are known where memory lives, migrations in the ledger of the database. Memory in files may have been moved
//! into one: where it is named, its runs are told too.

mod import;
mod migration;

use std::cmp::Reverse;

use clap::{Args, Subcommand};
use tulving::backend::Import;
use tulving::backend::postgres::{DatabaseError, Refusal};
use tulving::model::{Scope, Timestamp};
use tulving::transfer;
use uuid::Uuid;

use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::memory::Location;
use crate::output::{self, minute};
use crate::table::{Table, summary};
use crate::text::quote;
use crate::wire;

/// `tulving runs …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists migrations and imports, newest first
    #[command(after_help = "With --json:\n\
    {\"runs\": [as runs status prints them…]}")]
    List,

    /// Shows one run: its progress, its speed, and whether its process is still at work
    Status(Status),
}

/// `tulving runs status`
#[derive(Debug, Args)]
#[command(after_help = "With --json:\n\
    {\"run_id\", \"kind\": \"migrate\" or \"import\", \"scope_id\", \"status\": \"running\", \"interrupted\", \"finished\" or \"abandoned\", \"phase\",\n\
    \"live\": BOOL, \"rows\": N or null, \"rows_done\": N, \"seconds\": X or null, \"rate\": X or null, \"verified\": BOOL or null,\n\
    \"error\": TEXT or null, \"started_at\", \"updated_at\", \"finished_at\", \"version\", \"inputs\": {…}, \"result\": the receipt, or null}\n\
    Of an import \"inputs\" is {\"paths\": [TEXT…]}, \"result\" {\"added\": N, \"updated\": N, \"unchanged\": N, \"removed\": N, \"read\": BYTES,\n\
    \"bytes\": BYTES}, \"error\" one word, \"phase\" reading, embedding, clustering or done; its rows are the memories compared so far.\n\
    A run whose process is gone is interrupted, and not live; seconds and rate are those of its last session.")]
pub struct Status {
    /// The run [default: the newest]
    #[arg(value_name = "RUN_ID")]
    pub run_id: Option<String>,
}

const NONE: &str = "There are no runs yet.";
const NONE_SEEN: &str = "No run is seen with this login.\nOnly the tables' owner sees those of all; add --user-id or --tenant-id.";

/// A run of either kind.
enum Run {
    Migration(Box<transfer::Run>),
    /// With whose memory it is for: in a word, and by its id.
    Import(Box<Import>, String, Uuid),
}

impl Run {
    fn id(&self) -> Uuid {
        match self {
            Self::Migration(run) => run.run_id,
            Self::Import(import, ..) => import.run_id,
        }
    }

    fn started_at(&self) -> Timestamp {
        match self {
            Self::Migration(run) => run.started_at,
            Self::Import(import, ..) => import.started_at,
        }
    }

    fn cells(&self) -> [String; 6] {
        let started = minute(self.started_at());
        let [kind, status, rows, owner] = match self {
            Self::Migration(run) => migration::cells(run),
            Self::Import(import, owner, _) => import::cells(import, owner),
        };
        [self.id().to_string(), kind, status, rows, started, owner]
    }

    fn lines(self) -> Vec<(&'static str, String)> {
        match self {
            Self::Migration(run) => migration::lines(*run),
            Self::Import(import, owner, _) => import::lines(&import, owner),
        }
    }
}

impl From<Run> for wire::Run {
    fn from(run: Run) -> Self {
        match run {
            Run::Migration(run) => Self::from(*run),
            Run::Import(import, _, scope) => Self::of_import(*import, scope),
        }
    }
}

/// The runs that are known, and whether those of all owners would be.
struct Runs {
    /// The newest first.
    newest: Vec<Run>,
    are_all: bool,
}

impl Runs {
    /// Reads them wherever they are kept; of migrations only the one that is meant, if one is.
    async fn read(cx: &Context, meant: Option<Uuid>) -> Result<Self, CliError> {
        let in_files = match cx.location()? {
            // Memory that was moved into a database may have left no directory.
            Location::Files(path) if !path.exists() && cx.config.database_url().is_ok() => None,
            Location::Files(_) => Some(of_directory(cx).await),
            Location::Database => None,
        };
        let has_database = in_files.is_none() || cx.config.database_url().is_ok();
        let in_database = match has_database {
            true => Some(of_database(cx, meant).await),
            false => None,
        };
        let (mut newest, are_all) = match (in_files, in_database) {
            (None, Some(found)) => found?,
            (Some(Ok(imports)), Some(Err(error))) => {
                note_missing("migrations", &error, cx);
                (imports, true)
            }
            // Nobody's directory, or somebody else's, has none of this owner's imports.
            (Some(Err(error)), Some(found)) if error.exit == Exit::Refused => found?,
            (Some(Err(error)), Some(Ok(found))) => {
                note_missing("imports of the data directory", &error, cx);
                found
            }
            (Some(Err(error)), Some(Err(_))) => return Err(error),
            (Some(Ok(mut imports)), Some(Ok((runs, are_all)))) => {
                imports.extend(runs);
                (imports, are_all)
            }
            (Some(found), None) => (found?, true),
            (None, None) => (Vec::new(), true),
        };
        newest.sort_by_key(|run| Reverse((run.started_at(), run.id())));
        Ok(Self { newest, are_all })
    }

    /// Returns the one that is meant, the newest if none is.
    fn meant(self, run_id: Option<Uuid>) -> Result<Run, CliError> {
        let Self { newest, are_all } = self;
        let is_meant = |run: &Run| run_id.is_none_or(|id| run.id() == id);
        newest
            .into_iter()
            .find(is_meant)
            .ok_or_else(|| match run_id {
                Some(id) => CliError::new(Exit::Refused, format!("there is no run {id}"))
                    .hint("tulving runs list"),
                None if are_all => CliError::new(Exit::Refused, "there are no runs yet")
                    .hint("tulving ingest PATH; or tulving migrate --user-id UUID"),
                None => CliError::new(Exit::Refused, "no run is seen with this login").hint(
                    "name --user-id or --tenant-id; without, only the tables' owner sees runs",
                ),
            })
    }
}

fn note_missing(what: &str, why: &CliError, cx: &Context) {
    let remark = format!("{what} are not shown: {}", why.message);
    output::note(&remark, why.hint.as_deref().unwrap_or("tulving doctor"), cx);
}

fn note_unreadable(records: Vec<String>, cx: &Context) {
    for record in records {
        let remark =
            format!("the record of an import cannot be read, and is passed over: {record}");
        output::note(
            &remark,
            "nothing: it says nothing of memories, and goes with the old ones",
            cx,
        );
    }
}

/// Returns the imports of the data directory.
async fn of_directory(cx: &Context) -> Result<Vec<Run>, CliError> {
    let memory = cx.records().await?;
    let imports = memory.imports().await?;
    note_unreadable(imports.unreadable, cx);
    let owner = memory.owner();
    let of_owner = |import| Run::Import(Box::new(import), owner.to_string(), owner.id());
    Ok(imports.runs.into_iter().map(of_owner).collect())
}

/// Returns the runs of the database, and whether those of all owners would be among them.
async fn of_database(cx: &Context, meant: Option<Uuid>) -> Result<(Vec<Run>, bool), CliError> {
    let mut connection = cx.connect().await?;
    connection.require_target().await?;
    let scope = cx.config.scope_if_named()?;
    let migrations = match meant {
        None => connection.runs(scope).await?,
        Some(id) => match connection.run(id).await {
            Ok(run) => vec![run],
            // It may be an import.
            Err(DatabaseError::Refused(Refusal::UnknownRun { .. })) => Vec::new(),
            Err(error) => return Err(error.into()),
        },
    };
    let migrations = migrations.into_iter();
    let migrations = migrations.map(|run| Run::Migration(Box::new(run)));
    let (imports, unreadable) = connection.imports(scope).await?;
    note_unreadable(unreadable, cx);
    let imports = imports.into_iter().map(|(id, import)| {
        let owner = scope
            .as_ref()
            .map_or_else(|| id.to_string(), Scope::to_string);
        Run::Import(Box::new(import), owner, id)
    });
    let are_all = scope.is_some() || connection.sees_all_runs().await?;
    Ok((migrations.chain(imports).collect(), are_all))
}

/// Runs it.
///
/// # Errors
/// When there is no such run, the memory cannot be read, or the database cannot be reached or refuses.
pub async fn run(command: &Command, cx: &Context) -> Result<Exit, CliError> {
    match command {
        Command::List => list(Runs::read(cx, None).await?, cx),
        Command::Status(Status { run_id }) => {
            let run_id = run_id.as_deref().map(read_id).transpose()?;
            status(Runs::read(cx, run_id).await?.meant(run_id)?, cx)
        }
    }
}

fn read_id(run_id: &str) -> Result<Uuid, CliError> {
    Uuid::try_parse(run_id).map_err(|_| {
        CliError::usage(format!(
            "Invalid UUID format: {} is not the id of a run",
            quote(run_id)
        ))
        .hint("tulving runs list")
    })
}

fn list(runs: Runs, cx: &Context) -> Result<Exit, CliError> {
    if cx.json {
        output::json(&wire::Runs::new(runs.newest))?;
        return Ok(Exit::Done);
    }
    if runs.newest.is_empty() {
        output::text(if runs.are_all { NONE } else { NONE_SEEN })?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(["RUN", "KIND", "STATUS", "ROWS", "STARTED (UTC)", "OWNER"]);
    for run in &runs.newest {
        table.row(run.cells());
    }
    output::text(&table.render(cx.out))?;
    Ok(Exit::Done)
}

fn status(run: Run, cx: &Context) -> Result<Exit, CliError> {
    match cx.json {
        true => output::json(&wire::Run::from(run))?,
        false => output::text(&summary(&run.lines(), cx.out))?,
    }
    Ok(Exit::Done)
}
