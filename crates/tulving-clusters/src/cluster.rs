//! Clusters of vectors.

use std::collections::HashMap;
use std::thread;

use crate::condensed::Condensed;
use crate::distance::of_length;
use crate::error::ClusterError;
use crate::hierarchy::Hierarchy;
use crate::progress::Watch;
use crate::rows::Rows;
use crate::spanning::spanning_tree;

/// The label of what is in no cluster.
pub const NOISE: i32 = -1;

/// What counts as a cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// How many vectors a cluster has at least; two if it is less.
    pub min_cluster_size: usize,
    /// How many neighbours a vector needs nearby to be in a dense place. More make what lies between clusters noise.
    pub min_samples: usize,
    /// Up to this distance between two directions, vectors are copies of each other: they count for the size of
    /// a cluster and are in it together, but are no place that is dense. Distances are those of directions: 0 to 2.
    pub same: f32,
    /// On how many threads; the result is the same for any number.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            min_cluster_size: 5,
            min_samples: 1,
            same: 0.1,
            threads: thread::available_parallelism().map_or(1, Into::into),
        }
    }
}

/// Which vectors are in which cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clustering {
    /// The cluster of each vector: 0 to [`clusters`](Self::clusters), in the order of their first vectors, or
    /// [`NOISE`].
    pub labels: Vec<i32>,
    /// How firmly each is in its cluster: 1 in its core, less towards its border, 0 for noise.
    pub probabilities: Vec<f32>,
    /// How many clusters there are.
    pub clusters: usize,
}

/// Finds clusters of vectors by HDBSCAN, by the angles between them: dense places, of whatever shape and each as
/// dense as it is, with noise between them.
///
/// Lengths do not matter. A vector that is zero or not finite has no direction, and is noise. The same vectors in the
/// same order have the same clusters, on every machine and with any number of threads.
///
/// It takes time with the square of the vectors, and some 600 bytes of memory for each besides the vectors themselves; with
/// `min_samples` above 32, more. A single cluster that holds everything is not found, as there is nothing that tells it
/// from the rest.
///
/// # Errors
///
/// [`ClusterError::Cancelled`] if `watch` says so, and [`ClusterError::Shape`] if `vectors` are not whole vectors.
pub fn cluster(
    vectors: &[f32],
    dim: usize,
    options: &Options,
    watch: Watch<'_>,
) -> Result<Clustering, ClusterError> {
    if vectors.is_empty() {
        return Ok(Clustering::default());
    }
    if dim == 0 || !vectors.len().is_multiple_of(dim) {
        let numbers = vectors.len();
        return Err(ClusterError::Shape { numbers, dim });
    }
    let rows = Rows::of(vectors, dim);
    let edges = spanning_tree(&rows, options.min_samples, options.threads, watch)?;
    let hierarchy = Hierarchy::of(rows.len(), &edges, of_length(options.same));
    let smallest = options.min_cluster_size.max(2);
    let memberships = Condensed::of(&hierarchy, rows.len(), smallest).memberships();
    let vectors = vectors.len() / dim;
    let mut clustering = Clustering {
        labels: vec![NOISE; vectors],
        probabilities: vec![0.0; vectors],
        clusters: 0,
    };
    let mut labels = HashMap::new();
    for (row, membership) in memberships.into_iter().enumerate() {
        if let Some(membership) = membership {
            let next = labels.len() as i32;
            let label = *labels.entry(membership.group).or_insert(next);
            clustering.labels[rows.place(row)] = label;
            clustering.probabilities[rows.place(row)] = membership.probability as f32;
        }
    }
    clustering.clusters = labels.len();
    Ok(clustering)
}
