//! Vectors of several spaces, as they lie in files.

use std::fs;
use std::sync::Arc;

use tulving::backend::{Backend as _, Entry, KeptSpaces};
use tulving::model::{Embedding, Key, Memory, Space};

use super::support::{DIMS, OWNER, World, entry, files, record, space, write_nodes};

fn further() -> Arc<Space> {
    Arc::new(Space::local("further", DIMS + 2))
}

fn keys(numbers: impl IntoIterator<Item = u64>) -> Vec<Key> {
    let numbers = numbers.into_iter();
    numbers.map(|n| entry(n).memory.key()).collect()
}

fn in_further(number: u64) -> Entry {
    let numbers = vec![number as f32 + 0.5; DIMS + 2];
    Entry {
        embedding: Some(Embedding::new(further(), numbers).unwrap()),
        ..entry(number)
    }
}

/// A directory of three nodes with vectors of a further space.
fn filled() -> World {
    let world = World::folded(3);
    let backend = world.open();
    world.wait(backend.add_space(OWNER, &further())).unwrap();
    let entries = (0..3).map(in_further).collect();
    let put = world.wait(backend.put_vectors(OWNER, entries)).unwrap();
    assert_eq!(put, keys(0..3));
    backend.compact().unwrap();
    world
}

#[test]
fn a_directory_of_one_space_says_nothing_of_spaces() {
    let world = World::folded(3);
    let manifest = fs::read_to_string(world.path("manifest.json")).unwrap();
    assert!(manifest.contains("\"format\": 2"), "{manifest}");
    assert!(!manifest.contains("spaces"), "{manifest}");
    // One that was taken back before it was folded in leaves nothing.
    let backend = world.open();
    world.wait(backend.add_space(OWNER, &further())).unwrap();
    assert!(world.wait(backend.drop_space(OWNER, &further())).unwrap());
    backend.compact().unwrap();
    let manifest = fs::read_to_string(world.path("manifest.json")).unwrap();
    assert!(!manifest.contains("spaces"), "{manifest}");
    assert!(!world.path("vectors/spaces").exists());
}

#[test]
fn the_pair_follows_a_cut_over_when_the_journal_is_folded_in() {
    let world = filled();
    let read = |name: &str| fs::read(world.path(name)).unwrap();
    let (records, old) = (read("corpus/nodes.json"), read("vectors/nodes.npy"));
    let new = read("vectors/spaces/1/nodes.npy");
    assert_eq!(new.len(), 128 + 3 * 4 * (DIMS + 2));
    let manifest = fs::read_to_string(world.path("manifest.json")).unwrap();
    assert!(manifest.contains("\"format\": 3"), "{manifest}");

    let backend = world.open();
    world.wait(backend.cut_over(OWNER, &further())).unwrap();
    assert_eq!(read("vectors/nodes.npy"), old);
    for number in 0..3 {
        assert_eq!(world.get(&world.open(), number), Some(in_further(number)));
    }
    let followed = world.wait(backend.follow(OWNER, None, 1)).unwrap();
    assert_eq!((followed.moved, followed.next), (3, None));
    assert_eq!(read("corpus/nodes.json"), records);
    assert_eq!(read("vectors/nodes.npy"), new);
    assert_eq!(read("vectors/spaces/0/nodes.npy"), old);
    assert!(!world.path("vectors/spaces/1").exists());
    let backend = world.open();
    for number in 0..3 {
        assert_eq!(world.get(&backend, number), Some(in_further(number)));
    }
    let found = world.wait(backend.vectors(OWNER, &space(), &keys([1])));
    assert_eq!(found.unwrap(), [entry(1).embedding]);

    assert!(world.wait(backend.drop_space(OWNER, &space())).unwrap());
    backend.compact().unwrap();
    assert!(!world.path("vectors/spaces/0").exists());
    let held = files(world.root());
    let old = &old[128..];
    for (path, bytes) in held {
        let found = bytes.windows(old.len()).any(|part| part == old);
        assert!(!found, "{} holds vectors that were dropped", path.display());
    }
}

#[test]
fn nobody_knows_whose_further_vectors_are_once_something_else_wrote_the_records() {
    let world = filled();
    let before = fs::read(world.path("vectors/spaces/1/nodes.npy")).unwrap();
    let records = [record("m1", ""), record("other", ""), record("m0", "")];
    write_nodes(world.root(), &records);
    let backend = world.open();
    let ids = |keys: &[Key]| keys.iter().map(|key| key.id.clone()).collect::<Vec<_>>();
    let page = world.wait(backend.lacking(OWNER, &further(), None, 9));
    let lacking: Vec<Key> = page.unwrap().memories.iter().map(Memory::key).collect();
    assert_eq!(ids(&lacking), ["m0", "m1", "other"]);
    let found = world.wait(backend.vectors(OWNER, &further(), &keys([0, 1])));
    assert_eq!(found.unwrap(), [None, None]);
    let after = fs::read(world.path("vectors/spaces/1/nodes.npy")).unwrap();
    assert_eq!(after, before);
}

