//! `schema apply` puts back what is missing of tables that are at the newest version.

use std::path::Path;
use std::process::Stdio;

use serde_json::json;
use testkit::corpus::Corpus;
use testkit::postgres::Server;

use crate::roles::{follow, follow_at, psql_command, server, url_as};
use crate::schema::made;
use crate::support::{Ran, World, first_node};

fn migrated() -> World {
    let world = World::new();
    world.corpus(&Corpus::new(20).dim(8));
    world.migrate(&[]).expect(0);
    world
}

#[test]
fn what_is_missing_is_named_and_put_back() {
    let world = migrated();
    for (damage, said) in [
        (
            "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM tulving_app",
            "rights on memory_nodes",
        ),
        (
            "REVOKE SELECT ON tulving_schema_versions FROM tulving_app",
            "rights on tulving_schema_versions",
        ),
        (
            "REVOKE INSERT ON embedding_spaces FROM tulving_app",
            "rights on embedding_spaces",
        ),
        (
            "REVOKE UPDATE (space_id) ON scopes FROM tulving_app",
            "right to count in scopes",
        ),
        (
            "GRANT INSERT ON scope_kinds TO tulving_app",
            "rights on scope_kinds",
        ),
        (
            "DELETE FROM scope_kinds WHERE kind = 'episode'",
            "rows of scope_kinds of ",
        ),
        (
            "ALTER TABLE scope_kinds NO FORCE ROW LEVEL SECURITY",
            "row-level security on scope_kinds",
        ),
        (
            "DROP POLICY bound_scope ON scope_kinds",
            "policy bound_scope on scope_kinds",
        ),
        (
            "REVOKE ALL ON SCHEMA public FROM PUBLIC, tulving_app",
            "use of schema public",
        ),
        (
            "ALTER TABLE node_vectors DISABLE ROW LEVEL SECURITY",
            "row-level security on node_vectors",
        ),
        (
            "ALTER TABLE runs NO FORCE ROW LEVEL SECURITY",
            "row-level security on runs",
        ),
        (
            "DROP POLICY bound_scope ON episode_postings",
            "policy bound_scope on episode_postings",
        ),
        (
            "ALTER POLICY bound_scope ON scopes USING (true)",
            "policy bound_scope on scopes",
        ),
        (
            "DROP POLICY keeper_reads ON runs",
            "policy keeper_reads on runs",
        ),
        (
            "GRANT TRUNCATE ON memory_nodes TO tulving_app",
            "rights on memory_nodes",
        ),
        ("GRANT SELECT ON users TO PUBLIC", "on users and tenants"),
        (
            "DROP TRIGGER make_scope ON users",
            "trigger make_scope on users",
        ),
        (
            "ALTER TABLE tenants DISABLE TRIGGER make_scope",
            "trigger make_scope on tenants",
        ),
        (
            "DROP FUNCTION tulving_make_scope() CASCADE",
            "trigger make_scope on users",
        ),
        ("DROP INDEX memory_nodes_time", "index memory_nodes_time"),
        (
            "DROP INDEX episodic_memories_doc",
            "index episodic_memories_doc",
        ),
        ("DROP TABLE run_chunks", "table run_chunks"),
        ("DROP TABLE episode_postings", "table episode_postings"),
        (
            "ALTER TABLE documents DISABLE ROW LEVEL SECURITY",
            "row-level security on documents",
        ),
        (
            "REVOKE INSERT ON chunk_vectors FROM tulving_app",
            "rights on chunk_vectors",
        ),
        ("DROP TABLE node_embeddings", "table node_embeddings"),
        (
            "ALTER TABLE scopes DROP COLUMN further",
            "column further of scopes",
        ),
        (
            "REVOKE INSERT ON episode_embeddings FROM tulving_app",
            "rights on episode_embeddings",
        ),
        (
            "DELETE FROM scope_kinds WHERE kind = 'chunk'",
            "rows of scope_kinds of ",
        ),
        (
            "DROP INDEX document_chunks_document",
            "index document_chunks_document",
        ),
        (
            "DROP INDEX document_chunks_falling",
            "index document_chunks_falling",
        ),
        (
            "DROP POLICY keeper_reads ON scope_kinds",
            "policy keeper_reads on scope_kinds",
        ),
        ("DROP TABLE forgotten", "table forgotten"),
        ("DROP TABLE forgetting", "table forgetting"),
        (
            "ALTER TABLE forgotten NO FORCE ROW LEVEL SECURITY",
            "row-level security on forgotten",
        ),
        (
            "GRANT UPDATE ON forgotten TO tulving_app",
            "rights on forgotten",
        ),
        (
            "GRANT EXECUTE ON FUNCTION tulving_wall(text, text[]) TO PUBLIC",
            "rights on tulving_wall",
        ),
    ] {
        world.database.batch(damage);
        world.run(&["schema", "apply"]).expect(0).shows(said);
        world
            .run(&["schema", "apply"])
            .expect(0)
            .shows("nothing is missing");
        world.verify(&[]).expect(0);
    }
    world.migrate(&[]).expect(0);
}

