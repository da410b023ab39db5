//! The inner loops, which take most of the time. Each is plain code, compiled for several instruction sets and
//! chosen from at run time.

use multiversion::multiversion;

const LANES: usize = 16;

/// Returns the sums of a·b, a·a and b·b, in double precision, added in the same order everywhere: by
/// position modulo 16, then these one after the other.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2",))]
pub(super) fn products(a: &[f32], b: &[f32]) -> [f64; 3] {
    let mut sums = [[0.0_f64; LANES]; 3];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            let (x, y) = (f64::from(a[lane]), f64::from(b[lane]));
            sums[0][lane] += x * y;
            sums[1][lane] += x * x;
            sums[2][lane] += y * y;
        }
    }
    for (lane, (x, y)) in a_rest.iter().zip(b_rest).enumerate() {
        let (x, y) = (f64::from(*x), f64::from(*y));
        sums[0][lane] += x * y;
        sums[1][lane] += x * x;
        sums[2][lane] += y * y;
    }
    sums.map(|lanes| lanes.into_iter().sum())
}

/// Computes the dot product of `query` with the first codes of each of the `rows`, which lie `stride`
/// bytes apart. Exact: the numbers are whole.
///
/// A code is within ±127 and a query's number within ±[`LARGEST`], so that a block's sum fits.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2",))]
pub(super) fn dots(codes: &[u8], stride: usize, query: &[i16], rows: &[u32], out: &mut Vec<i64>) {
    out.clear();
    for row in rows {
        let at = *row as usize * stride;
        let row = &codes[at..at + query.len()];
        let mut sum = 0_i64;
        for (codes, query) in row.chunks(BLOCK).zip(query.chunks(BLOCK)) {
            let mut block = 0_i32;
            for (code, number) in codes.iter().zip(query) {
                block += i32::from(*code as i8) * i32::from(*number);
            }
            sum += i64::from(block);
        }
        out.push(sum);
    }
}

/// The largest number of a query.
pub(super) const LARGEST: f64 = 2047.0;
/// 8192 · 127 · 2047 is below 2^31.
const BLOCK: usize = 8192;
