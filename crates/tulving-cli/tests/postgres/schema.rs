//! The tables: applied by whom, how often and from wherever, they are the same and hold.

use std::path::Path;
use std::process::Stdio;

use serde_json::json;
use testkit::corpus::Corpus;
use testkit::postgres::{Database, Server};
use tulving::backend::postgres::SchemaVersion;
use tulving::model::{ColumnType, PerKind};

use crate::oracle::SCOPED;
use crate::roles::{ask, follow_at, psql, schema_files, server, url_as};
use crate::support::{Ran, World, program};

fn tulving(url: &str, args: &[&str]) -> Ran {
    program(Path::new("/"), url)
        .args(args)
        .output()
        .unwrap()
        .into()
}

fn file(server: &Server, url: &str) -> Ran {
    let files = schema_files();
    psql(
        server,
        url,
        &files.iter().map(String::as_str).collect::<Vec<_>>(),
    )
}

const CHECKSUM: &str =
    "SELECT coalesce(checksum, 'none') FROM tulving_schema_versions ORDER BY version DESC LIMIT 1";

/// All that the file makes, in one text.
pub(crate) fn made(database: &Database) -> String {
    let columns = database.rows(
        "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns \
         WHERE table_schema = 'public' ORDER BY 1, 2",
    );
    let constraints = database.rows(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint \
         WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
    );
    let rest = database.rows(
        "SELECT tablename, policyname, qual, with_check, NULL FROM pg_policies \
         UNION ALL SELECT tablename, indexname, indexdef, NULL, NULL FROM pg_indexes WHERE schemaname = 'public' \
         UNION ALL SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), NULL, NULL FROM pg_trigger WHERE NOT tgisinternal \
         UNION ALL SELECT relname, relacl::text, NULL, NULL, NULL FROM pg_class WHERE relnamespace = 'public'::regnamespace \
         ORDER BY 1, 2",
    );
    format!("{columns:?}\n{constraints:?}\n{rest:?}")
}

#[test]
fn applying_by_the_program_and_by_psql_in_any_order_is_the_same() {
    let server = Server::shared();
    let by_program = server.database();
    tulving(by_program.url(), &["schema", "apply"]).expect(0);
    let checksum = by_program.scalar(CHECKSUM);
    assert_eq!(checksum.len(), 64);
    let again = tulving(by_program.url(), &["schema", "apply", "--json"])
        .expect(0)
        .json();
    assert_eq!(again["applied"], json!([]));
    file(server, by_program.url()).expect(0);
    assert_eq!(by_program.scalar(CHECKSUM), checksum);

    let by_psql = server.database();
    file(server, by_psql.url()).expect(0);
    file(server, by_psql.url()).expect(0);
    assert_eq!(by_psql.scalar(CHECKSUM), "none");
    tulving(by_psql.url(), &["schema", "status"]).expect(0);
    tulving(by_psql.url(), &["schema", "apply"]).expect(0);
    assert_eq!(by_psql.scalar(CHECKSUM), checksum);

    let printed = server.database();
    let sql = tulving("", &["schema", "print"]).expect(0).stdout;
    let written = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(written.path(), sql).unwrap();
    psql(
        server,
        printed.url(),
        &["-f", written.path().to_str().unwrap()],
    )
    .expect(0);
    assert_eq!(made(&printed), made(&by_program));
    assert_eq!(made(&by_psql), made(&by_program));
}

#[test]
fn eight_programs_at_once_apply_it_once() {
    let server = server();
    // Two databases, because roles belong to the server and each database has a lock of its own.
    let databases = [server.database(), server.database()];
    let running: Vec<_> = (0..8)
        .map(|number| {
            program(Path::new("/"), databases[number % 2].url())
                .args(["schema", "apply"])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in running {
        Ran::from(child.wait_with_output().unwrap()).expect(0);
    }
    for database in &databases {
        assert_eq!(
            database.scalar("SELECT count(*) FROM tulving_schema_versions"),
            SchemaVersion::newest().to_string()
        );
        assert_eq!(
            database.scalar("SELECT count(*) FROM embedding_spaces"),
            "1"
        );
    }
    // psql tries once: the file's own lock must do.
    let third = server.database();
    std::thread::scope(|scope| {
        let sessions: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| file(&server, third.url())))
            .collect();
        for session in sessions {
            session.join().unwrap().expect(0);
        }
    });
}

