//! What became of chat exports.

use std::collections::BTreeMap;

use tulving::model::{Kind, PerKind};
use tulving::store::{Fate, LeftOut, Merged, Outcome, WordsOnly, Written};
use tulving_chats::{FileReport, Reason};

/// What became of files and of what is in them.
#[derive(Debug, Default)]
pub struct Report {
    /// Each file, in the order in which they were read.
    pub files: Vec<FileReport>,
    /// How many memories of each kind were written.
    pub memories: PerKind<Written>,
    /// How many conversations were forgotten, and stay so.
    pub forgotten: u64,
    /// How many single questions were, of conversations that were not.
    pub forgotten_nodes: u64,
    /// How many conversations are newer in memory than in the export.
    pub older: u64,
    /// What cannot be kept.
    pub refused: Vec<Refused>,
    /// Why some are found by words only.
    pub words_only: Option<WordsOnly>,
    /// Why some have no vector in a further space.
    pub left_out: Option<LeftOut>,
}

/// A conversation that cannot be kept.
#[derive(Debug)]
pub struct Refused {
    /// Its id.
    pub id: String,
    /// Why.
    pub reason: String,
}

impl Report {
    /// Notes what became of a batch, of whose conversations these are the ids.
    pub(super) fn note(&mut self, ids: Vec<String>, merged: Merged) {
        for (id, fate) in ids.into_iter().zip(merged.fates) {
            match fate {
                Fate::Kept(Outcome::Added | Outcome::Updated | Outcome::Unchanged) => {}
                Fate::Older => self.older += 1,
                Fate::Forgotten => self.forgotten += 1,
                Fate::Refused(why) => self.refused.push(Refused {
                    id,
                    reason: why.to_string(),
                }),
            }
        }
        self.forgotten_nodes += merged.forgotten;
        for kind in Kind::ALL {
            let (sum, more) = (&mut self.memories[kind], merged.remembered.memories[kind]);
            sum.added += more.added;
            sum.updated += more.updated;
            sum.unchanged += more.unchanged;
        }
        self.words_only = self.words_only.take().or(merged.remembered.words_only);
        self.left_out = self.left_out.take().or(merged.remembered.left_out);
    }

    /// Returns how many of the files had a conversation.
    #[must_use]
    pub fn conversations(&self) -> u64 {
        self.files.iter().map(|file| file.conversations).sum()
    }

    /// Returns what was passed over in all files, by reason.
    #[must_use]
    pub fn skipped(&self) -> BTreeMap<Reason, u64> {
        let mut skipped = BTreeMap::new();
        for (reason, count) in self.files.iter().flat_map(|file| &file.skipped) {
            *skipped.entry(*reason).or_default() += count;
        }
        skipped
    }

    /// Returns whether something that should be a memory was left out.
    #[must_use]
    pub fn lacks_something(&self) -> bool {
        !self.refused.is_empty()
            || self.conversations() == 0
            || self.skipped().keys().any(|reason| reason.is_loss())
    }
}
