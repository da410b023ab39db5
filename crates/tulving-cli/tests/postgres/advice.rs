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

/// A directory that names its owner itself, moved, and no configuration.
fn moved() -> World {
    let world = World::new();
    let corpus = Corpus::new(12).dim(8).episodes(false);
    world.corpus(&corpus.user_id(&world.user));
    world.run(&["init", "--user-id", &world.user]).expect(0);
    let migrate = ["migrate", "--model", "my model", "--receipt", "r.json"];
    world.run(&[&migrate[..], &["--yes"]].concat()).expect(0);
    std::fs::remove_file(world.path("config.yaml")).unwrap();
    world
}

impl World {
    #[track_caller]
    fn paste(&self, line: &str) -> Ran {
        let line = line.split("   (").next().unwrap();
        paste(
            self.directory.path(),
            &[("DATABASE_URL", self.database.url())],
            line,
        )
    }

    /// What a check of doctor's advises.
    #[track_caller]
    fn hint(&self, args: &[&str], check: &str) -> String {
        let asked = [&["doctor", "--json"], args].concat();
        let doctor = Ran::from(self.command(&asked).output().unwrap()).json();
        let checks = doctor["checks"].as_array().unwrap();
        let check = checks.iter().find(|found| found["name"] == check).unwrap();
        let hint = check["hint"].as_str();
        hint.unwrap_or_else(|| panic!("{doctor}")).to_owned()
    }
}

#[test]
fn what_parity_advises_names_the_owner_that_the_directory_alone_knows() {
    let world = moved();
    let parity = ["doctor", "--parity", "--questions", "5"];
    let hint = || world.hint(&parity[1..], "parity");
    world.run(&parity).expect(0);
    world.run(&["add", "--question", "One more?"]).expect(0);
    world
        .paste(&format!("{} --yes", hint().split("   (").next().unwrap()))
        .expect(0);
    world.run(&parity).expect(0);

    let there = ["--backend", "postgres", "--user-id", &world.user];
    let add = ["add", "--question", "Only there?"];
    world.run(&[&there, &add[..]].concat()).expect(0);
    world.paste(&hint()).expect(0).shows("Only there?");
    world
        .run(
            &[
                &there[..],
                &[
                    "delete",
                    "--yes",
                    &world
                        .column("SELECT id FROM memory_nodes WHERE human_content = 'Only there?'")
                        [0],
                ],
            ]
            .concat(),
        )
        .expect(0);
    world.run(&parity).expect(0);

    // Where the memories are the same, what search reads is not.
    world.database.batch("UPDATE scope_kinds SET memories = 1");
    let hint = hint();
    let (verify, rebuild) = hint.split_once("; where it finds none, ").unwrap();
    world.paste(verify).expect(0);
    world.paste(rebuild).expect(0);
    world.run(&parity).expect(0);
}

#[test]
fn what_is_advised_of_files_is_about_files_where_memory_is_in_a_database() {
    let world = moved();
    world
        .run(&["add", "--question", "Not folded in?"])
        .expect(0);
    let nodes = world.path("data/corpus/nodes.json");
    let mut text = std::fs::read_to_string(&nodes).unwrap();
    text.push('\n');
    std::fs::write(&nodes, text).unwrap();
    let config = format!(
        "memory: {{ backend: postgres }}\nscope: {{ user_id: {} }}\n",
        world.user
    );
    std::fs::write(world.path("config.yaml"), config).unwrap();
    let migrate = ["migrate", "--model", "my model", "--yes"];
    let told = advised(&world.run(&migrate).expect(9)).to_owned();
    assert_eq!(told, "tulving compact --rebase --backend file");
    assert_eq!(advised(&world.run(&["verify"]).expect(9)), told);
    let hint = world.hint(&["--parity"], "parity");
    assert_eq!(hint.split("   (").next(), Some(&*told));
    world.paste(&told).expect(0);
    world.run(&migrate).expect(0);
    world.run(&["verify"]).expect(0);

    let nowhere = world.hint(&["--parity", "--data-dir", "nowhere"], "parity");
    world.paste(&nowhere).expect(0);
    assert!(world.path("nowhere/manifest.json").exists());
}

#[test]
fn rows_are_put_back_with_the_model_and_what_else_the_receipt_knows() {
    let world = moved();
    let lost = || world.database.batch("DELETE FROM memory_nodes");
    lost();
    let unnamed = world.run(&["verify"]).expect(5);
    let put = below(&unnamed, "To put the source's rows");
    let put = put.split("   (").next().unwrap();
    let named = put.replace(" NAME", " 'my model'");
    assert_ne!(named, put);
    world.paste(&format!("{named} --yes")).expect(0);
    world.run(&["verify"]).expect(0);
    lost();
    let known = world.run(&["verify", "--against", "r.json"]).expect(5);
    let put = below(&known, "To put the source's rows");
    world.paste(&format!("{put} --yes")).expect(0);
    world.run(&["verify", "--against", "r.json"]).expect(0);
}

#[test]
fn a_part_that_was_moved_is_proved_again_as_a_part() {
    let world = World::new();
    world.corpus(&Corpus::new(12).dim(8));
    let only = ["migrate", "--user-id", &world.user, "--model", "m"];
    let only = world.run(&[&only[..], &["--only", "nodes", "--yes"]].concat());
    let only = only.expect(0);
    world.paste(below(&only, "To prove it again")).expect(0);
    world.database.batch("DELETE FROM memory_nodes");
    let lacks = world.paste(below(&only, "To prove it again")).expect(5);
    let put = below(&lacks, "To put the source's rows");
    world.paste(&format!("{put} --yes")).expect(0);
    world.paste(below(&only, "To prove it again")).expect(0);
    assert_eq!(
        world
            .database
            .scalar("SELECT count(*) FROM episodic_memories"),
        "0"
    );
}

#[test]
fn numbers_that_are_used_up_begin_anew() {
    let world = moved();
    let there = ["--backend", "postgres", "--user-id", &world.user];
    let run = |args: &[&str]| world.run(&[&there, args].concat());
    world
        .database
        .batch("UPDATE scope_kinds SET next = 2147483645 WHERE kind = 'node'");
    let add = ["add", "--question", "zanzibar"];
    run(&add).expect(0);
    let full = run(&add).expect(9);
    full.says("has no number left for new nodes");
    world.paste(advised(&full)).expect(0);
    run(&add).expect(0);
    let found = run(&["search", "zanzibar", "--mode", "keyword", "--json"]);
    assert_eq!(found.expect(0).json()["hits"].as_array().unwrap().len(), 2);
    run(&["doctor", "--deep"]).expect(0);
}

#[test]
fn counts_that_an_owner_lacks_are_put_back() {
    let world = moved();
    let there = ["--backend", "postgres", "--user-id", &world.user];
    let run = |args: &[&str]| world.run(&[&there, args].concat());
    for lost in ["WHERE kind = 'node'", ""] {
        let delete = format!("DELETE FROM scope_kinds {lost}");
        world.database.batch(&delete);
        let lacks = run(&["list"]).expect(5);
        run(&["add", "--question", "zanzibar"]).expect(5);
        world.paste(advised(&lacks)).expect(0);
        run(&["list"]).expect(0).shows("12 memories");
    }
}

/// The line below the one that begins so.
#[track_caller]
fn below<'r>(ran: &'r Ran, beginning: &str) -> &'r str {
    let mut lines = ran.stdout.lines();
    let found = lines.find(|line| line.starts_with(beginning));
    assert!(found.is_some(), "{}", ran.stdout);
    lines.next().unwrap()
}