#[test]
fn a_database_of_another_program_is_refused() {
    let world = World::new();
    world.corpus(&Corpus::new(8).dim(8));
    let migrate = ["migrate", "--user-id", &world.user, "--model", "m", "--yes"];
    world
        .database
        .batch("UPDATE tulving_schema_versions SET checksum = repeat('0', 64)");
    for args in [&["schema", "apply"][..], &["schema", "status"], &migrate] {
        world.run(args).expect(9).says("was made by another file");
    }
    world.database.batch(
        "UPDATE tulving_schema_versions SET checksum = NULL; \
         INSERT INTO tulving_schema_versions (version, name) VALUES (99, 'later')",
    );
    for args in [
        &["schema", "apply"][..],
        &["schema", "status"],
        &migrate,
        &["runs", "list"],
    ] {
        world
            .run(args)
            .expect(9)
            .says("schema version 99")
            .says("use a newer tulving");
    }
    // Refused before anything was written, the checksum included.
    assert_eq!(
        world
            .database
            .scalar("SELECT count(*) FROM tulving_schema_versions WHERE checksum IS NULL"),
        (SchemaVersion::newest() + 1).to_string()
    );
    world.database.batch("DELETE FROM tulving_schema_versions");
    world.run(&migrate).expect(9).says("tulving schema apply");
    world.run(&["schema", "apply"]).expect(0);
    world.run(&migrate).expect(0);
}

/// A server whose databases belong to login roles that are no superusers.
struct Owned {
    server: Server,
    database: Database,
}

impl Owned {
    fn new(attributes: &str) -> Self {
        let server = server();
        let database = server.database();
        database.batch(&format!(
            "CREATE ROLE keeper LOGIN NOSUPERUSER {attributes}; ALTER DATABASE {} OWNER TO keeper",
            database.name()
        ));
        let owned = Self { server, database };
        let refused = tulving(&owned.url(), &["schema", "apply"]).expect(9);
        refused
            .says("pgvector extension missing")
            .says("CREATE EXTENSION vector");
        owned.database.batch("CREATE EXTENSION vector");
        owned
    }

    fn url(&self) -> String {
        url_as(self.database.url(), "keeper")
    }
}

/// The whole way for a role that owns the schema and is held to row-level security itself.
fn works_end_to_end(owned: &Owned) {
    let url = owned.url();
    let directory = tempfile::tempdir().unwrap();
    Corpus::new(100)
        .dim(8)
        .dirty(true)
        .write(&directory.path().join("data"));
    let run = |args: &[&str]| -> Ran {
        program(directory.path(), &url)
            .args(args)
            .output()
            .unwrap()
            .into()
    };
    run(&["schema", "apply"]).expect(0);
    run(&["schema", "apply"]).expect(0);
    file(&owned.server, &url).expect(0);
    let user = run(&["user", "create", "--email", "a@example.com"]).expect(0);
    let user = user.stdout.trim();
    let migrate = [
        "migrate",
        "--user-id",
        user,
        "--model",
        "m",
        "--yes",
        "--json",
    ];
    let report = run(&migrate).expect(0).json();
    assert_eq!(report["verified"], json!(true));
    assert_eq!(
        run(&migrate).expect(0).json()["nodes"]["unchanged"],
        json!(100)
    );
    run(&["verify", "--user-id", user]).expect(0);
    let runs = run(&["runs", "list", "--json"]).expect(0).json();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 2, "{runs}");
    let run_id = report["run_id"].as_str().unwrap();
    assert_eq!(
        run(&["runs", "status", run_id, "--json"]).expect(0).json()["run_id"],
        json!(run_id)
    );
    run(&["user", "list"]).expect(0);
    // Forced: without a scope the owner sees nothing either.
    assert_eq!(
        ask(&owned.server, &url, "SELECT count(*) FROM memory_nodes").unwrap(),
        "0"
    );
    assert_eq!(
        owned.database.scalar("SELECT count(*) FROM memory_nodes"),
        "100"
    );
    ask(&owned.server, &url, "DELETE FROM users").unwrap();
    for table in SCOPED {
        assert_eq!(
            owned
                .database
                .scalar(&format!("SELECT count(*) FROM {table}")),
            "0",
            "{table}"
        );
    }
}

