//! The same clusters as by the definition, followed to the letter: all distances, no lists, no trees but that of groups.

use proptest::prelude::*;
use tulving_clusters::{Clustering, Options};

use crate::support::found;

/// Points that stay together from one density on.
struct Group {
    /// Each point, and the density at which it left.
    left: Vec<(usize, f64)>,
    parts: Vec<Group>,
    mass: f64,
    death: f64,
    size: usize,
}

struct Reference {
    /// How far apart two points are, by mutual reachability, in millionths of a cosine.
    apart: Vec<Vec<u32>>,
    smallest: usize,
    same: u32,
    all: usize,
}

impl Reference {
    fn of(vectors: &[f32], dim: usize, options: &Options) -> (Self, Vec<usize>) {
        let norm = |v: &[f32]| v.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
        let places: Vec<usize> = (0..vectors.len() / dim)
            .filter(|at| norm(&vectors[at * dim..][..dim]) > 0.0)
            .collect();
        let directions: Vec<Vec<f32>> = places
            .iter()
            .map(|at| {
                let vector = &vectors[at * dim..][..dim];
                let scale = 1.0 / norm(vector).sqrt();
                vector
                    .iter()
                    .map(|x| (f64::from(*x) * scale) as f32)
                    .collect()
            })
            .collect();
        let distance = |a: &[f32], b: &[f32]| {
            let cosine = a.iter().zip(b).fold(0.0_f32, |sum, (x, y)| sum + x * y);
            ((1.0 - cosine) * 1e6).round().max(0.0) as u32
        };
        let plain: Vec<Vec<u32>> = directions
            .iter()
            .map(|a| directions.iter().map(|b| distance(a, b)).collect())
            .collect();
        let core = |row: usize| {
            let mut others: Vec<u32> = plain[row].clone();
            others.remove(row);
            others.sort_unstable();
            let at = options.min_samples.min(others.len());
            if at == 0 { 0 } else { others[at - 1] }
        };
        let cores: Vec<u32> = (0..places.len()).map(core).collect();
        let apart = (0..places.len())
            .map(|a| {
                (0..places.len())
                    .map(|b| plain[a][b].max(cores[a]).max(cores[b]))
                    .collect()
            })
            .collect();
        let reference = Self {
            apart,
            smallest: options.min_cluster_size,
            same: (options.same * options.same / 2.0 * 1e6).round() as u32,
            all: places.len(),
        };
        (reference, places)
    }

    /// The shortest distance by which points hang together.
    fn together(&self, points: &[usize]) -> u32 {
        let mut near: Vec<u32> = points.iter().map(|p| self.apart[points[0]][*p]).collect();
        let mut joined = vec![false; points.len()];
        joined[0] = true;
        let mut longest = 0;
        for _ in 1..points.len() {
            let open = (0..points.len()).filter(|at| !joined[*at]);
            let next = open.min_by_key(|at| near[*at]).unwrap();
            joined[next] = true;
            longest = longest.max(near[next]);
            for at in 0..points.len() {
                near[at] = near[at].min(self.apart[points[next]][points[at]]);
            }
        }
        longest
    }

    /// What points fall into if those at a distance are no longer joined.
    fn parts(&self, points: &[usize], distance: u32) -> Vec<Vec<usize>> {
        let mut open = points.to_vec();
        let mut parts = Vec::new();
        while let Some(first) = open.pop() {
            let mut part = vec![first];
            let mut at = 0;
            while at < part.len() {
                let from = part[at];
                let near = |to: &usize| self.apart[from][*to] < distance;
                part.extend(open.iter().copied().filter(near));
                open.retain(|to| !near(to));
                at += 1;
            }
            parts.push(part);
        }
        parts
    }

