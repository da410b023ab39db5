//! A directory as the source of a migration: what its journal and an interrupted commit hold is part of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use tulving::backend::Backend as _;
use tulving::backend::file::{FileBackend, FileSource};
use tulving::model::{Chunk, Document, Embedding, Kind, Scope, Timestamp};
use tulving::transfer::{Cancel, ReadOptions, Snapshot, Source as _, TransferError};
use uuid::Uuid;

use super::support::{OWNER, World, episode, files, space};

fn put(world: &World, backend: &FileBackend, id: &str, chunks: i64) {
    let at = Timestamp::from_micros(1_700_000_000_000_000).unwrap();
    let document = Document::new(id, &format!("Manuals/{id}.md"), at);
    let chunk = |index: i64| tulving::backend::Entry {
        memory: Chunk::new(id, index, "words", at).into(),
        embedding: Some(Embedding::new(space(), vec![1.0, 0.0, 0.5, 0.0]).unwrap()),
    };
    let put = backend.put_document(OWNER, document, (0..chunks).map(chunk).collect());
    world.wait(put).unwrap();
}

/// What a migration to this owner would move.
fn survey(
    world: &World,
    scope: Scope,
    options: ReadOptions,
) -> Result<Arc<dyn Snapshot>, TransferError> {
    let source = FileSource {
        data_dir: world.root().to_owned(),
        scope,
        options,
        chunk_rows: FileSource::USUAL_CHUNK_ROWS,
    };
    world.wait(source.survey(&Cancel::new()))
}

fn rows(found: &dyn Snapshot, kind: Kind) -> Option<u64> {
    let plan = found.plan().kinds.iter().find(|plan| plan.kind == kind);
    plan.map(|plan| plan.rows)
}

fn documents(found: &dyn Snapshot) -> Vec<&str> {
    let documents = found.documents().iter();
    documents.map(|found| &*found.document.id).collect()
}

/// Puts a directory back to the moment behind the commit record of its last fold: what the fold made stands
/// aside under another name.
fn interrupt_fold(world: &World) {
    let before = files(world.root());
    world.open().compact().unwrap();
    let after = files(world.root());
    let name = |path: &PathBuf| {
        let name = path.strip_prefix(world.root()).unwrap();
        name.to_str().unwrap().to_owned()
    };
    let of_commit = |path: &&PathBuf| {
        let name = name(path);
        let is_derived = name.starts_with("indexes/") || name.ends_with("lock");
        !is_derived && before.get(*path) != after.get(*path)
    };
    let mut renames = Vec::new();
    for path in after.keys().filter(of_commit) {
        let to = name(path);
        renames.push(format!(
            r#"{{"from":"{to}.new","to":"{to}","sha256":null}}"#
        ));
        fs::rename(path, world.path(&format!("{to}.new"))).unwrap();
    }
    let journal = files(&world.path("journal"));
    let staged = |path: &PathBuf| Some(path.to_str()?.strip_suffix(".log.new")?.to_owned());
    let log = PathBuf::from(journal.keys().find_map(staged).unwrap());
    let generation = log.file_name().unwrap().to_str().unwrap();
    for (path, content) in &before {
        fs::write(path, content).unwrap();
    }
    let record = format!(
        r#"{{"version":1,"generation":{generation},"renames":[{}]}}"#,
        renames.join(",")
    );
    fs::write(world.path("journal/commit.json"), record).unwrap();
}

#[test]
fn files_that_an_interrupted_commit_makes_for_the_first_time_are_moved() {
    let world = World::folded(2);
    let backend = world.open();
    put(&world, &backend, "a", 3);
    let draft = tulving::backend::Draft::Whole(episode("e"));
    world.wait(backend.insert(OWNER, vec![draft])).unwrap();
    drop(backend);
    interrupt_fold(&world);
    let made = [
        "corpus/episodes.json",
        "documents/chunks.json",
        "documents/documents.json",
    ];
    assert!(made.iter().all(|name| !world.path(name).exists()));
    let found = survey(&world, OWNER, ReadOptions::default()).unwrap();
    let counts = [Kind::Node, Kind::Episode, Kind::Chunk].map(|kind| rows(&*found, kind));
    assert_eq!(counts, [Some(2), Some(1), Some(3)]);
    assert_eq!(documents(&*found), ["a"]);
    let plans = found.plan().kinds.iter();
    let names: BTreeSet<&str> = plans
        .flat_map(|plan| &plan.files)
        .map(|file| &*file.name)
        .collect();
    assert!(made.iter().all(|name| names.contains(name)), "{names:?}");
}

#[test]
fn a_journal_changes_the_documents_of_its_owner_whoever_gets_them() {
    let world = World::folded(1);
    fs::create_dir(world.path("documents")).unwrap();
    let stamped = |id: &str| {
        format!(
            r#"{{"id":"{id}","path":"old","created_at":"2024-01-15","user_id":"{}"}}"#,
            OWNER.id()
        )
    };
    let records = format!("[{},{},{}]", stamped("a"), stamped("b"), stamped("c"));
    fs::write(world.path("documents/documents.json"), records).unwrap();
    let backend = world.open();
    put(&world, &backend, "a", 0);
    let removed = world.wait(backend.remove_documents(OWNER, &["b".to_owned()]));
    assert_eq!(removed.unwrap(), ["b"]);
    drop(backend);
    let restamped = ReadOptions {
        restamp: true,
        ..ReadOptions::default()
    };
    let other = Scope::User(Uuid::from_u128(8));
    let found = survey(&world, other, restamped).unwrap();
    assert_eq!(documents(&*found), ["a", "c"]);
    assert_eq!(found.documents()[0].document.path, "Manuals/a.md");
}
