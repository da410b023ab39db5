//! The schema: which versions a database has seen, and bringing it to the newest.

use tokio_postgres::SimpleQueryMessage;

use super::connect::Connection;
use super::error::{DatabaseError, Doing};
use super::facts::Facts;
use super::location::{Location, quoted};
use super::refusal::{Refusal, RequiredRole};
use super::schema_version::{SchemaVersion, VERSIONS};
use super::session::Rights;
use super::sql::{database, schema as sql, transaction};
use super::table::KindTables as _;
use super::values::Sql;
use crate::model::{Kind, Timestamp};

/// The first version whose file puts back what is missing, as all later ones do.
const UPKEEP: i32 = 3;

/// What other tables refer to: their rows would go on without, and the foreign keys are gone.
const REFERRED_TO: &[&str] = &[
    "tenants",
    "users",
    "scopes",
    "embedding_spaces",
    "documents",
];
/// What holds the numbers of what search reads.
const COUNTS: &str = "scope_kinds";
/// The ledger, and its rows for chunks.
const LEDGER: [&str; 2] = ["runs", "run_chunks"];

/// A version that a database has seen.
#[derive(Debug, Clone)]
pub struct AppliedVersion {
    /// Counts from 1.
    pub version: i32,
    /// What the file was about.
    pub name: String,
    /// SHA-256 of the file in hex; `None` if psql applied it.
    pub checksum: Option<String>,
    /// When.
    pub applied_at: Timestamp,
}

/// What applying the schema did.
#[derive(Debug, Clone, Default)]
pub struct Brought {
    /// The schema that the tables are in.
    pub schema: String,
    /// Versions that were applied, oldest first.
    pub versions: Vec<SchemaVersion>,
    /// What was missing although its version had been applied, and was put back.
    pub repaired: Vec<String>,
    /// Indexes of owners that are gone, which were removed.
    pub orphans: Vec<String>,
}

/// What a database has seen, and what this program knows.
#[derive(Debug, Clone)]
pub struct SchemaStatus {
    /// Seen by the database, oldest first.
    pub applied: Vec<AppliedVersion>,
    /// Known to the program and not yet seen by the database.
    pub pending: Vec<SchemaVersion>,
}

impl Connection {
    /// Returns what this database has seen.
    ///
    /// # Errors
    /// If it was made by a newer program, or by other files than this one holds.
    pub async fn schema_status(&self) -> Result<SchemaStatus, DatabaseError> {
        let facts = self.look().await?;
        facts.require_server(&self.target)?;
        self.status_at(&facts).await
    }

    pub(super) async fn status_at(&self, facts: &Facts) -> Result<SchemaStatus, DatabaseError> {
        const DOING: &str = "reading the schema's versions";
        let rows = match facts.location().filter(|_| facts.applied) {
            Some(place) => {
                // Members read it as well, and need not inherit that.
                let rights = match facts.readable {
                    true => Rights::Login,
                    false => Rights::Member,
                };
                self.unscoped_at(&place, rights, &[database::versions()], DOING)
                    .await
                    .map_err(|error| error.with_login(Some(&facts.login), RequiredRole::Member))?
            }
            None => Vec::new(),
        };
        let applied: Vec<AppliedVersion> = rows
            .iter()
            .flatten()
            .map(|row| AppliedVersion {
                version: row.get(0),
                name: row.get(1),
                checksum: row.get(2),
                applied_at: row.get::<_, Sql<_>>(3).0,
            })
            .collect();
        let found = applied.last().map_or(0, |last| last.version);
        if found > SchemaVersion::newest() {
            return Err(Refusal::SchemaNewer {
                found,
                known: SchemaVersion::newest(),
            }
            .into());
        }
        for seen in &applied {
            let known = VERSIONS.iter().find(|known| known.version == seen.version);
            if known.is_none_or(|known| {
                seen.checksum
                    .as_ref()
                    .is_some_and(|sum| *sum != known.checksum())
            }) {
                return Err(Refusal::SchemaChanged {
                    version: seen.version,
                }
                .into());
            }
        }
        let pending = VERSIONS
            .iter()
            .filter(|known| applied.iter().all(|seen| seen.version != known.version))
            .copied()
            .collect();
        Ok(SchemaStatus { applied, pending })
    }

