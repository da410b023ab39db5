//! Wherever people have their tables and pgvector, everything works, or is refused with what to do.

use std::path::Path;

use testkit::corpus::Corpus;
use testkit::postgres::{Database, Server};

use crate::roles::{ask, schema_files, server, url_as};
use crate::support::{Ran, World, first_node, program};

/// A database of the test's own and a data directory to bring into it.
struct Place {
    database: Database,
    directory: tempfile::TempDir,
    url: String,
    flags: Vec<String>,
}

impl Place {
    fn new(server: &Server) -> Self {
        let database = server.database();
        let directory = tempfile::TempDir::new().unwrap();
        Corpus::new(30)
            .dim(1024)
            .episodes(true)
            .write(&directory.path().join("data"));
        Self {
            url: database.url().to_owned(),
            database,
            directory,
            flags: Vec::new(),
        }
    }

    /// The search path in the connection string.
    fn with_path(mut self, path: &str) -> Self {
        // The server cuts its options at spaces.
        let path = path.replace(' ', "\\ ");
        let path: String = path.bytes().map(|byte| format!("%{byte:02X}")).collect();
        self.url = format!("{}?options=-csearch_path%3D{path}", self.database.url());
        self
    }

    fn with_flag(mut self, schema: &str) -> Self {
        self.flags = vec!["--schema".to_owned(), schema.to_owned()];
        self
    }

    fn run(&self, args: &[&str]) -> Ran {
        program(self.directory.path(), &self.url)
            .args(args)
            .args(&self.flags)
            .output()
            .unwrap()
            .into()
    }

    /// From the first command to the last.
    fn walk(&self) {
        self.run(&["schema", "apply"]).expect(0);
        let user = self
            .run(&["user", "create", "--email", "a@example.com"])
            .expect(0);
        self.walk_for(user.stdout.trim());
    }

    fn walk_for(&self, user: &str) {
        let owned = |args: &[&str]| self.run(&[args, &["--user-id", user]].concat()).expect(0);
        owned(&["migrate", "--yes"]);
        owned(&["verify", "--exact"]);
        owned(&["index"]);
        owned(&["runs", "list"]).shows("verified");
        let memory = |args: &[&str]| owned(&[args, &["--backend", "postgres"]].concat());
        memory(&["search", "question"]);
        let like = first_node(&self.directory.path().join("data"));
        let hits = memory(&["search", "--mode", "vector", "--like", &like, "--json"]);
        assert!(
            !hits.json()["hits"].as_array().unwrap().is_empty(),
            "{}",
            hits.stdout
        );
        let id = memory(&["add", "--question", "where?", "--answer", "here"]);
        let id = id.stdout.trim().to_owned();
        memory(&["update", &id, "--answer", "there"]);
        memory(&["get", &id]).shows("there");
        memory(&["list"]);
        memory(&["delete", &id, "--yes"]);
        memory(&["doctor"]).shows("nothing fails");
    }

    /// Which schemas hold a table of this name.
    fn schemas_with(&self, table: &str) -> String {
        self.database.scalar(&format!(
            "SELECT coalesce(string_agg(schemaname, ' ' ORDER BY schemaname), '') FROM pg_tables WHERE tablename = '{table}'"
        ))
    }
}

#[test]
fn a_schema_of_any_name_is_made_and_worked_in() {
    let server = server();
    for name in ["tulving", "My Schema", "a\"b'c", "schéma", "select"] {
        let place = Place::new(&server).with_flag(name);
        place.walk();
        assert_eq!(place.schemas_with("memory_nodes"), name);
        // All schemas of the database share the extension.
        let vector = "SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'vector'";
        assert_eq!(place.database.scalar(vector), "public");
    }
}

#[test]
fn the_search_path_says_where() {
    let server = server();
    let in_options = Place::new(&server).with_path("\"My Schema\", public");
    in_options.database.batch("CREATE SCHEMA \"My Schema\"");
    in_options.walk();
    assert_eq!(in_options.schemas_with("memory_nodes"), "My Schema");

    let of_database = Place::new(&server);
    let name = of_database.database.name();
    of_database.database.batch(&format!(
        "CREATE SCHEMA assistant; CREATE SCHEMA extensions; CREATE EXTENSION vector SCHEMA extensions; \
         ALTER DATABASE {name} SET search_path = nowhere, assistant"
    ));
    of_database.walk();
    assert_eq!(of_database.schemas_with("memory_nodes"), "assistant");

    let mut of_role = Place::new(&server);
    of_role.database.batch(
        "CREATE ROLE keeper LOGIN SUPERUSER; ALTER ROLE keeper SET search_path = \"$user\", public; CREATE SCHEMA keeper",
    );
    of_role.url = url_as(of_role.database.url(), "keeper");
    of_role.walk();
    assert_eq!(of_role.schemas_with("memory_nodes"), "keeper");
}

