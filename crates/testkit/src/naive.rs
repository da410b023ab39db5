//! A naive model of a backend: what ought to be answered, worked out in the plainest way from a map of memories.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use tulving::backend::{
    BackendError, Candidate, Cluster, Counts, Cursor, Draft, Entry, Filter, Order, Page, Request,
    Scored,
};
use tulving::model::{Document, Embedding, Facts, Key, Kind, Memory, PerKind, Timestamp};
use tulving::record;

use crate::documents::document_of;
use crate::{sample, scoring};

/// The memories of one scope, and its documents by their ids.
#[derive(Debug, Clone, Default)]
pub(crate) struct Naive(
    pub(crate) BTreeMap<Key, Entry>,
    pub(crate) BTreeMap<String, Document>,
);

impl FromIterator<Entry> for Naive {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut naive = Self::default();
        for entry in entries {
            let id = document_of(&entry);
            let document = id.map(|id| (id.to_owned(), sample::document(id)));
            naive.1.extend(document);
            naive.0.insert(entry.memory.key(), entry);
        }
        naive
    }
}

impl Naive {
    pub(crate) fn insert(&mut self, drafts: Vec<Draft>) -> Result<Vec<Key>, BackendError> {
        let mut changed = self.clone();
        let keys = drafts.into_iter().map(|draft| changed.insert_one(draft));
        let keys = keys.collect::<Result<_, _>>()?;
        *self = changed;
        Ok(keys)
    }

    fn insert_one(&mut self, draft: Draft) -> Result<Key, BackendError> {
        let (mut entry, is_next, keeps_id) = match draft {
            Draft::Whole(entry) => (entry, false, true),
            Draft::Next(entry) => (entry, true, false),
            Draft::NextNamed(entry) => (entry, true, true),
        };
        let facts = entry.memory.facts();
        if is_next && facts.conversation_id.is_some() {
            let others = self.0.values().map(|entry| entry.memory.facts());
            let places = others
                .filter(|other| is_beside(other, &facts))
                .map(|other| other.sequence_index.saturating_add(1));
            entry.memory.place(places.max().unwrap_or(0), keeps_id);
        }
        self.require_document(&entry)?;
        let key = entry.memory.key();
        if self.0.contains_key(&key) {
            return Err(BackendError::Exists { key });
        }
        self.put(entry);
        Ok(key)
    }

    fn require_document(&self, entry: &Entry) -> Result<(), BackendError> {
        match document_of(entry).filter(|id| !self.1.contains_key(*id)) {
            Some(id) => Err(BackendError::NoSuchDocument { id: id.to_owned() }),
            None => Ok(()),
        }
    }

    fn put(&mut self, mut entry: Entry) {
        entry.embedding = entry.embedding.filter(|vector| !vector.is_zero());
        self.0.insert(entry.memory.key(), entry);
    }

    pub(crate) fn replace(&mut self, old: &Memory, mut new: Entry) -> Result<(), BackendError> {
        let key = old.key();
        let Some(stored) = self.0.get(&key) else {
            return Err(BackendError::NoSuchMemory { key });
        };
        if !record::same_content(&stored.memory, old) {
            return Err(BackendError::Changed { key });
        }
        self.require_document(&new)?;
        new.memory.set_usage(stored.memory.usage());
        self.put(new);
        Ok(())
    }

    pub(crate) fn put_document(
        &mut self,
        document: &Document,
        chunks: Vec<Entry>,
    ) -> Result<(), BackendError> {
        let mut changed = self.clone();
        changed.remove_documents(&[&document.id]);
        changed.1.insert(document.id.clone(), document.clone());
        for chunk in chunks {
            changed.insert_one(Draft::Whole(chunk))?;
        }
        *self = changed;
        Ok(())
    }

    /// The ids of those that were there, sorted.
    pub(crate) fn remove_documents(&mut self, ids: &[&str]) -> Vec<String> {
        let ids: BTreeSet<&str> = ids.iter().copied().collect();
        let there = ids.into_iter().filter(|id| self.1.remove(*id).is_some());
        let there: Vec<String> = there.map(str::to_owned).collect();
        let is_gone =
            |entry: &Entry| document_of(entry).is_some_and(|id| there.iter().any(|of| of == id));
        self.0.retain(|_, entry| !is_gone(entry));
        there
    }

    /// The keys of those that were there, sorted.
    pub(crate) fn delete(&mut self, keys: &[Key]) -> Vec<Key> {
        let keys: BTreeSet<&Key> = keys.iter().collect();
        let there = keys.into_iter().filter(|key| self.0.remove(key).is_some());
        there.cloned().collect()
    }

    pub(crate) fn touch(&mut self, keys: &[Key], at: Timestamp) -> u64 {
        let mut touched = 0;
        for key in keys.iter().collect::<BTreeSet<_>>() {
            if let Some(entry) = self.0.get_mut(key) {
                let (count, _) = entry.memory.usage();
                entry.memory.set_usage((count + 1, Some(at)));
                touched += 1;
            }
        }
        touched
    }

    fn passing(&self, filter: &Filter) -> impl Iterator<Item = &Entry> {
        let entries = self.0.values();
        entries.filter(|entry| filter.passes(&entry.memory))
    }

