//! The steps of making what search reads, for whoever waits.

use crate::model::Kind;

/// What `index` is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexStep {
    /// Memories are entered into the keyword index, the old or the new; so many are done.
    Words {
        /// Nodes or episodes.
        kind: Kind,
        /// How many are done.
        done: u64,
        /// Of how many.
        of: u64,
    },
    /// Vectors that search reads are compared with the full ones.
    HalfPrecision {
        /// Nodes or episodes.
        kind: Kind,
        /// How many memories are done.
        done: u64,
        /// Of how many.
        of: u64,
    },
    /// The blocks of the keyword index are merged.
    Merging {
        /// Nodes or episodes.
        kind: Kind,
    },
    /// The server builds the index of the vectors.
    Vectors {
        /// Nodes or episodes.
        kind: Kind,
        /// How many are done.
        done: u64,
        /// Of how many.
        of: u64,
    },
}
