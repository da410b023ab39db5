//! What is printed as advice, pasted as it stands, is about the same memory of the same database.

use testkit::corpus::Corpus;

use crate::advised::{advised, paste};
use crate::support::{Ran, World};

#[test]
fn from_a_database_without_tables_to_a_proof_by_what_is_advised_alone() {
    let world = World::new();
    let here = world.directory.path();
    Corpus::new(12)
        .dim(1024)
        .user_id("018f4a52-9d1e-7c3a-8b6f-5e4d3c2b1a09")
        .write(&world.path("my data"));
    std::fs::create_dir(world.path("its")).unwrap();
    std::fs::write(
        world.path("its/own.yaml"),
        "memory: { postgres: { pool_size: 2 } }\n",
    )
    .unwrap();
    let environment = [("DATABASE_URL", world.database.url())];
    let paste = |line: &str| paste(here, &environment, line);
    let id = uuid::Uuid::new_v4().to_string();
    let flags = [
        "--config",
        "its/own.yaml",
        "--schema",
        "My Schema",
        "--data-dir",
        "my data",
        "--tenant-id",
        &id,
    ];
    let run = |args: &[&str]| world.run(&[args, &flags[..]].concat());
    let migrate = ["migrate", "--restamp", "--yes"];
    for (advice, told) in [
        ("tulving schema apply", "My Schema"),
        ("tulving tenant create", "\n"),
    ] {
        let lacking = run(&migrate).expect(9);
        let (_, command) = lacking.stderr.split_once(advice).unwrap();
        let command = command.lines().next().unwrap();
        paste(&format!("{advice}{command}")).expect(0).shows(told);
    }
    let again = run(&migrate).expect(0);
    paste(below(&again, "To prove it again"))
        .expect(0)
        .shows("Verified");

    // In the schema that is named, and not in the one that would be found.
    world
        .database
        .batch("DELETE FROM \"My Schema\".memory_nodes");
    let lacks = run(&["verify", "--restamp"]).expect(5);
    let doctor = run(&["doctor", "--backend", "postgres", "--json"])
        .expect(5)
        .json();
    let checks = doctor["checks"].as_array().unwrap();
    let hint = checks.iter().find_map(|check| {
        check["hint"]
            .as_str()
            .filter(|hint| hint.contains("--rebuild"))
    });
    let hint = hint.unwrap_or_else(|| panic!("{doctor}"));
    paste(&format!(
        "{} --yes",
        below(&lacks, "To put the source's rows")
    ))
    .expect(0);
    paste(hint.split("   (").next().unwrap()).expect(0);
    run(&["doctor", "--backend", "postgres"]).expect(0);
    let gone = run(&["get", "nothing", "--backend", "postgres"]).expect(10);
    paste(advised(&gone)).expect(0).shows("14 memories");
}

#[test]
fn the_configuration_that_is_made_names_the_schema() {
    let world = World::new();
    let schema = ["--schema", "its own $1"];
    world
        .run(&[&["schema", "apply"], &schema[..]].concat())
        .expect(0);
    let init = ["init", "--backend", "postgres", "--email", "a@example.com"];
    world.run(&[&init[..], &schema].concat()).expect(0);
    world.run(&["add", "--question", "where?"]).expect(0);
    let there = "SELECT count(*) FROM \"its own $1\".memory_nodes";
    assert_eq!(world.database.scalar(there), "1");
}

/// The line below the one that begins so.
#[track_caller]
fn below<'r>(ran: &'r Ran, beginning: &str) -> &'r str {
    let mut lines = ran.stdout.lines();
    let found = lines.find(|line| line.starts_with(beginning));
    assert!(found.is_some(), "{}", ran.stdout);
    lines.next().unwrap()
}
