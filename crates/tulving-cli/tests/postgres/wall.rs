//! The wall between scopes, from the outside: what the application role can and cannot do.

use testkit::corpus::Corpus;
use testkit::postgres::Server;

use crate::oracle::SCOPED;
use crate::roles::{ask, follow, server, url_as};
use crate::support::World;

/// Two users with rows of the same source, and a login that is a member of the application role.
struct Walled {
    server: Server,
    world: World,
    other: String,
}

impl Walled {
    fn new() -> Self {
        let server = server();
        let world = World::on(&server);
        world.corpus(&Corpus::new(40).dim(8));
        let other = world.new_user("other@example.com");
        world.migrate(&[]).expect(0);
        world.start_migrate(&other, &[]).end().expect(0);
        for user in [&world.user, &other] {
            document(&world, user);
        }
        world
            .database
            .batch("CREATE ROLE app LOGIN; GRANT tulving_app TO app");
        Self {
            server,
            world,
            other,
        }
    }

    /// One transaction under the application role, with a scope bound or none.
    fn bound(&self, scope: Option<&str>, sql: &str) -> Result<String, String> {
        let bind = scope.map_or_else(String::new, |scope| {
            format!("SET LOCAL tulving.scope_id = '{scope}';")
        });
        let url = url_as(self.world.database.url(), "app");
        ask(
            &self.server,
            &url,
            &format!("BEGIN; SET LOCAL ROLE tulving_app; {bind} {sql}; COMMIT"),
        )
    }
}

/// Writes a document with a chunk, and what search reads of it, behind the program's back.
fn document(world: &World, user: &str) {
    world.database.batch(&format!(
        "INSERT INTO documents (scope_id, user_id, id, ord, path, created_at) \
         VALUES ('{user}', '{user}', 'd', 0, 'a.md', now()); \
         INSERT INTO document_chunks (scope_id, user_id, id, ord, document_id, chunk_index, content, source, created_at) \
         VALUES ('{user}', '{user}', 'c', 0, 'd', 0, 'text', 's', now()); \
         INSERT INTO chunk_vectors VALUES ('{user}', 'c', 1, '[1]'); \
         INSERT INTO chunk_postings VALUES ('{user}', 0, 0, ''); \
         INSERT INTO forgotten VALUES ('{user}', decode(repeat('00', 16), 'hex'), decode(repeat('00', 16), 'hex')); \
         INSERT INTO forgetting VALUES ('{user}', 1, ''); \
         INSERT INTO chunk_embeddings SELECT '{user}', 'c', space_id, dims, array_fill(1, ARRAY[dims])::vector FROM embedding_spaces LIMIT 1; \
         INSERT INTO node_embeddings SELECT scope_id, id, space_id, dims, embedding FROM memory_nodes \
         WHERE scope_id = '{user}' AND embedding IS NOT NULL; \
         INSERT INTO episode_embeddings SELECT scope_id, id, space_id, dims, embedding FROM episodic_memories \
         WHERE scope_id = '{user}' AND embedding IS NOT NULL"
    ));
}

#[test]
fn every_table_with_a_scope_is_behind_the_wall() {
    let world = World::new();
    let found = world.database.scalar(
        "SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid \
         WHERE a.attname = 'scope_id' AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relnamespace = 'public'::regnamespace",
    );
    let mut covered = SCOPED;
    covered.sort_unstable();
    assert_eq!(
        found,
        covered.join(" "),
        "a table with a scope is not in SCOPED, which these tests go through"
    );
    let known = world.database.scalar(&format!(
        "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class \
         WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND relnamespace = 'public'::regnamespace \
           AND relname <> ALL (string_to_array('{}', ' '))",
        covered.join(" ")
    ));
    // None of these holds memories; the first is for the program, the last two are closed.
    assert_eq!(
        known,
        "embedding_spaces tenants tulving_schema_versions users"
    );
}

