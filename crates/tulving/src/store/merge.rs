//! Conversations that are brought up to what an export says, again and again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::course::{Course, Sorted};
use super::part::Part;
use super::remember::apart;
use super::scoped::TRIES;
use super::{IfThere, NewConversation, NewMemory, Outcome, Remembered, ScopedStore, StoreError};
use crate::backend::{BackendError, Entry, Forgotten};
use crate::embed::EmbedError;
use crate::model::{Key, Kind, Memory, Timestamp};

/// What became of a conversation.
#[derive(Debug)]
pub enum Fate {
    /// It was written, or is there as it is.
    Kept(Outcome),
    /// What is there is newer, and stays.
    Older,
    /// It was forgotten, and stays so.
    Forgotten,
    /// It cannot be kept; the others are.
    Refused(StoreError),
}

/// What became of conversations.
#[derive(Debug)]
pub struct Merged {
    /// Of each, in the order of what was given.
    pub fates: Vec<Fate>,
    /// How many single questions were forgotten, and stay so, of conversations that were not.
    pub forgotten: u64,
    /// What was written.
    pub remembered: Remembered,
}

/// Brings conversations into the memories of one owner. Made by [`ScopedStore::merging`].
#[derive(Debug)]
pub struct Merging<'s> {
    store: &'s ScopedStore,
    forgotten: Forgotten,
    writes: bool,
}

impl ScopedStore {
    /// Begins to bring conversations in. Without `writes` it is only found out what would become of them.
    ///
    /// # Errors
    /// As every method.
    pub async fn merging(&self, writes: bool) -> Result<Merging<'_>, StoreError> {
        Ok(Merging {
            store: self,
            forgotten: self.not_to_come_back().await?,
            writes,
        })
    }

    async fn not_to_come_back(&self) -> Result<Forgotten, StoreError> {
        match self.restores {
            true => Ok(Forgotten::default()),
            false => self.forgotten().await,
        }
    }
}

