//! The way back: what is in PostgreSQL becomes a data directory again, with nothing lost.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use testkit::corpus::Corpus;

use crate::exported::{assert_equal_memories, records, sums};
use crate::kill::Random;
use crate::support::World;

#[test]
fn what_was_migrated_comes_back_equal_and_can_be_migrated_again() {
    let world = World::new();
    let data = world.corpus(&Corpus::new(300).dim(8).dirty(true));
    let moved = world.migrate(&[]).expect(0).json();
    let report = world
        .export("back", &["--receipt", "export.json"])
        .expect(0)
        .json();
    assert_eq!(report["verified"], json!(true));
    assert_eq!(report["nodes"]["inserted"], moved["nodes"]["found"]);
    assert_eq!(report["digest"], moved["digest"]);
    assert_equal_memories(&data, &world.path("back"));
    let receipt: Value =
        serde_json::from_slice(&fs::read(world.path("export.json")).unwrap()).unwrap();
    assert_eq!(receipt["digest"], Value::Null);
    assert_eq!(receipt["source_digest"], moved["digest"]);
    assert!(receipt["schema_version"].is_u64(), "{receipt}");

    // Into another database, as if nothing had happened in between.
    let other = World::new();
    let user = ["--user-id", &world.user];
    let made = [
        "user",
        "create",
        "--email",
        "back@example.com",
        "--id",
        &world.user,
    ];
    other.run(&made).expect(0);
    let back = world.path("back");
    let directory = ["--data-dir", back.to_str().unwrap()];
    let again = other.migrate_as(&user, &directory).expect(0).json();
    assert_eq!(again["digest"], moved["digest"]);
}

