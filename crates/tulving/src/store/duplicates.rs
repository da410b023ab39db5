//! New nodes that say the same as one that is there. Here alone what is given is compared with what is kept.
//!
//! One hash finds what says the same and what says it in nearly the same words; then texts are compared. What is
//! stored in any case is compared when it is written, which asks for the hashes itself. Where more becomes of it, it is
//! compared before vectors are made, and once more before it is written.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::missing_vectors::WordsOnly;
use super::part::Part;
use super::{ScopedStore, StoreError};
use crate::backend::{BackendError, Entry};
use crate::model::{Key, Kind, Memory};
use crate::search::sameness::{content_hash, near, normal};
use crate::search::text::indexed;

/// What becomes of a node that says the same as one that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnDuplicate {
    /// It is stored. Only the same text is told.
    #[default]
    Keep,
    /// It is not stored.
    Skip,
    /// It is stored, with the tag `same-as:ID` among its processes.
    Link,
}

/// A node that says the same as one that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// Which of those that were given it is, or is a question of.
    pub index: usize,
    /// Its id; of one that was not stored, the one that it brought.
    pub id: Option<String>,
    /// The id of the one that is there.
    pub of: String,
    /// Whether it says it in other words that tell nothing else.
    pub is_near: bool,
}

/// The kind of what is compared.
pub(super) const COMPARED: Kind = Kind::Node;

/// Of so many that have one hash the texts are compared, those whose ids come first.
const FEW: usize = 4;

/// What a new node says the same as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Twin {
    pub(super) of: Of,
    pub(super) is_near: bool,
}

/// The one that was first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Of {
    /// A node that is there.
    There(String),
    /// The new one at this place.
    Given(usize),
}

impl Twin {
    /// Returns the id of the one that was first, where `ids` holds those that are known of the new ones.
    pub(super) fn id<'t>(&'t self, ids: &'t [Option<String>]) -> Option<&'t str> {
        match &self.of {
            Of::There(id) => Some(id),
            Of::Given(place) => ids.get(*place)?.as_deref(),
        }
    }
}

/// New memories, compared.
pub(super) struct Compared {
    /// What each says the same as, if anything.
    pub(super) twins: Vec<Option<Twin>>,
    /// Those that are to be written, each with its place.
    pub(super) entries: Vec<(usize, Entry)>,
    /// Why some have no vector.
    pub(super) words_only: Option<WordsOnly>,
}

/// What a node says, as it is compared.
struct Said {
    normal: String,
    near: Option<String>,
}

impl Said {
    fn by(memory: &Memory) -> Option<Self> {
        let text = (memory.kind() == COMPARED).then(|| indexed(memory))?;
        Some(Self {
            normal: normal(&text),
            near: near(&text),
        })
    }

    /// Returns what all that say the same have in common.
    fn common(&self, with_near: bool) -> &str {
        match &self.near {
            Some(near) if with_near => near,
            _ => &self.normal,
        }
    }
}

impl ScopedStore {
    /// Says what becomes of new nodes that say the same as others. Unless it is said, they are kept.
    #[must_use]
    pub fn on_duplicate(mut self, what: OnDuplicate) -> Self {
        self.on_duplicate = what;
        self
    }

    /// Makes entries of new memories, with their vectors, and compares them with what is there, but for what is
    /// `leaving`, and with each other; those that are kept in any case are compared when they are written.
    pub(super) async fn compared(
        &self,
        new: &[&Part],
        leaving: &HashSet<Key>,
    ) -> Result<Compared, StoreError> {
        let keeps = self.on_duplicate == OnDuplicate::Keep;
        let twins = match keeps {
            true => vec![None; new.len()],
            false => self.twins(new, leaving).await?,
        };
        let skips = self.on_duplicate == OnDuplicate::Skip;
        let places = (0..new.len()).filter(|place| !skips || twins[*place].is_none());
        let places: Vec<usize> = places.collect();
        let memories: Vec<Memory> = places.iter().map(|at| new[*at].memory.clone()).collect();
        let vectors: Vec<_> = places.iter().map(|at| new[*at].vector.clone()).collect();
        let stored = self.space_to_write_in(&vectors).await?;
        let (embeddings, words_only) = self.embeddings_in(stored, &memories, vectors).await?;
        // Making them may have taken minutes, in which what is there was changed or forgotten.
        if let (false, Some(part)) = (keeps, new.first())
            && self.twins(new, leaving).await? != twins
        {
            let key = part.memory.key();
            return Err(BackendError::Changed { key }.into());
        }
        let entries = memories.into_iter().zip(embeddings);
        let entries = entries.map(|(memory, embedding)| Entry { memory, embedding });
        Ok(Compared {
            twins,
            entries: places.into_iter().zip(entries).collect(),
            words_only,
        })
    }