#[test]
fn an_owner_who_may_create_roles_needs_no_superuser() {
    works_end_to_end(&Owned::new("CREATEROLE"));
}

#[test]
fn an_owner_who_may_create_no_roles_needs_a_membership() {
    let owned = Owned::new("NOCREATEROLE");
    let refused = tulving(&owned.url(), &["schema", "apply"]).expect(9);
    refused
        .says("the role keeper may not do this")
        .says("caused by: permission denied to create role; ")
        .says("try: as an administrator: CREATE ROLE tulving_app NOLOGIN; GRANT tulving_app TO keeper\n");
    assert!(!refused.stderr.contains("db error"), "{}", refused.stderr);
    owned.database.batch("CREATE ROLE tulving_app NOLOGIN");
    let refused = tulving(&owned.url(), &["schema", "apply"]).expect(9);
    refused
        .says("role keeper may not take on the role tulving_app")
        .says("try: as an administrator: GRANT tulving_app TO keeper\n");
    assert_eq!(
        owned
            .database
            .scalar("SELECT to_regclass('memory_nodes') IS NULL"),
        "t"
    );
    follow_at(
        &owned.server,
        Path::new("/"),
        owned.database.url(),
        &refused,
    );
    works_end_to_end(&owned);
}

/// Each line that is told is pasted as it stands, and nothing is made anywhere else meanwhile.
#[test]
fn what_a_login_lacks_to_make_the_tables_is_told_line_by_line() {
    const TABLES: &str = "SELECT count(*) FROM pg_tables WHERE tablename = 'memory_nodes'";
    let server = server();
    ask(
        &server,
        &server.url("postgres"),
        "CREATE ROLE \"a b\" LOGIN",
    )
    .unwrap();
    for (prepared, flags, advised) in [
        ("CREATE EXTENSION vector", &[][..], 1),
        ("", &[], 2),
        // `public` is open and holds pgvector: tables would go there if the schema were passed over.
        (
            "CREATE EXTENSION vector; CREATE SCHEMA \"S 2\"; GRANT ALL ON SCHEMA public TO PUBLIC",
            &["--schema", "S 2"],
            1,
        ),
        (
            "CREATE EXTENSION vector; CREATE SCHEMA \"S 2\"; GRANT USAGE ON SCHEMA \"S 2\" TO PUBLIC",
            &["--schema", "S 2"],
            1,
        ),
        ("CREATE EXTENSION vector", &["--schema", "not there"], 1),
        (
            "CREATE EXTENSION vector; GRANT ALL ON SCHEMA public TO PUBLIC; \
             REVOKE ALL ON LANGUAGE plpgsql FROM PUBLIC",
            &[],
            1,
        ),
    ] {
        let database = server.database();
        database.batch(prepared);
        let login = url_as(database.url(), "a%20b");
        let apply = [&["schema", "apply"][..], flags].concat();
        let mut told = 0;
        let mut ran = tulving(&login, &apply);
        while ran.code == Some(9) {
            assert_eq!(database.scalar(TABLES), "0", "{prepared}: {}", ran.stderr);
            told += 1;
            assert!(told < 5, "{prepared}: {}", ran.stderr);
            ran = match ran.stderr.contains("try: log in as an administrator") {
                true => tulving(database.url(), &apply),
                false => {
                    follow_at(&server, Path::new("/"), database.url(), &ran);
                    tulving(&login, &apply)
                }
            };
        }
        ran.expect(0);
        assert_eq!(told, advised, "{prepared}");
        let home = "SELECT schemaname FROM pg_tables WHERE tablename = 'memory_nodes'";
        assert_eq!(database.scalar(TABLES), "1", "{prepared}");
        let wanted = flags.last().copied().unwrap_or("public");
        assert_eq!(database.scalar(home), wanted, "{prepared}");
    }
}

