//! Nodes with their vectors and clusters, to find out which belong together.

use super::{Pages, ScopedStore, StoreError};
use crate::backend::{Filter, LiveChange, Membership};
use crate::model::{Key, Kind, Memory};

/// Nodes that are read together. A backend may go through all of a scope for each page.
const PAGE: usize = 4096;
/// Nodes whose clusters are written in one step.
const BATCH: usize = 2048;

/// The nodes of a scope that have a vector in its current space, the oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeVectors {
    /// Their keys.
    pub keys: Vec<Key>,
    /// The cluster that each is in, or none.
    pub memberships: Vec<Option<Membership>>,
    /// Their vectors, one after another.
    pub vectors: Vec<f32>,
    /// How many numbers a vector has.
    pub dims: usize,
}

impl ScopedStore {
    /// Returns all nodes that have a vector. Who writes meanwhile is not waited for: a node that is gone before its
    /// vector was read is not among them, and one that has come may not be.
    ///
    /// # Errors
    /// As every method.
    pub async fn node_vectors(&self) -> Result<NodeVectors, StoreError> {
        let mut nodes = NodeVectors::default();
        let Some(space) = self.space().await? else {
            return Ok(nodes);
        };
        nodes.dims = space.dims;
        let mut pages = self.node_pages();
        while let Some(memories) = pages.next().await? {
            let keys: Vec<Key> = memories.iter().map(Memory::key).collect();
            let vectors = self.backend.vectors(self.scope, &space, &keys).await?;
            for ((memory, key), vector) in memories.iter().zip(keys).zip(vectors) {
                if let Some(vector) = vector.filter(|vector| !vector.is_zero()) {
                    nodes.keys.push(key);
                    nodes.memberships.push(membership(memory));
                    nodes.vectors.extend_from_slice(vector.numbers());
                }
            }
        }
        Ok(nodes)
    }

    /// Returns all nodes page by page, the oldest first.
    #[must_use]
    pub fn node_pages(&self) -> Pages<'_> {
        self.pages(Filter::of(Kind::Node), PAGE)
    }

    /// Puts nodes into clusters, a few thousand at a time and in their order; returns how many were there.
    ///
    /// # Errors
    /// If a membership cannot be kept as it is said, and as every method.
    pub async fn put_into_clusters(
        &self,
        memberships: Vec<(Key, Membership)>,
    ) -> Result<u64, StoreError> {
        let mut changes = memberships
            .into_iter()
            .map(|(key, membership)| LiveChange::Cluster(key, Some(membership)))
            .peekable();
        let mut there = 0;
        while changes.peek().is_some() {
            let batch = changes.by_ref().take(BATCH).collect();
            there += self.update_live(batch).await?;
        }
        Ok(there)
    }
}

/// Returns the place of a memory in a cluster, if it is in one.
fn membership(memory: &Memory) -> Option<Membership> {
    let Memory::Node(node) = memory else {
        return None;
    };
    Some(Membership {
        cluster: node.cluster_id?,
        label: node.cluster_label.clone(),
        confidence: node.cluster_confidence,
    })
}
