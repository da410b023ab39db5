//! Documents lie beside the origin's files, and where there are none nothing is different.

use std::fs;

use tulving::backend::file::{FileBackend, FileError, Problem, npy};
use tulving::backend::{Backend as _, Entry, Filter};
use tulving::json::{self, Value};
use tulving::model::{Chunk, Document, Embedding, Kind, Timestamp};
use tulving::record::{self, Reason, Stamp};

use super::support::{DIMS, OWNER, World, files, record, space, write_nodes};

fn at() -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000).unwrap()
}

fn document(id: &str) -> Document {
    let document = Document::new(id, &format!("Manuals/{id}.md"), at());
    record::document::admit(&document, &Stamp::only(OWNER)).unwrap()
}

fn chunk(of: &str, index: i64) -> Entry {
    let chunk = Chunk::new(of, index, &format!("words of {of}"), at());
    let numbers = vec![index as f32 + 1.0, 0.0, 0.5, 0.0];
    Entry {
        memory: record::admit(&chunk.into(), &Stamp::only(OWNER)).unwrap(),
        embedding: Some(Embedding::new(space(), numbers).unwrap()),
    }
}

fn put(world: &World, backend: &FileBackend, id: &str, chunks: i64) {
    let chunks = (0..chunks).map(|index| chunk(id, index)).collect();
    let put = backend.put_document(OWNER, document(id), chunks);
    world.wait(put).unwrap();
}

/// How many records a file of the directory holds.
fn records_in(world: &World, file: &str) -> usize {
    let bytes = fs::read(world.path(file)).unwrap();
    match json::parse(&bytes).unwrap() {
        Value::Array(records) => records.len(),
        other => panic!("{}", other.kind()),
    }
}

#[test]
fn a_directory_without_documents_has_no_files_of_them() {
    let world = World::folded(3);
    let backend = world.open();
    world.insert(&backend, [7]);
    backend.compact().unwrap();
    assert!(!world.path("documents").exists());
    let manifest = fs::read_to_string(world.path("manifest.json")).unwrap();
    assert!(!manifest.contains("chunk") && !manifest.contains("document"));
    let header = fs::read(world.log()).unwrap();
    let names = String::from_utf8_lossy(&header).into_owned();
    assert!(names.contains("corpus/nodes.json") && !names.contains("documents/"));
}

#[test]
fn documents_are_folded_in_with_the_rest() {
    let world = World::folded(2);
    let backend = world.open();
    put(&world, &backend, "a", 3);
    put(&world, &backend, "b", 1);
    backend.compact().unwrap();
    put(&world, &backend, "a", 1);
    world
        .wait(backend.remove_documents(OWNER, &["b".to_owned()]))
        .unwrap();
    put(&world, &backend, "c", 2);
    backend.compact().unwrap();
    assert_eq!(backend.pending_bytes().unwrap(), 0);
    assert_eq!(records_in(&world, "documents/documents.json"), 2);
    assert_eq!(records_in(&world, "documents/chunks.json"), 3);
    let manifest = fs::read_to_string(world.path("manifest.json")).unwrap();
    assert!(!manifest.contains("documents/"), "{manifest}");
    let backend = world.open();
    let listed = world.wait(backend.list_documents(OWNER, None, 9)).unwrap();
    assert_eq!(listed, [document("a"), document("c")]);
    let all = Filter::default();
    let counts = world.wait(backend.count(OWNER, &all)).unwrap();
    assert_eq!((counts[Kind::Node], counts[Kind::Chunk]), (2, 3));
    let keys = [0, 1].map(|index| chunk("c", index).memory.key());
    let found = world.wait(backend.get(OWNER, &keys)).unwrap();
    assert_eq!(found, [Some(chunk("c", 0)), Some(chunk("c", 1))]);
}

#[test]
fn what_a_record_holds_besides_stays_to_the_byte() {
    let world = World::folded(1);
    let backend = world.open();
    put(&world, &backend, "a", 0);
    backend.compact().unwrap();
    let odd =
        r#"{"path": "x.md", "id": "odd", "created_at": "2024-01-15", "score": 1.10, "why": NaN}"#;
    let path = world.path("documents/documents.json");
    fs::write(&path, format!("[\n  {odd}\n]")).unwrap();
    let backend = world.open();
    put(&world, &backend, "b", 0);
    backend.compact().unwrap();
    let written = fs::read_to_string(&path).unwrap();
    assert!(written.starts_with(&format!("[\n  {odd},\n")), "{written}");
    let found = world.wait(backend.documents(OWNER, &["odd".to_owned()]));
    let odd = found.unwrap().pop().flatten().unwrap();
    assert!(odd.carry.is_some() && odd.extra.as_str().contains("1.10"));
}

