//! `tulving runs`: migrations, from the ledger in the database.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;
use tulving::transfer::{Run, RunStatus, Session};
use uuid::Uuid;

use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, count, duration, minute, moment, rate};
use crate::table::{Table, summary};
use crate::text::quote;
use crate::wire;

/// `tulving runs …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists the runs, newest first
    #[command(after_help = "With --json:\n\
    {\"runs\": [as runs status prints them…]}")]
    List,

    /// Shows one run: its progress, its speed, and whether its process is still at work
    Status(Status),
}

/// `tulving runs status`
#[derive(Debug, Args)]
#[command(after_help = "With --json:\n\
    {\"run_id\", \"scope_id\", \"status\": \"running\", \"interrupted\", \"finished\" or \"abandoned\", \"phase\", \"live\": BOOL, \"rows\": N,\n\
    \"rows_done\": N, \"seconds\": X or null, \"rate\": X or null, \"verified\": BOOL or null, \"error\": TEXT or null, \"started_at\",\n\
    \"updated_at\", \"finished_at\", \"version\", \"inputs\": {…}, \"result\": the receipt, or null}\n\
    A run whose process is gone is interrupted, and not live; seconds and rate are those of its last session.")]
pub struct Status {
    /// The run [default: the newest]
    #[arg(value_name = "RUN_ID")]
    pub run_id: Option<String>,
}

const NONE: &str = "There are no runs yet.";
const NONE_SEEN: &str = "No run is seen with this login.\nOnly the tables' owner sees those of all; add --user-id or --tenant-id.";

/// Runs it.
///
/// # Errors
/// When there is no such run, or the database cannot be reached or refuses.
pub async fn run(command: &Command, cx: &Context) -> Result<Exit, CliError> {
    let mut connection = cx.connect().await?;
    connection.require_target().await?;
    let scope = cx.config.scope_if_named()?;
    match command {
        Command::List => {
            let runs = connection.runs(scope).await?;
            if runs.is_empty() && !cx.json {
                let sees_all = scope.is_some() || connection.sees_all_runs().await?;
                output::text(if sees_all { NONE } else { NONE_SEEN })?;
                return Ok(Exit::Done);
            }
            list(cx, runs)
        }
        Command::Status(Status {
            run_id: Some(run_id),
        }) => {
            let run_id = Uuid::try_parse(run_id).map_err(|_| {
                CliError::usage(format!(
                    "Invalid UUID format: {} is not the id of a run",
                    quote(run_id)
                ))
                .hint("tulving runs list")
            })?;
            status(cx, connection.run(run_id).await?)
        }
        Command::Status(Status { run_id: None }) => {
            match connection.runs(scope).await?.into_iter().next() {
                Some(newest) => status(cx, newest),
                None if scope.is_some() || connection.sees_all_runs().await? => {
                    Err(CliError::new(Exit::Refused, "there are no runs yet")
                        .hint("tulving migrate --user-id UUID"))
                }
                None => Err(
                    CliError::new(Exit::Refused, "no run is seen with this login").hint(
                        "name --user-id or --tenant-id; without, only the tables' owner sees runs",
                    ),
                ),
            }
        }
    }
}

fn list(cx: &Context, runs: Vec<Run>) -> Result<Exit, CliError> {
    if cx.json {
        let runs: Vec<wire::Run> = runs.into_iter().map(Into::into).collect();
        output::json(&json!({"runs": runs}))?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(["RUN", "STATUS", "ROWS", "STARTED (UTC)", "OWNER"]);
    for run in runs {
        table.row([
            run.run_id.to_string(),
            in_a_word(&run),
            rows(&run),
            minute(run.started_at),
            owner(&run),
        ]);
    }
    output::text(&table.render(cx.out))?;
    Ok(Exit::Done)
}

fn status(cx: &Context, run: Run) -> Result<Exit, CliError> {
    if cx.json {
        output::json(&wire::Run::from(run))?;
        return Ok(Exit::Done);
    }
    let mut lines = vec![
        ("run", run.run_id.to_string()),
        ("owner", owner(&run)),
        ("status", in_a_word(&run)),
        ("rows", rows(&run)),
    ];
    lines.extend(run.session.map(|session| ("time", speed(&run, session))));
    lines.push(("started", moment(run.started_at)));
    lines.push(("updated", updated(&run)));
    lines.extend(run.finished_at.map(|time| ("finished", moment(time))));
    if run.is_left_behind() {
        lines.push(("error", "its process is gone".to_owned()));
    }
    let unfinished = run.status == RunStatus::Interrupted || run.is_left_behind();
    lines.extend(run.error.map(|error| ("error", error)));
    if unfinished {
        lines.push(("next", "run the same command again, to resume".to_owned()));
    }
    output::text(&summary(&lines, cx.out))?;
    Ok(Exit::Done)
}

/// `user` or `tenant` and its id: the ledger's inputs know which.
fn owner(run: &Run) -> String {
    let named = run.inputs.get("scope").and_then(serde_json::Value::as_str);
    named.map_or_else(|| run.scope_id.to_string(), ToOwned::to_owned)
}

/// `finished, verified`, `finished, NOT VERIFIED`, `running: copy`, `interrupted: copy`, `abandoned`
fn in_a_word(run: &Run) -> String {
    let status = run.status.as_str();
    match (run.status, run.verified) {
        (_, Some(true)) => format!("{status}, verified"),
        (_, Some(false)) => format!("{status}, NOT VERIFIED"),
        (RunStatus::Running, None) if !run.is_live => format!("interrupted: {}", run.phase),
        (RunStatus::Running | RunStatus::Interrupted, None) => format!("{status}: {}", run.phase),
        _ => status.to_owned(),
    }
}

/// `12.3 s, 1,080 rows/s`: of the last session alone.
fn speed(run: &Run, session: Session) -> String {
    let earlier = if session.rows < run.rows_done {
        format!("; {} rows before", count(run.rows_done - session.rows))
    } else {
        String::new()
    };
    let (took, speed) = (duration(session.took), rate(session.rows, session.took));
    format!("{took}, {speed}{earlier}")
}

/// When the ledger was last written to; of a run at work also how long ago.
fn updated(run: &Run) -> String {
    let at = moment(run.updated_at);
    if !run.is_live {
        return at;
    }
    let ago = run.read_at.micros().saturating_sub(run.updated_at.micros());
    let ago = Duration::from_micros(ago.max(0).unsigned_abs());
    format!("{at}, {} ago", duration(ago))
}

fn rows(run: &Run) -> String {
    let (done, all) = (count(run.rows_done), count(run.rows));
    if done == all {
        all
    } else {
        format!("{done} of {all}")
    }
}