    /// Brings the database to the newest schema, and puts back what is missing of one that is there:
    /// rights, row-level security, triggers, indexes, and tables that no other refers to.
    ///
    /// A schema that was asked for by name is made. Safe to repeat, and from several processes at
    /// once: each file is one transaction that begins by taking a lock.
    ///
    /// # Errors
    /// If pgvector cannot be had, something else has the name of a table, the login role may not
    /// create tables, a table is gone that others refer to, or the schema is newer than
    /// this program.
    pub async fn apply_schema(&mut self) -> Result<Brought, DatabaseError> {
        let facts = self.look_where_to_apply().await?;
        let brought = self.bring(&facts).await;
        brought.map_err(|error| {
            let required = match facts.applied && !facts.owns_tables {
                true => RequiredRole::Owner,
                false => RequiredRole::Maker {
                    sql: facts.grants.join("; "),
                },
            };
            error.with_login(Some(&facts.login), required)
        })
    }

    /// Looks at the database, and makes the schema that was asked for if it is not there.
    async fn look_where_to_apply(&self) -> Result<Facts, DatabaseError> {
        let facts = self.look().await?;
        facts.require_server(&self.target)?;
        let Some(name) = self.site.schema.as_ref().filter(|_| facts.schema.is_none()) else {
            return Ok(facts);
        };
        self.client
            .batch(&sql::make(name))
            .await
            .doing(&format!("making the schema {name}"))
            .map_err(|error| {
                let login = quoted(&facts.login);
                let sql = format!("CREATE SCHEMA {} AUTHORIZATION {login}", quoted(name));
                error.with_login(Some(&facts.login), RequiredRole::Maker { sql })
            })?;
        self.look().await
    }

    async fn bring(&mut self, facts: &Facts) -> Result<Brought, DatabaseError> {
        let Some(place) = facts.location() else {
            let target = self.target.clone();
            return Err(Refusal::NoSchema { target }.into());
        };
        if !facts.applied && !facts.taken.is_empty() {
            return Err(Refusal::Occupied {
                schema: place.schema,
                names: facts.taken.join(", "),
                target: self.target.clone(),
            }
            .into());
        }
        facts.require_usable(&place.schema)?;
        let SchemaStatus { applied, pending } = self.status_at(facts).await?;
        let is_to_come = |table: &str| pending.iter().any(|version| version.makes(table));
        let mut occupied = facts.taken.clone();
        occupied.retain(|name| is_to_come(name));
        if !applied.is_empty() && !occupied.is_empty() {
            return Err(Refusal::Occupied {
                schema: place.schema,
                names: occupied.join(", "),
                target: self.target.clone(),
            }
            .into());
        }
        let mut lost = facts.missing.clone();
        lost.retain(|table| REFERRED_TO.contains(&table.as_str()) && !is_to_come(table));
        if facts.applied && !lost.is_empty() {
            return Err(Refusal::TablesLost {
                tables: lost.join(", "),
                target: self.target.clone(),
            }
            .into());
        }
        let by_psql = applied.iter().any(|seen| seen.checksum.is_none());
        let mut brought = Brought {
            schema: place.schema.clone(),
            ..Brought::default()
        };
        if pending.is_empty() {
            facts.require_vector(&self.target)?;
            facts.require_columns(&self.target)?;
            brought.repaired = self.repair(facts, &place).await?;
        } else {
            facts.require_available(&self.target)?;
        }
        let place = match facts.vector {
            Some(_) => place,
            None => self.enable_extension(facts, place).await?,
        };
        for version in &pending {
            let (number, name) = (version.version, version.name);
            let doing = format!("applying schema version {number} ({name})");
            self.apply(&place, &version.statements(), &doing).await?;
        }
        let mut fill = String::new();
        for known in VERSIONS {
            fill.push_str(&sql::record_checksum(known.version, &known.checksum()));
        }
        if by_psql || !pending.is_empty() {
            self.apply(&place, &fill, "recording the schema's checksum")
                .await?;
        }
        let now = self.look().await?;
        self.status_at(&now).await?;
        now.require_columns(&self.target)?;
        if by_psql || !pending.is_empty() {
            self.index_all_scopes().await?;
        }
        let searched = |kind: Kind| {
            let made_of = [kind.embeddings(), kind.vectors(), kind.postings()];
            facts.lacks(&[kind.table()]) || facts.lacks(&made_of)
        };
        let counted = facts.lacks(&[COUNTS]) || Kind::ALL.into_iter().any(searched);
        if pending.is_empty() && counted {
            self.rebuild_all_scopes().await?;
        }
        match self.drop_orphaned_indexes().await {
            // Whoever owns the tables will.
            Err(DatabaseError::Refused(Refusal::Privilege { .. })) => {}
            dropped => brought.orphans = dropped?,
        }
        brought.versions = pending;
        Ok(brought)
    }

