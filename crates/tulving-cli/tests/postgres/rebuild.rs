//! `tulving index --rebuild`: what search believes is made anew from what the memories say.

use serde_json::json;
use testkit::corpus::Corpus;

use crate::support::World;
use crate::under_way::wait_until;

/// A directory that belongs to the user, migrated.
fn migrated() -> World {
    let world = World::new();
    world.corpus(&Corpus::new(300).dim(8));
    world.run(&["init", "--user-id", &world.user]).expect(0);
    world.migrate(&[]).expect(0);
    world
}

impl World {
    fn rebuild(&self) -> serde_json::Value {
        let args = ["index", "--rebuild", "--user-id", &self.user, "--json"];
        self.run(&args).expect(0).json()
    }

    fn parity(&self, exit: i32) {
        self.run(&["doctor", "--parity", "--questions", "30"])
            .expect(exit);
    }

    /// Runs SQL on the scope, which is `$1` in it.
    fn sql(&self, sql: &str) {
        let scope = format!("'{}'", self.user);
        self.database.batch(&sql.replace("$1", &scope));
    }
}

#[test]
fn a_scope_that_sql_emptied_and_a_migration_filled_answers_as_the_files_do() {
    let world = migrated();
    world.parity(0);
    world.sql("DELETE FROM memory_nodes WHERE scope_id = $1; DELETE FROM episodic_memories WHERE scope_id = $1");
    world.migrate(&[]).expect(0);
    world.parity(5);
    let rebuilt = world.rebuild();
    assert_eq!(rebuilt["kinds"][0]["rebuilt"], json!(300));
    world.parity(0);
    let counts = "SELECT memories || ' ' || dead::text FROM scope_kinds WHERE kind = 'node'";
    assert_eq!(world.database.scalar(counts), "300 {}");
}

#[test]
fn a_scope_that_the_guides_sql_emptied_is_as_good_as_new() {
    let world = migrated();
    let guide = include_str!("../../../../docs/migration-guide.md");
    let scripts = guide.split("<<'END'\n").skip(1);
    let sql = scripts
        .filter_map(|script| script.split("\nEND\n").next())
        .find(|sql| sql.contains("DELETE FROM memory_nodes;"))
        .unwrap();
    let user = format!("'{}'", world.user);
    world.database.batch(&sql.replace(":'id'", &user));
    let derived = "SELECT (SELECT count(*) FROM node_postings) + (SELECT count(*) FROM node_vectors) \
                        + (SELECT count(*) FROM episode_postings) + (SELECT sum(next) FROM scope_kinds)";
    assert_eq!(world.database.scalar(derived), "0");
    world.migrate(&[]).expect(0);
    world.parity(0);
}

#[test]
fn doctor_sees_what_sql_did_to_what_search_reads_and_its_advice_helps() {
    let world = migrated();
    let doctor = |more: &[&str], exit: i32| {
        let args = [&["--backend", "postgres", "doctor"][..], more].concat();
        world.run(&args).expect(exit).stdout
    };
    let deep = doctor(&["--deep"], 0);
    assert!(deep.contains("every posting, vector and count"), "{deep}");
    let advice = format!("try: tulving index --rebuild --user-id {}", world.user);
    let first = "(SELECT min(id) FROM memory_nodes)";
    let zeros = "UPDATE node_vectors SET v = '[0,1,0,0,0,0,0,0]' WHERE id =";
    // What is seen at a glance, and what is seen when all is read.
    for (sql, at_a_glance, said) in [
        (
            "DELETE FROM memory_nodes WHERE scope_id = $1 AND ord > 250".to_owned(),
            true,
            "300 nodes counted in the keyword index, 251 there",
        ),
        (
            "UPDATE scope_kinds SET next = 3 WHERE scope_id = $1 AND kind = 'node'".to_owned(),
            true,
            "the next of the nodes would get a number that another has",
        ),
        (
            format!("DELETE FROM node_vectors WHERE id = {first}"),
            true,
            "vectors of nodes: 1 lacking, 0 differing, 0 of no memory",
        ),
        (
            format!("{zeros} {first}"),
            false,
            "vectors of nodes: 0 lacking, 1 differing, 0 of no memory",
        ),
        (
            format!("UPDATE memory_nodes SET human_content = 'otherwise' WHERE id = {first}"),
            false,
            "1 node with other words than the text has",
        ),
        (
            "UPDATE node_postings SET postings = '\\xff' WHERE bucket = (SELECT min(bucket) FROM node_postings)".to_owned(),
            false,
            "1 damaged block in the keyword index of nodes",
        ),
        (
            "UPDATE scope_kinds SET dead = '{}' WHERE scope_id = $1; \
             INSERT INTO node_postings SELECT scope_id, 100000, bucket, postings FROM node_postings".to_owned(),
            false,
            "nodes that are gone",
        ),
    ] {
        world.sql(&sql);
        let seen = doctor(&[], if at_a_glance { 5 } else { 0 });
        assert_eq!(seen.contains(&advice), at_a_glance, "{sql}: {seen}");
        let seen = doctor(&["--deep"], 5);
        let seen = seen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(seen.contains(said) && seen.contains(&advice), "{sql}: {seen}");
        world.rebuild();
        doctor(&["--deep"], 0);
    }
}

