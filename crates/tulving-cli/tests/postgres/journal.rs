//! Writes that are only in a directory's journal are moved with the rest.

use std::sync::Arc;

use serde_json::json;
use testkit::corpus::Corpus;
use tulving::backend::file::FileBackend;
use tulving::backend::{Backend as _, Draft, Entry, Filter, Order, Page};
use tulving::model::{Embedding, Kind, Memory, Node, Scope, Space, Timestamp};
use uuid::Uuid;

use crate::support::{World, files};

const DIMS: usize = 8;

#[test]
fn pending_writes_arrive_with_the_rest() {
    let world = World::new();
    let data = world.corpus(&Corpus::new(40).dim(DIMS).dirty(true));
    let owner = Scope::User(Uuid::parse_str(&world.user).unwrap());
    let space = Arc::new(Space::local("test-model", DIMS));
    let backend = FileBackend::claim(&data, owner, Some(&space)).unwrap();
    let before = world.migrate(&["--dry-run"]).expect(0).json();
    let found = before["nodes"]["found"].as_u64().unwrap();

    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    let (deleted, replaced, touched, added) = runtime.block_on(async {
        let page = Page {
            order: Order::Oldest,
            after: None,
            limit: 10,
        };
        let filter = Filter::of(Kind::Node);
        let listed = backend.list(owner, &filter, &page).await.unwrap().memories;
        let keys: Vec<_> = listed.iter().map(Memory::key).collect();
        backend.delete(owner, &keys[..2]).await.unwrap();
        let Memory::Node(mut node) = listed[3].clone() else {
            panic!("not a node")
        };
        node.assistant_content = "The answer after the journal.".to_owned();
        let entry = Entry {
            memory: node.into(),
            embedding: Some(Embedding::new(Arc::clone(&space), vec![0.5; DIMS]).unwrap()),
        };
        backend.replace(owner, &listed[3], entry).await.unwrap();
        let at = Timestamp::parse("2026-01-01T00:00:00Z").unwrap().0;
        for _ in 0..3 {
            backend.touch(owner, &keys[5..6], at).await.unwrap();
        }
        let new = (0..5).map(|n| Node::new("journal", n, &format!("New {n}?"), "Yes.", at));
        let drafts = new.map(|mut node| {
            node.source = "grok".to_owned();
            Draft::Whole(Entry {
                embedding: Some(Embedding::new(Arc::clone(&space), vec![1.0; DIMS]).unwrap()),
                memory: node.into(),
            })
        });
        let added = backend.insert(owner, drafts.collect()).await.unwrap();
        backend.delete(owner, &added[4..]).await.unwrap();
        (keys[0].clone(), keys[3].clone(), keys[5].clone(), added)
    });

    let there = files(&data);
    let report = world.migrate(&[]).expect(0).json();
    assert_eq!(report["verified"], json!(true));
    assert_eq!(report["nodes"]["found"], json!(found - 2 + 4));
    assert_eq!(files(&data), there, "the source is as it was");
    let ask = |column: &str, id: &str| {
        let query = format!("SELECT {column} FROM memory_nodes WHERE id = '{id}'");
        world.column(&query)
    };
    assert_eq!(ask("id", &deleted.id), [""; 0]);
    assert_eq!(
        ask("assistant_content", &replaced.id),
        ["The answer after the journal."]
    );
    assert_eq!(
        ask("embedding", &replaced.id),
        ["[0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5]"]
    );
    assert_eq!(
        ask("last_accessed", &touched.id),
        ["2026-01-01 00:00:00+00"]
    );
    assert_eq!(ask("assistant_content", &added[0].id), ["Yes."]);
    assert_eq!(ask("id", &added[4].id), [""; 0]);
    world.verify(&["--exact"]).expect(0);

    // Folded in, it is the same memory.
    backend.compact().unwrap();
    let folded = world.verify(&["--exact"]).expect(0).json();
    assert_eq!(folded["nodes"]["equal"], json!(found - 2 + 4));
}

#[test]
fn a_directory_with_an_owner_is_moved_for_nobody_else() {
    let world = World::new();
    let data = world.corpus(&Corpus::new(10).dim(DIMS));
    let owner = Scope::User(Uuid::new_v4());
    let space = Space::local("test-model", DIMS);
    drop(FileBackend::claim(&data, owner, Some(&space)).unwrap());
    world
        .migrate(&[])
        .expect(3)
        .says(&format!("belongs to {owner}, not to user {}", world.user));
    world.migrate(&["--restamp"]).expect(0);
}

#[test]
fn files_that_lack_their_folders_are_told_how_to_get_them() {
    let world = World::new();
    let data = world.corpus(&Corpus::new(10).dim(DIMS).episodes(false));
    for (folder, name) in [("corpus", "nodes.json"), ("vectors", "nodes.npy")] {
        std::fs::rename(data.join(folder).join(name), data.join(name)).unwrap();
        std::fs::remove_dir_all(data.join(folder)).unwrap();
    }
    let refused = world.migrate(&["--dry-run"]).expect(3);
    let (_, hint) = refused.stderr.split_once("try: ").unwrap();
    let (command, _) = hint.split_once("   (").unwrap();
    let mut moved = std::process::Command::new("bash");
    moved.args(["-ec", command]).current_dir(world.path("."));
    assert!(moved.status().unwrap().success(), "{command}");
    world.migrate(&["--dry-run"]).expect(0);
}
