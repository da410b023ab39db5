//! The vector retriever: cosine similarity, and an exact search for the nearest neighbours.
//!
//! | module | holds |
//! |---|---|
//! | `int8` | scalar-quantised vectors, with their bounds of error |
//! | `nearest` | the exact search for the nearest |
//! | `kernel` | the inner loops |

mod int8;
mod kernel;
mod nearest;

pub use int8::{Int8Error, Int8Vectors};
pub use nearest::Allowed;

/// Returns the cosine of the angle between two vectors, −1 to 1. 0 if either is zero, holds a number
/// that is not finite, or has another length than the other.
///
/// The same on every machine to the last bit: sums are in double precision and in a fixed order.
#[must_use]
pub fn similarity(a: &[f32], b: &[f32]) -> f64 {
    if a.len() != b.len() {
        return 0.0;
    }
    let [dot, a, b] = kernel::products(a, b);
    // A square of an f32 never underflows in an f64, nor does a sum of them overflow.
    let cosine = dot / (a.sqrt() * b.sqrt());
    if cosine.is_finite() {
        cosine.clamp(-1.0, 1.0)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keyword::top;

    #[test]
    fn similarity_is_the_cosine() {
        assert_eq!(similarity(&[3.0, 4.0], &[6.0, 8.0]), 1.0);
        assert_eq!(similarity(&[1.0, 0.0], &[0.0, 2.0]), 0.0);
        assert_eq!(similarity(&[1.0, 0.0], &[-2.0, 0.0]), -1.0);
        let tiny = [1e-45_f32, 0.0];
        assert_eq!(similarity(&tiny, &[f32::MAX, 0.0]), 1.0);
    }

    #[test]
    fn nothing_is_more_than_alike() {
        for vector in rows(7, 200, 100_000, 1) {
            let longer: Vec<f32> = vector.iter().map(|x| 3.0 * x).collect();
            assert!(similarity(&vector, &longer) <= 1.0);
        }
    }

    #[test]
    fn what_has_no_direction_is_like_nothing() {
        for vector in [[0.0, 0.0], [f32::NAN, 1.0], [f32::INFINITY, 1.0]] {
            assert_eq!(similarity(&vector, &[1.0, 1.0]), 0.0);
            assert_eq!(similarity(&[1.0, 1.0], &vector), 0.0);
        }
        assert_eq!(similarity(&[1.0], &[1.0, 1.0]), 0.0);
        assert_eq!(similarity(&[], &[]), 0.0);
    }

    #[test]
    fn quantised_vectors_come_back_from_their_bytes() {
        let mut quantised = Int8Vectors::encode(3, [[1.0_f32, 2.0, 3.0].as_slice()]).unwrap();
        let before = quantised.as_bytes().to_vec();
        quantised.push(&[0.5, -1.0, 0.0]).unwrap();
        assert!(quantised.as_bytes().starts_with(&before));
        let again = Int8Vectors::from_bytes(quantised.as_bytes().to_vec()).unwrap();
        assert_eq!((again.rows(), again.dims()), (2, 3));
        assert_eq!(again, quantised);
        assert_eq!(
            quantised.push(&[1.0]),
            Err(Int8Error::Dimensions {
                expected: 3,
                found: 1
            })
        );
    }

    #[test]
    fn bytes_that_are_no_quantised_vectors_are_refused() {
        let bytes = Int8Vectors::encode(3, [[1.0_f32, 2.0, 3.0].as_slice()]).unwrap();
        let bytes = bytes.as_bytes();
        for cut in 0..bytes.len() {
            if cut != 64 {
                assert!(
                    Int8Vectors::from_bytes(bytes[..cut].to_vec()).is_err(),
                    "{cut}"
                );
            }
        }
        let mut version = bytes.to_vec();
        version[7] = b'2';
        assert_eq!(Int8Vectors::from_bytes(version), Err(Int8Error::Mark));
        let mut dims = bytes.to_vec();
        dims[8..16].fill(0xff);
        assert!(Int8Vectors::from_bytes(dims).is_err());
    }

    #[test]
    fn rows_without_direction_are_never_found() {
        let rows = [
            [0.0_f32, 0.0],
            [1.0, 0.0],
            [f32::NAN, 1.0],
            [f32::INFINITY, 0.0],
            [-1.0, 0.0],
        ];
        let quantised = Int8Vectors::encode(2, rows.iter().map(<[f32; 2]>::as_slice)).unwrap();
        assert_eq!(quantised.candidates(&[1.0, 0.0], 10, None), [1, 4]);
        assert_eq!(quantised.candidates(&[1.0, 0.3], 10, None), [1, 4]);
        assert!(quantised.candidates(&[0.0, 0.0], 10, None).is_empty());
        assert!(quantised.candidates(&[f32::NAN, 0.0], 10, None).is_empty());
        assert!(quantised.candidates(&[1.0], 10, None).is_empty());
        assert!(quantised.candidates(&[1.0, 0.0], 0, None).is_empty());
        assert_eq!(
            quantised.candidates(&[1.0, 0.0], 1, Some(&|row| row > 1)),
            [4]
        );
    }

    /// Where rounding matters most: few dimensions, and rows closer together than it can tell apart.
    #[test]
    fn the_nearest_on_a_crowded_circle_is_a_candidate() {
        let on_circle = |at: u32, of: u32| {
            let angle = std::f32::consts::TAU * at as f32 / of as f32;
            [angle.cos(), angle.sin()]
        };
        let rows: Vec<[f32; 2]> = (0..5000).map(|at| on_circle(at, 5000)).collect();
        let quantised = Int8Vectors::encode(2, rows.iter().map(<[f32; 2]>::as_slice)).unwrap();
        for query in (0..77).map(|at| on_circle(at, 77)) {
            let scores = (0..)
                .zip(&rows)
                .map(|(row, vector)| (row, similarity(&query, vector)));
            let nearest = top(scores.collect(), 1)[0].0;
            let found = quantised.candidates(&query, 1, None);
            assert!(found.contains(&nearest) && found.len() < 500);
        }
        let found = quantised.candidates(&on_circle(0, 1), 401, None);
        assert!((0..=200).chain(4800..5000).all(|row| found.contains(&row)));
    }

    /// The rows are what they are in whole numbers; all that is lost is lost in the query.
    #[test]
    fn a_query_that_loses_by_rounding_finds_its_nearest() {
        let mut query = [0.0_f32; 21];
        query[0] = 2047.0;
        query[1..11].fill(100.45);
        query[11..15].fill(101.0);
        query[15..].fill(100.0);
        let (mut nearer, mut farther) = ([0.0_f32; 21], [0.0_f32; 21]);
        nearer[1..11].fill(1.0);
        farther[11..].fill(1.0);
        assert!(similarity(&query, &nearer) > similarity(&query, &farther));
        let quantised = Int8Vectors::encode(21, [&farther[..], &nearer[..]]).unwrap();
        assert!(quantised.candidates(&query, 1, None).contains(&1));
    }

    /// The first row promises more than it keeps, and more than the others promise.
    #[test]
    fn a_row_with_a_large_error_puts_out_no_other() {
        let mut query = vec![-0.01_f32; 2000];
        let mut coarse = vec![0.49_f32; 2000];
        (query[0], coarse[0]) = (1.0, 127.0);
        let exact = |second: f32| {
            let mut row = vec![0.0_f32; 2000];
            (row[0], row[1]) = (127.0, second);
            row
        };
        let rows = [coarse, exact(38.0), exact(48.0)];
        let quantised = Int8Vectors::encode(2000, rows.iter().map(Vec::as_slice)).unwrap();
        let [coarse, first, second] = rows.map(|row| similarity(&query, &row));
        assert!(first > second && second > coarse);
        let found = quantised.candidates(&query, 2, None);
        assert!(found.contains(&1) && found.contains(&2), "{found:?}");
    }

    #[test]
    fn the_error_of_a_row_is_as_large_as_it_has_to_be() {
        for row in rows(300, 17, 100_000, 5) {
            let quantised = Int8Vectors::encode(300, [row.as_slice()]).unwrap();
            let bounds = quantised.bounds(0);
            let length = row
                .iter()
                .map(|x| f64::from(*x).powi(2))
                .sum::<f64>()
                .sqrt();
            if length > 0.0 {
                let off = row.iter().zip(quantised.records()).map(|(x, code)| {
                    let code = f64::from(code.cast_signed()) * f64::from(bounds.scale);
                    (f64::from(*x) / length - code).powi(2)
                });
                let (off, error) = (off.sum::<f64>().sqrt(), f64::from(bounds.error));
                assert!(off <= error && error < 1.001 * off, "{off} {error}");
            }
        }
    }

    /// So many that several threads share the work.
    #[test]
    fn rows_beyond_the_first_megabytes_are_found_once() {
        let count = 110_001;
        let mut quantised = Int8Vectors::new(2);
        for row in 0..count {
            let nearest = row % 10_000 == 0;
            quantised
                .push(&[1.0, if nearest { 0.0 } else { 1.0 }])
                .unwrap();
        }
        let expected: Vec<u32> = (0..count).step_by(10_000).collect();
        assert_eq!(quantised.candidates(&[1.0, 0.0], 5, None), expected);
    }

    /// Rows in clusters, some of them equal, some a little longer, some without direction.
    fn rows(dims: usize, rows: usize, clusters: u64, seed: u64) -> Vec<Vec<f32>> {
        let noise = |seed: u64, at: usize| {
            let mixed = (seed ^ 0x9e37_79b9).wrapping_mul(0xbf58_476d_1ce4_e5b9 + 2 * at as u64);
            let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((mixed >> 40) as f32 / (1_u64 << 24) as f32) - 0.5
        };
        (0..rows as u64)
            .map(|row| {
                let centre = seed ^ (row % clusters.max(1));
                // Every third row is its cluster's centre: ties.
                let spread = if row % 3 == 0 { 0.0 } else { 0.3 };
                let length = 1.0 + (row % 5) as f32;
                (0..dims)
                    .map(|at| length * (noise(centre, at) + spread * noise(seed + 7 * row + 1, at)))
                    .map(|x| if row % 17 == 16 { 0.0 } else { x })
                    .collect()
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_nearest_are_among_the_candidates(
            dims in prop_oneof![1_usize..40, 1_usize..=2000],
            count in 1_usize..1500,
            clusters in prop::sample::select(vec![1_u64, 5, 100_000]),
            k in 1_usize..60,
            seed in any::<u32>(),
            every in 1_u32..4,
        ) {
            let rows = rows(dims, count, clusters, u64::from(seed));
            let quantised = Int8Vectors::encode(dims, rows.iter().map(Vec::as_slice)).unwrap();
            let query = &rows[seed as usize % count];
            let allowed = |row: u32| row.is_multiple_of(every);
            let found = quantised.candidates(query, k, Some(&allowed));
            prop_assert!(found.is_sorted());
            let scores = (0..).zip(&rows).map(|(row, vector)| (row, similarity(query, vector)));
            let scores: Vec<(u32, f64)> = scores
                .filter(|(row, _)| allowed(*row) && rows[*row as usize].iter().any(|x| *x != 0.0))
                .collect();
            if query.iter().any(|x| *x != 0.0) {
                let nearest = top(scores.clone(), k);
                if let Some((_, worst)) = nearest.last() {
                    for (row, score) in scores {
                        prop_assert!(score < *worst || found.contains(&row), "row {row}");
                    }
                }
            }
        }
    }
}
