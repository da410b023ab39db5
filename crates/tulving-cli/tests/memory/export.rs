//! `tulving export` of a data directory: its backup.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use testkit::corpus::Corpus;
use tulving::backend::file::npy::{Npy, Options};

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

/// The numbers of an array, as their bits; -0 as 0, which are both no vector where all are.
fn numbers(directory: &Path, name: &str) -> Vec<u32> {
    let npy = Npy::open(&directory.join(name), Options::default()).unwrap();
    let mut numbers = Vec::new();
    let rows = usize::try_from(npy.rows()).unwrap();
    npy.read_rows(0, rows, &mut numbers).unwrap();
    numbers
        .into_iter()
        .map(|number| (number + 0.0).to_bits())
        .collect()
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

/// Somewhere else, an empty directory of the same owner and model, which is not asked for anything.
fn elsewhere() -> Desk {
    let desk = Desk::empty();
    desk.run(&["init", "--user-id", ANN]).expect(0);
    let config = "paths: { data_dir: ./data }\nembedding: { provider: http, url: \"http://127.0.0.1:9/v1\", \
                  model: test-model, dimensions: 8 }\n";
    desk.write("config.yaml", config);
    desk
}

#[test]
fn lines_are_taken_back_as_they_were_ids_and_all() {
    let (desk, other) = (desk(true), elsewhere());
    let export = ["export", "--format", "jsonl", "--vectors"];
    let lines = desk.command(&export).output().unwrap();
    assert!(
        lines.status.success(),
        "{}",
        String::from_utf8_lossy(&lines.stderr)
    );
    other.write("lines.jsonl", &lines.stdout);
    let added = other.json(&["add", "--jsonl", "lines.jsonl"]);
    let count = lines.stdout.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(added["added"], json!(count));
    other.run(&["compact"]).expect(0);
    let (there, back) = (desk.path("data"), other.path("data"));
    for name in ["corpus/nodes.json", "corpus/episodes.json"] {
        assert!(records(&there, name) == records(&back, name), "{name}");
    }
    for name in ["vectors/nodes.npy", "vectors/episodes.npy"] {
        assert!(numbers(&there, name) == numbers(&back, name), "{name}");
    }
    let again = other.json(&["add", "--jsonl", "lines.jsonl"]);
    assert_eq!(
        (&again["added"], &again["unchanged"]),
        (&json!(0), &json!(count))
    );
}

#[test]
fn a_line_that_differs_from_what_is_there_is_refused_or_takes_its_place() {
    let desk = desk(false);
    desk.run(&["export", "--format", "jsonl", "--out", "lines.jsonl"])
        .expect(0)
        .shows("lines.jsonl has 45 memories and 0 documents, one a line.");
    let lines = fs::read_to_string(desk.path("lines.jsonl")).unwrap();
    assert!(!lines.contains("embedding\":["));
    let mut line: Value = serde_json::from_str(lines.lines().nth(2).unwrap()).unwrap();
    line["node"]["assistant_content"] = json!("Something else.");
    desk.fed(&["add", "--jsonl", "-"], line.to_string())
        .expect(3)
        .says("stdin, line 1")
        .says("is there already and differs in assistant_content");
    desk.fed(
        &["add", "--jsonl", "-", "--existing", "update"],
        line.to_string(),
    )
    .expect(0);
    let id = line["node"]["id"].as_str().unwrap();
    let now = desk.json(&["get", id]);
    assert_eq!(now["assistant_content"], line["node"]["assistant_content"]);
    line["node"]["created_at"] = json!("yesterday");
    desk.fed(&["add", "--jsonl", "-"], line.to_string())
        .expect(3)
        .says("line 1")
        .says("created_at");
    desk.run(&["export", "--format", "jsonl", "--out", "lines.jsonl"])
        .expect(2)
        .says("there is a file of that name already");
    desk.run(&["export", "--format", "jsonl", "--json"])
        .expect(2)
        .says("try: --out FILE, or leave --json out");
    desk.run(&["export"]).expect(2).says("try: --out DIR");
}

/// A reader that has enough is no error.
#[test]
fn a_reader_of_lines_may_go_away() {
    let desk = desk(false);
    let mut export = desk.command(&["export", "--format", "jsonl", "--vectors"]);
    let mut child = export
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ran = child.wait_with_output().unwrap();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    assert!(
        ran.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

/// What is exported without vectors asks nobody for any.
#[test]
fn lines_without_vectors_need_no_model() {
    let desk = Desk::empty();
    desk.run(&["init", "--user-id", ANN]).expect(0);
    let line = json!({"question": "Who?", "embedding": vec![0; 256]});
    desk.fed(&["add", "--jsonl", "-"], line.to_string())
        .expect(0);
    desk.write(
        "config.yaml",
        "paths: { data_dir: ./data }\nembedding: { provider: http, url: \"http://127.0.0.1:9/v1\", model: m }\n",
    );
    desk.run(&["export", "--format", "jsonl"])
        .expect(0)
        .shows("Who?");
    desk.run(&["export", "--format", "jsonl", "--vectors"])
        .expect(7);
    desk.run(&["export", "--format", "jsonl", "--space", "m"])
        .expect(2)
        .says("try: the same command with --vectors");
}
