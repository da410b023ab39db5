//! What a comparison found.

use crate::model::PerKind;

/// How many of each kind of difference are named.
pub(super) const SHOWN: usize = 20;

/// A row that is not as it was in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its id.
    pub id: String,
    /// The columns that differ; `carry` for what the columns cannot give back, `search form` for
    /// the half-precision form of the vector.
    pub fields: Vec<&'static str>,
}

/// What the comparison of one kind found.
#[derive(Debug, Clone, Default)]
pub struct KindVerification {
    /// Rows of the source that were compared.
    pub source: u64,
    /// Rows of the scope in the database.
    pub target: u64,
    /// Rows that are equal.
    pub equal: u64,
    /// Rows that are not in the database.
    pub missing_count: u64,
    /// Rows of the database that are not in the source: added later.
    pub extra_count: u64,
    /// Rows that differ.
    pub different_count: u64,
    /// Rows that differ in nothing but what changes while a memory is used.
    pub live_count: u64,
    /// Rows of the source that were refused and so are not compared.
    pub rejected: u64,
    /// The first of the missing.
    pub missing: Vec<String>,
    /// The first of the extra.
    pub extra: Vec<String>,
    /// The first of the different.
    pub different: Vec<Difference>,
}

impl KindVerification {
    /// Leaves out what the source does not have: it is only a part of what was moved.
    pub(super) fn forget_extra(&mut self) {
        self.extra.clear();
        (self.target, self.extra_count) = (0, 0);
    }
}

/// What a comparison found.
#[derive(Debug, Clone, Default)]
pub struct Verification {
    /// Whether the source was proved to be in the database.
    pub verified: bool,
    /// What was found of each kind.
    pub kinds: PerKind<KindVerification>,
    /// What was found of the documents.
    pub documents: KindVerification,
    /// Digest of the source's rows.
    pub source_digest: [u8; 32],
    /// Digest of the same rows as the database gives them back.
    pub target_digest: [u8; 32],
    /// In what the source or the database is not as a receipt says.
    pub against: Vec<String>,
    /// Whether the source alone does not say of which model its vectors are: a migration has to be
    /// told.
    pub needs_model: bool,
}
