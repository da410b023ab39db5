//! A directory whose files are links, as to a larger disk.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use super::support::World;

const LINKED: [&str; 3] = ["corpus/nodes.json", "vectors/nodes.npy", "manifest.json"];

/// Moves the files of a directory elsewhere and puts links in their place.
fn link(world: &World, elsewhere: &Path) {
    for name in LINKED {
        let target = elsewhere.join(name.replace('/', "-"));
        fs::copy(world.path(name), &target).unwrap();
        fs::remove_file(world.path(name)).unwrap();
        symlink(target, world.path(name)).unwrap();
    }
}

#[track_caller]
fn are_links(world: &World) {
    for name in LINKED {
        let found = fs::symlink_metadata(world.path(name)).unwrap();
        assert!(found.is_symlink(), "{name}");
    }
}

/// A folder on another file system than the directory's.
fn another_disk(world: &World) -> tempfile::TempDir {
    let device = |folder: &str| Some(fs::metadata(folder).ok()?.dev());
    let own = fs::metadata(world.root()).unwrap().dev();
    let others = ["/dev/shm", env!("CARGO_TARGET_TMPDIR")];
    let other = others
        .into_iter()
        .find(|folder| device(folder).is_some_and(|device| device != own));
    let other = other.unwrap_or_else(|| {
        panic!("this test needs two file systems: of TMPDIR, and of /dev/shm or target")
    });
    tempfile::tempdir_in(other).unwrap()
}

#[test]
fn are_written_to_on_whatever_file_system_they_lead_to() {
    let world = World::folded(4);
    let there = another_disk(&world);
    link(&world, there.path());
    // One of the pair stays: a commit over two file systems.
    fs::remove_file(world.path("corpus/nodes.json")).unwrap();
    fs::copy(
        there.path().join("corpus-nodes.json"),
        world.path("real.json"),
    )
    .unwrap();
    symlink("../real.json", world.path("corpus/nodes.json")).unwrap();
    let backend = world.open();
    world.insert(&backend, 4..6);
    world.delete(&backend, 1);
    backend.compact().unwrap();
    drop(backend);
    are_links(&world);
    assert!(!world.path("journal/commit.json").exists());
    let json = fs::read_to_string(world.path("real.json")).unwrap();
    assert!(
        json.contains("\"m5\"") && !json.contains("\"m1\""),
        "{json}"
    );
    assert_eq!(world.numbers(&world.open()), [0, 2, 3, 4, 5]);
    // Nothing is left beside them.
    let left: Vec<_> = fs::read_dir(there.path()).unwrap().collect();
    assert_eq!(left.len(), LINKED.len(), "{left:?}");
}

#[test]
fn folders_may_be_links_too() {
    let world = World::folded(4);
    let there = another_disk(&world);
    for name in ["corpus", "vectors", "journal"] {
        let target = there.path().join(name);
        fs::create_dir(&target).unwrap();
        for entry in fs::read_dir(world.path(name)).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, target.join(path.file_name().unwrap())).unwrap();
        }
        fs::remove_dir_all(world.path(name)).unwrap();
        symlink(target, world.path(name)).unwrap();
    }
    let backend = world.open();
    world.insert(&backend, 4..6);
    world.delete(&backend, 1);
    backend.compact().unwrap();
    drop(backend);
    assert_eq!(world.numbers(&world.open()), [0, 2, 3, 4, 5]);
    let json = fs::read_to_string(there.path().join("corpus/nodes.json")).unwrap();
    assert!(json.contains("\"m5\""), "{json}");
}

#[test]
fn are_found_by_a_commit_that_was_interrupted() {
    let world = World::folded(4);
    let there = another_disk(&world);
    link(&world, there.path());
    let backend = world.open();
    world.insert(&backend, 4..6);
    backend.compact().unwrap();
    drop(backend);
    // As it was behind the record: the new files stand beside the true ones, under whole names.
    let renames: Vec<String> = ["vectors-nodes.npy", "corpus-nodes.json"]
        .iter()
        .map(|name| {
            let (path, staged) = (
                there.path().join(name),
                there.path().join(format!("{name}.new")),
            );
            fs::rename(&path, &staged).unwrap();
            fs::write(&path, "old").unwrap();
            let (from, to) = (staged.display(), path.display());
            format!(r#"{{"from":"{from}","to":"{to}","sha256":null}}"#)
        })
        .collect();
    let generation = fs::read_dir(world.path("journal"))
        .unwrap()
        .filter_map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()?
                .to_str()?
                .parse::<u64>()
                .ok()
        })
        .max()
        .unwrap();
    let list = renames.join(",");
    let record = format!(r#"{{"version":1,"generation":{generation},"renames":[{list}]}}"#);
    fs::write(world.path("journal/commit.json"), record).unwrap();
    assert_eq!(world.numbers(&world.open()), [0, 1, 2, 3, 4, 5]);
    are_links(&world);
    assert!(!there.path().join("corpus-nodes.json.new").exists());
}

#[test]
fn that_lead_in_a_circle_are_refused_and_nothing_is_changed() {
    let world = World::folded(2);
    let backend = world.open();
    world.insert(&backend, 2..3);
    let before = fs::read(world.path("corpus/nodes.json")).unwrap();
    fs::rename(world.path("manifest.json"), world.path("kept.json")).unwrap();
    symlink("manifest.json", world.path("manifest.json")).unwrap();
    assert!(backend.compact().is_err());
    assert_eq!(fs::read(world.path("corpus/nodes.json")).unwrap(), before);
    fs::remove_file(world.path("manifest.json")).unwrap();
    fs::rename(world.path("kept.json"), world.path("manifest.json")).unwrap();
    assert_eq!(world.numbers(&world.open()), [0, 1, 2]);
}

#[test]
fn a_file_that_is_folded_keeps_who_may_read_it() {
    let world = World::folded(2);
    for name in ["corpus/nodes.json", "vectors/nodes.npy", "manifest.json"] {
        let mode = fs::Permissions::from_mode(0o600);
        fs::set_permissions(world.path(name), mode).unwrap();
    }
    let backend = world.open();
    world.insert(&backend, 2..4);
    backend.compact().unwrap();
    for name in ["corpus/nodes.json", "vectors/nodes.npy", "manifest.json"] {
        let mode = fs::metadata(world.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_link_under_a_made_up_name_is_not_followed() {
    let world = World::folded(2);
    let backend = world.open();
    world.insert(&backend, 2..4);
    fs::write(world.path("victim"), "precious").unwrap();
    for name in [
        "corpus/nodes.json.new",
        "vectors/nodes.npy.new",
        "journal/commit.json.new",
    ] {
        symlink(world.path("victim"), world.path(name)).unwrap();
    }
    backend.compact().unwrap();
    assert_eq!(fs::read(world.path("victim")).unwrap(), b"precious");
    assert_eq!(world.numbers(&world.open()), [0, 1, 2, 3]);
}
