//! What tests, the demo and benchmarks need, and the shipped program never does.
//!
//! * [`postgres`]: a private PostgreSQL with pgvector, fetched if none is installed, gone when its owner is

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test kit fails by panicking, with a message that says what to do"
)]

pub mod postgres;
