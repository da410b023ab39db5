//! `tulving doctor` and `tulving compact`: what is not in order is named, with what to do.

use serde_json::Value;
use testkit::corpus::Corpus;

use crate::support::{ANN, BEN, Desk, keys};

#[track_caller]
fn check<'c>(report: &'c Value, name: &str) -> &'c Value {
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["name"] == name);
    found.unwrap_or_else(|| panic!("no check {name}: {report}"))
}

#[test]
fn all_is_well_with_a_new_memory() {
    let desk = Desk::new();
    desk.add("q", "a");
    let report = desk.json(&["doctor"]);
    assert_eq!(report["ok"], true);
    for check in report["checks"].as_array().unwrap() {
        assert_eq!(keys(check), ["detail", "hint", "name", "status"]);
        assert_eq!(check["status"], "ok", "{check}");
    }
    desk.run(&["doctor"]).expect(0).shows("All is well.");
}

#[test]
fn what_is_missing_is_named_with_the_command_that_mends_it() {
    let desk = Desk::empty();
    let report = desk.run(&["doctor", "--json"]).expect(9).json();
    assert_eq!(
        (&report["ok"], &check(&report, "directory")["status"]),
        (&false.into(), &"fail".into())
    );
    assert!(
        check(&report, "directory")["hint"]
            .as_str()
            .unwrap()
            .starts_with("tulving init")
    );
    Corpus::new(20).dim(8).write(&desk.path("data"));
    let report = desk.run(&["doctor", "--json"]).expect(9).json();
    assert!(
        check(&report, "owner")["hint"]
            .as_str()
            .unwrap()
            .starts_with("tulving init --user-id")
    );
    desk.run(&["init", "--user-id", ANN]).expect(0);
    desk.run(&["doctor", "--user-id", BEN])
        .expect(9)
        .shows("belongs to user");
    let report = desk.json(&["doctor"]);
    assert_eq!(
        check(&report, "embedder")["status"],
        "warn",
        "other vectors than the embedder's"
    );
    assert_eq!(check(&report, "memories")["detail"], "20 nodes, 3 episodes");
}

#[test]
fn memories_without_a_vector_are_counted() {
    let desk = Desk::empty();
    Corpus::new(20)
        .dim(8)
        .episodes(false)
        .write(&desk.path("data"));
    desk.run(&["init", "--user-id", ANN]).expect(0);
    desk.run(&["add", "--question", "q"]).expect(0);
    let report = desk.json(&["doctor"]);
    let detail = check(&report, "vectors")["detail"].as_str().unwrap();
    assert!(
        detail.contains("1 memory without, found by words only"),
        "{detail}"
    );
}

#[test]
fn files_that_do_not_belong_together_fail() {
    let desk = Desk::empty();
    Corpus::new(20)
        .dim(8)
        .episodes(false)
        .write(&desk.path("data"));
    desk.run(&["init", "--user-id", ANN]).expect(0);
    Corpus::new(19)
        .dim(8)
        .episodes(false)
        .write(&desk.path("other"));
    std::fs::copy(
        desk.path("other/vectors/nodes.npy"),
        desk.path("data/vectors/nodes.npy"),
    )
    .unwrap();
    desk.run(&["doctor"])
        .expect(3)
        .shows("Node count mismatch")
        .shows("restore both files");
    desk.run(&["list"]).expect(3).says("Node count mismatch");
}

#[test]
fn files_that_another_program_changed_are_named_and_rebased() {
    let desk = Desk::empty();
    Corpus::new(20)
        .dim(8)
        .episodes(false)
        .write(&desk.path("data"));
    desk.run(&["init", "--user-id", ANN]).expect(0);
    let id = desk.run(&["add", "--question", "q"]).expect(0).stdout;
    // The other program appends a memory, as the origin does: to both files.
    let manifest = std::fs::read(desk.path("data/manifest.json")).unwrap();
    Corpus::new(21)
        .dim(8)
        .clusters(4)
        .episodes(false)
        .write(&desk.path("data"));
    desk.write("data/manifest.json", manifest);
    for command in [&["list"][..], &["compact"], &["add", "--question", "x"]] {
        desk.run(command).expect(9).says("tulving compact --rebase");
    }
    let report = desk.run(&["doctor", "--json"]).expect(9).json();
    let hint = check(&report, "journal")["hint"].as_str().unwrap();
    assert!(hint.starts_with("tulving compact --rebase"), "{hint}");
    let done = desk.json(&["compact", "--rebase"]);
    assert_eq!(done["rebased"]["added"], 1);
    assert_eq!(desk.ids().len(), 22);
    desk.run(&["get", id.trim_end()]).expect(0);
}

