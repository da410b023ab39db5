//! The memories of one scope in a strict backend.

mod imports;
mod spaces;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use tulving::backend::{
    BackendError, Candidate, Candidates, Cluster, Counts, Cursor, Draft, Entry, Filter, Forgotten,
    IfTaken, Inserted, KindCandidates, Listing, LiveChange, Needles, Order, Page, Request, Scan,
    ScannedPlace, Scored, join,
};
use tulving::json;
use tulving::model::{Document, Embedding, Key, Kind, Memory, Scope, Space, Timestamp};
use tulving::record::{self, Stamp};
use tulving::search::sameness::content_hash;
use tulving::search::text::{embedded, indexed};

use crate::{sample, scoring};

/// The memories of one scope.
#[derive(Debug, Clone)]
pub(super) struct Room {
    owner: Scope,
    pub(super) space: Option<Arc<Space>>,
    /// The spaces that are kept beside it.
    further: Vec<Arc<Space>>,
    rows: BTreeMap<Key, Row>,
    /// Records of documents by their ids.
    documents: BTreeMap<String, Arc<str>>,
    /// What was removed or replaced since the last purge.
    gone: Vec<Arc<str>>,
    pub(super) forgotten: Forgotten,
    pub(super) unfinished: Option<Vec<u8>>,
    imports: Vec<imports::Entered>,
}

/// A memory as bytes.
#[derive(Debug, Clone)]
struct Row {
    record: Arc<str>,
    /// Its vectors, each by its space.
    vectors: HashMap<Arc<Space>, Arc<[u8]>>,
    /// The space of the vector that lies where those of a scope with one space are.
    place: Option<Arc<Space>>,
}

impl Row {
    fn vector(&self, space: &Arc<Space>) -> Option<Embedding> {
        let bytes = self.vectors.get(space)?.as_chunks::<4>().0;
        let numbers = bytes.iter().map(|number| f32::from_le_bytes(*number));
        let vector = Embedding::new(Arc::clone(space), numbers.collect());
        Some(vector.expect("stored vectors are finite"))
    }
}

fn bytes(vector: &Embedding) -> Arc<[u8]> {
    let numbers = vector.numbers().iter();
    numbers.flat_map(|number| number.to_le_bytes()).collect()
}

impl Room {
    pub(super) fn new(owner: Scope) -> Self {
        Self {
            owner,
            space: None,
            further: Vec::new(),
            rows: BTreeMap::new(),
            documents: BTreeMap::new(),
            gone: Vec::new(),
            forgotten: Forgotten::default(),
            unfinished: None,
            imports: Vec::new(),
        }
    }

    fn memory(&self, kind: Kind, record: &str) -> Memory {
        let mut value = json::parse(record.as_bytes()).expect("stored records are JSON");
        let stamp = Stamp::only(self.owner);
        let read = record::read(kind, &mut value, &stamp);
        read.expect("stored records are whole").memory
    }

    fn entry(&self, key: &Key, row: &Row) -> Entry {
        let space = self.space.as_ref();
        Entry {
            memory: self.memory(key.kind, &row.record),
            embedding: space.and_then(|space| row.vector(space)),
        }
    }

    fn passing(&self, filter: &Filter) -> Vec<Entry> {
        let entries = self.rows.iter().map(|(key, row)| self.entry(key, row));
        entries
            .filter(|entry| filter.passes(&entry.memory))
            .collect()
    }

    pub(super) fn get(&self, key: &Key) -> Option<Entry> {
        self.rows.get(key).map(|row| self.entry(key, row))
    }

    pub(super) fn insert(
        &mut self,
        draft: Draft,
        if_taken: IfTaken,
    ) -> Result<Inserted, BackendError> {
        let entry = draft.entry();
        self.require_space(entry.embedding.as_ref())?;
        let key = entry.memory.key();
        if let (IfTaken::Keep, Some(_), Some(there)) =
            (if_taken, draft.settled_id(), self.get(&key))
        {
            let is_same = draft.is_said_by(&there);
            return Ok(Inserted::There { key, is_same });
        }
        let keeps_id = matches!(draft, Draft::NextNamed(_));
        let entry = match draft {
            Draft::Whole(entry) => entry,
            Draft::Next(mut entry) | Draft::NextNamed(mut entry) => {
                let kind = entry.memory.kind();
                let container = entry
                    .memory
                    .position()
                    .map(|(container, _)| container.to_owned());
                if let Some(container) = container {
                    let next = self.next_index(kind, &container);
                    entry.memory.place(next, keeps_id);
                }
                entry
            }
        };
        self.require_document(&entry.memory)?;
        let key = entry.memory.key();
        if self.rows.contains_key(&key) {
            return Err(BackendError::Exists { key });
        }
        self.put(entry)?;
        Ok(Inserted::New(key))
    }

