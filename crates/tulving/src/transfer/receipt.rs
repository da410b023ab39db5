//! Receipts: what was moved, in a file that outlives the source.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::counts::DocumentCounts;
use super::error::TransferError;
use super::source::{InputFile, ReadOptions};
use super::verification::Verification;
use super::versions::ReceiptDatabase;
use crate::json;
use crate::model::{Kind, PerKind, Scope, Space};

/// The form of a receipt; a change of its members' meaning raises it.
const FORMAT: u32 = 1;

/// Proof of a migration. Digests are explained in `docs/migration-guide.md`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Receipt {
    /// 1.
    pub format: u32,
    /// Version of the program.
    pub tulving: String,
    /// The run in the ledger.
    pub run_id: Uuid,
    /// Whose memories.
    pub scope: ReceiptScope,
    /// Whether source and target were proved equal.
    pub verified: bool,
    /// The source's files as they were read.
    pub files: Vec<ReceiptFile>,
    /// The file of mended rows that was moved instead of the source's records, as it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<PathBuf>,
    /// `2.0.0` or `1.x`.
    pub layout: String,
    /// The kinds that were moved, by their plurals.
    pub kinds: Vec<String>,
    /// The embedding space of the vectors.
    pub space: Option<ReceiptSpace>,
    /// What became of each kind.
    #[serde(flatten)]
    pub counts: PerKind<ReceiptCounts>,
    /// What became of the documents, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documents: Option<DocumentCounts>,
    /// SHA-256 of the source's rows, in hex.
    pub source_digest: String,
    /// SHA-256 of the same rows as the target gave them back, in hex.
    pub target_digest: String,
    /// Whether f64 vectors were rounded.
    pub cast_f32: bool,
    /// Whether rows of another owner were taken over.
    pub restamped: bool,
    /// The versions of the database, if one was an end of it.
    #[serde(flatten)]
    pub database: Option<ReceiptDatabase>,
    /// ISO 8601.
    pub started_at: String,
    /// ISO 8601.
    pub finished_at: String,
}

/// What a receipt of any form has.
#[derive(Deserialize)]
struct Form {
    format: u32,
}

/// Whose memories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptScope {
    /// `user` or `tenant`.
    pub kind: String,
    /// Its UUID.
    pub id: Uuid,
}

/// A file of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptFile {
    /// Relative to the data directory.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256, in hex.
    pub sha256: String,
}

/// An embedding space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptSpace {
    /// Who ran the model.
    pub provider: String,
    /// The model.
    pub model: String,
    /// Numbers in a vector.
    pub dimensions: usize,
}

/// What became of one kind's rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptCounts {
    /// In the source.
    pub found: u64,
    /// New in the target.
    pub inserted: u64,
    /// Replaced, because they differed.
    pub updated: u64,
    /// There already, and equal.
    pub unchanged: u64,
    /// There already, different, and left as they were.
    pub kept: u64,
    /// Refused.
    pub rejected: u64,
    /// Times without a zone, taken as UTC.
    pub zoneless_times: u64,
    /// Vectors that are all zero: found by words only.
    pub zero_vectors: u64,
}

impl Receipt {
    /// The present form.
    pub(super) const FORMAT: u32 = FORMAT;

    /// Reads a receipt.
    ///
    /// # Errors
    /// If the file cannot be read or is no receipt of a form that is known.
    pub fn read(path: &Path) -> Result<Self, TransferError> {
        let broken = |reason: String| TransferError::Receipt {
            path: path.to_owned(),
            reason,
        };
        let bytes = std::fs::read(path).map_err(|source| TransferError::Io {
            doing: "reading",
            path: path.to_owned(),
            source,
        })?;
        let text = json::unmarked(&bytes).map_err(|foreign| broken(format!("it is {foreign}")))?;
        let foreign = |error: serde_json::Error| broken(error.to_string());
        // First of all, since another form may have other members.
        let Form { format } = serde_json::from_slice(text).map_err(foreign)?;
        if format != FORMAT {
            return Err(broken(format!(
                "it has form {format}, this program knows form {FORMAT}"
            )));
        }
        serde_json::from_slice(text).map_err(foreign)
    }

