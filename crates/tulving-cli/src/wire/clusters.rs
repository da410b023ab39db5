//! What memories are about.

use serde::Serialize;
use tulving::model::Timestamp;

use crate::clusters::{Example, Group, Overview};

/// `tulving clusters`
#[derive(Debug, Serialize)]
pub struct Clusters {
    clusters: Vec<Cluster>,
    noise: u64,
    unclustered: u64,
}

#[derive(Debug, Serialize)]
struct Cluster {
    id: i64,
    label: Option<String>,
    nodes: u64,
    first: Option<String>,
    last: Option<String>,
    examples: Vec<Question>,
}

#[derive(Debug, Serialize)]
struct Question {
    id: String,
    question: String,
}

impl Clusters {
    /// Makes the object of the largest clusters.
    #[must_use]
    pub fn new(overview: Overview, top: usize) -> Self {
        let groups = overview.groups.into_iter().take(top);
        Self {
            clusters: groups.map(Cluster::from).collect(),
            noise: overview.noise,
            unclustered: overview.unclustered,
        }
    }
}

impl From<Group> for Cluster {
    fn from(group: Group) -> Self {
        let (first, last) = group.times.unzip();
        let examples = group.examples.into_iter();
        Self {
            id: group.cluster.id,
            label: group.cluster.label,
            nodes: group.cluster.nodes,
            first: first.map(Timestamp::isoformat),
            last: last.map(Timestamp::isoformat),
            examples: examples
                .map(|Example { id, question, .. }| Question { id, question })
                .collect(),
        }
    }
}
