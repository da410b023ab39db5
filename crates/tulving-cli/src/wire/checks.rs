//! Checks, and how they went.

use serde::Serialize;

/// `tulving doctor`
#[derive(Debug, Serialize)]
pub struct Checks {
    /// Whether none failed.
    pub ok: bool,
    /// Each of them, in the order in which they were made.
    pub checks: Vec<Check>,
}

/// One check.
#[derive(Debug, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// `ok`, `warn` or `fail`.
    pub status: &'static str,
    /// What was seen.
    pub detail: String,
    /// What to do about it.
    pub hint: Option<String>,
}
