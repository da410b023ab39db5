//! What a person names to be written is written, and nothing else is lost.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;

use crate::support::{ANN, Desk};

/// Writes SQL to a file; needs no database.
fn sql<'a>(file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let user = ["user", "create", "--email", "ann@example.com", "--sql"];
    [&user[..], &["--output", file], more].concat()
}

#[test]
fn a_file_that_is_there_is_replaced_with_force_alone() {
    let desk = Desk::empty();
    desk.write("there", "precious");
    let refused = desk.run(&sql("there", &[])).expect(2);
    refused
        .says("cannot write there")
        .says("of that name already")
        .says("--force");
    assert_eq!(fs::read(desk.path("there")).unwrap(), b"precious");
    desk.run(&sql("there", &["--force"])).expect(0);
    assert!(
        fs::read_to_string(desk.path("there"))
            .unwrap()
            .starts_with("INSERT")
    );
    // The same again is no loss.
    desk.run(&sql("new", &["--id", ANN])).expect(0);
    desk.run(&sql("new", &["--id", ANN])).expect(0);
    desk.run(&["man", "--out", "pages"]).expect(0);
    desk.run(&["man", "--out", "pages"]).expect(0);
    desk.write("pages/tulving.1", "mine");
    desk.run(&["man", "--out", "pages"])
        .expect(2)
        .says("pages/tulving.1");
    assert_eq!(fs::read(desk.path("pages/tulving.1")).unwrap(), b"mine");
    desk.run(&["man", "--out", "pages", "--force"]).expect(0);
}

#[test]
fn what_cannot_be_written_says_why_and_what_to_do() {
    let desk = Desk::empty();
    fs::create_dir(desk.path("folder")).unwrap();
    symlink("about", desk.path("round")).unwrap();
    symlink("round", desk.path("about")).unwrap();
    symlink("nowhere/file", desk.path("far")).unwrap();
    for (name, why, advice) in [
        (
            "folder",
            "it is a directory",
            "try: name a file in it, such as folder/FILE",
        ),
        ("round", "lead in a circle", "try: name another file"),
        ("no/file", "there is no directory no", "try: mkdir -p no "),
        ("far", "there is no directory", "nowhere "),
        ("new/", "there is no directory new/", "try: mkdir -p new/ "),
    ] {
        desk.run(&sql(name, &["--force"]))
            .expect(2)
            .says(why)
            .says(advice);
    }
    // The advice works.
    fs::create_dir(desk.path("no")).unwrap();
    desk.run(&sql("no/file", &[])).expect(0);
    desk.run(&sql("folder/FILE", &[])).expect(0);
}

#[test]
fn a_link_is_followed_and_a_descriptor_written_to() {
    let desk = Desk::empty();
    symlink("target", desk.path("link")).unwrap();
    desk.run(&sql("link", &[])).expect(0);
    assert!(
        fs::symlink_metadata(desk.path("link"))
            .unwrap()
            .is_symlink()
    );
    assert!(
        fs::read_to_string(desk.path("target"))
            .unwrap()
            .starts_with("INSERT")
    );
    desk.run(&sql("link", &[]))
        .expect(2)
        .says("of that name already");
    let both = desk.run(&sql("/dev/stdout", &["--json"])).expect(0);
    assert!(both.stdout.starts_with("INSERT") && both.stdout.contains("\"file\":\"/dev/stdout\""));
    // A shell's `>` made the file that stdout is; it is not taken for one that is in the way.
    let mut command = desk.command(&sql("/dev/stdout", &[]));
    let file = fs::File::create(desk.path("redirected")).unwrap();
    assert!(command.stdout(file).status().unwrap().success());
    let text = fs::read_to_string(desk.path("redirected")).unwrap();
    assert!(
        text.starts_with("INSERT") && text.lines().count() == 3,
        "{text}"
    );
}

#[test]
fn nothing_is_replaced_in_a_directory_that_cannot_be_synced() {
    const NOBODY: u32 = 65_534;
    let desk = Desk::empty();
    fs::set_permissions(desk.path("."), fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(desk.path("blind")).unwrap();
    desk.write("blind/there", "precious");
    // Files can be made and renamed in it, but it cannot be opened, so it cannot be synced.
    fs::set_permissions(desk.path("blind"), fs::Permissions::from_mode(0o333)).unwrap();
    let mut command = desk.command(&sql("blind/there", &["--force"]));
    // Permissions do not bind root.
    if fs::metadata(desk.path("blind")).is_ok() && fs::read_dir(desk.path("blind")).is_ok() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let ran: crate::support::Ran = command.output().unwrap().into();
    ran.expect(2)
        .says("its directory cannot be synced")
        .says("try: ");
    fs::set_permissions(desk.path("blind"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(fs::read(desk.path("blind/there")).unwrap(), b"precious");
    assert_eq!(fs::read_dir(desk.path("blind")).unwrap().count(), 1);
}

#[test]
fn a_configuration_is_made_where_a_link_leads() {
    let desk = Desk::empty();
    fs::create_dir(desk.path("settings")).unwrap();
    symlink("settings/tulving.yaml", desk.path("config.yaml")).unwrap();
    desk.run(&["init"]).expect(0);
    assert!(
        fs::symlink_metadata(desk.path("config.yaml"))
            .unwrap()
            .is_symlink()
    );
    desk.add("Why?", "Because.");
    let made = fs::read(desk.path("settings/tulving.yaml")).unwrap();
    desk.run(&["init"]).expect(0);
    assert_eq!(fs::read(desk.path("settings/tulving.yaml")).unwrap(), made);
}

#[test]
fn force_is_refused_where_no_file_is_named() {
    let desk = Desk::new();
    for command in [
        &["search", "x"][..],
        &["add", "--question", "x"],
        &["init"],
        &["man"],
        &["user", "create", "--email", "a@example.com", "--sql"],
    ] {
        desk.run(&[command, &["--force"]].concat())
            .expect(2)
            .says("--force replaces a file that is named");
    }
    assert!(desk.ids().is_empty());
}
