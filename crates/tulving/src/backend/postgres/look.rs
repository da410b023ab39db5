//! One look at a database: all that is to be known before a statement of ours can run there.

use futures_util::future::join;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::connect::Connection;
use super::error::{DatabaseError, Doing};
use super::place::{Place, Site};
use super::schema::NAMES;
use super::scoped::ROLE;
use super::statement::{Statement, together};
use crate::model::Kind;

/// What was found. Nothing in it needs a right: it is read from catalogs that everyone may read.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// PostgreSQL's version as a number, such as 180006.
    pub(super) server_number: i32,
    /// The same as text, such as `18.6`.
    pub(super) server: String,
    /// How the database keeps text.
    pub(super) encoding: String,
    /// What distinguishes this database from every other.
    pub(super) identity: String,
    /// The role that is in effect.
    pub(super) login: String,
    /// The schema of the tables: the first of the search path.
    pub(super) schema: Option<String>,
    /// Whether the schema has been applied there.
    pub(super) applied: bool,
    /// Names of ours that something has there, in order.
    pub(super) taken: Vec<String>,
    /// Tables of ours that are not there, in order.
    pub(super) missing: Vec<String>,
    /// All schemas that hold our tables.
    pub(super) homes: Vec<String>,
    /// Columns that went with the extension.
    pub(super) columns_missing: Option<String>,
    /// pgvector in this database.
    pub(super) vector: Option<Vector>,
    /// The version of pgvector that the database could enable.
    pub(super) available: Option<String>,
    /// Whether a schema `public` is there, in which the login role may make objects.
    pub(super) public: bool,
    /// Whether the server has the application role.
    pub(super) role: bool,
    /// Whether the login role may take it on.
    pub(super) member: bool,
    /// What the application role lacks to read.
    pub(super) lacking: Vec<String>,
    /// What an administrator runs so that the login role may make the tables there.
    pub(super) grants: Vec<String>,
    /// Whether the login role may use that schema: one that it may not use is passed over, and what
    /// is made goes into the next of the search path.
    pub(super) usable: bool,
    /// Whether the login role may do as the tables' owner does.
    pub(super) keeper: bool,
    /// Whether the login role reads the table of versions by itself.
    pub(super) readable: bool,
    /// Whether the server can notice in the middle of a statement that its client is gone.
    pub(super) polls: bool,
}

/// pgvector as a database has it.
#[derive(Debug, Clone)]
pub(super) struct Vector {
    pub(super) version: String,
    pub(super) schema: String,
}

/// `$1` the schema that was asked for, `$2` the search path of the connection string, `$3` all names
/// of ours, `$4` our tables, `$5` the application role, `$6` and
/// `$7` tables and columns of vectors.
///
/// The search path is resolved here and not by the server, which leaves out what the login role may
/// not use: a member that does not inherit has its rights only once it has taken on the role. The
/// first schema counts, but a personal one (`$user`) without our tables gives way to one with them.
const LOOK: &str = r#"
WITH path AS (
    SELECT r.place, r.personal, n.oid, n.nspname::text AS name
    FROM (SELECT 1 AS place, false AS personal, $1 AS name WHERE $1 IS NOT NULL
          UNION ALL
          SELECT place, name = '$user', CASE name WHEN '$user' THEN current_user::text ELSE name END
          FROM (SELECT place, coalesce(replace(m[1], '""', '"'), lower(rtrim(m[2]))) AS name
                FROM regexp_matches(coalesce($2, current_setting('search_path')),
                                    '"((?:[^"]|"")*)"|([^",[:space:]][^",]*)', 'g') WITH ORDINALITY AS r (m, place)) AS p
          WHERE $1 IS NULL) AS r
    JOIN pg_namespace n ON n.nspname = r.name
    WHERE NOT starts_with(n.nspname::text, 'pg_') AND n.nspname <> 'information_schema'
), versions AS (
    SELECT oid, relnamespace, relowner FROM pg_class WHERE relname = 'tulving_schema_versions' AND relkind IN ('r', 'p')
), home AS (
    SELECT p.oid, p.name, v.oid AS versions, v.relowner
    FROM path p LEFT JOIN versions v ON v.relnamespace = p.oid
    ORDER BY p.personal AND v.oid IS NULL AND EXISTS (SELECT FROM path JOIN versions ON relnamespace = path.oid), p.place
    LIMIT 1
), vector AS (
    SELECT e.extversion, n.oid, n.nspname::text AS name
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'vector'
), app AS (
    SELECT oid FROM pg_roles WHERE rolname = $5
), here AS (
    SELECT c.oid, c.relname::text AS name FROM pg_class c JOIN home h ON c.relnamespace = h.oid
    WHERE c.relkind IN ('r', 'p') AND c.relname = ANY ($4)
)
SELECT current_setting('server_version_num')::int,
       current_setting('server_version'),
       current_setting('server_encoding'),
       (SELECT system_identifier FROM pg_control_system())::text || '/' ||
           (SELECT oid FROM pg_database WHERE datname = current_database()),
       current_user::text,
       (SELECT name FROM home),
       (SELECT versions IS NOT NULL FROM home),
       ARRAY(SELECT relname::text FROM pg_class JOIN home h ON relnamespace = h.oid WHERE relname = ANY ($3)
             UNION SELECT typname::text FROM pg_type JOIN home h ON typnamespace = h.oid WHERE typname = ANY ($3)
             ORDER BY 1),
       ARRAY(SELECT name FROM unnest($4) AS t (name) WHERE name NOT IN (SELECT name FROM here) ORDER BY 1),
       ARRAY(SELECT n.nspname::text FROM versions v JOIN pg_namespace n ON n.oid = v.relnamespace ORDER BY 1),
       (SELECT string_agg(t || '.' || c, ', ')
        FROM unnest($6, $7) AS needed (t, c)
        JOIN here ON here.name = t
        WHERE NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = here.oid AND attname = c AND NOT attisdropped)),
       (SELECT extversion FROM vector),
       (SELECT name FROM vector),
       (SELECT default_version FROM pg_available_extensions WHERE name = 'vector'),
       coalesce((SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = 'public'), false),
       EXISTS (SELECT FROM app),
       coalesce((SELECT pg_has_role(session_user, oid, CASE WHEN current_setting('server_version_num')::int >= 160000
                                              THEN 'SET' ELSE 'MEMBER' END) FROM app), false),
       ARRAY(SELECT format('USAGE ON SCHEMA %I', n.nspname) FROM pg_namespace n, app
             WHERE n.oid IN (SELECT oid FROM home WHERE versions IS NOT NULL UNION ALL SELECT oid FROM vector)
               AND NOT has_schema_privilege(app.oid, n.oid, 'USAGE')
             UNION ALL
             SELECT format('SELECT ON %I', here.name) FROM here, app
             WHERE here.name NOT IN ('users', 'tenants') AND NOT has_table_privilege(app.oid, here.oid, 'SELECT')),
       coalesce((SELECT pg_has_role(relowner, 'USAGE') FROM home), false),
       ARRAY(SELECT format('CREATE ROLE %I NOLOGIN', $5) WHERE NOT EXISTS (SELECT FROM app)
             UNION ALL
             SELECT format('GRANT %I TO %I', $5, current_user)
             WHERE NOT EXISTS (SELECT FROM app WHERE pg_has_role(current_user, oid, 'MEMBER'))
             UNION ALL
             SELECT format('GRANT USAGE, CREATE ON SCHEMA %I TO %I', name, current_user) FROM home
             WHERE NOT (has_schema_privilege(oid, 'USAGE') AND has_schema_privilege(oid, 'CREATE'))
             UNION ALL
             SELECT format('GRANT USAGE ON SCHEMA %I TO %I', n.nspname, $5) FROM pg_namespace n
             WHERE n.oid IN (SELECT oid FROM home UNION ALL SELECT oid FROM vector)
               AND NOT pg_has_role(n.nspowner, 'USAGE')
               AND NOT coalesce((SELECT has_schema_privilege(app.oid, n.oid, 'USAGE') FROM app),
                                has_schema_privilege('public', n.oid, 'USAGE'))),
       coalesce((SELECT has_schema_privilege(oid, 'USAGE') FROM home), false),
       coalesce((SELECT has_table_privilege(versions, 'SELECT') AND has_schema_privilege(oid, 'USAGE') FROM home), false)
