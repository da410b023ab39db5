//! Why something was passed over.

use std::fmt;

/// Why a file, a conversation or a record of one was passed over. Each says it in one sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// No text that a person would see.
    Empty,
    /// A conversation without its messages.
    NoMessages,
    /// The same conversation or turn came before, as new as here or newer.
    Duplicate,
    /// More bytes than [`Limits::conversation`](crate::Limits::conversation).
    TooLarge,
    /// Not the JSON or HTML that it seems to be.
    Damaged,
    /// The file ends within it.
    CutOff,
    /// A record of a known export that is no conversation: a setting, a canvas, feedback.
    NotATurn,
    /// A record of an activity log that is about another product.
    OtherProduct,
    /// What an assistant asked a part of itself, and not a person.
    SubAgent,
    /// An answer that says nothing but what was recalled from memory, with its question. The conversation keeps both.
    Recalled,
    /// A file in which no format of chats was recognised.
    Unrecognised,
    /// A file that is no text: a picture, a recording.
    Media,
    /// A data directory of Tulving, or of the program that it follows: its memories are not an export of chats.
    DataDirectory,
    /// Text in another encoding than UTF-8, or a compressed file that is no zip archive.
    Foreign,
    /// An archive that cannot be read.
    BadArchive,
    /// A file in an archive that is locked with a password.
    Encrypted,
    /// A link, which is not followed.
    Link,
    /// A name that leads out of its archive.
    UnsafeName,
    /// An archive or folder too deep inside others.
    TooDeep,
    /// An archive with too many files, or whose files overlap or inflate beyond what is allowed.
    Bomb,
    /// The system did not let it be read.
    Unreadable,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 21] = [
        Self::Empty,
        Self::NoMessages,
        Self::Duplicate,
        Self::TooLarge,
        Self::Damaged,
        Self::CutOff,
        Self::NotATurn,
        Self::OtherProduct,
        Self::SubAgent,
        Self::Recalled,
        Self::Unrecognised,
        Self::Media,
        Self::DataDirectory,
        Self::Foreign,
        Self::BadArchive,
        Self::Encrypted,
        Self::Link,
        Self::UnsafeName,
        Self::TooDeep,
        Self::Bomb,
        Self::Unreadable,
    ];

    /// Returns whether something is lost that may have been said: what was passed over is no part of a chat otherwise,
    /// or came elsewhere.
    #[must_use]
    pub const fn is_loss(self) -> bool {
        match self {
            Self::Empty
            | Self::Duplicate
            | Self::NotATurn
            | Self::OtherProduct
            | Self::SubAgent
            | Self::Recalled
            | Self::Unrecognised
            | Self::Media
            | Self::DataDirectory
            | Self::Link => false,
            Self::NoMessages
            | Self::TooLarge
            | Self::Damaged
            | Self::CutOff
            | Self::Foreign
            | Self::BadArchive
            | Self::Encrypted
            | Self::UnsafeName
            | Self::TooDeep
            | Self::Bomb
            | Self::Unreadable => true,
        }
    }

    /// Returns whether a file is merely none that holds chats.
    pub(crate) const fn is_no_chat(self) -> bool {
        matches!(self, Self::Empty | Self::Unrecognised | Self::Media)
    }

    /// Returns its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NoMessages => "no_messages",
            Self::Duplicate => "duplicate",
            Self::TooLarge => "too_large",
            Self::Damaged => "damaged",
            Self::CutOff => "cut_off",
            Self::NotATurn => "not_a_turn",
            Self::OtherProduct => "other_product",
            Self::SubAgent => "sub_agent",
            Self::Recalled => "recalled",
            Self::Unrecognised => "unrecognised",
            Self::Media => "media",
            Self::DataDirectory => "data_directory",
            Self::Foreign => "foreign",
            Self::BadArchive => "bad_archive",
            Self::Encrypted => "encrypted",
            Self::Link => "link",
            Self::UnsafeName => "unsafe_name",
            Self::TooDeep => "too_deep",
            Self::Bomb => "bomb",
            Self::Unreadable => "unreadable",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "it holds no text",
            Self::NoMessages => "its messages are not in the export",
            Self::Duplicate => "it was there before, as new as here or newer",
            Self::TooLarge => "it is larger than a conversation may be",
            Self::Damaged => "it is damaged",
            Self::CutOff => "the file ends in the middle of it; download it again",
            Self::NotATurn => "it is no conversation, but a setting, feedback or the like",
            Self::OtherProduct => "it is about another product",
            Self::SubAgent => "an assistant asked it of itself",
            Self::Recalled => "its answer only repeats what was recalled from memory",
            Self::Unrecognised => "no format of chats was recognised in it",
            Self::Media => "it is no text",
            Self::DataDirectory => {
                "it is a data directory, whose memories `tulving migrate` or `export` move"
            }
            Self::Foreign => {
                "it is not in UTF-8, or compressed and no zip archive; save or unpack it first"
            }
            Self::BadArchive => "the archive is damaged; download it again",
            Self::Encrypted => "it is locked with a password; unpack it first",
            Self::Link => "it is a link, and links are not followed",
            Self::UnsafeName => "its name leads out of the archive",
            Self::TooDeep => "it is too deep inside other archives or folders; unpack them first",
            Self::Bomb => {
                "it would inflate beyond what is allowed; check that it is what it seems to be"
            }
            Self::Unreadable => "the system did not let it be read",
        })
    }
}