    /// The page, and whether there is more after it.
    pub(crate) fn list(&self, filter: &Filter, page: &Page) -> (Vec<Key>, bool) {
        let facts = self.passing(filter).map(|entry| entry.memory.facts());
        let mut places: Vec<Cursor> = facts.map(|facts| Cursor::from(&facts)).collect();
        places.sort();
        if page.order == Order::Newest {
            places.reverse();
        }
        places.retain(|place| match (&page.after, page.order) {
            (None, _) => true,
            (Some(after), Order::Oldest) => place > after,
            (Some(after), Order::Newest) => place < after,
        });
        let more = places.len() > page.limit;
        let keys = places.into_iter().take(page.limit).map(|place| place.key);
        (keys.collect(), more)
    }

    pub(crate) fn count(&self, filter: &Filter) -> Counts {
        Counts::from_fn(|kind| {
            let passing = self.passing(filter);
            passing.filter(|entry| entry.memory.kind() == kind).count() as u64
        })
    }

    pub(crate) fn clusters(&self) -> Vec<Cluster> {
        let mut members: BTreeMap<i64, Vec<Option<&str>>> = BTreeMap::new();
        for entry in self.0.values() {
            if let Some(id) = entry.memory.cluster_id() {
                let labels = members.entry(id).or_default();
                labels.push(entry.memory.cluster_label());
            }
        }
        let mut clusters: Vec<Cluster> = members
            .into_iter()
            .map(|(id, labels)| Cluster {
                id,
                label: most_frequent(labels.iter().flatten().copied()),
                nodes: labels.len() as u64,
            })
            .collect();
        clusters.sort_by_key(|cluster| (std::cmp::Reverse(cluster.nodes), cluster.id));
        clusters
    }

    pub(crate) fn nearest(&self, query: &Embedding, limit: usize, filter: &Filter) -> Vec<Scored> {
        if query.is_zero() {
            return Vec::new();
        }
        let scored = self.passing(filter).filter_map(|entry| {
            let vector = entry.embedding.as_ref()?;
            Some(Scored {
                facts: entry.memory.facts(),
                score: scoring::similarity(query, vector),
            })
        });
        best(scored.collect(), limit)
    }

    pub(crate) fn matching(&self, terms: &[String], limit: usize, filter: &Filter) -> Vec<Scored> {
        let mut found = Vec::new();
        for kind in Kind::ALL {
            let memories: Vec<&Memory> = self
                .passing(&Filter::of(kind))
                .map(|entry| &entry.memory)
                .collect();
            let words: Vec<_> = memories
                .iter()
                .map(|memory| scoring::words(memory))
                .collect();
            let scores = scoring::keyword(&words, terms);
            found.extend(memories.iter().zip(scores).filter_map(|(memory, score)| {
                Some(Scored {
                    facts: memory.facts(),
                    score: score?,
                })
                .filter(|_| filter.passes(memory))
            }));
        }
        best(found, limit)
    }

    /// The candidates of each kind by id, and how many memories of it there are.
    pub(crate) fn search(&self, request: &Request) -> PerKind<(Vec<Candidate>, u64)> {
        let counts = self.count(&Filter::default());
        PerKind::from_fn(|kind| match request.filter.wants(kind) {
            true => (self.candidates(kind, request), counts[kind]),
            false => (Vec::new(), 0),
        })
    }

    fn candidates(&self, kind: Kind, request: &Request) -> Vec<Candidate> {
        let filter = Filter {
            kinds: vec![kind],
            ..request.filter.clone()
        };
        let query = request.vector.as_ref();
        let nearest = query.map_or_else(Vec::new, |query| {
            self.nearest(query, request.depth, &filter)
        });
        let matching = match request.terms.as_slice() {
            [] => Vec::new(),
            terms => self.matching(terms, request.depth, &filter),
        };
        let score = |scored: &[Scored], key: &Key| {
            let mut scored = scored.iter();
            scored
                .find(|one| one.facts.key() == *key)
                .map(|one| one.score)
        };
        let found: BTreeMap<Key, Facts> = nearest
            .iter()
            .chain(&matching)
            .map(|one| (one.facts.key(), one.facts.clone()))
            .collect();
        let stands_near = |facts: &Facts| {
            found.values().any(|near| {
                facts.conversation_id.is_some()
                    && is_beside(near, facts)
                    && near.sequence_index.abs_diff(facts.sequence_index) <= request.reach
            })
        };
        let passing = self.passing(&filter).map(|entry| entry.memory.facts());
        let wanted = passing.filter(|facts| {
            found.contains_key(&facts.key()) || (request.reach > 0 && stands_near(facts))
        });
        wanted
            .map(|facts| Candidate {
                vector: score(&nearest, &facts.key()),
                keyword: score(&matching, &facts.key()),
                facts,
            })
            .collect()
    }
}

/// Whether two memories are of one kind and part of the same.
fn is_beside(one: &Facts, other: &Facts) -> bool {
    one.kind == other.kind && one.conversation_id == other.conversation_id
}

/// Of equals the first by bytes.
fn most_frequent<'l>(labels: impl Iterator<Item = &'l str>) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for label in labels {
        *counts.entry(label).or_default() += 1;
    }
    let most = counts.values().max().copied()?;
    let mut labels = counts.into_iter().filter(|(_, count)| *count == most);
    labels.next().map(|(label, _)| label.to_owned())
}

/// The best first; of equal scores, by kind and id.
fn best(mut scored: Vec<Scored>, limit: usize) -> Vec<Scored> {
    let order = |a: &Scored, b: &Scored| -> Ordering {
        let by_score = b.score.total_cmp(&a.score);
        by_score.then_with(|| a.facts.key().cmp(&b.facts.key()))
    };
    scored.sort_by(order);
    scored.truncate(limit);
    scored
}
