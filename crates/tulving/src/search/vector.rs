//! The vector arm: cosine similarity, and an exact search for the nearest vectors.

mod compact;
mod kernel;
mod nearest;

pub use compact::{Compact, CompactError};
pub use nearest::Allowed;

/// The cosine of the angle between two vectors, −1 to 1. 0 if either is zero, holds a number that is
/// not finite, or has another length than the other.
///
/// The same on every machine to the last bit: sums are in double precision and in a fixed order.
#[must_use]
pub fn similarity(a: &[f32], b: &[f32]) -> f64 {
    if a.len() != b.len() {
        return 0.0;
    }
    let [dot, a, b] = kernel::products(a, b);
    // A square of an f32 never underflows in an f64, nor does a sum of them overflow. The roots are
    // taken apart: the product of the squares could do both.
    let cosine = dot / (a.sqrt() * b.sqrt());
    if cosine.is_finite() {
        cosine.clamp(-1.0, 1.0)
    } else {
        0.0
    }
}
