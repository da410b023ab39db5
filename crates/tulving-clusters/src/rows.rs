//! The vectors that have a direction, and their directions.

/// The vectors that can be in a cluster: those with a direction, numbered without gaps.
pub(crate) struct Rows<'a> {
    vectors: &'a [f32],
    dim: usize,
    /// Where each is among the vectors.
    places: Vec<usize>,
    /// By what each is multiplied to be of length one.
    scales: Vec<f64>,
}

impl<'a> Rows<'a> {
    /// Leaves out vectors that are zero or not finite.
    pub(crate) fn of(vectors: &'a [f32], dim: usize) -> Self {
        let (mut places, mut scales) = (Vec::new(), Vec::new());
        for (place, vector) in vectors.chunks_exact(dim.max(1)).enumerate() {
            if let Some(scale) = scale(vector) {
                places.push(place);
                scales.push(scale);
            }
        }
        Self {
            vectors,
            dim,
            places,
            scales,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn dim(&self) -> usize {
        self.dim
    }

    /// Returns where a row is among the vectors.
    pub(crate) fn place(&self, row: usize) -> usize {
        self.places[row]
    }

    /// Writes the directions of rows into `out` in groups of `WIDTH`, for the [kernel](crate::kernel).
    pub(crate) fn pack<const WIDTH: usize>(&self, rows: &[u32], out: &mut Vec<f32>) {
        out.clear();
        out.resize(rows.len().div_ceil(WIDTH) * WIDTH * self.dim, 0.0);
        for (rows, group) in rows
            .chunks(WIDTH)
            .zip(out.chunks_exact_mut(WIDTH * self.dim))
        {
            let (group, _) = group.as_chunks_mut::<WIDTH>();
            for (at, row) in rows.iter().enumerate() {
                let row = *row as usize;
                let scale = self.scales[row];
                let vector = &self.vectors[self.places[row] * self.dim..][..self.dim];
                for (out, number) in group.iter_mut().zip(vector) {
                    out[at] = (f64::from(*number) * scale) as f32;
                }
            }
        }
    }
}

/// Returns by what a vector is multiplied to be of length one, if it has a direction.
pub(crate) fn scale(vector: &[f32]) -> Option<f64> {
    let square: f64 = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    (square > 0.0 && square.is_finite()).then(|| 1.0 / square.sqrt())
}
