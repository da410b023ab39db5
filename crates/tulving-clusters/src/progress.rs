//! How far a clustering is, and that it was stopped.

use std::ops::ControlFlow;

/// How far a clustering is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many searches for neighbours were finished before this one. The first takes the longest; how many follow
    /// depends on the vectors.
    pub search: usize,
    /// How many parts of this search are done.
    pub done: usize,
    /// Of how many.
    pub of: usize,
}

/// Is told how far a clustering is, by whichever thread did something, and says whether it goes on.
pub type Watch<'a> = &'a (dyn Fn(Progress) -> ControlFlow<()> + Sync);
