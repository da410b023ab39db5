//! The narrower type that vectors may be rounded to.

use clap::ValueEnum;

/// The type that vectors are rounded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Cast {
    /// 32-bit floats
    F32,
}
