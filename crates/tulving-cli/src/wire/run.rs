//! A run of the ledger.

use serde::Serialize;
use tulving::model::Timestamp;
use tulving::transfer::{self, RunStatus};

/// `tulving runs`
#[derive(Debug, Serialize)]
pub struct Run {
    run_id: String,
    scope_id: String,
    status: &'static str,
    phase: String,
    live: bool,
    rows: u64,
    rows_done: u64,
    seconds: Option<f64>,
    rate: Option<f64>,
    verified: Option<bool>,
    error: Option<String>,
    started_at: String,
    updated_at: String,
    finished_at: Option<String>,
    version: String,
    inputs: serde_json::Value,
    result: Option<serde_json::Value>,
}

impl From<transfer::Run> for Run {
    fn from(run: transfer::Run) -> Self {
        let status = if run.is_left_behind() {
            RunStatus::Interrupted
        } else {
            run.status
        };
        let seconds = run.session.map(|session| session.took.as_secs_f64());
        let rate = run
            .session
            .zip(seconds)
            .filter(|(_, seconds)| *seconds > 0.0);
        Self {
            run_id: run.run_id.to_string(),
            scope_id: run.scope_id.to_string(),
            status: status.as_str(),
            live: run.is_live,
            phase: run.phase,
            rows: run.rows,
            rows_done: run.rows_done,
            seconds: seconds.map(|seconds| (seconds * 1e3).round() / 1e3),
            rate: rate.map(|(session, seconds)| (session.rows as f64 / seconds).round()),
            verified: run.verified,
            error: run.error,
            started_at: run.started_at.isoformat(),
            updated_at: run.updated_at.isoformat(),
            finished_at: run.finished_at.map(Timestamp::isoformat),
            version: run.version,
            inputs: run.inputs,
            result: run.result,
        }
    }
}
