//! The inner loops of the search for neighbours: plain code, compiled for several instruction sets and chosen from at
//! run time. Sums are added in the same order by all of them, so that every machine finds the same cosines.

use multiversion::multiversion;

/// Rows of the left side that are multiplied in one go.
pub(crate) const LEFT: usize = 6;
/// Rows of the right side that are multiplied in one go.
pub(crate) const RIGHT: usize = 16;
/// Dimensions whose products are added to one sum, before the next are: as many as the nearest cache holds.
const DEPTH: usize = 256;
/// Groups of the left side that stay in the second cache.
const GROUPS: usize = 40;

/// Computes the products of all rows of the left side with all of the right into `out`, a line for each row of the left
/// side.
///
/// Each side is in groups of [`LEFT`] and [`RIGHT`] rows that are filled up with zeros; in a group the numbers of one
/// dimension lie beside each other.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2"))]
pub(crate) fn products(left: &[f32], right: &[f32], dim: usize, out: &mut [f32]) {
    let line = right.len() / dim;
    for first in (0..dim).step_by(DEPTH) {
        let last = (first + DEPTH).min(dim);
        for (part, lefts) in left.chunks(GROUPS * LEFT * dim).enumerate() {
            for (column, right) in right.chunks_exact(RIGHT * dim).enumerate() {
                let right = &right[first * RIGHT..last * RIGHT];
                for (row, left) in lefts.chunks_exact(LEFT * dim).enumerate() {
                    let sums = product(&left[first * LEFT..last * LEFT], right);
                    let at = (part * GROUPS + row) * LEFT * line + column * RIGHT;
                    for (i, sums) in sums.iter().enumerate() {
                        let out = &mut out[at + i * line..at + i * line + RIGHT];
                        for (out, sum) in out.iter_mut().zip(sums) {
                            *out = if first == 0 { *sum } else { *out + sum };
                        }
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn product(left: &[f32], right: &[f32]) -> [[f32; RIGHT]; LEFT] {
    let mut sums = [[0.0_f32; RIGHT]; LEFT];
    let (left, _) = left.as_chunks::<LEFT>();
    let (right, _) = right.as_chunks::<RIGHT>();
    for (left, right) in left.iter().zip(right) {
        for i in 0..LEFT {
            for j in 0..RIGHT {
                sums[i][j] += left[i] * right[j];
            }
        }
    }
    sums
}
