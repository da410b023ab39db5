//! What search reads and is not as it should be.

use std::fmt;

use crate::model::Kind;

/// Something that search reads and that is not as the memories say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Amiss {
    /// The number of memories in the keyword index.
    Documents {
        /// Nodes or episodes.
        kind: Kind,
        /// How many are counted.
        counted: u64,
        /// How many there are.
        there: u64,
    },
    /// The number of their words.
    Words {
        /// Nodes or episodes.
        kind: Kind,
        /// How many are counted.
        counted: u64,
        /// How many there are.
        there: u64,
    },
    /// The number that the next memory would get is another's.
    Numbers {
        /// Nodes or episodes.
        kind: Kind,
    },
    /// Blocks of postings that hold something else.
    Unreadable {
        /// Nodes or episodes.
        kind: Kind,
        /// How many.
        blocks: u64,
    },
    /// Postings of memories that are gone, and not known to be.
    Gone {
        /// Nodes or episodes.
        kind: Kind,
        /// Of how many memories.
        memories: u64,
    },
    /// Memories whose postings are not those of their texts.
    Texts {
        /// Nodes or episodes.
        kind: Kind,
        /// How many.
        memories: u64,
        /// The id of one.
        first: String,
    },
    /// Vectors that search reads.
    Vectors {
        /// Nodes or episodes.
        kind: Kind,
        /// Memories with a vector that lack it.
        lacking: u64,
        /// Memories for which it is another.
        differing: u64,
        /// Vectors of no memory.
        surplus: u64,
    },
}

impl fmt::Display for Amiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |count: u64, kind: Kind| match count {
            1 => format!("1 {}", kind.as_str()),
            _ => format!("{count} {}", kind.plural()),
        };
        match self {
            Self::Documents {
                kind,
                counted,
                there,
            } => write!(
                f,
                "{} counted in the keyword index, {there} there",
                of(*counted, *kind)
            ),
            Self::Words {
                kind,
                counted,
                there,
            } => write!(
                f,
                "{counted} words of {} counted, {there} there",
                kind.plural()
            ),
            Self::Numbers { kind } => write!(
                f,
                "the next of the {} would get a number that another has",
                kind.plural()
            ),
            Self::Unreadable { kind, blocks } => {
                let word = if *blocks == 1 { "block" } else { "blocks" };
                write!(
                    f,
                    "{blocks} damaged {word} in the keyword index of {}",
                    kind.plural()
                )
            }
            Self::Gone { kind, memories } => {
                write!(f, "words of {} that are gone", of(*memories, *kind))
            }
            Self::Texts {
                kind,
                memories,
                first,
            } => write!(
                f,
                "{} with other words than the text has, such as {first:?}",
                of(*memories, *kind)
            ),
            Self::Vectors {
                kind,
                lacking,
                differing,
                surplus,
            } => write!(
                f,
                "vectors of {}: {lacking} lacking, {differing} differing, {surplus} of no memory",
                kind.plural()
            ),
        }
    }
}