#[test]
fn the_role_sees_its_scope_and_nothing_else() {
    let walled = Walled::new();
    let mine = walled.world.user.as_str();
    for table in SCOPED {
        let count = format!("SELECT count(*) FROM {table}");
        let foreign = format!("SELECT count(*) FROM {table} WHERE scope_id <> '{mine}'");
        let named = format!(
            "SELECT count(*) FROM {table} WHERE scope_id = '{}'",
            walled.other
        );
        assert_eq!(walled.bound(None, &count).unwrap(), "0", "{table}");
        assert_eq!(walled.bound(Some(mine), &foreign).unwrap(), "0", "{table}");
        assert_eq!(walled.bound(Some(mine), &named).unwrap(), "0", "{table}");
        // The control: its own rows are there, and so are the other's for the other.
        assert_ne!(walled.bound(Some(mine), &count).unwrap(), "0", "{table}");
        assert_ne!(
            walled.bound(Some(&walled.other), &named).unwrap(),
            "0",
            "{table}"
        );
    }
    // What is no UUID binds nothing.
    assert!(
        walled
            .bound(Some("*"), "SELECT count(*) FROM runs")
            .is_err()
    );
    assert_eq!(
        walled.bound(Some(""), "SELECT count(*) FROM runs").unwrap(),
        "0"
    );
}

#[test]
fn the_role_cannot_write_into_another_scope() {
    let walled = Walled::new();
    let (mine, other) = (walled.world.user.as_str(), walled.other.as_str());
    let before = walled
        .world
        .database
        .scalar("SELECT md5(string_agg(m::text, '' ORDER BY scope_id, id)) FROM memory_nodes m");
    for (table, key) in [
        ("memory_nodes", "id"),
        ("episodic_memories", "id"),
        ("node_vectors", "id"),
        ("episode_vectors", "id"),
        ("node_postings", "bucket"),
        ("episode_postings", "bucket"),
        ("documents", "id"),
        ("document_chunks", "id"),
        ("chunk_vectors", "id"),
        ("node_embeddings", "id"),
        ("chunk_embeddings", "id"),
        ("chunk_postings", "bucket"),
        ("runs", "run_id"),
        ("run_chunks", "run_id"),
    ] {
        let inserted = format!(
            "CREATE TEMPORARY TABLE t ON COMMIT DROP AS SELECT * FROM {table} LIMIT 1; \
             UPDATE t SET scope_id = '{other}'; INSERT INTO {table} SELECT * FROM t"
        );
        let refused = walled.bound(Some(mine), &inserted).unwrap_err();
        assert!(refused.contains("row-level security"), "{table}: {refused}");
        let moved = format!("UPDATE {table} SET scope_id = '{other}'");
        let refused = walled.bound(Some(mine), &moved).unwrap_err();
        assert!(refused.contains("row-level security"), "{table}: {refused}");
        let change = format!(
            "WITH d AS (DELETE FROM {table} WHERE scope_id = '{other}' RETURNING {key}) SELECT count(*) FROM d"
        );
        assert_eq!(walled.bound(Some(mine), &change).unwrap(), "0", "{table}");
        let unbound =
            format!("WITH d AS (DELETE FROM {table} RETURNING {key}) SELECT count(*) FROM d");
        assert_eq!(walled.bound(None, &unbound).unwrap(), "0", "{table}");
    }
    // Tombstones are set and taken away, and by nobody changed.
    for (sql, why) in [
        (
            "INSERT INTO forgotten SELECT * FROM t",
            "row-level security",
        ),
        ("UPDATE forgotten SET hash = salt", "permission denied"),
    ] {
        let theirs = format!(
            "CREATE TEMPORARY TABLE t ON COMMIT DROP AS SELECT * FROM forgotten LIMIT 1; \
             UPDATE t SET scope_id = '{other}'; {sql}"
        );
        let refused = walled.bound(Some(mine), &theirs).unwrap_err();
        assert!(refused.contains(why), "{sql}: {refused}");
    }
    let after = walled
        .world
        .database
        .scalar("SELECT md5(string_agg(m::text, '' ORDER BY scope_id, id)) FROM memory_nodes m");
    assert_eq!(before, after);
}

