//! A journal that is cut off or damaged.

use std::fs;

use super::support::World;

#[test]
fn a_journal_cut_at_any_byte_of_its_last_write_keeps_every_other_and_goes_on() {
    let world = World::folded(2);
    let backend = world.open();
    world.insert(&backend, 2..5);
    let before = fs::metadata(world.log()).unwrap().len();
    world.insert(&backend, [5]);
    drop(backend);
    let log = world.log();
    let whole = fs::read(&log).unwrap();
    for len in before + 1..whole.len() as u64 {
        fs::write(&log, &whole[..len as usize]).unwrap();
        let backend = world.open();
        assert_eq!(world.numbers(&backend), [0, 1, 2, 3, 4], "cut at {len}");
        if len % 97 == 0 {
            world.insert(&backend, [6]);
            assert_eq!(world.numbers(&world.open()), [0, 1, 2, 3, 4, 6]);
            let kept = fs::read(world.path(&format!("journal/torn-1-{before}.bin")));
            assert!(kept.is_ok() || log.ends_with("2.log"), "{kept:?}");
        }
    }
    let backend = world.open();
    world.insert(&backend, [7]);
    let kept = fs::read(world.path(&format!("journal/torn-2-{before}.bin"))).unwrap();
    assert_eq!(kept, whole[before as usize..whole.len() - 1]);
    let problems = backend.problems().unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
}

#[test]
fn damage_before_a_later_write_is_refused_with_file_and_place() {
    let world = World::new();
    let backend = world.open();
    let begin = {
        world.insert(&backend, [0]);
        fs::metadata(world.log()).unwrap().len()
    };
    world.insert(&backend, [1]);
    let end = fs::metadata(world.log()).unwrap().len();
    world.insert(&backend, [2]);
    drop(backend);
    let log = world.log();
    let whole = fs::read(&log).unwrap();
    for at in (begin..end).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at as usize] ^= 0x10;
        fs::write(&log, &bytes).unwrap();
        let message = world.try_open().unwrap_err().to_string();
        let expected = format!("{} is damaged at byte {begin}", log.display());
        assert!(message.starts_with(&expected), "{at}: {message}");
    }
    fs::write(&log, &whole).unwrap();
    assert_eq!(world.numbers(&world.open()), [0, 1, 2]);
}

#[test]
fn a_journal_of_a_newer_version_is_refused() {
    let world = World::new();
    world.insert(&world.open(), [0]);
    let log = world.log();
    let mut bytes = fs::read(&log).unwrap();
    bytes[16] = 9;
    fs::write(&log, bytes).unwrap();
    let message = world.try_open().unwrap_err().to_string();
    assert!(message.contains("version 9"), "{message}");
}
