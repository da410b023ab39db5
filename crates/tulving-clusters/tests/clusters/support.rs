//! Points to find clusters among.

use std::ops::ControlFlow;

use tulving_clusters::{Clustering, Options, cluster};

#[path = "../../benches/clusters/corpus.rs"]
pub(crate) mod corpus;

use corpus::Random;

pub(crate) const OPTIONS: Options = Options {
    min_cluster_size: 5,
    min_samples: 1,
    same: 0.0,
    threads: 2,
};

pub(crate) fn found(vectors: &[f32], dim: usize, options: &Options) -> Clustering {
    cluster(vectors, dim, options, &|_| ControlFlow::Continue(())).unwrap()
}

/// Points around a direction.
pub(crate) fn around(direction: &[f32], spread: f64, count: usize, seed: u64) -> Vec<f32> {
    let mut random = Random(seed);
    let point = |_| -> Vec<f32> {
        let moved = direction
            .iter()
            .map(|x| x + (spread * random.normal()) as f32);
        moved.collect()
    };
    (0..count).flat_map(point).collect()
}

/// A direction along one axis.
pub(crate) fn axis(at: usize, dim: usize) -> Vec<f32> {
    (0..dim).map(|i| f32::from(u8::from(i == at))).collect()
}

/// Points in all directions.
pub(crate) fn anywhere(count: usize, dim: usize, seed: u64) -> Vec<f32> {
    around(&vec![0.0; dim], 1.0, count, seed)
}
