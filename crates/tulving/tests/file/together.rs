//! Several writers on one directory, in one process and in others.

use std::fs;
use std::sync::Arc;

use tulving::backend::file::FileError;
use tulving::backend::{Backend as _, BackendError, Draft};

use super::support::{OWNER, World, entry};

#[test]
fn two_doors_see_each_others_writes_at_once() {
    let world = World::folded(1);
    let (one, other) = (world.open(), world.open());
    for number in (1..20).step_by(2) {
        world.insert(&one, [number]);
        assert!(world.get(&other, number).is_some());
        world.insert(&other, [number + 1]);
        assert!(world.get(&one, number + 1).is_some());
        if number % 5 == 0 {
            one.compact().unwrap();
            assert_eq!(world.numbers(&other).len() as u64, number + 2);
        }
    }
    let taken = world.try_insert(&other, [3]);
    assert!(matches!(taken, Err(BackendError::Exists { .. })));
}

#[test]
fn what_waits_for_the_same_sync_is_still_written_one_by_one() {
    let world = World::new();
    let backend = Arc::new(world.open());
    let written = world.wait(async {
        let tasks: Vec<_> = (0..32)
            .map(|task| {
                let backend = Arc::clone(&backend);
                tokio::spawn(async move {
                    let mut written = 0;
                    for n in 0..10 {
                        // Every number is tried by two tasks: one of them is told that it is there.
                        let number = (task / 2) * 10 + n;
                        let draft = Draft::Whole(entry(number));
                        match backend.insert(OWNER, vec![draft]).await {
                            Ok(_) => written += 1,
                            Err(BackendError::Exists { .. }) => {}
                            Err(other) => panic!("{other}"),
                        }
                    }
                    written
                })
            })
            .collect();
        let mut written = 0;
        for task in tasks {
            written += task.await.unwrap();
        }
        written
    });
    assert_eq!(written, 160);
    assert_eq!(world.numbers(&world.open()).len(), 160);
}

#[test]
fn a_lock_that_is_held_is_waited_for_and_then_named() {
    let world = World::new();
    let backend = world.open();
    world.insert(&backend, [0]);
    let lock = fs::File::options()
        .write(true)
        .open(world.path("journal/lock"))
        .unwrap();
    lock.lock().unwrap();
    assert_eq!(world.numbers(&backend), [0], "readers do not wait");
    let error = world.try_insert(&backend, [1]).unwrap_err();
    let Some(FileError::Locked { path, seconds: 5 }) = error.downcast_ref() else {
        panic!("{error:?}")
    };
    assert_eq!(*path, world.path("journal/lock"));
    lock.unlock().unwrap();
    world.insert(&backend, [1]);
}
