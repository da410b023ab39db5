//! Made-up vectors in known clusters, and how well others agree with them.

use std::collections::HashMap;

/// A sequence of random numbers (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    /// From 0 to 1, neither included.
    pub(crate) fn share(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.share() * end as f64) as usize
    }

    /// Of a normal distribution, by Box and Muller.
    pub(crate) fn normal(&mut self) -> f64 {
        let (a, b) = (self.share(), self.share());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
}

/// Vectors, and the cluster that each was made in; −1 for none.
pub(crate) struct Corpus {
    pub(crate) dim: usize,
    pub(crate) vectors: Vec<f32>,
    pub(crate) truth: Vec<i32>,
}

/// Dimensions that the clusters lie in.
const LATENT: usize = 64;

/// Clusters of about 50, each of the same density, without anything between them.
pub(crate) fn easy(n: usize, dim: usize, seed: u64) -> Corpus {
    let mut random = Random(seed);
    let centres: Vec<_> = (0..(n / 50).max(4))
        .map(|_| around(&[0.0; LATENT], 1.0, &mut random))
        .collect();
    let points = (0..n).map(|_| {
        let cluster = random.below(centres.len());
        (cluster as i32, around(&centres[cluster], 0.6, &mut random))
    });
    let points = points.collect();
    lift(points, dim, &mut random)
}

/// Clusters of very different sizes (a few hold most) and densities within 40 topics, and over a third of all points
/// between them.
pub(crate) fn hard(n: usize, dim: usize, seed: u64) -> Corpus {
    let mut random = Random(seed);
    let origin = [0.0; LATENT];
    let topics: Vec<_> = (0..40).map(|_| around(&origin, 1.0, &mut random)).collect();
    let count = (n * 300 / 25_000).max(8);
    let clusters: Vec<_> = (0..count)
        .map(|rank| {
            let topic = random.below(topics.len());
            let spread = 0.15 + 0.35 * random.share();
            let weight = 1.0 / (rank as f64 + 5.0);
            (around(&topics[topic], 0.7, &mut random), spread, weight)
        })
        .collect();
    let weights: f64 = clusters.iter().map(|cluster| cluster.2).sum();
    let points = (0..n).map(|_| {
        let kind = random.share();
        if kind < 0.2 {
            let topic = random.below(topics.len());
            return (-1, around(&topics[topic], 1.0, &mut random));
        } else if kind < 0.35 {
            return (-1, around(&origin, 1.4, &mut random));
        }
        let mut left = random.share() * weights;
        let at = clusters.iter().position(|cluster| {
            left -= cluster.2;
            left <= 0.0
        });
        let at = at.unwrap_or(0);
        let (centre, spread, _) = &clusters[at];
        (at as i32, around(centre, *spread, &mut random))
    });
    let points = points.collect();
    lift(points, dim, &mut random)
}

fn around(centre: &[f64], spread: f64, random: &mut Random) -> Vec<f64> {
    centre
        .iter()
        .map(|x| x + spread * random.normal())
        .collect()
}

/// Lays points of few dimensions into many, with a little noise in all of them.
fn lift(points: Vec<(i32, Vec<f64>)>, dim: usize, random: &mut Random) -> Corpus {
    let scale = 1.0 / (dim as f64).sqrt();
    let basis: Vec<f32> = (0..LATENT * dim)
        .map(|_| (random.normal() * scale) as f32)
        .collect();
    // Noise of a million numbers, taken from another place for each point: normal ones are slow to make.
    let noise: Vec<f32> = (0..1 << 20)
        .map(|_| (0.05 * random.normal()) as f32)
        .collect();
    let mut vectors = Vec::with_capacity(points.len() * dim);
    for (_, point) in &points {
        let from = random.below(noise.len() - dim);
        let mut vector = noise[from..from + dim].to_vec();
        for (x, basis) in point.iter().zip(basis.chunks_exact(dim)) {
            for (out, basis) in vector.iter_mut().zip(basis) {
                *out += *x as f32 * basis;
            }
        }
        vectors.extend(vector);
    }
    let truth = points.into_iter().map(|(cluster, _)| cluster).collect();
    Corpus {
        dim,
        vectors,
        truth,
    }
}

/// Returns how well labels agree with others on what is in a cluster there, 1 for entirely and 0 for by chance: the
/// adjusted Rand index. What is noise is alone in a cluster.
pub(crate) fn agreement(truth: &[i32], labels: &[i32]) -> f64 {
    let mut alone = i64::from(i32::MAX);
    let mut both: HashMap<(i32, i64), f64> = HashMap::new();
    for (truth, label) in truth.iter().zip(labels).filter(|(truth, _)| **truth >= 0) {
        alone += i64::from(*label < 0);
        let label = if *label < 0 { alone } else { i64::from(*label) };
        *both.entry((*truth, label)).or_default() += 1.0;
    }
    let (mut a, mut b): (HashMap<i32, f64>, HashMap<i64, f64>) = Default::default();
    for ((truth, label), count) in &both {
        *a.entry(*truth).or_default() += count;
        *b.entry(*label).or_default() += count;
    }
    let pairs = |count: f64| count * (count - 1.0) / 2.0;
    let all = pairs(both.values().sum());
    let (a, b): (f64, f64) = (
        a.values().map(|n| pairs(*n)).sum(),
        b.values().map(|n| pairs(*n)).sum(),
    );
    let together: f64 = both.values().map(|n| pairs(*n)).sum();
    let chance = a * b / all;
    (together - chance) / ((a + b) / 2.0 - chance)
}
