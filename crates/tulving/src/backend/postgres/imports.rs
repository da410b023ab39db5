//! Imports in the ledger, beside migrations. Whoever is at one holds a lock that is named after it.

use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use uuid::Uuid;

use super::connect::{Connection, Database};
use super::error::{DatabaseError, Doing as _};
use super::ledger::Lock;
use super::scoped::Scoped;
use super::sql::transaction::{self, Purpose};
use super::sql::{Statement, runs};
use super::statistics::ScopeStatistics;
use super::values::Sql;
use crate::backend::{Import, ImportPhase, Imports};
use crate::model::Scope;
use crate::transfer::RunStatus;

/// What the ledger calls the inputs of an import.
#[derive(Serialize, Deserialize)]
struct Inputs {
    paths: Vec<String>,
}

impl Database {
    /// Holds the lock of an import, for as long as the session lasts.
    pub(super) async fn lock_import(&self, run: Uuid) -> Result<Lock, DatabaseError> {
        let connection = self.connect().await?;
        let place = connection.location().await?;
        let take = transaction::lock_import(&place, run);
        connection
            .client
            .batch(&take)
            .await
            .doing("taking the lock of an import")?;
        Ok(Lock::of(connection))
    }
}

impl Connection {
    /// Returns the imports of all scopes, or of one, the newest first, each with the scope; and of those whose record this
    /// version cannot read, why.
    ///
    /// # Errors
    /// If the login role is neither the schema's owner nor asks for one scope.
    pub async fn imports(
        &mut self,
        scope: Option<Scope>,
    ) -> Result<(Vec<(Uuid, Import)>, Vec<String>), DatabaseError> {
        const DOING: &str = "listing imports";
        let rows = match scope {
            None => self.of_all(runs::all_imports(), DOING).await?,
            Some(scope) => {
                let place = self.location().await?;
                let scoped = self.bind(&place, scope, Purpose::Bulk);
                let list = runs::imports(scope.id());
                scoped.finish(&[list], DOING).await?
            }
        };
        Ok(imports_of(rows.iter().flatten()))
    }
}

impl Scoped<'_> {
    /// Enters an import; the oldest go.
    pub(super) async fn enter_import(mut self, import: &Import) -> Result<(), DatabaseError> {
        const DOING: &str = "entering an import in the ledger";
        let (scope, target) = (self.scope, self.target().to_owned());
        let asked = [ScopeStatistics::query(scope, false)];
        let answers = self.send(&asked, DOING).await?;
        ScopeStatistics::read(answers.first().map_or(&[], Vec::as_slice), scope, &target)?;
        let paths = import.paths.clone();
        let inputs = serde_json::to_string(&Inputs { paths }).unwrap_or_default();
        let statements = [
            runs::enter_import(scope.id(), import, inputs),
            runs::leave_newest_imports(scope.id()),
        ];
        self.finish(&statements, DOING).await?;
        Ok(())
    }

    /// Notes how far an import is, if the ledger has it.
    pub(super) async fn note_import(self, import: &Import) -> Result<(), DatabaseError> {
        let status = match (import.phase, &import.error) {
            (ImportPhase::Done, _) => RunStatus::Finished,
            (_, Some(_)) => RunStatus::Interrupted,
            _ => RunStatus::Running,
        };
        let counts = serde_json::to_string(&import.counts).unwrap_or_default();
        let note = runs::note_import(self.scope.id(), import, status, counts);
        self.asked_of([note], "noting how far an import is")
            .await
            .map(drop)
    }

    /// Lists the imports, the newest first.
    pub(super) async fn imports(self) -> Result<Imports, DatabaseError> {
        let list = runs::imports(self.scope.id());
        let answers = self.asked_of([list], "listing imports").await?;
        let (runs, unreadable) = imports_of(answers.iter().flatten());
        Ok(Imports {
            runs: runs.into_iter().map(|(_, import)| import).collect(),
            unreadable,
        })
    }

    /// Removes all imports.
    pub(super) async fn remove_imports(self) -> Result<(), DatabaseError> {
        let remove = runs::remove_imports(self.scope.id());
        self.asked_of([remove], "removing imports from the ledger")
            .await
            .map(drop)
    }

    /// Sends statements about a scope that must be kept here, in one round trip.
    async fn asked_of<const N: usize>(
        self,
        statements: [Statement; N],
        doing: &str,
    ) -> Result<Vec<Vec<Row>>, DatabaseError> {
        let (scope, target) = (self.scope, self.target().to_owned());
        let asked = std::iter::once(ScopeStatistics::query(scope, false)).chain(statements);
        let asked: Vec<Statement> = asked.collect();
        let mut answers = self.finish(&asked, doing).await?;
        ScopeStatistics::read(&answers.remove(0), scope, &target)?;
        Ok(answers)
    }
}

/// Reads rows of imports, each with its scope; of those that cannot be read it is said why.
fn imports_of<'r>(rows: impl Iterator<Item = &'r Row>) -> (Vec<(Uuid, Import)>, Vec<String>) {
    let (mut imports, mut unreadable) = (Vec::new(), Vec::new());
    for row in rows {
        match import_of(row) {
            Ok(import) => imports.push(import),
            Err(why) => unreadable.push(why),
        }
    }
    (imports, unreadable)
}

fn import_of(row: &Row) -> Result<(Uuid, Import), String> {
    let inputs: Option<Inputs> = serde_json::from_str(row.get(3)).ok();
    let counts: Option<String> = row.get(4);
    let counts = counts.and_then(|counts| serde_json::from_str(&counts).ok());
    let (run_id, phase): (Uuid, &str) = (row.get(1), row.get(2));
    let import = Import {
        run_id,
        phase: ImportPhase::named(phase)
            .ok_or_else(|| format!("{run_id}: its phase is {phase:?}"))?,
        paths: inputs.map(|inputs| inputs.paths).unwrap_or_default(),
        counts: counts.unwrap_or_default(),
        error: row.get(5),
        version: row.get(6),
        started_at: row.get::<_, Sql<_>>(7).0,
        updated_at: row.get::<_, Sql<_>>(8).0,
        finished_at: row.get::<_, Option<Sql<_>>>(9).map(|Sql(at)| at),
        is_live: row.get(10),
    };
    Ok((row.get(0), import))
}
