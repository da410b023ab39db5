//! A database as the source of a transfer: one owner's memories, read in one snapshot.
//!
//! The survey begins a transaction and exports its snapshot, as `pg_dump` does; every worker reads in a
//! transaction that imports it. So what is read is what was surveyed, whatever is written meanwhile.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;

use super::connect::{Connection, Database};
use super::error::{DatabaseError, Doing as _};
use super::location::Location;
use super::scoped::Scoped;
use super::sql::transaction::{self, Purpose};
use super::sql::{bulk, documents};
use super::table::{Columns, DOCUMENTS, KindTables as _};
use crate::backend::{BackendError, StorageError};
use crate::json::ParseError;
use crate::model::{Document, Kind, PerKind, Scope, Space};
use crate::record;
use crate::transfer::{
    Cancel, Chunker, Existing, Exportable, KindPlan, Loaded, Origin, Plan, ReadOptions, Reading,
    RunChunk, Snapshot, Source, SourceDocument, SpaceId, Stored, TransferError, row_digest,
};

/// One owner's memories in a database, to be moved from there.
#[derive(Debug, Clone)]
pub struct PostgresSource {
    /// Where they are.
    pub database: Database,
    /// Whose.
    pub scope: Scope,
    /// Which kinds are read.
    pub options: ReadOptions,
    /// The space whose vectors are read; `None` for the one that is searched.
    pub space: Option<Space>,
    /// The space that memories are said to be in where none has a vector: it says how wide zeros are.
    pub otherwise: Option<Space>,
    /// Most rows in a chunk.
    pub chunk_rows: u32,
    /// How many connections read at the same time, if the server gives so many.
    pub connections: usize,
}

/// The rows of one kind, in source order.
#[derive(Debug, Default)]
struct Rows {
    ids: Vec<Box<str>>,
    chunks: Vec<RunChunk>,
}

/// What is read of a row before it is loaded.
struct Listed {
    ord: i64,
    id: Box<str>,
    bytes: i64,
    versions: [i64; 2],
}

impl PostgresSource {
    /// Returns what there is to be exported.
    ///
    /// # Errors
    /// If the database cannot be reached or read, or the owner is not in it.
    pub async fn exportable(&self) -> Result<Exportable, DatabaseError> {
        let mut connection = self.database.connect().await?;
        let mut scoped = connection.scoped(self.scope).await?;
        let (statistics, kept) = scoped.spaces_in_use().await?;
        scoped.end_read();
        Ok(Exportable {
            spaces: kept.into_iter().map(|(_, space)| space).collect(),
            has_memories: Kind::ALL
                .into_iter()
                .any(|kind| statistics.of(kind).next > 0),
        })
    }

    /// Returns the space whose vectors are read, with its number, and those that are left out.
    async fn choose(
        &self,
        scoped: &mut Scoped<'_>,
    ) -> Result<(Option<(SpaceId, Space)>, Vec<Space>), TransferError> {
        let (_, mut kept) = scoped.spaces_in_use().await?;
        let chosen = match &self.space {
            None if kept.is_empty() => return Ok((None, Vec::new())),
            None => 0,
            Some(wanted) => {
                let is_it = |(_, space): &(SpaceId, Space)| space == wanted;
                kept.iter().position(is_it).ok_or_else(|| {
                    let space = Arc::new(wanted.clone());
                    let error = BackendError::UnknownSpace { space };
                    TransferError::End(StorageError::new(error.class(), error))
                })?
            }
        };
        let chosen = kept.remove(chosen);
        let others = kept.into_iter().map(|(_, space)| space);
        Ok((Some(chosen), others.collect()))
    }

