//! Whose memory a directory holds.

use std::fs;

use tulving::backend::file::{FileBackend, FileError, Problem};
use tulving::backend::{Backend as _, BackendError, Filter};
use tulving::model::{Kind, Scope, Space};
use tulving::record::Reason;
use uuid::Uuid;

use super::support::{OWNER, World, files, record, space, write_nodes};

#[test]
fn a_directory_without_an_owner_is_refused_until_it_is_claimed() {
    let world = World::bare();
    write_nodes(world.root(), &[record("a", ""), record("b", "")]);
    let before = files(world.root());
    assert!(matches!(world.try_open(), Err(FileError::NoOwner { .. })));
    let backend = FileBackend::claim(world.root(), OWNER, Some(&space())).unwrap();
    assert_eq!(world.ids(&backend), ["a", "b"]);
    let after = files(world.root());
    for (path, content) in before {
        assert_eq!(after[&path], content, "claiming changes no memory");
    }
    let manifest = fs::read_to_string(world.path("manifest.json")).unwrap();
    assert!(manifest.contains(r#""kind": "user""#), "{manifest}");
    assert!(manifest.contains(r#""model": "test""#), "{manifest}");
}

#[test]
fn an_owned_directory_is_nobody_elses() {
    let world = World::folded(2);
    let other = Scope::Tenant(OWNER.id());
    let claimed = FileBackend::claim(world.root(), other, None);
    assert!(matches!(claimed, Err(FileError::OtherOwner { .. })));
    let created = FileBackend::create(world.root(), other, Some(&space()));
    assert!(matches!(created, Err(FileError::NotEmpty { .. })));
    let backend = world.open();
    let count = |scope| world.wait(backend.count(scope, &Filter::default()));
    assert!(matches!(
        count(other),
        Err(BackendError::UnknownScope { .. })
    ));
    assert_eq!(count(OWNER).unwrap()[Kind::Node], 2);
    drop(FileBackend::claim(world.root(), OWNER, None).unwrap());
}

#[test]
fn what_a_manifest_says_besides_stays() {
    let world = World::bare();
    write_nodes(world.root(), &[record("a", "")]);
    let manifest =
        r#"{"version": "2.0.0", "x": [1.10, 1e22, "é"], "stats": {"own": 7}, "x": null}"#;
    fs::write(world.path("manifest.json"), manifest).unwrap();
    let backend = FileBackend::claim(world.root(), OWNER, Some(&space())).unwrap();
    world.insert(&backend, [0]);
    backend.compact().unwrap();
    let written = fs::read(world.path("manifest.json")).unwrap();
    let value = tulving::json::parse(&written).unwrap();
    let tulving::json::Value::Object(members) = &value else {
        panic!("not an object")
    };
    let keys: Vec<_> = members
        .iter()
        .map(|(key, _)| key.to_str().unwrap())
        .collect();
    assert_eq!(
        keys,
        [
            "version",
            "x",
            "stats",
            "x",
            "owner",
            "tulving",
            "space",
            "updated_at"
        ]
    );
    let text = String::from_utf8(written).unwrap();
    for part in ["1.10", "1e22", "\"é\"", "\"own\": 7", "\"total_nodes\": 2"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn the_space_is_that_of_the_manifest_or_of_the_width() {
    let world = World::bare();
    write_nodes(world.root(), &[record("a", "")]);
    let wide = Space::local("wide", 5);
    let claimed = FileBackend::claim(world.root(), OWNER, Some(&wide));
    assert!(matches!(claimed, Err(FileError::Width { .. })));
    let backend = FileBackend::claim(world.root(), OWNER, None).unwrap();
    let unknown = world.wait(backend.space(OWNER)).unwrap().unwrap();
    assert_eq!(*unknown, Space::local("unknown", 4));
}

#[test]
fn rows_of_others_and_rows_that_are_no_memory_are_kept_and_never_shown() {
    let world = World::bare();
    let foreign = format!(r#", "user_id": "{}""#, Uuid::from_u128(8));
    let own = format!(r#", "user_id": "{}""#, OWNER.id());
    let records = [
        record("mine", &own),
        record("theirs", &foreign),
        record("flawed", r#", "technical_depth": 99"#),
        record("mine", ""),
        record("unstamped", ""),
        "[1]".to_owned(),
    ];
    write_nodes(world.root(), &records);
    let backend = FileBackend::claim(world.root(), OWNER, Some(&space())).unwrap();
    assert_eq!(world.ids(&backend), ["mine", "unstamped"]);
    let problems = backend.problems().unwrap();
    let seen: Vec<_> = problems
        .iter()
        .map(|problem| match problem {
            Problem::Record { index, flaw, .. } => (*index, flaw.as_ref().map(|flaw| flaw.reason)),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        (1, Some(Reason::ForeignScope)),
        (2, Some(Reason::OutOfRange)),
        (3, None),
        (5, Some(Reason::NotAnObject)),
    ];
    assert_eq!(seen, expected);
    world.insert(&backend, [0]);
    backend.compact().unwrap();
    let written = fs::read_to_string(world.path("corpus/nodes.json")).unwrap();
    for record in &records {
        assert!(
            written.contains(record.as_str()),
            "{record} is kept to the byte"
        );
    }
    assert_eq!(world.ids(&backend), ["m0", "mine", "unstamped"]);
    // Forgetting one forgets its repetition too, and nothing of others.
    let key = tulving::model::Key::new(Kind::Node, "mine");
    world.wait(backend.delete(OWNER, &[key])).unwrap();
    backend.compact().unwrap();
    assert_eq!(world.ids(&backend), ["m0", "unstamped"]);
    let written = fs::read_to_string(world.path("corpus/nodes.json")).unwrap();
    assert!(written.contains(&records[1]) && written.contains(&records[2]));
    assert!(!written.contains(&records[3]));
}