#[test]
fn two_exports_are_the_same_files_and_the_manifest_has_their_checksums() {
    let world = World::new();
    world.corpus(&Corpus::new(120).dim(8));
    world.migrate(&[]).expect(0);
    world.export("one", &["--workers", "1"]).expect(0);
    world.export("other", &["--workers", "4"]).expect(0);
    let (one, other) = (sums(&world.path("one")), sums(&world.path("other")));
    assert_eq!(one, other);
    let manifest = fs::read(world.path("one/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let mut said = manifest["tulving"]["files"].clone();
    said["manifest.json"] = json!(one["manifest.json"]);
    assert_eq!(said, json!(one));
}

#[test]
fn what_was_added_and_changed_since_comes_along_and_both_answer_alike() {
    let world = World::new();
    world.corpus(&Corpus::new(40).dim(8).episodes(false));
    world.migrate(&[]).expect(0);
    let first = world.column("SELECT id FROM memory_nodes ORDER BY ord LIMIT 1");
    let in_database = ["--backend", "postgres", "--user-id", &world.user];
    let vector = world.path("vector.json");
    fs::write(&vector, "[1, 0, 0, 0, 0, 0, 0, 0]").unwrap();
    let add = [
        "add",
        "--question",
        "Who added this?",
        "--answer",
        "Its user",
        "--vector",
        "vector.json",
    ];
    world.run(&[&add[..], &in_database].concat()).expect(0);
    world
        .run(&[&["delete", &first[0], "--yes"][..], &in_database].concat())
        .expect(0);
    let report = world.export("back", &[]).expect(0).json();
    assert_eq!(report["nodes"]["found"], json!(40));
    let back = records(&world.path("back/corpus/nodes.json"));
    let last = back.last().unwrap().get("human_content").unwrap();
    assert_eq!(
        *last,
        tulving::json::Value::String(tulving::json::Text::new("Who added this?"))
    );
    let parity = ["doctor", "--parity", "--data-dir", "back", "--json"];
    world.run(&[&parity[..], &in_database].concat()).expect(0);
    // A valid directory takes writes, and then says nothing of the files that it had.
    let files = ["--backend", "file", "--data-dir", "back"];
    world.run(&[&add[..], &files].concat()).expect(0);
    world.run(&[&["compact"][..], &files].concat()).expect(0);
    let manifest = fs::read(world.path("back/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["tulving"]["files"], Value::Null);
    assert_eq!(manifest["stats"]["total_nodes"], json!(41));
}

#[test]
fn a_scope_without_memories_becomes_a_directory_without_any() {
    let world = World::new();
    let report = world.export("back", &[]).expect(0).json();
    assert_eq!(report["verified"], json!(true));
    assert_eq!(records(&world.path("back/corpus/nodes.json")), []);
    let files = [
        "--backend",
        "file",
        "--data-dir",
        "back",
        "--user-id",
        &world.user,
    ];
    let add = ["add", "--question", "Is it", "--answer", "a directory?"];
    world.run(&[&add[..], &files].concat()).expect(0);
}

/// Nothing is said in the source of how often these were found.
#[test]
fn a_memory_that_was_found_has_its_count_even_if_its_source_had_none() {
    let world = World::new();
    let data = world.corpus(&Corpus::new(5).dim(8).episodes(false));
    let path = data.join("corpus/nodes.json");
    let mut nodes: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for node in nodes.as_array_mut().unwrap() {
        node.as_object_mut().unwrap().remove("access_count");
        node.as_object_mut().unwrap().remove("cluster_id");
    }
    fs::write(&path, nodes.to_string()).unwrap();
    world.migrate(&[]).expect(0);
    world
        .database
        .rows("UPDATE memory_nodes SET access_count = 3 WHERE ord = 1");
    world
        .database
        .rows("UPDATE memory_nodes SET cluster_id = 4 WHERE ord = 2");
    world.export("back", &[]).expect(0);
    let back = fs::read(world.path("back/corpus/nodes.json")).unwrap();
    let back: Value = serde_json::from_slice(&back).unwrap();
    let mut expected = nodes;
    expected[1]["access_count"] = json!(3);
    expected[2]["cluster_id"] = json!(4);
    assert_eq!(back, expected);
}

/// `TULVING_CASES` (5) corpora; `TULVING_SEED` repeats a failure's.
#[test]
fn files_to_database_to_files_to_database_is_the_identity() {
    let number = |name: &str| -> Option<u64> { Some(std::env::var(name).ok()?.parse().unwrap()) };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let first = number("TULVING_SEED").unwrap_or(now.as_secs());
    let (one, other) = (World::new(), World::new());
    for seed in first..first + number("TULVING_CASES").unwrap_or(5) {
        println!("TULVING_SEED={seed}");
        let mut random = Random(seed);
        let mut below = |limit: u64| usize::try_from(random.below(limit)).unwrap();
        let user = one.new_user(&format!("{seed}@example.com"));
        let email = format!("{seed}@example.com");
        let same = ["user", "create", "--email", &email, "--id", &user];
        other.run(&same).expect(0);
        let corpus = Corpus::new(1 + below(700))
            .dim(1 + below(40))
            .seed(seed)
            .clusters(1 + below(9))
            .episodes(below(4) > 0)
            .dirty(below(4) > 0);
        let (there, back) = (format!("there{seed}"), format!("back{seed}"));
        corpus.write(&one.path(&there));
        let owner = ["--user-id", &user];
        let from = |world: &World, directory: &Path| {
            let directory = directory.to_str().unwrap();
            let more = [
                "--data-dir",
                directory,
                "--model",
                "m",
                "--batch-rows",
                "64",
            ];
            world.migrate_as(&owner, &more).expect(0).json()
        };
        let moved = from(&one, &one.path(&there));
        let export = ["export", "--backend", "postgres", "--json", "--out", &back];
        let exported = one.run(&[&export[..], &owner].concat()).expect(0).json();
        let again = from(&other, &one.path(&back));
        assert_eq!(moved["digest"], exported["digest"], "seed {seed}");
        assert_eq!(moved["digest"], again["digest"], "seed {seed}");
        assert_equal_memories(&one.path(&there), &one.path(&back));
        // And the second time as the first.
        let export = ["export", "--backend", "postgres", "--json", "--out", "last"];
        other.run(&[&export[..], &owner].concat()).expect(0);
        assert_eq!(
            sums(&one.path(&back)),
            sums(&other.path("last")),
            "seed {seed}"
        );
        fs::remove_dir_all(other.path("last")).unwrap();
    }
}