    /// Enables pgvector, in a schema that all may share: then no other goes when one of them goes.
    async fn enable_extension(
        &self,
        facts: &Facts,
        place: Location,
    ) -> Result<Location, DatabaseError> {
        let schema = match facts.public {
            true => "public",
            false => &place.schema,
        };
        let enable = sql::enable_vector(schema);
        match self.apply(&place, &enable, "enabling pgvector").await {
            // It takes a right of its own, which is told first.
            Err(DatabaseError::Refused(Refusal::Privilege { .. })) => {
                Err(facts.no_extension(&self.target).into())
            }
            Err(error) => Err(error),
            Ok(_) => Ok(Location::new(place.schema, &self.look().await?)),
        }
    }

    /// Puts back what is missing of a schema whose versions were all applied; gives what it was.
    async fn repair(&self, facts: &Facts, place: &Location) -> Result<Vec<String>, DatabaseError> {
        let doing = format!("putting back what is missing in schema {}", place.schema);
        if facts.missing.is_empty() {
            // These files look for themselves, and change nothing that is as it should be.
            let upkeep = VERSIONS.iter().filter(|file| file.version >= UPKEEP);
            let upkeep: String = upkeep.map(SchemaVersion::statements).collect();
            return self.apply(place, &upkeep, &doing).await;
        }
        let mut script = String::new();
        // Where a table comes back empty, so do those whose rows are only of its rows, with the foreign keys
        // that went with it.
        let made_of = Kind::ALL.map(|kind| {
            (
                kind.table(),
                [kind.embeddings(), kind.vectors(), kind.postings()].join(", "),
            )
        });
        let [runs, chunks] = LEDGER;
        for (table, others) in made_of.into_iter().chain([(runs, chunks.to_owned())]) {
            if facts.lacks(&[table]) {
                script.push_str(&sql::drop_tables(&others));
            }
        }
        script.extend(VERSIONS.iter().map(SchemaVersion::statements));
        self.apply(place, &script, &doing).await?;
        let tables = facts.missing.iter();
        Ok(tables.map(|table| format!("table {table}")).collect())
    }

    /// Enters memories that are older than the keyword index into it, of every owner that is seen.
    async fn index_all_scopes(&mut self) -> Result<(), DatabaseError> {
        for scope in self.scopes().await? {
            for kind in Kind::ALL {
                self.index_missing(kind, scope, &|_| {}).await?;
            }
        }
        Ok(())
    }

    /// Makes what search reads anew from the memories, and counts them, of every owner.
    async fn rebuild_all_scopes(&mut self) -> Result<(), DatabaseError> {
        for scope in self.scopes().await? {
            for kind in Kind::ALL {
                self.rebuild_words(kind, scope, &|_| {}).await?;
                self.rebuild_vectors(kind, scope, &|_| {}).await?;
            }
            self.note_tokenizer(scope).await?;
        }
        Ok(())
    }

    /// Runs SQL of the schema in one transaction. Gives what it says at its end, line by line.
    async fn apply(
        &self,
        place: &Location,
        sql: &str,
        doing: &str,
    ) -> Result<Vec<String>, DatabaseError> {
        // Roles belong to the whole server, so another database's session may be in the way where
        // this database's lock does not reach.
        const TRIES: u32 = 5;
        let script = sql::apply(place, sql);
        let mut tries = 1;
        loop {
            let error = match self.client.script(&script).await.doing(doing) {
                Ok(said) => return Ok(said.iter().filter_map(first_cell).collect()),
                Err(error) => error,
            };
            self.client
                .batch(&transaction::rollback())
                .await
                .doing(doing)?;
            let concurrent = error.is_transient()
                || error.sql_state().is_some_and(|code| code.code() == "XX000");
            if !concurrent || tries == TRIES {
                return Err(error);
            }
            tokio::time::sleep(std::time::Duration::from_millis(50 * u64::from(tries))).await;
            tries += 1;
        }
    }
}

fn first_cell(message: &SimpleQueryMessage) -> Option<String> {
    match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(ToOwned::to_owned),
        _ => None,
    }
}