#[test]
fn a_login_role_is_told_which_right_it_lacks() {
    let server = server();
    let world = World::on(&server);
    world.corpus(&Corpus::new(20).dim(8));
    world.database.batch("CREATE ROLE guest LOGIN");
    let guest = url_as(world.database.url(), "guest");
    let args = ["migrate", "--user-id", &world.user, "--model", "m", "--yes"];
    let run = || -> Ran {
        program(world.directory.path(), &guest)
            .args(args)
            .output()
            .unwrap()
            .into()
    };
    let refused = run().expect(9);
    refused
        .says("the role guest may not do this: taking on the role tulving_app")
        .says("try: as an administrator: GRANT tulving_app TO guest");
    let owner: Ran = program(Path::new("/"), &guest)
        .args(["schema", "apply"])
        .output()
        .unwrap()
        .into();
    owner.expect(9).says("try: log in as the tables' owner");
    // What the hint says is enough.
    world.database.batch("GRANT tulving_app TO guest");
    run().expect(0);
    // What is the owner's stays so, and is not taken for nothing.
    tulving(&guest, &["user", "list"])
        .expect(9)
        .says("the role guest may not do this: listing users")
        .says("log in as the tables' owner");
    let list = tulving(&guest, &["runs", "list"]).expect(0).stdout;
    assert!(list.contains("add --user-id or --tenant-id"), "{list}");
    tulving(&guest, &["runs", "status"])
        .expect(9)
        .says("name --user-id or --tenant-id");
    let list = tulving(&guest, &["runs", "list", "--user-id", &world.user]).expect(0);
    assert!(list.stdout.contains(" verified "), "{}", list.stdout);
}

/// A backup that was restored on a server that never had the role.
#[test]
fn a_database_without_its_role_is_refused_with_what_to_do() {
    let server = server();
    let world = World::on(&server);
    world.corpus(&Corpus::new(20).dim(8));
    world.database.batch("DROP OWNED BY tulving_app");
    // The template has grants too, and nobody may connect to it.
    let template = "ALTER DATABASE template_schema ALLOW_CONNECTIONS true";
    ask(&server, &server.url("postgres"), template).unwrap();
    ask(
        &server,
        &server.url("template_schema"),
        "DROP OWNED BY tulving_app",
    )
    .unwrap();
    world.database.batch("DROP ROLE tulving_app");
    world
        .migrate(&[])
        .expect(9)
        .says("the role tulving_app does not exist")
        .says("try: tulving schema apply");
    world
        .run(&["schema", "apply"])
        .expect(0)
        .shows("repaired  role tulving_app")
        .shows("repaired  rights on memory_nodes");
    world.migrate(&[]).expect(0);
}

/// Hosted servers give roles limits that suit a web page's queries.
#[test]
fn limits_for_quick_queries_do_not_cut_a_run_off() {
    let world = World::new();
    world.corpus(&Corpus::new(20).dim(8));
    let name = world.database.name();
    for (setting, value) in [
        ("statement_timeout", "'50ms'"),
        ("lock_timeout", "'50ms'"),
        ("idle_in_transaction_session_timeout", "'1ms'"),
    ] {
        world
            .database
            .batch(&format!("ALTER DATABASE {name} SET {setting} = {value}"));
    }
    world.slow_down(200);
    world.migrate(&[]).expect(0);
}

