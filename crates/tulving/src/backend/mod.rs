//! Where memory lives: files, or PostgreSQL.

pub mod file;
pub mod postgres;
