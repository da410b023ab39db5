//! Why a document is not read.

use serde::{Deserialize, Serialize};

use std::fmt;

use crate::format::{Foreign, Format};
use crate::limits::Measure;

/// Why a document is not read. Each says in one sentence what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// There is nothing in it.
    Empty,
    /// It is locked with a password.
    Encrypted,
    /// It has pages, and no text on them: pictures of pages.
    NoText {
        /// How many pages.
        pages: u32,
    },
    /// It begins as its format does and goes on otherwise.
    Broken {
        /// What it was taken for.
        format: Format,
        /// What is wrong.
        detail: String,
    },
    /// It goes beyond one of the [`Limits`](crate::Limits): very large, or made to exhaust whoever reads it.
    TooLarge {
        /// Which limit.
        measure: Measure,
        /// How much is allowed.
        limit: u64,
    },
    /// It is something that is not read.
    Unsupported {
        /// What it is.
        found: Foreign,
        /// The end of its name, where that says that it is something else.
        extension: Option<String>,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there is no text in it: leave it out, or fill it"),
            Self::Encrypted => {
                f.write_str("it is encrypted: save a copy without a password, and add that")
            }
            Self::NoText { pages } => write!(
                f,
                "its {pages} pages are pictures without text: run text recognition (OCR) over it first"
            ),
            Self::Broken { format, detail } => write!(
                f,
                "it is {format}, but damaged ({detail}): open it in the program that made it, and save it anew"
            ),
            Self::TooLarge { measure, limit } => write!(
                f,
                "it has more than {limit} {measure}: split it, or check that it is what it seems to be"
            ),
            Self::Unsupported { found, extension } => {
                write!(f, "it is {found}")?;
                if let Some(extension) = extension {
                    write!(f, ", though its name ends in .{extension}")?;
                }
                write!(f, ": {}", found.advice())
            }
        }
    }
}

impl std::error::Error for Reason {}

impl Measure {
    /// Refuses what is beyond the limit.
    pub(crate) fn check(self, found: u64, limit: u64) -> Result<(), Reason> {
        if found > limit {
            return Err(Reason::TooLarge {
                measure: self,
                limit,
            });
        }
        Ok(())
    }
}
