//! The parts of a record: all of it, or what does not change while a memory is used.

/// Which fields of a record are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What was said and what is known of it.
    Content,
    /// The live fields as well: access counts and clusters, which change while a memory is used.
    Everything,
}
