//! What was moved, read again: one end of a proof.

use async_trait::async_trait;

use super::error::TransferError;
use super::row::Stored;
use super::versions::ReceiptDatabase;
use crate::backend::Forgotten;
use crate::model::{Document, Kind, Scope, Space};

/// One scope's memories that can be looked up by id: what a source is compared with.
#[async_trait]
pub trait ReadBack: Send + Sync {
    /// Returns whose memories these are.
    fn scope(&self) -> Scope;

    /// Looks at the target as a whole: whether it can be worked with, and has the owner.
    ///
    /// # Errors
    /// Says what is missing.
    async fn require_ready(&self) -> Result<Target, TransferError>;

    /// Makes sure that nothing but the scope's own memories is read and written.
    ///
    /// # Errors
    /// If memories of another scope could be reached.
    async fn require_isolated(&self) -> Result<(), TransferError>;

    /// Returns the embedding spaces of the scope's vectors.
    ///
    /// # Errors
    /// If the target cannot be read.
    async fn spaces(&self) -> Result<TargetSpaces, TransferError>;

    /// Returns what the target was told to forget: none of that is moved there.
    ///
    /// # Errors
    /// If the target cannot be read.
    async fn forgotten(&self) -> Result<Forgotten, TransferError> {
        Ok(Forgotten::default())
    }

    /// Opens a session that reads. Each of several workers has its own.
    ///
    /// # Errors
    /// [`TransferError::Crowded`] if there is none to have at present.
    async fn reader(&self) -> Result<Box<dyn Reader>, TransferError>;
}

/// A session that reads.
#[async_trait]
pub trait Reader: Send {
    /// Returns the memories with these ids, those that there are, with their vectors in a space. What has none there,
    /// or if no space is named, comes with the vector that it has elsewhere.
    ///
    /// # Errors
    /// If they cannot be read.
    async fn existing(
        &mut self,
        kind: Kind,
        ids: &[&str],
        space: Option<SpaceId>,
    ) -> Result<Vec<Existing>, TransferError>;

    /// Returns how many memories of a kind there are.
    ///
    /// # Errors
    /// If they cannot be read.
    async fn count(&mut self, kind: Kind) -> Result<u64, TransferError>;

    /// Returns ids of memories of a kind, ordered, from after `after`; at most `limit`.
    ///
    /// # Errors
    /// If they cannot be read.
    async fn ids(
        &mut self,
        kind: Kind,
        after: &str,
        limit: usize,
    ) -> Result<Vec<String>, TransferError>;

    /// Documents ordered by the bytes of their ids, from after `after`; at most `limit`.
    ///
    /// # Errors
    /// If they cannot be read.
    async fn documents(
        &mut self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>, TransferError>;
}

/// A target that can be worked with.
#[derive(Debug, Clone)]
pub struct Target {
    /// What it is called in messages: `database`.
    pub noun: &'static str,
    /// What distinguishes it from every other.
    pub identity: String,
    /// Which versions it has, if it is a database.
    pub database: Option<ReceiptDatabase>,
    /// What is worth mending, though it works.
    pub warnings: Vec<String>,
}

/// The embedding spaces of a scope's vectors in the target.
#[derive(Debug, Clone, Default)]
pub struct TargetSpaces {
    /// Those in which vectors are kept, the one that is searched first.
    pub kept: Vec<(SpaceId, Space)>,
    /// Those of which verified runs brought vectors, the last run first.
    pub brought: Vec<Space>,
}

/// An embedding space, as the target counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpaceId(pub i32);

/// A row as it stands in the target.
#[derive(Debug, Clone)]
pub struct Existing {
    /// The memory.
    pub stored: Stored,
    /// Whether what search reads agrees with the vector.
    pub searchable: bool,
    /// Whether it has a vector in the space that was asked for.
    pub in_space: bool,
}
