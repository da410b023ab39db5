//! Long-term memory for AI assistants.

pub mod backend;
pub mod json;
pub mod transfer;
