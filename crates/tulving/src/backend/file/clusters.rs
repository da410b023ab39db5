//! Clusters of nodes as the origin's file has them: for each its places in the nodes' file.

use std::collections::BTreeMap;

/// The clusters of a nodes' file.
#[derive(Debug, Default)]
pub(super) struct Clusters(BTreeMap<i64, Vec<u64>>);

/// The cluster of what is like nothing.
const NOISE: i64 = -1;

impl Clusters {
    /// Adds the place of a node, the next one in the file.
    pub(super) fn add(&mut self, cluster: i64, place: u64) {
        self.0.entry(cluster).or_default().push(place);
    }

    /// Returns whether no node is in one.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns what the manifest says of them.
    pub(super) fn stats(&self) -> [(&'static str, u64); 2] {
        let noise = self.0.get(&NOISE).map_or(0, Vec::len);
        let real = self.0.len() - usize::from(noise > 0);
        [("n_clusters", real as u64), ("n_noise", noise as u64)]
    }

    /// Returns the file.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0).unwrap_or_default()
    }
}
