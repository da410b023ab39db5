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

/// Looks through bytes as through a log that begins with them. Nothing is made of what is found: it
/// is there so that a fuzzer can try what a damaged file would do.
#[doc(hidden)]
pub fn explore(bytes: &[u8]) {
    let path = std::path::Path::new("journal");
    if let Ok((header, length)) = Header::decode(path, bytes) {
        let scan = frame::scan(&header.salt, length as u64, &bytes[length..]);
        for payload in scan.payloads {
            let _ = decode(&bytes[length..][payload]);
        }
    }
    let _ = decode(bytes);
}
