//! The contract of a backend.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::{BackendError, Filter, Sources};
use crate::model::{Embedding, Facts, Key, Memory, PerKind, Scope, Space, Timestamp};
use crate::search::vector::similarity;

/// A memory with its vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The memory.
    pub memory: Memory,
    /// Its vector; none if it is found by words only.
    pub embedding: Option<Embedding>,
}

/// A memory to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Draft {
    /// As it stands, with its id.
    Whole(Entry),
    /// A node that goes to the end of its conversation: the backend gives it the sequence index
    /// after the highest there is (0 in a new conversation; the highest there can be stays that),
    /// and with it its id ([`Node::place`](crate::model::Node::place)). What the node carries, if
    /// anything, says nothing of either. An episode is written as it stands.
    Next(Entry),
    /// The same, but a node keeps its id.
    NextNamed(Entry),
}

impl Draft {
    /// Returns what is to be written, as it was given.
    #[must_use]
    pub fn entry(&self) -> &Entry {
        match self {
            Self::Whole(entry) | Self::Next(entry) | Self::NextNamed(entry) => entry,
        }
    }

    /// Returns the container at the end of which it goes, if it does.
    #[must_use]
    pub fn goes_to_end_of(&self) -> Option<&str> {
        let (container, _) = self.entry().memory.position()?;
        (!matches!(self, Self::Whole(_))).then_some(container)
    }

    /// Returns the id that it will have, if that is settled.
    #[must_use]
    pub fn settled_id(&self) -> Option<&str> {
        let is_open = matches!(self, Self::Next(_)) && self.goes_to_end_of().is_some();
        (!is_open).then(|| self.entry().memory.id())
    }

    /// Returns the entry at its place, and keeps the books: `ends` holds the highest place in each
    /// container to which drafts go.
    pub fn settle(self, ends: &mut HashMap<String, i64>) -> Entry {
        let goes_to = self.goes_to_end_of().map(str::to_owned);
        let (mut entry, keeps_id) = match self {
            Self::Next(entry) => (entry, false),
            Self::Whole(entry) | Self::NextNamed(entry) => (entry, true),
        };
        if let Some(container) = goes_to {
            let end = ends.entry(container).or_insert(-1);
            *end = end.saturating_add(1);
            entry.memory.place(*end, keeps_id);
        } else if let Some((container, index)) = entry.memory.position()
            && let Some(end) = ends.get_mut(container)
        {
            *end = index.max(*end);
        }
        entry
    }
}

/// How many memories there are of each kind.
pub type Counts = PerKind<u64>;

/// In which order memories are listed: by time; at one time by sequence index, kind and id (by
/// bytes). One is the other backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The last first; at one time and place, episodes before nodes.
    #[default]
    Newest,
    /// The first first; at one time and place, nodes before episodes.
    Oldest,
}

/// The place of a memory in a listing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// When it was said, or began.
    pub created_at: Timestamp,
    /// A node's place in its conversation; 0 for an episode.
    pub sequence_index: i64,
    /// Kind and id.
    pub key: Key,
}

impl From<&Facts> for Cursor {
    fn from(facts: &Facts) -> Self {
        Self {
            created_at: facts.created_at,
            sequence_index: facts.sequence_index,
            key: facts.key(),
        }
    }
}

/// Which part of a listing is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In which order.
    pub order: Order,
    /// Only what comes after this place, whether or not there is still a memory at it.
    pub after: Option<Cursor>,
    /// At most so many.
    pub limit: usize,
}

/// A part of a listing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Listing {
    /// The memories, in order.
    pub memories: Vec<Memory>,
    /// The place of the last memory on this page, after which the next begins; none if this was
    /// the last page, or was to hold nothing.
    pub next: Option<Cursor>,
}

/// Nodes that are about the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// −1 is noise.
    pub id: i64,
    /// What it is about: the label that most of those of its nodes bear that have one, of equals
    /// the first by bytes.
    pub label: Option<String>,
    /// How many nodes it has.
    pub nodes: u64,
}

