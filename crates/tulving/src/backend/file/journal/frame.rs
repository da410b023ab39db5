//! The frames of a log: one is one acknowledged write.
//!
//! A frame is a mark of four bytes, the length of its payload (u32), how long the log was known to
//! be durable when the frame was made (u64), the first 16 bytes of a SHA-256, and the payload;
//! numbers in little endian. The hash covers the log's salt and the frame's offset too, so that a
//! frame is valid in one place of one log alone, and nothing that a memory says can pass for one.

use std::ops::Range;

use sha2::{Digest, Sha256};

const MARK: [u8; 4] = *b"TLVf";

/// Bytes of a frame before its payload.
pub(super) const HEAD: usize = 32;

/// The largest payload that is taken.
pub(crate) const LARGEST: usize = 256 << 20;

/// Random bytes that tell one log's frames from another's.
pub(super) type Salt = [u8; 16];

/// What a stretch of a log holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scan {
    /// Where the payloads of its valid frames lie, from the start of the stretch.
    pub(super) payloads: Vec<Range<usize>>,
    /// Where the valid frames end, from the start of the stretch.
    pub(super) end: usize,
    /// What follows them.
    pub(super) tail: Tail,
}

/// What follows the valid frames of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    /// Nothing.
    Clean,
    /// What was left of a write that was never acknowledged.
    Torn,
    /// Something that a later frame vouches for.
    Damaged,
}

/// Appends a frame that will stand at `offset` of its log, to bytes that begin there.
pub(super) fn append(salt: &Salt, offset: u64, durable: u64, payload: &[u8], out: &mut Vec<u8>) {
    // Callers keep to `LARGEST`; a longer one would fail its checksum.
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    out.extend(MARK);
    out.extend(length.to_le_bytes());
    out.extend(durable.to_le_bytes());
    out.extend(checksum(salt, offset, durable, payload));
    out.extend(payload);
}

/// Finds the frames in `bytes`, which begin at `start` of the log of that salt, right behind a
/// frame or the log's header.
pub(super) fn scan(salt: &Salt, start: u64, bytes: &[u8]) -> Scan {
    let mut payloads = Vec::new();
    let mut end = 0;
    while let Some(frame) = frame_at(salt, start, bytes, end) {
        end = frame.payload.end;
        payloads.push(frame.payload);
    }
    let tail = if end == bytes.len() {
        Tail::Clean
    } else if vouched_for(salt, start, bytes, end) {
        Tail::Damaged
    } else {
        Tail::Torn
    };
    Scan {
        payloads,
        end,
        tail,
    }
}

struct Frame {
    payload: Range<usize>,
    durable: u64,
}

fn frame_at(salt: &Salt, start: u64, bytes: &[u8], at: usize) -> Option<Frame> {
    let head = bytes.get(at..)?.get(..HEAD)?;
    let (mark, rest) = head.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (durable, sum) = rest.split_first_chunk::<8>()?;
    let length = u32::from_le_bytes(*length) as usize;
    if *mark != MARK || length > LARGEST {
        return None;
    }
    let durable = u64::from_le_bytes(*durable);
    let payload = at + HEAD..at + HEAD + length;
    let content = bytes.get(payload.clone())?;
    (checksum(salt, start + at as u64, durable, content) == *sum)
        .then_some(Frame { payload, durable })
}

/// Returns whether a later frame was written when the log was durable beyond `bad`. Frames of one group
/// are made durable together, in no order: a hole before one of the same group is no damage.
fn vouched_for(salt: &Salt, start: u64, bytes: &[u8], bad: usize) -> bool {
    let later = &bytes[bad..];
    memchr::memmem::find_iter(later, &MARK).any(|at| {
        frame_at(salt, start, bytes, bad + at)
            .is_some_and(|frame| frame.durable > start + bad as u64)
    })
}

fn checksum(salt: &Salt, offset: u64, durable: u64, payload: &[u8]) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(offset.to_le_bytes());
    hash.update(durable.to_le_bytes());
    hash.update((payload.len() as u64).to_le_bytes());
    hash.update(payload);
    let whole: [u8; 32] = hash.finalize().into();
    let mut sum = [0; 16];
    sum.copy_from_slice(&whole[..16]);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: Salt = [7; 16];
    const START: u64 = 100;

    /// Groups of payloads; each group is written when all before it is durable.
    fn log(groups: &[&[&[u8]]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for group in groups {
            let durable = START + bytes.len() as u64;
            for payload in *group {
                append(
                    &SALT,
                    START + bytes.len() as u64,
                    durable,
                    payload,
                    &mut bytes,
                );
            }
        }
        bytes
    }

    fn found(bytes: &[u8]) -> (Vec<&[u8]>, Tail) {
        let scan = scan(&SALT, START, bytes);
        let payloads = scan.payloads.into_iter().map(|range| &bytes[range]);
        (payloads.collect(), scan.tail)
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = log(&[&[b"one", b""], &[b"three"]]);
        let expected: [&[u8]; 3] = [b"one", b"", b"three"];
        assert_eq!(found(&bytes), (expected.to_vec(), Tail::Clean));
        assert_eq!(found(b""), (vec![], Tail::Clean));
    }

    #[test]
    fn a_log_cut_at_any_byte_of_its_last_frame_keeps_all_before_it() {
        let whole = log(&[&[b"one"], &[b"two"]]);
        let first = log(&[&[b"one"]]).len();
        for len in first + 1..whole.len() {
            assert_eq!(
                found(&whole[..len]),
                (vec![&b"one"[..]], Tail::Torn),
                "{len}"
            );
        }
    }

    #[test]
    fn a_bit_that_flips_before_a_later_write_is_damage() {
        let whole = log(&[&[b"one"], &[b"two"], &[b"three"]]);
        let last = log(&[&[b"one"], &[b"two"]]).len();
        for bit in 0..last * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(found(&bytes).1, Tail::Damaged, "bit {bit}");
        }
        for bit in last * 8..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let expected = (vec![&b"one"[..], b"two"], Tail::Torn);
            assert_eq!(found(&bytes), expected, "bit {bit}");
        }
    }

    #[test]
    fn a_hole_in_a_group_that_was_never_durable_is_torn() {
        let mut bytes = log(&[&[b"one"], &[b"two", b"three", b"four"]]);
        let first = log(&[&[b"one"]]).len();
        bytes[first..first + 20].fill(0);
        assert_eq!(found(&bytes), (vec![&b"one"[..]], Tail::Torn));
    }

    #[test]
    fn a_frame_is_valid_in_its_own_place_of_its_own_log_alone() {
        let inner = log(&[&[b"two"]]);
        let bytes = log(&[&[&inner], &[&inner]]);
        assert_eq!(
            scan(&SALT, START + HEAD as u64, &bytes[HEAD..]).payloads,
            []
        );
        assert_eq!(scan(&[8; 16], START, &bytes).payloads, []);
        assert_eq!(scan(&SALT, START + 1, &bytes).payloads, []);
    }
}
