//! What a migration would find.

use serde::Serialize;
use tulving::model::PerKind;
use tulving::transfer::KindSummary;

use super::Scope;

/// `tulving migrate --dry-run`
#[derive(Debug, Serialize)]
pub struct Plan {
    /// Always true.
    pub dry_run: bool,
    /// Whose memories.
    pub scope: Scope,
    /// How the source names its files.
    pub layout: &'static str,
    /// The model and the width of the vectors; null without any.
    pub space: Option<String>,
    /// What was found of each kind.
    #[serde(flatten)]
    pub kinds: PerKind<Prospect>,
    /// How many documents, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documents: Option<PlannedDocuments>,
    /// What a person should know before going on.
    pub problems: Vec<String>,
}

/// What was found of documents.
#[derive(Debug, Serialize)]
pub struct PlannedDocuments {
    found: u64,
}

impl PlannedDocuments {
    /// Makes the object of so many; there is none of nothing.
    #[must_use]
    pub fn some(found: u64) -> Option<Self> {
        (found > 0).then_some(Self { found })
    }
}

/// What was found of one kind.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Prospect {
    found: u64,
    rejected: u64,
    zoneless_times: u64,
    zero_vectors: u64,
    bytes: u64,
}

impl From<&KindSummary> for Prospect {
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
