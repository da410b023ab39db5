//! Whether a database can be worked with, and whether the wall between scopes holds.

use std::sync::Arc;

use futures_util::future::join;
use tokio_postgres::Row;

use super::connect::Connection;
use super::error::DatabaseError;
use super::facts::Facts;
use super::location::{Location, quoted};
use super::refusal::Refusal;
use super::requirements::older;
use super::schema::SchemaStatus;
use super::schema_version::{NAMES, SchemaVersion};
use super::session::Rights;
use super::sql::database;
use super::sql::transaction::{Purpose, ROLE};
use crate::model::Scope;
use crate::transfer::ReceiptDatabase;

/// Below this, vacuum could damage an index.
const VECTOR_ADVISED: &str = "0.8.6";

/// A database that can be worked with.
#[derive(Debug, Clone)]
pub struct Target {
    /// PostgreSQL's version, such as `18.6`.
    pub server: String,
    /// pgvector's version.
    pub vector: String,
    /// The schema that the tables are in.
    pub schema: String,
    /// What distinguishes this database from every other: the server's identifier and the
    /// database's number.
    pub identity: String,
    /// What is worth mending, though it works.
    pub warnings: Vec<String>,
}

impl From<&Target> for ReceiptDatabase {
    fn from(found: &Target) -> Self {
        Self {
            postgresql: found.server.clone(),
            pgvector: found.vector.clone(),
            schema_version: SchemaVersion::newest(),
        }
    }
}

/// What was found of row-level security; having one means that it holds.
#[derive(Debug, Clone)]
pub struct Wall {
    /// The role that statements on memories run under.
    pub role: String,
    /// Tables with a scope, each under forced row-level security.
    pub tables: Vec<String>,
}

impl Connection {
    /// Checks server, tables, extension, schema version and rights, in the order in which a user would
    /// mend them.
    ///
    /// # Errors
    /// Says what is missing.
    pub async fn require_target(&self) -> Result<Target, DatabaseError> {
        let (facts, place) = self.look_for_tables().await?;
        let status = self.status_at(&facts).await;
        self.judge(facts, &place, status)
    }

    /// Checks all that [`require_target`](Self::require_target) and [`require_wall`](Self::require_wall) check,
    /// in two round trips.
    ///
    /// # Errors
    /// As they do, in this order.
    pub(super) async fn require_memory(&self) -> Result<Target, DatabaseError> {
        let (facts, place) = self.look_for_tables().await?;
        let (status, wall) = join(self.status_at(&facts), self.look_at_wall(&place)).await;
        let target = self.judge(facts, &place, status)?;
        judge_wall(&wall?, &place)?;
        Ok(target)
    }

    /// Looks whether there are tables that can be asked.
    async fn look_for_tables(&self) -> Result<(Facts, Arc<Location>), DatabaseError> {
        let facts = self.look().await?;
        facts.require_server(&self.target)?;
        let place = self.settle(&facts)?;
        facts.require_vector(&self.target)?;
        if !facts.readable {
            facts.require_role()?;
        }
        Ok((facts, place))
    }

    fn judge(
        &self,
        facts: Facts,
        place: &Location,
        status: Result<SchemaStatus, DatabaseError>,
    ) -> Result<Target, DatabaseError> {
        let status = status?;
        if !status.pending.is_empty() {
            let found = status.applied.last().map_or(0, |last| last.version);
            return Err(Refusal::SchemaOlder {
                found,
                known: SchemaVersion::newest(),
            }
            .into());
        }
        facts.require_columns(&self.target)?;
        facts.require_role()?;
        let vector = facts.require_vector(&self.target)?;
        let mut warnings = Vec::new();
        if older(&vector, VECTOR_ADVISED) {
            warnings.push(format!(
                "pgvector {vector} has known faults; {VECTOR_ADVISED} mends them"
            ));
        }
        Ok(Target {
            server: facts.server,
            vector,
            schema: place.schema.clone(),
            identity: facts.identity,
            warnings,
        })
    }

