//! Products of matrices: plain code, compiled for several instruction sets and chosen from at run time.
//!
//! Both sides are packed: rows in groups, filled up with zeros, and in a group the numbers of one column lie beside each
//! other. Each sum is added up in the same order wherever its row lies, so that a text's vector does not depend on
//! what is embedded along with it.

use multiversion::multiversion;
use multiversion::target::target_cfg_f;

/// Rows of the left side that are multiplied in one go.
pub(crate) const LEFT: usize = 6;
/// Rows of the right side that are multiplied in one go.
const RIGHT: usize = 16;
/// Columns whose products are added to one sum, before the next are: as many as the nearest cache holds.
const DEPTH: usize = 256;
/// Groups of the left side that stay in the second cache.
const GROUPS: usize = 40;

/// Numbers of a matrix, where they lie among others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) numbers: &'a [f32],
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// From a number to the one below it.
    pub(crate) down: usize,
    /// From a number to the one at its right.
    pub(crate) across: usize,
}

impl<'a> View<'a> {
    /// Returns all rows of a matrix that lie one behind the other.
    pub(crate) fn of_rows(numbers: &'a [f32], columns: usize) -> Self {
        Self {
            numbers,
            rows: numbers.len() / columns,
            columns,
            down: columns,
            across: 1,
        }
    }
}

impl View<'_> {
    /// Returns the matrix with rows and columns exchanged.
    pub(crate) fn turned(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            down: self.across,
            across: self.down,
            ..self
        }
    }
}

/// A packed matrix, in groups of so many rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Packed<const GROUP: usize> {
    numbers: Vec<f32>,
    rows: usize,
    columns: usize,
}

/// The left side of a product.
pub(crate) type Left = Packed<LEFT>;
/// The right side of a product.
pub(crate) type Right = Packed<RIGHT>;

impl<const GROUP: usize> Packed<GROUP> {
    /// Returns how many numbers a row has.
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// Packs a matrix in the place of what was there.
    pub(crate) fn pack(&mut self, view: View<'_>) {
        let groups = view.rows.div_ceil(GROUP);
        (self.rows, self.columns) = (view.rows, view.columns);
        self.numbers.clear();
        self.numbers.resize(groups * GROUP * view.columns, 0.0);
        if view.columns == 0 {
            return;
        }
        for (group, packed) in self
            .numbers
            .chunks_exact_mut(GROUP * view.columns)
            .enumerate()
        {
            let first = group * GROUP;
            for row in 0..GROUP.min(view.rows - first) {
                let from = &view.numbers[(first + row) * view.down..];
                let numbers = from.iter().step_by(view.across).take(view.columns);
                for (packed, number) in packed.chunks_exact_mut(GROUP).zip(numbers) {
                    packed[row] = *number;
                }
            }
        }
    }
}

/// Computes the products of all rows of the left side with all of the right into `out`, a line of `line` numbers for each
/// row of the left side, of which as many are written as the right side has rows.
pub(crate) fn multiply(left: &Left, right: &Right, out: &mut [f32], line: usize) {
    debug_assert_eq!(left.columns, right.columns);
    if left.columns == 0 {
        return;
    }
    let sides = Sides {
        left: &left.numbers,
        right: &right.numbers,
        rows: left.rows,
        columns: right.rows,
        depth: left.columns,
    };
    products(sides, out, line);
}

#[derive(Clone, Copy)]
struct Sides<'a> {
    left: &'a [f32],
    right: &'a [f32],
    /// Rows and columns of the result.
    rows: usize,
    columns: usize,
    depth: usize,
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+fma", "x86_64+avx2+fma"))]
fn products(sides: Sides<'_>, out: &mut [f32], line: usize) {
    const FUSED: bool = target_cfg_f!(target_feature = "fma") || cfg!(target_arch = "aarch64");
    let Sides {
        left,
        right,
        rows,
        columns,
        depth,
    } = sides;
    for first in (0..depth).step_by(DEPTH) {
        let last = (first + DEPTH).min(depth);
        for (part, lefts) in left.chunks(GROUPS * LEFT * depth).enumerate() {
            for (group, right) in right.chunks_exact(RIGHT * depth).enumerate() {
                let right = &right[first * RIGHT..last * RIGHT];
                let column = group * RIGHT;
                let width = RIGHT.min(columns - column);
                for (at, left) in lefts.chunks_exact(LEFT * depth).enumerate() {
                    let sums = product::<FUSED>(&left[first * LEFT..last * LEFT], right);
                    let row = (part * GROUPS + at) * LEFT;
                    for (i, sums) in sums.iter().enumerate().take(rows - row) {
                        let out = &mut out[(row + i) * line + column..][..width];
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
fn product<const FUSED: bool>(left: &[f32], right: &[f32]) -> [[f32; RIGHT]; LEFT] {
    let mut sums = [[0.0_f32; RIGHT]; LEFT];
    let (left, _) = left.as_chunks::<LEFT>();
    let (right, _) = right.as_chunks::<RIGHT>();
    for (left, right) in left.iter().zip(right) {
        for i in 0..LEFT {
            for j in 0..RIGHT {
                // Without the instruction, a fused operation is a call of a function.
                sums[i][j] = match FUSED {
                    true => left[i].mul_add(right[j], sums[i][j]),
                    false => sums[i][j] + left[i] * right[j],
                };
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_the_definition_whatever_the_sizes() {
        for (rows, columns, depth) in [
            (1, 1, 1),
            (6, 16, 4),
            (7, 17, 300),
            (250, 5, 513),
            (13, 40, 256),
        ] {
            let number = |i: usize| (i * 7919 % 31) as f32 - 15.0;
            let left: Vec<f32> = (0..rows * depth).map(number).collect();
            let right: Vec<f32> = (0..columns * depth).map(|i| number(i + 5)).collect();
            let (mut packed, mut other) = (Left::default(), Right::default());
            packed.pack(View::of_rows(&left, depth));
            other.pack(View::of_rows(&right, depth));
            let line = columns + 3;
            let mut out = vec![77.0; rows * line];
            multiply(&packed, &other, &mut out, line);
            for (row, out) in out.chunks(line).enumerate() {
                for (column, out) in out.iter().enumerate() {
                    let pairs = || {
                        left[row * depth..][..depth]
                            .iter()
                            .zip(&right[column * depth..][..depth])
                    };
                    // Small whole numbers: sums are exact.
                    let expected = match column < columns {
                        true => pairs().map(|(a, b)| a * b).sum(),
                        false => 77.0,
                    };
                    assert_eq!(*out, expected, "{rows} {columns} {depth}: {row} {column}");
                }
            }
        }
    }

    #[test]
    fn a_matrix_is_packed_from_where_it_lies_turned_or_not() {
        let numbers: Vec<f32> = (0..12_u8).map(f32::from).collect();
        let mut packed = Packed::<2>::default();
        packed.pack(View {
            numbers: &numbers[1..],
            rows: 3,
            columns: 2,
            down: 4,
            across: 1,
        });
        assert_eq!(packed.numbers, [1.0, 5.0, 2.0, 6.0, 9.0, 0.0, 10.0, 0.0]);
        packed.pack(View {
            numbers: &numbers[1..],
            rows: 2,
            columns: 3,
            down: 1,
            across: 4,
        });
        assert_eq!(packed.numbers, [1.0, 2.0, 5.0, 6.0, 9.0, 10.0]);
    }
}