/// A schema of the login's own that is empty does not hide the tables that were there before.
#[test]
fn a_personal_schema_without_tables_gives_way_to_one_with_them() {
    let world = World::new();
    world.database.batch("CREATE SCHEMA postgres");
    world.corpus(&Corpus::new(4).dim(8));
    world.migrate(&[]).expect(0);
}

#[test]
fn two_schemas_of_one_database_are_two_memories() {
    let server = Server::shared();
    let first = Place::new(server);
    first.run(&["schema", "apply"]).expect(0);
    let ann = first
        .run(&["user", "create", "--email", "ann@example.com"])
        .expect(0);
    let path = Place {
        url: first.url.clone(),
        database: server.database(),
        directory: tempfile::TempDir::new().unwrap(),
        flags: Vec::new(),
    }
    .with_flag("second");
    path.run(&["user", "list"])
        .expect(9)
        .says("memory_nodes table does not exist")
        .says("--schema public");
    path.run(&["schema", "apply"]).expect(0);
    let list = path.run(&["user", "list"]).expect(0);
    assert!(!list.stdout.contains("ann@example.com"), "{}", list.stdout);
    let nobody = [
        "list",
        "--backend",
        "postgres",
        "--user-id",
        ann.stdout.trim(),
    ];
    path.run(&nobody).expect(9);
    first.run(&nobody).expect(0);
}

/// pgvector is in the schema of the first, where names of the second would be looked up too.
#[test]
fn what_one_schema_lacks_is_not_looked_for_in_another() {
    let server = Server::shared();
    let mut place = Place::new(server);
    place.run(&["schema", "apply"]).expect(0);
    let indexes = |schema: &str| {
        place.database.rows(&format!(
            "SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_class c \
             WHERE c.relnamespace = '{schema}'::regnamespace AND c.relkind = 'i' ORDER BY 1"
        ))
    };
    let oids = "SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1";
    place.flags = vec!["--schema".to_owned(), "second".to_owned()];
    place.run(&["schema", "apply"]).expect(0);
    let of_second = indexes("second");
    for (damage, said) in [
        (
            "DROP INDEX second.memory_nodes_source",
            "index memory_nodes_source",
        ),
        (
            "DROP INDEX second.memory_nodes_source; CREATE INDEX memory_nodes_source ON second.memory_nodes (source); \
             DROP INDEX public.users_tenant",
            "index memory_nodes_source",
        ),
        ("DROP INDEX second.runs_started", "index runs_started"),
        (
            "DROP TRIGGER make_scope ON second.users; DROP FUNCTION second.tulving_make_scope() CASCADE",
            "trigger make_scope on users",
        ),
        ("DROP TABLE second.episode_vectors", "table episode_vectors"),
    ] {
        place.database.batch(damage);
        let before = place.database.rows(oids);
        place.run(&["schema", "apply"]).expect(0).shows(said);
        assert_eq!(indexes("second"), of_second, "{damage}");
        assert_eq!(place.database.rows(oids), before, "{damage}");
    }
}

#[test]
fn a_schema_that_is_not_there_is_refused_by_all_but_apply() {
    let world = World::new();
    for args in [["user", "list"], ["runs", "list"]] {
        let ran = world
            .run(&[args[0], args[1], "--schema", "elsewhere"])
            .expect(9);
        ran.says("memory_nodes table does not exist")
            .says("--schema public");
    }
    let name = world.database.name();
    world
        .database
        .batch(&format!("ALTER DATABASE {name} SET search_path = ''"));
    world
        .run(&["user", "list"])
        .expect(9)
        .says("--schema public");
    world.run(&["user", "list", "--schema", "public"]).expect(0);
    world
        .run(&["schema", "apply"])
        .expect(9)
        .says("tulving schema apply --schema tulving");
    world
        .run(&["schema", "apply", "--schema", "tulving"])
        .expect(0);
    let mut status = world.command(&["schema", "status"]);
    let status = Ran::from(status.env("TULVING_SCHEMA", "tulving").output().unwrap());
    assert!(!status.expect(0).stdout.contains("not yet"));
}

