//! A migration leaves a receipt, and leaves the source alone.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::process::Command;

use serde_json::{Value, json};
use testkit::corpus::Corpus;
use tulving::backend::postgres::SchemaVersion;

use crate::support::{World, files, keys};

#[test]
fn a_receipt_says_what_was_moved() {
    let world = World::new();
    let data = world.corpus(&Corpus::new(64).dim(8).dirty(true));
    let moved = world.migrate(&[]).expect(0).json();
    let name = format!("tulving-{}.receipt.json", moved["run_id"].as_str().unwrap());
    let path = world.path(&name);
    assert_eq!(
        world
            .path(moved["receipt"].as_str().unwrap())
            .canonicalize()
            .unwrap(),
        path.canonicalize().unwrap()
    );
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let receipt: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(
        keys(&receipt),
        [
            "cast_f32",
            "episodes",
            "files",
            "finished_at",
            "format",
            "kinds",
            "layout",
            "nodes",
            "pgvector",
            "postgresql",
            "restamped",
            "run_id",
            "schema_version",
            "scope",
            "source_digest",
            "space",
            "started_at",
            "target_digest",
            "tulving",
            "verified"
        ]
    );
    for field in ["run_id", "scope", "nodes", "episodes", "verified"] {
        assert_eq!(receipt[field], moved[field], "{field}");
    }
    assert_eq!(receipt["source_digest"], moved["digest"]);
    assert_eq!(receipt["target_digest"], moved["digest"]);
    assert_eq!(receipt["format"], json!(1));
    assert_eq!(receipt["layout"], json!("2.0.0"));
    assert_eq!(receipt["kinds"], json!(["nodes", "episodes"]));
    assert_eq!(
        receipt["space"],
        json!({"provider": "local", "model": "test-model", "dimensions": 8})
    );
    assert_eq!(receipt["tulving"], json!(env!("CARGO_PKG_VERSION")));
    assert_eq!(receipt["schema_version"], json!(SchemaVersion::newest()));
    let server = world.database.scalar("SHOW server_version");
    assert!(
        server.starts_with(
            receipt["postgresql"]
                .as_str()
                .unwrap()
                .split(' ')
                .next()
                .unwrap()
        ),
        "{server}"
    );
    let vector = world
        .database
        .scalar("SELECT extversion FROM pg_extension WHERE extname = 'vector'");
    assert_eq!(receipt["pgvector"], json!(vector));
    assert!(receipt["started_at"].as_str().unwrap() <= receipt["finished_at"].as_str().unwrap());
    let listed = receipt["files"].as_array().unwrap();
    assert_eq!(listed.len(), 4);
    for file in listed {
        let path = data.join(file["path"].as_str().unwrap());
        let output = Command::new("sha256sum").arg(&path).output().unwrap();
        let sum = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            file["sha256"],
            json!(sum.split(' ').next().unwrap()),
            "{file}"
        );
        assert_eq!(file["bytes"], json!(fs::metadata(&path).unwrap().len()));
    }
    // The ledger has the same.
    let run = world.run(&["runs", "status", "--json"]).expect(0).json();
    assert_eq!(run["result"], receipt);
}