#[test]
fn a_compacted_memory_is_in_the_origins_files() {
    let desk = Desk::new();
    let id = desk.add("q", "a");
    let before = std::fs::read_to_string(desk.path("data/corpus/nodes.json")).unwrap();
    assert!(!before.contains(&id));
    desk.run(&["compact"]).expect(0).shows("Folded");
    let nodes = std::fs::read_to_string(desk.path("data/corpus/nodes.json")).unwrap();
    let nodes: Value = serde_json::from_str(&nodes).unwrap();
    assert_eq!(
        (&nodes[0]["id"], &nodes[0]["assistant_content"]),
        (&id.into(), &"a".into())
    );
    let again = desk.json(&["compact"]);
    assert_eq!(
        again,
        serde_json::json!({"folded_bytes": 0, "rebased": null})
    );
}

#[test]
fn a_record_that_is_left_out_is_named() {
    let desk = Desk::empty();
    Corpus::new(20)
        .dim(8)
        .episodes(false)
        .user_id(BEN)
        .write(&desk.path("data"));
    desk.run(&["init", "--user-id", ANN]).expect(0);
    assert_eq!(desk.ids().len(), 0);
    let report = desk.json(&["doctor"]);
    let detail = check(&report, "records")["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("20 records left out: corpus/nodes.json, element 0: "),
        "{detail}"
    );
}

#[test]
fn documents_that_are_left_out_and_chunks_that_lack_theirs_are_named() {
    let desk = Desk::empty();
    Corpus::new(3)
        .dim(8)
        .episodes(false)
        .write(&desk.path("data"));
    desk.run(&["init", "--user-id", ANN]).expect(0);
    let data = desk.path("data");
    std::fs::create_dir(data.join("documents")).unwrap();
    let document =
        r#"[{"id": "d", "path": "d.md", "created_at": "2026-01-01"}, {"id": "e", "path": 7}]"#;
    let chunks = ["d", "e"].map(|of| {
        format!(
            r#"{{"id": "piece of {of}", "document_id": "{of}", "chunk_index": 0, "content": "words",
            "source": "tulving", "created_at": "2026-01-01"}}"#
        )
    });
    desk.write("data/documents/documents.json", document);
    let chunks = format!("[{}]", chunks.join(","));
    desk.write("data/documents/chunks.json", chunks);
    let vectors = tulving::backend::file::npy::header(2, 8);
    desk.write(
        "data/documents/chunks.npy",
        [&vectors[..], &[0; 2 * 8 * 4]].concat(),
    );
    let report = desk.json(&["doctor"]);
    let detail = check(&report, "records")["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("1 record left out: documents/documents.json, element 1: `path`"),
        "{detail}"
    );
    let documents = check(&report, "documents");
    assert_eq!(
        documents["detail"],
        "1 memory without a document: chunk \"piece of e\" of document \"e\""
    );
    assert_eq!(documents["status"], "warn");
    desk.run(&["delete", "piece of e", "--yes"]).expect(0);
    let report = desk.json(&["doctor"]);
    let checks = report["checks"].as_array().unwrap();
    assert!(checks.iter().all(|check| check["name"] != "documents"));
}

#[test]
fn a_damaged_file_of_search_is_found_and_made_anew_by_the_next() {
    let desk = Desk::new();
    desk.add("What grazes?", "Quaggas do.");
    desk.run(&["compact"]).expect(0);
    desk.run(&["search", "quaggas"]).expect(0);
    let deep = |exit: i32| {
        desk.run(&["doctor", "--deep", "--json"])
            .expect(exit)
            .json()
    };
    assert_eq!(check(&deep(0), "derived")["status"], "ok");
    let folder = desk.path("data/indexes/tulving");
    let words = std::fs::read_dir(&folder).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        name.contains("nodes-words").then_some(path)
    });
    let words = words.unwrap();
    let whole = std::fs::read(&words).unwrap();
    let mut damaged = whole.clone();
    *damaged.last_mut().unwrap() ^= 1;
    std::fs::write(&words, damaged).unwrap();
    let report = deep(5);
    let hint = check(&report, "derived")["hint"].as_str().unwrap();
    assert!(
        hint.starts_with("rm ") && hint.contains("nodes-words"),
        "{hint}"
    );
    std::fs::remove_file(&words).unwrap();
    assert_eq!(check(&deep(0), "derived")["status"], "ok");
    desk.run(&["search", "quaggas"]).expect(0);
    assert_eq!(std::fs::read(&words).unwrap(), whole);
}
