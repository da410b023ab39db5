//! The contract of a backend.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::{
    BackendError, BeyondReach, Candidates, Cluster, Counts, Draft, Entry, Filter, Followed,
    Forgotten, Held, IfTaken, Import, Imports, Inserted, KeptSpaces, Lacking, Listing, LiveChange,
    Needles, Page, Request, Scan, Sources,
};
use crate::model::{Document, Embedding, Key, Kind, Memory, Scope, Space, Timestamp};

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
/// - A vector that is all zero is no vector, and of no space: it may be written, and
///   [`Entry::embedding`] is `None` for it afterwards. So it is where another program wrote a number
///   that is not finite, which no [`Embedding`] holds.
/// - Spaces are the same if [`Space::is_comparable_with`] says so.
/// - A scope has one current space, whose vectors are written, read and searched by the methods that name
///   no space. It may keep vectors of further spaces beside, in which nothing is searched.
/// - Memories that are written have passed [`crate::record::admit`].
///
/// *Of limits*: one write takes [`LARGEST_WRITE`](super::LARGEST_WRITE) bytes, as
/// [`require_size`](super::require_size) counts them, and is [`BackendError::TooLarge`] beyond that. Ids and
/// texts are as long as a record may hold them. Without a limit are those that name no memory and no document:
/// spaces, imports, the record of an erasure, and erasing itself. A page, a list of keys to read and a number of
/// hits may be of any size: what they bring is in memory at once.
///
/// *Of calls that are dropped* before they have answered: nothing is left of a read. A write is done as a whole
/// or not at all, and may still be done afterwards. Neither keeps others waiting for longer than it would have
/// taken, nor leaves the backend unable to go on.
///
/// It holds data and finds candidates. How well a memory answers is decided elsewhere, by functions
/// that every backend calls alike: [`crate::search::vector::similarity`] and
/// [`crate::search::keyword`].
#[async_trait]
pub trait Backend: fmt::Debug + Send + Sync {
    /// Returns the current space of the scope's vectors: that of the first vector which was written,
    /// the one it was made for, or the one it was cut over to. `None` if none of these is so.
    async fn space(&self, scope: Scope) -> Result<Option<Arc<Space>>, BackendError>;

    /// Returns the sources that memories of the scope may bear: any, unless another program reads them
    /// too. A backend where that holds for every scope may say so of one that it does not keep.
    async fn sources(&self, _scope: Scope) -> Result<Sources, BackendError> {
        Ok(Sources::any())
    }

    /// Writes new memories, and says of each draft, in order, what became of it. An id is taken if a memory of
    /// the scope or an earlier draft has it; `if_taken` says what is done then.
    ///
    /// # Errors
    /// [`BackendError::Exists`] if an id is taken and that is refused;
    /// [`BackendError::NoSuchDocument`] if a chunk is of a document that is not there;
    /// [`BackendError::WrongSpace`] if a vector's space is not the scope's, also of a draft that would not be
    /// written; [`BackendError::Forgotten`] if an id that was given, or the document of a chunk, has a tombstone.
    /// One of an id that follows from a place is taken away: what is said there now is new, and not what was forgotten.
    /// This and [`bury`](Self::bury) happen one after the other, as all writes do: what returned before a tombstone
    /// was set is seen by whoever set it.
    async fn insert_each(
        &self,
        scope: Scope,
        drafts: Vec<Draft>,
        if_taken: IfTaken,
    ) -> Result<Vec<Inserted>, BackendError>;

    /// Writes new memories, all or none; returns their keys, in order.
    ///
    /// # Errors
    /// As [`insert_each`](Self::insert_each), which this is with [`IfTaken::Refuse`].
    async fn insert(&self, scope: Scope, drafts: Vec<Draft>) -> Result<Vec<Key>, BackendError> {
        let inserted = self.insert_each(scope, drafts, IfTaken::Refuse).await?;
        Ok(inserted.iter().map(Inserted::key).cloned().collect())
    }