#[test]
fn nothing_is_ever_written_into_a_source() {
    let world = World::new();
    let data = world.corpus(&Corpus::new(16).dim(8));
    let nodes = data.join("corpus/nodes.json");
    let text = fs::read_to_string(&nodes).unwrap();
    fs::write(
        &nodes,
        text.replacen("\"urgency\": \"low\"", "\"urgency\": \"never\"", 1),
    )
    .unwrap();
    let before = files(&data);
    // Standing in it, or below it, and with the configuration in it or not.
    for (stand, source) in [
        ("data", "."),
        ("data/corpus", ".."),
        ("data", "../data"),
        (".", "data"),
    ] {
        let mut command = world.command(&[
            "migrate",
            "--yes",
            "--json",
            "--model",
            "m",
            "--on-error",
            "reject",
        ]);
        command
            .args(["--user-id", &world.user, "--data-dir", source])
            .current_dir(world.path(stand));
        let output = command.output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(4),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(files(&data), before, "in {stand}");
        let moved: Value = serde_json::from_slice(&output.stdout).unwrap();
        for file in ["receipt", "rejects"] {
            let path = world.path(stand).join(moved[file].as_str().unwrap());
            assert_eq!(
                path.canonicalize().unwrap().parent(),
                Some(world.directory.path().canonicalize().unwrap().as_path())
            );
            assert_eq!(
                fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }
}

#[test]
fn a_receipt_goes_where_it_is_wanted() {
    let world = World::new();
    world.corpus(&Corpus::new(8).dim(4));
    fs::create_dir(world.path("proofs")).unwrap();
    world.migrate(&["--receipt", "proofs/first.json"]).expect(0);
    assert!(world.path("proofs/first.json").is_file());
    let second = world.migrate(&["--receipt", "proofs"]).expect(0).json();
    assert!(
        second["receipt"]
            .as_str()
            .unwrap()
            .starts_with("proofs/tulving-")
    );
    // A place that is not there is found out before the work.
    let before = world.counts();
    for flag in ["--receipt", "--rejects"] {
        world
            .migrate(&[flag, "nowhere/x.json", "--on-error", "reject"])
            .expect(2)
            .says("nowhere");
    }
    assert_eq!(world.counts(), before);
    fs::create_dir(world.path("settings")).unwrap();
    fs::write(
        world.path("settings/config.yaml"),
        "paths: { data_dir: data }\n",
    )
    .unwrap();
    let beside = world
        .migrate(&["--config", "settings/config.yaml", "--data-dir", "data"])
        .expect(0)
        .json();
    assert!(
        beside["receipt"]
            .as_str()
            .unwrap()
            .starts_with("settings/tulving-"),
        "{beside}"
    );
}

#[test]
fn a_receipt_replaces_no_file_of_others() {
    let world = World::new();
    let data = world.corpus(&Corpus::new(8).dim(4));
    let before = world.counts();
    fs::write(world.path("there"), "precious").unwrap();
    symlink("there", world.path("link")).unwrap();
    for name in ["there", "link"] {
        // Found out before anything is written.
        let refused = world.migrate(&["--receipt", name]).expect(2);
        refused
            .says(&format!("cannot write {name}"))
            .says("--force");
    }
    assert_eq!(world.counts(), before);
    assert_eq!(fs::read(world.path("there")).unwrap(), b"precious");
    let nodes = "data/corpus/nodes.json";
    let source = fs::read(data.join("corpus/nodes.json")).unwrap();
    for (args, why) in [
        (&["--receipt", nodes, "--force"][..], "a file of the source"),
        (
            &["--receipt", "x", "--rejects", "./x", "--on-error", "reject"],
            "into one file",
        ),
    ] {
        world.migrate(args).expect(2).says(why);
    }
    assert_eq!(fs::read(data.join("corpus/nodes.json")).unwrap(), source);
    world.migrate(&["--receipt", "link", "--force"]).expect(0);
    assert!(
        fs::symlink_metadata(world.path("link"))
            .unwrap()
            .is_symlink()
    );
    let receipt: Value = serde_json::from_slice(&fs::read(world.path("there")).unwrap()).unwrap();
    assert_eq!(receipt["verified"], json!(true));
    // A later run is another one.
    world.migrate(&["--receipt", "there"]).expect(2);
}

#[test]
fn a_receipt_is_written_into_what_a_name_leads_to() {
    let world = World::new();
    world.corpus(&Corpus::new(8).dim(4));
    let is_receipt = |bytes: &[u8]| {
        let receipt: Value = serde_json::from_slice(bytes).unwrap();
        assert_eq!(receipt["verified"], json!(true));
    };
    symlink("far", world.path("link")).unwrap();
    world.migrate(&["--receipt", "link"]).expect(0);
    assert!(
        fs::symlink_metadata(world.path("link"))
            .unwrap()
            .is_symlink()
    );
    is_receipt(&fs::read(world.path("far")).unwrap());
    let pipe = world.path("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let reading = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read(pipe).unwrap()
    });
    world.migrate(&["--receipt", "pipe"]).expect(0);
    is_receipt(&reading.join().unwrap());
    assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    let printed = world.migrate(&["--receipt", "/dev/stderr"]).expect(0);
    assert!(
        printed.stderr.contains("\"format\": 1"),
        "{}",
        printed.stderr
    );
}
