//! `tulving runs`: migrations, from the ledger in the database.

use clap::{Args, Subcommand};
use serde_json::json;
use tulving::backend::postgres::Run;
use uuid::Uuid;

use super::wire::WireRun;
use crate::context::Context;
use crate::exit::{CliError, Exit};
use crate::output::{self, Table, count, duration, rate};
use crate::text::quote;

/// `tulving runs …`
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists the runs, newest first
    List,

    /// Shows one run: phase, rows, rate; also of a run that another process is at
    Status(Status),
}

/// `tulving runs status`
#[derive(Debug, Args)]
pub struct Status {
    /// The run [default: the newest]
    #[arg(value_name = "RUN_ID")]
    pub run_id: Option<String>,
}

/// Runs it.
///
/// # Errors
/// When there is no such run, or the database cannot be reached or refuses.
pub async fn run(command: &Command, cx: &Context) -> Result<Exit, CliError> {
    let mut connection = cx.connect().await?;
    connection.require_target().await?;
    let scope = cx.config.scope_if_named()?;
    match command {
        Command::List => list(cx, connection.runs(scope).await?),
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
                None => Err(CliError::new(Exit::Refused, "there are no runs yet")
                    .hint("tulving migrate --user-id UUID")),
            }
        }
    }
}

fn list(cx: &Context, runs: Vec<Run>) -> Result<Exit, CliError> {
    if cx.json {
        let runs: Vec<WireRun> = runs.into_iter().map(Into::into).collect();
        output::json(&json!({"runs": runs}))?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new([
        "RUN", "SCOPE", "STATUS", "PHASE", "ROWS", "VERIFIED", "STARTED",
    ]);
    for run in runs {
        table.row([
            run.run_id.to_string(),
            run.scope_id.to_string(),
            run.status.as_str().to_owned(),
            run.phase.clone(),
            format!("{} of {}", count(run.rows_done), count(run.rows)),
            verified(&run).to_owned(),
            run.started_at.isoformat(),
        ]);
    }
    output::text(&table.render())?;
    Ok(Exit::Done)
}

fn status(cx: &Context, run: Run) -> Result<Exit, CliError> {
    if cx.json {
        output::json(&WireRun::from(run))?;
        return Ok(Exit::Done);
    }
    let micros = (run.updated_at.micros() - run.started_at.micros()).max(0);
    let took = std::time::Duration::from_micros(micros.unsigned_abs());
    let mut lines = vec![
        ("run", run.run_id.to_string()),
        ("scope", run.scope_id.to_string()),
        ("status", run.status.as_str().to_owned()),
        ("phase", run.phase.clone()),
        (
            "rows",
            format!("{} of {}", count(run.rows_done), count(run.rows)),
        ),
        ("rate", rate(run.rows_done, took)),
        ("time", duration(took)),
        ("verified", verified(&run).to_owned()),
        ("started", run.started_at.isoformat()),
        ("updated", run.updated_at.isoformat()),
    ];
    lines.extend(run.finished_at.map(|time| ("finished", time.isoformat())));
    lines.extend(run.error.map(|error| ("error", error)));
    output::text(&output::summary(&lines))?;
    Ok(Exit::Done)
}

fn verified(run: &Run) -> &'static str {
    match run.verified {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "-",
    }
}