#[test]
fn a_compaction_that_is_cut_short_leaves_one_space_or_the_other() {
    let world = filled();
    let backend = world.open();
    world.wait(backend.cut_over(OWNER, &further())).unwrap();
    drop(backend);
    // The commit record is what counts: what was staged without one does not.
    fs::create_dir_all(world.path("vectors/spaces/0")).unwrap();
    fs::write(world.path("vectors/spaces/0/nodes.npy.new"), "half").unwrap();
    let backend = world.open();
    for number in 0..3 {
        assert_eq!(world.get(&backend, number), Some(in_further(number)));
    }
    backend.compact().unwrap();
    let found = world.wait(world.open().vectors(OWNER, &space(), &keys(0..3)));
    let expected = (0..3).map(|number| entry(number).embedding);
    assert_eq!(found.unwrap(), expected.collect::<Vec<_>>());
}

/// A directory that follows a cut-over, as it is right behind the commit record, and the steps that are left.
fn interrupted() -> (World, Vec<(String, String)>) {
    let world = filled();
    let backend = world.open();
    world.wait(backend.cut_over(OWNER, &further())).unwrap();
    drop(backend);
    let before = files(world.root());
    world.open().compact().unwrap();
    let after = files(world.root());
    let mut renames = Vec::new();
    for (path, content) in &after {
        let name = path.strip_prefix(world.root()).unwrap().to_str().unwrap();
        let counts = ["vectors/", "manifest.json", "journal/"];
        let counts = counts.iter().any(|part| name.starts_with(part));
        if counts && before.get(path) != Some(content) {
            fs::write(world.path(&format!("{name}.new")), content).unwrap();
            renames.push((format!("{name}.new"), name.to_owned()));
        }
        if !before.contains_key(path) {
            fs::remove_file(path).unwrap();
        }
    }
    for (path, content) in &before {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let list: Vec<String> = renames
        .iter()
        .map(|(from, to)| format!(r#"{{"from":"{from}","to":"{to}","sha256":null}}"#))
        .collect();
    let log = renames.iter().find(|(_, to)| to.ends_with(".log"));
    let generation = log.unwrap().1.strip_prefix("journal/").unwrap();
    let generation = generation.strip_suffix(".log").unwrap();
    let record = format!(
        r#"{{"version":1,"generation":{generation},"renames":[{}]}}"#,
        list.join(",")
    );
    fs::write(world.path("journal/commit.json"), record).unwrap();
    (world, renames)
}

#[test]
fn a_commit_of_spaces_is_read_through_by_who_may_not_write() {
    let steps = interrupted().1.len();
    assert_eq!(
        steps, 4,
        "the pair, a further file, the manifest and the log"
    );
    for done in 0..=steps {
        let (world, renames) = interrupted();
        for (from, to) in &renames[..done] {
            fs::rename(world.path(from), world.path(to)).unwrap();
        }
        // Somebody else is at work on it, for all that this process can tell.
        let held = fs::File::create(world.path("journal/lock")).unwrap();
        held.lock().unwrap();
        let backend = world.open();
        for number in 0..3 {
            assert_eq!(
                world.get(&backend, number),
                Some(in_further(number)),
                "after {done} steps"
            );
        }
        let old = world.wait(backend.vectors(OWNER, &space(), &keys([1])));
        assert_eq!(old.unwrap(), [entry(1).embedding], "after {done} steps");
    }
}

#[test]
fn nothing_is_left_of_further_spaces_once_all_is_erased() {
    for is_cut_over in [false, true] {
        let world = filled();
        let backend = world.open();
        if is_cut_over {
            world.wait(backend.cut_over(OWNER, &further())).unwrap();
        }
        let holding = || {
            let vectors = [entry(1), in_further(1)].map(|entry| {
                let vector = entry.embedding.unwrap();
                let numbers = vector.numbers().iter();
                numbers.flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>()
            });
            let holds = |bytes: &[u8]| {
                let found =
                    |vector: &Vec<u8>| bytes.windows(vector.len()).any(|part| part == vector);
                vectors.iter().any(found)
            };
            let files = files(world.root()).into_iter();
            files.filter(|(_, bytes)| holds(bytes)).count()
        };
        assert!(holding() >= 2);
        assert_eq!(world.wait(backend.erase(OWNER)).unwrap().total(), 3);
        assert_eq!(holding(), 0);
        assert_eq!(
            fs::read_dir(world.path("vectors/spaces")).unwrap().count(),
            0
        );
        let current = if is_cut_over { further() } else { space() };
        for backend in [backend, world.open()] {
            let KeptSpaces {
                current: kept,
                further,
                behind,
            } = world.wait(backend.spaces(OWNER)).unwrap();
            assert_eq!(kept.unwrap().space, current);
            assert_eq!((further, behind.total()), (Vec::new(), 0));
        }
    }
}
