//! Scope statistics: what a scope holds, as its rows in `scopes` and `scope_kinds` say.

use std::collections::HashSet;

use tokio_postgres::Row;
use uuid::Uuid;

use super::error::DatabaseError;
use super::postings::RULES;
use super::refusal::Refusal;
use super::sql::{Statement, scopes};
use crate::model::{Kind, PerKind, Scope};
use crate::search::keyword::Statistics;

/// What a scope holds.
#[derive(Debug, Clone)]
pub(super) struct ScopeStatistics {
    /// The space of its vectors, once there are any.
    pub(super) space_id: Option<i32>,
    /// The spaces that are kept beside it.
    pub(super) further: Vec<i32>,
    /// By which rules its words were made.
    tokenizer: i32,
    kinds: PerKind<KindStatistics>,
}

/// What it holds of one kind, as far as the keyword index goes.
#[derive(Debug, Clone, Default)]
pub(super) struct KindStatistics {
    /// The number that the next document gets.
    pub(super) next: i32,
    /// Blocks from this number on are small, and unmerged.
    pub(super) unmerged: i32,
    memories: i64,
    tokens: i64,
    /// Numbers of documents that are gone and still have postings.
    pub(super) tombstones: Vec<i32>,
}

impl KindStatistics {
    /// Returns the tombstones, as postings number documents.
    pub(super) fn tombstones(&self) -> HashSet<u32> {
        self.tombstones
            .iter()
            .filter_map(|doc| u32::try_from(*doc).ok())
            .collect()
    }

    /// What scoring needs to know.
    pub(super) fn statistics(&self) -> Statistics {
        Statistics {
            documents: u64::try_from(self.memories).unwrap_or_default(),
            tokens: u64::try_from(self.tokens).unwrap_or_default(),
        }
    }

    /// From which block on it is time to merge, if it is: when many small ones have come together, or
    /// much of what is read has a tombstone.
    pub(super) fn to_merge(&self) -> Option<i32> {
        const SMALL: i32 = 512;
        if self.tombstones.len() > 4096 + usize::try_from(self.memories).unwrap_or_default() / 4 {
            Some(0)
        } else if self.next - self.unmerged >= SMALL {
            Some(self.unmerged)
        } else {
            None
        }
    }
}

impl ScopeStatistics {
    /// The spaces in which vectors are kept, the one that is searched first.
    pub(super) fn spaces(&self) -> impl Iterator<Item = i32> {
        self.space_id.iter().chain(&self.further).copied()
    }

    /// What it holds of one kind.
    pub(super) fn of(&self, kind: Kind) -> &KindStatistics {
        &self.kinds[kind]
    }

    /// Whether its words were made by other rules than this program's.
    pub(super) fn is_outdated(&self) -> bool {
        self.tokenizer != RULES
    }

    /// How many memories of a kind are found by words that other rules made than this program's.
    pub(super) fn outdated(&self, kind: Kind) -> u64 {
        match self.is_outdated() {
            true => self.of(kind).statistics().documents,
            false => 0,
        }
    }

    /// Asks what the scope holds; where it is to be written to, this waits for other writers and
    /// holds later ones off.
    pub(super) fn query(scope: Scope, to_write: bool) -> Statement {
        scopes::statistics(scope.id(), to_write)
    }

    /// Reads the answer.
    pub(super) fn read(rows: &[Row], scope: Scope, target: &str) -> Result<Self, DatabaseError> {
        let owner = (scope.user_id(), scope.tenant_id());
        let is_owner = |row: &&Row| (row.get::<_, Option<Uuid>>(0), row.get(1)) == owner;
        let Some(row) = rows.first().filter(is_owner) else {
            let target = target.to_owned();
            return Err(Refusal::UnknownScope { scope, target }.into());
        };
        let mut kinds = PerKind::default();
        for row in rows {
            if let Some(kind) = row.get::<_, Option<&str>>(4).and_then(Kind::named) {
                kinds[kind] = Some(KindStatistics {
                    next: row.get(5),
                    unmerged: row.get(6),
                    memories: row.get(7),
                    tokens: row.get(8),
                    tombstones: row.get(9),
                });
            }
        }
        Ok(Self {
            space_id: row.get(2),
            further: row.get(10),
            tokenizer: row.get(3),
            kinds: PerKind::try_from_fn(|kind| {
                kinds[kind]
                    .take()
                    .ok_or_else(|| DatabaseError::NoScopeKind { scope, kind })
            })?,
        })
    }
}
