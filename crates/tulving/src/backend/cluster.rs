//! Clusters of nodes.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Nodes that are about the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// −1 is noise.
    pub id: i64,
    /// What it is about: the label that most of those of its nodes bear that have one, of equals
    /// the first by bytes.
    pub label: Option<String>,
    /// How many nodes it has.
    pub nodes: u64,
}

impl Cluster {
    /// Sums up how many memories of a cluster bear a label, or none: the largest cluster first, of
    /// equals by id.
    pub fn sums<'l>(found: impl Iterator<Item = (i64, Option<&'l str>, u64)>) -> Vec<Self> {
        let mut clusters: BTreeMap<i64, (u64, BTreeMap<&str, u64>)> = BTreeMap::new();
        for (id, label, memories) in found {
            let (sum, labels) = clusters.entry(id).or_default();
            *sum += memories;
            if let Some(label) = label {
                *labels.entry(label).or_default() += memories;
            }
        }
        let sums = clusters.into_iter().map(|(id, (nodes, labels))| {
            // Of equals the last is taken, which is the first by bytes when they come backwards.
            let label = labels.into_iter().rev().max_by_key(|(_, count)| *count);
            Self {
                id,
                label: label.map(|(label, _)| label.to_owned()),
                nodes,
            }
        });
        let mut sums: Vec<Self> = sums.collect();
        // Stable: of equals the lower id stays first.
        sums.sort_by_key(|cluster| Reverse(cluster.nodes));
        sums
    }
}
