//! Forgetting: memories are erased for good, and their absence is proved.
//!
//! | module | holds |
//! |---|---|
//! | `selection` | what is to be forgotten |
//! | `forgetting` | the course: tombstones, erasure, purge, scan |
//! | `reading` | what is read of it before: needles, keys, and cached vectors |
//! | `unfinished` | what is kept of it until it is proved |
//! | `certificate` | what was done, searched and not found, and what is beyond reach |

mod certificate;
mod forgetting;
mod reading;
mod selection;
mod unfinished;

pub use certificate::{Certificate, Sealed, Searched, SearchedPlace};
pub use forgetting::{ForgetStep, Forgetting, Proof};
pub use selection::Selection;
