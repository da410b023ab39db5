//! What an export did.

use std::path::Path;

use serde::Serialize;
use tulving::model::Space;
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
