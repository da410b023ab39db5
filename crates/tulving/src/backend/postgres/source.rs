//! A database as the source of a transfer: one owner's memories, read in one snapshot.
//!
//! The survey begins a transaction and exports its snapshot, as `pg_dump` does; every worker reads in a
//! transaction that imports it. So what is read is what was surveyed, whatever is written meanwhile.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use tokio_postgres::Row;

use super::connect::{Connection, Database};
use super::error::DatabaseError;
use super::location::Location;
use super::schema_version::SchemaVersion;
use super::scoped::Scoped;
use super::sql::transaction::{self, Purpose};
use super::sql::{bulk, documents};
use super::table::{Columns, DOCUMENTS};
use crate::backend::{BackendError, StorageError};
use crate::json::ParseError;
use crate::model::{Document, Kind, PerKind, Scope, Space};
use crate::record::{self, Part};
use crate::transfer::{
    Cancel, Chunker, Existing, KindPlan, Loaded, Origin, Plan, ReadOptions, Reading,
    ReceiptDatabase, RunChunk, Snapshot, Source, SourceDocument, SourceRow, SpaceId, Stored,
    TransferError, row_digest,
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
    /// Returns the spaces in which vectors are kept, the one that is searched first.
    ///
    /// # Errors
    /// If the database cannot be reached or read, or the owner is not in it.
    pub async fn spaces(&self) -> Result<Vec<Space>, DatabaseError> {
        let mut connection = self.database.connect().await?;
        let scoped = connection.scoped(self.scope).await?;
        let kept = scoped.target_spaces().await?.kept;
        Ok(kept.into_iter().map(|(_, space)| space).collect())
    }

    /// Returns the space whose vectors are read, with its number, and those that are left out.
    async fn choose(
        &self,
        connection: &mut Connection,
    ) -> Result<(Option<(SpaceId, Space)>, Vec<Space>), TransferError> {
        let scoped = connection.scoped(self.scope).await?;
        let mut kept = scoped.target_spaces().await?.kept;
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
        listed.sort_by(|one, other| (one.ord, &one.id).cmp(&(other.ord, &other.id)));
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
        let mut connection = self.database.connect().await?;
        let found = connection.require_target().await?;
        connection.require_scope(self.scope).await?;
        connection.require_wall(self.scope).await?;
        let (space, left_out) = self.choose(&mut connection).await?;
        let (space_id, space) = match space {
            Some((number, space)) => (Some(number), Some(space)),
            None => (None, self.otherwise.clone()),
        };
        let dims = space.as_ref().map_or(0, |space| space.dims);

        let location = connection.location().await?;
        let mut scoped = connection.bind(&location, self.scope, Purpose::Export);
        let export = transaction::export_snapshot();
        let answers = scoped.send(&[export], "exporting a snapshot").await?;
        let name: Option<String> = answers.iter().flatten().next().map(|row| row.get(0));
        let name = name.unwrap_or_default();
        let mut state = Sha256::new();
        let (mut plans, mut rows) = (Vec::new(), PerKind::<Rows>::default());
        for (kind, rows) in rows.iter_mut() {
            if !self.options.takes(kind) {
                continue;
            }
            let surveying = self.survey_kind(&mut scoped, kind, space_id, dims, &mut state);
            *rows = tokio::select! {
                rows = surveying => rows?,
                () = cancel.wait() => return Err(TransferError::Interrupted { phase: "plan" }),
            };
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
        Ok(Arc::new(PostgresSnapshot {
            plan: Plan {
                layout: "postgresql",
                options: self.options.clone(),
                space: space.filter(|_| plans.iter().any(|plan| plan.dims.is_some())),
                left_out,
                state: Some(crate::hex(&state.finalize())),
                database: Some(ReceiptDatabase {
                    postgresql: found.server,
                    pgvector: found.vector,
                    schema_version: SchemaVersion::newest(),
                }),
                kinds: plans,
            },
            documents,
            rows,
            space: space_id,
            dims,
            scope: self.scope,
            database: self.database.clone(),
            location,
            name,
            idle: Mutex::default(),
            _exporter: connection,
        }))
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
    /// Connections in a transaction that reads the snapshot.
    idle: Mutex<Vec<Connection>>,
    /// Its transaction keeps the snapshot.
    _exporter: Connection,
}

impl PostgresSnapshot {
    fn idle(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.pop()
    }

    /// Reads rows by their ids, on a connection that nobody else has.
    async fn read(&self, kind: Kind, ids: &[&str]) -> Result<Vec<Existing>, DatabaseError> {
        let mut connection = match self.idle() {
            Some(connection) => connection,
            None => {
                let mut connection = self.database.connect().await?;
                let mut scoped = connection.bind_to(&self.location, self.scope, &self.name);
                scoped.send(&[], "reading the snapshot").await?;
                scoped.hold();
                connection
            }
        };
        let scoped = connection.rejoin(&self.location, self.scope);
        let space = self.space.map(|space| space.0);
        let rows = scoped.existing(kind, ids, space).await?;
        scoped.hold();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(connection);
        Ok(rows)
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
        let mut found: HashMap<String, Existing> = self
            .read(chunk.kind, &ids)
            .await?
            .into_iter()
            .map(|row| (row.stored.memory.id().to_owned(), row))
            .collect();
        let (table, mut loaded) = (Arc::from(chunk.kind.table()), Loaded::default());
        for (index, id) in (chunk.first_row..).zip(ids) {
            // The snapshot that listed it has it.
            let row = found.remove(id).ok_or_else(|| DatabaseError::RowsMissing {
                table: chunk.kind.table(),
                sent: u64::from(chunk.rows),
                arrived: index - chunk.first_row,
            })?;
            let memory = row.stored.memory;
            let numbers = row
                .stored
                .vector
                .filter(|_| row.in_space && self.space.is_some());
            // Files have a row for each.
            let numbers = numbers.or_else(|| (self.dims > 0).then(|| vec![0.0; self.dims]));
            let is_zero = |numbers: &Vec<f32>| numbers.iter().all(|number| *number == 0.0);
            loaded.zero_vectors += u64::from(numbers.as_ref().is_some_and(is_zero));
            let digest = match reading.digests {
                true => {
                    let mut canonical = Vec::new();
                    record::write(&memory, Part::Content, &mut canonical)
                        .map_err(|error| damaged(chunk.kind.table(), id, &error))?;
                    row_digest(&canonical, numbers.as_deref())
                }
                false => [0; 32],
            };
            loaded.rows.push(SourceRow {
                stored: Stored {
                    ord: index,
                    memory,
                    vector: numbers,
                },
                origin: Origin {
                    file: Arc::clone(&table),
                    index,
                    line: None,
                },
                digest,
            });
        }
        Ok(loaded)
    }

    async fn require_unchanged(&self, _: Kind) -> Result<(), TransferError> {
        // Nothing that others write is in the snapshot.
        Ok(())
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
        let answers = self.send(&[list], &doing).await?;
        let listed = |row: &Row| Listed {
            ord: row.get(0),
            id: row.get::<_, &str>(1).into(),
            bytes: row.get(2),
            versions: [row.get(3), row.get(4)],
        };
        Ok(answers.iter().flatten().map(listed).collect())
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