    /// Returns other databases of the server with such tables that members of the application role may connect
    /// to: what keeps scopes apart does not keep databases apart.
    ///
    /// # Errors
    /// If the tables are not there, or the connection is lost.
    pub async fn open_neighbours(&self) -> Result<Vec<String>, DatabaseError> {
        let query = [database::neighbours()];
        let doing = "looking at the server's other databases";
        let rows = self.unscoped(Rights::Member, &query, doing).await?;
        Ok(rows.iter().flatten().map(|row| row.get(0)).collect())
    }

    /// Judges the role that statements on memories really run under, and the tables they touch.
    ///
    /// # Errors
    /// If a row of another scope could be reached.
    pub async fn require_wall(&mut self, scope: Scope) -> Result<Wall, DatabaseError> {
        let place = self.location().await?;
        let scoped = self.bind(&place, scope, Purpose::Bulk);
        let rows = scoped
            .finish(&database::look_at_wall(), LOOKING_AT_WALL)
            .await?;
        judge_wall(&rows, &place)
    }

    /// What [`judge_wall`] judges. Any scope would do, and none: it is about the role and the tables.
    async fn look_at_wall(&self, place: &Location) -> Result<Vec<Vec<Row>>, DatabaseError> {
        self.unscoped_at(
            place,
            Rights::Member,
            &database::look_at_wall(),
            LOOKING_AT_WALL,
        )
        .await
    }
}

const LOOKING_AT_WALL: &str = "checking row-level security";

/// Refuses if a row of another scope could be reached.
fn judge_wall(rows: &[Vec<Row>], place: &Location) -> Result<Wall, DatabaseError> {
    let [_, roles, tables] = rows else {
        return Err(DatabaseError::NoAnswer {
            what: "who it is that asks",
        });
    };
    let open = |what: String, sql: Option<String>| Err(Refusal::WallOpen { what, sql }.into());
    let role = roles.first().map_or(ROLE, |row| row.get(0)).to_owned();
    if let Some(row) = roles.first()
        && let Some(through) = row.get::<_, Option<String>>(1)
    {
        let sql = if through == role {
            format!("ALTER ROLE {} NOSUPERUSER NOBYPASSRLS", quoted(&role))
        } else {
            let granted: &str = row.get(2);
            format!("REVOKE {} FROM {}", quoted(granted), quoted(&role))
        };
        return open(
            format!("the role {role} can bypass it as {through}"),
            Some(sql),
        );
    }
    let ours = &NAMES.tables;
    let mut held = Vec::new();
    for row in tables {
        let table: String = row.get(0);
        let name = place.own(&table);
        if !row.get::<_, bool>(1) {
            if !ours.contains(&table) {
                let sql = format!("CREATE SCHEMA other; ALTER TABLE {name} SET SCHEMA other");
                let what =
                    format!("{table}, which is not Tulving's, has a scope_id and is not behind it");
                return open(what, Some(sql));
            }
            return open(format!("it is not enabled and forced on {table}"), None);
        }
        if let Some(owner) = row.get::<_, Option<String>>(2) {
            let sql = format!("ALTER TABLE {name} OWNER TO {}", quoted(&owner));
            return open(format!("the role {role} owns {table}"), Some(sql));
        }
        if !row.get::<_, bool>(3) {
            return open(
                format!("{table} lacks its policy, bound_scope, for the role {role}"),
                None,
            );
        }
        if let Some(policy) = row.get::<_, Option<String>>(4) {
            let sql = format!("DROP POLICY {} ON {name}", quoted(&policy));
            let what = format!(
                "the policy {policy} lets the role {role} see more of {table} than one scope"
            );
            return open(what, Some(sql));
        }
        if row.get(5) {
            let what =
                format!("the role {role} may TRUNCATE {table}, refer to it or hang triggers on it");
            return open(what, None);
        }
        held.push(table);
    }
    Ok(Wall { role, tables: held })
}
