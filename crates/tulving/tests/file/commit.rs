//! A commit that is interrupted after any of its steps.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::support::{World, files};

/// A directory as it is right behind the commit record, and the steps that were left to do.
fn interrupted() -> (World, Vec<(String, String)>) {
    let world = World::folded(4);
    let backend = world.open();
    world.insert(&backend, 4..6);
    world.delete(&backend, 1);
    drop(backend);
    let before = files(world.root());
    world.open().compact().unwrap();
    let after = files(world.root());

    // Taken apart again: the old files have their names, the new ones stand aside.
    let mut renames = Vec::new();
    for name in [
        "vectors/nodes.npy",
        "corpus/nodes.json",
        "manifest.json",
        "journal/3.log",
    ] {
        let (path, staged) = (world.path(name), world.path(&format!("{name}.new")));
        fs::write(&staged, &after[&path]).unwrap();
        match before.get(&path) {
            Some(content) => fs::write(&path, content).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        renames.push((format!("{name}.new"), name.to_owned()));
    }
    let old = world.path("journal/2.log");
    fs::write(&old, &before[&old]).unwrap();
    let list: Vec<String> = renames
        .iter()
        .map(|(from, to)| format!(r#"{{"from":"{from}","to":"{to}","sha256":null}}"#))
        .collect();
    let record = format!(
        r#"{{"version":1,"generation":3,"renames":[{}]}}"#,
        list.join(",")
    );
    fs::write(world.path("journal/commit.json"), record).unwrap();
    (world, renames)
}

#[test]
fn is_finished_by_whoever_opens_the_directory_next() {
    let steps = interrupted().1.len();
    for done in 0..=steps {
        let (world, renames) = interrupted();
        for (from, to) in &renames[..done] {
            fs::rename(world.path(from), world.path(to)).unwrap();
        }
        let backend = world.open();
        assert_eq!(
            world.numbers(&backend),
            [0, 2, 3, 4, 5],
            "after {done} steps"
        );
        assert_eq!(world.ids_in_file(), ["m0", "m2", "m3", "m4", "m5"]);
        assert!(!world.path("journal/commit.json").exists());
        assert!(!world.path("journal/2.log").exists());
        world.insert(&backend, [9]);
        assert_eq!(world.numbers(&world.open()), [0, 2, 3, 4, 5, 9]);
    }
}

#[test]
fn of_a_newer_program_is_left_to_that_one() {
    let (world, _) = interrupted();
    let (record, hidden) = (
        world.path("journal/commit.json"),
        world.path("journal/hidden"),
    );
    fs::rename(&record, &hidden).unwrap();
    let backend = world.open();
    assert_eq!(world.numbers(&backend), [0, 2, 3, 4, 5]);
    fs::rename(&hidden, &record).unwrap();
    let manifest = fs::read_to_string(world.path("manifest.json")).unwrap();
    let newer = manifest.replace("\"format\": 2", "\"format\": 4");
    assert_ne!(newer, manifest);
    fs::write(world.path("manifest.json"), newer).unwrap();
    let before = files(world.root());
    // Whether the directory was open already or not.
    let refused = world.try_insert(&backend, [9]).unwrap_err().to_string();
    assert!(refused.contains("version 4"), "{refused}");
    world.try_open().unwrap_err();
    assert_eq!(files(world.root()), before);
}

#[test]
fn is_read_through_by_who_may_not_write() {
    let steps = interrupted().1.len();
    for done in 0..=steps {
        let (world, renames) = interrupted();
        for (from, to) in &renames[..done] {
            fs::rename(world.path(from), world.path(to)).unwrap();
        }
        // Somebody else is at work on it, for all that this process can tell.
        let lock = world.path("journal/lock");
        let held = fs::File::create(&lock).unwrap();
        held.lock().unwrap();
        assert_eq!(
            world.numbers(&world.open()),
            [0, 2, 3, 4, 5],
            "after {done} steps"
        );
        assert!(world.path("journal/commit.json").exists());
    }
}

#[test]
fn files_that_are_staged_without_a_record_do_not_count() {
    let (world, _) = interrupted();
    fs::remove_file(world.path("journal/commit.json")).unwrap();
    assert_eq!(world.numbers(&world.open()), [0, 2, 3, 4, 5]);
    let backend = world.open();
    backend.compact().unwrap();
    assert_eq!(world.ids_in_file(), ["m0", "m2", "m3", "m4", "m5"]);
    assert!(!world.path("corpus/nodes.json.new").exists());
}

#[test]
fn a_directory_that_cannot_be_written_can_be_read() {
    let world = World::folded(3);
    fs::remove_dir_all(world.path("indexes")).unwrap();
    let set = |mode| {
        for folder in ["", "journal", "corpus", "vectors"] {
            let path = world.path(folder);
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    set(0o555);
    let read = world.try_open().map(|backend| world.numbers(&backend));
    set(0o755);
    assert_eq!(read.unwrap(), [0, 1, 2]);
}