    /// Refuses a vector of another space than the scope's, which the first vector decides.
    fn require_space(&self, vector: Option<&Embedding>) -> Result<(), BackendError> {
        let given = vector
            .filter(|vector| !vector.is_zero())
            .map(Embedding::space);
        match (&self.space, given) {
            (Some(stored), Some(given)) if !stored.is_comparable_with(given) => {
                Err(BackendError::WrongSpace {
                    stored: Arc::clone(stored),
                    given: Arc::clone(given),
                })
            }
            _ => Ok(()),
        }
    }

    /// How many of the memories were there, each counted once.
    pub(super) fn update_live(&mut self, changes: &[LiveChange]) -> u64 {
        let mut there = HashSet::new();
        for change in changes {
            change
                .check()
                .expect("a change that every backend can keep");
            let Some(mut entry) = self.get(change.key()) else {
                continue;
            };
            change.apply(&mut entry.memory);
            if let Some(row) = self.rows.get_mut(change.key()) {
                row.record = sample::record_of(&entry.memory).into();
                there.insert(change.key());
            }
        }
        there.len() as u64
    }

    /// How many memories there were.
    pub(super) fn erase(&mut self) -> Counts {
        let counts = self.count(&Filter::default());
        self.rows.clear();
        self.documents.clear();
        self.further.clear();
        self.purge();
        counts
    }

    pub(super) fn clear(&mut self) -> bool {
        let is_clear = self.rows.is_empty() && self.documents.is_empty();
        if is_clear {
            self.further.clear();
            self.imports.clear();
        }
        is_clear
    }

    pub(super) fn purge(&mut self) {
        self.gone.clear();
        self.imports.clear();
    }

    pub(super) fn scan(&self, needles: &Needles) -> Scan {
        let rows = self.rows.values().map(|row| &row.record);
        let records = rows.chain(self.documents.values()).chain(&self.gone);
        let mut place = ScannedPlace {
            name: "records".to_owned(),
            rows: Some(0),
            holds_memories: true,
            ..ScannedPlace::default()
        };
        for record in records {
            needles.find(record.as_bytes(), &mut place.found);
            place.bytes += record.len() as u64;
            place.rows = place.rows.map(|rows| rows + 1);
        }
        for path in self.imports.iter().flat_map(imports::Entered::paths) {
            needles.find(path.as_bytes(), &mut place.found);
        }
        Scan {
            places: vec![place],
            ..Scan::default()
        }
    }

    fn next_index(&self, kind: Kind, container: &str) -> i64 {
        let all = self.passing(&Filter::of(kind));
        let positions = all.iter().filter_map(|entry| entry.memory.position());
        let here = positions.filter(|(other, _)| *other == container);
        here.map(|(_, index)| index)
            .max()
            .map_or(0, |highest| highest.saturating_add(1))
    }

    fn require_document(&self, memory: &Memory) -> Result<(), BackendError> {
        match memory {
            Memory::Chunk(chunk) if !self.documents.contains_key(&chunk.document_id) => {
                let id = chunk.document_id.clone();
                Err(BackendError::NoSuchDocument { id })
            }
            _ => Ok(()),
        }
    }

    /// In place of what was there under its key.
    fn put(&mut self, entry: Entry) -> Result<(), BackendError> {
        let Entry { memory, embedding } = entry;
        self.require_document(&memory)?;
        let record = sample::record_of(&memory);
        assert!(
            record::same_content(&self.memory(memory.kind(), &record), &memory),
            "{} is as it will be when it is read again",
            memory.key()
        );
        // What was embedded before says whether vectors of further spaces are still its own.
        let before = self.rows.get(&memory.key()).map(|row| {
            let same = embedded(&self.memory(memory.kind(), &row.record)) == embedded(&memory);
            (same, row.vectors.clone())
        });
        let mut vectors = match before {
            Some((true, vectors)) => vectors,
            _ => HashMap::new(),
        };
        if let Some(space) = &self.space {
            vectors.remove(space);
        }
        let mut place = None;
        if let Some(vector) = embedding.filter(|vector| !vector.is_zero()) {
            let given = vector.space();
            let stored = self.space.get_or_insert_with(|| Arc::clone(given));
            if !stored.is_comparable_with(given) {
                return Err(BackendError::WrongSpace {
                    stored: Arc::clone(stored),
                    given: Arc::clone(given),
                });
            }
            vectors.insert(Arc::clone(stored), bytes(&vector));
            place = Some(Arc::clone(stored));
        }
        let row = Row {
            record: record.into(),
            vectors,
            place,
        };
        let replaced = self.rows.insert(memory.key(), row);
        self.gone.extend(replaced.map(|row| row.record));
        Ok(())
    }

