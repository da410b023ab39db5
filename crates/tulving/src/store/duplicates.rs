//! New nodes that say the same as one that is there. Here alone what is given is compared with what is kept.
//!
//! What is kept is only told to say the same as others: the write itself asks for its hash, which decides. Where more
//! becomes of it, the same text is found by its hash beforehand, and texts are compared; then what says the same in
//! nearly the same words is looked for: the nearest are asked for by vector, or by words where there is none, and the
//! texts decide.

use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use super::part::Part;
use super::{ScopedStore, StoreError, WordsOnly};
use crate::backend::{Entry, Filter, Request};
use crate::model::{Key, Kind, Memory};
use crate::search::keyword::query_terms;
use crate::search::sameness::{Wording, content_hash, hash_of_normal, normal};
use crate::search::text::indexed;

/// What becomes of a node that says the same as one that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnDuplicate {
    /// It is stored. Only the same text is looked for.
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
    /// Whether it says it in other words.
    pub is_near: bool,
}

/// The kind of what is compared.
pub(super) const COMPARED: Kind = Kind::Node;

/// Of so many that are nearest the texts are compared.
const NEAREST: usize = 8;

/// What is farther away by vector says something else; see `crates/tulving/tests/sameness.rs`.
const FARTHEST: f64 = 0.7;

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
        let mut twins = match self.on_duplicate {
            OnDuplicate::Keep => vec![None; new.len()],
            _ => self.same_texts(new, leaving).await?,
        };
        let skips = self.on_duplicate == OnDuplicate::Skip;
        let places = (0..new.len()).filter(|place| !skips || twins[*place].is_none());
        let places: Vec<usize> = places.collect();
        let memories: Vec<Memory> = places.iter().map(|at| new[*at].memory.clone()).collect();
        let vectors: Vec<_> = places.iter().map(|at| new[*at].vector.clone()).collect();
        let stored = self.space_to_write_in(&vectors).await?;
        let (embeddings, words_only) = self.embeddings_in(stored, &memories, vectors).await?;
        let entries = memories.into_iter().zip(embeddings);
        let entries = entries.map(|(memory, embedding)| Entry { memory, embedding });
        let mut entries: Vec<(usize, Entry)> = places.into_iter().zip(entries).collect();
        if self.on_duplicate != OnDuplicate::Keep {
            self.find_near(&entries, leaving, &mut twins).await?;
        }
        entries.retain(|(place, _)| !skips || twins[*place].is_none());
        Ok(Compared {
            twins,
            entries,
            words_only,
        })
    }

    /// Returns what new nodes say the same as, where nothing is to be written.
    pub(super) async fn twins(
        &self,
        new: &[&Part],
        leaving: &HashSet<Key>,
    ) -> Result<Vec<Option<Twin>>, StoreError> {
        match self.on_duplicate {
            OnDuplicate::Keep => self.same_texts(new, leaving).await,
            _ => Ok(self.compared(new, leaving).await?.twins),
        }
    }

    /// Finds for each new node one with the same text.
    async fn same_texts(
        &self,
        new: &[&Part],
        leaving: &HashSet<Key>,
    ) -> Result<Vec<Option<Twin>>, StoreError> {
        let texts = new.iter().map(|part| {
            let text = is_compared(&part.memory).then(|| normal(&indexed(&part.memory)))?;
            Some((hash_of_normal(&text), text))
        });
        let texts: Vec<Option<(u64, String)>> = texts.collect();
        let hashes: BTreeSet<u64> = texts.iter().flatten().map(|(hash, _)| *hash).collect();
        if hashes.is_empty() {
            return Ok(vec![None; new.len()]);
        }
        let hashes: Vec<u64> = hashes.into_iter().collect();
        let found = self.backend.by_content_hash(self.scope, COMPARED, &hashes);
        let there = first_of_each(found.await?, leaving);
        let keys: Vec<Key> = there.into_values().collect();
        let entries = match keys.is_empty() {
            true => Vec::new(),
            false => self.backend.get(self.scope, &keys).await?,
        };
        let entries = entries.into_iter().flatten();
        let there = entries.map(|entry| (normal(&indexed(&entry.memory)), entry.memory.key()));
        let texts = texts.into_iter().map(|text| Some(text?.1));
        Ok(same(texts, there.collect()))
    }

    /// Finds for new nodes without a twin one that says the same in other words: the nearest that is there, else the
    /// first of the new ones.
    async fn find_near(
        &self,
        entries: &[(usize, Entry)],
        leaving: &HashSet<Key>,
        twins: &mut [Option<Twin>],
    ) -> Result<(), StoreError> {
        let mut given = Given::default();
        for (place, entry) in entries {
            if twins[*place].is_some() || !is_compared(&entry.memory) {
                continue;
            }
            let wording = Wording::of(&indexed(&entry.memory));
            let of = match self.near_there(entry, &wording, leaving).await? {
                Some(id) => Some(Of::There(id)),
                None => given.near(&wording).map(Of::Given),
            };
            match of {
                Some(of) => twins[*place] = Some(Twin { of, is_near: true }),
                None => given.add(*place, wording),
            }
        }
        Ok(())
    }

    async fn near_there(
        &self,
        entry: &Entry,
        wording: &Wording,
        leaving: &HashSet<Key>,
    ) -> Result<Option<String>, StoreError> {
        if wording.shingles().is_empty() {
            return Ok(None);
        }
        let filter = Filter::of(COMPARED);
        let request = match &entry.embedding {
            Some(vector) => Request::near(vector.clone(), NEAREST, filter),
            None => Request::holding(query_terms(&indexed(&entry.memory)), NEAREST, filter),
        };
        let found = self.backend.search(self.scope, &request).await?;
        let mut found: Vec<(f64, Key)> = found
            .kinds
            .into_iter()
            .flat_map(|(_, found)| found.candidates)
            .filter(|one| one.vector.is_none_or(|similarity| similarity >= FARTHEST))
            .filter_map(|one| Some((one.vector.or(one.keyword)?, one.facts.key())))
            .filter(|(_, key)| !leaving.contains(key))
            .collect();
        found.sort_by(|(one, key), (other, another)| {
            other.total_cmp(one).then_with(|| key.id.cmp(&another.id))
        });
        if found.is_empty() {
            return Ok(None);
        }
        let keys: Vec<Key> = found.into_iter().map(|(_, key)| key).collect();
        let there = self.backend.get(self.scope, &keys).await?;
        let near = there.into_iter().flatten().map(|entry| entry.memory);
        let near = near.filter(|there| Wording::of(&indexed(there)).is_near(wording));
        Ok(near.map(|there| there.key().id).next())
    }
}

