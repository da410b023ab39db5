//! The ledger tells what was moved, and what is being moved by another process.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;
use testkit::corpus::Corpus;

use crate::support::{World, keys};

#[test]
fn a_run_is_watched_from_another_process() {
    let world = World::new();
    world.corpus(&Corpus::new(240).dim(4).episodes(false));
    assert_eq!(
        world.run(&["runs", "list", "--json"]).expect(0).json(),
        json!({"runs": []})
    );
    world.run(&["runs", "status"]).expect(9).says("no runs yet");
    // Every chunk takes its time.
    world.database.batch(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.2); RETURN NULL; END';
         CREATE TRIGGER slow AFTER INSERT ON memory_nodes FOR EACH STATEMENT EXECUTE FUNCTION slow()",
    );
    let mut child = world
        .command(&[
            "migrate",
            "--yes",
            "--model",
            "m",
            "--batch-rows",
            "10",
            "--workers",
            "1",
        ])
        .args(["--user-id", &world.user])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    let midway = loop {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "it was never seen at work"
        );
        let runs = world.run(&["runs", "list", "--json"]).expect(0).json();
        let run = &runs["runs"][0];
        if run["rows_done"].as_u64().is_some_and(|done| done >= 20) {
            break run.clone();
        }
    };
    assert_eq!(midway["status"], json!("running"));
    assert_eq!(midway["phase"], json!("copy"));
    assert_eq!(midway["rows"], json!(240));
    assert_eq!(midway["verified"], json!(null));
    assert!(midway["rows_done"].as_u64().unwrap() < 240);
    let told = world.run(&["runs", "status"]).expect(0).stdout;
    assert!(
        told.contains("running: copy") && told.contains("of 240"),
        "{told}"
    );
    let started = told.lines().find(|line| line.starts_with("started"));
    assert!(started.unwrap().ends_with(" UTC"), "{told}");
    assert!(child.wait().unwrap().success());

    let id = midway["run_id"].as_str().unwrap();
    let ended = world
        .run(&["runs", "status", id, "--json"])
        .expect(0)
        .json();
    assert_eq!(
        keys(&ended),
        [
            "error",
            "finished_at",
            "inputs",
            "kind",
            "live",
            "phase",
            "rate",
            "result",
            "rows",
            "rows_done",
            "run_id",
            "scope_id",
            "seconds",
            "started_at",
            "status",
            "updated_at",
            "verified",
            "version"
        ]
    );
    assert_eq!(ended["status"], json!("finished"));
    assert_eq!(ended["rows_done"], json!(240));
    assert_eq!(ended["verified"], json!(true));
}

#[test]
fn runs_are_listed_newest_first_and_by_owner() {
    let world = World::new();
    world.corpus(&Corpus::new(8).dim(4));
    let other = world.new_user("other@example.com");
    let first = world.migrate(&[]).expect(0).json();
    let second = world.migrate_for(&other, &[]).expect(0).json();
    world
        .database
        .batch("UPDATE memory_nodes SET has_code = NOT has_code");
    let third = world.migrate(&[]).expect(5).json();
    let ids = |more: &[&str]| -> Vec<serde_json::Value> {
        let listed = world
            .run(&[&["runs", "list", "--json"], more].concat())
            .expect(0)
            .json();
        let runs = listed["runs"].as_array().unwrap();
        runs.iter().map(|run| run["run_id"].clone()).collect()
    };
    let id = |moved: &serde_json::Value| moved["run_id"].clone();
    assert_eq!(ids(&[]), [id(&third), id(&second), id(&first)]);
    assert_eq!(ids(&["--user-id", &other]), [id(&second)]);
    let told = world.run(&["runs", "list"]).expect(0).stdout;
    assert_eq!(told.matches("finished, verified ").count(), 2, "{told}");
    assert_eq!(told.matches("finished, NOT VERIFIED ").count(), 1, "{told}");
    // Whose it was, as other commands take it.
    assert!(told.contains(&format!("  user {other}\n")), "{told}");
    world
        .run(&["runs", "status", "00000000-0000-4000-8000-000000000009"])
        .expect(9)
        .says("there is no run")
        .says("tulving runs list");
    world
        .run(&["runs", "status", "x"])
        .expect(2)
        .says("Invalid UUID format");
}
