//! The journal is folded into the origin's files.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tulving::backend::file::FileBackend;
use tulving::backend::{Backend as _, Draft, Filter};
use tulving::model::{Key, Kind, Memory, Timestamp};

use super::support::{OWNER, World, entry, episode, record, space, write_nodes};

#[test]
fn what_was_there_stays_to_the_byte_and_what_is_new_follows() {
    let world = World::bare();
    let records = [
        record("a", r#", "odd": NaN"#),
        record("b", r#", "n": 1.10"#),
        record("c", ""),
    ];
    write_nodes(world.root(), &records);
    let backend = FileBackend::claim(world.root(), OWNER, Some(&space())).unwrap();
    world.insert(&backend, [7, 3]);
    let key = |id: &str| Key::new(Kind::Node, id);
    world.wait(backend.delete(OWNER, &[key("b")])).unwrap();
    let at = Timestamp::from_micros(5).unwrap();
    world.wait(backend.touch(OWNER, &[key("c")], at)).unwrap();
    let done = backend.compact().unwrap();
    assert!(done.folded > 0 && done.replayed.is_none());
    assert_eq!(world.ids_in_file(), ["a", "c", "m7", "m3"]);
    let written = fs::read_to_string(world.path("corpus/nodes.json")).unwrap();
    assert!(
        written.starts_with(&format!("[\n  {}", records[0])),
        "{written}"
    );
    assert!(written.contains("\n  {\n    \"id\": \"m7\","), "{written}");
    assert!(written.contains("\"access_count\": 1"), "{written}");
    let vectors = fs::read(world.path("vectors/nodes.npy")).unwrap();
    let numbers: Vec<f32> = vectors[128..]
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
        .collect();
    let rows: Vec<f32> = numbers.chunks_exact(4).map(|row| row[0]).collect();
    assert_eq!(rows, [1.0, 3.0, 8.0, 4.0]);
    let found = world.get(&world.open(), 7).unwrap();
    assert_eq!(found.embedding, entry(7).embedding);
    assert_eq!(backend.compact().unwrap().folded, 0);
}

#[test]
fn a_replaced_memory_keeps_its_place() {
    let world = World::folded(3);
    let backend = world.open();
    let mut new = entry(1);
    let Memory::Node(node) = &mut new.memory else {
        panic!("not a node")
    };
    node.assistant_content = "Another.".to_owned();
    new.embedding = None;
    world
        .wait(backend.replace(OWNER, &entry(1).memory, new.clone()))
        .unwrap();
    backend.compact().unwrap();
    assert_eq!(world.ids_in_file(), ["m0", "m1", "m2"]);
    assert_eq!(world.get(&world.open(), 1), Some(new));
}

#[test]
fn how_often_a_memory_was_recalled_outlives_replacing_and_folding() {
    let world = World::bare();
    // It says nothing of its use, as older data does.
    write_nodes(world.root(), &[record("a", ""), record("b", "")]);
    let backend = FileBackend::claim(world.root(), OWNER, Some(&space())).unwrap();
    let keys = ["a", "b"].map(|id| Key::new(Kind::Node, id));
    let get = |backend: &FileBackend| world.wait(backend.get(OWNER, &keys)).unwrap();
    for seconds in 1..4 {
        let at = Timestamp::from_micros(seconds * 1_000_000).unwrap();
        world.wait(backend.touch(OWNER, &keys, at)).unwrap();
    }
    let old = get(&backend)[0].clone().unwrap();
    let mut new = old.clone();
    let Memory::Node(node) = &mut new.memory else {
        panic!("not a node")
    };
    node.assistant_content = "Another.".to_owned();
    world
        .wait(backend.replace(OWNER, &old.memory, new))
        .unwrap();
    for _ in 0..3 {
        for entry in get(&backend) {
            let Some(Memory::Node(node)) = entry.map(|entry| entry.memory) else {
                panic!("not a node")
            };
            assert_eq!(node.access_count, 3, "{}", node.id);
            assert_eq!(node.last_accessed.unwrap().micros(), 3_000_000);
        }
        backend.compact().unwrap();
    }
}

#[test]
fn a_journal_that_has_grown_large_is_folded_by_itself() {
    let world = World::folded(1);
    let backend = world.open();
    let large = |number: u64| {
        let mut large = entry(number);
        let Memory::Node(node) = &mut large.memory else {
            panic!("not a node")
        };
        node.assistant_content = "x".repeat(3 << 20);
        Draft::Whole(large)
    };
    for number in 1..4 {
        let written = world.wait(backend.insert(OWNER, vec![large(number)]));
        written.unwrap();
    }
    // Who ends right after the last write was acknowledged has folded it first.
    drop(backend);
    assert_eq!(world.ids_in_file(), ["m0", "m1", "m2", "m3"]);
    assert_eq!(world.open().pending_bytes().unwrap(), 0);
}

#[test]
fn clusters_point_at_the_same_nodes_afterwards() {
    let world = World::bare();
    let records = ["a", "b", "c", "d"].map(|id| {
        let cluster = if id == "d" { -1 } else { 4 };
        record(id, &format!(r#", "cluster_id": {cluster}"#))
    });
    write_nodes(world.root(), &records);
    fs::create_dir_all(world.path("indexes")).unwrap();
    fs::write(
        world.path("indexes/clusters.json"),
        r#"{"4": [0, 1, 2], "-1": [3]}"#,
    )
    .unwrap();
    fs::write(world.path("indexes/faiss.index"), "positions").unwrap();
    let backend = FileBackend::claim(world.root(), OWNER, Some(&space())).unwrap();
    let key = Key::new(Kind::Node, "a");
    world.wait(backend.delete(OWNER, &[key])).unwrap();
    backend.compact().unwrap();
    let clusters = fs::read_to_string(world.path("indexes/clusters.json")).unwrap();
    assert_eq!(clusters, r#"{"-1":[2],"4":[0,1]}"#);
    let manifest = fs::read_to_string(world.path("manifest.json")).unwrap();
    assert!(manifest.contains(r#""n_clusters": 1"#), "{manifest}");
    assert!(!world.path("indexes/faiss.index").exists());
    assert!(world.path("indexes/faiss.index.outdated").exists());
}

#[test]
fn the_first_episodes_get_files_of_their_own() {
    let world = World::new();
    let backend = world.open();
    world
        .wait(backend.insert(OWNER, vec![Draft::Whole(episode("e1"))]))
        .unwrap();
    backend.compact().unwrap();
    assert!(world.path("corpus/episodes.json").exists());
    let found = world.wait(world.open().get(OWNER, &[Key::new(Kind::Episode, "e1")]));
    assert_eq!(found.unwrap(), [Some(episode("e1"))]);
}

#[test]
fn layout_1_keeps_its_names_and_gets_one_for_episodes() {
    let world = World::bare();
    write_nodes(world.root(), &[record("a", "")]);
    fs::create_dir_all(world.path("memory_nodes")).unwrap();
    fs::rename(
        world.path("corpus/nodes.json"),
        world.path("memory_nodes/n1.json"),
    )
    .unwrap();
    fs::rename(
        world.path("vectors/nodes.npy"),
        world.path("vectors/v1.npy"),
    )
    .unwrap();
    fs::remove_dir(world.path("corpus")).unwrap();
    let manifest = r#"{"files": {"nodes_file": "n1.json", "node_embeddings_file": "v1.npy"}}"#;
    fs::write(world.path("manifest_20240101.json"), manifest).unwrap();
    let backend = FileBackend::claim(world.root(), OWNER, Some(&space())).unwrap();
    world.insert(&backend, [0]);
    let draft = Draft::Whole(episode("e1"));
    world.wait(backend.insert(OWNER, vec![draft])).unwrap();
    backend.compact().unwrap();
    assert!(!world.path("manifest.json").exists());
    let nodes = fs::read_to_string(world.path("memory_nodes/n1.json")).unwrap();
    assert!(nodes.contains("\"m0\""));
    let backend = world.open();
    assert_eq!(world.ids(&backend), ["a", "m0"]);
    let counts = world
        .wait(backend.count(OWNER, &Filter::default()))
        .unwrap();
    assert_eq!(counts[Kind::Episode], 1);
}

#[test]
fn readers_see_one_moment_while_the_files_change_under_them() {
    let world = Arc::new(World::folded(60));
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (world, done) = (Arc::clone(&world), Arc::clone(&done));
            std::thread::spawn(move || {
                let mut rounds = 0;
                while !done.load(Ordering::Relaxed) {
                    // Every other time through a door of its own.
                    let numbers = world.numbers(&world.open());
                    assert_eq!(numbers[..60], (0..60).collect::<Vec<u64>>());
                    rounds += 1;
                }
                rounds
            })
        })
        .collect();
    let backend = world.open();
    for round in 0..12 {
        world.insert(&backend, [100 + round]);
        backend.compact().unwrap();
    }
    done.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(reader.join().unwrap() > 0);
    }
    assert_eq!(world.numbers(&backend).len(), 72);
}