#[test]
fn the_role_cannot_take_the_wall_down() {
    let walled = Walled::new();
    let mine = Some(walled.world.user.as_str());
    let mut refused = vec![
        "SELECT email FROM users".to_owned(),
        "SELECT name FROM tenants".to_owned(),
        "INSERT INTO users (email) VALUES ('x')".to_owned(),
        "INSERT INTO scopes (scope_id, user_id) VALUES (gen_random_uuid(), gen_random_uuid())"
            .to_owned(),
        "DELETE FROM scopes".to_owned(),
        "UPDATE tulving_schema_versions SET version = 2".to_owned(),
        "DELETE FROM embedding_spaces".to_owned(),
        "CREATE TABLE public.mine (x int)".to_owned(),
        "ALTER ROLE tulving_app BYPASSRLS".to_owned(),
        "RESET ROLE; SET ROLE postgres".to_owned(),
        "SET ROLE postgres".to_owned(),
        "SET SESSION AUTHORIZATION postgres".to_owned(),
        "ALTER FUNCTION tulving_make_scope() SECURITY DEFINER".to_owned(),
        "SELECT tulving_add_kind('node', 'memory_nodes')".to_owned(),
        "SELECT tulving_wall('memory_nodes')".to_owned(),
        "SELECT pg_read_file('PG_VERSION')".to_owned(),
        "COPY memory_nodes TO PROGRAM 'cat'".to_owned(),
        "SET row_security = off; SELECT count(*) FROM memory_nodes".to_owned(),
    ];
    for table in SCOPED {
        refused.extend(
            [
                "ALTER TABLE TABLE DISABLE ROW LEVEL SECURITY",
                "ALTER TABLE TABLE NO FORCE ROW LEVEL SECURITY",
                "ALTER TABLE TABLE OWNER TO tulving_app",
                "CREATE POLICY open ON TABLE USING (true)",
                "DROP POLICY bound_scope ON TABLE",
                "CREATE TRIGGER spy AFTER INSERT ON TABLE EXECUTE FUNCTION tulving_make_scope()",
                "CREATE TABLE pg_temp.child () INHERITS (TABLE)",
                "TRUNCATE TABLE CASCADE",
                "DROP TABLE TABLE CASCADE",
            ]
            .map(|sql| {
                sql.replacen(" TABLE ", " \u{1} ", 1)
                    .replace("TABLE", table)
                    .replacen('\u{1}', "TABLE", 1)
            }),
        );
    }
    for sql in refused {
        assert!(walled.bound(mine, &sql).is_err(), "may: {sql}");
    }
    // The control: the same role does what it is for.
    assert_eq!(
        walled
            .bound(mine, "SELECT count(*) FROM memory_nodes")
            .unwrap(),
        "40"
    );
}

#[test]
fn the_scope_ends_with_its_transaction() {
    let walled = Walled::new();
    let url = url_as(walled.world.database.url(), "app");
    let mine = &walled.world.user;
    for end in ["COMMIT", "ROLLBACK"] {
        let sql = format!(
            "BEGIN; SET LOCAL ROLE tulving_app; SET LOCAL tulving.scope_id = '{mine}'; {end}; SET ROLE tulving_app; \
             SELECT count(*) FROM memory_nodes"
        );
        assert_eq!(ask(&walled.server, &url, &sql).unwrap(), "0", "{end}");
    }
}