impl Cluster {
    /// Sums up how many memories of a cluster bear a label, or none: the largest cluster first, of
    /// equals by id.
    pub fn sums<'l>(found: impl Iterator<Item = (i64, Option<&'l str>, u64)>) -> Vec<Self> {
        let mut clusters: BTreeMap<i64, (u64, BTreeMap<&str, u64>)> = BTreeMap::new();
        for (id, label, memories) in found {
            let (sum, labels) = clusters.entry(id).or_default();
            *sum += memories;
            if let Some(label) = label {
                *labels.entry(label).or_default() += memories;
            }
        }
        let sums = clusters.into_iter().map(|(id, (nodes, labels))| {
            // Of equals the last is taken, which is the first by bytes when they come backwards.
            let label = labels.into_iter().rev().max_by_key(|(_, count)| *count);
            Self {
                id,
                label: label.map(|(label, _)| label.to_owned()),
                nodes,
            }
        });
        let mut sums: Vec<Self> = sums.collect();
        // Stable: of equals the lower id stays first.
        sums.sort_by_key(|cluster| Reverse(cluster.nodes));
        sums
    }
}

/// How a vector search went about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// Every vector was looked at.
    Exact,
    /// Through an index, which may miss a few.
    Index,
}

impl FoundBy {
    /// `exact` or `index`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Index => "index",
        }
    }
}

/// A memory that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// What is known of it.
    pub facts: Facts,
    /// How well it answers; more is better.
    pub score: f64,
}

/// The memories nearest to a vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    /// The best first; of equal scores, by kind and id.
    pub hits: Vec<Scored>,
    /// How they were found.
    pub found_by: FoundBy,
}

/// The memories that hold terms.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matching {
    /// The best first; of equal scores, by kind and id.
    pub hits: Vec<Scored>,
    /// Among how many memories were looked for the words of other rules than
    /// [`tokens::NUMBER`](crate::search::tokens::NUMBER): those may be missed.
    pub outdated: u64,
}

/// What keeps memories. Every method is about one scope, which comes first.
///
/// What holds for all methods:
///
/// - A scope that the backend does not keep is [`BackendError::UnknownScope`]; an id of another
///   scope is as good as an id that does not exist. No method gives, changes or counts what belongs
///   to another scope.
/// - A write is done as a whole or not at all, and when it returns it survives the loss of power.
///   Reads see every write that returned before they began, in this process and in others.
/// - Writes of several tasks and processes happen one after the other; reads do not wait for them.
/// - Searching and reading change nothing.
/// - A vector that is all zero, or holds a number that is not finite, is no vector, and of no
///   space: it may be written, and [`Entry::embedding`] is `None` for it afterwards.
/// - Spaces are the same if [`Space::is_comparable_with`] says so.
/// - Memories that are written have passed [`crate::record::admit`].
///
/// It holds data and finds candidates. How well a memory answers is decided elsewhere, by functions
/// that every backend calls alike: [`crate::search::vector::similarity`] and
/// [`crate::search::keyword`].
#[async_trait]
pub trait Backend: fmt::Debug + Send + Sync {
    /// The space of the scope's vectors: that of the first vector which was written, or the one it
    /// was made for. `None` if neither is so.
    async fn space(&self, scope: Scope) -> Result<Option<Arc<Space>>, BackendError>;

    /// The sources that memories of the scope may bear: any, unless another program reads them too.
    async fn sources(&self, _scope: Scope) -> Result<Sources, BackendError> {
        Ok(Sources::any())
    }

    /// Writes new memories; gives their keys, in order.
    ///
    /// # Errors
    /// [`BackendError::Exists`] if an id is taken, also within `drafts`;
    /// [`BackendError::WrongSpace`] if a vector's space is not the scope's.
    async fn insert(&self, scope: Scope, drafts: Vec<Draft>) -> Result<Vec<Key>, BackendError>;

