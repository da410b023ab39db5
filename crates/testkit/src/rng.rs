//! Pseudo-random numbers that are the same on every machine: integers and exact arithmetic only.

/// `SplitMix64`.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    /// One stream of many: equal arguments give equal numbers.
    pub(crate) fn new(seed: u64, purpose: u64, index: usize) -> Self {
        let mut rng = Self(seed);
        for part in [purpose, index as u64] {
            let mixed = rng.next() ^ part.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            rng = Self(mixed);
        }
        rng
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    pub(crate) fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// In [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Nearly normal, mean 0 and deviation 1: the sum of twelve uniform numbers.
    pub(crate) fn normal(&mut self) -> f32 {
        let mut sum = 0;
        for _ in 0..3 {
            sum += halves(self.next());
        }
        (f64::from(sum) / 65536.0 - 6.0) as f32
    }

    /// Roughly normal and a third of the price: the sum of four.
    pub(crate) fn noise(&mut self) -> f32 {
        const DEVIATION: f32 = 37837.0; // 65536 · √(4/12)
        (halves(self.next()) as f32 - 131_070.0) / DEVIATION
    }
}

/// The sum of the four 16-bit parts.
fn halves(bits: u64) -> u32 {
    (0..4)
        .map(|part| (bits >> (16 * part)) as u32 & 0xFFFF)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_mean_0_and_deviation_1() {
        for draw in [Rng::normal, Rng::noise] {
            let mut rng = Rng::new(1, 2, 3);
            let numbers: Vec<f64> = (0..100_000).map(|_| f64::from(draw(&mut rng))).collect();
            let mean = numbers.iter().sum::<f64>() / 1e5;
            let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 1e5;
            assert!(
                mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02,
                "{mean} {variance}"
            );
        }
    }
}
