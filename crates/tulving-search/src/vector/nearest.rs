//! Exact nearest neighbours: a first pass over 8-bit codes leaves few rows, among which the nearest
//! certainly are.
//!
//! With a row's direction x, its codes' direction y and error e ≥ |x − y|, and the same for the
//! query (q, p, d): |q·x − p·y| ≤ |q·(x − y)| + |(q − p)·y| ≤ e + d (1 + e). So each row's
//! similarity lies in a known interval. A row whose interval ends below the k-th highest beginning
//! of an interval has k rows above it and can be left out; no other can.

use std::ops::Range;

use super::int8::Int8Vectors;
use super::kernel::{self, LARGEST};

/// Rows that are looked at in one go.
const BLOCK: usize = 256;
/// Bytes of codes from which on a second thread pays for its start.
const WORTH_A_THREAD: usize = 3 << 20;
/// More threads than memory has channels would only wait.
const MOST_THREADS: usize = 8;
/// For rounding: of the interval's ends to f32, and of the similarities that they stand for. Some
/// ten times what that can add up to.
const SLACK: f64 = 1e-6;

/// A filter by row.
pub type Allowed<'a> = &'a (dyn Fn(u32) -> bool + Sync);

/// A row and the interval of its similarity.
#[derive(Clone, Copy)]
struct Interval {
    row: u32,
    low: f32,
    high: f32,
}

/// The query in whole numbers: direction = scale · numbers, within `error`.
struct Query {
    numbers: Vec<i16>,
    scale: f64,
    error: f64,
}

impl Int8Vectors {
    /// Returns rows among which the `k` nearest to `query` are, those with equal similarity at the k-th
    /// place included, in order of rows: usually some more than `k`. The caller ranks them by the
    /// [`similarity`](super::similarity) of their full vectors.
    ///
    /// Only rows that are `allowed` and have a direction; all of these if they are no more than
    /// `k`. None if the query has no direction or other dimensions.
    #[must_use]
    pub fn candidates(&self, query: &[f32], k: usize, allowed: Option<Allowed<'_>>) -> Vec<u32> {
        let Some(query) = Query::new(query).filter(|query| query.numbers.len() == self.dims())
        else {
            return Vec::new();
        };
        if k == 0 {
            return Vec::new();
        }
        let rows = self.rows() as u32;
        let threads = (self.records().len() / WORTH_A_THREAD)
            .min(std::thread::available_parallelism().map_or(1, Into::into))
            .clamp(1, MOST_THREADS) as u32;
        let share = rows.div_ceil(threads);
        let look = |part: u32| {
            let rows = part * share..((part + 1) * share).min(rows);
            look(self, &query, k, allowed, rows)
        };
        let mut found = std::thread::scope(|scope| {
            let look = &look;
            let others: Vec<_> = (1..threads)
                .map(|part| scope.spawn(move || look(part)))
                .collect();
            let mut found = look(0);
            for (part, other) in (1..).zip(others) {
                // A thread that could not finish: the same work once more, here.
                found.extend(other.join().unwrap_or_else(|_| look(part)));
            }
            found
        });
        cut(&mut found, k);
        let mut rows: Vec<u32> = found.into_iter().map(|interval| interval.row).collect();
        rows.sort_unstable();
        rows
    }
}

/// Returns the rows of a range that may be among the nearest `k` of that range.
fn look(
    quantised: &Int8Vectors,
    query: &Query,
    k: usize,
    allowed: Option<Allowed<'_>>,
    rows: Range<u32>,
) -> Vec<Interval> {
    let mut most = k.saturating_mul(4).saturating_add(1024);
    let mut found: Vec<Interval> = Vec::new();
    let mut threshold = f32::NEG_INFINITY;
    let mut block: Vec<u32> = Vec::with_capacity(BLOCK);
    let mut dots: Vec<i64> = Vec::with_capacity(BLOCK);
    let mut rows = rows.filter(|row| allowed.is_none_or(|allowed| allowed(*row)));
    loop {
        block.clear();
        block.extend(rows.by_ref().take(BLOCK));
        if block.is_empty() {
            return found;
        }
        let (records, stride) = (quantised.records(), quantised.stride());
        kernel::dots(records, stride, &query.numbers, &block, &mut dots);
        for (row, dot) in block.iter().zip(&dots) {
            let bounds = quantised.bounds(*row);
            let error = f64::from(bounds.error);
            let middle = *dot as f64 * f64::from(bounds.scale) * query.scale;
            let reach = error + query.error * (1.0 + error) + SLACK;
            let high = (middle + reach) as f32;
            // Not so for a row without direction, whose reach is infinite.
            if high >= threshold && error.is_finite() {
                found.push(Interval {
                    row: *row,
                    low: (middle - reach) as f32,
                    high,
                });
            }
        }
        if found.len() > most {
            threshold = cut(&mut found, k);
            // Where many are alike few can be left out, and trying has to stay rare.
            most = most.max(2 * found.len());
        }
    }
}

/// Leaves out what cannot be among the nearest `k`; the similarity that these reach.
fn cut(found: &mut Vec<Interval>, k: usize) -> f32 {
    if found.len() <= k {
        return f32::NEG_INFINITY;
    }
    let (_, kth, _) = found.select_nth_unstable_by(k - 1, |a, b| b.low.total_cmp(&a.low));
    let threshold = kth.low;
    found.retain(|interval| interval.high >= threshold);
    threshold
}

impl Query {
    fn new(query: &[f32]) -> Option<Self> {
        let [_, square, _] = kernel::products(query, query);
        let length = square.sqrt();
        let largest = query
            .iter()
            .fold(0.0_f32, |largest, x| largest.max(x.abs()));
        if !(length.is_finite() && length > 0.0) {
            return None;
        }
        let scale = f64::from(largest) / length / LARGEST;
        let mut error = 0.0;
        let numbers = query
            .iter()
            .map(|x| {
                let x = f64::from(*x) / length;
                let rounded = (x / scale).round().clamp(-LARGEST, LARGEST);
                let off = x - rounded * scale;
                error += off * off;
                rounded as i16
            })
            .collect();
        Some(Self {
            numbers,
            scale,
            error: f64::sqrt(error),
        })
    }
}