    /// Lists the rows of a kind and cuts them; adds to what tells this state from others.
    async fn survey_kind(
        &self,
        scoped: &mut Scoped<'_>,
        kind: Kind,
        space: Option<SpaceId>,
        dims: usize,
        state: &mut Sha256,
    ) -> Result<Rows, DatabaseError> {
        let mut listed = scoped.list_rows(kind, space).await?;
        // The server has no index in this order.
        listed.sort_unstable_by(|one, other| (one.ord, &one.id).cmp(&(other.ord, &other.id)));
        state.update(kind.as_str());
        state.update((listed.len() as u64).to_le_bytes());
        let mut chunker = Chunker::new(kind, self.chunk_rows, dims);
        let (mut offset, mut ids) = (0, Vec::with_capacity(listed.len()));
        for (index, row) in (0..).zip(listed) {
            state.update(row.id.as_bytes());
            state.update([0]);
            for number in row.versions.into_iter().chain([row.ord]) {
                state.update(number.to_le_bytes());
            }
            let bytes = u64::try_from(row.bytes).unwrap_or_default();
            chunker.push(index, offset, bytes);
            offset += bytes;
            ids.push(row.id);
        }
        Ok(Rows {
            ids,
            chunks: chunker.finish(),
        })
    }
}

#[async_trait]
impl Source for PostgresSource {
    async fn survey(&self, cancel: &Cancel) -> Result<Arc<dyn Snapshot>, TransferError> {
        tokio::select! {
            snapshot = self.snapshot() => Ok(Arc::new(snapshot?)),
            () = cancel.wait() => Err(TransferError::Interrupted { phase: "plan" }),
        }
    }
}

impl PostgresSource {
    async fn snapshot(&self) -> Result<PostgresSnapshot, TransferError> {
        let mut connection = self.database.connect().await?;
        let found = connection.require_target().await?;
        connection.require_scope(self.scope).await?;
        connection.require_wall(self.scope).await?;
        let location = connection.location().await?;

        let mut scoped = connection.bind(&location, self.scope, Purpose::Export);
        let export = transaction::export_snapshot();
        let answers = scoped.send(&[export], "exporting a snapshot").await?;
        let name: Option<String> = answers.iter().flatten().next().map(|row| row.get(0));
        let (space, left_out) = self.choose(&mut scoped).await?;
        let (space_id, space) = match space {
            Some((number, space)) => (Some(number), Some(space)),
            None => (None, self.otherwise.clone()),
        };
        let dims = space.as_ref().map_or(0, |space| space.dims);
        let mut state = Sha256::new();
        let (mut plans, mut rows) = (Vec::new(), PerKind::<Rows>::default());
        for (kind, rows) in rows.iter_mut() {
            if !self.options.takes(kind) {
                continue;
            }
            let surveying = self.survey_kind(&mut scoped, kind, space_id, dims, &mut state);
            *rows = surveying.await?;
            plans.push(KindPlan {
                kind,
                files: Vec::new(),
                rows: rows.ids.len() as u64,
                dims: (dims > 0 && !rows.ids.is_empty()).then_some(dims),
                vectors: format!("{}.embedding", kind.table()),
                chunks: rows.chunks.clone(),
            });
        }
        let documents = match self.options.takes(Document::PIECES) {
            true => scoped.source_documents().await?,
            false => Vec::new(),
        };
        // What files say nothing of is in no digest: of the others' kinds there are none.
        let has_documents = |kind| kind == Document::PIECES && !documents.is_empty();
        let is_first = |kind| Kind::ALL.first() == Some(&kind);
        plans.retain(|plan| plan.rows > 0 || is_first(plan.kind) || has_documents(plan.kind));
        for document in &documents {
            state.update(document.digest);
        }
        scoped.hold();
        Ok(PostgresSnapshot {
            plan: Plan {
                layout: "postgresql",
                options: self.options.clone(),
                space: space.filter(|_| plans.iter().any(|plan| plan.dims.is_some())),
                left_out,
                state: Some(crate::hex(&state.finalize())),
                database: Some((&found).into()),
                kinds: plans,
            },
            documents,
            rows,
            space: space_id,
            dims,
            scope: self.scope,
            database: self.database.clone(),
            location,
            name: name.unwrap_or_default(),
            permits: Semaphore::new(self.connections.max(1)),
            idle: Mutex::new(vec![connection]),
            open: AtomicUsize::new(1),
        })
    }
}

