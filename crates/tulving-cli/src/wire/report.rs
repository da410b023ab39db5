//! What a migration did.

use serde::Serialize;
use tulving::model::PerKind;
use tulving::transfer::{self, DocumentCounts, ReceiptCounts};

use super::Scope;

/// `tulving migrate`
#[derive(Debug, Serialize)]
pub struct Report {
    run_id: String,
    scope: Scope,
    verified: bool,
    #[serde(flatten)]
    kinds: PerKind<Counts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<Documents>,
    digest: String,
    seconds: f64,
    rate: f64,
    receipt: String,
    rejects: Option<String>,
}

#[derive(Debug, Default, PartialEq, Serialize)]
struct Counts {
    found: u64,
    inserted: u64,
    updated: u64,
    unchanged: u64,
    kept: u64,
    rejected: u64,
    zoneless_times: u64,
    zero_vectors: u64,
}

#[derive(Debug, Serialize)]
struct Documents {
    found: u64,
    inserted: u64,
    updated: u64,
    unchanged: u64,
    kept: u64,
}

impl From<DocumentCounts> for Documents {
    fn from(counts: DocumentCounts) -> Self {
        Self {
            found: counts.found,
            inserted: counts.inserted,
            updated: counts.updated,
            unchanged: counts.unchanged,
            kept: counts.kept,
        }
    }
}

impl From<ReceiptCounts> for Counts {
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

impl From<&transfer::Report> for Report {
    fn from(report: &transfer::Report) -> Self {
        let seconds = report.took.as_secs_f64();
        Self {
            run_id: report.run_id.to_string(),
            scope: report.scope.into(),
            verified: report.verification.verified,
            kinds: report.counts.map(|_, counts| counts.into()),
            documents: report.documents.map(Documents::from),
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