    /// Puts `new` in the place of `old`, which has the same key. `access_count` and
    /// `last_accessed` stay: [`touch`](Self::touch) alone changes them. What `new` has no vector for
    /// has none afterwards.
    ///
    /// # Errors
    /// [`BackendError::NoSuchMemory`]; [`BackendError::Changed`] if what is stored is not `old`
    /// ([`crate::record::same_content`]); [`BackendError::WrongSpace`] as in
    /// [`insert`](Self::insert).
    async fn replace(&self, scope: Scope, old: &Memory, new: Entry) -> Result<(), BackendError>;

    /// Removes memories, and everything that finds them; gives the keys of those that were there,
    /// each once, in no particular order.
    async fn delete(&self, scope: Scope, keys: &[Key]) -> Result<Vec<Key>, BackendError>;

    /// Adds one to `access_count` (the highest there can be stays that) and sets `last_accessed`,
    /// once for each memory however often its key is given; gives how many were there.
    async fn touch(&self, scope: Scope, keys: &[Key], at: Timestamp) -> Result<u64, BackendError>;

    /// The memories with these keys, in their order; `None` for one that is not there.
    async fn get(&self, scope: Scope, keys: &[Key]) -> Result<Vec<Option<Entry>>, BackendError>;

    /// The memories that pass, page by page. Paging to the end while others write gives every
    /// memory that was there all the time, at its place, once.
    async fn list(
        &self,
        scope: Scope,
        filter: &Filter,
        page: &Page,
    ) -> Result<Listing, BackendError>;

    /// How many memories pass.
    async fn count(&self, scope: Scope, filter: &Filter) -> Result<Counts, BackendError>;

    /// The clusters of the scope's nodes, the largest first, of equals by id. Nodes without a
    /// cluster are in none.
    async fn clusters(&self, scope: Scope) -> Result<Vec<Cluster>, BackendError>;

    /// The memories whose vectors are nearest to `query`, at most `limit`: as many as pass and have
    /// a vector, if there are fewer. The score is
    /// [`similarity`](crate::search::vector::similarity) with the full vector. A query that is all
    /// zero finds nothing, and where there are no vectors yet nothing is found.
    ///
    /// # Errors
    /// [`BackendError::WrongSpace`] if the scope's vectors are of another space.
    async fn nearest(
        &self,
        scope: Scope,
        query: &Embedding,
        limit: usize,
        filter: &Filter,
    ) -> Result<Nearest, BackendError>;

    /// How similar memories are to `query`, of those that have a vector: at least of all whose similarity
    /// is `least` or more, in no particular order, each once. The similarity is that of
    /// [`nearest`](Self::nearest). Asked where an index brought the nearest, which may have missed a few.
    ///
    /// # Errors
    /// As [`nearest`](Self::nearest).
    async fn similarities(
        &self,
        scope: Scope,
        query: &Embedding,
        keys: &[Key],
        least: f64,
    ) -> Result<Vec<(Key, f64)>, BackendError> {
        let entries = self.get(scope, keys).await?;
        let mut found = Vec::new();
        for Entry { memory, embedding } in entries.into_iter().flatten() {
            let Some(embedding) = embedding else { continue };
            if !embedding.space().is_comparable_with(query.space()) {
                return Err(BackendError::WrongSpace {
                    stored: Arc::clone(embedding.space()),
                    given: Arc::clone(query.space()),
                });
            }
            let similarity = similarity(query.numbers(), embedding.numbers());
            if similarity >= least {
                found.push((memory.key(), similarity));
            }
        }
        Ok(found)
    }

    /// The memories that hold any of these terms, each given once
    /// ([`query_terms`](crate::search::keyword::query_terms)), at most `limit`. Nodes and episodes are scored each among their
    /// kind: statistics are those of all memories of the kind in the scope, whether they pass or
    /// not.
    async fn matching(
        &self,
        scope: Scope,
        terms: &[String],
        limit: usize,
        filter: &Filter,
    ) -> Result<Matching, BackendError>;

    /// The nodes that stand at most `reach` places from where any of these says it stands, in the
    /// same conversation, and pass; these themselves left out, in no particular order, each once.
    async fn neighbours(
        &self,
        scope: Scope,
        of: &[Facts],
        reach: i64,
        filter: &Filter,
    ) -> Result<Vec<Facts>, BackendError>;
}
