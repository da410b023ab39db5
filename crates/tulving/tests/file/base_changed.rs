//! Something else writes to the files of a directory.

use std::fs;

use tulving::backend::Backend as _;
use tulving::backend::file::{FileBackend, FileError};

use super::support::{DIMS, OWNER, World, entry, files, record};

/// Adds a node to the files themselves, as the origin would.
fn append(world: &World, id: &str) {
    let path = world.path("corpus/nodes.json");
    let array = fs::read_to_string(&path).unwrap();
    let open = array.trim_end().strip_suffix(']').unwrap();
    fs::write(&path, format!("{open}, {}]", record(id, ""))).unwrap();
    let path = world.path("vectors/nodes.npy");
    let mut rows = fs::read(&path).unwrap();
    rows.extend([0, 0, 128, 63].repeat(DIMS));
    let count = (rows.len() - 128) / (4 * DIMS);
    rows[..128].copy_from_slice(&tulving::backend::file::npy::header(count as u64, DIMS));
    fs::write(&path, rows).unwrap();
}

#[test]
fn with_nothing_pending_the_change_is_simply_seen() {
    let world = World::folded(2);
    let backend = world.open();
    append(&world, "other");
    assert_eq!(world.ids(&backend), ["m0", "m1", "other"]);
    world.insert(&backend, [5]);
    assert_eq!(world.ids(&world.open()), ["m0", "m1", "m5", "other"]);
}

#[test]
fn with_writes_pending_nothing_is_read_or_written_and_the_files_are_named() {
    let world = World::folded(2);
    let backend = world.open();
    world.insert(&backend, [2]);
    append(&world, "other");
    let there = files(world.root());
    for error in [
        world.try_open().unwrap_err().to_string(),
        world.try_insert(&backend, [3]).unwrap_err().to_string(),
        backend.compact().unwrap_err().to_string(),
    ] {
        for part in ["corpus/nodes.json", "vectors/nodes.npy"] {
            assert!(error.contains(part), "{error}");
        }
    }
    let of_ours =
        |path: &std::path::PathBuf| path.components().any(|part| part.as_os_str() == "tulving");
    let now = files(world.root());
    for (path, content) in there.iter().filter(|(path, _)| !of_ours(path)) {
        assert_eq!(now.get(path), Some(content), "{}", path.display());
    }
}

#[test]
fn rebasing_replays_what_is_pending_and_says_what_became_of_it() {
    let world = World::folded(4);
    let backend = world.open();
    world.insert(&backend, [10, 11]);
    world.delete(&backend, 1);
    let mut changed = entry(2);
    changed.embedding = entry(9).embedding;
    world
        .wait(backend.replace(OWNER, &entry(2).memory, changed.clone()))
        .unwrap();
    drop(backend);
    let log = world.log();
    append(&world, "other");
    append(&world, "m11");
    assert!(matches!(
        world.try_open(),
        Err(FileError::BaseChanged { .. })
    ));
    let done = FileBackend::rebase(world.root()).unwrap();
    let replayed = done.replayed.unwrap();
    assert_eq!((replayed.added, replayed.gone), (1, 0));
    let replaced: Vec<&str> = replayed
        .replaced
        .iter()
        .map(|key| key.id.as_str())
        .collect();
    assert_eq!(replaced, ["m11", "m2"]);
    assert!(replayed.kept.exists() && !log.exists());
    let backend = world.open();
    assert_eq!(
        world.ids(&backend),
        ["m0", "m10", "m11", "m2", "m3", "other"]
    );
    assert_eq!(world.get(&backend, 2), Some(changed));
    assert_eq!(world.get(&backend, 11), Some(entry(11)));
    assert_eq!(
        world.ids_in_file(),
        ["m0", "m2", "m3", "other", "m11", "m10"]
    );
    assert_eq!(backend.pending_bytes().unwrap(), 0);
}

#[test]
fn one_row_more_or_less_is_a_count_mismatch() {
    let world = World::folded(3);
    let path = world.path("vectors/nodes.npy");
    let mut rows = fs::read(&path).unwrap();
    rows.truncate(128 + 2 * 4 * DIMS);
    rows[..128].copy_from_slice(&tulving::backend::file::npy::header(2, DIMS));
    fs::write(&path, rows).unwrap();
    let message = world.try_open().unwrap_err().to_string();
    assert!(message.starts_with("Node count mismatch: "), "{message}");
    assert!(
        message.contains("holds 3") && message.contains("holds 2 vectors"),
        "{message}"
    );
}