    /// Puts `new` in the place of `stored`, but for what touching alone changes.
    pub(super) fn replace(&mut self, stored: &Memory, new: Entry) -> Result<(), BackendError> {
        let Entry {
            mut memory,
            embedding,
        } = new;
        memory.set_usage(stored.usage());
        self.put(Entry { memory, embedding })
    }

    /// Puts a document with these chunks in the place of what was there of it.
    pub(super) fn put_document(
        &mut self,
        document: &Document,
        chunks: Vec<Entry>,
    ) -> Result<(), BackendError> {
        self.remove_document(&document.id);
        let mut record = Vec::new();
        record::document::write(document, &mut record).expect("a carry that nobody changed");
        let record = String::from_utf8(record)
            .expect("an admitted document")
            .into();
        self.documents.insert(document.id.clone(), record);
        assert_eq!(
            self.document(&document.id).as_ref(),
            Some(document),
            "a document is as it will be when it is read again"
        );
        for chunk in chunks {
            let container = chunk.memory.position().map(|(container, _)| container);
            assert_eq!(
                container,
                Some(&*document.id),
                "a chunk is of this document"
            );
            self.insert(Draft::Whole(chunk), IfTaken::Refuse)?;
        }
        Ok(())
    }

    /// Whether there was such a document.
    pub(super) fn remove_document(&mut self, id: &str) -> bool {
        let chunks = self.passing(&Filter::of(Kind::Chunk));
        for chunk in chunks {
            if chunk.memory.position().is_some_and(|(of, _)| of == id) {
                self.delete(&chunk.memory.key());
            }
        }
        let removed = self.documents.remove(id);
        self.gone.extend(removed.clone());
        removed.is_some()
    }

    pub(super) fn document(&self, id: &str) -> Option<Document> {
        let record = self.documents.get(id)?;
        let mut value = json::parse(record.as_bytes()).expect("stored records are JSON");
        let read = record::document::read(&mut value, &Stamp::only(self.owner));
        Some(read.expect("stored records are whole"))
    }

    pub(super) fn list_documents(&self, after: Option<&str>, limit: usize) -> Vec<Document> {
        let ids = self.documents.keys().map(String::as_str);
        let ids = ids.filter(|id| after.is_none_or(|after| *id > after));
        ids.take(limit).filter_map(|id| self.document(id)).collect()
    }

    /// Whether there was anything to delete.
    pub(super) fn delete(&mut self, key: &Key) -> bool {
        let removed = self.rows.remove(key);
        let is_removed = removed.is_some();
        self.gone.extend(removed.map(|row| row.record));
        is_removed
    }

    pub(super) fn touch(&mut self, keys: &[Key], at: Timestamp) -> u64 {
        let mut touched = 0;
        for key in keys.iter().collect::<HashSet<_>>() {
            let Some(mut entry) = self.get(key) else {
                continue;
            };
            let (count, _) = entry.memory.usage();
            entry.memory.set_usage((count.saturating_add(1), Some(at)));
            if let Some(row) = self.rows.get_mut(key) {
                row.record = sample::record_of(&entry.memory).into();
                touched += 1;
            }
        }
        touched
    }

    pub(super) fn by_content_hash(&self, kind: Kind, hashes: &BTreeSet<u64>) -> Vec<(u64, Key)> {
        let entries = self
            .rows
            .iter()
            .rev()
            .map(|(key, row)| self.entry(key, row));
        entries
            .filter(|entry| entry.memory.kind() == kind)
            .map(|entry| (content_hash(&indexed(&entry.memory)), entry.memory.key()))
            .filter(|(hash, _)| hashes.contains(hash))
            .collect()
    }

    pub(super) fn list(&self, filter: &Filter, page: &Page) -> Listing {
        let mut memories: Vec<Memory> = self
            .passing(filter)
            .into_iter()
            .map(|entry| entry.memory)
            .collect();
        let place = |memory: &Memory| Cursor::from(&memory.facts());
        memories.sort_by_key(place);
        if let Some(after) = &page.after {
            memories.retain(|memory| match page.order {
                Order::Oldest => place(memory) > *after,
                Order::Newest => place(memory) < *after,
            });
        }
        if page.order == Order::Newest {
            memories.reverse();
        }
        let more = memories.len() > page.limit;
        memories.truncate(page.limit);
        let next = memories.last().filter(|_| more).map(place);
        Listing { memories, next }
    }

    pub(super) fn count(&self, filter: &Filter) -> Counts {
        let mut counts = Counts::default();
        for entry in self.passing(filter) {
            counts[entry.memory.kind()] += 1;
        }
        counts
    }

