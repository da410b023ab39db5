//! A memory that begins in PostgreSQL, and its owner, shown and renamed.

use std::fs;

use testkit::postgres::Server;

use crate::support::{World, program};

#[test]
fn a_memory_begins_in_postgresql_without_a_directory() {
    let world = World::new();
    let init = ["init", "--backend", "postgres"];
    let made = world
        .run(&[&init[..], &["--json"]].concat())
        .expect(0)
        .json();
    let owner = made["owner"]["id"].as_str().unwrap().to_owned();
    let config = fs::read_to_string(world.path("config.yaml")).unwrap();
    assert!(
        config.contains("backend: postgres") && config.contains(&owner),
        "{config}"
    );
    assert!(!world.path("data").exists());
    world
        .run(&["add", "--question", "Why did the worker hang?"])
        .expect(0);
    let found = world.run(&["search", "worker", "--json"]).expect(0).json();
    assert_eq!(found["rows_in_scope"], 1);
    world.run(&["doctor"]).expect(0);
    // Again it says what is there, and changes nothing.
    let again = world.run(&["init", "--json"]).expect(0).json();
    assert_eq!(again["owner"]["id"], owner.as_str());
    assert_eq!(again["created"], serde_json::json!([]));
    assert_eq!(
        fs::read_to_string(world.path("config.yaml")).unwrap(),
        config
    );
    // The user that was made without an address gets one.
    let shown = world
        .run(&["user", "show", &owner, "--json"])
        .expect(0)
        .json();
    assert_eq!(
        (&shown["email"], &shown["nodes"]),
        (&serde_json::Value::Null, &1.into())
    );
    world
        .run(&["user", "rename", &owner, "--email", "you@example.com"])
        .expect(0);
    let created = [
        "user",
        "create",
        "--email",
        "you@example.com",
        "--if-not-exists",
    ];
    assert_eq!(world.run(&created).expect(0).stdout.trim(), owner);
}

#[test]
fn what_a_memory_in_postgresql_lacks_is_said_before_anything_is_made() {
    let world = World::new();
    let init = |more: &[&str]| world.run(&[&["init", "--backend", "postgres"], more].concat());
    let before = world.counts();
    let nobody = "00000000-0000-4000-8000-000000000009";
    init(&["--user-id", nobody])
        .expect(9)
        .says("tulving user create");
    init(&["--model", "m"]).expect(2).says("a data directory");
    init(&["--email", "no address"]).expect(2);
    init(&["--config", "no/such/config.yaml"])
        .expect(2)
        .says("there is no directory no/such");
    let empty = Server::shared().database();
    let tulving = |url: &str| {
        let mut command = program(world.directory.path(), url);
        command.args(["init", "--backend", "postgres"]);
        crate::support::Ran::from(command.output().unwrap())
    };
    tulving(empty.url()).expect(9).says("tulving schema apply");
    assert_eq!(world.counts(), before);
    assert!(!world.path("config.yaml").exists());
    // One who is there is taken, by id or by address.
    let made = init(&["--email", "test@example.com", "--json"])
        .expect(0)
        .json();
    assert_eq!(made["owner"]["id"], world.user.as_str());
    fs::remove_file(world.path("config.yaml")).unwrap();
    let made = init(&["--user-id", &world.user, "--json"]).expect(0).json();
    assert_eq!(made["owner"]["id"], world.user.as_str());
    assert_eq!(world.counts(), before);
    // A configuration of files is not changed.
    fs::write(world.path("config.yaml"), "memory:\n  backend: file\n").unwrap();
    init(&[])
        .expect(2)
        .says("backend: postgres into config.yaml");
}

#[test]
fn an_owner_is_shown_and_called_something_else() {
    let world = World::new();
    let tenant = world.new_tenant("driscoll");
    let shown = world
        .run(&["user", "show", "TEST@example.com", "--json"])
        .expect(0)
        .json();
    assert_eq!(shown["id"], world.user.as_str());
    world.new_user("other@example.com");
    let rename = |args: &[&str]| world.run(args);
    rename(&[
        "user",
        "rename",
        "test@example.com",
        "--email",
        "other@example.com",
    ])
    .expect(9)
    .says("user other@example.com is there already");
    rename(&["user", "rename", &world.user, "--email", "nonsense"]).expect(2);
    rename(&["user", "rename", &world.user, "--email", "new@example.com"]).expect(0);
    rename(&["user", "show", "test@example.com"])
        .expect(9)
        .says("there is no user test@example.com")
        .says("tulving user list");
    // By the old address another may come, by the new one nobody.
    world.new_user("test@example.com");
    world
        .run(&["user", "create", "--email", "new@example.com"])
        .expect(9);
    rename(&["tenant", "rename", "driscoll", "--name", "Driscoll & Sons"]).expect(0);
    let shown = world.run(&["tenant", "show", &tenant]).expect(0).stdout;
    assert!(
        shown.contains("Driscoll & Sons") && shown.contains("0 nodes, 0 episodes"),
        "{shown}"
    );
    rename(&["tenant", "rename", &tenant, "--name", " "]).expect(2);
    world.new_tenant("twin");
    world.new_tenant("twin");
    world
        .run(&["tenant", "show", "twin"])
        .expect(9)
        .says("several are called tenant twin");
}