/// Returns the hash of each new node by which it is compared when it is written.
pub(super) fn hashes(new: &[&Part]) -> Vec<Option<u64>> {
    let hash = |part: &&Part| {
        let memory = &part.memory;
        is_compared(memory).then(|| content_hash(&indexed(memory)))
    };
    new.iter().map(hash).collect()
}

/// Returns what each new node with such a hash says the same as, when these were there.
pub(super) fn same_hashes(
    hashes: Vec<Option<u64>>,
    there: Vec<(u64, Key)>,
    leaving: &HashSet<Key>,
) -> Vec<Option<Twin>> {
    same(hashes.into_iter(), first_of_each(there, leaving))
}

/// Of several that are there the one whose id comes first.
fn first_of_each(found: Vec<(u64, Key)>, leaving: &HashSet<Key>) -> HashMap<u64, Key> {
    let mut there: HashMap<u64, Key> = HashMap::new();
    for (hash, key) in found {
        if !leaving.contains(&key) && there.get(&hash).is_none_or(|first| key.id < first.id) {
            there.insert(hash, key);
        }
    }
    there
}

/// Finds for each new node what says the same: what is there, else the first of the new ones.
fn same<S: Eq + Hash>(
    new: impl Iterator<Item = Option<S>>,
    there: HashMap<S, Key>,
) -> Vec<Option<Twin>> {
    let there = there.into_iter();
    let mut first: HashMap<S, Of> = there.map(|(said, key)| (said, Of::There(key.id))).collect();
    let twins = new
        .enumerate()
        .map(|(place, said)| match first.entry(said?) {
            Slot::Occupied(first) => Some(Twin {
                of: first.get().clone(),
                is_near: false,
            }),
            Slot::Vacant(slot) => {
                slot.insert(Of::Given(place));
                None
            }
        });
    twins.collect()
}

/// New nodes that have no twin, by what stands together in them.
#[derive(Default)]
struct Given {
    wordings: Vec<(usize, Wording)>,
    by_shingle: HashMap<u64, Vec<usize>>,
}

impl Given {
    fn near(&self, wording: &Wording) -> Option<usize> {
        let shingles = wording.shingles().iter();
        let with_some = shingles.flat_map(|shingle| self.by_shingle.get(shingle));
        let with_some: BTreeSet<usize> = with_some.flatten().copied().collect();
        let mut wordings = with_some.into_iter().filter_map(|at| self.wordings.get(at));
        let near = wordings.find(|(_, other)| wording.is_near(other))?;
        Some(near.0)
    }

    fn add(&mut self, place: usize, wording: Wording) {
        for shingle in wording.shingles() {
            let with_it = self.by_shingle.entry(*shingle).or_default();
            with_it.push(self.wordings.len());
        }
        self.wordings.push((place, wording));
    }
}

fn is_compared(memory: &Memory) -> bool {
    memory.kind() == COMPARED
}
