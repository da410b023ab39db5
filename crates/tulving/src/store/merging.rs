//! Conversations on their way into memory: what is known of those that are there or would be, and what came of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use sha2::{Digest as _, Sha256};

use super::course::Course;
use super::part::Part;
use super::{Outcome, ScopedStore, StoreError};
use crate::backend::{Entry, Forgotten};
use crate::json::{Text, Value};
use crate::model::{Json, Key, Memory};

/// What became of a conversation.
#[derive(Debug)]
pub enum Fate {
    /// It was written, or is there as it is.
    Kept(Outcome),
    /// What is there, or came with it, is newer or as new and longer, and stays.
    Older,
    /// It was forgotten, and stays so.
    Forgotten,
    /// Its id is that of a conversation from another source, which stays.
    IdOfAnother {
        /// The source of what is there.
        source: String,
    },
    /// It cannot be kept; the others are.
    Refused(StoreError),
}

/// Brings conversations into the memories of one owner. Made by [`ScopedStore::merging`](super::ScopedStore::merging).
#[derive(Debug)]
pub struct Merging<'s> {
    pub(super) store: &'s ScopedStore,
    pub(super) forgotten: Forgotten,
    pub(super) writes: bool,
    /// Where nothing is written: what would be there by now, without its texts.
    pub(super) expected: HashMap<Key, Entry>,
    /// What would be there no more.
    pub(super) gone: HashSet<Key>,
    /// What is looked at, with its texts.
    pub(super) whole: HashMap<Key, Memory>,
}

/// What has come so far of those that were given.
pub(super) struct Fates {
    pub(super) fates: BTreeMap<usize, Fate>,
    /// Those that may repeat what others said.
    pub(super) repeating: BTreeSet<usize>,
    pub(super) forgotten: u64,
    pub(super) course: Course,
}

impl Merging<'_> {
    /// Returns what is there of parts; where nothing is written, what would be.
    pub(super) async fn stored<'p>(
        &self,
        parts: impl Iterator<Item = &'p Part> + Clone,
    ) -> Result<HashMap<Key, Entry>, StoreError> {
        let mut stored = self.store.stored(parts.clone()).await?;
        if !self.writes {
            stored
                .values_mut()
                .for_each(|entry| shorten(&mut entry.memory));
            stored.retain(|key, _| !self.gone.contains(key));
            let keys = parts.map(|part| part.memory.key());
            stored.extend(keys.filter_map(|key| {
                let expected = self.expected.get(&key)?.clone();
                Some((key, expected))
            }));
        }
        Ok(stored)
    }
}

/// Puts hashes in the place of texts, by which memories differ as they do by these.
pub(super) fn shorten(memory: &mut Memory) {
    let hash = |text: &str| crate::hex(&Sha256::digest(text.as_bytes())[..16]);
    match memory {
        Memory::Node(node) => {
            node.human_content = hash(&node.human_content);
            node.assistant_content = hash(&node.assistant_content);
            node.carry = None;
        }
        Memory::Episode(episode) => {
            let messages = Text::from(hash(episode.messages.as_str()));
            episode.messages = Json::from_value(&Value::String(messages));
            episode.carry = None;
        }
        Memory::Chunk(_) => {}
    }
}
