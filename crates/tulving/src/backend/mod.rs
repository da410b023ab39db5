//! Where memory lives.

pub mod file;
