//! What became of chat exports.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tulving::model::{Kind, PerKind};
use tulving::store::{Duplicate, Fate, LeftOut, Merged, WordsOnly, Written};
use tulving_chats::{FileReport, Reason};

use crate::exit::CliError;

/// What became of files and of what is in them.
#[derive(Debug, Default)]
pub struct Report {
    /// Each file, in the order in which they were read.
    pub files: Vec<FileReport>,
    /// How many memories of each kind were written.
    pub memories: PerKind<Written>,
    /// Nodes that say the same as others.
    pub duplicates: Vec<Duplicate>,
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
            let reason = match fate {
                Fate::Kept(_) => continue,
                Fate::Older => {
                    self.older += 1;
                    continue;
                }
                Fate::Forgotten => {
                    self.forgotten += 1;
                    continue;
                }
                Fate::IdOfAnother { source } => {
                    format!("its id is that of a conversation from {source}, which stays")
                }
                Fate::Refused(why) => {
                    let why = CliError::from(why);
                    let causes = why.causes.into_iter();
                    std::iter::once(why.message)
                        .chain(causes)
                        .collect::<Vec<_>>()
                        .join(": ")
                }
            };
            self.refused.push(Refused { id, reason });
        }
        self.forgotten_nodes += merged.forgotten;
        for kind in Kind::ALL {
            let (sum, more) = (&mut self.memories[kind], merged.remembered.memories[kind]);
            sum.added += more.added;
            sum.updated += more.updated;
            sum.unchanged += more.unchanged;
            sum.removed += more.removed;
            sum.skipped += more.skipped;
        }
        self.duplicates.extend(merged.remembered.duplicates);
        self.words_only = self.words_only.take().or(merged.remembered.words_only);
        self.left_out = self.left_out.take().or(merged.remembered.left_out);
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

    /// Returns whether something that should be a memory was left out: something that was lost, or everything of a path
    /// that was `named`.
    #[must_use]
    pub fn lacks_something(&self, named: &[PathBuf]) -> bool {
        let has_chats = |file: &&FileReport| {
            file.conversations > 0 || file.skipped.contains_key(&Reason::Duplicate)
        };
        let is_of = |path: &PathBuf, file: &FileReport| Path::new(&file.path).starts_with(path);
        let mut with_chats = named.iter().map(|path| {
            let mut files = self.files.iter().filter(has_chats);
            files.any(|file| is_of(path, file))
        });
        !self.refused.is_empty()
            || !with_chats.all(|has_chats| has_chats)
            || self.skipped().keys().any(|reason| reason.is_loss())
    }
}
