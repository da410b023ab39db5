//! PostgreSQL as a backend.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio_postgres::error::SqlState;

use super::check::Target;
use super::connect::Database;
use super::content::Hashes;
use super::error::DatabaseError;
use super::ledger::Lock;
use super::location::Location;
use super::nearest::Graphs;
use super::pool::{Pool, PooledConnection};
use super::refusal::Refusal;
use super::retry::{Tries, again};
use super::spaces::Spaces;
use super::sql::transaction::{Purpose, WRITERS_WAIT};
use super::sql::vectors;
use super::statistics::ScopeStatistics;
use crate::backend::{
    Backend, BackendError, BeyondReach, Candidates, Cluster, Counts, Draft, Entry, Filter,
    Followed, Forgotten, Held, IfTaken, Import, Imports, Inserted, KeptSpaces, Lacking, Listing,
    LiveChange, Needles, Page, Request, Scan, require_size, require_size_of_ids, size_of_document,
    size_of_entry, size_of_id, size_of_key,
};
use crate::model::{Document, Embedding, Key, Kind, Memory, Scope, Space, Timestamp};

/// How a backend uses its database.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// At most so many connections.
    pub pool_size: usize,
    /// How long to wait for one while all are in use.
    pub wait: Duration,
    /// How long a statement may take.
    pub statement: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            pool_size: 8,
            wait: Duration::from_secs(5),
            statement: Duration::from_secs(30),
        }
    }
}

/// Memory in PostgreSQL: many scopes behind one wall.
///
/// A call is one transaction under the application role and bound to its scope, on a connection that
/// it has to itself. A call that is dropped half-way leaves nothing behind.
#[derive(Debug)]
pub struct PostgresBackend {
    pool: Pool,
    database: Database,
    location: Arc<Location>,
    spaces: Spaces,
    graphs: Graphs,
    target: Target,
    statement: Duration,
    held: HeldScopes,
}

/// The scopes whose lock this process holds over several calls.
type HeldScopes = Arc<Mutex<HashSet<Scope>>>;

/// The lock of a scope, which the calls between share.
struct HeldScope {
    scopes: HeldScopes,
    scope: Scope,
    _lock: Lock,
}

impl Drop for HeldScope {
    fn drop(&mut self) {
        let mut scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        scopes.remove(&self.scope);
    }
}

/// How long one statement of an erasure may take.
const ERASING: Duration = Duration::from_secs(3600);

impl PostgresBackend {
    /// Connects and makes sure that the database can be worked with, and that the wall between scopes
    /// holds for the role that is in effect.
    ///
    /// # Errors
    /// If the database cannot be reached, its schema is not the newest, or a row of another scope
    /// could be reached.
    pub async fn open(
        database: Database,
        options: &PostgresOptions,
    ) -> Result<Self, DatabaseError> {
        let pool = Pool::new(database.clone(), options.pool_size, options.wait)?;
        let connection = pool.get().await?;
        let target = connection.require_memory().await?;
        let location = connection.location().await?;
        drop(connection);
        Ok(Self {
            pool,
            database,
            location,
            spaces: Spaces::default(),
            graphs: Graphs::default(),
            target,
            statement: options.statement,
            held: HeldScopes::default(),
        })
    }