    pub(super) fn clusters(&self) -> Vec<Cluster> {
        let mut found: HashMap<i64, (u64, HashMap<String, u64>)> = HashMap::new();
        for entry in self.passing(&Filter::default()) {
            let memory = &entry.memory;
            let Some(id) = memory.cluster_id() else {
                continue;
            };
            let (nodes, labels) = found.entry(id).or_default();
            *nodes += 1;
            if let Some(label) = memory.cluster_label() {
                *labels.entry(label.to_owned()).or_default() += 1;
            }
        }
        let clusters = found.into_iter().map(|(id, (nodes, labels))| Cluster {
            id,
            label: labels
                .into_iter()
                .max_by_key(|(label, count)| (*count, Reverse(label.clone())))
                .map(|(label, _)| label),
            nodes,
        });
        let mut clusters: Vec<Cluster> = clusters.collect();
        clusters.sort_by_key(|cluster| (Reverse(cluster.nodes), cluster.id));
        clusters
    }

    /// The worst first, and what stands beside them before all others.
    pub(super) fn search(&self, request: &Request) -> Candidates {
        let stored = self.space.as_ref();
        let query = request
            .vector
            .as_ref()
            .filter(|query| stored.is_some_and(|stored| stored.is_comparable_with(query.space())));
        let mut answer = Candidates {
            space: self.space.clone(),
            ..Candidates::default()
        };
        let all = self.passing(&Filter::default());
        for kind in request.filter.wanted() {
            let of_kind = all.iter().filter(|entry| entry.memory.kind() == kind);
            let of_kind: Vec<&Entry> = of_kind.collect();
            let passes = |entry: &Entry| request.filter.passes(&entry.memory);
            let nearest = query.map(|query| nearest(&of_kind, query, request.depth, passes));
            let matching = matching(&of_kind, &request.terms, request.depth, passes);
            let mut candidates = join(nearest.unwrap_or_default(), matching);
            candidates.extend(beside(&of_kind, &candidates, request.reach, passes));
            candidates.reverse();
            answer.kinds[kind] = KindCandidates {
                candidates,
                memories: of_kind.len() as u64,
                ..KindCandidates::default()
            };
        }
        answer
    }
}

fn nearest(
    of_kind: &[&Entry],
    query: &Embedding,
    limit: usize,
    passes: impl Fn(&Entry) -> bool,
) -> Vec<Scored> {
    let mut hits = Vec::new();
    if !query.is_zero() {
        for entry in of_kind.iter().filter(|entry| passes(entry)) {
            if let Some(vector) = &entry.embedding {
                hits.push(Scored {
                    facts: entry.memory.facts(),
                    score: scoring::similarity(query, vector),
                });
            }
        }
    }
    best(hits, limit)
}

fn matching(
    of_kind: &[&Entry],
    terms: &[String],
    limit: usize,
    passes: impl Fn(&Entry) -> bool,
) -> Vec<Scored> {
    if terms.is_empty() {
        return Vec::new();
    }
    let mut hits = Vec::new();
    let words: Vec<Vec<String>> = of_kind
        .iter()
        .map(|entry| scoring::words(&entry.memory))
        .collect();
    for (entry, score) in of_kind.iter().zip(scoring::keyword(&words, terms)) {
        if let Some(score) = score.filter(|_| passes(entry)) {
            let facts = entry.memory.facts();
            hits.push(Scored { facts, score });
        }
    }
    best(hits, limit)
}

fn beside(
    of_kind: &[&Entry],
    found: &[Candidate],
    reach: u64,
    passes: impl Fn(&Entry) -> bool,
) -> Vec<Candidate> {
    let mut beside = Vec::new();
    for entry in of_kind.iter().filter(|entry| reach > 0 && passes(entry)) {
        let Some((container, index)) = entry.memory.position() else {
            continue;
        };
        let was_found = found.iter().any(|one| one.facts.id == entry.memory.id());
        let stands_near = found.iter().any(|one| {
            one.facts.conversation_id.as_deref() == Some(container)
                && one.facts.sequence_index.abs_diff(index) <= reach
        });
        if stands_near && !was_found {
            beside.push(Candidate {
                facts: entry.memory.facts(),
                vector: None,
                keyword: None,
            });
        }
    }
    beside
}

fn best(mut hits: Vec<Scored>, limit: usize) -> Vec<Scored> {
    hits.sort_by(|a, b| {
        let by_score = b.score.total_cmp(&a.score);
        let by_kind = || a.facts.kind.cmp(&b.facts.kind);
        by_score
            .then_with(by_kind)
            .then_with(|| a.facts.id.cmp(&b.facts.id))
    });
    hits.truncate(limit);
    hits
}