/// What is made of other tables comes back whole, what was moved here comes back empty and can be moved
/// again; what others refer to does not come back.
#[test]
fn a_table_that_was_dropped_comes_back_whole_or_is_refused() {
    let world = World::new();
    world.corpus(&Corpus::new(60).dim(8).episodes(true));
    world.migrate(&[]).expect(0);
    let like = first_node(&world.path("data"));
    let owned = |args: &[&str]| {
        let owner = ["--backend", "postgres", "--user-id", &world.user];
        world.run(&[args, &owner].concat()).expect(0)
    };
    let found = || {
        let by_words = owned(&["search", "you what how", "--json"]);
        let by_vector = owned(&["search", "--mode", "vector", "--like", &like, "--json"]);
        [by_words, by_vector].map(|said| said.json()["hits"].take())
    };
    let (whole, hits) = (made(&world.database), found());
    assert_ne!(hits[0], json!([]));
    assert_ne!(hits[1], json!([]));
    for (table, comes_back) in [
        ("node_vectors", true),
        ("episode_vectors", true),
        ("node_postings", true),
        ("episode_postings", true),
        ("run_chunks", true),
        ("runs", true),
        ("memory_nodes", true),
        ("episodic_memories", true),
        ("embedding_spaces", false),
        ("scopes", false),
        ("users", false),
        ("tenants", false),
    ] {
        if comes_back {
            world.database.batch(&format!("DROP TABLE {table} CASCADE"));
            let apply = world.run(&["schema", "apply"]).expect(0);
            apply.shows(&format!("table {table}"));
            // What no name tells of is the same.
            let now = made(&world.database).replace("_not_null1\"", "_not_null\"");
            let changed: Vec<&str> = now.split("], [").filter(|it| !whole.contains(it)).collect();
            assert!(now == whole, "{table}: {changed:?}");
            owned(&["doctor", "--deep"]).shows("nothing fails");
            if ["memory_nodes", "episodic_memories"].contains(&table) {
                world.migrate(&[]).expect(0);
            }
            assert_eq!(found(), hits, "{table}");
            world.verify(&[]).expect(0);
        } else {
            let other = World::new();
            other.database.batch(&format!("DROP TABLE {table} CASCADE"));
            for _ in 0..2 {
                let refused = other.run(&["schema", "apply"]).expect(9);
                refused
                    .says(&format!("what others refer to: {table}\n"))
                    .says("try: restore the database from a backup");
            }
        }
    }
    world.migrate(&[]).expect(0);
}

