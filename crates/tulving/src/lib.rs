//! Long-term memory for AI assistants.

pub mod json;
pub mod transfer;
