//! Receipts: what was moved, in a file that outlives the source.

use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::TransferError;
use super::private_file::Partial;
use crate::backend::file::pair::Fingerprint;
use crate::model::Scope;

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
    /// `2.0.0` or `1.x`.
    pub layout: String,
    /// The embedding space of the vectors.
    pub space: Option<ReceiptSpace>,
    /// What became of the nodes.
    pub nodes: ReceiptCounts,
    /// What became of the episodes.
    pub episodes: ReceiptCounts,
    /// SHA-256 of the source's rows, in hex.
    pub source_digest: String,
    /// SHA-256 of the same rows as the database gave them back, in hex.
    pub target_digest: String,
    /// Whether f64 vectors were rounded.
    pub cast_f32: bool,
    /// Whether rows of another owner were taken over.
    pub restamped: bool,
    /// PostgreSQL's version.
    pub postgresql: String,
    /// pgvector's version.
    pub pgvector: String,
    /// The database's schema version.
    pub schema_version: i32,
    /// ISO 8601.
    pub started_at: String,
    /// ISO 8601.
    pub finished_at: String,
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
    /// New in the database.
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
    pub(crate) const FORMAT: u32 = FORMAT;

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
        let receipt: Self =
            serde_json::from_slice(&bytes).map_err(|error| broken(error.to_string()))?;
        if receipt.format != FORMAT {
            return Err(broken(format!(
                "it has form {}, this program knows form {FORMAT}",
                receipt.format
            )));
        }
        Ok(receipt)
    }

    /// Writes it, readable by its owner alone.
    pub(crate) fn write(&self, path: &Path) -> Result<(), TransferError> {
        (|| {
            let mut out = Partial::create(path, self.run_id)?;
            serde_json::to_writer_pretty(&mut out, self)?;
            out.write_all(b"\n")?;
            out.keep()
        })()
        .map_err(|source| TransferError::Io {
            doing: "writing",
            path: path.to_owned(),
            source,
        })
    }

    /// In what a source and its digests are not as the receipt says.
    pub(crate) fn differences(
        &self,
        scope: Scope,
        files: &[ReceiptFile],
        source_digest: &str,
        target_digest: &str,
    ) -> Vec<String> {
        let mut found = Vec::new();
        if self.scope != ReceiptScope::from(scope) {
            found.push(format!(
                "the receipt is for {} {}",
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
        for (what, ours, theirs) in [
            ("the source's rows", source_digest, &self.source_digest),
            ("the database's rows", target_digest, &self.target_digest),
        ] {
            if ours != theirs {
                found.push(format!(
                    "the digest of {what} is {ours}, the receipt's is {theirs}"
                ));
            }
        }
        found
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

impl From<&(String, Fingerprint)> for ReceiptFile {
    fn from((path, print): &(String, Fingerprint)) -> Self {
        Self {
            path: path.clone(),
            bytes: print.bytes,
            sha256: crate::hex(&print.sha256),
        }
    }
}