    fn group(&self, mut points: Vec<usize>, birth: f64) -> Group {
        let size = points.len();
        let mut density = birth;
        let (mut left, mut parts) = (Vec::new(), Vec::new());
        loop {
            let distance = if points.len() > 1 {
                self.together(&points)
            } else {
                0
            };
            if points.len() == 1 || distance <= self.same {
                left.extend(points.iter().map(|point| (*point, density)));
                break;
            }
            density = 1.0 / (2.0 * f64::from(distance) / 1e6).sqrt();
            let (mut large, small): (Vec<_>, Vec<_>) = self
                .parts(&points, distance)
                .into_iter()
                .partition(|part| part.len() >= self.smallest);
            left.extend(small.concat().into_iter().map(|point| (point, density)));
            if large.len() != 1 {
                parts = large
                    .into_iter()
                    .map(|part| self.group(part, density))
                    .collect();
                break;
            }
            points = large.remove(0);
        }
        let stayed: f64 = left.iter().map(|(_, left)| left - birth).sum();
        let split: f64 = parts
            .iter()
            .map(|part| part.size as f64 * (density - birth))
            .sum();
        Group {
            left,
            parts,
            mass: stayed + split,
            death: density,
            size,
        }
    }

    /// The best mass in a group, and the clusters that have it.
    fn best<'a>(&self, group: &'a Group) -> (f64, Vec<&'a Group>) {
        let (mut mass, mut clusters) = (0.0, Vec::new());
        for part in &group.parts {
            let (more, others) = self.best(part);
            mass += more;
            clusters.extend(others);
        }
        let own = group.mass * (1.0 - group.size as f64 / self.all as f64);
        if mass > own * (1.0 + 1e-9) {
            (mass, clusters)
        } else {
            (own, vec![group])
        }
    }
}

fn members(group: &Group) -> Vec<(usize, f64)> {
    let parts = group.parts.iter().flat_map(members);
    group.left.iter().copied().chain(parts).collect()
}

fn reference(vectors: &[f32], dim: usize, options: &Options) -> Clustering {
    let (reference, places) = Reference::of(vectors, dim, options);
    let mut labels = vec![-1; vectors.len() / dim];
    let mut probabilities = vec![0.0; labels.len()];
    let mut clusters = Vec::new();
    if !places.is_empty() {
        let all = reference.group((0..places.len()).collect(), 0.0);
        for part in &all.parts {
            for group in reference.best(part).1 {
                clusters.push((members(group), group.death));
            }
        }
    }
    clusters.sort_by_key(|(members, _)| members.iter().map(|(point, _)| *point).min());
    for ((members, death), label) in clusters.iter().zip(0..) {
        for (point, left) in members {
            labels[places[*point]] = label;
            probabilities[places[*point]] = (left / death).min(1.0) as f32;
        }
    }
    Clustering {
        clusters: clusters.len(),
        labels,
        probabilities,
    }
}

/// Points in a few heaps, on a grid (with copies, zeros and equal distances), or anywhere.
fn points() -> impl Strategy<Value = (Vec<f32>, usize)> {
    (2_usize..6, 0_usize..300, 0_usize..3).prop_flat_map(|(dim, most, kind)| {
        let number = match kind {
            0 => (-2_i8..=2).prop_map(f32::from).boxed(),
            1 => (-1.0_f32..1.0).boxed(),
            _ => (0_u8..4, -0.08_f32..0.08)
                .prop_map(|(heap, by)| f32::from(heap) - 1.5 + by)
                .boxed(),
        };
        let count = if kind == 0 { most / 2 } else { most };
        (prop::collection::vec(number, count * dim), Just(dim))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn clusters_are_those_of_the_definition(
        (vectors, dim) in points(),
        min_cluster_size in 2_usize..12,
        min_samples in 0_usize..40,
        same in prop::sample::select(vec![0.0_f32, 0.05, 0.3]),
    ) {
        let min_samples = if min_samples < 30 { min_samples % 5 } else { min_samples };
        let options = Options { min_cluster_size, min_samples, same, threads: 2 };
        let found = found(&vectors, dim, &options);
        let reference = reference(&vectors, dim, &options);
        prop_assert_eq!(&found.labels, &reference.labels);
        prop_assert_eq!(found.clusters, reference.clusters);
        for (found, reference) in found.probabilities.iter().zip(&reference.probabilities) {
            prop_assert!((found - reference).abs() < 1e-5, "{} for {}", found, reference);
        }
    }
}
