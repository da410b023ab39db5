//! A fault of a disk.

/// When an operation fails, and how. Operations are counted from the first that the disk was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    pub(super) at: usize,
    pub(super) for_good: bool,
    pub(super) is_full: bool,
    pub(super) fits: usize,
}

impl Fault {
    /// Makes a fault: there is no room for what makes a file longer, or is new.
    pub(crate) fn full(at: usize) -> Self {
        Self {
            at,
            for_good: false,
            is_full: true,
            fits: 0,
        }
    }

    /// Makes a fault: the operation fails, whatever it is.
    pub(crate) fn broken(at: usize) -> Self {
        Self {
            is_full: false,
            ..Self::full(at)
        }
    }

    /// Lets so many bytes of a write that fails be written.
    pub(crate) fn after(self, fits: usize) -> Self {
        Self { fits, ..self }
    }

    /// Lets all later operations fail too.
    pub(crate) fn for_good(self) -> Self {
        Self {
            for_good: true,
            ..self
        }
    }
}