#[test]
fn a_database_that_only_reads_is_refused() {
    let world = World::new();
    world.corpus(&Corpus::new(20).dim(8));
    world.database.batch(&format!(
        "ALTER DATABASE {} SET default_transaction_read_only = on",
        world.database.name()
    ));
    let refused = world.migrate(&[]).expect(9);
    refused
        .says("the database takes no writes")
        .says("default_transaction_read_only");
    world
        .run(&["user", "create", "--email", "late@example.com"])
        .expect(9)
        .says("the database takes no writes");
}

#[test]
fn owners_made_by_plain_sql_have_their_scope() {
    let world = World::new();
    world.corpus(&Corpus::new(20).dim(8));
    let [user, tenant] = [
        "00000000-0000-4000-8000-00000000000a",
        "00000000-0000-4000-8000-00000000000b",
    ];
    // As the origin's guide does it.
    world.database.batch(&format!(
        "INSERT INTO users (id, auth_provider, external_id, email) VALUES ('{user}', 'local', 'x', 'x@example.com'); \
         INSERT INTO tenants (id, name, azure_tenant_id) VALUES ('{tenant}', 'driscoll', 'azure')"
    ));
    for owner in [["--user-id", user], ["--tenant-id", tenant]] {
        let args = [&["migrate", "--model", "m", "--yes", "--json"][..], &owner].concat();
        let report = world.run(&args).expect(0).json();
        assert_eq!(report["nodes"]["inserted"], json!(20));
    }
    let counts = "SELECT string_agg(n::text, ' ') FROM (SELECT count(*) n FROM memory_nodes GROUP BY scope_id) c";
    assert_eq!(world.database.scalar(counts), "20 20");
    world
        .database
        .batch(&format!("DELETE FROM users WHERE id = '{user}'"));
    for table in SCOPED {
        let left = format!("SELECT count(*) FROM {table} WHERE scope_id = '{user}'");
        assert_eq!(world.database.scalar(&left), "0", "{table}");
    }
    assert_eq!(
        world.database.scalar("SELECT count(*) FROM memory_nodes"),
        "20"
    );
}

#[test]
fn a_user_and_a_tenant_cannot_be_one() {
    let server = Server::shared();
    let world = World::new();
    let id = &world.user;
    let sql = format!("INSERT INTO tenants (id, name) VALUES ('{id}', 'twin')");
    let refused = ask(server, world.database.url(), &sql).unwrap_err();
    assert!(
        refused.contains("a user and a tenant cannot share the id"),
        "{refused}"
    );
    assert_eq!(world.database.scalar("SELECT count(*) FROM tenants"), "0");
    let create = [
        "tenant",
        "create",
        "--name",
        "twin",
        "--admin-email",
        "a@b.c",
        "--id",
        id,
    ];
    world.run(&create).expect(9).says("its id is taken");
    let moved = format!("UPDATE users SET id = gen_random_uuid() WHERE id = '{id}'");
    ask(server, world.database.url(), &moved).unwrap_err();
}

#[test]
fn tables_and_what_is_not_plain_in_them_are_explained() {
    let world = World::new();
    let bare = world.database.rows(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace \
         AND obj_description(oid, 'pg_class') IS NULL",
    );
    assert!(bare.is_empty(), "tables without a comment: {bare:?}");
    for (table, column) in [
        ("memory_nodes", "scope_id"),
        ("memory_nodes", "carry"),
        ("memory_nodes", "ord"),
        ("memory_nodes", "embedding"),
        ("memory_nodes", "cluster_id"),
        ("episodic_memories", "carry"),
        ("episodic_memories", "messages"),
        ("node_vectors", "v"),
        ("episode_vectors", "v"),
        ("documents", "content_hash"),
        ("document_chunks", "heading_path"),
        ("document_chunks", "embedding"),
        ("chunk_vectors", "v"),
        ("node_embeddings", "embedding"),
        ("scopes", "further"),
        ("runs", "inputs"),
        ("run_chunks", "done_at"),
        ("forgotten", "hash"),
        ("forgetting", "content"),
        ("scopes", "scope_id"),
        ("tulving_schema_versions", "checksum"),
        ("users", "email"),
        ("embedding_spaces", "dims"),
    ] {
        let comment = format!(
            "SELECT col_description('{table}'::regclass, attnum) FROM pg_attribute \
             WHERE attrelid = '{table}'::regclass AND attname = '{column}'"
        );
        world.database.scalar(&comment);
    }
}