/// A scope as a survey found it.
struct PostgresSnapshot {
    plan: Plan,
    documents: Vec<SourceDocument>,
    rows: PerKind<Rows>,
    space: Option<SpaceId>,
    dims: usize,
    scope: Scope,
    database: Database,
    location: Arc<Location>,
    name: String,
    /// One for each connection that may read at the same time.
    permits: Semaphore,
    /// Connections in a transaction that reads the snapshot. Others can join as long as the one is open that
    /// exported it, which is among them.
    idle: Mutex<Vec<Connection>>,
    /// How many there are of these and of those that are read through.
    open: AtomicUsize,
}

impl PostgresSnapshot {
    /// A connection that nobody reads through, if there is one.
    fn idle(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(connection) = idle.pop() {
            if !connection.client.is_closed() {
                return Some(connection);
            }
            self.open.fetch_sub(1, Ordering::SeqCst);
        }
        None
    }

    /// Another connection that reads the snapshot.
    async fn join(&self) -> Result<Connection, DatabaseError> {
        let mut connection = self.database.connect().await?;
        let mut scoped = connection.bind_to(&self.location, self.scope, &self.name);
        let joined = scoped.send(&[], "joining the snapshot of the export").await;
        joined.map_err(|error| match error.sql_state().map(SqlState::code) {
            // The transaction that exported it has ended, or this is another server.
            Some("22023" | "42704" | "55000") => DatabaseError::SnapshotGone,
            _ => error,
        })?;
        scoped.hold();
        self.open.fetch_add(1, Ordering::SeqCst);
        Ok(connection)
    }

    /// A connection to read through, as long as the permit is held. Where the server has none left for one
    /// more reader, there is one reader less.
    async fn reader(&self) -> Result<(SemaphorePermit<'_>, Connection), DatabaseError> {
        loop {
            // It is never closed.
            let Ok(permit) = self.permits.acquire().await else {
                return Err(DatabaseError::SnapshotGone);
            };
            if let Some(connection) = self.idle() {
                return Ok((permit, connection));
            }
            match self.join().await {
                // Those that are read through come back.
                Err(error) if error.is_crowded() && self.open.load(Ordering::SeqCst) > 0 => {
                    permit.forget();
                }
                joined => return Ok((permit, joined?)),
            }
        }
    }

    /// Reads rows by their ids.
    async fn read(&self, kind: Kind, ids: &[&str]) -> Result<Vec<Existing>, DatabaseError> {
        let (_permit, mut connection) = self.reader().await?;
        let scoped = connection.rejoin(&self.location, self.scope);
        let space = self.space.map(|space| space.0);
        let rows = scoped.existing(kind, ids, space).await;
        scoped.hold();
        match rows {
            Ok(rows) => {
                let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
                idle.push(connection);
                Ok(rows)
            }
            Err(error) => {
                self.open.fetch_sub(1, Ordering::SeqCst);
                Err(error)
            }
        }
    }
}

#[async_trait]
impl Snapshot for PostgresSnapshot {
    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn documents(&self) -> &[SourceDocument] {
        &self.documents
    }

    async fn load(
        &self,
        chunk: &RunChunk,
        reading: &Arc<Reading>,
    ) -> Result<Loaded, TransferError> {
        let first = usize::try_from(chunk.first_row).unwrap_or(usize::MAX);
        let ids = self.rows[chunk.kind].ids.iter().skip(first);
        let ids: Vec<&str> = ids.take(chunk.rows as usize).map(|id| &**id).collect();
        let found = self.read(chunk.kind, &ids).await?;
        let listed = ListedChunk {
            kind: chunk.kind,
            first: chunk.first_row,
            ids: ids.into_iter().map(str::to_owned).collect(),
            dims: self.dims,
            // Without a space there is no vector, whatever was found.
            has_vectors: self.space.is_some(),
        };
        let digests = reading.digests;
        Ok(tokio::task::spawn_blocking(move || listed.loaded(found, digests)).await??)
    }

