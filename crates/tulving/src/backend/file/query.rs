//! Queries: what a directory answers, each from one snapshot.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::catalog::CatalogEntry;
use super::error::FileError;
use super::partition::Partition;
use super::spaces::Spaces;
use super::state::State;
use crate::backend::{
    Candidate, Candidates, Cluster, Counts, Cursor, Entry, Filter, KindCandidates, Listing, Order,
    Page, Request, Scored, SearchMethod, join,
};
use crate::model::{Embedding, Key, Kind, Memory};
use crate::search::index::{self, Index};
use crate::search::keyword;
use crate::search::vector::{Allowed, similarity};

impl State {
    /// Returns the memory with that key, and its document.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn find(&self, key: &Key) -> Result<Option<(u32, Memory)>, FileError> {
        let Some(doc) = self.partition(key.kind).find(&key.id) else {
            return Ok(None);
        };
        Ok(Some((doc, self.memory(key.kind, doc)?)))
    }

    /// Returns the memory with that key, and its vector.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn entry(&self, key: &Key) -> Result<Option<Entry>, FileError> {
        let Some((doc, memory)) = self.find(key)? else {
            return Ok(None);
        };
        let numbers = self.vector(key.kind, doc)?.zip(self.space().cloned());
        // What is stored is as wide as the space, and finite.
        let embedding = numbers.and_then(|(numbers, space)| Embedding::new(space, numbers).ok());
        Ok(Some(Entry { memory, embedding }))
    }

    /// Returns the memories that pass, with their documents.
    fn passing<'s>(
        &'s self,
        filter: &'s Filter,
    ) -> impl Iterator<Item = (Kind, u32, CatalogEntry<'s>)> + 's {
        let kinds = filter.wanted();
        kinds.flat_map(move |kind| {
            let open = filter.is_open();
            self.partition(kind)
                .live()
                .filter(move |(_, entry)| open || entry.passes(kind, filter))
                .map(move |(doc, entry)| (kind, doc, entry))
        })
    }

    /// See [`Backend::list`](crate::backend::Backend::list).
    pub(super) fn list(&self, filter: &Filter, page: &Page) -> Result<Listing, FileError> {
        type OrderKey<'k> = (i64, i64, Kind, &'k str);
        let after: Option<OrderKey<'_>> = page.after.as_ref().map(|cursor| {
            (
                cursor.created_at.micros(),
                cursor.sequence_index,
                cursor.key.kind,
                cursor.key.id.as_str(),
            )
        });
        let order = |a: &OrderKey<'_>, b: &OrderKey<'_>| match page.order {
            Order::Oldest => a.cmp(b),
            Order::Newest => b.cmp(a),
        };
        let mut found: Vec<(OrderKey<'_>, u32)> = self
            .passing(filter)
            .map(|(kind, doc, entry)| {
                let at = (entry.created_at.micros(), entry.sequence, kind, entry.id);
                (at, doc)
            })
            .filter(|(at, _)| after.is_none_or(|after| order(at, &after) == Ordering::Greater))
            .collect();
        let more = best(&mut found, page.limit, |a, b| order(&a.0, &b.0));
        let memories = found
            .iter()
            .map(|((_, _, kind, _), doc)| self.memory(*kind, *doc))
            .collect::<Result<Vec<_>, _>>()?;
        let next = memories.last().filter(|_| more);
        Ok(Listing {
            next: next.map(|last| Cursor::from(&last.facts())),
            memories,
        })
    }

    /// See [`Backend::count`](crate::backend::Backend::count).
    pub(super) fn count(&self, filter: &Filter) -> Counts {
        let mut counts = Counts::default();
        for (kind, ..) in self.passing(filter) {
            counts[kind] += 1;
        }
        counts
    }

    /// See [`Backend::by_content_hash`](crate::backend::Backend::by_content_hash).
    pub(super) fn by_content_hash(&self, kind: Kind, hashes: &HashSet<u64>) -> Vec<(u64, Key)> {
        let live = self.partition(kind).live();
        live.filter(|(_, entry)| hashes.contains(&entry.content_hash))
            .map(|(_, entry)| (entry.content_hash, Key::new(kind, entry.id)))
            .collect()
    }

    /// See [`Backend::clusters`](crate::backend::Backend::clusters).
    pub(super) fn clusters(&self) -> Vec<Cluster> {
        let clustered = Kind::ALL.into_iter().filter(|kind| kind.is_clustered());
        let entries = clustered.flat_map(|kind| self.partition(kind).live());
        Cluster::sums(entries.filter_map(|(_, entry)| Some((entry.cluster?, entry.label, 1))))
    }

    /// See [`Backend::search`](crate::backend::Backend::search).
    pub(super) fn search(&self, request: &Request) -> Result<Candidates, FileError> {
        let mut answer = Candidates {
            space: self.space().cloned(),
            ..Candidates::default()
        };
        let stored = self.space();
        let query = request
            .vector
            .as_ref()
            .filter(|query| stored.is_some_and(|stored| stored.is_comparable_with(query.space())));
        for kind in request.filter.wanted() {
            let partition = self.partition(kind);
            let nearest = match query {
                Some(query) => self.nearest(partition, query.numbers(), request)?,
                None => Vec::new(),
            };
            let mut candidates = join(nearest, self.matching(partition, request)?);
            let beside = beside(partition, &candidates, request);
            candidates.extend(beside);
            answer.kinds[kind] = KindCandidates {
                candidates,
                found_by: SearchMethod::Exact,
                memories: partition.live().count() as u64,
                // Words of another tokenizer are in no file that is read.
                outdated: 0,
            };
        }
        Ok(answer)
    }

    /// Returns the memories of a kind that are nearest to a vector.
    fn nearest(
        &self,
        partition: &Partition,
        query: &[f32],
        request: &Request,
    ) -> Result<Vec<Scored>, FileError> {
        let (depth, mut scored) = (request.depth, Vec::new());
        for doc in self.nearest_documents(partition, query, depth, &request.filter)? {
            let Some(entry) = partition.entry(doc) else {
                continue;
            };
            if let Some(vector) = self.vector(partition.kind, doc)? {
                scored.push((similarity(query, &vector), entry));
            }
        }
        Ok(ranked(partition.kind, scored, depth))
    }

    /// Documents among which the nearest certainly are.
    fn nearest_documents(
        &self,
        partition: &Partition,
        query: &[f32],
        limit: usize,
        filter: &Filter,
    ) -> Result<Vec<u32>, FileError> {
        let passes = |doc: u32| {
            partition.is_live(doc)
                && (filter.is_open()
                    || partition
                        .entry(doc)
                        .is_some_and(|entry| entry.passes(partition.kind, filter)))
        };
        let Spaces { current, pair, .. } = self.spaces;
        let kept = partition.vectors(current);
        let unmerged = kept
            .map(|kept| &kept.unmerged)
            .filter(|unmerged| !unmerged.is_empty());
        let base = match kept.and_then(|kept| kept.array.as_ref()) {
            Some(array) => Some(array.quantised()?),
            None if current == pair && partition.base.rows() > 0 => Some(partition.base.vectors()?),
            None => None,
        };
        let mut found = Vec::new();
        if let Some(base) = base {
            // What has a newer vector in the journal is found there.
            let older = unmerged.filter(|unmerged| unmerged.replaces);
            let passes = |doc: u32| passes(doc) && older.is_none_or(|unmerged| !unmerged.has(doc));
            // Asking row by row takes longer than the search.
            let all = filter.is_open() && older.is_none() && partition.counts_whole_base();
            let allowed: Option<Allowed<'_>> = if all { None } else { Some(&passes) };
            found = base.candidates(query, limit, allowed);
        }
        if let (Some(unmerged), Some(log)) = (unmerged, &self.log) {
            let rows = unmerged.quantised(log, query.len(), |vectors| {
                // Later states may have added rows.
                let passes = |row: u32| unmerged.doc(row).is_some_and(passes);
                vectors.candidates(query, limit, Some(&passes))
            })?;
            found.extend(rows.into_iter().filter_map(|row| unmerged.doc(row)));
        }
        Ok(found)
    }

    /// Returns the memories of a kind that hold any of the terms.
    fn matching(&self, partition: &Partition, request: &Request) -> Result<Vec<Scored>, FileError> {
        if request.terms.is_empty() {
            return Ok(Vec::new());
        }
        let scores = self.scores(partition, &request.terms, &request.filter)?;
        let entries = scores
            .into_iter()
            .filter_map(|(doc, score)| Some((score, partition.entry(doc)?)));
        Ok(ranked(partition.kind, entries.collect(), request.depth))
    }

    fn scores(
        &self,
        partition: &Partition,
        terms: &[String],
        filter: &Filter,
    ) -> Result<Vec<(u32, f64)>, FileError> {
        let is_tombstone = |doc: u32| !partition.is_live(doc);
        let allowed = |doc: u32| {
            filter.is_open()
                || partition
                    .entry(doc)
                    .is_some_and(|entry| entry.passes(partition.kind, filter))
        };
        let ask = |indexes: &[&dyn Index], rows: u32| {
            let (first, changes) = (partition.base.rows(), &partition.changes);
            let not_live = (0..rows).filter(|row| !changes.is_live(*row));
            let gone = changes.tombstones.iter().copied();
            let gone = gone.chain(not_live.map(|row| first + row));
            let statistics = index::statistics(indexes, gone);
            keyword::score(
                statistics,
                &index::gather(indexes, terms, &is_tombstone, &allowed),
            )
        };
        let base = match partition.base.rows() {
            0 => None,
            _ => Some(partition.base.words()?),
        };
        match &self.log {
            Some(log) if partition.changes.rows() > 0 => partition.changes.words(
                partition.kind,
                log,
                self.scope,
                |unmerged, rows| match base {
                    Some(base) => ask(&[base, unmerged], rows),
                    None => ask(&[unmerged], rows),
                },
            ),
            _ => Ok(base.map_or_else(Vec::new, |base| ask(&[base], 0))),
        }
    }

    /// Returns the place after the last of what memories of a kind are part of.
    pub(super) fn next_place(&self, kind: Kind, container: &str) -> i64 {
        let there = self.partition(kind).conversation(container, 0, i64::MAX);
        let last = there.map(|(_, entry)| entry.sequence).max();
        last.map_or(0, |last| last.saturating_add(1))
    }
}