/// As `pg_restore --no-privileges` leaves it.
#[test]
fn a_role_that_lost_its_rights_is_told_of_apply() {
    let world = migrated();
    for damage in [
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM tulving_app",
        "REVOKE SELECT ON node_postings FROM tulving_app",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC, tulving_app",
        "REVOKE INSERT ON memory_nodes FROM tulving_app",
    ] {
        world.database.batch(damage);
        let user = &world.user;
        let add = [
            "add",
            "--backend",
            "postgres",
            "--user-id",
            user,
            "--question",
            "q",
            "--answer",
            "a",
        ];
        let ran = world.run(&add).expect(9);
        assert!(
            ran.stderr.contains("try: tulving schema apply"),
            "{}",
            ran.stderr
        );
        world.run(&["schema", "apply"]).expect(0);
        world.run(&add).expect(0);
    }
}

#[test]
fn owners_that_came_while_the_trigger_was_gone_get_their_scope() {
    let world = migrated();
    let late = "00000000-0000-4000-8000-00000000000a";
    world.database.batch(&format!(
        "DROP TRIGGER make_scope ON users; INSERT INTO users (id, email) VALUES ('{late}', 'late@example.com')"
    ));
    world.run(&["schema", "apply"]).expect(0);
    world.migrate_for(late, &[]).expect(0);
}

#[test]
fn nothing_is_locked_where_nothing_is_missing() {
    let world = migrated();
    // Someone reads for hours: whatever changes a table waits for that.
    let reading =
        "BEGIN; SELECT count(*) FROM memory_nodes, scopes, runs, users; SELECT pg_sleep(600)";
    let mut reader = psql_command(Server::shared(), world.database.url(), &["-c", reading]);
    let mut reader = reader.stdout(Stdio::null()).spawn().unwrap();
    let asleep = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    while world.database.scalar(asleep) == "0" {
        assert!(reader.try_wait().unwrap().is_none(), "the reader ended");
    }
    let apply = world.run(&["schema", "apply"]).expect(0);
    apply.shows("nothing is missing");
    assert_ne!(world.database.scalar(asleep), "0");
    world.database.batch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()");
    reader.wait().unwrap();
}

#[test]
fn who_may_not_repair_is_told_who_may() {
    let server = server();
    let world = World::on(&server);
    world
        .database
        .batch("CREATE ROLE guest LOGIN; GRANT tulving_app TO guest; DROP INDEX memory_nodes_time");
    let mut guest = world.command(&["schema", "apply"]);
    guest.env("DATABASE_URL", url_as(world.database.url(), "guest"));
    let ran = Ran::from(guest.output().unwrap()).expect(9);
    ran.says("try: log in as the tables' owner");
    // pgvector's schema is another's, who keeps it closed.
    let other = server.database();
    other.batch(
        "CREATE ROLE keeper LOGIN; CREATE SCHEMA extensions; CREATE EXTENSION vector SCHEMA extensions; \
         GRANT USAGE ON SCHEMA extensions TO keeper; CREATE SCHEMA mine AUTHORIZATION keeper; GRANT tulving_app TO keeper",
    );
    let keeper = |args: &[&str]| {
        let mut command = world.command(args);
        command.env("DATABASE_URL", url_as(other.url(), "keeper"));
        Ran::from(command.output().unwrap())
    };
    let refused = keeper(&["schema", "apply", "--schema", "mine"]).expect(9);
    refused.says("try: as an administrator: GRANT USAGE ON SCHEMA extensions TO tulving_app\n");
    follow_at(&server, Path::new("/"), other.url(), &refused);
    keeper(&["schema", "apply", "--schema", "mine"]).expect(0);
}

#[test]
fn a_role_that_may_pass_the_wall_is_put_back_in_its_place() {
    let server = server();
    let world = World::on(&server);
    world.database.batch("ALTER ROLE tulving_app SUPERUSER");
    world
        .run(&["schema", "apply"])
        .expect(0)
        .shows("binds the role tulving_app");
    world.database.batch("ALTER ROLE tulving_app BYPASSRLS");
    world.corpus(&Corpus::new(4).dim(8));
    let refused = world.migrate(&[]).expect(9);
    follow(&server, &world, &refused);
    world.migrate(&[]).expect(0);
}
