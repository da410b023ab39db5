//! What became of chat exports.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tulving::backend::ImportCounts;
use tulving::model::{Kind, PerKind};
use tulving::store::{Duplicate, Fate, LeftOut, Merged, WordsOnly, Written};
use tulving_chats::{FileReport, Reason};

use crate::exit::CliError;

/// What became of files and of what is in them.
#[derive(Debug, Default)]
pub struct Report {
    /// Each file, in the order in which they were read.
    pub files: Vec<FileReport>,
    /// The paths that were named and hold no chats.
    pub without_chats: Vec<String>,
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
                    let reason = std::iter::once(why.message).chain(causes);
                    let reason = reason.collect::<Vec<_>>().join(": ");
                    match why.hint {
                        Some(hint) => format!("{reason}; try: {hint}"),
                        None => reason,
                    }
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

    /// Returns how far it is, where so many bytes of those that are to be read were read.
    #[must_use]
    pub fn counts(&self, read: u64, bytes: u64) -> ImportCounts {
        let sum = |which: fn(Written) -> u64| -> u64 {
            Kind::ALL
                .map(|kind| which(self.memories[kind]))
                .iter()
                .sum()
        };
        ImportCounts {
            added: sum(|written| written.added),
            updated: sum(|written| written.updated),
            unchanged: sum(|written| written.unchanged),
            removed: sum(|written| written.removed),
            read,
            bytes,
        }
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

    /// Notes which of the paths that were `named` hold no chats.
    pub fn note_paths(&mut self, named: &[PathBuf]) {
        let has_chats = |file: &&FileReport| {
            file.conversations > 0 || file.skipped.contains_key(&Reason::Duplicate)
        };
        let is_empty = |path: &&PathBuf| {
            let mut files = self.files.iter().filter(has_chats);
            !files.any(|file| Path::new(&file.path).starts_with(path))
        };
        let empty = named.iter().filter(is_empty);
        self.without_chats = empty.map(|path| path.display().to_string()).collect();
    }

    /// Returns whether something that should be a memory was left out: something that was lost, or everything of a path
    /// that was named.
    #[must_use]
    pub fn lacks_something(&self) -> bool {
        !self.refused.is_empty()
            || !self.without_chats.is_empty()
            || self.skipped().keys().any(|reason| reason.is_loss())
    }
}
