//! `tulving forget` on files: gone for good, proved, and nothing else touched.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use testkit::corpus::Corpus;

use crate::support::{ANN, BEN, Desk, Ran, ids};

const CANARY: &str = "Does the canary sing in its \"cage\" before the sun is up?";
const CROW: &str = "Does the crow build its nest where nobody looks for it?";

/// The files below a folder that hold these bytes.
fn holding(desk: &Desk, folder: &str, text: &str) -> Vec<String> {
    let found = desk.everything().into_iter().filter(|(path, content)| {
        let content = content.as_deref().unwrap_or_default();
        path.starts_with(desk.path(folder))
            && content.windows(text.len()).any(|it| it == text.as_bytes())
    });
    found.map(|(path, _)| path.display().to_string()).collect()
}

/// Forgets, and gives the certificate that was printed and written.
fn forget(desk: &Desk, args: &[&str]) -> Value {
    let ran = desk.run(&[&["forget", "--yes", "--json"], args].concat());
    let printed = ran.expect(0).json();
    let path = printed["certificate"].as_str().unwrap();
    let written = std::fs::read(desk.path(path)).unwrap();
    let mut printed = printed.clone();
    printed.as_object_mut().unwrap().remove("certificate");
    assert_eq!(serde_json::from_slice::<Value>(&written).unwrap(), printed);
    assert_eq!(printed["absent"], json!(true));
    printed
}

#[test]
fn what_is_forgotten_by_id_is_in_no_file_and_the_rest_stays() {
    let desk = Desk::new();
    let canaries = [
        desk.add(CANARY, "Yes."),
        desk.add(CANARY, "No, it sleeps as long as the cat does."),
    ];
    let crow = desk.add(CROW, "It does.");
    desk.run(&["compact"]).expect(0);
    let late = desk.add(
        CANARY,
        "Only on Sundays, when everybody else is still asleep.",
    );
    let kept = desk.json(&["get", &crow]);
    // What a torn write, a rebase, a killed compaction and the origin's index left behind.
    for (folder, name) in [
        ("journal", "torn-1-99.bin"),
        ("journal", "kept-1.log"),
        ("journal", "7.log.new"),
        ("corpus", "nodes.json.new"),
        ("indexes", "faiss.index"),
    ] {
        std::fs::create_dir_all(desk.path("data").join(folder)).unwrap();
        desk.write(&format!("data/{folder}/{name}"), format!("{CANARY} {late}"));
    }
    desk.write(
        "data/corpus/dedup_index.json",
        json!({"ingested_ids": [canaries[0], crow, "mem_ffffffffffffffff"], "n": 1}).to_string(),
    );
    let args = ["--id", &canaries[0], "--id", &canaries[1], "--id", &late];
    let certificate = forget(&desk, &args);
    assert_eq!(certificate["forgotten"], json!({"nodes": 3, "episodes": 0}));
    assert_eq!(certificate["searched"]["ids"], json!(3));
    assert!(certificate["searched"]["texts"].as_u64().unwrap() >= 3);
    for text in [&CANARY[..26], &late, &canaries[0], &canaries[1]] {
        assert_eq!(holding(&desk, "data", text), [""; 0], "{text}");
    }
    assert_eq!(desk.ids(), [crow.as_str()]);
    assert_eq!(desk.json(&["get", &crow]), kept);
    let ingested = std::fs::read_to_string(desk.path("data/corpus/dedup_index.json")).unwrap();
    let ingested: Value = serde_json::from_str(&ingested).unwrap();
    assert_eq!(
        ingested,
        json!({"ingested_ids": [crow, "mem_ffffffffffffffff"], "n": 1})
    );
    let found = desk.json(&["search", "canary cage", "--mode", "keyword"]);
    assert_eq!(ids(&found["hits"]), [""; 0]);
    // The same again has nothing to do, and another id was never there.
    assert_eq!(forget(&desk, &args)["forgotten"]["nodes"], json!(0));
    desk.run(&["forget", "--yes", "--id", "mem_0000000000000000"])
        .expect(10);
    desk.run(&["doctor"]).expect(0);
}

