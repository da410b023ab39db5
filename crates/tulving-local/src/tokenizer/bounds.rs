//! Bounds: how much is done, and where a text may be cut.

/// The most steps of a normalizer or a splitter: each of those known has fewer than ten.
pub(super) const MOST_STEPS: usize = 32;

/// Returns where the last character begins that is not beyond this byte.
pub(super) fn boundary(text: &str, at: usize) -> usize {
    let mut places = (0..=at.min(text.len())).rev();
    places.find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}
