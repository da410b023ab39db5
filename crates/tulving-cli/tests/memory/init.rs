//! `tulving init` makes what is missing and changes nothing that is there.

use std::process::{Command, Stdio};

use serde_json::Value;
use testkit::corpus::Corpus;

use crate::support::{ANN, BEN, Desk, Ran, keys};

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
fn of_many_at_once_one_makes_it_and_all_name_the_same_owner() {
    for round in 0..4 {
        let desk = Desk::empty();
        if round % 2 == 1 {
            Corpus::new(20).dim(8).write(&desk.path("data"));
        }
        let started: Vec<_> = (0..8)
            .map(|_| {
                let mut init = desk.command(&["init", "--json"]);
                init.stdout(Stdio::piped()).stderr(Stdio::piped());
                init.spawn().unwrap()
            })
            .collect();
        let mut owners: Vec<Value> = Vec::new();
        let mut made = 0;
        for child in started {
            let ran = Ran::from(child.wait_with_output().unwrap());
            let told = ran.expect(0).json();
            made += told["created"].as_array().unwrap().len();
            owners.push(told["owner"].clone());
        }
        owners.dedup();
        assert_eq!(owners.len(), 1, "{owners:?}");
        assert_eq!(
            made,
            2 - round % 2,
            "one made the configuration, and one the directory"
        );
        let id = owners[0]["id"].as_str().unwrap();
        for file in ["config.yaml", "data/manifest.json"] {
            let text = std::fs::read_to_string(desk.path(file)).unwrap();
            assert!(text.contains(id), "{file}: {text}");
        }
        desk.run(&["add", "--question", "q"]).expect(0);
    }
}

#[test]
fn of_many_owners_at_once_one_gets_the_directory_and_the_others_are_told_whose_it_is() {
    for _ in 0..4 {
        let desk = Desk::empty();
        let ids: Vec<String> = (1..=8)
            .map(|n| format!("00000000-0000-4000-8000-00000000000{n}"))
            .collect();
        let started: Vec<_> = ids
            .iter()
            .map(|id| {
                let mut init = desk.command(&["init", "--user-id", id]);
                init.stdout(Stdio::piped()).stderr(Stdio::piped());
                init.spawn().unwrap()
            })
            .collect();
        let ran: Vec<Ran> = started
            .into_iter()
            .map(|child| child.wait_with_output().unwrap().into())
            .collect();
        let winner = ran.iter().position(|ran| ran.code == Some(0)).unwrap();
        for (loser, ran) in ran.into_iter().enumerate().filter(|(n, _)| *n != winner) {
            let ran = ran.expect(9);
            let (winner, loser) = (&ids[winner], &ids[loser]);
            ran.says(&format!("belongs to user {winner}, not to user {loser}"));
        }
        let config = std::fs::read_to_string(desk.path("config.yaml")).unwrap();
        assert!(config.contains(&ids[winner]), "{config}");
    }
}