    /// Returns it as the bytes of a file.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Returns what the migration read, and how, together with what is asked for now: to be read again in the
    /// same way.
    #[must_use]
    pub fn read_options(&self, given: &ReadOptions) -> ReadOptions {
        let moved = |kind: &Kind| self.kinds.iter().any(|name| name == kind.plural());
        ReadOptions {
            only: Kind::ALL.into_iter().filter(moved).collect(),
            rows: self.rows.clone(),
            restamp: given.restamp || self.restamped,
            cast_f32: given.cast_f32 || self.cast_f32,
        }
    }

    /// Returns in what a source and a target are not as the receipt says.
    pub(super) fn differences(
        &self,
        scope: Scope,
        noun: &str,
        files: &[ReceiptFile],
        now: &Verification,
    ) -> Vec<String> {
        let mut found = Vec::new();
        if !self.verified {
            found.push("the migration itself was not verified".to_owned());
        }
        if self.scope != ReceiptScope::from(scope) {
            found.push(format!(
                "the receipt is for {} {}, not for {scope}",
                self.scope.kind, self.scope.id
            ));
        }
        for expected in &self.files {
            match files.iter().find(|file| file.path == expected.path) {
                None => found.push(format!("{} is not there", expected.path)),
                Some(file) if file.sha256 != expected.sha256 => {
                    found.push(format!("{} has changed", file.path));
                }
                Some(_) => {}
            }
        }
        for file in files {
            if self.files.iter().all(|known| known.path != file.path) {
                found.push(format!("{} is not in the receipt", file.path));
            }
        }
        for (kind, rows) in now.kinds.iter() {
            let (what, moved) = (kind.plural(), self.counts[kind].found);
            let rows = rows.source + rows.rejected;
            if rows != moved {
                found.push(format!("there are {rows} {what}, the receipt says {moved}"));
            }
        }
        let moved = self.documents.map_or(0, |documents| documents.found);
        let documents = now.documents.source;
        if documents != moved {
            found.push(format!(
                "there are {documents} documents, the receipt says {moved}"
            ));
        }
        for (whose, ours, theirs) in [
            ("source", now.source_digest, &self.source_digest),
            (noun, now.target_digest, &self.target_digest),
        ] {
            let ours = crate::hex(&ours);
            if ours != *theirs {
                found.push(format!(
                    "the digest of the {whose}'s rows is {ours}, the receipt's is {theirs}"
                ));
            }
        }
        found
    }
}

impl From<&Space> for ReceiptSpace {
    fn from(space: &Space) -> Self {
        Self {
            provider: space.provider.clone(),
            model: space.model.clone(),
            dimensions: space.dims,
        }
    }
}

impl From<&ReceiptSpace> for Space {
    fn from(space: &ReceiptSpace) -> Self {
        Self {
            provider: space.provider.clone(),
            model: space.model.clone(),
            dims: space.dimensions,
        }
    }
}

impl From<Scope> for ReceiptScope {
    fn from(scope: Scope) -> Self {
        Self {
            kind: scope.kind().as_str().to_owned(),
            id: scope.id(),
        }
    }
}

impl From<&InputFile> for ReceiptFile {
    fn from(file: &InputFile) -> Self {
        Self {
            path: file.name.clone(),
            bytes: file.bytes,
            sha256: crate::hex(&file.sha256),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_of_a_newer_form_is_refused_whatever_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("receipt.json");
        std::fs::write(&path, r#"{"format": 2, "moved": []}"#).unwrap();
        match Receipt::read(&path) {
            Err(TransferError::Receipt { reason, .. }) => {
                assert_eq!(reason, "it has form 2, this program knows form 1");
            }
            other => panic!("{other:?}"),
        }
    }
}
