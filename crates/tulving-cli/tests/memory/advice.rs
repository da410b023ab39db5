//! What is printed as advice, pasted as it stands, is about the same memory.

use testkit::corpus::Corpus;

use crate::advised::{advised, paste};
use crate::support::{ANN, BEN, Desk};

#[test]
fn a_configuration_and_a_directory_elsewhere_are_named_in_what_is_advised() {
    let desk = Desk::empty();
    std::fs::create_dir(desk.path("my settings")).unwrap();
    let flags = ["--config", "my settings/own.yaml"];
    let run = |args: &[&str]| desk.run(&[args, &flags[..]].concat());
    let made = run(&["init"]).expect(0);
    let next = made.stdout.lines().filter(|line| line.contains("tulving "));
    for line in next {
        paste(&desk.path("."), &[], line).expect(0);
    }
    let missing = run(&["get", "nothing"]).expect(10);
    assert_eq!(
        advised(&missing),
        "tulving list --config 'my settings/own.yaml'"
    );
    paste(&desk.path("."), &[], advised(&missing))
        .expect(0)
        .shows("Why did the worker hang?");
    assert!(!desk.path("data").exists() && !desk.path("config.yaml").exists());

    let nowhere = desk.run(&["list", "--data-dir", "it's here"]).expect(9);
    let make = nowhere.stderr.split_once("try: ").unwrap().1;
    paste(&desk.path("."), &[], make.split("   (").next().unwrap()).expect(0);
    desk.run(&["list", "--data-dir", "it's here"]).expect(0);
}

#[test]
fn a_second_directory_beside_a_configuration_is_named_in_what_comes_next() {
    let desk = Desk::new();
    let made = desk.run(&["init", "--data-dir", "second"]);
    let made = made.expect(0);
    let next = made
        .stdout
        .lines()
        .find(|line| line.contains("tulving add"));
    paste(&desk.path("."), &[], next.unwrap()).expect(0);
    assert!(desk.ids().is_empty());
    desk.run(&["list", "--data-dir", "second"])
        .expect(0)
        .shows("1 memory");
}

#[test]
fn what_doctor_and_notes_advise_is_about_the_directory_that_was_looked_at() {
    let desk = Desk::new();
    Corpus::new(10)
        .dim(256)
        .episodes(false)
        .write(&desk.path("theirs"));
    let flags = ["--data-dir", "theirs", "--user-id", BEN];
    let run = |args: &[&str]| desk.run(&[args, &flags[..]].concat());
    run(&["init"]).expect(0).shows(&format!(
        "tulving init --model NAME --data-dir theirs --user-id {BEN}"
    ));
    let note = run(&["search", "anything"]).expect(0);
    let name = advised(&note);
    assert!(name.starts_with("tulving init --model "), "{name}");
    let doctor = run(&["doctor", "--json"]).expect(0).json();
    let checks = doctor["checks"].as_array().unwrap();
    let hint = checks.iter().find_map(|check| {
        check["hint"]
            .as_str()
            .filter(|hint| hint.contains("tulving "))
    });
    assert!(hint.unwrap().contains(" --data-dir theirs"), "{doctor}");
    paste(&desk.path("."), &[], name).expect(0);
    let again = run(&["search", "anything"]).expect(0);
    assert!(!again.stderr.contains("by words only"), "{}", again.stderr);
    // An id that is none is not said again.
    let none = desk.run(&["list", "--user-id", "me"]).expect(2);
    none.says("try: tulving user create --email you@example.com   (")
        .says("for memory in files: tulving init, without an id)");
    desk.run(&["list", "--user-id", ANN, "--data-dir", "none"])
        .expect(9)
        .says(&format!("tulving init --data-dir none --user-id {ANN}   ("));
}

#[test]
fn the_lines_that_are_left_are_added_as_the_first_were() {
    let desk = Desk::empty();
    Corpus::new(10)
        .dim(8)
        .episodes(false)
        .user_id(ANN)
        .write(&desk.path("my data"));
    let flags = ["--data-dir", "my data", "--user-id", ANN];
    let run = |args: &[&str]| desk.run(&[args, &flags[..]].concat());
    run(&["init"]).expect(0);
    std::fs::remove_file(desk.path("config.yaml")).unwrap();
    let mut lines: Vec<String> = (1..=1_100)
        .map(|number| format!("{{\"id\":\"n{number}\",\"question\":\"number {number}\"}}\n"))
        .collect();
    // A conversation from elsewhere, behind a thousand that are written.
    lines[1_049] = "{\"id\":\"c\",\"source\":\"slack\",\"messages\":[{\"role\":\"user\",\"content\":\"Why?\"}]}\n".to_owned();
    desk.write("all.jsonl", lines.concat());
    let add = ["add", "--jsonl", "all.jsonl", "--existing", "update"];
    let refused = run(&add).expect(2);
    refused
        .says("all.jsonl, line 1050: ")
        .says(&format!(
            " --data-dir 'my data' --user-id {ANN}   (writes that"
        ))
        .says(
            "try: tail -n +1001 all.jsonl | tulving add --jsonl - --existing update --source-as ",
        );
    let left = paste(&desk.path("."), &[], advised(&refused)).expect(0);
    assert_eq!(left.stdout.lines().count(), 100);

    // What is there already and is another says so, and with what it takes its place.
    lines[1_099] = "{\"id\":\"n7\",\"question\":\"another\"}\n".to_owned();
    desk.write(
        "all.jsonl",
        lines[..1_049]
            .iter()
            .chain(&lines[1_050..])
            .cloned()
            .collect::<String>(),
    );
    let refused = run(&["add", "--jsonl", "all.jsonl", "--source-as", "grok"]).expect(3);
    refused
        .says("line 1099: \"n7\" is there already")
        .says("--existing update");
    let left = paste(&desk.path("."), &[], advised(&refused)).expect(0);
    assert_eq!(left.stdout.lines().count(), 99);
    let changed = run(&["get", "n7"]).expect(0);
    changed.shows("another");
}