    /// Returns what new nodes say the same as, before they are written.
    pub(super) async fn twins(
        &self,
        new: &[&Part],
        leaving: &HashSet<Key>,
    ) -> Result<Vec<Option<Twin>>, StoreError> {
        let hashes: BTreeSet<u64> = hashes(new).into_iter().flatten().collect();
        if hashes.is_empty() {
            return Ok(vec![None; new.len()]);
        }
        let hashes: Vec<u64> = hashes.into_iter().collect();
        let found = self.backend.by_content_hash(self.scope, COMPARED, &hashes);
        let there = self.said_there(found.await?, leaving).await?;
        let with_near = self.on_duplicate != OnDuplicate::Keep;
        Ok(same(new, &there, leaving, with_near))
    }

    /// Returns what nodes that were just written say the same as, of those that `were_there` with their hashes. They
    /// are written: what cannot be read any more is not told.
    pub(super) async fn told_twins(
        &self,
        new: &[&Part],
        were_there: Vec<(u64, Key)>,
        leaving: &HashSet<Key>,
    ) -> Vec<Option<Twin>> {
        let there = self.said_there(were_there, leaving).await;
        same(new, &there.unwrap_or_default(), leaving, false)
    }

    /// Reads what is there and stays, a few of each hash; returns their ids, in order, with what they say.
    async fn said_there(
        &self,
        found: Vec<(u64, Key)>,
        leaving: &HashSet<Key>,
    ) -> Result<Vec<(String, Said)>, StoreError> {
        let mut by_hash: BTreeMap<u64, BTreeSet<Key>> = BTreeMap::new();
        for (hash, key) in found {
            if !leaving.contains(&key) {
                by_hash.entry(hash).or_default().insert(key);
            }
        }
        let keys = by_hash
            .into_values()
            .flat_map(|keys| keys.into_iter().take(FEW));
        let keys: Vec<Key> = keys.collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let entries = self.backend.get(self.scope, &keys).await?;
        let memories = entries.into_iter().flatten().map(|entry| entry.memory);
        let there =
            memories.filter_map(|memory| Some((memory.id().to_owned(), Said::by(&memory)?)));
        let mut there: Vec<(String, Said)> = there.collect();
        there.sort_by(|(id, _), (other, _)| id.cmp(other));
        Ok(there)
    }
}

/// Returns the hash of each new node by which it is compared when it is written.
pub(super) fn hashes(new: &[&Part]) -> Vec<Option<u64>> {
    let hash = |part: &&Part| {
        let memory = &part.memory;
        (memory.kind() == COMPARED).then(|| content_hash(&indexed(memory)))
    };
    new.iter().map(hash).collect()
}

/// Finds for each new node what says the same: what is there, in the same words if some does, else the first of the new
/// ones. That one has no twin itself, since what says the same as it says the same as its twin.
fn same(
    new: &[&Part],
    there: &[(String, Said)],
    leaving: &HashSet<Key>,
    with_near: bool,
) -> Vec<Option<Twin>> {
    let mut by_common: HashMap<&str, Vec<&(String, Said)>> = HashMap::new();
    for one in there {
        by_common
            .entry(one.1.common(with_near))
            .or_default()
            .push(one);
    }
    let said: Vec<Option<Said>> = new.iter().map(|part| Said::by(&part.memory)).collect();
    let mut first: HashMap<&str, (usize, &Said)> = HashMap::new();
    let twins = new
        .iter()
        .zip(&said)
        .enumerate()
        .map(|(place, (part, said))| {
            let said = said.as_ref()?;
            let common = said.common(with_near);
            let is_near = |other: &Said| other.normal != said.normal;
            if let Some(there) = by_common.get(common) {
                let same = there.iter().find(|(_, other)| !is_near(other));
                let (id, other) = same.or(there.first())?;
                return Some(Twin {
                    of: Of::There(id.clone()),
                    is_near: is_near(other),
                });
            }
            if let Some((place, other)) = first.get(common) {
                return Some(Twin {
                    of: Of::Given(*place),
                    is_near: is_near(other),
                });
            }
            if !leaving.contains(&part.memory.key()) {
                first.insert(common, (place, said));
            }
            None
        });
    twins.collect()
}
