//! What can be wrong with one record.

use std::fmt;

/// Why a record is refused, in a word that programs can match on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The element of the array is no JSON object.
    NotAnObject,
    /// A required field is absent or null.
    MissingField,
    /// A field holds another type than it must.
    WrongType,
    /// A field holds a word that is not among those it may hold.
    UnknownWord,
    /// A number lies outside its range.
    OutOfRange,
    /// A text is no point in time.
    BadTime,
    /// The id is empty, too long, or holds what a database cannot store.
    BadId,
    /// The source is not `[a-z0-9_-]{1,32}`.
    BadSource,
    /// A text is longer than it may be.
    TooLong,
    /// The record is stamped with another owner.
    ForeignScope,
    /// An earlier record has the same id.
    DuplicateId,
    /// The vector holds NaN or an infinity.
    VectorNotFinite,
    /// A chunk's document is not there.
    NoDocument,
    /// The target was told to forget it.
    Forgotten,
}

impl Reason {
    /// Returns the reason code, as in `rejects.jsonl`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAnObject => "not_an_object",
            Self::MissingField => "missing_field",
            Self::WrongType => "wrong_type",
            Self::UnknownWord => "unknown_word",
            Self::OutOfRange => "out_of_range",
            Self::BadTime => "bad_time",
            Self::BadId => "bad_id",
            Self::BadSource => "bad_source",
            Self::TooLong => "too_long",
            Self::ForeignScope => "foreign_scope",
            Self::DuplicateId => "duplicate_id",
            Self::VectorNotFinite => "vector_not_finite",
            Self::NoDocument => "no_document",
            Self::Forgotten => "forgotten",
        }
    }
}

/// What is wrong with one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The kind of fault.
    pub reason: Reason,
    /// What was found, and what was expected.
    pub message: String,
}

impl Flaw {
    /// Makes a flaw with its message.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
        }
    }

    /// Makes the flaw of a record whose id an earlier one has.
    #[must_use]
    pub fn repeated(id: &str) -> Self {
        Self::new(
            Reason::DuplicateId,
            format!("an earlier row has the id {id:?}"),
        )
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
