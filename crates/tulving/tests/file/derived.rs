//! Files that can be made again are damaged or taken away.

use std::fs;

use tulving::backend::{Backend as _, Filter};

use super::support::{OWNER, World, entry};

/// What a directory answers: nodes near to one, and nodes with a word.
fn answers(world: &World) -> (Vec<u64>, Vec<String>, Vec<String>) {
    let backend = world.open();
    let all = Filter::default();
    let query = entry(3).embedding.unwrap();
    let near = world.wait(backend.nearest(OWNER, &query, 3, &all)).unwrap();
    let term = ["answer".to_owned()];
    let matching = world.wait(backend.matching(OWNER, &term, 3, &all)).unwrap();
    let ids =
        |hits: Vec<tulving::backend::Scored>| hits.into_iter().map(|hit| hit.facts.id).collect();
    (world.numbers(&backend), ids(near.hits), ids(matching.hits))
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
