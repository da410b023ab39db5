//! What is computed number by number: exponentials, softmax, GELU, normalisation. Approximations in f32 that are as exact
//! as f32 is, of plain operations, so that the compiler takes many numbers at a time.

use multiversion::multiversion;

use crate::config::Activation;

/// Numbers that are added up side by side.
const LANES: usize = 16;

/// Makes weights of scores: positive, and 1 in sum.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+fma", "x86_64+avx2+fma"))]
pub(crate) fn softmax(scores: &mut [f32]) {
    let highest = highest(scores);
    for score in &mut *scores {
        *score = exp(*score - highest);
    }
    let sum = sum(scores, |score| score);
    for score in scores {
        *score /= sum;
    }
}

/// Adds a bias to each row, and applies the activation.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+fma", "x86_64+avx2+fma"))]
pub(crate) fn activate(rows: &mut [f32], bias: &[f32], activation: Activation) {
    for row in rows.chunks_exact_mut(bias.len()) {
        let numbers = row.iter_mut().zip(bias);
        match activation {
            Activation::Gelu => numbers.for_each(|(x, bias)| *x = gelu(*x + bias)),
            Activation::GeluTanh => numbers.for_each(|(x, bias)| *x = gelu_tanh(*x + bias)),
            Activation::Relu => numbers.for_each(|(x, bias)| *x = (*x + bias).max(0.0)),
        }
    }
}

/// Adds a bias to each row.
pub(crate) fn add_bias(rows: &mut [f32], bias: &[f32]) {
    for row in rows.chunks_exact_mut(bias.len()) {
        for (x, bias) in row.iter_mut().zip(bias) {
            *x += bias;
        }
    }
}

/// What a row is brought to: mean and spread of each number.
#[derive(Debug)]
pub(crate) struct Norm {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    pub(crate) epsilon: f32,
}

/// Normalises each row.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+fma", "x86_64+avx2+fma"))]
pub(crate) fn normalise(rows: &mut [f32], norm: &Norm) {
    let width = norm.weight.len();
    for row in rows.chunks_exact_mut(width) {
        let mean = sum(row, |x| x) / width as f32;
        let squares = sum(row, |x| (x - mean) * (x - mean));
        let scale = 1.0 / (squares / width as f32 + norm.epsilon).sqrt();
        for ((x, weight), bias) in row.iter_mut().zip(&norm.weight).zip(&norm.bias) {
            *x = (*x - mean) * scale * weight + bias;
        }
    }
}

/// Adds up what a function makes of numbers, many side by side, in an order that depends on how many there are alone.
#[inline(always)]
fn sum(numbers: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = numbers.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for (lane, number) in lanes.iter_mut().zip(chunk) {
            *lane += of(*number);
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|number| of(*number)).sum::<f32>()
}

#[inline(always)]
fn highest(numbers: &[f32]) -> f32 {
    let higher = |one: f32, other: f32| if other > one { other } else { one };
    let (chunks, rest) = numbers.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for (lane, number) in lanes.iter_mut().zip(chunk) {
            *lane = higher(*lane, *number);
        }
    }
    lanes
        .iter()
        .chain(rest)
        .copied()
        .fold(f32::NEG_INFINITY, higher)
}

#[inline(always)]
fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

#[inline(always)]
fn gelu_tanh(x: f32) -> f32 {
    // 2 √(2/π)
    const FACTOR: f32 = 1.595_769;
    // (1 + tanh u) / 2 = 1 / (1 + exp(-2u))
    x / (1.0 + exp(-FACTOR * (x + 0.044_715 * x * x * x)))
}

/// The error function, to 2e-7: Abramowitz and Stegun, 7.1.26.
#[inline(always)]
fn erf(x: f32) -> f32 {
    let size = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * size);
    let sum = t
        * (0.254_829_6
            + t * (-0.284_496_74 + t * (1.421_413_7 + t * (-1.453_152 + t * 1.061_405_4))));
    (1.0 - sum * exp(-size * size)).copysign(x)
}

/// The exponential, to a few units in the last place; beyond ±87 that of ±87.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Added to a number, it leaves the nearest whole one in the lowest bits.
    const MAGIC: f32 = 12_582_912.0;
    // The logarithm of 2 in two parts, of which multiples of the first are exact.
    const HIGH: f32 = 0.693_359_4;
    const LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 87.0);
    let shifted = x * std::f32::consts::LOG2_E + MAGIC;
    let power = shifted - MAGIC;
    let r = x - power * HIGH - power * LOW;
    let series = 1.0
        + r * (1.0
            + r * (0.5
                + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0))))));
    let two_to_power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    series * two_to_power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_as_exact_as_their_numbers() {
        for i in -8_700..=8_700_i16 {
            let x = f32::from(i) / 100.0;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) / exact - 1.0).abs() < 4e-7, "exp {x}");
        }
        // Values of the error function from tables.
        for (x, exact) in [
            (0.0, 0.0),
            (0.5, 0.520_499_9),
            (1.0, 0.842_700_8),
            (-2.0, -0.995_322_3),
            (4.0, 1.0),
        ] {
            assert!((erf(x) - exact).abs() < 4e-7, "erf {x}");
        }
        for i in -800..=800_i16 {
            let x = f32::from(i) / 100.0;
            let u = f64::from(x)
                * (2.0 / std::f64::consts::PI).sqrt()
                * (1.0 + 0.044_715 * f64::from(x).powi(2));
            let exact = 0.5 * f64::from(x) * (1.0 + u.tanh());
            assert!((f64::from(gelu_tanh(x)) - exact).abs() < 2e-6, "gelu {x}");
            // The two forms differ by less than a thousandth.
            assert!((gelu_tanh(x) - gelu(x)).abs() < 1e-3, "gelu {x}");
        }
    }

    #[test]
    fn weights_are_shares_and_rows_are_normalised() {
        for length in [1, 15, 16, 17, 100] {
            let mut scores: Vec<f32> = (0..length).map(|i| (i * 37 % 11) as f32 - 80.0).collect();
            softmax(&mut scores);
            assert!((scores.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            let norm = Norm {
                weight: vec![2.0; length],
                bias: vec![1.0; length],
                epsilon: 1e-12,
            };
            let mut row: Vec<f32> = (0..length).map(|i| (i * 37 % 11) as f32).collect();
            normalise(&mut row, &norm);
            let mean = row.iter().sum::<f32>() / length as f32;
            assert!((mean - 1.0).abs() < 1e-5, "{length}: {mean}");
            let spread = row.iter().map(|x| (x - 1.0) * (x - 1.0)).sum::<f32>() / length as f32;
            assert!(
                length == 1 || (spread - 4.0).abs() < 1e-4,
                "{length}: {spread}"
            );
        }
    }
}
