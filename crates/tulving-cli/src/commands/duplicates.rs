//! What becomes of memories that say the same as others: `--on-duplicate`, and what is told of it.

use clap::ValueEnum;
use tulving::store::{self, Duplicate};

use crate::output::count;
use crate::text::escape;

/// What becomes of a new memory that says the same as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnDuplicate {
    /// It is stored
    Keep,
    /// It is not stored
    Skip,
    /// It is stored, with the tag `same-as:ID` (in `processes`)
    Link,
}

impl From<OnDuplicate> for store::OnDuplicate {
    fn from(what: OnDuplicate) -> Self {
        match what {
            OnDuplicate::Keep => Self::Keep,
            OnDuplicate::Skip => Self::Skip,
            OnDuplicate::Link => Self::Link,
        }
    }
}

impl OnDuplicate {
    /// Returns the option as it is to be given again; nothing where it is the usual.
    pub(crate) fn again(self) -> Option<String> {
        let value = self.to_possible_value().filter(|_| self != Self::Keep)?;
        Some(format!(" --on-duplicate {}", value.get_name()))
    }

    /// Returns what became of one memory that says the same as another.
    pub(super) fn of_one(self, duplicate: &Duplicate) -> String {
        let of = escape(&duplicate.of);
        let how = match duplicate.is_near {
            true => "says nearly the same as",
            false => "says the same as",
        };
        match self {
            Self::Keep => format!("note: it {how} {of}, which is there"),
            Self::Skip => format!("note: it {how} {of}, which is there, and was not stored"),
            Self::Link => format!("note: it {how} {of}, which is there, and was linked to it"),
        }
    }

    /// Returns what became of so many.
    pub(super) fn of_many(self, duplicates: u64) -> String {
        let became = match self {
            Self::Keep => "",
            Self::Skip => ", and were not stored",
            Self::Link => ", and were linked to them",
        };
        let number = count(duplicates);
        format!(
            "note: {number} say the same as memories that are there{became}; with --json they are named"
        )
    }
}
