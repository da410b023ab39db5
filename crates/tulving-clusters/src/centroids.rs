//! What clusters look like, to put new vectors into them.

use std::collections::BTreeMap;

use crate::rows::scale;

/// What clusters look like: the centre of each, and how far from it its members are.
///
/// It is made from the vectors in one pass, and holds one vector for each cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Centroids {
    dim: usize,
    ids: Vec<i64>,
    reaches: Vec<Reach>,
    /// The directions of the centres, one after another.
    centres: Vec<f32>,
}

/// How far from its centre the members of a cluster are, as cosines.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Reach {
    nearest: f64,
    farthest: f64,
}

/// The part of a cluster's members that it reaches to: what is still further out is there by a chain of others.
const REACHED: f64 = 0.95;

/// A member of a cluster, and by what it is multiplied to be of length one.
type Member<'v> = (&'v [f32], f64);

impl Centroids {
    /// Looks at clusters: `ids` says which each vector is in, −1 for none.
    #[must_use]
    pub fn of(vectors: &[f32], dim: usize, ids: &[i64]) -> Self {
        let mut clusters: BTreeMap<i64, Vec<Member<'_>>> = BTreeMap::new();
        for (vector, id) in vectors.chunks_exact(dim.max(1)).zip(ids) {
            if *id >= 0
                && let Some(scale) = scale(vector)
            {
                clusters.entry(*id).or_default().push((vector, scale));
            }
        }
        let mut centroids = Self {
            dim,
            ..Self::default()
        };
        for (id, members) in clusters {
            centroids.add(id, &members);
        }
        centroids
    }

    fn add(&mut self, id: i64, members: &[Member<'_>]) {
        let mut sum = vec![0.0; self.dim];
        for (vector, scale) in members {
            for (sum, x) in sum.iter_mut().zip(*vector) {
                *sum += f64::from(*x) * scale;
            }
        }
        let square: f64 = sum.iter().map(|x| x * x).sum();
        let length = square.sqrt();
        if length < 1e-6 {
            // Directions that cancel each other have no centre.
            return;
        }
        let cosine = |(vector, scale): &Member<'_>| {
            let products = vector.iter().zip(&sum);
            let product: f64 = products.map(|(x, s)| f64::from(*x) * s).sum();
            apart(product * scale, square)
        };
        let mut cosines: Vec<f64> = members.iter().map(cosine).collect();
        cosines.sort_unstable_by(|a, b| b.total_cmp(a));
        let reached = (cosines.len() as f64 * REACHED).ceil() as usize;
        self.ids.push(id);
        self.reaches.push(Reach {
            nearest: cosines[0],
            farthest: cosines[reached - 1],
        });
        self.centres.extend(sum.iter().map(|x| (x / length) as f32));
    }

    /// Returns the cluster that a vector belongs to, and how firmly, from 0 to 1; nothing if it is within the reach of none.
    #[must_use]
    pub fn assign(&self, vector: &[f32]) -> Option<(i64, f32)> {
        let scale = scale(vector).filter(|_| vector.len() == self.dim)?;
        let cosine = |centre: &[f32]| {
            let products = vector.iter().zip(centre);
            let sum: f64 = products.map(|(x, c)| f64::from(*x) * f64::from(*c)).sum();
            sum * scale
        };
        let (cosine, at) = self
            .centres
            .chunks_exact(self.dim)
            .map(cosine)
            .zip(0..)
            .filter(|(cosine, at): &(f64, usize)| *cosine >= self.reaches[*at].farthest)
            .max_by(|(a, i), (b, j)| a.total_cmp(b).then(j.cmp(i)))?;
        let length = |cosine: f64| (2.0 - 2.0 * cosine).max(1e-6).sqrt();
        let confidence = length(self.reaches[at].nearest) / length(cosine);
        Some((self.ids[at], confidence.min(1.0) as f32))
    }
}

/// Returns the cosine of a member with the centre of all others, from its product with the sum of all and the square of
/// that: a vector that is new had no part in the centre either.
fn apart(product: f64, square: f64) -> f64 {
    let rest = (square - 2.0 * product + 1.0).max(0.0).sqrt();
    if rest < 1e-6 {
        1.0
    } else {
        (product - 1.0) / rest
    }
}
