//! The objects that `--json` prints. They are contracts, and so apart from the library's types.

mod memory;
mod verbatim;

use serde::Serialize;
use tulving::backend::postgres::{Run, RunStatus};
use tulving::model::{PerKind, Scope};
use tulving::transfer::{
    Difference, KindSummary, KindVerification, ReceiptCounts, Report, Verification,
};

pub(super) use memory::{WireHit, WireMemory};

/// Whose memories.
#[derive(Serialize)]
pub(super) struct WireScope {
    kind: &'static str,
    id: String,
}

impl From<Scope> for WireScope {
    fn from(scope: Scope) -> Self {
        Self {
            kind: scope.kind().as_str(),
            id: scope.id().to_string(),
        }
    }
}

/// `tulving migrate`
#[derive(Serialize)]
pub(super) struct WireReport {
    run_id: String,
    scope: WireScope,
    verified: bool,
    #[serde(flatten)]
    kinds: PerKind<WireCounts>,
    digest: String,
    seconds: f64,
    rate: f64,
    receipt: String,
    rejects: Option<String>,
}

/// `tulving migrate --dry-run`
#[derive(Serialize)]
pub(super) struct WirePlan {
    pub(super) dry_run: bool,
    pub(super) scope: WireScope,
    pub(super) layout: &'static str,
    pub(super) space: Option<String>,
    #[serde(flatten)]
    pub(super) kinds: PerKind<WireFound>,
    pub(super) problems: Vec<String>,
}

/// What was found of one kind.
#[derive(Serialize)]
pub(super) struct WireFound {
    found: u64,
    rejected: u64,
    zoneless_times: u64,
    zero_vectors: u64,
    bytes: u64,
}

impl From<&KindSummary> for WireFound {
    fn from(summary: &KindSummary) -> Self {
        Self {
            found: summary.found,
            rejected: summary.rejected,
            zoneless_times: summary.zoneless_times,
            zero_vectors: summary.zero_vectors,
            bytes: summary.bytes,
        }
    }
}

#[derive(Serialize)]
struct WireCounts {
    found: u64,
    inserted: u64,
    updated: u64,
    unchanged: u64,
    kept: u64,
    rejected: u64,
    zoneless_times: u64,
    zero_vectors: u64,
}

impl From<ReceiptCounts> for WireCounts {
    fn from(counts: ReceiptCounts) -> Self {
        Self {
            found: counts.found,
            inserted: counts.inserted,
            updated: counts.updated,
            unchanged: counts.unchanged,
            kept: counts.kept,
            rejected: counts.rejected,
            zoneless_times: counts.zoneless_times,
            zero_vectors: counts.zero_vectors,
        }
    }
}

impl From<&Report> for WireReport {
    fn from(report: &Report) -> Self {
        let seconds = report.took.as_secs_f64();
        Self {
            run_id: report.run_id.to_string(),
            scope: report.scope.into(),
            verified: report.verification.verified,
            kinds: report.counts.map(|_, counts| counts.into()),
            digest: tulving::hex(&report.verification.source_digest),
            seconds: (seconds * 1e3).round() / 1e3,
            rate: if seconds > 0.0 {
                (report.copied as f64 / seconds).round()
            } else {
                0.0
            },
            receipt: report.receipt.display().to_string(),
            rejects: report
                .rejects
                .as_ref()
                .map(|path| path.display().to_string()),
        }
    }
}

/// `tulving verify`
#[derive(Serialize)]
pub(super) struct WireVerification {
    verified: bool,
    scope: WireScope,
    #[serde(flatten)]
    kinds: PerKind<WireKind>,
    digest: WireDigest,
    against: Vec<String>,
}

#[derive(Serialize)]
struct WireDigest {
    source: String,
    target: String,
}

#[derive(Serialize)]
struct WireKind {
    source: u64,
    target: u64,
    equal: u64,
    missing_count: u64,
    extra_count: u64,
    different_count: u64,
    live_count: u64,
    rejected: u64,
    missing: Vec<String>,
    extra: Vec<String>,
    different: Vec<WireDifference>,
}

#[derive(Serialize)]
struct WireDifference {
    id: String,
    fields: Vec<&'static str>,
}

impl WireVerification {
    pub(super) fn new(scope: Scope, verification: Verification) -> Self {
        Self {
            verified: verification.verified,
            scope: scope.into(),
            kinds: verification.kinds.map(|_, found| found.into()),
            digest: WireDigest {
                source: tulving::hex(&verification.source_digest),
                target: tulving::hex(&verification.target_digest),
            },
            against: verification.against,
        }
    }
}

impl From<KindVerification> for WireKind {
    fn from(found: KindVerification) -> Self {
        Self {
            source: found.source,
            target: found.target,
            equal: found.equal,
            missing_count: found.missing_count,
            extra_count: found.extra_count,
            different_count: found.different_count,
            live_count: found.live_count,
            rejected: found.rejected,
            missing: found.missing,
            extra: found.extra,
            different: found
                .different
                .into_iter()
                .map(|Difference { id, fields }| WireDifference { id, fields })
                .collect(),
        }
    }
}

/// `tulving runs`
#[derive(Serialize)]
pub(super) struct WireRun {
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

impl From<Run> for WireRun {
    fn from(run: Run) -> Self {
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
            finished_at: run.finished_at.map(tulving::model::Timestamp::isoformat),
            version: run.version,
            inputs: run.inputs,
            result: run.result,
        }
    }
}
