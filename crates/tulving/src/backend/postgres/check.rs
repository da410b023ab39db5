//! Whether a database can be worked with, and whether the wall between scopes holds.

use std::sync::Arc;

use futures_util::future::join;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::connect::Connection;
use super::error::{DatabaseError, Refusal, Standing};
use super::look::Facts;
use super::place::{Place, Site, quoted};
use super::schema::{NAMES, SchemaStatus, SchemaVersion};
use super::scoped::{Purpose, ROLE};
use super::session::Rights;
use super::statement::Statement;
use crate::model::Scope;

/// Below this, building an index in parallel could leak other tables' rows (CVE-2026-3172).
const VECTOR_NEEDED: &str = "0.8.2";
/// Below this, vacuum could damage an index.
const VECTOR_ADVISED: &str = "0.8.6";
const SERVER_NEEDED: i32 = 150_000;

/// The policy's condition, as the server writes it.
const BOUND: &str =
    "(scope_id = (NULLIF(current_setting('tulving.scope_id'::text, true), ''::text))::uuid)";

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
    async fn look_for_tables(&self) -> Result<(Facts, Arc<Place>), DatabaseError> {
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
        place: &Place,
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

    /// Other databases of the server with such tables that members of the application role may connect
    /// to: what keeps scopes apart does not keep databases apart.
    ///
    /// # Errors
    /// If the tables are not there, or the connection is lost.
    pub async fn open_neighbours(&self) -> Result<Vec<String>, DatabaseError> {
        let query = [Statement::new(NEIGHBOURS)];
        let doing = "looking at the server's other databases";
        let rows = self.unscoped(Rights::Member, &query, doing).await?;
        Ok(rows.iter().flatten().map(|row| row.get(0)).collect())
    }

    /// Judges the role that statements on memories really run under, and the tables they touch.
    ///
    /// # Errors
    /// If a row of another scope could be reached.
    pub async fn require_wall(&mut self, scope: Scope) -> Result<Wall, DatabaseError> {
        let place = self.place().await?;
        let scoped = self.bind(&place, scope, Purpose::Bulk);
        let rows = scoped.finish(&looks_at_wall(), LOOKING_AT_WALL).await?;
        judge_wall(&rows, &place)
    }

    /// What [`judge_wall`] judges. Any scope would do, and none: it is about the role and the tables.
    async fn look_at_wall(&self, place: &Place) -> Result<Vec<Vec<Row>>, DatabaseError> {
        self.unscoped_at(place, Rights::Member, &looks_at_wall(), LOOKING_AT_WALL)
            .await
    }
}

const LOOKING_AT_WALL: &str = "checking row-level security";

fn looks_at_wall() -> [Statement; 3] {
    [
        // Conditions of policies are compared as text.
        Statement::new("SET LOCAL quote_all_identifiers TO off"),
        Statement::new(ROLES),
        Statement::new(TABLES).with(BOUND, Type::TEXT),
    ]
}