/// What opens the wall.
const BREACHES: &[&str] = &[
    "ALTER TABLE runs DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE node_vectors DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE episode_postings DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE documents DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE node_embeddings NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE chunk_postings NO FORCE ROW LEVEL SECURITY",
    "ALTER POLICY bound_scope ON document_chunks USING (true)",
    "ALTER TABLE memory_nodes NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY bound_scope ON node_postings",
    "ALTER ROLE tulving_app BYPASSRLS",
    "ALTER ROLE tulving_app SUPERUSER",
    "GRANT postgres TO tulving_app",
    "CREATE ROLE bypass BYPASSRLS; CREATE ROLE between; GRANT bypass TO between; GRANT between TO tulving_app",
    "ALTER TABLE episodic_memories OWNER TO tulving_app",
    "CREATE POLICY open ON memory_nodes USING (true)",
    "CREATE POLICY \"it's open\" ON memory_nodes FOR SELECT TO tulving_app USING (true)",
    "ALTER POLICY bound_scope ON memory_nodes USING (true)",
    "ALTER POLICY bound_scope ON memory_nodes WITH CHECK (true)",
    "ALTER POLICY bound_scope ON memory_nodes TO postgres",
    "GRANT TRUNCATE ON memory_nodes TO tulving_app",
    "GRANT TRIGGER ON memory_nodes TO PUBLIC",
    "CREATE TABLE later (scope_id uuid)",
];

#[test]
fn an_open_wall_is_refused_and_what_the_error_says_closes_it() {
    let walled = Walled::new();
    let world = &walled.world;
    for open in BREACHES {
        world.database.batch(open);
        for command in ["migrate", "verify"] {
            let mut args = vec![command, "--user-id", &world.user];
            args.extend(
                ["--model", "test-model", "--yes"]
                    .iter()
                    .filter(|_| command == "migrate"),
            );
            let ran = world.run(&args);
            assert_eq!(
                ran.code,
                Some(9),
                "{command} after {open}\n{}{}",
                ran.stdout,
                ran.stderr
            );
            ran.says("row-level security does not hold");
        }
        // One thing after the other may be told.
        let followed = (0..3).find_map(|_| {
            let ran = world.verify(&[]);
            match ran.code {
                Some(0) => Some(()),
                _ => {
                    follow(&walled.server, world, &ran);
                    None
                }
            }
        });
        assert!(
            followed.is_some() || world.verify(&[]).code == Some(0),
            "{open}"
        );
    }
    // A restrictive policy narrows, and one for others does not concern the role.
    world.database.batch(
        "CREATE POLICY narrow ON runs AS RESTRICTIVE USING (true); CREATE ROLE auditor; \
         CREATE POLICY audit ON memory_nodes FOR SELECT TO auditor USING (true)",
    );
    world.verify(&[]).expect(0);
}

/// How a role has its name quoted in catalogs does not matter.
#[test]
fn a_wall_is_seen_whatever_the_database_is_set_to() {
    let world = World::new();
    world.corpus(&Corpus::new(4).dim(8));
    world.migrate(&[]).expect(0);
    let name = world.database.name();
    world.database.batch(&format!(
        "ALTER DATABASE {name} SET quote_all_identifiers = on"
    ));
    world.verify(&[]).expect(0);
    world
        .run(&["schema", "apply"])
        .expect(0)
        .shows("nothing is missing");
}

/// The role is the server's: what its members may connect to, they may read.
#[test]
fn doctor_warns_of_other_databases_that_members_may_enter() {
    let server = server();
    let (world, other) = (World::on(&server), World::on(&server));
    let doctor = || {
        let user = &world.user;
        world.run(&[
            "doctor",
            "--backend",
            "postgres",
            "--user-id",
            user,
            "--json",
        ])
    };
    let warned = doctor().expect(0).stdout;
    assert!(
        warned.contains("may also connect to other databases"),
        "{warned}"
    );
    assert!(warned.contains(other.database.name()), "{warned}");
    let name = other.database.name();
    world
        .database
        .batch(&format!("REVOKE CONNECT ON DATABASE {name} FROM PUBLIC"));
    let quiet = doctor().expect(0).stdout;
    assert!(!quiet.contains(name), "{quiet}");
    // Without such tables it is nobody's business.
    let empty = server.database();
    let quiet = doctor().expect(0).stdout;
    assert!(!quiet.contains(empty.name()), "{quiet}");
}
