//! One scope of a backend, where every call is expected to succeed: it keeps test bodies short.

use std::sync::Arc;

use tulving::backend::{
    Backend, BackendError, Candidates, Cluster, Counts, Draft, Entry, Filter, Forgotten, Held,
    IfTaken, Inserted, LiveChange, Order, Page, Request, Scored,
};
use tulving::model::{Document, Embedding, Key, Kind, Memory, Scope};
use tulving::search::sameness::content_hash;

use crate::documents::put_documents;
use crate::fixture::Fixture;
use crate::{finding, sample};

/// More than there is.
pub(crate) const ALL: usize = 1_000_000;

/// The memories of one scope.
#[derive(Debug, Clone)]
pub(crate) struct Memories {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) scope: Scope,
}

impl Memories {
    /// Those of the fixture's own scope, opened anew.
    pub(crate) async fn open(fixture: &dyn Fixture) -> Self {
        Self {
            backend: fixture.open().await,
            scope: fixture.own(),
        }
    }

    /// Writes memories, and first the documents of those that are chunks.
    pub(crate) async fn write(&self, entries: impl IntoIterator<Item = Entry>) -> Vec<Key> {
        let entries: Vec<Entry> = entries.into_iter().collect();
        put_documents(&*self.backend, self.scope, &entries).await;
        let drafts = entries.into_iter().map(Draft::Whole).collect();
        self.insert(drafts).await.expect("insert")
    }

    pub(crate) async fn put_document(
        &self,
        document: &Document,
        chunks: impl IntoIterator<Item = Entry>,
    ) -> Result<(), BackendError> {
        let chunks = chunks.into_iter().collect();
        let put = self
            .backend
            .put_document(self.scope, document.clone(), chunks);
        put.await
    }

    /// The documents that were there, sorted.
    pub(crate) async fn remove_documents(&self, ids: &[&str]) -> Vec<String> {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let removed = self.backend.remove_documents(self.scope, &ids).await;
        let mut removed = removed.expect("remove documents");
        removed.sort();
        removed
    }

    pub(crate) async fn document(&self, id: &str) -> Option<Document> {
        let found = self.backend.documents(self.scope, &[id.to_owned()]).await;
        let mut found = found.expect("read documents");
        assert_eq!(found.len(), 1, "one answer for one id");
        found.pop().flatten()
    }

    pub(crate) async fn list_documents(&self, after: Option<&str>, limit: usize) -> Vec<Document> {
        let listed = self.backend.list_documents(self.scope, after, limit).await;
        listed.expect("list documents")
    }

    pub(crate) async fn insert(&self, drafts: Vec<Draft>) -> Result<Vec<Key>, BackendError> {
        self.backend.insert(self.scope, drafts).await
    }

    /// Writes what is new and keeps what is there.
    pub(crate) async fn keep(&self, drafts: Vec<Draft>) -> Vec<Inserted> {
        let inserted = self.backend.insert_each(self.scope, drafts, IfTaken::Keep);
        inserted.await.expect("insert what is new")
    }

    pub(crate) async fn update_live(&self, changes: Vec<LiveChange>) -> u64 {
        let changed = self.backend.update_live(self.scope, changes);
        changed.await.expect("change live fields")
    }

    pub(crate) async fn erase(&self) -> Counts {
        self.backend.erase(self.scope).await.expect("erase")
    }

    pub(crate) async fn hold(&self) -> Held {
        self.backend.hold(self.scope).await.expect("hold")
    }

    pub(crate) async fn purge(&self) {
        let purged = self.backend.purge(self.scope, &Kind::ALL).await;
        purged.expect("purge");
    }

    pub(crate) async fn clear(&self) -> bool {
        self.backend.clear(self.scope).await.expect("clear")
    }

    pub(crate) async fn bury(&self, keys: &[Key], documents: &[String]) {
        let buried = self.backend.bury(self.scope, keys, documents).await;
        buried.expect("bury");
    }

    pub(crate) async fn exhume(&self, keys: &[Key], documents: &[String]) {
        let exhumed = self.backend.exhume(self.scope, keys, documents).await;
        exhumed.expect("exhume");
    }

    pub(crate) async fn forgotten(&self) -> Forgotten {
        let forgotten = self.backend.forgotten(self.scope).await;
        forgotten.expect("forgotten")
    }

    pub(crate) async fn keep_unfinished(&self, record: Option<&[u8]>) {
        let kept = self.backend.keep_unfinished(self.scope, record).await;
        kept.expect("keep the record of an erasure");
    }

    pub(crate) async fn unfinished(&self) -> Option<Vec<u8>> {
        let record = self.backend.unfinished(self.scope).await;
        record.expect("the record of an erasure")
    }

    pub(crate) async fn replace(&self, old: &Memory, new: Entry) -> Result<(), BackendError> {
        self.backend.replace(self.scope, old, new).await
    }

    pub(crate) async fn delete(&self, keys: &[Key]) -> Vec<Key> {
        self.backend.delete(self.scope, keys).await.expect("delete")
    }

    pub(crate) async fn touch(&self, keys: &[Key], minute: i64) -> u64 {
        let touched = self.backend.touch(self.scope, keys, sample::at(minute));
        touched.await.expect("touch")
    }

    pub(crate) async fn get(&self, key: &Key) -> Option<Entry> {
        let mut found = self.get_all(std::slice::from_ref(key)).await;
        assert_eq!(found.len(), 1, "one answer for one key");
        found.pop().flatten()
    }

