//! The crate from outside: vectors beside those of the Python libraries, directories as they are found, and as they should
//! not be.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod forms;
mod reference;
mod refusals;
mod steadiness;
mod tensors;
mod tiny;
