//! A database as the first programs that wrote to one left it, at schema version 2, with the receipt of
//! the migration that filled it; and its rows at each other version.

use std::path::Path;

use serde_json::{Value, json};
use testkit::postgres::{Database, Server};

use crate::fixtures::{FORMAT_1, VECTOR, copy, said, words};
use crate::roles::{psql, schema_files};
use crate::support::World;

const OWNERS: [(&str, [&str; 2]); 2] = [
    (
        "database",
        ["--user-id", "3f2b8c1e-7d4a-4e0b-9c55-0a1b2c3d4e5f"],
    ),
    (
        "team",
        ["--tenant-id", "018f4a52-9d1e-7c3a-8b6f-5e4d3c2b1a09"],
    ),
];

/// The version that the dump is of.
const DUMPED: usize = 2;

/// A database at this version, without an owner.
fn empty(version: usize) -> World {
    let world = World {
        database: Server::shared().database(),
        directory: tempfile::TempDir::new().unwrap(),
        user: OWNERS[0].1[1].to_owned(),
    };
    files(&world, 0..version);
    world
}

/// The dump, in a database of its version.
fn older() -> World {
    let world = empty(DUMPED);
    let dump = format!("--file={FORMAT_1}/moved/database.sql");
    psql(Server::shared(), world.database.url(), &[&dump]).expect(0);
    add_files(&world);
    world
}

fn add_files(world: &World) {
    copy(&Path::new(FORMAT_1).join("moved"), world.directory.path());
    std::fs::write(world.path("vector.json"), VECTOR).unwrap();
}

/// The rows of the dump in a database of version 1, as far as that has columns for them.
fn oldest() -> World {
    let (newer, world) = (older(), empty(1));
    add_files(&world);
    // Its one row is in the dump.
    world.database.batch("DELETE FROM embedding_spaces");
    // Scopes are made with their owners.
    for table in [
        "embedding_spaces",
        "tenants",
        "users",
        "memory_nodes",
        "episodic_memories",
        "node_vectors",
        "episode_vectors",
        "runs",
        "run_chunks",
    ] {
        let columns = world.database.scalar(&format!(
            "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute \
             WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped"
        ));
        let rows = world.path("rows");
        let rows = rows.display();
        newer
            .psql(&[
                "-c",
                &format!("\\copy (SELECT {columns} FROM {table}) TO '{rows}'"),
            ])
            .expect(0);
        world
            .psql(&["-c", &format!("\\copy {table} ({columns}) FROM '{rows}'")])
            .expect(0);
    }
    world.database.scalar(
        "SELECT setval(pg_get_serial_sequence('embedding_spaces', 'space_id'), max(space_id)) FROM embedding_spaces",
    );
    world
}

/// That the table of scopes can be distributed by its key: nothing unique is without it.
fn scopes_go_by_their_key(world: &World) {
    let others = world.database.scalar(
        "SELECT count(*) FROM pg_index WHERE indrelid = 'scopes'::regclass AND indisunique AND NOT \
         (SELECT attnum FROM pg_attribute WHERE attrelid = 'scopes'::regclass AND attname = 'scope_id') \
         = ANY (indkey)",
    );
    assert_eq!(others, "0");
}

/// Applies files of the schema as psql does.
fn files(world: &World, which: std::ops::Range<usize>) {
    let files = schema_files();
    let files: Vec<&str> = files[which].iter().map(String::as_str).collect();
    psql(Server::shared(), world.database.url(), &files).expect(0);
}

/// How many rows each table holds that is not made anew.
fn rows(world: &World) -> Vec<String> {
    let made = ["_postings", "tulving_schema_versions", "scope_kinds"];
    let mut rows = world.counts();
    // Tables that came later are there, and empty.
    rows.retain(|table| !made.iter().any(|made| table.contains(made)) && !table.ends_with(": 0"));
    rows
}