"#;

impl Facts {
    fn read(row: &Row, polls: bool) -> Self {
        let vector = |version: Option<String>| {
            Some(Vector {
                version: version?,
                schema: row.get(12),
            })
        };
        Self {
            server_number: row.get(0),
            server: row.get(1),
            encoding: row.get(2),
            identity: row.get(3),
            login: row.get(4),
            schema: row.get(5),
            applied: row.get::<_, Option<bool>>(6).unwrap_or(false),
            taken: row.get(7),
            missing: row.get(8),
            homes: row.get(9),
            columns_missing: row.get(10),
            vector: vector(row.get(11)),
            available: row.get(13),
            public: row.get(14),
            role: row.get(15),
            member: row.get(16),
            lacking: row.get(17),
            keeper: row.get(18),
            grants: row.get(19),
            usable: row.get(20),
            readable: row.get(21),
            polls,
        }
    }

    /// Where the tables are or would be.
    pub(super) fn place(&self) -> Option<Place> {
        let schema = self.schema.clone()?;
        Some(Place::new(schema, self))
    }
}

impl Connection {
    /// Looks at the database, in one round trip.
    pub(super) async fn look(&self) -> Result<Facts, DatabaseError> {
        let Site { schema, path, .. } = &*self.site;
        // The columns of a type of the extension go with it.
        let of_kind = |kind: Kind| {
            let full = [kind.table(), kind.embeddings()].map(|table| (table, "embedding"));
            full.into_iter().chain([(kind.vectors(), "v")])
        };
        let (of, columns): (Vec<_>, Vec<_>) = Kind::ALL.into_iter().flat_map(of_kind).unzip();
        let look = Statement::new(LOOK)
            .with(schema.clone(), Type::TEXT)
            .with(path.clone(), Type::TEXT)
            .with(NAMES.all.clone(), Type::TEXT_ARRAY)
            .with(NAMES.tables.clone(), Type::TEXT_ARRAY)
            .with(ROLE, Type::TEXT)
            .with(of, Type::TEXT_ARRAY)
            .with(columns, Type::TEXT_ARRAY);
        // Servers on systems that cannot poll a socket refuse the setting. It ends with the statement.
        let poll =
            Statement::new("SELECT set_config('client_connection_check_interval', '1s', true)");
        // Limits that the server sets for quick queries are not for the look that lifts them. One of them
        // not every version has.
        let begin = "BEGIN READ ONLY; SET LOCAL statement_timeout TO 0; \
                     SET LOCAL idle_in_transaction_session_timeout TO 0; \
                     SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout'";
        let look = [look];
        let looking = together(&self.client, Some(begin), &look, Some("COMMIT"));
        let (polls, rows) = join(poll.run(&self.client), looking).await;
        let rows = rows.doing("looking at the database")?;
        match rows.first().and_then(|rows| rows.first()) {
            Some(row) => Ok(Facts::read(row, polls.is_ok())),
            None => Err(DatabaseError::NoAnswer { what: "what it is" }),
        }
    }
}
