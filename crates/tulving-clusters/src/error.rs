//! Why there is no clustering.

use std::{error, fmt};

/// Why there is no clustering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClusterError {
    /// It was stopped by who looked on.
    Cancelled,
    /// The numbers are not whole vectors of this dimension.
    Shape {
        /// How many numbers there are.
        numbers: usize,
        /// The dimension.
        dim: usize,
    },
}

impl fmt::Display for ClusterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("clustering was stopped before it was done"),
            Self::Shape { numbers, dim } => {
                write!(
                    f,
                    "{numbers} numbers are not whole vectors of {dim} dimensions"
                )
            }
        }
    }
}

impl error::Error for ClusterError {}