#[test]
fn values_out_of_range_are_refused_by_the_tables() {
    let server = Server::shared();
    let world = World::new();
    let insert = |column: &str, value: &str| {
        let user = &world.user;
        let sql = format!(
            "INSERT INTO memory_nodes (scope_id, user_id, id, ord, conversation_id, sequence_index, human_content, \
             assistant_content, source, created_at) VALUES ('{user}', '{user}', 'n', 0, 'c', 0, '', '', 's', now()); \
             UPDATE memory_nodes SET {column} = {value}"
        );
        ask(
            server,
            world.database.url(),
            &format!("BEGIN; {sql}; ROLLBACK"),
        )
    };
    let stranger = "'00000000-0000-4000-8000-00000000000a'";
    for (column, good, bad) in [
        ("technical_depth", &["0", "10"][..], &["-1", "11"][..]),
        (
            "cluster_confidence",
            &["0", "1"],
            &["-0.001", "1.001", "'NaN'"],
        ),
        (
            "intent_type",
            &["'complaint'"],
            &["'Question'", "''", "NULL"],
        ),
        ("complexity", &["'moderate'"], &["'hard'"]),
        ("emotional_valence", &["'negative'"], &["'sad'"]),
        ("urgency", &["'high'"], &["'urgent'"]),
        ("conversation_mode", &["'debug'"], &["'talk'"]),
        ("sequence_index", &["0"], &["-1"]),
        ("access_count", &["0"], &["-1"]),
        ("ord", &["0"], &["-1"]),
        (
            "id",
            &["'x'", "repeat('é', 255)"],
            &["''", "repeat('x', 256)"],
        ),
        ("user_id", &[], &["NULL", stranger]),
        ("tenant_id", &["NULL"], &["scope_id", stranger]),
        ("scope_id", &[], &[stranger]),
        ("embedding", &["NULL"], &["'[1,2]'"]),
        (
            "(dims, space_id, embedding)",
            &["(1024, 1, array_fill(0, ARRAY[1024])::vector)"],
            &[
                "(2, 1, '[1,2]')",
                "(2, NULL, '[1,2]')",
                "(1024, 1, '[1,2]')",
                "(NULL, 1, '[1,2]')",
            ],
        ),
    ] {
        for value in good {
            insert(column, value).unwrap_or_else(|why| panic!("{column} = {value}: {why}"));
        }
        for value in bad {
            assert!(
                insert(column, value).is_err(),
                "{column} = {value} is let in"
            );
        }
    }
}

#[test]
fn the_tables_have_the_columns_that_the_kinds_declare() {
    let world = World::new();
    let tables = PerKind::new(["memory_nodes", "episodic_memories", "document_chunks"]);
    for (kind, table) in tables.iter() {
        for field in kind.fields() {
            let name = field.name;
            let column = format!(
                "SELECT format_type(atttypid, NULL) || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END \
                 FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attname = '{name}'"
            );
            let of_type = match field.shape.column_type() {
                ColumnType::Text => "text",
                ColumnType::BigInt => "bigint",
                ColumnType::SmallInt => "smallint",
                ColumnType::Double => "double precision",
                ColumnType::Boolean => "boolean",
                ColumnType::Timestamp => "timestamp with time zone",
                ColumnType::Jsonb => "jsonb",
                ColumnType::TextArray => "text[]",
            };
            let nullable = match field.shape.is_nullable() {
                true => "",
                false => " NOT NULL",
            };
            assert_eq!(
                world.database.scalar(&column),
                format!("{of_type}{nullable}"),
                "{table}.{name}"
            );
        }
    }
}
