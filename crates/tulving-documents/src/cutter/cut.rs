//! How large chunks are.

/// How large chunks are. Tokens are what the function says that is given to [`Document::cut`](crate::Document::cut).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The most tokens of a chunk with the headings above it; below 32 it counts as 32.
    pub budget: usize,
    /// The most tokens of whole sentences that a chunk repeats from the one before it, if both are under one
    /// heading; at most a quarter of the budget.
    pub overlap: usize,
}

impl Default for Cut {
    fn default() -> Self {
        Self {
            budget: 256,
            overlap: 32,
        }
    }
}
