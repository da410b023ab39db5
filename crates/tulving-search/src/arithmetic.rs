//! Logarithm and power from exact operations alone. Those of the standard library come from the
//! machine's own mathematics library and may differ in the last bit from one system to the next;
//! scores may not.

use std::f64::consts::{LN_2, SQRT_2};

/// Returns the natural logarithm of a positive, normal number; within a few units of the last place.
pub(super) fn ln(x: f64) -> f64 {
    // x = mantissa · 2^exponent, with the mantissa near 1, where the series is short.
    let bits = x.to_bits();
    let mut exponent = f64::from(((bits >> 52) & 0x7ff) as u16) - 1023.0;
    let mut mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    if mantissa > SQRT_2 {
        mantissa /= 2.0;
        exponent += 1.0;
    }
    // ln m = 2 artanh((m − 1) / (m + 1)), and that ratio is below 0.172.
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let square = ratio * ratio;
    let series = (0..12)
        .rev()
        .fold(0.0, |sum, n| sum * square + 1.0 / f64::from(2 * n + 1));
    2.0 * ratio * series + exponent * LN_2
}

/// Returns 2 to the power of `−x`, for x from 0; 0 from 1,000 on, 1 below 0 and for NaN.
pub(super) fn half_power(x: f64) -> f64 {
    if x >= 1000.0 {
        return 0.0;
    }
    let x = x.max(0.0);
    let whole = x.floor();
    let power = (whole - x) * LN_2;
    // e^power for a power from −0.7 to 0.
    let series = (1..20)
        .rev()
        .fold(1.0, |sum, n| 1.0 + sum * power / f64::from(n));
    (0..whole as u32).fold(series, |value, _| value / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_and_powers_are_right() {
        for x in [1e-9_f64, 0.5, 0.7, 1.0, 1.41, 1.42, 1.99, 2.0, 3.3, 1e300] {
            assert!((ln(x) - x.ln()).abs() <= 1e-14 * x.ln().abs(), "{x}");
        }
        for x in [0.0_f64, 0.1, 0.5, 1.0, 7.3, 100.9] {
            let expected = (-x).exp2();
            assert!((half_power(x) - expected).abs() <= 1e-14 * expected, "{x}");
        }
        assert_eq!(half_power(f64::INFINITY), 0.0);
        assert_eq!((half_power(-0.5), half_power(f64::NAN)), (1.0, 1.0));
    }
}