#[test]
fn a_certificate_names_nothing_of_what_was_forgotten_and_has_its_own_checksum() {
    let desk = Desk::new();
    let id = desk.add(CANARY, "It does.");
    forget(&desk, &["--id", &id, "--certificate", "it.json"]);
    let text = std::fs::read_to_string(desk.path("it.json")).unwrap();
    assert!(!text.contains(&id) && !text.contains("canary"), "{text}");
    let (before, sealed) = text.rsplit_once(",\n  \"sha256\": \"").unwrap();
    let checksum = Sha256::digest(format!("{before}\n}}\n"));
    assert_eq!(sealed, format!("{}\"\n}}\n", tulving::hex(&checksum)));
    // One that is there is replaced only when that is asked for, and before anything is forgotten.
    let crow = desk.add(CROW, "It does.");
    let again = ["forget", "--yes", "--certificate", "it.json"];
    desk.run(&again).expect(2);
    desk.run(&["forget", "--yes", "--certificate", "data/it.json"])
        .expect(2);
    desk.run(&["forget", "--yes", "--certificate", "nowhere/it.json"])
        .expect(2);
    assert_eq!(desk.ids(), [crow]);
    desk.run(&[&again[..], &["--force"]].concat()).expect(0);
}

#[test]
fn everything_that_is_forgotten_leaves_an_empty_memory() {
    let desk = Desk::empty();
    Corpus::new(60).episodes(true).write(&desk.path("data"));
    desk.run(&["init", "--model", "test-model", "--user-id", ANN])
        .expect(0);
    desk.add(CANARY, "It does.");
    let all = desk.ids();
    assert!(all.len() > 60);
    let certificate = forget(&desk, &[]);
    assert_eq!(certificate["selected_by"], json!("everything"));
    assert_eq!(certificate["tombstones"], json!(all.len()));
    for id in &all {
        assert_eq!(holding(&desk, "data", id), [""; 0]);
    }
    let nodes = std::fs::read_to_string(desk.path("data/corpus/nodes.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&nodes).unwrap(), json!([]));
    assert!(desk.path("data/vectors/nodes.npy").exists());
    assert_eq!(desk.ids(), [""; 0]);
    desk.add(CROW, "It does.");
    assert_eq!(desk.ids().len(), 1);
    let ran = desk.run(&["forget", "--yes", "--remove"]).expect(0);
    ran.shows("Proved: nothing is left of it.");
    assert!(!desk.path("data").exists());
}

#[test]
fn nothing_is_forgotten_without_a_word() {
    let desk = Desk::new();
    let id = desk.add(CANARY, "It does.");
    let before = desk.files("data");
    desk.run(&["forget"])
        .expect(2)
        .says("Forget 1 node, 0 episodes of user");
    desk.run(&["forget", "--id", &id, "--conversation", "c", "--yes"])
        .expect(2);
    desk.run(&["forget", "--id", &id, "--remove", "--yes"])
        .expect(2);
    desk.run(&["forget", "--user-id", BEN, "--yes"]).expect(9);
    let counted = desk.json(&["forget", "--dry-run"]);
    assert_eq!(counted["would_forget"], json!({"nodes": 1, "episodes": 0}));
    desk.run(&["forget", "--dry-run", "--tag", "no such"])
        .expect(0)
        .shows("0 nodes, 0 episodes.");
    assert!(desk.files("data") == before, "nothing was confirmed");
    let keys = [("Type forget to go ahead: ", "y\n")];
    let asked = desk.on_terminal(100, &keys, &["forget"]).output().unwrap();
    assert_eq!(
        Ran::from(asked)
            .expect(6)
            .stdout
            .matches("not confirmed")
            .count(),
        1
    );
    assert!(desk.files("data") == before, "yes is not the word");
    let keys = [("Type forget to go ahead: ", "forget\n")];
    let asked = desk.on_terminal(100, &keys, &["forget"]).output().unwrap();
    Ran::from(asked).expect(0).shows("nothing is left of it");
    assert_eq!(desk.ids(), [""; 0]);
}

#[test]
fn a_filter_and_a_conversation_name_what_they_name_elsewhere() {
    let desk = Desk::new();
    for (question, tag) in [(CANARY, "bird"), (CROW, "nest")] {
        desk.run(&["add", "--question", question, "--answer", "a", "--tag", tag])
            .expect(0);
    }
    let listed = desk.json(&["list", "--oldest"]);
    let conversation = listed["memories"][1]["conversation_id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        forget(&desk, &["--tag", "bird"])["forgotten"]["nodes"],
        json!(1)
    );
    assert_eq!(desk.ids().len(), 1);
    let args = ["--conversation", &conversation];
    assert_eq!(forget(&desk, &args)["forgotten"]["nodes"], json!(1));
    assert_eq!(desk.ids(), [""; 0]);
}

#[test]
fn what_memories_that_stay_say_too_is_told_and_not_held_against_it() {
    let desk = Desk::new();
    let [one, other] = [desk.add(CANARY, "a"), desk.add(CANARY, "b")];
    let certificate = forget(&desk, &["--id", &one]);
    assert_eq!(certificate["searched"]["said_by_what_stays"], json!(1));
    assert_eq!(certificate["searched"]["left_over"], json!(0));
    assert_eq!(desk.ids(), [other]);
}

#[test]
fn what_is_found_in_a_file_of_somebody_else_is_no_proof() {
    let desk = Desk::new();
    desk.add(CANARY, "a");
    std::fs::create_dir(desk.path("data/notes")).unwrap();
    desk.write("data/notes/mine.txt", CANARY);
    // However often: what is gone from the memory is looked for until it is gone from there.
    for _ in 0..2 {
        let ran = desk.run(&["forget", "--yes"]).expect(5);
        ran.shows("NOT PROVED")
            .shows("found in notes/mine.txt: 1 of them");
        assert_eq!(desk.ids(), [""; 0]);
    }
    std::fs::remove_file(desk.path("data/notes/mine.txt")).unwrap();
    let certificate = forget(&desk, &[]);
    assert_eq!(certificate["forgotten"]["nodes"], json!(1));
    assert_eq!(certificate["searched"]["texts"], json!(1));
    assert!(!desk.path("data/forgetting.json").exists());
    let nothing = desk.run(&["forget", "--yes"]).expect(0);
    nothing.shows("Nothing was there to be forgotten");
}

#[test]
fn what_a_memory_that_stays_says_too_counts_in_files_of_others() {
    let desk = Desk::new();
    let [one, _other] = [desk.add(CANARY, "a"), desk.add(CANARY, "b")];
    desk.write("data/mine.txt", CANARY);
    desk.run(&["forget", "--yes", "--id", &one])
        .expect(5)
        .shows("found in mine.txt: 1 of them");
}

#[test]
fn a_name_that_holds_an_id_is_found_and_not_told() {
    let desk = Desk::new();
    let id = desk.add(CANARY, "a");
    desk.write(&format!("data/{id}.txt"), "nothing");
    let args = ["forget", "--yes", "--certificate", "it.json"];
    desk.run(&args).expect(5).shows("found in ….txt: 1 of them");
    let written = std::fs::read_to_string(desk.path("it.json")).unwrap();
    assert!(!written.contains(&id), "{written}");
    std::fs::remove_file(desk.path(&format!("data/{id}.txt"))).unwrap();
    // The certificate of what it finishes is replaced.
    desk.run(&args).expect(0);
}

/// What is not the program's own, and cannot be read, keeps nobody from forgetting: it is named as not searched.
#[test]
fn what_is_of_others_and_cannot_be_read_is_named_and_a_link_out_is_not_followed() {
    let desk = Desk::new();
    let id = desk.add(CANARY, "a");
    std::fs::create_dir(desk.path("elsewhere")).unwrap();
    desk.write("elsewhere/mine.txt", CANARY);
    let link = |to: &str, from: &str| {
        std::os::unix::fs::symlink(to, desk.path("data").join(from)).unwrap();
    };
    link("../elsewhere", "out");
    // As `lost+found` is, whoever runs the tests.
    link("loop", "lost+found");
    link("loop", "loop");
    let certificate = forget(&desk, &["--id", &id]);
    assert_eq!(certificate["forgotten"]["nodes"], json!(1));
    assert_eq!(certificate["searched"]["unread"], json!([]));
    let beyond = certificate["beyond_reach"].to_string();
    for what in ["what out leads to", "lost+found: ", "loop: "] {
        assert!(beyond.contains(what), "{what}: {beyond}");
    }
}

/// What is the program's own, and cannot be read, is no proof.
#[test]
fn what_of_its_own_cannot_be_read_is_no_proof() {
    let desk = Desk::new();
    let id = desk.add(CANARY, "a");
    desk.add(CROW, "a");
    desk.run(&["compact"]).expect(0);
    // What is derived is removed, whatever it is; a journal that is not known stays.
    for folder in ["indexes/tulving", "journal"] {
        let link = desk.path("data").join(folder).join("loop");
        std::os::unix::fs::symlink("loop", link).unwrap();
    }
    desk.run(&["forget", "--yes", "--id", &id])
        .expect(5)
        .shows("not searched: journal/loop");
    std::fs::remove_file(desk.path("data/journal/loop")).unwrap();
    forget(&desk, &["--id", &id]);
}

/// Of a message that is one word, a long one is looked for, and a short one is told to be none that is.
#[test]
fn messages_of_one_word_are_looked_for_or_counted() {
    const KEY: &str = "sk-4f9Kq2ZrT7-0123456789abcdef";
    let desk = Desk::new();
    let id = desk.add("password?", KEY);
    desk.write("data/mine.txt", format!("export KEY={KEY}"));
    let ran = desk.run(&["forget", "--yes", "--id", &id]).expect(5);
    ran.shows("found in mine.txt: 1 of them");
    std::fs::remove_file(desk.path("data/mine.txt")).unwrap();
    let searched = forget(&desk, &["--id", &id])["searched"].clone();
    assert_eq!(
        (&searched["texts"], &searched["short_texts"]),
        (&json!(1), &json!(1))
    );
}

/// A conversation that was forgotten may be taken up again: what is said there goes along with a migration.
#[test]
fn what_is_said_anew_in_a_forgotten_conversation_is_no_more_forgotten() {
    let desk = Desk::new();
    let say = |text: &str| {
        let args = [
            "add",
            "--question",
            text,
            "--answer",
            "It does.",
            "--conversation",
            "cage",
        ];
        desk.json(&args)["ids"][0].clone()
    };
    let first = say(CANARY);
    forget(&desk, &["--conversation", "cage"]);
    assert_eq!(say(CROW), first);
    let lines = desk.run(&["export", "--format", "jsonl"]).expect(0).stdout;
    desk.write("lines.jsonl", lines);
    desk.run(&["add", "--jsonl", "lines.jsonl"]).expect(0);
    assert_eq!(
        forget(&desk, &["--conversation", "cage"])["forgotten"]["nodes"],
        json!(1)
    );
    desk.run(&["add", "--jsonl", "lines.jsonl"]).expect(3);
}

/// Whoever is told that something was written finds it afterwards, and of the others none is left.
#[test]
fn no_write_is_lost_to_a_forgetting() {
    let desk = Desk::empty();
    Corpus::new(400).dim(16).write(&desk.path("data"));
    desk.run(&["init", "--model", "test-model", "--user-id", ANN])
        .expect(0);
    // Late writes are none of what is forgotten.
    let until = ["--until", "yesterday"];
    let forgetting = [&["forget", "--yes", "--certificate", "it.json"][..], &until].concat();
    let mut child = desk
        .command(&forgetting)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut written = Vec::new();
    let ended = loop {
        let id = format!("late/{:04}", written.len());
        let add = ["add", "--id", &id, "--question", CROW, "--answer", "a"];
        desk.run(&add).expect(0);
        written.push(id);
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
    };
    assert!(ended.success(), "{ended}");
    let mut there = desk.ids();
    there.sort();
    assert_eq!(there, written);
}

#[test]
fn an_export_to_here_that_was_never_finished_goes_too() {
    let desk = Desk::new();
    let id = desk.add(CANARY, "a");
    let manifest = std::fs::read(desk.path("data/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let user = manifest["owner"]["id"].as_str().unwrap();
    let stage = |scope: &str| {
        std::fs::create_dir_all(desk.path(".data.export/data")).unwrap();
        desk.write(".data.export/data/part.json", CANARY);
        let run = json!({"run_id": ANN, "inputs": {"scope": scope}, "status": "running", "phase": "copy",
            "error": null, "version": "0", "started_at": 0, "updated_at": 0});
        desk.write(".data.export/run.json", run.to_string());
    };
    stage(&format!("user {BEN}"));
    desk.run(&["forget", "--yes", "--id", &id]).expect(5);
    stage(&format!("user {user}"));
    desk.add(CANARY, "b");
    forget(&desk, &[]);
    assert!(!Path::new(&desk.path(".data.export")).exists());
}

/// `TULVING_KILLS` (8) kills: the same command finishes what one that was killed began.
#[test]
fn a_killed_forgetting_is_finished_by_the_same_command() {
    let kills = std::env::var("TULVING_KILLS").map_or(8, |kills| kills.parse().unwrap());
    let begin = || {
        let desk = Desk::empty();
        Corpus::new(500).dim(64).write(&desk.path("data"));
        desk.run(&["init", "--model", "test-model", "--user-id", ANN])
            .expect(0);
        desk.add(CROW, "It does.");
        desk
    };
    let forgetting = ["forget", "--yes", "--until", "yesterday"];
    let desk = begin();
    let begun = Instant::now();
    desk.run(&forgetting).expect(0);
    let mut lasts = begun.elapsed();
    let kept = desk.ids();
    assert_eq!(kept.len(), 1);
    let (mut killed, mut round) = (0, 0);
    while killed < kills {
        assert!(round < 20 * kills, "{killed} kills in {round} rounds");
        round += 1;
        let desk = begin();
        let all = desk.ids();
        let quiet = || Stdio::null();
        let mut child = desk
            .command(&[&forgetting[..], &["--certificate", "first.json"]].concat())
            .stdout(quiet())
            .stderr(quiet())
            .spawn()
            .unwrap();
        std::thread::sleep(lasts.mul_f64(f64::from(round % 8) / 8.0));
        let ended = child.try_wait().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        match ended {
            None => killed += 1,
            // The machine has become faster.
            Some(_) => lasts = lasts.mul_f64(0.8),
        }
        // A memory is there as a whole, or not at all.
        let there = desk.json(&["list", "--oldest", "--limit", "10000"]);
        for memory in there["memories"].as_array().unwrap() {
            assert!(all.contains(&memory["id"].as_str().unwrap().to_owned()));
            if memory["kind"] == json!("node") {
                assert!(!memory["human_content"].as_str().unwrap().is_empty());
            }
        }
        let mut certificate = forget(&desk, &forgetting[2..]);
        assert_eq!(
            certificate["tombstones"],
            json!(all.len() - 1),
            "round {round}"
        );
        // One of the two is about the whole, and looked for all of it.
        if certificate["searched"]["ids"] == json!(0) {
            let first = std::fs::read(desk.path("first.json")).unwrap();
            certificate = serde_json::from_slice(&first).unwrap();
        }
        assert_eq!(certificate["searched"]["ids"], json!(all.len() - 1));
        let counts = certificate["forgotten"].as_object().unwrap().values();
        let counted: u64 = counts.map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(counted, all.len() as u64 - 1, "round {round}");
        let left = desk.ids();
        let gone = all.iter().filter(|id| !left.contains(id));
        let gone: Vec<&String> = gone.collect();
        assert_eq!(gone.len(), all.len() - 1);
        for id in gone.into_iter().step_by(97) {
            assert_eq!(holding(&desk, "data", id), [""; 0], "round {round}");
        }
    }
    println!("{killed} kills in {round} rounds, within {lasts:?}");
}

/// Whichever way it comes: as a file, or as lines.
#[test]
fn a_forgotten_document_comes_back_only_if_that_is_asked_for() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("manuals")).unwrap();
    desk.write("manuals/canaries.md", format!("# Canaries\n\n{CANARY}\n"));
    desk.write("manuals/crows.md", format!("# Crows\n\n{CROW}\n"));
    let added = desk.json(&["docs", "add", "manuals"]);
    let added = added["added"].as_array().unwrap();
    let is_meant = |it: &&Value| it["path"].as_str().unwrap().ends_with("canaries.md");
    let id = added.iter().find(is_meant).unwrap()["id"].as_str().unwrap();
    let exported = desk
        .run(&["export", "--format", "jsonl"])
        .expect(0)
        .stdout
        .clone();
    desk.write("lines.jsonl", exported);
    let certificate = forget(&desk, &["--document", id]);
    assert_eq!(certificate["forgotten_documents"], json!(1));
    assert_eq!(certificate["forgotten"]["chunks"], json!(1));
    assert_eq!(holding(&desk, "data", &CANARY[..26]), [""; 0]);
    let documents = || {
        let listed = desk.json(&["docs", "list"]);
        listed["documents"].as_array().unwrap().len()
    };
    for command in ["add", "sync"] {
        let args = ["docs", command, "manuals", "--yes"];
        desk.run(&args)
            .expect(4)
            .shows("--restore-forgotten brings it back");
    }
    let lines = ["add", "--jsonl", "lines.jsonl"];
    desk.run(&lines).expect(3).says("was forgotten");
    assert_eq!(documents(), 1);
    desk.run(&[&lines[..], &["--restore-forgotten"]].concat())
        .expect(0);
    assert_eq!(documents(), 2);
    forget(&desk, &["--document", id]);
    desk.run(&["docs", "add", "manuals", "--restore-forgotten"])
        .expect(0);
    let again = desk.json(&["docs", "add", "manuals"]);
    assert_eq!((documents(), &again["unchanged"]), (2, &json!(2)));
}

/// Stopped by a signal while it is at work: the same command finishes it, and proves the whole.
#[test]
fn a_forgetting_that_is_stopped_is_finished_by_the_same_command() {
    let desk = Desk::new();
    let id = desk.add(CANARY, "a");
    let crow = desk.add(CROW, "b");
    // Whoever writes keeps it waiting, behind the record of what it is about to erase.
    let writing = std::fs::File::open(desk.path("data/journal/lock")).unwrap();
    writing.lock().unwrap();
    let forgetting = ["forget", "--yes", "--id", &id];
    let child = desk.command(&forgetting).stderr(Stdio::piped()).spawn();
    let child = child.unwrap();
    let begun = Instant::now();
    while !desk.path("data/forgetting.json").exists() {
        assert!(begun.elapsed().as_secs() < 60, "it never began");
        std::thread::yield_now();
    }
    let pid = child.id().to_string();
    let signalled = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert!(signalled.success());
    let stopped = Ran::from(child.wait_with_output().unwrap());
    stopped.expect(6).says("stopped before it was proved");
    drop(writing);
    let certificate = forget(&desk, &forgetting[2..]);
    assert_eq!(certificate["forgotten"]["nodes"], json!(1));
    assert_eq!(certificate["searched"]["ids"], json!(1));
    assert_eq!(holding(&desk, "data", &id), [""; 0]);
    assert_eq!(desk.ids(), [crow]);
}

/// A directory may come from somebody else, and with it a list of what is to be removed.
#[test]
fn a_removal_takes_nothing_outside_of_the_directory() {
    for name in ["../mine.txt", "corpus/../../mine.txt", "/mine.txt"] {
        let desk = Desk::new();
        desk.write("mine.txt", "mine");
        let name = match name.strip_prefix('/') {
            Some(name) => desk.path(name).display().to_string(),
            None => name.to_owned(),
        };
        desk.write(
            "data/removing.json",
            json!(["manifest.json", name]).to_string(),
        );
        desk.run(&["forget", "--yes", "--remove"])
            .expect(3)
            .says("which is not in the directory");
        assert!(desk.path("mine.txt").exists());
        assert!(desk.path("data/manifest.json").exists());
    }
}

/// The removal of a directory that is killed leaves one that says so, and the same command finishes it.
#[test]
fn a_killed_removal_is_finished_by_the_same_command() {
    let desk = Desk::new();
    desk.add(CANARY, "a");
    desk.write("data/mine.txt", "mine");
    // As it is when it is killed after the first file.
    let names = ["manifest.json", "corpus/nodes.json", "journal/lock"];
    desk.write("data/removing.json", json!(names).to_string());
    std::fs::remove_file(desk.path("data/manifest.json")).unwrap();
    let refused = desk.run(&["add", "--question", CROW]);
    assert_ne!(refused.code, Some(0));
    let ran = desk.run(&["forget", "--yes", "--remove"]).expect(0);
    ran.shows("is finished");
    assert!(!desk.path("data/removing.json").exists());
    assert!(desk.path("data/mine.txt").exists());
    let begin = || {
        let desk = Desk::new();
        desk.add(CANARY, "a");
        desk
    };
    let remove = ["forget", "--yes", "--remove"];
    let desk = begin();
    let begun = Instant::now();
    desk.run(&remove).expect(0);
    let lasts = begun.elapsed();
    let mut killed = 0;
    for round in 0..8 {
        let desk = begin();
        let mut child = desk
            .command(&remove)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(lasts.mul_f64(f64::from(round) / 8.0));
        killed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        if desk.path("data").exists() {
            desk.run(&remove).expect(0);
        }
        assert!(!desk.path("data").exists(), "round {round}");
    }
    assert!(killed > 0);
}
