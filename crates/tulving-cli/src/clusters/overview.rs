//! The clusters of a memory with what is worth a look.

use std::collections::{BTreeMap, BTreeSet};

use tulving::backend::{Cluster, Filter};
use tulving::model::{Kind, Memory, Timestamp};
use tulving::store::ScopedStore;
use tulving_clusters::NOISE;

use crate::exit::CliError;
use crate::page::one_line;

/// Questions that are shown of a cluster.
const EXAMPLES: usize = 3;

/// The clusters of a memory.
#[derive(Debug, Default)]
pub struct Overview {
    /// The clusters, the largest first.
    pub groups: Vec<Group>,
    /// How many nodes are like no others.
    pub noise: u64,
    /// How many nodes are in no cluster yet.
    pub unclustered: u64,
}

/// A cluster.
#[derive(Debug)]
pub struct Group {
    /// Its id, its label and its size.
    pub cluster: Cluster,
    /// When the first and the last of its nodes were said.
    pub times: Option<(Timestamp, Timestamp)>,
    /// Some of its nodes: those that belong there most firmly.
    pub examples: Vec<Example>,
}

/// A node of a cluster.
#[derive(Debug)]
pub struct Example {
    /// Its id.
    pub id: String,
    /// What was asked; where nothing was, the answer. One line.
    pub question: String,
    confidence: f64,
}

/// What is noticed of a cluster.
#[derive(Default)]
struct Noticed {
    times: Option<(Timestamp, Timestamp)>,
    examples: Vec<Example>,
}

impl Overview {
    /// Looks at the clusters of a memory, of which at most `top` are wanted.
    ///
    /// # Errors
    /// When the memory cannot be read.
    pub async fn of(memory: &ScopedStore, top: usize) -> Result<Self, CliError> {
        let clusters = memory.clusters().await?;
        let nodes = memory.count(&Filter::of(Kind::Node)).await?.total();
        let inside: u64 = clusters.iter().map(|cluster| cluster.nodes).sum();
        let (noise, clusters): (Vec<Cluster>, Vec<Cluster>) = clusters
            .into_iter()
            .partition(|cluster| cluster.id == i64::from(NOISE));
        let wanted: BTreeSet<i64> = clusters.iter().take(top).map(|of| of.id).collect();
        let mut noticed: BTreeMap<i64, Noticed> = BTreeMap::new();
        if !wanted.is_empty() {
            let mut pages = memory.node_pages();
            while let Some(nodes) = pages.next().await? {
                for node in &nodes {
                    if let Some(id) = node.cluster_id().filter(|id| wanted.contains(id)) {
                        noticed.entry(id).or_default().notice(node);
                    }
                }
            }
        }
        let groups = clusters.into_iter().map(|cluster| {
            let noticed = noticed.remove(&cluster.id).unwrap_or_default();
            Group {
                cluster,
                times: noticed.times,
                examples: noticed.examples,
            }
        });
        Ok(Self {
            groups: groups.collect(),
            noise: noise.iter().map(|noise| noise.nodes).sum(),
            unclustered: nodes.saturating_sub(inside),
        })
    }
}

impl Noticed {
    /// Notices a node; they come in the order of their times.
    fn notice(&mut self, memory: &Memory) {
        let at = memory.created_at();
        let first = self.times.map_or(at, |(first, _)| first);
        self.times = Some((first, at));
        let confidence = match memory {
            Memory::Node(node) => node.cluster_confidence,
            _ => 0.0,
        };
        // Of equals the first one stays.
        let place = self
            .examples
            .partition_point(|other| other.confidence >= confidence);
        if place == EXAMPLES {
            return;
        }
        let question = one_line(memory);
        if self.examples.iter().any(|other| other.question == question) {
            return;
        }
        let example = Example {
            id: memory.id().to_owned(),
            question,
            confidence,
        };
        self.examples.insert(place, example);
        self.examples.truncate(EXAMPLES);
    }
}
