//! What tests, the demo and benchmarks need, and the shipped program never does; and what a backend of somebody
//! else's is tested with (`docs/writing-a-backend.md`).
//!
//! * [`conformance`]: what every backend must do, as tests that a backend gets by naming its [`Fixture`]
//! * [`strict`]: a backend in memory, harsher than any real one
//! * [`sample`], [`finding`]: memories to test with, and searches by vector alone and by words alone
//! * [`probes`]: thousands of attempts to get at another scope's memories
//! * [`operations`]: random sequences of calls, compared with what a map would do (`naive`, asked by `question`)
//! * `postgres`: a private PostgreSQL with pgvector, fetched if none is installed, gone when its owner is; a
//!   feature, on by default
//! * [`signals`]: programs that hear them, whatever the test was started to ignore
//! * [`terminal`]: a program on a terminal, and what a person types
//! * `wheels`: packages of PyPI that tests need, with the same feature
//! * [`corpus`]: data directories of any size, clean or as odd as real ones, the same for the same seed
//!
//! Behind them: `fixture`, what a backend brings to be tested; `memories`, calls that are expected to succeed;
//! `documents`, what chunks are pieces of; `scoring`, how well a memory answers; `rng`, random numbers from a seed.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test kit fails by panicking, with a message that says what to do"
)]

pub mod conformance;
pub mod corpus;
mod documents;
pub mod finding;
mod fixture;
mod memories;
mod naive;
pub mod operations;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod probes;
mod question;
mod rng;
pub mod sample;
mod scoring;
pub mod signals;
pub mod strict;
pub mod terminal;
#[cfg(feature = "postgres")]
pub mod wheels;

pub use fixture::{Fixture, Other};

/// What the page for those who write a backend shows is compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/writing-a-backend.md")]
mod writing_a_backend {}
