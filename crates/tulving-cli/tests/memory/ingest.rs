//! Chat exports, with memory in files.

use std::fs;

use serde_json::{Value, json};

use crate::exports::{self, Exports, chat};
use crate::sessions;
use crate::support::Desk;

fn exports_of(desk: &Desk, promise: impl FnOnce(&Exports<'_>)) {
    let command = |args: &[&str]| desk.command(args);
    promise(&Exports {
        command: &command,
        root: desk.path("."),
    });
}

fn on_a_desk(promise: impl FnOnce(&Exports<'_>)) {
    let desk = Desk::new();
    exports_of(&desk, promise);
    desk.run(&["doctor"]).expect(0);
}

#[test]
fn an_export_becomes_memory_once() {
    on_a_desk(exports::an_export_becomes_memory_once);
}

#[test]
fn only_what_both_saw_is_found() {
    on_a_desk(exports::only_what_both_saw_is_found);
}

#[test]
fn a_newer_export_brings_what_is_new() {
    on_a_desk(exports::a_newer_export_brings_what_is_new);
}

#[test]
fn what_was_forgotten_does_not_come_back() {
    on_a_desk(exports::what_was_forgotten_does_not_come_back);
}

#[test]
fn what_was_changed_here_stays() {
    on_a_desk(exports::what_was_changed_here_stays);
}

#[test]
fn the_newest_edition_counts() {
    on_a_desk(exports::the_newest_edition_counts);
}

#[test]
fn an_id_of_another_source_is_refused() {
    on_a_desk(exports::an_id_of_another_source_is_refused);
}

#[test]
fn the_newer_of_two_at_once_wins() {
    on_a_desk(exports::the_newer_of_two_at_once_wins);
}

#[test]
fn kills_leave_no_half_conversation() {
    on_a_desk(exports::kills_leave_no_half_conversation);
}

#[test]
fn what_says_the_same_is_told() {
    on_a_desk(exports::what_says_the_same_is_told);
}

#[test]
fn what_moves_is_no_duplicate() {
    on_a_desk(exports::what_moves_is_no_duplicate);
}

#[test]
fn two_at_once_are_as_one() {
    on_a_desk(exports::two_at_once_are_as_one);
}

#[test]
fn what_was_recalled_is_not_stored_again() {
    on_a_desk(sessions::what_was_recalled_is_not_stored_again);
}

#[test]
fn a_question_of_two_sessions_is_one_memory() {
    on_a_desk(sessions::a_question_of_two_sessions_is_one_memory);
}

/// A second run of an export writes nothing, so other programs that read the files see no change.
#[test]
fn again_no_file_changes() {
    let desk = Desk::new();
    let files = || {
        let mut files = desk.everything();
        // A cache of what was read when, and the list of runs.
        files.retain(|path, _| {
            !path.starts_with(desk.path("data/indexes/tulving"))
                && !path.display().to_string().contains("/journal/run-")
        });
        files
    };
    exports_of(&desk, |exports| {
        let chats = exports::many(1, 2);
        exports.ingest(&chats, &[]);
        let before = files();
        exports.ingest(&chats, &[]);
        assert!(before == files(), "a second run changed files");
        exports.ingest(&exports::many(2, 3), &[]);
        assert!(before != files(), "a newer export changed none");
    });
}

/// A long conversation leaves a memory that can still be compacted and forgotten.
#[test]
fn a_conversation_of_many_megabytes_is_kept_within_the_limit_of_a_record() {
    let desk = Desk::new();
    let long = "The lamp burns on the ladder. ".repeat(40 << 15);
    exports_of(&desk, |exports| {
        let told = exports.ingest(
            &[
                chat("long", 1, &["Tell me all?", &long]),
                chat("short", 1, &["And?", "So."]),
            ],
            &[],
        );
        assert_eq!(told["nodes"]["new"], 2);
    });
    desk.run(&["compact"]).expect(0);
    desk.run(&["forget", "--conversation", "short", "--yes"])
        .expect(0);
    desk.run(&["doctor"]).expect(0);
}

#[test]
fn what_holds_no_chats_says_why() {
    let desk = Desk::new();
    fs::create_dir(desk.path("mixed")).unwrap();
    desk.write("mixed/notes.json", r#"{"a": 1}"#);
    desk.write(
        "mixed/cut.json",
        &json!([chat("owls", 1, &["Who?", "You."])]).to_string()[..150],
    );
    let told = desk.run(&["ingest", "mixed", "--json"]).expect(4).json();
    let reasons: Vec<&Value> = told["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| &file["skipped"])
        .collect();
    assert_eq!(
        reasons,
        [&json!({"cut_off": 1}), &json!({"unrecognised": 1})]
    );
    let ran = desk.run(&["ingest", "mixed"]);
    let ran = ran.expect(4);
    assert!(
        ran.stdout
            .contains("the file ends in the middle of it; download it again"),
        "{}",
        ran.stdout
    );
    desk.write("notes.txt", "no chat");
    desk.write(
        "good.json",
        json!([chat("tides", 1, &["Why?", "The moon."])]).to_string(),
    );
    fs::create_dir(desk.path("empty")).unwrap();
    let named = ["ingest", "empty", "good.json", "notes.txt", "--dry-run"];
    let ran = desk.run(&named).expect(4);
    assert!(
        ran.stdout
            .contains("Without chats:\n  empty\n  notes.txt\n"),
        "{}",
        ran.stdout
    );
    let told = desk
        .run(&[&named[..], &["--json"]].concat())
        .expect(4)
        .json();
    assert_eq!(told["without_chats"], json!(["empty", "notes.txt"]));
    // What lies beside chats in a folder is no reason.
    fs::create_dir(desk.path("both")).unwrap();
    fs::copy(desk.path("good.json"), desk.path("both/good.json")).unwrap();
    fs::copy(
        desk.path("mixed/notes.json"),
        desk.path("both/settings.json"),
    )
    .unwrap();
    desk.run(&["ingest", "both", "--dry-run"]).expect(0);
    let ran = desk.run(&["ingest", "good.json", "absent.zip"]).expect(3);
    assert!(
        ran.stderr.contains("cannot read absent.zip") && ran.stderr.contains("try:"),
        "{}",
        ran.stderr
    );
    assert_eq!(desk.ids(), [""; 0]);
}

/// One that cannot be kept costs the others nothing.
#[test]
fn a_bad_conversation_costs_no_other() {
    let desk = Desk::new();
    exports_of(&desk, |exports| {
        let chats = [
            chat("one", 1, &["First?", "Yes."]),
            json!({"id": "x", "mapping": 7}),
            chat("two", 1, &["Second?", "Yes."]),
        ];
        fs::write(desk.path("chats.json"), json!(chats).to_string()).unwrap();
        let told = exports.json(4, &["ingest", "chats.json"]);
        assert_eq!(told["nodes"]["new"], 2);
    });
}
