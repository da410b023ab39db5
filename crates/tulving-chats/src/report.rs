//! What came of a file.

use std::collections::BTreeMap;

use crate::reason::Reason;

/// What came of a file, whether given or found in a folder or archive. What a folder or an archive holds besides chats
/// (pictures, recordings, links, files in which no format is recognised) is counted in the report of the folder or archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileReport {
    /// Where it is; a file in an archive stands behind the archive's path and a slash.
    pub path: String,
    /// The source of its conversations; `None` if no format was recognised.
    pub provider: Option<String>,
    /// Conversations that were given.
    pub conversations: u64,
    /// Turns of them.
    pub turns: u64,
    /// What was passed over, and why.
    pub skipped: BTreeMap<Reason, u64>,
    /// Kinds of content that are not known, which were kept and not read.
    pub unknown: BTreeMap<String, u64>,
    /// Messages whose time could not be read.
    pub invalid_times: u64,
    /// Conversations in which bytes that are no UTF-8 were replaced.
    pub invalid_utf8: u64,
}

impl FileReport {
    pub(crate) fn new(path: String) -> Self {
        Self {
            path,
            ..Self::default()
        }
    }

    pub(crate) fn skip(&mut self, reason: Reason) {
        *self.skipped.entry(reason).or_default() += 1;
    }

    /// Counts a file in the report of the folder or archive that it was found in, if it is merely no chat; otherwise
    /// returns its report.
    pub(crate) fn fold(self, container: &mut Self) -> Option<Self> {
        let mut reasons = self.skipped.keys();
        match (reasons.next(), reasons.next()) {
            (Some(&reason), None) if self.provider.is_none() && reason.is_no_chat() => {
                container.skip(reason);
                None
            }
            _ => Some(self),
        }
    }

    /// Returns whether nothing came of it and nothing was passed over.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.conversations == 0 && self.skipped.is_empty()
    }
}
