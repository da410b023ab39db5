//! Whether a database can be worked with, and whether the wall between scopes holds.

use tokio_postgres::types::Type;

use super::connect::Connection;
use super::error::{DatabaseError, Doing, Refusal};
use super::schema::SchemaVersion;
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
    /// Checks server, tables, extension and schema version, in the order in which a user would
    /// mend them.
    ///
    /// # Errors
    /// Says what is missing.
    pub async fn require_target(&self) -> Result<Target, DatabaseError> {
        let server = self.require_server().await?;
        self.require_table("memory_nodes").await?;
        let vector = self.require_extension().await?;
        let status = self.schema_status().await?;
        if !status.pending.is_empty() {
            let found = status.applied.last().map_or(0, |last| last.version);
            return Err(Refusal::SchemaOlder {
                found,
                known: SchemaVersion::newest(),
            }
            .into());
        }
        self.require_columns().await?;
        let mut warnings = Vec::new();
        if older(&vector, VECTOR_ADVISED) {
            warnings.push(format!(
                "pgvector {vector} has known faults; {VECTOR_ADVISED} mends them"
            ));
        }
        Ok(Target {
            server,
            vector,
            identity: self.identity().await?,
            warnings,
        })
    }

    pub(super) async fn require_server(&self) -> Result<String, DatabaseError> {
        let query =
            "SELECT current_setting('server_version_num')::int, current_setting('server_version')";
        let row = self
            .client
            .query_typed_one(query, &[])
            .await
            .doing("asking for the server's version")?;
        let (number, found): (i32, String) = (row.get(0), row.get(1));
        if number < SERVER_NEEDED {
            Err(Refusal::ServerTooOld { found }.into())
        } else {
            Ok(found)
        }
    }

    pub(super) async fn require_table(&self, table: &'static str) -> Result<(), DatabaseError> {
        let query = "SELECT to_regclass($1) IS NOT NULL";
        let there: bool = self
            .client
            .query_typed_one(query, &[(&table, Type::TEXT)])
            .await
            .doing("looking for the tables")?
            .get(0);
        if there {
            Ok(())
        } else {
            Err(Refusal::TableMissing {
                table,
                target: self.target.clone(),
            }
            .into())
        }
    }

    /// Looks for what goes with the extension and does not come back with it.
    pub(super) async fn require_columns(&self) -> Result<(), DatabaseError> {
        let query = "SELECT string_agg(t || '.' || c, ', ') \
                     FROM (VALUES ('memory_nodes', 'embedding'), ('node_vectors', 'v'), \
                                  ('episodic_memories', 'embedding'), ('episode_vectors', 'v')) AS needed (t, c) \
                     WHERE NOT EXISTS (SELECT FROM pg_attribute \
                                       WHERE attrelid = to_regclass(t) AND attname = c AND NOT attisdropped)";
        let missing: Option<String> = self
            .client
            .query_typed_one(query, &[])
            .await
            .doing("looking for the columns of vectors")?
            .get(0);
        match missing {
            None => Ok(()),
            Some(columns) => Err(Refusal::ColumnsMissing {
                columns,
                target: self.target.clone(),
            }
            .into()),
        }
    }

    pub(super) async fn require_extension(&self) -> Result<String, DatabaseError> {
        const DOING: &str = "looking for pgvector";
        let query = "SELECT extversion FROM pg_extension WHERE extname = 'vector'";
        let Some(row) = self.client.query_typed_opt(query, &[]).await.doing(DOING)? else {
            let query = "SELECT count(*) > 0 FROM pg_available_extensions WHERE name = 'vector'";
            let available = self
                .client
                .query_typed_one(query, &[])
                .await
                .doing(DOING)?
                .get(0);
            return Err(Refusal::ExtensionMissing {
                target: self.target.clone(),
                available,
            }
            .into());
        };
        new_enough(row.get(0))
    }

    /// The extension that applying the schema would enable.
    pub(super) async fn require_available_extension(&self) -> Result<(), DatabaseError> {
        let query = "SELECT coalesce((SELECT extversion FROM pg_extension WHERE extname = 'vector'), \
                                     (SELECT default_version FROM pg_available_extensions WHERE name = 'vector'))";
        let row = self
            .client
            .query_typed_one(query, &[])
            .await
            .doing("looking for pgvector")?;
        match row.get::<_, Option<String>>(0) {
            Some(version) => new_enough(version).map(drop),
            None => Err(Refusal::ExtensionMissing {
                target: self.target.clone(),
                available: false,
            }
            .into()),
        }
    }

    async fn identity(&self) -> Result<String, DatabaseError> {
        let query = "SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' || oid::text \
                     FROM pg_database WHERE datname = current_database()";
        Ok(self
            .client
            .query_typed_one(query, &[])
            .await
            .doing("identifying the database")?
            .get(0))
    }

    /// Judges the role that statements on memories really run under, and the tables they touch.
    ///
    /// # Errors
    /// If a row of another scope could be reached.
    pub async fn require_wall(&mut self, scope: Scope) -> Result<Wall, DatabaseError> {
        const DOING: &str = "checking row-level security";
        let scoped = self.scoped(scope).await?;
        let roles = "SELECT current_user::text, coalesce(string_agg(r.rolname, ', ' ORDER BY r.rolname), '') \
                     FROM pg_roles r \
                     WHERE (r.rolsuper OR r.rolbypassrls) AND pg_has_role(current_user, r.oid, 'MEMBER')";
        let row = scoped
            .client()
            .query_typed_one(roles, &[])
            .await
            .doing(DOING)?;
        let (role, bypassing): (String, String) = (row.get(0), row.get(1));
        let open = |what: String| Err(Refusal::WallOpen { what }.into());
        if !bypassing.is_empty() {
            return open(format!("the role {role} can bypass it as {bypassing}"));
        }
        // Policies for roles that the application role is not a member of do not concern it.
        let tables = "SELECT c.relname::text, c.relrowsecurity AND c.relforcerowsecurity, \
                             pg_has_role(current_user, c.relowner, 'MEMBER'), \
                             (SELECT count(*) FILTER (WHERE p.polname = 'bound_scope' AND p.polcmd = '*' \
                                         AND pg_get_expr(p.polqual, c.oid) = $1 \
                                         AND pg_get_expr(p.polwithcheck, c.oid) = $1) = 1 \
                                 AND count(*) FILTER (WHERE p.polname <> 'bound_scope' AND p.polpermissive) = 0 \
                              FROM pg_policy p \
                              WHERE p.polrelid = c.oid AND EXISTS (\
                                  SELECT FROM unnest(p.polroles) AS r (oid) \
                                  WHERE r.oid = 0 OR pg_has_role(current_user, r.oid, 'MEMBER'))), \
                             has_table_privilege(current_user, c.oid, 'TRUNCATE, REFERENCES, TRIGGER') \
                      FROM pg_class c \
                      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'scope_id' AND NOT a.attisdropped \
                      WHERE c.relkind IN ('r', 'p') \
                        AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'memory_nodes'::regclass) \
                      ORDER BY c.relname";
        let mut held = Vec::new();
        for row in scoped
            .client()
            .query_typed(tables, &[(&BOUND, Type::TEXT)])
            .await
            .doing(DOING)?
        {
            let (table, forced, owns, policies, beyond): (String, bool, bool, bool, bool) =
                (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4));
            if !forced {
                return open(format!("it is not enabled and forced on {table}"));
            }
            if owns {
                return open(format!("the role {role} owns {table}"));
            }
            if !policies {
                return open(format!(
                    "{table} has other policies than bound_scope for the role {role}"
                ));
            }
            if beyond {
                return open(format!(
                    "the role {role} may TRUNCATE {table}, refer to it or hang triggers on it"
                ));
            }
            held.push(table);
        }
        Ok(Wall { role, tables: held })
    }
}

fn new_enough(found: String) -> Result<String, DatabaseError> {
    if older(&found, VECTOR_NEEDED) {
        return Err(Refusal::ExtensionTooOld {
            found,
            needed: VECTOR_NEEDED,
        }
        .into());
    }
    Ok(found)
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