/// That all memories of both owners are what they were, found as they were, and counted.
fn is_whole(world: &World) {
    for (name, owner) in OWNERS {
        let asked = |args: &[&str]| {
            let rest = ["--backend", "postgres", "--json"];
            world.run(&[args, &owner, &rest].concat()).expect(0).json()
        };
        let list = asked(&["list", "--oldest", "--limit", "100"]);
        assert_eq!(list["memories"], said(name, "list")["memories"], "{name}");
        let near = [
            "search",
            "--vector",
            "vector.json",
            "--mode",
            "vector",
            "--top-k",
            "100",
        ];
        assert_eq!(asked(&near)["hits"], said(name, "near")["hits"], "{name}");
        let mut counts = [0, 0];
        for memory in list["memories"].as_array().unwrap() {
            counts[usize::from(memory["kind"] == "episode")] += 1;
            let found = asked(&["search", words(memory), "--mode", "keyword"]);
            let hits = found["hits"].as_array().unwrap();
            assert!(hits.iter().any(|hit| hit["id"] == memory["id"]), "{memory}");
        }
        assert_eq!(counted(&world.database, owner[1]), counts, "{name}");
        let doctor = ["doctor", "--backend", "postgres"];
        world.run(&[&doctor[..], &owner].concat()).expect(0);
    }
}

/// What the scope's counts say of nodes and of episodes.
fn counted(database: &Database, owner: &str) -> [i64; 2] {
    ["node", "episode"].map(|kind| {
        let query = format!(
            "SELECT memories FROM scope_kinds WHERE scope_id = '{owner}' AND kind = '{kind}'"
        );
        database.scalar(&query).parse().unwrap()
    })
}

/// That source and database are as the receipt says, and the run can be looked at.
fn receipt_holds(world: &World) {
    // The row that was refused then is refused now.
    let verified = world.verify(&["--against", "receipt.json"]).expect(4);
    assert_eq!(verified.json()["against"], json!([]));
    let receipt = std::fs::read(world.path("receipt.json")).unwrap();
    let receipt: Value = serde_json::from_slice(&receipt).unwrap();
    let run = receipt["run_id"].as_str().unwrap();
    world.run(&["runs", "status", run]).expect(0);
}

/// That a row which was refused then, mended since, is moved now.
fn rejects_are_moved(world: &World) {
    let rejects = std::fs::read_to_string(world.path("rejects.jsonl")).unwrap();
    let mended = rejects.replace("\"id\":", "\"source\":\"openai\",\"id\":");
    std::fs::write(world.path("mended.jsonl"), mended).unwrap();
    let moved = ["--rows", "mended.jsonl", "--model", "of-eight-numbers"];
    let moved = world.migrate_as(&OWNERS[0].1, &moved).expect(0).json();
    assert_eq!(moved["nodes"]["inserted"], 1, "{moved}");
}

#[test]
fn a_database_of_any_version_is_brought_to_the_newest_by_the_program() {
    for version in DUMPED..schema_files().len() {
        let world = older();
        let before = rows(&world);
        files(&world, DUMPED..version);
        world.run(&["schema", "apply"]).expect(0);
        assert_eq!(rows(&world), before, "from version {version}");
        scopes_go_by_their_key(&world);
        is_whole(&world);
        receipt_holds(&world);
        rejects_are_moved(&world);
    }
}

#[test]
fn the_oldest_rows_are_brought_to_the_newest_version_by_psql() {
    let world = oldest();
    let before = rows(&world);
    files(&world, 1..schema_files().len());
    // Words come by the program alone.
    for (_, owner) in OWNERS {
        world.run(&[&["index"][..], &owner].concat()).expect(0);
    }
    assert_eq!(rows(&world), before);
    scopes_go_by_their_key(&world);
    is_whole(&world);
    receipt_holds(&world);
    rejects_are_moved(&world);
}

#[test]
fn a_database_is_brought_to_the_newest_version_by_psql_file_by_file() {
    let world = older();
    let before = rows(&world);
    for file in DUMPED..schema_files().len() {
        files(&world, file..file + 1);
    }
    assert_eq!(rows(&world), before);
    is_whole(&world);
    receipt_holds(&world);
    rejects_are_moved(&world);
}

#[test]
fn a_table_of_somebody_else_with_a_name_that_came_later_is_told() {
    let world = older();
    world
        .database
        .batch("CREATE TABLE documents (id text PRIMARY KEY, body text)");
    world
        .run(&["schema", "apply"])
        .expect(9)
        .says("holds other tables of these names: documents");
    world
        .database
        .batch("ALTER TABLE documents RENAME TO papers");
    world.run(&["schema", "apply"]).expect(0);
}
