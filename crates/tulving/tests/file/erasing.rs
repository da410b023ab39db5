//! What is left of a scope in its files once it is erased.

use std::fs;

use tulving::backend::{Backend as _, Draft, Entry};
use tulving::model::Memory;

use super::support::{OWNER, World, episode, files, record, write_nodes};

const CANARY: &str = "canary";

/// A node that says the canary.
fn canary(number: u64) -> Entry {
    let mut entry = super::support::entry(number);
    if let Memory::Node(node) = &mut entry.memory {
        node.human_content = format!("{CANARY} {number}");
    }
    entry
}

fn insert(world: &World, backend: &tulving::backend::file::FileBackend, entries: Vec<Entry>) {
    let drafts = entries.into_iter().map(Draft::Whole).collect();
    world.wait(backend.insert(OWNER, drafts)).unwrap();
}

/// The files that hold a word.
fn holding(world: &World, word: &str) -> Vec<String> {
    let found = files(world.root()).into_iter().filter(|(_, content)| {
        content
            .windows(word.len())
            .any(|window| window == word.as_bytes())
    });
    found.map(|(path, _)| path.display().to_string()).collect()
}

#[test]
fn no_file_holds_a_word_of_what_was_erased() {
    let world = World::new();
    let backend = world.open();
    insert(&world, &backend, (0..20).map(canary).collect());
    backend.compact().unwrap();
    insert(
        &world,
        &backend,
        (20..40).map(canary).chain([episode(CANARY)]).collect(),
    );
    // What a torn write and an origin's index left behind.
    fs::write(world.path("journal/torn-1-99.bin"), CANARY).unwrap();
    fs::write(world.path("indexes/faiss.index"), CANARY).unwrap();
    assert!(holding(&world, CANARY).len() >= 4);
    let counts = world.wait(backend.erase(OWNER)).unwrap();
    assert_eq!(counts.total(), 41);
    assert_eq!(holding(&world, CANARY), [""; 0]);
    assert_eq!(world.ids_in_file(), [""; 0]);
    world.insert(&backend, 0..3);
    backend.compact().unwrap();
    assert_eq!(world.numbers(&world.open()), [0, 1, 2]);
}

#[test]
fn what_cannot_be_read_goes_and_what_is_somebody_elses_stays() {
    let world = World::bare();
    let foreign = r#", "user_id": "00000000-0000-0000-0000-0000000000ff""#;
    let records = [
        record("ours", ""),
        record("theirs", foreign),
        record("ours", r#", "note": "said again""#),
        record("flawed", r#", "technical_depth": 99"#),
    ];
    write_nodes(world.root(), &records);
    let claimed = tulving::backend::file::FileBackend::claim(world.root(), OWNER, None);
    let backend = claimed.unwrap();
    world.wait(backend.erase(OWNER)).unwrap();
    assert_eq!(world.ids_in_file(), ["theirs"]);
    assert_eq!(world.ids(&world.open()), [""; 0]);
}

#[test]
fn a_journal_without_vectors_is_begun_anew() {
    let world = World::bare();
    let backend = tulving::backend::file::FileBackend::create(world.root(), OWNER, None).unwrap();
    let mut entry = canary(1);
    entry.embedding = None;
    insert(&world, &backend, vec![entry]);
    assert_ne!(holding(&world, CANARY), [""; 0]);
    world.wait(backend.erase(OWNER)).unwrap();
    assert_eq!(holding(&world, CANARY), [""; 0]);
    world.insert(&backend, [1]);
    assert_eq!(world.numbers(&world.open()), [1]);
}
