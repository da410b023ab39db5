//! Scanning eight bytes at a time (SWAR) for the next one that matters.

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGH_BITS: u64 = u64::from_le_bytes([0x80; 8]);

/// Returns the length of the leading run of `bytes` that `marks` has no mark for.
///
/// `marks` is made of [`equal`] and [`below`]: it sets the high bit of each marked byte of a
/// word, of which only the lowest is relied on.
#[inline]
pub(super) fn clean_run(bytes: &[u8], marks: impl Fn(u64) -> u64) -> usize {
    let first = |word: &[u8; 8]| match marks(u64::from_le_bytes(*word)) {
        0 => None,
        found => Some(found.trailing_zeros() as usize / 8),
    };
    let (words, rest) = bytes.as_chunks();
    for (i, word) in words.iter().enumerate() {
        if let Some(at) = first(word) {
            return i * 8 + at;
        }
    }
    if rest.is_empty() {
        return bytes.len();
    }
    // The end, in one word with clean bytes before it where there are such.
    let at = match bytes.last_chunk() {
        Some(word) => first(word).map(|at| bytes.len() - 8 + at),
        None => rest.iter().position(|&byte| first(&[byte; 8]).is_some()),
    };
    at.unwrap_or(bytes.len())
}

/// Marks bytes equal to `byte`; above the lowest mark there may be false ones.
pub(super) fn equal(word: u64, byte: u8) -> u64 {
    below(word ^ (ONES * u64::from(byte)), 1)
}

/// Marks bytes below `limit` (at most 0x80); above the lowest mark there may be false ones.
pub(super) fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(ONES * u64::from(limit)) & !word & HIGH_BITS
}

/// Returns whether JSON lets the byte stand between tokens.
pub(super) fn is_whitespace(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_marked_byte_wherever_it_stands() {
        for len in 0..40 {
            for at in 0..=len {
                for marked in 0..=255 {
                    // Clean bytes next to the bounds, then marked ones.
                    let mut bytes = [0x20, 0x21, 0xED, 0xFF, 0x80].repeat(8);
                    bytes.truncate(len);
                    bytes[at..].fill(marked);
                    let is_marked = marked == b'"' || marked < 0x20;
                    let run = clean_run(&bytes, |word| equal(word, b'"') | below(word, 0x20));
                    assert_eq!(
                        run,
                        if is_marked { at } else { len },
                        "{marked:#x} of {len}"
                    );
                }
            }
        }
    }
}
