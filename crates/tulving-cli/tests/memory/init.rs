//! `tulving init` makes what is missing and changes nothing that is there.

use testkit::corpus::Corpus;

use crate::support::{ANN, BEN, Desk, keys};

#[test]
fn a_memory_begins_with_one_command() {
    let desk = Desk::empty();
    let made = desk.json(&["init"]);
    assert_eq!(keys(&made), ["config", "created", "data_dir", "owner"]);
    assert_eq!(made["created"], serde_json::json!(["config.yaml", "data"]));
    assert_eq!(made["owner"]["kind"], "user");
    let id = desk.add("Why did the worker hang?", "The pool was exhausted.");
    desk.run(&["search", "worker"]).expect(0).shows(&id);
    // What is written down is what holds, so that the same command works on a database.
    let config = std::fs::read_to_string(desk.path("config.yaml")).unwrap();
    assert!(
        config.contains(made["owner"]["id"].as_str().unwrap()),
        "{config}"
    );
}

#[test]
fn a_second_time_it_says_what_is_there_and_changes_nothing() {
    let desk = Desk::new();
    desk.add("a", "b");
    let before = desk.files(".");
    let again = desk.json(&["init"]);
    assert_eq!(again["created"], serde_json::json!([]));
    desk.run(&["init"]).expect(0).shows("left as it was");
    assert_eq!(desk.files("."), before);
}

#[test]
fn a_configuration_that_is_there_stays() {
    let desk = Desk::empty();
    desk.write("config.yaml", "paths: {data_dir: elsewhere}\n");
    let made = desk.json(&["init", "--user-id", ANN]);
    assert_eq!(made["created"], serde_json::json!(["elsewhere"]));
    assert_eq!(made["owner"]["id"], ANN);
    let config = std::fs::read_to_string(desk.path("config.yaml")).unwrap();
    assert_eq!(config, "paths: {data_dir: elsewhere}\n");
}

#[test]
fn the_files_it_makes_are_found_from_anywhere() {
    let desk = Desk::empty();
    std::fs::create_dir(desk.path("home")).unwrap();
    let config = ["--config", "home/memory.yaml"];
    desk.run(&[&["init"], &config[..]].concat()).expect(0);
    assert!(desk.path("home/data/manifest.json").exists());
    let config = std::fs::canonicalize(desk.path("home/memory.yaml")).unwrap();
    let mut list = desk.command(&["list", "--config", config.to_str().unwrap()]);
    let listed = list.current_dir("/").output().unwrap();
    assert!(listed.status.success());
}

#[cfg(unix)]
#[test]
fn a_new_directory_is_for_its_owners_eyes_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let desk = Desk::new();
    let mode = std::fs::metadata(desk.path("data"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_directory_of_nobody_gets_an_owner_and_no_memory_changes() {
    let desk = Desk::empty();
    Corpus::new(20).dim(8).write(&desk.path("data"));
    for command in [&["list"][..], &["search", "x"], &["add", "--question", "x"]] {
        let refused = desk.run(command).expect(9);
        refused.says("has no owner").says("tulving init --user-id");
    }
    let records = std::fs::read(desk.path("data/corpus/nodes.json")).unwrap();
    let vectors = std::fs::read(desk.path("data/vectors/nodes.npy")).unwrap();
    let claimed = desk.json(&["init", "--user-id", ANN]);
    assert_eq!(claimed["owner"]["id"], ANN);
    assert_eq!(claimed["created"], serde_json::json!(["config.yaml"]));
    assert_eq!(
        std::fs::read(desk.path("data/corpus/nodes.json")).unwrap(),
        records
    );
    assert_eq!(
        std::fs::read(desk.path("data/vectors/nodes.npy")).unwrap(),
        vectors
    );
    let kinds = desk.json(&["list", "--limit", "100", "--kind", "node"]);
    assert_eq!(kinds["memories"].as_array().unwrap().len(), 20);
}

#[test]
fn memories_that_name_their_owner_are_not_given_to_another_by_accident() {
    let desk = Desk::empty();
    Corpus::new(20)
        .dim(8)
        .user_id(BEN)
        .write(&desk.path("data"));
    let refused = desk.run(&["init"]).expect(9);
    let command = format!("tulving init --user-id {BEN} --data-dir data");
    refused
        .says(&format!("are those of user {BEN}"))
        .says(&command);
    assert!(!desk.path("config.yaml").exists());
    desk.run(&command.split(' ').skip(1).collect::<Vec<_>>())
        .expect(0);
    assert!(!desk.ids().is_empty());
}

#[test]
fn what_belongs_to_somebody_is_nobody_elses() {
    let desk = Desk::empty();
    desk.run(&["init", "--user-id", ANN]).expect(0);
    let id = desk.add("secret of Ann", "");
    for command in [
        &["init"][..],
        &["list"],
        &["get", &id],
        &["search", "secret"],
        &["search", "--like", &id],
        &["add", "--question", "x"],
        &["update", &id, "--answer", "x"],
        &["delete", &id, "--yes"],
        &["compact"],
        &["compact", "--rebase"],
    ] {
        for other in [["--user-id", BEN], ["--tenant-id", ANN]] {
            let refused = desk.run(&[command, &other[..]].concat()).expect(9);
            assert_eq!(refused.stdout, "");
            refused.says(&format!("data belongs to user {ANN}"));
        }
    }
    assert_eq!(desk.ids(), [id]);
}

#[test]
fn without_a_directory_it_is_said_how_to_make_one() {
    let refused = Desk::empty().run(&["list"]).expect(9);
    refused.says("no such directory").says("tulving init");
}

#[test]
fn a_database_is_asked_for_somebody() {
    let desk = Desk::empty();
    let refused = desk.run(&["list", "--backend", "postgres"]).expect(2);
    refused
        .says("no user or tenant is named")
        .says("--user-id UUID");
}
