//! How far two directions are apart, as a whole number.

/// How far two directions are apart: a millionth for each that their cosine is less than one. Whole numbers, because
/// differences beyond the precision of the vectors must not decide anything.
pub(crate) type Distance = u32;

/// Parts of a cosine.
const PARTS: f32 = 1e6;

/// Returns the distance for a cosine.
pub(crate) fn of_cosine(cosine: f32) -> Distance {
    // From a float to a whole number is within the bounds of that, so below zero is zero.
    ((1.0 - cosine) * PARTS).round() as Distance
}

/// Returns a cosine below which the distance is greater, just about: never one that is too high.
pub(crate) fn to_cosine(distance: Distance) -> f32 {
    1.0 - (distance as f32 + 1.5) / PARTS
}

/// Returns the length of the straight line between two points at this distance on the unit sphere.
pub(crate) fn length(distance: Distance) -> f64 {
    (2.0 * f64::from(distance) / f64::from(PARTS)).sqrt()
}

/// Returns the distance of two points on the unit sphere with a straight line of this length between them.
pub(crate) fn of_length(length: f32) -> Distance {
    (length * length / 2.0 * PARTS).round() as Distance
}
