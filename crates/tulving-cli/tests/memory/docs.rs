//! Documents, with memory in files.

use std::fs;

use crate::manuals::{self, Manuals};
use crate::support::{BEN, Desk};

fn on_a_desk(promise: impl FnOnce(&Manuals<'_>)) {
    let desk = Desk::new();
    let command = |args: &[&str]| desk.command(args);
    promise(&Manuals {
        command: &command,
        root: desk.path("."),
    });
    desk.run(&["doctor"]).expect(0);
}

#[test]
fn hits_say_where_they_are_from() {
    on_a_desk(manuals::hits_say_where_they_are_from);
}

#[test]
fn a_folder_is_followed() {
    on_a_desk(manuals::a_folder_is_followed);
}

#[test]
fn a_folder_that_was_moved_is_there_once() {
    on_a_desk(manuals::a_folder_that_was_moved_is_there_once);
}

#[test]
fn what_is_found_by_words_only_is_read_again_when_vectors_can_be_made() {
    on_a_desk(manuals::what_is_found_by_words_only_is_read_again_when_vectors_can_be_made);
}

#[test]
fn bad_files_are_named_and_left_out() {
    on_a_desk(manuals::bad_files_are_named_and_left_out);
}

#[test]
fn one_manual_in_two_forms_is_found_once() {
    on_a_desk(manuals::one_manual_in_two_forms_is_found_once);
}

#[test]
fn neither_crowds_out_the_other() {
    on_a_desk(manuals::neither_crowds_out_the_other);
}

#[test]
fn kills_leave_no_half_documents() {
    on_a_desk(manuals::kills_leave_no_half_documents);
}

#[test]
fn two_forms_at_once_are_as_one() {
    on_a_desk(manuals::two_forms_at_once_are_as_one);
}

#[test]
fn two_at_once_are_as_one() {
    on_a_desk(manuals::two_at_once_are_as_one);
}

#[test]
fn an_unchanged_folder_changes_no_file() {
    let desk = Desk::new();
    fs::create_dir(desk.path("Manuals")).unwrap();
    desk.write("Manuals/a.md", "# A\n\nSome words.");
    desk.run(&["docs", "add", "Manuals"]).expect(0);
    let before = desk.files("data");
    desk.run(&["docs", "sync", "Manuals"]).expect(0);
    assert_eq!(desk.files("data"), before);
}

/// A script whose variable is not set removes nothing.
#[test]
fn an_empty_word_names_no_document() {
    let desk = Desk::new();
    desk.write("a.md", "# A\n\nSome words.");
    desk.run(&["docs", "add", "a.md"]).expect(0);
    let before = desk.files("data");
    desk.run(&["docs", "remove", "", "--yes"]).expect(2);
    desk.run(&["docs", "show", ""]).expect(2);
    assert_eq!(desk.files("data"), before);
}

/// A folder whose disk is not mounted looks like an empty one.
#[test]
fn an_empty_folder_is_not_followed_unasked() {
    let desk = Desk::new();
    fs::create_dir_all(desk.path("Manuals/HR")).unwrap();
    desk.write("Manuals/a.md", "# A\n\nSome words.");
    desk.write("Manuals/HR/b.md", "# B\n\nOther words.");
    desk.run(&["docs", "add", "Manuals"]).expect(0);
    let before = desk.files("data");
    fs::remove_file(desk.path("Manuals/HR/b.md")).unwrap();
    let sync = ["docs", "sync", "Manuals", "--yes", "--json"];
    desk.run(&sync).expect(9).says("--all-gone");
    fs::remove_file(desk.path("Manuals/a.md")).unwrap();
    desk.run(&sync).expect(9);
    assert_eq!(desk.files("data"), before);
    let told = desk.run(&[&sync[..], &["--all-gone"]].concat()).expect(0);
    assert_eq!(told.json()["removed"].as_array().unwrap().len(), 2);
}

/// What a walk passes over is still there.
#[cfg(unix)]
#[test]
fn what_is_hidden_or_behind_a_link_is_not_gone() {
    let desk = Desk::new();
    fs::create_dir_all(desk.path("Manuals/HR")).unwrap();
    for (name, text) in [
        ("a.md", "One."),
        (".named.md", "Two."),
        ("HR/b.md", "Three."),
    ] {
        desk.write(&format!("Manuals/{name}"), text);
    }
    desk.run(&["docs", "add", "Manuals", "Manuals/.named.md"])
        .expect(0);
    fs::rename(desk.path("Manuals/HR"), desk.path("People")).unwrap();
    std::os::unix::fs::symlink(desk.path("People"), desk.path("Manuals/HR")).unwrap();
    let ran = desk.run(&["docs", "sync", "Manuals", "--yes", "--json"]);
    assert_eq!(ran.expect(4).json()["removed"], serde_json::json!([]));
    // Of the two, the one that does go is gone.
    fs::remove_file(desk.path("Manuals/.named.md")).unwrap();
    let ran = desk.run(&["docs", "sync", "Manuals", "--yes", "--json"]);
    let told = ran.expect(4).json();
    assert!(
        told["removed"][0]["path"]
            .as_str()
            .unwrap()
            .ends_with(".named.md")
    );
}

#[test]
fn somebody_elses_directory_takes_no_documents() {
    let desk = Desk::new();
    desk.write("a.md", "# A\n\nSome words.");
    let before = desk.files("data");
    desk.run(&["docs", "add", "a.md", "--user-id", BEN])
        .expect(9);
    assert_eq!(desk.files("data"), before);
}

/// A folder that cannot be looked into is named, and what is known of it stays.
#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_read_is_not_gone() {
    use std::process::Command;
    let desk = Desk::new();
    fs::create_dir_all(desk.path("Manuals/a")).unwrap();
    desk.write("Manuals/a/a.md", "# A\n\nSome words.");
    desk.run(&["docs", "add", "Manuals"]).expect(0);
    // Not even the superuser names a path of more than 4,096 bytes.
    let deep = "d".repeat(250);
    let script = format!(
        "cd Manuals/a && for n in $(seq 18); do mkdir {deep} && cd {deep}; done; echo x > x.md"
    );
    let made = Command::new("bash")
        .args(["-c", &script])
        .current_dir(desk.path("."))
        .status();
    assert!(made.unwrap().success());
    let ran = desk.run(&["docs", "sync", "Manuals", "--json"]).expect(4);
    let told = ran.json();
    assert_eq!(
        (&told["unchanged"], &told["removed"]),
        (&1.into(), &serde_json::json!([]))
    );
    let reason = told["skipped"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("the folder cannot be read"), "{reason}");
    Command::new("bash")
        .args(["-c", "rm -rf Manuals"])
        .current_dir(desk.path("."))
        .status()
        .unwrap();
}