    async fn require_unchanged(&self, _: Kind) -> Result<(), TransferError> {
        // Nothing that others write is in the snapshot.
        Ok(())
    }
}

/// Rows that a chunk has, as they were listed.
struct ListedChunk {
    kind: Kind,
    /// The index of the first.
    first: u64,
    ids: Vec<String>,
    dims: usize,
    has_vectors: bool,
}

impl ListedChunk {
    /// Puts what was found in the order of the listing.
    fn loaded(self, found: Vec<Existing>, digests: bool) -> Result<Loaded, DatabaseError> {
        let (kind, table) = (self.kind, Arc::<str>::from(self.kind.table()));
        let found = found.into_iter();
        let mut found: HashMap<String, Existing> = found
            .map(|row| (row.stored.memory.id().to_owned(), row))
            .collect();
        let mut loaded = Loaded::default();
        for (index, id) in (self.first..).zip(self.ids) {
            let Some(row) = found.remove(&id) else {
                let table = kind.table();
                return Err(DatabaseError::RowGone { table, id });
            };
            let memory = row.stored.memory;
            let numbers = row.stored.vector;
            let numbers = numbers.filter(|_| row.in_space && self.has_vectors);
            // Files have a row for each.
            let numbers = numbers.or_else(|| (self.dims > 0).then(|| vec![0.0; self.dims]));
            let stored = Stored {
                ord: index,
                memory,
                vector: numbers,
            };
            let origin = Origin {
                file: Arc::clone(&table),
                index,
                line: None,
            };
            let pushed = loaded.push(stored, origin, digests);
            pushed.map_err(|error| damaged(kind.table(), &id, &error))?;
        }
        Ok(loaded)
    }
}

impl Scoped<'_> {
    /// Lists all rows of a kind.
    async fn list_rows(
        &mut self,
        kind: Kind,
        space: Option<SpaceId>,
    ) -> Result<Vec<Listed>, DatabaseError> {
        let list = bulk::list_rows(kind, self.scope.id(), space.map(|space| space.0));
        let doing = format!("listing {}", kind.table());
        let listed = |row: Row| Listed {
            ord: row.get(0),
            id: row.get::<_, &str>(1).into(),
            bytes: row.get(2),
            versions: [row.get(3), row.get(4)],
        };
        // One by one: together they would be several times as large.
        let rows = self.client().rows(&list).await.doing(&doing)?;
        rows.map_ok(listed).try_collect().await.doing(&doing)
    }

    /// Reads all documents, in source order.
    async fn source_documents(&mut self) -> Result<Vec<SourceDocument>, DatabaseError> {
        let query = documents::export(self.scope.id());
        let answers = self.send(&[query], "reading documents").await?;
        let mut found = Vec::new();
        for row in answers.iter().flatten() {
            let mut fields = Columns::of_container(Document::PIECES, DOCUMENTS, row);
            let document = fields.document()?;
            let ord: i64 = fields.get()?;
            found.push((ord, document));
        }
        found.sort_by(|(one, first), (other, second)| (one, &first.id).cmp(&(other, &second.id)));
        let document = |(ord, (_, document)): (u64, (i64, Document))| {
            let mut canonical = Vec::new();
            record::document::write(&document, &mut canonical)
                .map_err(|error| damaged(DOCUMENTS, &document.id, &error))?;
            Ok(SourceDocument {
                ord,
                digest: row_digest(&canonical, None),
                document,
            })
        };
        (0..).zip(found).map(document).collect()
    }
}

/// A row whose carry somebody changed by hand.
fn damaged(table: &'static str, id: &str, error: &ParseError) -> DatabaseError {
    DatabaseError::DamagedRow {
        table,
        column: "carry".to_owned(),
        id: id.to_owned(),
        why: error.to_string(),
    }
}
