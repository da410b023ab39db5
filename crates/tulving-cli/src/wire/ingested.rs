//! What became of chat exports.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use tulving::model::PerKind;
use tulving::store::Written;
use tulving_chats::FileReport;

use super::Duplicate;
use crate::chats;

/// `tulving ingest`
#[derive(Debug, Serialize)]
pub struct Ingested {
    files: Vec<File>,
    #[serde(flatten)]
    memories: PerKind<Counts>,
    clusters: Option<u64>,
    duplicates: Vec<Duplicate>,
    forgotten: u64,
    forgotten_nodes: u64,
    older: u64,
    refused: Vec<Refused>,
    without_chats: Vec<String>,
    dry_run: bool,
    words_only: Option<String>,
    left_out: Option<String>,
    seconds: f64,
}

#[derive(Debug, Serialize)]
struct File {
    path: String,
    provider: Option<String>,
    conversations: u64,
    nodes: u64,
    skipped: BTreeMap<&'static str, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    unknown: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "is_none")]
    invalid_times: u64,
    #[serde(skip_serializing_if = "is_none")]
    invalid_utf8: u64,
}

#[derive(Debug, Default, PartialEq, Serialize)]
struct Counts {
    new: u64,
    changed: u64,
    duplicate: u64,
    removed: u64,
    skipped: u64,
}

#[derive(Debug, Serialize)]
struct Refused {
    id: String,
    reason: String,
}

impl Ingested {
    /// Returns what is told of a report.
    #[must_use]
    pub fn new(
        report: chats::Report,
        clusters: Option<u64>,
        dry_run: bool,
        took: Duration,
    ) -> Self {
        Self {
            memories: report.memories.map(|_, written| written.into()),
            clusters,
            duplicates: report.duplicates.into_iter().map(Duplicate::from).collect(),
            forgotten: report.forgotten,
            forgotten_nodes: report.forgotten_nodes,
            older: report.older,
            without_chats: report.without_chats,
            dry_run,
            words_only: report.words_only.as_ref().map(ToString::to_string),
            left_out: report.left_out.as_ref().map(ToString::to_string),
            seconds: took.as_secs_f64(),
            files: report.files.into_iter().map(File::from).collect(),
            refused: report
                .refused
                .into_iter()
                .map(|chats::Refused { id, reason }| Refused { id, reason })
                .collect(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

impl From<FileReport> for File {
    fn from(file: FileReport) -> Self {
        let skipped = file.skipped.into_iter();
        Self {
            path: file.path,
            provider: file.provider,
            conversations: file.conversations,
            nodes: file.turns,
            skipped: skipped
                .map(|(reason, count)| (reason.name(), count))
                .collect(),
            unknown: file.unknown,
            invalid_times: file.invalid_times,
            invalid_utf8: file.invalid_utf8,
        }
    }
}

impl From<Written> for Counts {
    fn from(written: Written) -> Self {
        Self {
            new: written.added,
            changed: written.updated,
            duplicate: written.unchanged,
            removed: written.removed,
            skipped: written.skipped,
        }
    }
}
