//! The journal: writes that are durable before they are part of the base.
//!
//! A log is a header that binds it to the files that it changes ([`binding`]), then one frame for
//! every write ([`frame`]), each holding operations ([`operation`]). [`log`] reads and appends.

mod binding;
mod frame;
mod log;
mod medium;
mod operation;

pub(super) use binding::{Bound, Header};
pub(super) use frame::LARGEST;
pub(super) use log::{Log, Tidings};
pub(super) use operation::{Decoded, Operation, decode, encode};

/// Looks through bytes as through a log that begins with them, and through a log that holds them,
/// damaged in one place that they name. Nothing is made of what is found: it is there for a fuzzer.
#[doc(hidden)]
pub fn explore(bytes: &[u8]) {
    let path = std::path::Path::new("journal");
    let _ = Header::decode(path, bytes);
    let _ = decode(bytes);
    let salt = [0; 16];
    for payload in frame::scan(&salt, 0, bytes).payloads {
        let _ = decode(&bytes[payload]);
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
