//! Tracing: a span around each call of a backend.

use std::sync::Arc;

use async_trait::async_trait;
use tracing::Instrument as _;

use crate::backend::{
    Backend, BackendError, BeyondReach, Candidates, Cluster, Counts, Draft, Entry, Filter,
    Followed, Forgotten, Held, IfTaken, Import, Imports, Inserted, KeptSpaces, Lacking, Listing,
    LiveChange, Needles, Page, Request, Scan, Sources,
};
use crate::model::{Document, Embedding, Key, Kind, Memory, Scope, Space, Timestamp};

/// A backend whose calls are spans of the target `tulving::backend`, named as the methods are. A span says
/// whether the scope is a user or a tenant, and nothing else: ids, texts and vectors are no one's but the
/// owner's. Where nobody subscribes nothing happens.
#[derive(Debug)]
pub(super) struct Traced(pub(super) Arc<dyn Backend>);

macro_rules! traced {
    ($backend:ident.$method:ident($scope:ident $(, $argument:ident)*)) => {{
        let span = tracing::debug_span!(
            target: "tulving::backend",
            stringify!($method),
            scope = $scope.kind().as_str()
        );
        $backend.0.$method($scope $(, $argument)*).instrument(span).await
    }};
}

// A method that is not passed on would do what the trait does, not what the backend does.
#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Backend for Traced {
    async fn space(&self, scope: Scope) -> Result<Option<Arc<Space>>, BackendError> {
        traced!(self.space(scope))
    }

    async fn sources(&self, scope: Scope) -> Result<Sources, BackendError> {
        traced!(self.sources(scope))
    }

    async fn insert_each(
        &self,
        scope: Scope,
        drafts: Vec<Draft>,
        if_taken: IfTaken,
    ) -> Result<Vec<Inserted>, BackendError> {
        traced!(self.insert_each(scope, drafts, if_taken))
    }

    async fn insert(&self, scope: Scope, drafts: Vec<Draft>) -> Result<Vec<Key>, BackendError> {
        traced!(self.insert(scope, drafts))
    }

    async fn insert_comparing(
        &self,
        scope: Scope,
        drafts: Vec<Draft>,
        kind: Kind,
        hashes: &[u64],
    ) -> Result<(Vec<Key>, Vec<(u64, Key)>), BackendError> {
        traced!(self.insert_comparing(scope, drafts, kind, hashes))
    }

    async fn replace(&self, scope: Scope, old: &Memory, new: Entry) -> Result<(), BackendError> {
        traced!(self.replace(scope, old, new))
    }

    async fn delete(&self, scope: Scope, keys: &[Key]) -> Result<Vec<Key>, BackendError> {
        traced!(self.delete(scope, keys))
    }

    async fn touch(&self, scope: Scope, keys: &[Key], at: Timestamp) -> Result<u64, BackendError> {
        traced!(self.touch(scope, keys, at))
    }

    async fn update_live(
        &self,
        scope: Scope,
        changes: Vec<LiveChange>,
    ) -> Result<u64, BackendError> {
        traced!(self.update_live(scope, changes))
    }

    async fn erase(&self, scope: Scope) -> Result<Counts, BackendError> {
        traced!(self.erase(scope))
    }

    async fn purge(&self, scope: Scope, kinds: &[Kind]) -> Result<Vec<BeyondReach>, BackendError> {
        traced!(self.purge(scope, kinds))
    }

    async fn clear(&self, scope: Scope) -> Result<bool, BackendError> {
        traced!(self.clear(scope))
    }

    async fn hold(&self, scope: Scope) -> Result<Held, BackendError> {
        traced!(self.hold(scope))
    }

    async fn keep_unfinished(
        &self,
        scope: Scope,
        record: Option<&[u8]>,
    ) -> Result<(), BackendError> {
        traced!(self.keep_unfinished(scope, record))
    }

    async fn unfinished(&self, scope: Scope) -> Result<Option<Vec<u8>>, BackendError> {
        traced!(self.unfinished(scope))
    }

    async fn scan(&self, scope: Scope, needles: &Arc<Needles>) -> Result<Scan, BackendError> {
        traced!(self.scan(scope, needles))
    }

    async fn forgotten(&self, scope: Scope) -> Result<Forgotten, BackendError> {
        traced!(self.forgotten(scope))
    }

    async fn bury(
        &self,
        scope: Scope,
        keys: &[Key],
        documents: &[String],
    ) -> Result<(), BackendError> {
        traced!(self.bury(scope, keys, documents))
    }

    async fn exhume(
        &self,
        scope: Scope,
        keys: &[Key],
        documents: &[String],
    ) -> Result<(), BackendError> {
        traced!(self.exhume(scope, keys, documents))
    }

    async fn get(&self, scope: Scope, keys: &[Key]) -> Result<Vec<Option<Entry>>, BackendError> {
        traced!(self.get(scope, keys))
    }

    async fn by_content_hash(
        &self,
        scope: Scope,
        kind: Kind,
        hashes: &[u64],
    ) -> Result<Vec<(u64, Key)>, BackendError> {
        traced!(self.by_content_hash(scope, kind, hashes))
    }

    async fn list(
        &self,
        scope: Scope,
        filter: &Filter,
        page: &Page,
    ) -> Result<Listing, BackendError> {
        traced!(self.list(scope, filter, page))
    }

    async fn count(&self, scope: Scope, filter: &Filter) -> Result<Counts, BackendError> {
        traced!(self.count(scope, filter))
    }

    async fn put_document(
        &self,
        scope: Scope,
        document: Document,
        chunks: Vec<Entry>,
    ) -> Result<(), BackendError> {
        traced!(self.put_document(scope, document, chunks))
    }

    async fn remove_documents(
        &self,
        scope: Scope,
        ids: &[String],
    ) -> Result<Vec<String>, BackendError> {
        traced!(self.remove_documents(scope, ids))
    }

    async fn documents(
        &self,
        scope: Scope,
        ids: &[String],
    ) -> Result<Vec<Option<Document>>, BackendError> {
        traced!(self.documents(scope, ids))
    }

    async fn list_documents(
        &self,
        scope: Scope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>, BackendError> {
        traced!(self.list_documents(scope, after, limit))
    }

    async fn begin_import(&self, scope: Scope, import: &Import) -> Result<Held, BackendError> {
        traced!(self.begin_import(scope, import))
    }

    async fn note_import(&self, scope: Scope, import: &Import) -> Result<(), BackendError> {
        traced!(self.note_import(scope, import))
    }

    async fn imports(&self, scope: Scope) -> Result<Imports, BackendError> {
        traced!(self.imports(scope))
    }

    async fn clusters(&self, scope: Scope) -> Result<Vec<Cluster>, BackendError> {
        traced!(self.clusters(scope))
    }

    async fn search(&self, scope: Scope, request: &Request) -> Result<Candidates, BackendError> {
        traced!(self.search(scope, request))
    }

    async fn spaces(&self, scope: Scope) -> Result<KeptSpaces, BackendError> {
        traced!(self.spaces(scope))
    }

    async fn add_space(&self, scope: Scope, space: &Space) -> Result<(), BackendError> {
        traced!(self.add_space(scope, space))
    }

    async fn put_vectors(
        &self,
        scope: Scope,
        entries: Vec<Entry>,
    ) -> Result<Vec<Key>, BackendError> {
        traced!(self.put_vectors(scope, entries))
    }

    async fn vectors(
        &self,
        scope: Scope,
        space: &Space,
        keys: &[Key],
    ) -> Result<Vec<Option<Embedding>>, BackendError> {
        traced!(self.vectors(scope, space, keys))
    }

    async fn lacking(
        &self,
        scope: Scope,
        space: &Space,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Lacking, BackendError> {
        traced!(self.lacking(scope, space, after, limit))
    }

    async fn cut_over(&self, scope: Scope, to: &Space) -> Result<(), BackendError> {
        traced!(self.cut_over(scope, to))
    }

    async fn follow(
        &self,
        scope: Scope,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Followed, BackendError> {
        traced!(self.follow(scope, after, limit))
    }

    async fn drop_space(&self, scope: Scope, space: &Space) -> Result<bool, BackendError> {
        traced!(self.drop_space(scope, space))
    }
}