/// Refuses if a row of another scope could be reached.
fn judge_wall(rows: &[Vec<Row>], place: &Place) -> Result<Wall, DatabaseError> {
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

/// Databases that the role in effect may connect to and has rights on tables of. Roles are the
/// server's, and so is the catalog of what depends on them.
const NEIGHBOURS: &str = "\
SELECT d.datname::text FROM pg_database d \
WHERE d.datname <> current_database() AND d.datallowconn AND has_database_privilege(d.oid, 'CONNECT') \
  AND EXISTS (SELECT FROM pg_shdepend s \
              WHERE s.dbid = d.oid AND s.classid = 'pg_class'::regclass AND s.deptype = 'a' \
                AND s.refclassid = 'pg_authid'::regclass \
                AND s.refobjid = (SELECT oid FROM pg_roles WHERE rolname = current_user)) \
ORDER BY 1";

/// A role that is not held to policies, which the role in effect is or may become; and which role it
/// was given for that.
const ROLES: &str = "\
SELECT current_user::text, r.rolname::text, g.rolname::text \
FROM pg_roles a \
LEFT JOIN pg_roles r ON (r.rolsuper OR r.rolbypassrls) AND pg_has_role(a.oid, r.oid, 'MEMBER') \
LEFT JOIN pg_auth_members m ON m.member = a.oid AND pg_has_role(m.roleid, r.oid, 'MEMBER') \
LEFT JOIN pg_roles g ON g.oid = m.roleid \
WHERE a.rolname = current_user ORDER BY r.oid <> a.oid, r.rolname, g.rolname LIMIT 1";

/// Every table with a scope: whether security is enabled and forced; who should own it, if the role
/// does; whether the one policy is there, and another; whether there are rights beyond rows.
/// Policies for roles that the role in effect is not a member of do not concern it.
const TABLES: &str = "\
SELECT c.relname::text, c.relrowsecurity AND c.relforcerowsecurity, \
       CASE WHEN pg_has_role(c.relowner, 'MEMBER') \
            THEN (SELECT pg_get_userbyid(v.relowner)::text FROM pg_class v \
                  WHERE v.oid = 'tulving_schema_versions'::regclass) END, \
       (SELECT count(*) = 1 FROM pg_policy p \
        WHERE p.polrelid = c.oid AND p.polname = 'bound_scope' AND p.polcmd = '*' AND p.polpermissive \
          AND pg_get_expr(p.polqual, c.oid) = $1 AND pg_get_expr(p.polwithcheck, c.oid) = $1 \
          AND EXISTS (SELECT FROM unnest(p.polroles) AS r (oid) WHERE r.oid = 0 OR pg_has_role(r.oid, 'MEMBER'))), \
       (SELECT min(p.polname::text) FROM pg_policy p \
        WHERE p.polrelid = c.oid AND p.polname <> 'bound_scope' AND p.polpermissive \
          AND EXISTS (SELECT FROM unnest(p.polroles) AS r (oid) WHERE r.oid = 0 OR pg_has_role(r.oid, 'MEMBER'))), \
       has_table_privilege(c.oid, 'TRUNCATE, REFERENCES, TRIGGER') \
FROM pg_class c \
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'scope_id' AND NOT a.attisdropped \
WHERE c.relkind IN ('r', 'p') \
  AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'memory_nodes'::regclass) \
ORDER BY c.relname";

impl Facts {
    /// A server and a database that can hold memories at all.
    pub(super) fn require_server(&self, target: &str) -> Result<(), Refusal> {
        if self.server_number < SERVER_NEEDED {
            let found = self.server.clone();
            return Err(Refusal::ServerTooOld { found });
        }
        if self.encoding != "UTF8" {
            return Err(Refusal::Encoding {
                found: self.encoding.clone(),
                target: target.to_owned(),
            });
        }
        Ok(())
    }

    /// The schema that the tables are in, with the first of them.
    pub(super) fn require_tables(&self, site: &Site, target: &str) -> Result<Place, Refusal> {
        const TABLE: &str = "memory_nodes";
        match self.place() {
            Some(place) if self.applied && !self.lacks(&[TABLE]) => Ok(place),
            found => {
                let schema = found.map(|place| place.schema).or(site.schema.clone());
                let mut elsewhere = self.homes.clone();
                elsewhere.retain(|home| Some(home) != schema.as_ref());
                Err(Refusal::TableMissing {
                    table: TABLE,
                    target: target.to_owned(),
                    schema,
                    elsewhere,
                })
            }
        }
    }

    /// Whether one of these tables is missing.
    pub(super) fn lacks(&self, tables: &[&str]) -> bool {
        let mut missing = self.missing.iter();
        missing.any(|table| tables.contains(&table.as_str()))
    }

    /// Looks for what goes with the extension and does not come back with it.
    pub(super) fn require_columns(&self, target: &str) -> Result<(), Refusal> {
        match &self.columns_missing {
            None => Ok(()),
            Some(columns) => Err(Refusal::ColumnsMissing {
                columns: columns.clone(),
                target: target.to_owned(),
            }),
        }
    }

    /// pgvector, enabled and new enough; gives its version.
    pub(super) fn require_vector(&self, target: &str) -> Result<String, Refusal> {
        match &self.vector {
            Some(vector) => new_enough(&vector.version, true),
            None => Err(self.no_extension(target)),
        }
    }

    /// The extension that applying the schema would enable.
    pub(super) fn require_available(&self, target: &str) -> Result<(), Refusal> {
        let enabled = self.vector.as_ref().map(|vector| &vector.version);
        match enabled.or(self.available.as_ref()) {
            Some(version) => new_enough(version, enabled.is_some()).map(drop),
            None => Err(self.no_extension(target)),
        }
    }

    pub(super) fn no_extension(&self, target: &str) -> Refusal {
        Refusal::ExtensionMissing {
            target: target.to_owned(),
            available: self.available.is_some(),
        }
    }

    /// A schema that the login role may use: what it makes would else go into another.
    pub(super) fn require_usable(&self, schema: &str) -> Result<(), Refusal> {
        if self.usable {
            return Ok(());
        }
        Err(Refusal::Privilege {
            role: Some(self.login.clone()),
            standing: Standing::Owner,
            doing: format!("using the schema {schema}"),
            source: None,
        })
    }

    /// The role that statements on memories run under: there, within reach, and with its rights.
    fn require_role(&self) -> Result<(), Refusal> {
        if !self.role {
            return Err(Refusal::RoleMissing { role: ROLE });
        }
        if !self.member {
            return Err(Refusal::Privilege {
                role: Some(self.login.clone()),
                standing: Standing::Member,
                doing: format!("taking on the role {ROLE}"),
                source: None,
            });
        }
        match self.lacking.as_slice() {
            [] => Ok(()),
            [first, rest @ ..] => Err(Refusal::RightsMissing {
                role: ROLE,
                rights: match rest.len() {
                    0 => first.clone(),
                    more => format!("{first} and {more} more"),
                },
            }),
        }
    }
}

fn new_enough(found: &str, enabled: bool) -> Result<String, Refusal> {
    if older(found, VECTOR_NEEDED) {
        return Err(Refusal::ExtensionTooOld {
            found: found.to_owned(),
            needed: VECTOR_NEEDED,
            enabled,
        });
    }
    Ok(found.to_owned())
}

/// Compares versions number by number.
fn older(found: &str, needed: &str) -> bool {
    let numbers = |version: &str| -> Vec<u32> {
        version
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|part| part.parse().ok())
            .collect()
    };
    numbers(found) < numbers(needed)
}

#[cfg(test)]
mod tests {
    use super::older;

    #[test]
    fn versions_are_compared_by_number() {
        assert!(older("0.8.1", "0.8.2"));
        assert!(older("0.7.12", "0.8.2"));
        assert!(!older("0.10.0", "0.8.2"));
        assert!(!older("0.8.2", "0.8.2"));
    }
}