/// A record of a file, whose path says which one it is.
fn said(id: &str, path: &str) -> String {
    format!(r#"{{"id":"{id}","path":"{path}","created_at":"2024-01-15T00:00:00+00:00"}}"#)
}

/// Writes the records of documents as something else would.
fn write_documents(world: &World, records: &[String]) {
    fs::create_dir_all(world.path("documents")).unwrap();
    let array = format!("[{}]", records.join(","));
    fs::write(world.path("documents/documents.json"), array).unwrap();
}

#[test]
fn of_records_with_one_id_none_comes_back() {
    let twice = [
        said("a", "1"),
        said("b", "1"),
        said("a", "2"),
        said("b", "2"),
    ];
    let world = World::folded(1);
    write_documents(&world, &twice);
    let backend = world.open();
    let listed = world.wait(backend.list_documents(OWNER, None, 9)).unwrap();
    let paths: Vec<&str> = listed.iter().map(|found| &*found.path).collect();
    assert_eq!(paths, ["1", "1"], "the first counts");
    let removed = world.wait(backend.remove_documents(OWNER, &["a".to_owned()]));
    assert_eq!(removed.unwrap(), ["a"]);
    put(&world, &backend, "b", 0);
    for _ in 0..2 {
        let backend = world.open();
        let listed = world.wait(backend.list_documents(OWNER, None, 9)).unwrap();
        assert_eq!(listed, [document("b")]);
        backend.compact().unwrap();
        assert_eq!(records_in(&world, "documents/documents.json"), 1);
    }
}

#[test]
fn records_that_are_no_documents_and_chunks_that_lack_theirs_are_problems() {
    let world = World::folded(1);
    let backend = world.open();
    put(&world, &backend, "a", 1);
    put(&world, &backend, "b", 2);
    assert_eq!(backend.problems().unwrap(), []);
    backend.compact().unwrap();
    assert_eq!(backend.problems().unwrap(), []);
    put(&world, &backend, "late", 0);
    drop(backend);
    let foreign =
        said("f", "1").replace('}', r#","user_id":"00000000-0000-0000-0000-000000000008"}"#);
    let records = [
        said("a", "1"),
        foreign,
        r#"{"id":"flawed","path":7}"#.to_owned(),
        said("a", "2"),
    ];
    write_documents(&world, &records);
    FileBackend::rebase(world.root()).unwrap();
    let backend = world.open();
    let (mut left_out, mut strays) = (Vec::new(), Vec::new());
    for problem in backend.problems().unwrap() {
        match problem {
            Problem::Record {
                kind,
                file,
                index,
                flaw,
            } => {
                assert_eq!((kind, &*file), (None, "documents/documents.json"));
                left_out.push((index, flaw.map(|flaw| flaw.reason)));
            }
            Problem::Stray { key, document } => strays.push((key, document)),
            Problem::Kept { file } => assert!(file.starts_with("journal/kept-"), "{file}"),
            other => panic!("{other:?}"),
        }
    }
    let expected = [
        (1, Some(Reason::ForeignScope)),
        (2, Some(Reason::WrongType)),
        (3, None),
    ];
    assert_eq!(left_out, expected);
    let of_b = [0, 1].map(|index| (chunk("b", index).memory.key(), "b".to_owned()));
    assert_eq!(strays, of_b);
}

#[test]
fn documents_that_appear_under_pending_writes_are_a_change() {
    let world = World::folded(1);
    let backend = world.open();
    world.insert(&backend, [7]);
    drop(backend);
    write_documents(&world, &[said("a", "1")]);
    let chunks = [
        world.path("documents/chunks.json"),
        world.path("documents/chunks.npy"),
    ];
    fs::write(&chunks[0], "[]").unwrap();
    fs::write(&chunks[1], npy::header(0, DIMS)).unwrap();
    let documents = world.path("documents/documents.json");
    match world.try_open() {
        Err(FileError::BaseChanged { changed, .. }) => {
            let [records, vectors] = chunks;
            assert_eq!(changed, [records, vectors, documents]);
        }
        other => panic!("{other:?}"),
    }
    // With nothing pending they are simply seen.
    let world = World::folded(1);
    write_documents(&world, &[said("a", "1")]);
    let backend = world.open();
    world.insert(&backend, [7]);
    let names = fs::read(world.log()).unwrap();
    assert!(String::from_utf8_lossy(&names).contains("documents/documents.json"));
    assert_eq!(world.numbers(&world.open()), [0, 7]);
}

#[test]
fn documents_that_something_else_changed_are_not_written_over() {
    let world = World::folded(1);
    let backend = world.open();
    put(&world, &backend, "a", 1);
    backend.compact().unwrap();
    put(&world, &backend, "b", 1);
    drop(backend);
    fs::write(world.path("documents/documents.json"), "[]").unwrap();
    match world.try_open() {
        Err(FileError::BaseChanged { changed, .. }) => {
            assert_eq!(changed, [world.path("documents/documents.json")]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_origin_finds_its_files_as_they_were() {
    let world = World::bare();
    write_nodes(world.root(), &[record("a", ""), record("b", "")]);
    let backend = FileBackend::claim(world.root(), OWNER, Some(&space())).unwrap();
    let is_its = |path: &std::path::Path| {
        let name = path.strip_prefix(world.root()).unwrap();
        name.starts_with("corpus") || name.starts_with("vectors")
    };
    let mut before = files(world.root());
    before.retain(|path, _| is_its(path));
    put(&world, &backend, "a", 2);
    backend.compact().unwrap();
    let mut after = files(world.root());
    after.retain(|path, _| is_its(path));
    assert_eq!(after, before);
    assert_eq!(backend.unloadable().unwrap(), Some(Vec::new()));
}
