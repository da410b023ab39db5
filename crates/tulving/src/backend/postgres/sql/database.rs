//! What a database is, and whether the wall between scopes holds there: read from the server's catalogs.

use tokio_postgres::types::Type;

use super::Statement;
use super::name::Name;
use super::text::Text;
use super::transaction::ROLE;
use crate::backend::postgres::schema_version::NAMES;
use crate::backend::postgres::table::KindTables as _;
use crate::model::Kind;

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
       -- It reads a folder of files, so it is asked only where the answer is needed.
       CASE WHEN NOT EXISTS (SELECT FROM vector)
            THEN (SELECT default_version FROM pg_available_extensions WHERE name = 'vector') END,
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

/// Begins the look at a database. Limits that the server sets for quick queries are not for the look that
/// lifts them. One of them not every version has.
pub(crate) fn begin_look() -> Statement {
    Text::new(
        "BEGIN READ ONLY; SET LOCAL statement_timeout TO 0; \
         SET LOCAL idle_in_transaction_session_timeout TO 0; \
         SELECT set_config('transaction_timeout', '0', true) \
         WHERE current_setting('transaction_timeout', true) IS NOT NULL",
    )
    .named(Name::BeginLook)
}

/// Looks at a database.
pub(crate) fn look(schema: Option<String>, path: Option<String>) -> Statement {
    // The columns of a type of the extension go with it.
    let of_kind = |kind: Kind| {
        let full = [kind.table(), kind.embeddings()].map(|table| (table, "embedding"));
        full.into_iter().chain([(kind.vectors(), "v")])
    };
    let (of, columns): (Vec<_>, Vec<_>) = Kind::ALL.into_iter().flat_map(of_kind).unzip();
    Text::new(LOOK)
        .with("schema", schema, Type::TEXT)
        .with("search_path", path, Type::TEXT)
        .with("names", NAMES.all.clone(), Type::TEXT_ARRAY)
        .with("tables", NAMES.tables.clone(), Type::TEXT_ARRAY)
        .with("role", ROLE, Type::TEXT)
        .with("vector_tables", of, Type::TEXT_ARRAY)
        .with("vector_columns", columns, Type::TEXT_ARRAY)
        .named(Name::Look)
}

/// Asks whether the server can poll a socket: on systems that cannot, it refuses the setting, which ends
/// with the statement.
pub(crate) fn poll() -> Statement {
    Text::new("SELECT set_config('client_connection_check_interval', '1s', true)").named(Name::Poll)
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

/// The policy's condition, as the server writes it.
const BOUND: &str =
    "(scope_id = (NULLIF(current_setting('tulving.scope_id'::text, true), ''::text))::uuid)";

/// Looks at the wall: who it is that asks, and every table with a scope.
pub(crate) fn look_at_wall() -> [Statement; 3] {
    [
        // Conditions of policies are compared as text.
        Text::new("SET LOCAL quote_all_identifiers TO off").named(Name::SetQuoting),
        Text::new(ROLES).named(Name::FindBypass),
        Text::new(TABLES)
            .with("condition", BOUND, Type::TEXT)
            .named(Name::FindWall),
    ]
}

/// Lists other databases with such tables that members of the application role may connect to.
pub(crate) fn neighbours() -> Statement {
    Text::new(NEIGHBOURS).named(Name::ListNeighbours)
}

/// Lists the versions of the schema that a database has seen.
pub(crate) fn versions() -> Statement {
    Text::new(
        "SELECT version, name, checksum, applied_at FROM tulving_schema_versions ORDER BY version",
    )
    .named(Name::ListVersions)
}