/// Returns what stands near these candidates of a kind in what they are part of, and passes.
fn beside(partition: &Partition, of: &[Candidate], request: &Request) -> Vec<Candidate> {
    let (kind, reach) = (partition.kind, request.reach);
    if reach == 0 || kind.sequence().is_none() {
        return Vec::new();
    }
    let themselves: HashSet<&str> = of.iter().map(|one| one.facts.id.as_str()).collect();
    let mut found: HashMap<u32, Candidate> = HashMap::new();
    for Candidate { facts, .. } in of {
        let Some(container) = &facts.conversation_id else {
            continue;
        };
        let place = facts.sequence_index;
        let first = place.saturating_sub_unsigned(reach);
        let last = place.saturating_add_unsigned(reach);
        for (doc, entry) in partition.conversation(container, first, last) {
            if !themselves.contains(entry.id) && entry.passes(kind, &request.filter) {
                found.entry(doc).or_insert_with(|| Candidate {
                    facts: entry.facts(kind),
                    vector: None,
                    keyword: None,
                });
            }
        }
    }
    found.into_values().collect()
}

/// Returns the best `limit` of a kind; of equal scores, by id.
fn ranked(kind: Kind, mut scored: Vec<(f64, CatalogEntry<'_>)>, limit: usize) -> Vec<Scored> {
    best(&mut scored, limit, |a, b| {
        let by_score = b.0.total_cmp(&a.0);
        by_score.then_with(|| a.1.id.cmp(b.1.id))
    });
    let scored = scored.into_iter().map(|(score, entry)| Scored {
        facts: entry.facts(kind),
        score,
    });
    scored.collect()
}

/// Leaves the first `limit` in that order; whether there were more.
fn best<T>(found: &mut Vec<T>, limit: usize, order: impl Fn(&T, &T) -> Ordering) -> bool {
    let more = found.len() > limit;
    if more {
        if limit > 0 {
            found.select_nth_unstable_by(limit - 1, &order);
        }
        found.truncate(limit);
    }
    found.sort_unstable_by(order);
    more
}