    /// Writes new memories as [`insert`](Self::insert) does; returns their keys, and what
    /// [`by_content_hash`](Self::by_content_hash) said of these hashes before.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    async fn insert_comparing(
        &self,
        scope: Scope,
        drafts: Vec<Draft>,
        kind: Kind,
        hashes: &[u64],
    ) -> Result<(Vec<Key>, Vec<(u64, Key)>), BackendError> {
        let there = match hashes.is_empty() {
            true => Vec::new(),
            false => self.by_content_hash(scope, kind, hashes).await?,
        };
        Ok((self.insert(scope, drafts).await?, there))
    }

    /// Puts `new` in the place of `old`, which has the same key. `access_count` and
    /// `last_accessed` stay: [`touch`](Self::touch) and [`update_live`](Self::update_live) alone change them. Its
    /// cluster is the one that `new` says. What `new` has no vector for has none afterwards. Vectors of further
    /// spaces stay where the text that is embedded ([`embedded`](crate::search::text::embedded)) stays, and are
    /// gone where it changed.
    ///
    /// # Errors
    /// [`BackendError::NoSuchMemory`]; [`BackendError::Changed`] if what is stored is not `old`
    /// ([`crate::record::same_content`]); [`BackendError::WrongSpace`] and
    /// [`BackendError::NoSuchDocument`] as in [`insert`](Self::insert).
    async fn replace(&self, scope: Scope, old: &Memory, new: Entry) -> Result<(), BackendError>;

    /// Removes memories, and everything that finds them; returns the keys of those that were there,
    /// each once, in no particular order.
    async fn delete(&self, scope: Scope, keys: &[Key]) -> Result<Vec<Key>, BackendError>;

    /// Adds one to `access_count` (the highest there can be stays that) and sets `last_accessed`,
    /// once for each memory however often its key is given; returns how many were there.
    async fn touch(&self, scope: Scope, keys: &[Key], at: Timestamp) -> Result<u64, BackendError>;

    /// Changes live fields of many memories, in one step and in the order of `changes`; nothing else of a memory
    /// becomes different. Returns how many of the memories were there, each counted once; the others are left
    /// out. The changes have passed [`LiveChange::check`]. A backend may count the memories that change in full: who
    /// changes many takes a few thousand at a time.
    async fn update_live(
        &self,
        scope: Scope,
        changes: Vec<LiveChange>,
    ) -> Result<u64, BackendError>;

    /// Removes everything that is kept of the scope but the scope itself, its tombstones and the current space of its vectors:
    /// memories, documents, vectors, further spaces, words, counts, what was derived from them, and the records
    /// of writes and runs. Returns how many memories there were. Afterwards nothing finds or counts what was
    /// there, new memories are written as into a scope that never held any, and who reads the raw rows or files
    /// of the scope finds nothing of it. What is interrupted is finished by the same call again.
    async fn erase(&self, scope: Scope) -> Result<Counts, BackendError>;

    /// Removes what memories of these kinds, and documents, that are gone left behind in raw rows and files, where
    /// reading does not find it: postings, vectors in indexes, journals, copies that were set aside. Afterwards who reads
    /// the raw rows or files of the scope finds nothing of them. The records of [imports](Self::imports) go as well,
    /// since a path may tell what was forgotten. What else is there stays as it is, for every
    /// method. What is interrupted is finished by the same call again. Returns what it could not reach.
    async fn purge(&self, scope: Scope, kinds: &[Kind]) -> Result<Vec<BeyondReach>, BackendError>;

    /// Removes what else is kept of a scope without a memory and without a document: further spaces, and the
    /// records of writes and runs. Returns whether it was done: where there is a memory or a document, nothing is.
    async fn clear(&self, scope: Scope) -> Result<bool, BackendError>;

    /// Keeps other erasures and runs away from the scope, until what is returned is dropped: another call waits
    /// that long. Memories are written and read as ever.
    ///
    /// # Errors
    /// One of the class [`Busy`](crate::ErrorClass::Busy) if another has held it for too long.
    async fn hold(&self, scope: Scope) -> Result<Held, BackendError>;

    /// Keeps the record of an erasure that is under way, in the place of one that is kept; none removes it. No
    /// [`scan`](Self::scan) looks into it, [`erase`](Self::erase) leaves it, and who may not read the scope's memories does not read it.
    async fn keep_unfinished(
        &self,
        scope: Scope,
        record: Option<&[u8]>,
    ) -> Result<(), BackendError>;

    /// Returns the record of an erasure that was not finished, if there is one.
    async fn unfinished(&self, scope: Scope) -> Result<Option<Vec<u8>>, BackendError>;

    /// Looks for needles in the raw rows or files of the scope: all of them, whatever they are for.
    async fn scan(&self, scope: Scope, needles: &Arc<Needles>) -> Result<Scan, BackendError>;

    /// Returns the tombstones of the scope.
    async fn forgotten(&self, scope: Scope) -> Result<Forgotten, BackendError>;

    /// Sets tombstones of memories and documents, whether these are there or not. They change no answer but
    /// that of [`forgotten`](Self::forgotten), refuse new memories and documents with these ids, and nothing but
    /// [`exhume`](Self::exhume) takes them away.
    async fn bury(
        &self,
        scope: Scope,
        keys: &[Key],
        documents: &[String],
    ) -> Result<(), BackendError>;

    /// Takes tombstones away; those that are not there are passed over.
    async fn exhume(
        &self,
        scope: Scope,
        keys: &[Key],
        documents: &[String],
    ) -> Result<(), BackendError>;

    /// Returns the memories with these keys, in their order; `None` for one that is not there.
    async fn get(&self, scope: Scope, keys: &[Key]) -> Result<Vec<Option<Entry>>, BackendError>;

    /// Returns the memories of a kind whose text ([`indexed`](crate::search::text::indexed)) has one of these hashes
    /// ([`content_hash`](crate::search::sameness::content_hash)), each with the one it has, in no particular order. Those that are
    /// [outdated](super::KindCandidates::outdated) may be missed, and of those with one hash all but [`SAME_HASH`](super::SAME_HASH).
    async fn by_content_hash(
        &self,
        scope: Scope,
        kind: Kind,
        hashes: &[u64],
    ) -> Result<Vec<(u64, Key)>, BackendError>;

    /// Returns the memories that pass, page by page. Paging to the end while others write gives every
    /// memory that was there all the time, at its place, once.
    async fn list(
        &self,
        scope: Scope,
        filter: &Filter,
        page: &Page,
    ) -> Result<Listing, BackendError>;

    /// Returns how many memories pass.
    async fn count(&self, scope: Scope, filter: &Filter) -> Result<Counts, BackendError>;

    /// Writes a document with its chunks in the place of the document with its id and of all chunks of
    /// that one, in one step: a reader sees what was there or what is there. Each chunk names this
    /// document. Documents that are written have passed [`crate::record::document::admit`].
    ///
    /// # Errors
    /// [`BackendError::Exists`] if a chunk of another document has the id of one of these, or two of
    /// these have one; [`BackendError::WrongSpace`] as in [`insert`](Self::insert), and
    /// [`BackendError::Forgotten`] if the document or one of these has a tombstone.
    async fn put_document(
        &self,
        scope: Scope,
        document: Document,
        chunks: Vec<Entry>,
    ) -> Result<(), BackendError>;

    /// Removes documents with all their chunks, and everything that finds these; returns the ids of those
    /// that were there, each once, in no particular order.
    async fn remove_documents(
        &self,
        scope: Scope,
        ids: &[String],
    ) -> Result<Vec<String>, BackendError>;

    /// Returns the documents with these ids, in their order; `None` for one that is not there.
    async fn documents(
        &self,
        scope: Scope,
        ids: &[String],
    ) -> Result<Vec<Option<Document>>, BackendError>;

    /// Returns the documents whose ids come after `after`, by their bytes and in that order, at most
    /// `limit`. Paging to the end while others write gives every document that was there all the time,
    /// once.
    async fn list_documents(
        &self,
        scope: Scope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>, BackendError>;

    /// Enters an import, which is at work until what is returned is dropped, however its process ends. Of more
    /// than [`KEPT_IMPORTS`](super::KEPT_IMPORTS) imports the oldest are known no more.
    async fn begin_import(&self, scope: Scope, import: &Import) -> Result<Held, BackendError>;

    /// Notes how far an import is. One that is not known, or no more, stays so.
    async fn note_import(&self, scope: Scope, import: &Import) -> Result<(), BackendError>;

    /// Returns the imports of the scope, the newest first. A record that cannot be read is told, and no error.
    async fn imports(&self, scope: Scope) -> Result<Imports, BackendError>;

    /// Returns the clusters of the scope's nodes, the largest first, of equals by id. Nodes without a
    /// cluster are in none.
    async fn clusters(&self, scope: Scope) -> Result<Vec<Cluster>, BackendError>;

    /// Finds candidates for a search, all from one snapshot of the scope: candidates, neighbours and counts
    /// agree, whoever writes meanwhile. Of each kind that the filter wants:
    ///
    /// - **By vector**: the `depth` memories nearest to the request's vector that pass, or as many as pass and
    ///   have a vector; of equals by id. [`Candidate::vector`](super::Candidate) is their
    ///   [`similarity`](crate::search::vector::similarity) to the full vector. A vector that is all zero finds
    ///   nothing, and neither does one of another space than the scope's; that is no error, and
    ///   [`Candidates::space`] says which space it is.
    /// - **By terms**: the `depth` best memories that pass and hold any of the terms; of equals by id.
    ///   [`Candidate::keyword`](super::Candidate) is their [BM25](crate::search::keyword::score) among all memories
    ///   of the kind in the scope, whether these pass or not.
    /// - **Neighbours**: the memories that pass and stand at most `reach` places from one of these, in the same
    ///   container; these themselves left out. They have no score by terms.
    ///
    /// An index may miss some of the nearest ([`SearchMethod::Index`](super::SearchMethod)). Those of them that terms or
    /// neighbours bring are given their similarity all the same, and only the nearest `depth` of all keep
    /// theirs ([`keep_nearest`](super::keep_nearest)): so what an index missed changes no score of the others.
    async fn search(&self, scope: Scope, request: &Request) -> Result<Candidates, BackendError>;

    /// Returns all spaces of the scope, and how many vectors it has in each.
    async fn spaces(&self, scope: Scope) -> Result<KeptSpaces, BackendError>;

    /// Begins to keep vectors of a further space; of the current one where the scope has none yet.
    /// A space that is kept is left as it is.
    async fn add_space(&self, scope: Scope, space: &Space) -> Result<(), BackendError>;

    /// Writes vectors of memories that are there, each in its space, which is a further one or the current;
    /// returns the keys of those that were written. [`Entry::memory`] says what was embedded: a memory that
    /// is gone, or whose text ([`embedded`](crate::search::text::embedded)) is another by now, is passed over,
    /// and so is an entry without a vector. A vector that is there is replaced.
    ///
    /// # Errors
    /// [`BackendError::UnknownSpace`] if a vector's space is not kept; then nothing was written.
    async fn put_vectors(
        &self,
        scope: Scope,
        entries: Vec<Entry>,
    ) -> Result<Vec<Key>, BackendError>;

    /// Returns the vectors of memories in one space, in the order of the keys; `None` for what is not there
    /// or has none in it.
    ///
    /// # Errors
    /// [`BackendError::UnknownSpace`] if the space is not kept.
    async fn vectors(
        &self,
        scope: Scope,
        space: &Space,
        keys: &[Key],
    ) -> Result<Vec<Option<Embedding>>, BackendError>;

    /// Returns at most `limit` memories that have no vector in a space, from after `after`, in an order of
    /// the backend's own. Paging to the end while others write gives every memory that was there and lacked
    /// a vector all the time, once.
    ///
    /// # Errors
    /// [`BackendError::UnknownSpace`] if the space is not kept.
    async fn lacking(
        &self,
        scope: Scope,
        space: &Space,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Lacking, BackendError>;

    /// Makes a space that is kept the current one, and the current one a further one. Searches change at
    /// once and as a whole, whatever [`follow`](Self::follow) has still to do; memories without a vector in
    /// it are found by words only. Nothing is done if it is the current one.
    ///
    /// # Errors
    /// [`BackendError::UnknownSpace`] if the space is not kept.
    async fn cut_over(&self, scope: Scope, to: &Space) -> Result<(), BackendError>;

    /// Moves vectors of the current space to where those of a scope with one space are, and others from
    /// there, of about `limit` memories from after `after`; returns how far it came. It changes what
    /// other programs find that read the tables or files themselves, and no answer. What was moved stays
    /// moved when it is interrupted.
    async fn follow(
        &self,
        scope: Scope,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Followed, BackendError>;

    /// Removes a further space with all its vectors; whether there was one.
    ///
    /// # Errors
    /// [`BackendError::CurrentSpace`] if it is the current one.
    async fn drop_space(&self, scope: Scope, space: &Space) -> Result<bool, BackendError>;
}