impl Merging<'_> {
    /// Brings conversations with ids in. One that is there takes what is new, unless what is there is newer; what was
    /// forgotten stays forgotten; one that cannot be kept costs the others nothing. When this returns they survive the
    /// loss of power, and when it fails the same call finishes it.
    ///
    /// # Errors
    /// [`StoreError::ForeignSource`] if the files cannot bear a source; as every method.
    pub async fn merge(&mut self, new: Vec<NewConversation>) -> Result<Merged, StoreError> {
        let (now, sources) = (Timestamp::now(), self.store.sources().await?);
        let mut course = Course::of(new.len());
        let mut fates: BTreeMap<usize, Fate> = BTreeMap::new();
        let (mut parts, given) = (Vec::new(), new.len());
        for (index, conversation) in new.into_iter().enumerate() {
            let conversation = NewMemory::Conversation(conversation);
            match self.store.parts(index, conversation, now, &sources) {
                Ok(more) => parts.extend(more.into_iter().map(named_here)),
                // Its questions have a place for the true name.
                Err(StoreError::ForeignSource { why, .. }) => {
                    let kind = Kind::Node;
                    return Err(StoreError::ForeignSource { index, kind, why });
                }
                Err(error) => drop(fates.insert(index, Fate::Refused(error))),
            }
        }
        let (mut again, mut forgotten) = (Vec::new(), 0);
        while !parts.is_empty() {
            parts = apart(parts, &mut again, IfThere::Update, &mut course)?;
            for (index, refused) in self
                .merge_parts(parts, &mut fates, &mut forgotten, &mut course)
                .await?
            {
                fates.insert(index, Fate::Refused(refused));
            }
            parts = std::mem::take(&mut again);
        }
        let remembered = course.remembered();
        let fate = |index| match fates.remove(&index) {
            Some(fate) => fate,
            None => Fate::Kept(remembered.outcomes[index]),
        };
        Ok(Merged {
            fates: (0..given).map(fate).collect(),
            forgotten,
            remembered,
        })
    }

    /// Returns those that cannot be kept.
    async fn merge_parts(
        &mut self,
        mut parts: Vec<Part>,
        fates: &mut BTreeMap<usize, Fate>,
        forgotten: &mut u64,
        course: &mut Course,
    ) -> Result<Vec<(usize, StoreError)>, StoreError> {
        for tried in 1.. {
            self.leave_forgotten(&mut parts, fates, forgotten);
            let stored = self.store.stored(&parts).await?;
            leave_older(&mut parts, &stored, fates);
            if !self.writes {
                Sorted::of(&parts, &stored, course).count(course);
                break;
            }
            match self
                .store
                .settle(&parts, stored, IfThere::Update, course)
                .await
            {
                // Somebody forgot it meanwhile.
                Err(StoreError::Forgotten { .. }) if tried < TRIES => {
                    self.forgotten = self.store.not_to_come_back().await?;
                }
                Err(error) if is_of_one(&error) => return self.one_by_one(parts, course).await,
                done => {
                    done?;
                    break;
                }
            }
        }
        Ok(Vec::new())
    }

    /// Settles each conversation alone, and returns those that cannot be kept.
    async fn one_by_one(
        &self,
        parts: Vec<Part>,
        course: &mut Course,
    ) -> Result<Vec<(usize, StoreError)>, StoreError> {
        let mut conversations: BTreeMap<usize, Vec<Part>> = BTreeMap::new();
        for part in parts {
            conversations.entry(part.index).or_default().push(part);
        }
        let mut refused = Vec::new();
        for (index, parts) in conversations {
            let stored = self.store.stored(&parts).await?;
            match self
                .store
                .settle(&parts, stored, IfThere::Update, course)
                .await
            {
                Err(error) if is_of_one(&error) => refused.push((index, error)),
                done => done?,
            }
        }
        Ok(refused)
    }

    fn leave_forgotten(
        &self,
        parts: &mut Vec<Part>,
        fates: &mut BTreeMap<usize, Fate>,
        forgotten: &mut u64,
    ) {
        let is_held = |part: &Part| self.forgotten.holds(&part.memory.key());
        let whole: BTreeSet<usize> = parts
            .iter()
            .filter(|part| part.is_head && is_held(part))
            .map(|part| part.index)
            .collect();
        parts.retain(|part| {
            let is_whole = whole.contains(&part.index);
            let stays = !is_whole && !is_held(part);
            *forgotten += u64::from(!is_whole && !stays);
            stays
        });
        fates.extend(whole.into_iter().map(|index| (index, Fate::Forgotten)));
    }
}

/// A title is taken over with what else is new: what was renamed here keeps its name until then.
fn named_here(mut part: Part) -> Part {
    let title = |field: &&'static str| *field == "title";
    if let Some(at) = part
        .said
        .as_ref()
        .and_then(|said| said.iter().position(|field| title(&field)))
    {
        part.follows
            .extend(part.said.as_mut().map(|said| said.remove(at)));
    }
    part
}

/// Leaves out what was changed for the last time before what is there was.
fn leave_older(
    parts: &mut Vec<Part>,
    stored: &HashMap<Key, Entry>,
    fates: &mut BTreeMap<usize, Fate>,
) {
    let changed = |memory: &Memory| match memory {
        Memory::Episode(episode) => episode.updated_at,
        _ => None,
    };
    let is_older = |part: &&Part| {
        let there = stored
            .get(&part.memory.key())
            .and_then(|entry| changed(&entry.memory));
        part.memory.kind() == Kind::Episode
            && matches!((changed(&part.memory), there), (Some(given), Some(there)) if given < there)
    };
    let older: BTreeSet<usize> = parts
        .iter()
        .filter(is_older)
        .map(|part| part.index)
        .collect();
    parts.retain(|part| !older.contains(&part.index));
    fates.extend(older.into_iter().map(|index| (index, Fate::Older)));
}

/// Returns whether an error is about one of several, which are then tried one by one.
fn is_of_one(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Flawed { .. }
            | StoreError::Backend(BackendError::TooLarge { .. })
            | StoreError::Embed(EmbedError::Refused {
                status: 400 | 413 | 422,
                ..
            })
    )
}
