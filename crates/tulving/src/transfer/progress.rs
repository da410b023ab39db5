//! Progress: what a long operation reports.

/// The parts of a migration or a verification, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Files are opened, rows counted, work cut.
    Plan,
    /// Every row is read and checked; nothing is written.
    Validate,
    /// Rows are written.
    Copy,
    /// Every row is read back and compared with the source.
    Verify,
}

impl Phase {
    /// Returns the word shown to people and kept in the ledger.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Validate => "validate",
            Self::Copy => "copy",
            Self::Verify => "verify",
        }
    }
}

/// Receives the course of a long operation. Calls come from several tasks at once.
pub trait Progress: Send + Sync {
    /// Notes that a phase begins; `rows` is how many rows it will go through, where that is known.
    fn phase(&self, phase: Phase, rows: Option<u64>);

    /// Notes that so many rows of the present phase were done by an earlier session, and take no time
    /// in this.
    fn resumed(&self, rows: u64);

    /// Notes that so many more rows of the present phase are done.
    fn advance(&self, rows: u64);

    /// Passes on a remark for a person, such as "resuming run …".
    fn note(&self, text: &str);
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn phase(&self, _: Phase, _: Option<u64>) {}
    fn resumed(&self, _: u64) {}
    fn advance(&self, _: u64) {}
    fn note(&self, _: &str) {}
}