#[test]
fn others_write_and_find_while_everything_is_made_anew() {
    let world = migrated();
    let run = |args: &[&str]| {
        world
            .run(&[&["--backend", "postgres"], args].concat())
            .expect(0)
    };
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for number in 0..12 {
                let question = format!("Does quagga number {number} graze?");
                run(&["add", "--question", &question, "--conversation", "quaggas"]);
                let found = run(&["search", "quagga", "--mode", "keyword", "--json"]).json();
                let hits = found["hits"].as_array().unwrap().len();
                assert_eq!(hits, (number + 1).min(10), "{found}");
            }
        });
        for _ in 0..3 {
            world.rebuild();
        }
        writing.join().unwrap();
    });
    world.rebuild();
    run(&["doctor", "--deep"]);
}

#[test]
fn an_index_whose_owner_is_gone_is_named_and_removed() {
    let world = migrated();
    let name = "node_vectors_00000000000000000000000000000009_1";
    let there = format!("SELECT count(*) FROM pg_class WHERE relname = '{name}'");
    world.sql(&format!("CREATE INDEX {name} ON node_vectors (space_id)"));
    let said = world
        .run(&["--backend", "postgres", "doctor"])
        .expect(0)
        .stdout;
    assert!(said.contains("of owners that are gone"), "{said}");
    assert!(said.contains("try: tulving schema apply"), "{said}");
    let applied = world.run(&["schema", "apply"]).expect(0).stdout;
    assert!(applied.contains("whose owner is gone"), "{applied}");
    assert_eq!(world.database.scalar(&there), "0");
}

#[test]
fn a_damaged_keyword_index_says_how_it_is_made_anew() {
    let world = migrated();
    world.sql("UPDATE node_postings SET postings = '\\xff' WHERE scope_id = $1");
    let search = ["--backend", "postgres", "search", "quince you what"];
    world
        .run(&search)
        .expect(9)
        .says("the keyword index of the nodes of user")
        .says(&format!("tulving index --rebuild --user-id {}", world.user));
    world.rebuild();
    world.run(&search).expect(0);
    world.parity(0);
    // New memories are found among the old.
    let add = [
        "--backend",
        "postgres",
        "add",
        "--question",
        "Quaggas graze",
    ];
    world.run(&add).expect(0);
    let found = world
        .run(&["--backend", "postgres", "search", "quaggas", "--json"])
        .expect(0)
        .json();
    assert!(found["hits"][0].to_string().contains("Quaggas"), "{found}");
}

