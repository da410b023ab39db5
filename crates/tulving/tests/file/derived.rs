//! Files that can be made again are damaged or taken away.

use std::fs;

use tulving::backend::{Backend as _, Filter, Request};

use super::support::{OWNER, World, entry};

/// What a directory answers: nodes near to one, and nodes with a word.
fn answers(world: &World) -> (Vec<u64>, Vec<String>, Vec<String>) {
    let backend = world.open();
    let near = Request::near(entry(3).embedding.unwrap(), 3, Filter::default());
    let holding = Request::holding(vec!["answer".to_owned()], 3, Filter::default());
    let ids = |request: Request| -> Vec<String> {
        let found = world.wait(backend.search(OWNER, &request)).unwrap();
        let found = found.kinds.into_iter();
        let candidates = found.flat_map(|(_, found)| found.candidates);
        candidates.map(|one| one.facts.id).collect()
    };
    (world.numbers(&backend), ids(near), ids(holding))
}

#[test]
fn every_flip_and_every_loss_is_mended_without_a_word() {
    let world = World::folded(8);
    let expected = answers(&world);
    assert_eq!(expected.1.len(), 3);
    let folder = world.path("indexes/tulving");
    let names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(names.len() >= 4, "{names:?}");
    for name in &names {
        let whole = fs::read(name).unwrap();
        for at in (0..whole.len()).step_by(1 + whole.len() / 24) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(name, &bytes).unwrap();
            assert_eq!(answers(&world), expected, "{} at {at}", name.display());
            fs::write(name, &whole[..at]).unwrap();
            assert_eq!(answers(&world), expected, "{} cut at {at}", name.display());
        }
        fs::remove_file(name).unwrap();
        assert_eq!(answers(&world), expected, "{} is gone", name.display());
    }
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "a file in the way").unwrap();
    assert_eq!(answers(&world), expected);
}
