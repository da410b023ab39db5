//! The tables and their versions.

use sha2::{Digest, Sha256};

use super::connect::Connection;
use super::error::{DatabaseError, Doing, Refusal, Standing};
use crate::model::{Episode, Node, Scope, Timestamp};

/// One file of `db/migrations`.
#[derive(Debug, Clone, Copy)]
pub struct SchemaVersion {
    /// Counts from 1.
    pub version: i32,
    /// What the file is about.
    pub name: &'static str,
    /// The file, as psql runs it.
    pub sql: &'static str,
}

/// Every version, oldest first.
const VERSIONS: &[SchemaVersion] = &[
    SchemaVersion {
        version: 1,
        name: "memory_tables",
        sql: include_str!("../../../../../db/migrations/001_memory_tables.sql"),
    },
    SchemaVersion {
        version: 2,
        name: "search",
        sql: include_str!("../../../../../db/migrations/002_search.sql"),
    },
    SchemaVersion {
        version: 3,
        name: "upkeep",
        sql: include_str!("../../../../../db/migrations/003_upkeep.sql"),
    },
];

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

/// What a database has seen, and what this program knows.
#[derive(Debug, Clone)]
pub struct SchemaStatus {
    /// Seen by the database, oldest first.
    pub applied: Vec<AppliedVersion>,
    /// Known to the program and not yet seen by the database.
    pub pending: Vec<SchemaVersion>,
}

impl SchemaVersion {
    /// Every version, oldest first.
    #[must_use]
    pub fn all() -> &'static [Self] {
        VERSIONS
    }

    /// The newest version that this program knows.
    #[must_use]
    pub fn newest() -> i32 {
        VERSIONS.last().map_or(0, |last| last.version)
    }

    /// SHA-256 of the file, in hex.
    #[must_use]
    pub fn checksum(&self) -> String {
        crate::hex(&Sha256::digest(self.sql.as_bytes()))
    }

    /// The file without the lines that only psql understands.
    fn statements(&self) -> String {
        self.sql
            .lines()
            .filter(|line| !line.starts_with('\\'))
            .flat_map(|line| [line, "\n"])
            .collect()
    }
}

impl Connection {
    /// What this database has seen.
    ///
    /// # Errors
    /// If it was made by a newer program, or by other files than this one holds.
    pub async fn schema_status(&self) -> Result<SchemaStatus, DatabaseError> {
        const DOING: &str = "reading the schema's versions";
        let there = "SELECT to_regclass('tulving_schema_versions') IS NOT NULL";
        let there: bool = self
            .client
            .query_typed_one(there, &[])
            .await
            .doing(DOING)?
            .get(0);
        let rows = if there {
            let query = "SELECT version, name, checksum, applied_at FROM tulving_schema_versions ORDER BY version";
            let rows = self.client.query_typed(query, &[]).await.doing(DOING);
            rows.map_err(|error| error.lacking(self.login.as_deref(), Standing::Member))?
        } else {
            Vec::new()
        };
        let applied: Vec<AppliedVersion> = rows
            .iter()
            .map(|row| AppliedVersion {
                version: row.get(0),
                name: row.get(1),
                checksum: row.get(2),
                applied_at: row.get(3),
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

    /// Brings the database to the newest schema. Gives the versions that were applied.
    ///
    /// Safe to repeat, and from several processes at once: each file is one transaction that
    /// begins by taking a lock.
    ///
    /// # Errors
    /// If pgvector cannot be had, the login role may not create tables, or the schema is newer
    /// than this program.
    pub async fn apply_schema(&mut self) -> Result<Vec<SchemaVersion>, DatabaseError> {
        let applied = self.apply_pending().await;
        applied.map_err(|error| error.lacking(self.login.as_deref(), Standing::Maker))
    }

    async fn apply_pending(&mut self) -> Result<Vec<SchemaVersion>, DatabaseError> {
        self.require_server().await?;
        let SchemaStatus { applied, pending } = self.schema_status().await?;
        let by_psql = applied.iter().any(|seen| seen.checksum.is_none());
        if !pending.is_empty() {
            self.require_available_extension().await?;
        }
        for version in &pending {
            let applied = self.apply_version(version).await;
            if let Err(DatabaseError::Refused(Refusal::Privilege { .. })) = applied {
                // To enable the extension takes a right of its own, which is told first.
                self.require_extension().await?;
            }
            applied?;
        }
        for known in VERSIONS {
            let fill = "UPDATE tulving_schema_versions SET checksum = $2 WHERE version = $1 AND checksum IS NULL";
            self.client
                .execute(fill, &[&known.version, &known.checksum()])
                .await
                .doing("recording the schema's checksum")?;
        }
        self.schema_status().await?;
        self.require_columns().await?;
        if by_psql || !pending.is_empty() {
            self.read_all_scopes().await?;
        }
        Ok(pending)
    }

    /// Enters memories that are older than the keyword index into it, of every owner that is seen.
    async fn read_all_scopes(&mut self) -> Result<(), DatabaseError> {
        // The scopes themselves are behind the wall; their owners are the tables' owner's to read.
        let owners = "SELECT u.id, true FROM users u UNION ALL SELECT t.id, false FROM tenants t";
        let owners = self
            .client
            .query_typed(owners, &[])
            .await
            .doing("listing owners");
        let owners = match owners {
            // Someone else keeps the schema; `tulving index` is there for each scope.
            Err(DatabaseError::Refused(Refusal::Privilege { .. })) => return Ok(()),
            owners => owners?,
        };
        for row in &owners {
            let scope = match row.get(1) {
                true => Scope::User(row.get(0)),
                false => Scope::Tenant(row.get(0)),
            };
            self.read_all::<Node>(scope, &|_| {}).await?;
            self.read_all::<Episode>(scope, &|_| {}).await?;
        }
        Ok(())
    }

    async fn apply_version(&self, version: &SchemaVersion) -> Result<(), DatabaseError> {
        // Roles belong to the whole server, so another database's session may be in the way where
        // this database's lock does not reach.
        const TRIES: u32 = 5;
        let doing = format!(
            "applying schema version {} ({})",
            version.version, version.name
        );
        let mut tries = 1;
        loop {
            let Err(error) = self
                .client
                .batch_execute(&version.statements())
                .await
                .doing(&doing)
            else {
                return Ok(());
            };
            self.client.batch_execute("ROLLBACK").await.doing(&doing)?;
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