#[test]
fn vectors_and_counts_that_sql_changed_are_put_right() {
    let world = migrated();
    world.sql(
        "UPDATE node_vectors SET v = '[1,0,0,0,0,0,0,0]' WHERE scope_id = $1 AND id = (SELECT min(id) FROM node_vectors); \
         DELETE FROM node_vectors WHERE scope_id = $1 AND id = (SELECT max(id) FROM node_vectors); \
         INSERT INTO node_vectors SELECT scope_id, id, space_id + 1, v FROM node_vectors ORDER BY id LIMIT 3; \
         UPDATE memory_nodes SET tokens = 7 WHERE scope_id = $1; \
         UPDATE episodic_memories SET doc = -doc - 1 WHERE scope_id = $1; \
         UPDATE scopes SET space_id = NULL WHERE user_id = $1; \
         UPDATE scope_kinds SET tokens = 3, next = 1, dead = '{4}' WHERE scope_id = $1 AND kind = 'node'",
    );
    let rebuilt = world.rebuild();
    assert_eq!(rebuilt["kinds"][0]["mended"], json!(5));
    world.parity(0);
    world.verify(&[]).expect(0);
    assert_eq!(world.rebuild()["kinds"][0]["mended"], json!(0));
}

#[test]
fn a_rebuilding_that_is_killed_is_taken_up_by_the_next() {
    let world = migrated();
    let asleep = "SELECT count(*) FROM pg_stat_activity \
                  WHERE datname = current_database() AND wait_event = 'PgSleep'";
    world.sql(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \
         'BEGIN PERFORM pg_sleep(600); RETURN NULL; END'",
    );
    // At its first write; and when one kind is done and the other is not.
    for table in ["node_postings", "episode_postings"] {
        world.sql(&format!(
            "UPDATE {table} SET postings = '\\xff' WHERE scope_id = $1; \
             CREATE TRIGGER slow AFTER INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION slow()"
        ));
        let mut run = world.start(&["index", "--rebuild", "--user-id", &world.user]);
        wait_until("it writes", || world.database.scalar(asleep) != "0");
        assert!(run.kill());
        wait_until("the server has noticed", || {
            world.database.scalar(asleep) == "0"
        });
        let damaged = format!("SELECT count(*) FROM {table} WHERE postings = '\\xff'");
        assert_ne!(world.database.scalar(&damaged), "0", "{table}");
        world.sql(&format!("DROP TRIGGER slow ON {table}"));
    }
    world.rebuild();
    world.parity(0);
    let beside = "SELECT (SELECT count(*) FROM node_postings WHERE bucket < 0) \
                       + (SELECT count(*) FROM episode_postings WHERE bucket < 0)";
    assert_eq!(world.database.scalar(beside), "0");
}

#[test]
fn what_a_killed_rebuilding_left_is_taken_up_or_removed() {
    let world = migrated();
    // It came as far as to cover all of them; then one is changed, and one removed.
    world.sql(
        "INSERT INTO node_postings SELECT scope_id, block, bucket - 1024, postings FROM node_postings; \
         INSERT INTO node_postings SELECT scope_id, min(doc), -32768, \
             '\\x02'::bytea || string_agg(CASE doc WHEN 0 THEN '\\x00'::bytea ELSE '\\x01' END \
                 || CASE WHEN tokens < 128 THEN set_byte('\\x00', 0, tokens) \
                         ELSE set_byte(set_byte('\\x0000', 0, tokens % 128 + 128), 1, tokens / 128) END, '' ORDER BY doc) \
         FROM memory_nodes WHERE scope_id = $1 GROUP BY 1",
    );
    let ids = world.column("SELECT id FROM memory_nodes ORDER BY doc LIMIT 2");
    for args in [
        ["update", &ids[0], "--answer", "zebras in the night"],
        ["delete", &ids[1], "--yes", "--json"],
    ] {
        for backend in ["postgres", "file"] {
            world
                .run(&[&["--backend", backend], &args[..]].concat())
                .expect(0);
        }
    }
    world.rebuild();
    world.parity(0);
    let beside = "SELECT count(*) FROM node_postings WHERE bucket < 0";
    assert_eq!(world.database.scalar(beside), "0");

    // Of other rules: nothing of it is used.
    world.sql(
        "INSERT INTO node_postings SELECT scope_id, block, -1024, '\\xff' FROM node_postings WHERE bucket = 0; \
         INSERT INTO node_postings VALUES ($1, 0, -32768, '\\x6300')",
    );
    world.rebuild();
    world.parity(0);
    world.sql("INSERT INTO node_postings VALUES ($1, 0, -32768, '\\x6300')");
    world.run(&["index", "--user-id", &world.user]).expect(0);
    assert_eq!(world.database.scalar(beside), "0");
}