#[test]
fn psql_puts_the_tables_where_its_search_path_says() {
    let server = Server::shared();
    let place = Place::new(server).with_flag("By Hand");
    place.database.batch("CREATE SCHEMA \"By Hand\"; CREATE SCHEMA extensions; CREATE EXTENSION vector SCHEMA extensions");
    let bin = server
        .bin_dir()
        .map_or_else(|| "psql".into(), |bin| bin.join("psql"));
    let mut psql = std::process::Command::new(bin);
    psql.args(["-X", "-q", "-d", place.database.url()])
        .args(schema_files());
    psql.env("PGOPTIONS", r#"-c search_path="By\ Hand",extensions"#);
    Ran::from(psql.output().unwrap()).expect(0);
    assert_eq!(place.schemas_with("memory_nodes"), "By Hand");
    place.walk();
}

#[test]
fn a_schema_that_is_locked_down_is_opened_for_the_role_alone() {
    let server = server();
    let mut place = Place::new(&server);
    place
        .database
        .batch("REVOKE ALL ON SCHEMA public FROM PUBLIC");
    place.run(&["schema", "apply"]).expect(0);
    let user = place
        .run(&["user", "create", "--email", "a@example.com"])
        .expect(0);
    let public = "SELECT has_schema_privilege('public', 'CREATE')";
    place.database.batch("CREATE ROLE stranger LOGIN; CREATE ROLE member LOGIN NOINHERIT; GRANT tulving_app TO member");
    for role in ["stranger", "member"] {
        let may = ask(&server, &url_as(place.database.url(), role), public).unwrap();
        assert_eq!(may, "f", "{role}");
    }
    place
        .run(&["migrate", "--user-id", user.stdout.trim(), "--yes"])
        .expect(0);
    // A member that does not inherit does all that one does that inherits.
    place.url = url_as(place.database.url(), "member");
    place
        .run(&["index", "--user-id", user.stdout.trim()])
        .expect(0);
    place.walk_for(user.stdout.trim());
    place.run(&["runs", "list"]).expect(0);
    place.run(&["schema", "status"]).expect(0);
}

#[test]
fn other_tables_of_the_same_names_stay_and_a_schema_of_ones_own_is_advised() {
    let server = Server::shared();
    for (taken, names) in [
        ("CREATE TABLE users (id serial PRIMARY KEY)", "users"),
        ("CREATE VIEW scopes AS SELECT 1", "scopes"),
        (
            "CREATE TYPE tenants AS ENUM ('a'); CREATE TABLE runs (x int)",
            "runs, tenants",
        ),
        (
            "CREATE TABLE things (x int); CREATE INDEX users_tenant ON things (x)",
            "users_tenant",
        ),
    ] {
        let place = Place::new(server);
        place.database.batch(taken);
        place
            .run(&["schema", "apply"])
            .expect(9)
            .says(&format!(
                "schema public of database {} ",
                place.database.name()
            ))
            .says(&format!(": {names}\n"))
            .says("try: tulving schema apply --schema tulving");
        assert_eq!(place.schemas_with("memory_nodes"), "");
    }
    let place = Place::new(server).with_flag("tulving");
    place.database.batch("CREATE TABLE users (id serial PRIMARY KEY); CREATE TABLE tenants (); CREATE TABLE scopes ()");
    place.walk();
    assert_eq!(
        place.database.scalar("SELECT count(*) FROM public.users"),
        "0"
    );
}

#[test]
fn a_database_that_cannot_hold_every_text_is_refused_with_one_that_can() {
    let server = server();
    for encoding in ["LATIN1", "SQL_ASCII", "EUC_JP"] {
        let name = format!("in_{}", encoding.to_lowercase());
        let make = format!(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE_PROVIDER libc LOCALE 'C'"
        );
        ask(&server, &server.url("postgres"), &make).unwrap();
        let ran: Ran = program(Path::new("/"), &server.url(&name))
            .args(["schema", "apply"])
            .output()
            .unwrap()
            .into();
        ran.expect(9)
            .says(encoding)
            .says("CREATE DATABASE tulving TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'");
    }
    // As the hint says.
    ask(
        &server,
        &server.url("in_latin1"),
        "CREATE DATABASE tulving TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'",
    )
    .unwrap();
    let ran: Ran = program(Path::new("/"), &server.url("tulving"))
        .args(["schema", "apply"])
        .output()
        .unwrap()
        .into();
    ran.expect(0);
}

/// What roles and databases are given by those who run servers.
#[test]
fn settings_of_a_database_change_nothing() {
    let server = server();
    for settings in [
        &[
            ("standard_conforming_strings", "off"),
            ("escape_string_warning", "off"),
            ("DateStyle", "'SQL, DMY'"),
            ("IntervalStyle", "sql_standard"),
            ("bytea_output", "escape"),
            ("extra_float_digits", "-15"),
            ("TimeZone", "'Asia/Kathmandu'"),
            ("array_nulls", "off"),
            ("quote_all_identifiers", "on"),
            ("xmloption", "document"),
        ][..],
        &[
            ("default_transaction_isolation", "serializable"),
            ("default_transaction_deferrable", "on"),
            ("row_security", "off"),
            ("statement_timeout", "200"),
            ("lock_timeout", "200"),
            ("idle_in_transaction_session_timeout", "1"),
            ("transaction_timeout", "200"),
            ("check_function_bodies", "off"),
            ("client_min_messages", "debug1"),
            ("synchronous_commit", "off"),
            ("default_toast_compression", "pglz"),
        ],
        &[
            ("enable_indexscan", "off"),
            ("enable_bitmapscan", "off"),
            ("jit_above_cost", "0"),
            ("plan_cache_mode", "force_generic_plan"),
            ("hnsw.ef_search", "1"),
            ("work_mem", "64"),
            ("temp_buffers", "'800kB'"),
        ],
    ] {
        let place = Place::new(&server);
        let name = place.database.name();
        for (setting, value) in settings {
            // Not every version knows every one.
            let known = format!(
                "SELECT count(*) FROM pg_settings WHERE name = lower('{setting}') OR name = '{setting}' OR '{setting}' LIKE 'hnsw.%'"
            );
            if place.database.scalar(&known) != "0" {
                place
                    .database
                    .batch(&format!("ALTER DATABASE {name} SET {setting} = {value}"));
            }
        }
        place.walk();
    }
}

/// The look at a database lifts the limits for itself as well.
#[test]
fn a_short_limit_on_transactions_does_not_stop_the_first_look() {
    let world = World::new();
    let known = "SELECT count(*) FROM pg_settings WHERE name = 'transaction_timeout'";
    if world.database.scalar(known) == "0" {
        return;
    }
    let name = world.database.name();
    world.database.batch(&format!(
        "ALTER DATABASE {name} SET transaction_timeout = '20ms'"
    ));
    for _ in 0..10 {
        world.run(&["user", "list"]).expect(0);
    }
}

#[test]
fn an_owner_is_made_wherever_the_callers_search_path_leads() {
    let server = Server::shared();
    let world = World::new();
    for (sql, table) in [
        (
            "SET search_path = ''; INSERT INTO public.users (email) VALUES ('a@b.c')",
            "user_id",
        ),
        (
            "SET search_path = ''; INSERT INTO public.tenants (name) VALUES ('t')",
            "tenant_id",
        ),
        (
            "CREATE FUNCTION f() RETURNS void LANGUAGE sql SET search_path = '' AS $$ INSERT INTO public.users (email) VALUES ('f') $$; SELECT f()",
            "user_id",
        ),
        (
            "CREATE TEMPORARY TABLE scopes (scope_id uuid, user_id uuid); INSERT INTO public.users (email) VALUES ('t')",
            "user_id",
        ),
        (
            "CREATE SCHEMA first; CREATE TABLE first.scopes (scope_id uuid, user_id uuid); SET search_path = first, public; \
             INSERT INTO public.users (email) VALUES ('s')",
            "user_id",
        ),
    ] {
        let count = format!("SELECT count(*) FROM public.scopes WHERE {table} IS NOT NULL");
        let before: u32 = world.database.scalar(&count).parse().unwrap();
        ask(server, world.database.url(), sql).unwrap();
        let after: u32 = world.database.scalar(&count).parse().unwrap();
        assert_eq!(after, before + 1, "{sql}");
    }
}

#[test]
fn a_schema_that_was_renamed_is_put_right() {
    let server = Server::shared();
    let place = Place::new(server).with_flag("before");
    place.run(&["schema", "apply"]).expect(0);
    place.database.batch("ALTER SCHEMA before RENAME TO after");
    let place = place.with_flag("after");
    place.walk();
}
