//! Long-term memory for AI assistants.

pub mod transfer;
