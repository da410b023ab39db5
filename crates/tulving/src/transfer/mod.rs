//! Moving a scope's memory from one backend to another, and proving that it arrived.

mod cancel;
mod progress;

pub use cancel::Cancel;
pub use progress::{Phase, Progress, Silent};