#[test]
fn a_conversation_from_elsewhere_is_taken_with_the_flag_that_is_named() {
    let desk = Desk::empty();
    Corpus::new(10)
        .dim(8)
        .episodes(false)
        .write(&desk.path("data"));
    desk.run(&["init", "--user-id", ANN]).expect(0);
    let line = "{\"source\":\"slack\",\"messages\":[{\"role\":\"user\",\"content\":\"Why?\"}]}\n";
    desk.write("c.jsonl", line);
    let refused = desk.run(&["add", "--jsonl", "c.jsonl"]).expect(2);
    let flag = advised(&refused).strip_prefix("the same command with ");
    let flag: Vec<&str> = flag.unwrap().split(' ').collect();
    desk.run(&[&["add", "--jsonl", "c.jsonl"], &flag[..]].concat())
        .expect(0);
}

#[test]
fn an_id_that_is_none_and_is_written_down_is_taken_out_first() {
    let desk = Desk::empty();
    desk.write("own.yaml", "scope:\n  user_id: me\n");
    let refused = desk.run(&["init", "--config", "own.yaml"]).expect(2);
    let (first, then) = advised(&refused).split_once(", then ").unwrap();
    assert_eq!(first, "take it out of own.yaml line 2");
    assert!(then.starts_with("tulving user create "), "{then}");
    let (_, files) = refused.stderr.split_once("for memory in files: ").unwrap();
    let (make, _) = files.split_once(", without").unwrap();
    paste(&desk.path("."), &[], make).expect(2);
    desk.write("own.yaml", "paths: { data_dir: here }\n");
    paste(&desk.path("."), &[], make).expect(0);
    desk.run(&["list", "--config", "own.yaml"]).expect(0);
    let variable = paste(&desk.path("."), &[("TULVING_TENANT_ID", "we")], make);
    variable
        .expect(2)
        .says("try: take it out of TULVING_TENANT_ID, then tulving tenant create ");
}

/// What doctor has to say of a directory, and what it advises.
fn hints(desk: &Desk) -> Vec<String> {
    let doctor = desk.run(&["doctor", "--deep", "--json"]).json();
    let checks = doctor["checks"].as_array().unwrap().iter();
    checks
        .filter_map(|check| Some(check["hint"].as_str()?.to_owned()))
        .collect()
}

#[test]
fn what_doctor_advises_of_files_heals() {
    use std::os::unix::fs::PermissionsExt as _;

    type Harm = fn(&Desk);
    fn mode(desk: &Desk, mode: u32) {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(desk.path("my data"), mode).unwrap();
    }
    let harms: [(&str, Harm); 4] = [
        ("chmod go-rwx", |desk| mode(desk, 0o755)),
        ("chmod -R go-rwx", |desk| mode(desk, 0o777)),
        ("rm ", |desk| {
            let indexes = desk.path("my data/indexes/tulving");
            for file in std::fs::read_dir(indexes).unwrap() {
                let file = file.unwrap().path();
                let name = file.file_name().unwrap().to_string_lossy();
                if name.contains("-words-") {
                    let mut bytes = std::fs::read(&file).unwrap();
                    let middle = bytes.len() / 2;
                    bytes[middle] ^= 1;
                    std::fs::write(&file, bytes).unwrap();
                }
            }
        }),
        ("tulving compact --rebase", |desk| {
            desk.add("Not folded in?", "No.");
            let nodes = desk.path("my data/corpus/nodes.json");
            let mut text = std::fs::read(&nodes).unwrap();
            text.push(b'\n');
            std::fs::write(nodes, text).unwrap();
        }),
    ];
    let desk = Desk::empty();
    desk.run(&["init", "--data-dir", "my data"]).expect(0);
    desk.add("Why did the worker hang?", "The pool was exhausted.");
    desk.run(&["compact"]).expect(0);
    desk.run(&["search", "worker"]).expect(0);
    assert_eq!(hints(&desk), [""; 0]);
    for (advice, harm) in harms {
        harm(&desk);
        let told = hints(&desk);
        assert_eq!(told.len(), 1, "{advice}: {told:?}");
        assert!(told[0].starts_with(advice), "{advice}: {told:?}");
        let command = told[0].split("   (").next().unwrap();
        paste(&desk.path("."), &[], command).expect(0);
        desk.run(&["search", "worker"]).expect(0);
        // What was kept aside is there until somebody removes it.
        for kept in hints(&desk) {
            assert!(kept.starts_with("rm "), "{advice}: {kept}");
            paste(&desk.path("."), &[], kept.split("   (").next().unwrap()).expect(0);
        }
        assert_eq!(hints(&desk), [""; 0], "{advice}");
    }
}
