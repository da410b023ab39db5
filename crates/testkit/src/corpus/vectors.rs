//! Unit vectors in clusters: a mixture in a small latent space, lifted by an orthonormal basis, and noise.
//! Close in intrinsic dimension to sentence embeddings, unlike plain noise in all dimensions.

use crate::rng::Rng;

const LATENT: usize = 64;
/// Distance of a point from its cluster's centre, per latent dimension.
const SPREAD: f32 = 0.6;
const NOISE: f32 = 0.05;

pub(super) struct Space {
    seed: u64,
    dim: usize,
    latent: usize,
    /// `latent` rows of `dim`.
    basis: Vec<f32>,
    /// One row of `latent` per cluster.
    centres: Vec<f32>,
}

impl Space {
    pub(super) fn new(seed: u64, dim: usize, clusters: usize) -> Self {
        let latent = LATENT.min(dim);
        let mut rng = Rng::new(seed, 3, 0);
        let centres = (0..clusters).flat_map(|cluster| {
            let mut rng = Rng::new(seed, 4, cluster);
            std::array::from_fn::<f32, LATENT, _>(|_| rng.normal())
                .into_iter()
                .take(latent)
        });
        Self {
            seed,
            dim,
            latent,
            basis: basis(&mut rng, latent, dim),
            centres: centres.collect(),
        }
    }

    pub(super) fn dim(&self) -> usize {
        self.dim
    }

    /// The vector of a node.
    pub(super) fn fill(&self, vector: &mut [f32], node: usize, cluster: usize) {
        let mut rng = Rng::new(self.seed, 5, node);
        vector.fill_with(|| NOISE * rng.noise());
        let centre = &self.centres[cluster * self.latent..][..self.latent];
        for (centre, axis) in centre.iter().zip(self.basis.chunks_exact(self.dim)) {
            let along = centre + SPREAD * rng.normal();
            for (x, direction) in vector.iter_mut().zip(axis) {
                *x += along * direction;
            }
        }
        normalize(vector);
    }
}

/// To length 1; a zero vector stays as it is.
pub(super) fn normalize(vector: &mut [f32]) {
    let length = vector
        .iter()
        .map(|x| f64::from(*x) * f64::from(*x))
        .sum::<f64>()
        .sqrt();
    if length > 0.0 {
        let factor = (1.0 / length) as f32;
        vector.iter_mut().for_each(|x| *x *= factor);
    }
}

/// Random directions made orthonormal one after the other.
fn basis(rng: &mut Rng, rows: usize, dim: usize) -> Vec<f32> {
    let mut basis: Vec<f32> = Vec::with_capacity(rows * dim);
    for _ in 0..rows {
        let mut row: Vec<f32> = (0..dim).map(|_| rng.normal()).collect();
        for earlier in basis.chunks_exact(dim) {
            let along: f32 = row.iter().zip(earlier).map(|(x, y)| x * y).sum();
            row.iter_mut()
                .zip(earlier)
                .for_each(|(x, y)| *x -= along * y);
        }
        normalize(&mut row);
        basis.extend(row);
    }
    basis
}

/// The header of an `.npy` file of 32-bit floats, as numpy writes it.
pub(super) fn npy_header(rows: usize, dim: usize) -> Vec<u8> {
    let mut text =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dim}), }}");
    let unpadded = 10 + text.len() + 1;
    text.extend(std::iter::repeat_n(
        ' ',
        unpadded.next_multiple_of(64) - unpadded,
    ));
    text.push('\n');
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend((text.len() as u16).to_le_bytes());
    header.extend(text.bytes());
    header
}
