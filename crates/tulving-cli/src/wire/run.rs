//! A migration or an import.

use serde::Serialize;
use serde_json::json;
use tulving::backend::Import;
use tulving::model::Timestamp;
use tulving::transfer::{self, RunStatus};
use uuid::Uuid;

/// `tulving runs`
#[derive(Debug, Serialize)]
pub struct Run {
    run_id: String,
    kind: &'static str,
    scope_id: String,
    status: &'static str,
    phase: String,
    live: bool,
    rows: Option<u64>,
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

/// `tulving runs list`
#[derive(Debug, Serialize)]
pub struct Runs {
    runs: Vec<Run>,
}

impl Runs {
    /// Returns runs as they are listed, in this order.
    #[must_use]
    pub fn new(runs: impl IntoIterator<Item = impl Into<Run>>) -> Self {
        Self {
            runs: runs.into_iter().map(Into::into).collect(),
        }
    }
}

impl Run {
    /// Returns what is told of an import into the memory of a scope.
    #[must_use]
    pub fn of_import(import: Import, scope: Uuid) -> Self {
        let (seconds, rows) = (import.took().as_secs_f64(), import.counts.memories());
        Self {
            run_id: import.run_id.to_string(),
            kind: "import",
            scope_id: scope.to_string(),
            status: import.status(),
            live: import.is_live,
            phase: import.phase.as_str().to_owned(),
            rows: None,
            rows_done: rows,
            seconds: Some((seconds * 1e3).round() / 1e3),
            rate: (seconds > 0.0).then(|| (rows as f64 / seconds).round()),
            verified: None,
            error: import.error,
            started_at: import.started_at.isoformat(),
            updated_at: import.updated_at.isoformat(),
            finished_at: import.finished_at.map(Timestamp::isoformat),
            version: import.version,
            inputs: json!({"paths": import.paths}),
            result: Some(json!(import.counts)),
        }
    }
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
            kind: "migrate",
            scope_id: run.scope_id.to_string(),
            status: status.as_str(),
            live: run.is_live,
            phase: run.phase,
            rows: Some(run.rows),
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
