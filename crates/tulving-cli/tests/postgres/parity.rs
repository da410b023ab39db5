//! One line of config.yaml, and the same answers.

use std::fs;

use serde_json::Value;
use testkit::corpus::Corpus;
use testkit::postgres::Server;

use crate::roles::server;
use crate::support::World;

/// A directory that belongs to the user, with writes that are still in its journal, and migrated.
fn migrated() -> World {
    migrated_on(Server::shared())
}

fn migrated_on(server: &Server) -> World {
    let world = World::on(server);
    world.corpus(&Corpus::new(400).dim(8).episodes(true));
    world.run(&["init", "--user-id", &world.user]).expect(0);
    let listed = world
        .run(&["list", "--limit", "1", "--json"])
        .expect(0)
        .json();
    let first = listed["memories"][0]["id"].as_str().unwrap().to_owned();
    let changed = ["update", &first, "--answer", "quince marmalade, at last"];
    world.run(&changed).expect(0);
    world
        .run(&[
            "add",
            "--question",
            "Who makes quince jelly?",
            "--conversation",
            "fruit",
        ])
        .expect(0);
    world.migrate(&[]).expect(0);
    world
}

/// The hits of a search, without what may differ.
fn hits(world: &World, backend: &str, words: &str) -> Value {
    let config = world.path("config.yaml");
    let text = fs::read_to_string(&config).unwrap();
    let other = if backend == "file" {
        "postgres"
    } else {
        "file"
    };
    let switched = text.replace(&format!("backend: {other}"), &format!("backend: {backend}"));
    assert!(switched.contains(&format!("backend: {backend}")));
    fs::write(&config, switched).unwrap();
    let mut found = world.run(&["search", words, "--json"]).expect(0).json();
    found["hits"].take()
}

#[test]
fn switching_the_backend_is_one_line_and_the_answers_stay() {
    let world = migrated();
    for words in ["quince", "jelly marmalade", "you what how"] {
        let files = hits(&world, "file", words);
        assert!(!files.as_array().unwrap().is_empty(), "{words}");
        assert_eq!(files, hits(&world, "postgres", words), "{words}");
        assert_eq!(files, hits(&world, "file", words), "{words}, back again");
    }
}

#[test]
fn doctor_says_that_both_answer_alike_until_they_do_not() {
    let world = migrated();
    let asked = ["doctor", "--parity", "--questions", "20", "--json"];
    let said = world.run(&asked).expect(0).json();
    let parity = |said: &Value| {
        let checks = said["checks"].as_array().unwrap().clone();
        checks
            .into_iter()
            .find(|check| check["name"] == "parity")
            .unwrap()
    };
    assert_eq!(parity(&said)["status"], "ok", "{said}");
    assert!(
        parity(&said)["detail"]
            .as_str()
            .unwrap()
            .starts_with("100 questions"),
        "{said}"
    );

    let added = [
        "--backend",
        "postgres",
        "add",
        "--question",
        "Only in the database",
    ];
    world.run(&added).expect(0);
    let said = world.run(&asked).expect(5).json();
    assert_eq!(parity(&said)["status"], "fail");
    assert!(
        parity(&said)["detail"]
            .as_str()
            .unwrap()
            .contains("401 nodes"),
        "{said}"
    );
}

#[test]
fn an_index_may_miss_a_few_and_changes_no_score() {
    let world = World::new();
    world.corpus(&Corpus::new(10_100).dim(16).episodes(false));
    world.run(&["init", "--user-id", &world.user]).expect(0);
    world.migrate(&[]).expect(0);
    world.run(&["index", "--user-id", &world.user]).expect(0);
    let asked = ["doctor", "--parity", "--questions", "20"];
    let said = world.run(&asked).expect(0).stdout;
    assert!(said.contains("files and database answer alike"), "{said}");
    assert!(
        said.contains("through its index the database found"),
        "{said}"
    );
    // An index that lacks most of what it should hold is no index.
    let halve = "UPDATE node_vectors SET v = (SELECT v FROM node_vectors ORDER BY id LIMIT 1) WHERE id > \
                 (SELECT id FROM memory_nodes ORDER BY id OFFSET 100 LIMIT 1)";
    world.database.batch(halve);
    let said = world.run(&asked).expect(5).stdout;
    assert!(said.contains("try: tulving index --rebuild"), "{said}");
    world
        .run(&["index", "--rebuild", "--user-id", &world.user])
        .expect(0);
    world.run(&asked).expect(0);
}

#[test]
fn advice_fits_which_of_the_two_has_more() {
    let world = migrated();
    let asked = ["doctor", "--parity", "--questions", "5"];
    let add = |backend: &str| {
        let add = ["--backend", backend, "add", "--question", "One more thing?"];
        world.run(&add).expect(0);
    };
    add("file");
    let said = world.run(&asked).expect(5);
    assert!(
        said.stdout.contains("files: 402 nodes and"),
        "{}",
        said.stdout
    );
    assert!(
        said.stdout.contains("try: tulving migrate"),
        "{}",
        said.stdout
    );
    world.migrate(&[]).expect(0);
    world.run(&asked).expect(0);
    add("postgres");
    let said = world.run(&asked).expect(5).stdout;
    assert!(said.contains("database: 403 nodes and"), "{said}");
    assert!(!said.contains("tulving migrate"), "{said}");
    assert!(
        said.contains("try: tulving list --backend postgres"),
        "{said}"
    );
    world.run(&["list", "--backend", "postgres"]).expect(0);
}

#[test]
fn doctor_looks_through_a_database() {
    // Of its own, since it warns of the databases of others on the same server.
    let server = server();
    let world = migrated_on(&server);
    let asked = ["--backend", "postgres", "doctor", "--json"];
    let said = world.run(&asked).expect(0).json();
    let names: Vec<&str> = said["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "configuration",
            "database",
            "owner",
            "wall",
            "memories",
            "words",
            "vectors",
            "embedder",
            "derived"
        ]
    );
    world
        .database
        .batch("ALTER TABLE memory_nodes NO FORCE ROW LEVEL SECURITY");
    let said = world.run(&asked).expect(9).json();
    let failed = said["checks"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&failed["name"], &failed["status"]),
        (&"wall".into(), &"fail".into()),
        "{said}"
    );
}
