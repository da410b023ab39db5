//! Moving a scope's memory from one backend to another, and proving that it arrived.

mod progress;

pub use progress::{Phase, Progress, Silent};