#[test]
fn what_is_refused_is_not_touched() {
    let broken = |desk: &Desk| {
        Corpus::new(20).dim(8).write(&desk.path("data"));
        let nodes = std::fs::read_to_string(desk.path("data/corpus/nodes.json")).unwrap();
        let one_more = nodes.replacen('[', "[{\"id\": \"one too many\"},", 1);
        desk.write("data/corpus/nodes.json", one_more);
    };
    type Make<'m> = &'m dyn Fn(&Desk);
    let cases: [(&str, i32, &str, Make<'_>); 9] = [
        (
            "the manifest of an application",
            9,
            "data holds manifest.json, models, users.csv and no memories",
            &|desk| {
                std::fs::create_dir_all(desk.path("data/models")).unwrap();
                desk.write("data/users.csv", "a,b\n");
                desk.write(
                    "data/manifest.json",
                    r#"{"name": "webapp", "version": "1.2"}"#,
                );
            },
        ),
        (
            "a manifest that is no JSON",
            9,
            "data holds manifest.json and no memories",
            &|desk| {
                std::fs::create_dir(desk.path("data")).unwrap();
                desk.write("data/manifest.json", "Manifest-Version: 1.0\n");
            },
        ),
        (
            "a manifest whose owner is a name",
            9,
            "data holds manifest.json and no memories",
            &|desk| {
                std::fs::create_dir(desk.path("data")).unwrap();
                desk.write("data/manifest.json", r#"{"owner": "alice"}"#);
            },
        ),
        (
            "a dated manifest of something else",
            9,
            "data holds manifest_2.json and no memories",
            &|desk| {
                std::fs::create_dir(desk.path("data")).unwrap();
                desk.write("data/manifest_2.json", r#"{"images": ["a.png"]}"#);
            },
        ),
        (
            "texts in a folder of our name",
            9,
            "data holds corpus and no memories",
            &|desk| {
                std::fs::create_dir_all(desk.path("data/corpus")).unwrap();
                desk.write("data/corpus/moby-dick.txt", "Call me Ishmael.");
            },
        ),
        (
            "somebody's diary",
            9,
            "data holds journal and no memories",
            &|desk| {
                std::fs::create_dir_all(desk.path("data/journal")).unwrap();
                desk.write("data/journal/monday.md", "Rain.");
            },
        ),
        (
            "a file in place of the directory",
            9,
            "it is no directory",
            &|desk| {
                desk.write("data", "");
            },
        ),
        ("more records than vectors", 3, "count mismatch", &broken),
        (
            "a configuration of another program",
            2,
            "config.yaml",
            &|desk| {
                desk.write("config.yaml", "port: 8080\n");
            },
        ),
    ];
    for (what, code, why, make) in cases {
        let desk = Desk::empty();
        make(&desk);
        let before = desk.everything();
        desk.run(&["init"]).expect(code).says(why);
        desk.is_as_it_was(&before, what);
    }
}

#[test]
fn another_directory_is_named_for_what_belongs_to_something_else() {
    let desk = Desk::empty();
    std::fs::create_dir(desk.path("data")).unwrap();
    desk.write("data/users.csv", "a,b\n");
    let refused = desk.run(&["init"]).expect(9);
    refused.says("tulving init --data-dir data/memory");
    desk.run(&["init", "--data-dir", "data/memory"]).expect(0);
    desk.add("q", "a");
    // What any program may have left is in nobody's way.
    let desk = Desk::empty();
    std::fs::create_dir_all(desk.path("data/lost+found")).unwrap();
    desk.write("data/.gitkeep", "");
    desk.run(&["init"]).expect(0);
}

#[test]
fn a_creation_that_was_interrupted_is_begun_again() {
    let desk = Desk::empty();
    std::fs::create_dir_all(desk.path("data/journal")).unwrap();
    std::fs::create_dir_all(desk.path("data/corpus")).unwrap();
    for file in [
        "journal/compact.lock",
        "journal/lock",
        "corpus/nodes.json.new",
    ] {
        desk.write(&format!("data/{file}"), "");
        desk.run(&["config", "show"]).expect(0);
    }
    desk.write("data/corpus/nodes.json", "[]");
    let made = desk.json(&["init"]);
    assert_eq!(made["created"], serde_json::json!(["config.yaml", "data"]));
    desk.add("q", "a");
}

#[test]
fn files_that_lack_their_folders_are_told_how_to_get_them() {
    for commands in [&["init"][..], &["list"], &["doctor"]] {
        let desk = Desk::empty();
        Corpus::new(20).dim(8).write(&desk.path("data"));
        for file in [
            "corpus/nodes.json",
            "corpus/episodes.json",
            "vectors/nodes.npy",
            "vectors/episodes.npy",
        ] {
            let name = file.split('/').next_back().unwrap();
            std::fs::rename(desk.path("data").join(file), desk.path("data").join(name)).unwrap();
        }
        let records = ["nodes.json", "episodes.json"].map(|name| {
            let file = std::fs::read(desk.path("data").join(name)).unwrap();
            let records: Vec<Value> = serde_json::from_slice(&file).unwrap();
            records.len()
        });
        assert!(records[0] == 20 && records[1] > 0, "{records:?}");
        for folder in ["corpus", "vectors"] {
            std::fs::remove_dir_all(desk.path("data").join(folder)).unwrap();
        }
        let _ = std::fs::remove_file(desk.path("data/manifest.json"));
        let before = desk.everything();
        let refused = desk.run(&[commands, &["--json"]].concat());
        desk.is_as_it_was(&before, "refused");
        let told = refused.expect(9).json();
        let hints = match told.get("checks") {
            Some(checks) => checks.as_array().unwrap().clone(),
            None => vec![told["error"].clone()],
        };
        let mut hints = hints.iter().filter_map(|told| told["hint"].as_str());
        let hint = hints.find(|hint| hint.starts_with("mkdir")).unwrap();
        let (command, _) = hint.split_once("   (").unwrap();
        let moved = Command::new("bash")
            .args(["-ec", command])
            .current_dir(desk.path("."))
            .status();
        assert!(moved.unwrap().success(), "{command}");
        desk.run(&["init"]).expect(0);
        assert_eq!(desk.ids().len(), records[0] + records[1]);
    }
}

#[test]
fn files_beside_the_directory_to_be_are_told_how_to_get_into_it() {
    let desk = Desk::empty();
    let from = Desk::empty();
    Corpus::new(20)
        .dim(8)
        .episodes(false)
        .write(&from.path("data"));
    for (folder, name) in [("corpus", "nodes.json"), ("vectors", "nodes.npy")] {
        let file = std::fs::read(from.path("data").join(folder).join(name)).unwrap();
        desk.write(name, file);
    }
    let before = desk.everything();
    let refused = desk.run(&["init"]).expect(9);
    desk.is_as_it_was(&before, "refused");
    let (_, hint) = refused.stderr.split_once("try: ").unwrap();
    let (command, _) = hint.split_once("   (").unwrap();
    let moved = Command::new("bash")
        .args(["-ec", command])
        .current_dir(desk.path("."))
        .status();
    assert!(moved.unwrap().success(), "{command}");
    desk.run(&["init"]).expect(0);
    assert_eq!(desk.ids().len(), 20);
    // A file of that name alone may be anyone's.
    let desk = Desk::empty();
    desk.write("nodes.json", "[]");
    desk.run(&["init"]).expect(0);
}

#[test]
fn who_names_a_folder_of_a_data_directory_is_told_the_directory() {
    let desk = Desk::empty();
    Corpus::new(20).dim(8).write(&desk.path("data"));
    for folder in ["data/corpus", "data/vectors"] {
        let refused = desk.run(&["init", "--data-dir", folder]).expect(9);
        refused.says("try: --data-dir data ");
    }
    desk.run(&["init", "--data-dir", "data"]).expect(0);
}

#[test]
fn files_beside_an_empty_memory_are_found_by_doctor_and_put_in_their_place() {
    let desk = Desk::new();
    let other = Desk::empty();
    Corpus::new(20)
        .dim(8)
        .episodes(false)
        .write(&other.path("data"));
    for (folder, name) in [("corpus", "nodes.json"), ("vectors", "nodes.npy")] {
        let file = std::fs::read(other.path("data").join(folder).join(name)).unwrap();
        desk.write(&format!("data/{name}"), file);
    }
    assert!(desk.ids().is_empty());
    let doctor = desk.json(&["doctor"]);
    let mut checks = doctor["checks"].as_array().unwrap().iter();
    let beside = checks
        .find(|check| check["name"] == "files beside")
        .unwrap();
    let (command, _) = beside["hint"].as_str().unwrap().split_once("   (").unwrap();
    let moved = Command::new("bash")
        .args(["-ec", command])
        .current_dir(desk.path("."))
        .status();
    assert!(moved.unwrap().success(), "{command}");
    assert_eq!(desk.ids().len(), 20);
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

#[test]
fn a_tilde_in_any_path_is_the_home_directory_or_refused() {
    let desk = Desk::empty();
    std::fs::create_dir(desk.path("home")).unwrap();
    let home = desk.path("home");
    let run = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = desk.command(args);
        command.env("HOME", &home).envs(variables.iter().copied());
        Ran::from(command.output().unwrap())
    };
    run(&["init", "--data-dir=~/flag", "--config=~/flag.yaml"], &[]).expect(0);
    run(
        &["init", "--config=./variable.yaml"],
        &[("TULVING_DATA_DIR", "~/variable")],
    )
    .expect(0);
    desk.write("config.yaml", "paths:\n  data_dir: ~/file\n");
    run(&["init"], &[]).expect(0);
    run(&["add", "--jsonl=~/lines.jsonl"], &[])
        .expect(2)
        .says("home/lines.jsonl");
    run(&["man", "--out=~/man"], &[]).expect(0);
    for made in ["flag", "flag.yaml", "variable", "file", "man"] {
        assert!(home.join(made).exists(), "{made}");
    }
    assert!(!desk.path("~").exists());
    // Whose home it is, only a shell knows.
    run(&["init", "--data-dir=~ben/data"], &[])
        .expect(2)
        .says("~ben could be somebody's home");
    desk.write("config.yaml", "paths:\n  data_dir: ~ben/data\n");
    run(&["list"], &[])
        .expect(2)
        .says("config.yaml line 2")
        .says("write the whole path");
    desk.run(&["list", "--data-dir=~/x", "--config=variable.yaml"])
        .expect(2)
        .says("HOME is not set");
}

#[test]
fn an_address_is_refused_where_memory_is_to_be_in_files() {
    let desk = Desk::empty();
    let refused = desk.run(&["init", "--email", "ann@example.com"]).expect(2);
    refused.says("try: tulving init --backend postgres --email 'ann@example.com'");
    assert!(desk.everything().is_empty());
}
