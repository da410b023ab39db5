//! `tulving export` of a data directory: its backup.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use testkit::corpus::Corpus;

use crate::support::{ANN, Desk};

fn desk(dirty: bool) -> Desk {
    let desk = Desk::empty();
    let corpus = Corpus::new(40).dim(8).dirty(dirty).user_id(ANN);
    corpus.write(&desk.path("data"));
    desk.run(&["init", "--user-id", ANN, "--model", "test-model", "--yes"])
        .expect(0);
    desk
}

type Record = tulving::json::Value<'static>;

fn records(directory: &Path, name: &str) -> Vec<Record> {
    let bytes = read(directory, name);
    match tulving::json::parse(&bytes).unwrap() {
        tulving::json::Value::Array(records) => records
            .into_iter()
            .map(tulving::json::Value::into_owned)
            .collect(),
        other => panic!("{other:?}"),
    }
}

fn read(directory: &Path, name: &str) -> Vec<u8> {
    fs::read(directory.join(name)).unwrap()
}

#[test]
fn a_copy_is_what_compaction_gives_and_the_directory_stays_as_it_is() {
    let desk = desk(true);
    desk.write("vector.json", "[1, 0, 0, 0, 0, 0, 0, 0]");
    let vector = ["--vector", "vector.json"];
    desk.run(
        &[
            &["add", "--question", "New?", "--answer", "Yes"],
            &vector[..],
        ]
        .concat(),
    )
    .expect(0);
    let nodes = records(&desk.path("data"), "corpus/nodes.json");
    let id = |node: &Record| match node.get("id") {
        Some(Record::String(id)) => id.to_str().unwrap().to_owned(),
        other => panic!("{other:?}"),
    };
    let ids: Vec<String> = nodes.iter().map(id).collect();
    desk.run(&["delete", &ids[3], "--yes"]).expect(0);
    desk.run(&[
        "update",
        &ids[5],
        "--answer",
        "Another one",
        "--vector",
        "vector.json",
    ])
    .expect(0);

    let before = desk.files("data");
    let report = desk.json(&["export", "--out", "copy"]);
    assert_eq!(report["verified"], json!(true));
    assert_eq!(desk.files("data"), before);

    desk.run(&["export", "--out", "again", "--workers", "1"])
        .expect(0);
    desk.run(&["compact"]).expect(0);
    let (data, copy, again) = (desk.path("data"), desk.path("copy"), desk.path("again"));
    for name in ["corpus/nodes.json", "corpus/episodes.json"] {
        assert!(records(&data, name) == records(&copy, name), "{name}");
        assert!(read(&copy, name) == read(&again, name), "{name}");
    }
    for name in ["vectors/nodes.npy", "vectors/episodes.npy"] {
        assert!(read(&data, name) == read(&copy, name), "{name}");
    }
    assert_eq!(read(&copy, "manifest.json"), read(&again, "manifest.json"));
    let list = |directory: &str| {
        desk.run(&["list", "--json", "--limit", "1000", "--data-dir", directory])
            .expect(0)
            .stdout
    };
    assert!(list("data") == list("copy"));
}

#[test]
fn a_record_that_is_no_memory_is_not_left_out_in_silence() {
    let desk = desk(false);
    let path = desk.path("data/corpus/nodes.json");
    let mut nodes: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    nodes[7]["created_at"] = json!("yesterday");
    nodes[9]["id"] = nodes[8]["id"].clone();
    fs::write(&path, nodes.to_string()).unwrap();
    desk.run(&["export", "--out", "copy"])
        .expect(3)
        .says("corpus/nodes.json[7]")
        .says("corpus/nodes.json[9]")
        .says(
            "try: correct these records, or copy the files as they are; tulving doctor names all",
        );
    assert!(!desk.path("copy").exists());
}

#[test]
fn a_copy_is_somewhere_else_and_for_its_owner() {
    let desk = desk(false);
    desk.run(&["export", "--out", "data/copy"])
        .expect(2)
        .says("the copy cannot be in the directory that is copied");
    desk.run(&["export", "--out", "data"]).expect(2);
    desk.run(&["export", "--out", "copy", "--user-id", crate::support::BEN])
        .expect(9);
    desk.run(&["export", "--out", "copy", "--space", "other"])
        .expect(2)
        .says("try: --space test-model");
}
