//! The journal: a write-ahead log of what is not yet part of the base, the directory's own files.
//!
//! | module | holds |
//! |---|---|
//! | [`folder`] | where logs are, and which of them there are |
//! | [`log`] | one log on disk: appending frames, and reading them |
//! | [`header`] | its header, with the fingerprint of the base that it changes |
//! | [`frame`] | frames, of which one is one acknowledged write |
//! | [`operation`] | what a frame says: put, delete, touch |
//! | [`replay`] | applying frames again, the same for every reader of the log |

mod folder;
mod frame;
mod header;
mod log;
mod operation;
mod replay;

pub(super) use folder::{folder, generations, log_path};
pub(super) use frame::LARGEST;
pub(super) use header::{BaseFile, Header};
pub(super) use log::{Frames, Log};
pub(super) use operation::{Decoded, Operation, encode};

/// Looks through bytes as through a log that begins with them, and through a log that holds them,
/// damaged in one place that they name. Nothing is made of what is found: it is there for a fuzzer.
#[doc(hidden)]
pub fn explore(bytes: &[u8]) {
    let path = std::path::Path::new("journal");
    let _ = Header::decode(path, bytes);
    let _ = operation::decode(0, bytes);
    let salt = [0; 16];
    for payload in frame::scan(&salt, 0, bytes).payloads {
        let _ = operation::decode(payload.start as u64, &bytes[payload]);
    }
    let Some((place, rest)) = bytes.split_first_chunk::<4>() else {
        return;
    };
    let mut log = Vec::new();
    let payloads: Vec<&[u8]> = rest.chunks(64).collect();
    for payload in &payloads {
        let offset = log.len() as u64;
        frame::append(&salt, offset, offset, payload, &mut log);
    }
    let place = u32::from_le_bytes(*place) as usize;
    if let Some(byte) = log.get_mut(place) {
        *byte ^= 1;
    }
    let found = frame::scan(&salt, 0, &log).payloads;
    let is_prefix = found.len() <= payloads.len()
        && (found.into_iter().zip(payloads)).all(|(range, payload)| log[range] == *payload);
    assert!(is_prefix, "a damaged log gives what was never written");
}
