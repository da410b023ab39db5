//! The way back: what is in PostgreSQL becomes a data directory again, with nothing lost.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use testkit::corpus::Corpus;
use tulving::backend::file::npy::{Npy, Options};
use tulving::json;

use crate::support::{Ran, World, files};

/// `tulving export` of the user into a directory.
fn export(world: &World, out: &str, more: &[&str]) -> Ran {
    let args = [
        "export",
        "--user-id",
        &world.user,
        "--backend",
        "postgres",
        "--json",
        "--out",
        out,
    ];
    world.run(&[&args, more].concat())
}

/// The elements of a file of records, as JSON values.
fn records(path: &Path) -> Vec<json::Value<'static>> {
    let bytes = fs::read(path).unwrap();
    match json::parse(&bytes).unwrap() {
        json::Value::Array(records) => records.into_iter().map(json::Value::into_owned).collect(),
        other => panic!("{other:?}"),
    }
}

/// The numbers of a file of vectors, as their bits.
fn vectors(path: &Path) -> Vec<u32> {
    let npy = Npy::open(path, Options::default()).unwrap();
    let mut numbers = Vec::new();
    let rows = usize::try_from(npy.rows()).unwrap();
    npy.read_rows(0, rows, &mut numbers).unwrap();
    numbers.into_iter().map(f32::to_bits).collect()
}

fn assert_equal_memories(one: &Path, other: &Path) {
    for (folder, name) in [("corpus", "nodes"), ("corpus", "episodes")] {
        let file = PathBuf::from(folder).join(format!("{name}.json"));
        assert_eq!(
            records(&one.join(&file)),
            records(&other.join(&file)),
            "{name}"
        );
        let file = PathBuf::from("vectors").join(format!("{name}.npy"));
        assert_eq!(
            vectors(&one.join(&file)),
            vectors(&other.join(&file)),
            "{name}"
        );
    }
}

/// The files of a directory by their names, with their checksums.
fn sums(directory: &Path) -> BTreeMap<String, String> {
    let name = |path: &Path| {
        let name = path.strip_prefix(directory).unwrap();
        name.to_str().unwrap().to_owned()
    };
    let files = files(directory).into_iter();
    files
        .map(|(path, bytes)| (name(&path), tulving::hex(&Sha256::digest(bytes))))
        .collect()
}

#[test]
fn what_was_migrated_comes_back_equal_and_can_be_migrated_again() {
    let world = World::new();
    let data = world.corpus(&Corpus::new(300).dim(8).dirty(true));
    let moved = world.migrate(&[]).expect(0).json();
    let report = export(&world, "back", &["--receipt", "export.json"])
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
    export(&world, "one", &["--workers", "1"]).expect(0);
    export(&world, "other", &["--workers", "4"]).expect(0);
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
    let report = export(&world, "back", &[]).expect(0).json();
    assert_eq!(report["nodes"]["found"], json!(40));
    let back = records(&world.path("back/corpus/nodes.json"));
    let last = back.last().unwrap().get("human_content").unwrap();
    assert_eq!(
        *last,
        json::Value::String(json::Text::new("Who added this?"))
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
fn a_directory_that_holds_something_is_left_alone() {
    let world = World::new();
    let data = world.corpus(&Corpus::new(10).dim(8));
    world.migrate(&[]).expect(0);
    let before = files(&data);
    let refused = export(&world, "data", &[]).expect(9);
    assert!(
        refused.stderr.contains("is there already"),
        "{}",
        refused.stderr
    );
    assert_eq!(files(&data), before);
    // One that is empty is as good as none.
    fs::create_dir(world.path("empty")).unwrap();
    export(&world, "empty", &[]).expect(0);
    let names = fs::read_dir(world.directory.path()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let staged: Vec<String> = names.filter(|name| name.starts_with('.')).collect();
    assert_eq!(staged, [""; 0], "nothing of the making is left");
}

/// `TULVING_KILLS` (8) kills.
#[test]
fn a_killed_export_is_resumed_and_no_part_of_it_has_the_name() {
    let world = World::new();
    world.corpus(&Corpus::new(1500).dim(64));
    world.migrate(&["--batch-rows", "100"]).expect(0);
    export(&world, "whole", &[]).expect(0);
    let whole = sums(&world.path("whole"));
    let (mut killed, mut resumed) = (0, 0);
    let kills = std::env::var("TULVING_KILLS").map_or(8, |kills| kills.parse().unwrap());
    for round in 0..kills {
        let out = format!("back{round}");
        let args = [
            "export",
            "--user-id",
            &world.user,
            "--backend",
            "postgres",
            "--out",
            &out,
            "--workers",
            "2",
        ];
        let phase =
            ["validate  ", "copy  ", "copy  ", "verify  "][usize::try_from(round % 4).unwrap()];
        let mut run = world.start(&args);
        run.wait_for_text_or_end(phase);
        std::thread::sleep(Duration::from_millis(7 * (round % 16)));
        if !run.kill() {
            run.end().expect(0);
        } else {
            killed += 1;
            assert!(!world.path(&out).exists() || sums(&world.path(&out)) == whole);
            if !world.path(&out).exists() {
                let ran = world.run(&args).expect(0);
                resumed += u64::from(ran.stderr.contains("resuming run"));
            }
        }
        assert_eq!(sums(&world.path(&out)), whole, "{out}");
    }
    println!("{killed} kills, {resumed} resumed");
    assert!(
        killed > 4 && resumed > 0,
        "{killed} kills, {resumed} resumed"
    );
}

#[test]
fn an_export_starts_over_where_memories_changed_since_it_was_killed() {
    let world = World::new();
    world.corpus(&Corpus::new(1500).dim(64));
    world.migrate(&[]).expect(0);
    let args = [
        "export",
        "--user-id",
        &world.user,
        "--backend",
        "postgres",
        "--out",
        "back",
    ];
    let mut run = world.start(&args);
    run.wait_for_text("copy  ");
    assert!(run.kill());
    world
        .database
        .rows("UPDATE memory_nodes SET access_count = access_count + 1 WHERE ord = 3");
    let ran = world.run(&args).expect(0);
    assert!(ran.stderr.contains("it starts over"), "{}", ran.stderr);
    let back = records(&world.path("back/corpus/nodes.json"));
    let before = records(&world.path("data/corpus/nodes.json"));
    assert_ne!(back[3].get("access_count"), before[3].get("access_count"));
}

#[test]
fn a_file_that_is_full_leaves_no_directory_and_the_same_command_goes_on() {
    let world = World::new();
    world.corpus(&Corpus::new(400).dim(64));
    world.migrate(&[]).expect(0);
    let args = [
        "export",
        "--user-id",
        &world.user,
        "--backend",
        "postgres",
        "--out",
        "back",
    ];
    let program = env!("CARGO_BIN_EXE_tulving");
    let mut limited = std::process::Command::new("sh");
    // Files of at most 40 blocks of 512 bytes; the signal is ignored, and so it is an error.
    let command = world.command(&args);
    limited
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 40; exec \"$0\" \"$@\"",
            program,
        ])
        .args(command.get_args())
        .current_dir(world.directory.path())
        .env_clear()
        .envs(
            command
                .get_envs()
                .filter_map(|(key, value)| Some((key, value?))),
        );
    let ran: Ran = limited.output().unwrap().into();
    assert_ne!(ran.code, Some(0));
    assert!(ran.stderr.contains("back.export"), "{}", ran.stderr);
    assert!(!world.path("back").exists());
    world.run(&args).expect(0);
    assert!(world.path("back/manifest.json").exists());
}