    pub(crate) async fn get_all(&self, keys: &[Key]) -> Vec<Option<Entry>> {
        self.backend.get(self.scope, keys).await.expect("get")
    }

    /// Every memory of the scope, the first first.
    pub(crate) async fn all(&self) -> Vec<Memory> {
        let page = Page {
            order: Order::Oldest,
            after: None,
            limit: ALL,
        };
        let everything = Filter::default();
        let listing = self.backend.list(self.scope, &everything, &page);
        let listing = listing.await.expect("list");
        assert_eq!(listing.next, None, "there is nothing after everything");
        listing.memories
    }

    /// The ids of the memories that pass, the first first.
    pub(crate) async fn ids(&self, filter: &Filter) -> Vec<String> {
        let page = Page {
            order: Order::Oldest,
            after: None,
            limit: ALL,
        };
        let listing = self.backend.list(self.scope, filter, &page);
        let memories = listing.await.expect("list").memories;
        memories
            .iter()
            .map(|memory| memory.id().to_owned())
            .collect()
    }

    pub(crate) async fn count(&self, filter: &Filter) -> Counts {
        let counts = self.backend.count(self.scope, filter);
        counts.await.expect("count")
    }

    /// The ids of the memories of a kind that say the same as one of these texts, each with the place of that text;
    /// sorted.
    pub(crate) async fn saying(&self, kind: Kind, texts: &[&str]) -> Vec<(usize, String)> {
        let hashes: Vec<u64> = texts.iter().map(|text| content_hash(text)).collect();
        let found = self.backend.by_content_hash(self.scope, kind, &hashes);
        let found = found.await.expect("by content hash").into_iter();
        let mut found: Vec<_> = found
            .map(|(hash, key)| {
                assert_eq!(key.kind, kind);
                let place = hashes.iter().position(|asked| *asked == hash);
                (place.expect("only what is asked for is found"), key.id)
            })
            .collect();
        found.sort();
        found
    }

    pub(crate) async fn clusters(&self) -> Vec<Cluster> {
        self.backend.clusters(self.scope).await.expect("clusters")
    }

    pub(crate) async fn search(&self, request: &Request) -> Candidates {
        let found = self.backend.search(self.scope, request).await;
        found.expect("search")
    }

    pub(crate) async fn nearest(
        &self,
        query: &Embedding,
        limit: usize,
        filter: &Filter,
    ) -> Vec<Scored> {
        let nearest = finding::nearest(&*self.backend, self.scope, query, limit, filter);
        nearest.await.expect("nearest").hits
    }

    pub(crate) async fn matching(
        &self,
        terms: &[String],
        limit: usize,
        filter: &Filter,
    ) -> Vec<Scored> {
        let matching = finding::matching(&*self.backend, self.scope, terms, limit, filter);
        matching.await.expect("matching").hits
    }

    /// The ids of what stands near the memories that hold any of these words, sorted.
    pub(crate) async fn beside(&self, words: &str, reach: u64, filter: &Filter) -> Vec<String> {
        let request = Request {
            reach,
            ..Request::holding(crate::scoring::asked(words), ALL, filter.clone())
        };
        let found = self.search(&request).await;
        let candidates = found
            .kinds
            .into_iter()
            .flat_map(|(_, found)| found.candidates);
        let beside = candidates.filter(|one| one.vector.is_none() && one.keyword.is_none());
        let mut ids: Vec<String> = beside.map(|one| one.facts.id).collect();
        ids.sort();
        ids
    }

    /// The ids of what is nearest to a vector that begins with these numbers, the best first.
    pub(crate) async fn near(&self, numbers: &[f32]) -> Vec<String> {
        let query = sample::vector(numbers);
        ids(&self.nearest(&query, ALL, &Filter::default()).await)
    }

    /// The ids of what holds any of these words, the best first.
    pub(crate) async fn with_words(&self, words: &str) -> Vec<String> {
        let terms = crate::scoring::terms(words);
        ids(&self.matching(&terms, ALL, &Filter::default()).await)
    }

    /// That what is stored under the key of this entry is the same, to the last byte.
    pub(crate) async fn assert_holds(&self, expected: &Entry) {
        let key = expected.memory.key();
        let Some(found) = self.get(&key).await else {
            panic!("{key} is not there");
        };
        assert_same(&found, expected);
    }
}

/// That two entries are the same to the last byte: as records and as bits of their vectors.
pub(crate) fn assert_same(found: &Entry, expected: &Entry) {
    assert_eq!(
        sample::record_of(&found.memory),
        sample::record_of(&expected.memory)
    );
    assert_eq!(found.memory.facts(), expected.memory.facts());
    assert_eq!(
        bits(found),
        bits(expected),
        "vector of {}",
        expected.memory.key()
    );
}

fn bits(entry: &Entry) -> Option<(String, Vec<u32>)> {
    entry.embedding.as_ref().map(|vector| {
        let numbers = vector.numbers().iter().map(|number| number.to_bits());
        (vector.space().to_string(), numbers.collect())
    })
}

/// The ids of what was found, in its order.
pub(crate) fn ids(hits: &[Scored]) -> Vec<String> {
    hits.iter().map(|hit| hit.facts.id.clone()).collect()
}

/// The key of a node.
pub(crate) fn node_key(id: &str) -> Key {
    Key::new(Kind::Node, id)
}

/// The key of a chunk.
pub(crate) fn chunk_key(id: &str) -> Key {
    Key::new(Kind::Chunk, id)
}

/// The key of an episode.
pub(crate) fn episode_key(id: &str) -> Key {
    Key::new(Kind::Episode, id)
}
