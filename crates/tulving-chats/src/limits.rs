//! How much is read.

/// How much is read of what is given; what is beyond is passed over and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one conversation, or of one line of a transcript.
    pub conversation: u64,
    /// Values of one conversation, of which an object counts as eight: the memory that it takes grows with them.
    pub values: usize,
    /// Bytes that one file of an archive may inflate to.
    pub inflated: u64,
    /// How many times as large as its archive says a file may become, once it is larger than 100 MB.
    pub ratio: u64,
    /// Bytes that all files of an archive and of those in it may inflate to, unless the archive itself, times `ratio`, is
    /// more: what inflates once may inflate again.
    pub all: u64,
    /// Bytes of an archive in an archive, which is held in memory.
    pub nested: u64,
    /// Files of one archive, and of all folders under one path.
    pub entries: usize,
    /// Folders inside each other.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            conversation: 64 << 20,
            values: 4 << 20,
            inflated: 8 << 30,
            ratio: 200,
            all: 1 << 30,
            nested: 128 << 20,
            entries: 200_000,
            depth: 64,
        }
    }
}

/// How many archives may stand inside each other.
pub(crate) const NESTING: usize = 2;
