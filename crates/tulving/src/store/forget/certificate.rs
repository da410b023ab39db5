//! Certificates: what was forgotten, where it was looked for, and what is beyond reach.

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::backend::{BeyondReach, Counts, NeedleCounts, PIECE};
use crate::model::Scope;
use crate::transfer::ReceiptScope;

/// The form of a certificate; a change of its members' meaning raises it.
const FORMAT: u32 = 1;

/// Proof of a forgetting. It holds no id and no text of what was forgotten.
#[derive(Debug, Clone, Serialize)]
pub struct Certificate {
    /// 1.
    pub format: u32,
    /// Version of the program.
    pub tulving: String,
    /// Of this forgetting; the same whenever it was interrupted and finished.
    pub id: Uuid,
    /// Whose memories.
    pub scope: ReceiptScope,
    /// By what they were selected: `everything`, `ids`, `filter` or `documents`.
    pub selected_by: &'static str,
    /// How many memories of each kind were erased, by their plurals.
    pub forgotten: Counts,
    /// How many documents were erased with their chunks.
    pub forgotten_documents: u64,
    /// Whether the owner was deleted too; `None` where only memories were to go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_deleted: Option<bool>,
    /// How many tombstones the scope has, those of earlier times included.
    pub tombstones: u64,
    /// Whether nothing of them was found.
    pub absent: bool,
    /// What was looked for, and where.
    pub searched: Searched,
    /// What an erasure cannot reach, each with what has to be done about it.
    pub beyond_reach: Vec<Beyond>,
    /// ISO 8601.
    pub started_at: String,
    /// ISO 8601.
    pub finished_at: String,
}

/// What was looked for, and where.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Searched {
    /// Ids that were looked for as bytes.
    pub ids: u64,
    /// Ids that are too short for that; all ids were looked up.
    pub short_ids: u64,
    /// Texts of which a piece was looked for, as UTF-8 and as JSON.
    pub texts: u64,
    /// Texts without a piece that is long enough.
    pub short_texts: u64,
    /// Characters of a piece at least.
    pub piece: usize,
    /// Ids and pieces that stand in memories which stay, so that nothing can be said of them where these are kept.
    pub said_by_what_stays: u64,
    /// Ids and pieces that are still there.
    pub left_over: u64,
    /// How many memories and documents with these ids a look-up still finds.
    pub still_there: u64,
    /// The tables or files.
    pub places: Vec<SearchedPlace>,
    /// What of ours could not be looked through, each with why; what is none of ours is beyond reach.
    pub unread: Vec<String>,
}

/// A table or file that was looked through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SearchedPlace {
    /// Its name.
    pub name: String,
    /// Rows of the scope, of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Bytes.
    pub bytes: u64,
    /// Ids and pieces that are still there.
    pub left_over: u64,
}

/// Something beyond reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Beyond {
    /// What it is.
    pub what: String,
    /// What has to be done about it, or when it ends by itself.
    pub remedy: String,
}

/// A certificate with its checksum.
#[derive(Debug, Serialize)]
pub struct Sealed<'c> {
    #[serde(flatten)]
    certificate: &'c Certificate,
    sha256: String,
}

impl Certificate {
    /// Returns one about a scope, which says nothing yet.
    pub(super) fn new(scope: Scope, selected_by: &'static str) -> Self {
        Self {
            format: FORMAT,
            tulving: env!("CARGO_PKG_VERSION").to_owned(),
            id: Uuid::now_v7(),
            scope: scope.into(),
            selected_by,
            forgotten: Counts::default(),
            forgotten_documents: 0,
            owner_deleted: None,
            tombstones: 0,
            absent: false,
            searched: Searched::default(),
            beyond_reach: Vec::new(),
            started_at: String::new(),
            finished_at: String::new(),
        }
    }

    /// Adds that the owner's own row is dead, and lies there until a vacuum.
    pub fn add_dead_owner(&mut self) {
        self.beyond_reach.push(Beyond {
            what: "the dead rows of the owner and its scope".to_owned(),
            remedy: "as the owner of the tables: VACUUM users, tenants, scopes, scope_kinds, forgotten, forgetting"
                .to_owned(),
        });
    }

    /// Returns it as the bytes of a file. Its last member is `sha256`: that of the same file without that
    /// member, in hex.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        pretty(&self.sealed())
    }

    /// Returns it with the checksum of its file.
    #[must_use]
    pub fn sealed(&self) -> Sealed<'_> {
        Sealed {
            certificate: self,
            sha256: crate::hex(&Sha256::digest(pretty(self))),
        }
    }
}

fn pretty(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

impl From<NeedleCounts> for Searched {
    fn from(counts: NeedleCounts) -> Self {
        let NeedleCounts {
            ids,
            short_ids,
            texts,
            short_texts,
        } = counts;
        Self {
            ids,
            short_ids,
            texts,
            short_texts,
            piece: PIECE,
            ..Self::default()
        }
    }
}

impl From<BeyondReach> for Beyond {
    fn from(BeyondReach { what, remedy }: BeyondReach) -> Self {
        Self { what, remedy }
    }
}
