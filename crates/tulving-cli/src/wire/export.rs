//! What an export did.

use std::path::Path;

use serde::Serialize;
use tulving::model::{PerKind, Space};
use tulving::transfer;

use super::Report;

/// `tulving export`
#[derive(Debug, Serialize)]
pub struct Exported {
    #[serde(flatten)]
    report: Report,
    out: String,
    spaces_left_out: Vec<String>,
}

impl Exported {
    /// Returns what is told of an export into `out`.
    #[must_use]
    pub fn new(report: &transfer::Report, out: &Path, left_out: &[Space]) -> Self {
        Self {
            report: report.into(),
            out: out.display().to_string(),
            spaces_left_out: left_out.iter().map(ToString::to_string).collect(),
        }
    }
}

/// `tulving export --format jsonl`
#[derive(Debug, Serialize)]
pub struct ExportedLines {
    out: String,
    #[serde(flatten)]
    memories: PerKind<u64>,
    documents: u64,
}

impl ExportedLines {
    /// Returns what is told of lines that were written into `out`.
    #[must_use]
    pub fn new(out: &Path, memories: &PerKind<u64>, documents: u64) -> Self {
        Self {
            out: out.display().to_string(),
            memories: *memories,
            documents,
        }
    }
}