    /// Returns what database it is.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Returns where its connections go.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Returns how many of a scope's memories have no vector, and are found by words only.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn without_vector(&self, scope: Scope) -> Result<u64, BackendError> {
        again!(Tries::reading(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.reading());
            let count = vectors::count_without(scope.id());
            let rows = scoped
                .finish(&[count], "counting memories without a vector")
                .await?;
            let row = rows.iter().flatten().next();
            Ok(row.map_or(0, |row| row.get::<_, i64>(0).unsigned_abs()))
        })
    }

    fn reading(&self) -> Purpose {
        Purpose::Reading(self.statement)
    }

    fn writing(&self) -> Purpose {
        Purpose::Writing(self.statement)
    }

    /// Takes the scope's lock, unless it is held over several calls.
    async fn lock(&self, scope: Scope) -> Result<Option<Lock>, BackendError> {
        let is_held = {
            let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            held.contains(&scope)
        };
        Ok(match is_held {
            true => None,
            false => Some(self.database.lock(scope, WRITERS_WAIT).await?),
        })
    }

    async fn connection(&self) -> Result<PooledConnection, BackendError> {
        Ok(self.pool.get().await?)
    }

    /// Makes sure that a space has a number, before a transaction is begun that may fail.
    async fn register(&self, space: Option<&Arc<Space>>) -> Result<(), BackendError> {
        if let Some(space) = space
            && self.spaces.number(space).is_none()
        {
            let number = self.connection().await?.space(space).await?;
            self.spaces.note(number, Arc::clone(space));
        }
        Ok(())
    }

    async fn insert_once(
        &self,
        scope: Scope,
        drafts: &[Draft],
        if_taken: IfTaken,
        hashes: &Hashes,
        keys: &mut Vec<Key>,
    ) -> Result<(Vec<Inserted>, Vec<(u64, Key)>), BackendError> {
        for draft in drafts {
            let space = draft.entry().embedding.as_ref().map(Embedding::space);
            self.register(space).await?;
        }
        let mut connection = self.connection().await?;
        let scoped = connection.bind(&self.location, scope, self.writing());
        let drafts = drafts.to_vec();
        scoped
            .insert(drafts, if_taken, hashes, &self.spaces, keys)
            .await
    }

    async fn insert_among(
        &self,
        scope: Scope,
        drafts: Vec<Draft>,
        if_taken: IfTaken,
        hashes: &Hashes,
    ) -> Result<(Vec<Inserted>, Vec<(u64, Key)>), BackendError> {
        require_size(drafts.iter().map(|draft| size_of_entry(draft.entry())))?;
        let mut tries = Tries::writing();
        loop {
            let mut keys = Vec::new();
            let written = self.insert_once(scope, &drafts, if_taken, hashes, &mut keys);
            match written.await {
                Ok(inserted) => return Ok(inserted),
                // An id that was not asked for beforehand, or that came in between, is taken.
                Err(error) if is_taken(&error) => {
                    let there = self.get(scope, &keys).await?;
                    let taken = keys
                        .into_iter()
                        .zip(there)
                        .find(|(_, there)| there.is_some());
                    if let Some((key, _)) = taken {
                        return Err(BackendError::Exists { key });
                    }
                    if !tries.again(&error).await {
                        return Err(error);
                    }
                }
                Err(error) if tries.again(&error).await => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[async_trait]
impl Backend for PostgresBackend {
    async fn space(&self, scope: Scope) -> Result<Option<Arc<Space>>, BackendError> {
        again!(Tries::reading(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.reading());
            let (target, doing) = (scoped.target().to_owned(), "looking up the scope's space");
            let asked = [ScopeStatistics::query(scope, false), self.spaces.unseen()];
            let mut answers = scoped.finish(&asked, doing).await?.into_iter();
            let statistics = answers.next().unwrap_or_default();
            let statistics = ScopeStatistics::read(&statistics, scope, &target)?;
            self.spaces.learn(&answers.next().unwrap_or_default());
            let space = statistics.space_id.map(|number| self.spaces.known(number));
            Ok(space.transpose()?)
        })
    }

    async fn insert_each(
        &self,
        scope: Scope,
        drafts: Vec<Draft>,
        if_taken: IfTaken,
    ) -> Result<Vec<Inserted>, BackendError> {
        let none = Hashes::default();
        let (inserted, _) = self.insert_among(scope, drafts, if_taken, &none).await?;
        Ok(inserted)
    }

    async fn insert_comparing(
        &self,
        scope: Scope,
        drafts: Vec<Draft>,
        kind: Kind,
        hashes: &[u64],
    ) -> Result<(Vec<Key>, Vec<(u64, Key)>), BackendError> {
        let hashes = Hashes::of(kind, hashes);
        let written = self.insert_among(scope, drafts, IfTaken::Refuse, &hashes);
        let (inserted, there) = written.await?;
        let keys = inserted.iter().map(Inserted::key).cloned();
        Ok((keys.collect(), there))
    }

    async fn replace(&self, scope: Scope, old: &Memory, new: Entry) -> Result<(), BackendError> {
        require_size(std::iter::once(size_of_entry(&new)))?;
        again!(Tries::writing(), async {
            self.register(new.embedding.as_ref().map(Embedding::space))
                .await?;
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.writing());
            scoped.replace(old, &new, &self.spaces).await
        })
    }

    async fn delete(&self, scope: Scope, keys: &[Key]) -> Result<Vec<Key>, BackendError> {
        require_size(keys.iter().map(size_of_key))?;
        again!(Tries::writing(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.writing());
            Ok(scoped.delete(keys).await?)
        })
    }

    async fn touch(&self, scope: Scope, keys: &[Key], at: Timestamp) -> Result<u64, BackendError> {
        require_size(keys.iter().map(size_of_key))?;
        again!(Tries::writing(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.writing());
            Ok(scoped.touch(keys, at).await?)
        })
    }

    async fn update_live(
        &self,
        scope: Scope,
        changes: Vec<LiveChange>,
    ) -> Result<u64, BackendError> {
        require_size(changes.iter().map(|change| size_of_key(change.key())))?;
        again!(Tries::writing(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.writing());
            Ok(scoped.update_live(&changes).await?)
        })
    }

    async fn erase(&self, scope: Scope) -> Result<Counts, BackendError> {
        // A run that is under way would lose its place in the ledger, and write on.
        let _lock = self.lock(scope).await?;
        let counts = again!(Tries::writing(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, Purpose::Writing(ERASING));
            Ok::<_, BackendError>(scoped.erase().await?)
        })?;
        // Only the tables' owner may: for others an index without rows stays, which finds nothing.
        // Everything is gone by now, so nothing that happens here is a failure.
        if let Ok(connection) = self.connection().await {
            let _ = connection.drop_indexes(scope).await;
        }
        Ok(counts)
    }

    async fn purge(&self, scope: Scope, kinds: &[Kind]) -> Result<Vec<BeyondReach>, BackendError> {
        // A run that is under way would write the words that are made anew.
        let _lock = self.lock(scope).await?;
        again!(Tries::writing(), async {
            let mut connection = self.connection().await?;
            Ok::<_, BackendError>(connection.purge_words(scope, kinds).await?)
        })?;
        again!(Tries::writing(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.writing());
            Ok::<_, BackendError>(scoped.remove_imports().await?)
        })?;
        let dead = self.connection().await?.remove_dead_rows(kinds).await?;
        Ok(vec![
            dead,
            BeyondReach::new(
                "free space of pages, and the write-ahead log with its archive",
                "the server writes over them as it goes on",
            ),
            BeyondReach::new(
                "standby servers and logical replicas",
                "they follow by themselves, and have dead rows of their own",
            ),
            BeyondReach::new(
                "backups and snapshots of the database",
                "delete those that are older than this certificate, or forget again after restoring one",
            ),
        ])
    }

    async fn clear(&self, scope: Scope) -> Result<bool, BackendError> {
        let _lock = self.lock(scope).await?;
        let is_clear = again!(Tries::writing(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, Purpose::Writing(ERASING));
            Ok::<_, BackendError>(scoped.clear().await?)
        })?;
        if is_clear && let Ok(connection) = self.connection().await {
            let _ = connection.drop_indexes(scope).await;
        }
        Ok(is_clear)
    }

    async fn hold(&self, scope: Scope) -> Result<Held, BackendError> {
        let lock = self.database.lock(scope, WRITERS_WAIT).await?;
        // A lock is had for any number: a scope that is not kept is refused by what reads of it.
        self.unfinished(scope).await?;
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(scope);
        Ok(Box::new(HeldScope {
            scopes: Arc::clone(&self.held),
            scope,
            _lock: lock,
        }))
    }

    async fn keep_unfinished(
        &self,
        scope: Scope,
        record: Option<&[u8]>,
    ) -> Result<(), BackendError> {
        again!(Tries::writing(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, Purpose::Writing(ERASING));
            Ok::<_, BackendError>(scoped.keep_unfinished(record).await?)
        })?;
        if record.is_none() {
            self.connection().await?.remove_dead_records().await?;
        }
        Ok(())
    }

    async fn unfinished(&self, scope: Scope) -> Result<Option<Vec<u8>>, BackendError> {
        again!(Tries::reading(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.reading());
            Ok(scoped.unfinished().await?)
        })
    }

    async fn begin_import(&self, scope: Scope, import: &Import) -> Result<Held, BackendError> {
        let lock = self.database.lock_import(import.run_id).await?;
        again!(Tries::writing(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.writing());
            Ok::<_, BackendError>(scoped.enter_import(import).await?)
        })?;
        Ok(Box::new(lock))
    }

    async fn note_import(&self, scope: Scope, import: &Import) -> Result<(), BackendError> {
        again!(Tries::writing(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.writing());
            Ok(scoped.note_import(import).await?)
        })
    }

    async fn imports(&self, scope: Scope) -> Result<Imports, BackendError> {
        again!(Tries::reading(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.reading());
            Ok(scoped.imports().await?)
        })
    }

    async fn scan(&self, scope: Scope, needles: &Arc<Needles>) -> Result<Scan, BackendError> {
        let tables = again!(Tries::reading(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.reading());
            Ok::<_, BackendError>(scoped.scoped_tables().await?)
        })?;
        let mut scan = Scan::default();
        for table in &tables {
            if let Some(why) = table.unread() {
                match table.is_own() {
                    true => scan.unread.push(why),
                    false => scan.strange.push(why),
                }
                continue;
            }
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, Purpose::Export);
            match scoped.scan_table(table, needles).await {
                Ok(place) => scan.places.push(place),
                Err(error) if table.is_own() => scan.unread.push(table.named(error)),
                Err(error) => scan.strange.push(table.named(error)),
            }
        }
        Ok(scan)
    }

    async fn forgotten(&self, scope: Scope) -> Result<Forgotten, BackendError> {
        again!(Tries::reading(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.reading());
            Ok(scoped.forgotten().await?)
        })
    }

    async fn bury(
        &self,
        scope: Scope,
        keys: &[Key],
        documents: &[String],
    ) -> Result<(), BackendError> {
        require_size_of_ids(keys, documents)?;
        again!(Tries::writing(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.writing());
            Ok(scoped.change_forgotten(keys, documents, true).await?)
        })
    }

    async fn exhume(
        &self,
        scope: Scope,
        keys: &[Key],
        documents: &[String],
    ) -> Result<(), BackendError> {
        require_size_of_ids(keys, documents)?;
        again!(Tries::writing(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.writing());
            Ok(scoped.change_forgotten(keys, documents, false).await?)
        })
    }

    async fn get(&self, scope: Scope, keys: &[Key]) -> Result<Vec<Option<Entry>>, BackendError> {
        again!(Tries::reading(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.reading());
            Ok(scoped.get(keys, &self.spaces).await?)
        })
    }

    async fn by_content_hash(
        &self,
        scope: Scope,
        kind: Kind,
        hashes: &[u64],
    ) -> Result<Vec<(u64, Key)>, BackendError> {
        again!(Tries::reading(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.reading());
            Ok(scoped.by_content_hash(&Hashes::of(kind, hashes)).await?)
        })
    }

    async fn list(
        &self,
        scope: Scope,
        filter: &Filter,
        page: &Page,
    ) -> Result<Listing, BackendError> {
        again!(Tries::reading(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.reading());
            Ok(scoped.list(filter, page).await?)
        })
    }

    async fn count(&self, scope: Scope, filter: &Filter) -> Result<Counts, BackendError> {
        again!(Tries::reading(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.reading());
            Ok(scoped.count_passing(filter).await?)
        })
    }

    async fn put_document(
        &self,
        scope: Scope,
        document: Document,
        chunks: Vec<Entry>,
    ) -> Result<(), BackendError> {
        let sizes = chunks.iter().map(size_of_entry);
        require_size(sizes.chain([size_of_document(&document)]))?;
        again!(Tries::writing(), async {
            for chunk in &chunks {
                self.register(chunk.embedding.as_ref().map(Embedding::space))
                    .await?;
            }
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.writing());
            scoped.put_document(&document, &chunks, &self.spaces).await
        })
    }

    async fn remove_documents(
        &self,
        scope: Scope,
        ids: &[String],
    ) -> Result<Vec<String>, BackendError> {
        require_size(ids.iter().map(|id| size_of_id(id)))?;
        again!(Tries::writing(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.writing());
            Ok(scoped.remove_documents(ids).await?)
        })
    }

    async fn documents(
        &self,
        scope: Scope,
        ids: &[String],
    ) -> Result<Vec<Option<Document>>, BackendError> {
        again!(Tries::reading(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.reading());
            Ok(scoped.documents_with(ids).await?)
        })
    }

    async fn list_documents(
        &self,
        scope: Scope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>, BackendError> {
        again!(Tries::reading(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.reading());
            Ok(scoped.list_documents(after, limit).await?)
        })
    }

    async fn clusters(&self, scope: Scope) -> Result<Vec<Cluster>, BackendError> {
        again!(Tries::reading(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.reading());
            Ok(scoped.clusters().await?)
        })
    }

    async fn search(&self, scope: Scope, request: &Request) -> Result<Candidates, BackendError> {
        again!(Tries::reading(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.reading());
            Ok(scoped.search(request, &self.spaces, &self.graphs).await?)
        })
    }

    async fn spaces(&self, scope: Scope) -> Result<KeptSpaces, BackendError> {
        again!(Tries::reading(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.reading());
            Ok(scoped.kept_spaces(&self.spaces).await?)
        })
    }

    async fn add_space(&self, scope: Scope, space: &Space) -> Result<(), BackendError> {
        let space = Arc::new(space.clone());
        again!(Tries::writing(), async {
            self.register(Some(&space)).await?;
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.writing());
            Ok(scoped.add_space(&space, &self.spaces).await?)
        })
    }

    async fn put_vectors(
        &self,
        scope: Scope,
        entries: Vec<Entry>,
    ) -> Result<Vec<Key>, BackendError> {
        require_size(entries.iter().map(size_of_entry))?;
        again!(Tries::writing(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.writing());
            scoped.put_vectors(&entries, &self.spaces).await
        })
    }

    async fn vectors(
        &self,
        scope: Scope,
        space: &Space,
        keys: &[Key],
    ) -> Result<Vec<Option<Embedding>>, BackendError> {
        again!(Tries::reading(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.reading());
            scoped.vectors_in(space, keys, &self.spaces).await
        })
    }

    async fn lacking(
        &self,
        scope: Scope,
        space: &Space,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Lacking, BackendError> {
        again!(Tries::reading(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.reading());
            scoped.lacking(space, after, limit, &self.spaces).await
        })
    }

    async fn cut_over(&self, scope: Scope, to: &Space) -> Result<(), BackendError> {
        again!(Tries::writing(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.writing());
            scoped.cut_over(to, &self.spaces).await
        })
    }

    async fn follow(
        &self,
        scope: Scope,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Followed, BackendError> {
        again!(Tries::writing(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.writing());
            Ok(scoped.follow(after, limit).await?)
        })
    }

    async fn drop_space(&self, scope: Scope, space: &Space) -> Result<bool, BackendError> {
        let kept: Option<i32> = again!(Tries::reading(), async {
            let mut connection = self.connection().await?;
            let scoped = connection.bind(&self.location, scope, self.reading());
            scoped.further_space(space, &self.spaces).await
        })?;
        let Some(space_id) = kept else {
            return Ok(false);
        };
        // Before the vectors: while the space is kept, the same call finds what an interrupted one left.
        let connection = self.connection().await?;
        match connection.drop_indexes_of(scope, space_id).await {
            // Whoever owns the tables will: nothing goes through an index of a space that is gone.
            Err(DatabaseError::Refused(Refusal::Privilege { .. })) => {}
            dropped => dropped?,
        }
        drop(connection);
        let dropped: Option<i32> = again!(Tries::writing(), async {
            let mut connection = self.connection().await?;
            // Every row of the scope is looked at, and that takes its time.
            let scoped = connection.bind(&self.location, scope, Purpose::Bulk);
            scoped.drop_space(space, &self.spaces).await
        })?;
        Ok(dropped.is_some())
    }
}

/// Whether a key was there already when it was to be written.
fn is_taken(error: &BackendError) -> bool {
    let error = error.downcast_ref::<DatabaseError>();
    error.and_then(DatabaseError::sql_state) == Some(&SqlState::UNIQUE_VIOLATION)
}
