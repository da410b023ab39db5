//! Crash tests: the power is cut after each operation on the disk, or one of them fails.
//!
//! | module | holds |
//! |---|---|
//! | `world` | a directory on a simulated disk, and all that it holds |
//! | `story` | what is done to a directory, one story each |
//! | `calls`, `memories` | calls of a backend, and memories that say which they are |

mod calls;
mod memories;
mod story;
mod world;

use std::collections::HashSet;

use calls::insert;
use memories::node;
use story::{DATED, DOCUMENTED, ERASED, FORGETTING, NEW, ORIGINS, REBASED, SHORT, SPACES, Story};
use world::{Contents, World, contents};

use super::backend::FileBackend;
use super::directory::Directory;
use super::opening::IfBaseChanged;
use super::root::Root;
use crate::fsutil::{Fault, Image, Loss, Trace};
use crate::model::Kind;

const LOSSES: [Loss; 8] = [
    Loss::Everything,
    Loss::Nothing,
    Loss::Contents,
    Loss::Names,
    Loss::Tails,
    Loss::Beginnings,
    Loss::Some(1),
    Loss::Some(2),
];

/// What was tried.
#[derive(Debug, Default)]
struct Tally {
    moments: usize,
    images: usize,
    different: usize,
    of_recovery: usize,
}

/// Does all that a story says; returns the trace, and after how many steps each call was acknowledged, with
/// what was there then.
fn tell(story: &Story) -> (Trace, Vec<(usize, Contents)>) {
    let world = World::new(story.prepare);
    let backend = (story.enter)(&world.root).unwrap();
    let mut acknowledged = vec![(world.disk.steps(), contents(&backend).unwrap())];
    for call in story.calls {
        call(&backend).unwrap();
        acknowledged.push((world.disk.steps(), contents(&backend).unwrap()));
    }
    (world.disk.trace(), acknowledged)
}

/// Cuts the power after each step of a story, in each way, and goes on from what is left.
fn cut_power(story: &Story) -> Tally {
    let (trace, acknowledged) = tell(story);
    let mut tally = Tally::default();
    let (mut seen, mut seen_twice) = (HashSet::new(), HashSet::new());
    trace.images(&LOSSES, |done, loss, image| {
        let calls = acknowledged
            .iter()
            .take_while(|(at, _)| *at <= done)
            .count();
        tally.moments = done + 1;
        tally.images += 1;
        // What was left under the name of a moment is never read.
        let read = image.only(|path| path.extension() != Some("tmp".as_ref()));
        if !seen.insert((calls, read)) {
            return;
        }
        tally.different += 1;
        let moment = format!("{}: {calls} calls, {done} steps, {loss:?}", story.name);
        // The call that was under way is done or not.
        let under_way = calls.saturating_sub(1)..(calls + 1).min(acknowledged.len());
        let possible: Vec<&Contents> = acknowledged[under_way].iter().map(|(_, now)| now).collect();
        let recovery = recover(story, &image, calls > 0, &possible, &moment);
        if !matches!(loss, Loss::Everything | Loss::Nothing) {
            return;
        }
        // The power goes again, while that is done.
        let again = [Loss::Everything, Loss::Nothing];
        recovery.images(&again, |done, loss, image| {
            // What is derived was tried above, and takes most of the steps.
            if seen_twice.insert((
                calls,
                image.only(|path| !path.starts_with("indexes/tulving")),
            )) {
                tally.of_recovery += 1;
                let moment = format!("{moment}; again: {done} steps, {loss:?}");
                let world = World::of(&image);
                let backend = open(story, &world, calls > 0, &moment);
                let mut found = contents(&backend).unwrap();
                found.memories.remove(&node(900, 1).memory.key());
                assert!(possible.contains(&&found), "{moment}: {found:?}");
                insert(&backend, [node(901, 1)]).unwrap_or_else(|e| panic!("{moment}: {e}"));
                world.is_aligned();
            }
        });
    });
    println!("{}: {tally:?}", story.name);
    tally
}

fn open(story: &Story, world: &World, is_known: bool, moment: &str) -> FileBackend {
    let opened = match is_known {
        true => FileBackend::open_at(&world.root),
        false => (story.enter)(&world.root),
    };
    opened.unwrap_or_else(|error| panic!("{moment}: {}", chain(&error)))
}

/// Opens what a loss of power left, checks it, and goes on: it can be written to and folded, and what was
/// derived is sound. Returns the trace up to the first write, by which all is in order again.
fn recover(
    story: &Story,
    image: &Image,
    is_known: bool,
    possible: &[&Contents],
    moment: &str,
) -> Trace {
    let world = World::of(image);
    let backend = open(story, &world, is_known, moment);
    let found = contents(&backend).unwrap();
    assert!(possible.contains(&&found), "{moment}: {found:?}");
    world.is_aligned();
    let new = node(900, 1);
    insert(&backend, [new.clone()]).unwrap_or_else(|error| panic!("{moment}: {error}"));
    let steps = world.disk.steps();
    let now = contents(&backend).unwrap();
    assert!(now.memories.contains_key(&new.memory.key()), "{moment}");
    assert_eq!(now.memories.len(), found.memories.len() + 1, "{moment}");
    is_derived(&world.root, moment);
    backend
        .compact()
        .unwrap_or_else(|error| panic!("{moment}: {}", chain(&error)));
    drop(backend);
    let backend = FileBackend::open_at(&world.root).unwrap();
    assert_eq!(contents(&backend).unwrap(), now, "{moment}");
    is_derived(&world.root, moment);
    world.is_aligned();
    world.disk.trace().first(steps)
}

/// Asks for what is derived, and checks that it is what is made of the memories.
fn is_derived(root: &Root, moment: &str) {
    let state = Directory::open(root, IfBaseChanged::Refuse)
        .and_then(|directory| directory.state())
        .unwrap();
    for kind in Kind::ALL {
        let base = &state.partition(kind).base;
        if base.sha256.is_some() {
            base.words().unwrap();
            base.vectors().unwrap();
            assert!(base.differing().unwrap().is_empty(), "{moment}");
        }
    }
}

#[test]
fn the_power_may_go_at_any_moment_of_a_new_directory() {
    let tally = cut_power(&NEW);
    assert!(
        tally.different > 300 && tally.of_recovery > 100,
        "{tally:?}"
    );
}

#[test]
fn the_power_may_go_at_any_moment_in_a_directory_of_the_origins() {
    let tally = cut_power(&ORIGINS);
    assert!(tally.different > 150 && tally.of_recovery > 50, "{tally:?}");
    let tally = cut_power(&DATED);
    assert!(tally.different > 100 && tally.of_recovery > 50, "{tally:?}");
}

#[test]
fn the_power_may_go_at_any_moment_of_a_change_of_space() {
    let tally = cut_power(&SPACES);
    assert!(tally.different > 150 && tally.of_recovery > 50, "{tally:?}");
}

#[test]
fn the_power_may_go_at_any_moment_of_a_rebase() {
    let tally = cut_power(&REBASED);
    assert!(tally.different > 100 && tally.of_recovery > 50, "{tally:?}");
}

#[test]
fn the_power_may_go_at_any_moment_of_what_is_done_to_documents() {
    let tally = cut_power(&DOCUMENTED);
    assert!(tally.different > 150 && tally.of_recovery > 50, "{tally:?}");
}

#[test]
fn the_power_may_go_at_any_moment_of_erasing() {
    let tally = cut_power(&ERASED);
    assert!(tally.different > 100 && tally.of_recovery > 50, "{tally:?}");
}

#[test]
fn the_power_may_go_at_any_moment_of_forgetting() {
    let tally = cut_power(&FORGETTING);
    assert!(tally.different > 100 && tally.of_recovery > 50, "{tally:?}");
}

#[test]
fn what_a_killed_process_wrote_may_be_lost_while_the_next_one_writes() {
    let mut killed = 0;
    loop {
        let world = World::new(NEW.prepare);
        let backend = (NEW.enter)(&world.root).unwrap();
        insert(&backend, [node(0, 1)]).unwrap();
        world
            .disk
            .fail(Fault::broken(world.disk.asked() + killed).for_good());
        if insert(&backend, [node(1, 1)]).is_ok() {
            break;
        }
        drop(backend);
        world.disk.mend();
        let from = world.disk.steps();
        let backend = FileBackend::open_at(&world.root).unwrap();
        insert(&backend, [node(2, 1)]).unwrap();
        let until = world.disk.steps();
        world.disk.trace().images(&LOSSES, |done, loss, image| {
            if done < from {
                return;
            }
            let moment = format!("killed after {killed}, {done} steps, {loss:?}");
            let world = World::of(&image);
            let found = contents(&open(&NEW, &world, true, &moment)).unwrap();
            let mut numbers: Vec<&str> = found.memories.keys().map(|key| key.id.as_str()).collect();
            numbers.retain(|id| *id != "m1");
            let expected: &[&[&str]] = match done >= until {
                true => &[&["m0", "m2"]],
                false => &[&["m0"], &["m0", "m2"]],
            };
            assert!(
                expected.contains(&numbers.as_slice()),
                "{moment}: {numbers:?}"
            );
        });
        killed += 1;
    }
    assert_eq!(killed, 2, "a write and its sync");
}

/// Does a story on a disk that fails, trying each call again; returns whether the disk did fail.
fn fail(story: &Story, fault: Fault, expected: &[(usize, Contents)]) -> bool {
    let world = World::new(story.prepare);
    world.disk.fail(fault);
    let mut failed = false;
    // What fails says why, and can be done when the disk is whole again.
    let mut is_clear = |error: &dyn std::error::Error| {
        failed = true;
        world.disk.mend();
        let told = chain(error);
        let reasons = ["Input/output error", "No space left", "could not be undone"];
        assert!(
            reasons.iter().any(|reason| told.contains(reason)),
            "{fault:?}: {told}"
        );
        told.contains("could not be undone")
    };
    let mut backend = (story.enter)(&world.root).unwrap_or_else(|error| {
        is_clear(&error);
        (story.enter)(&world.root).unwrap()
    });
    let look = |backend: &FileBackend, is_clear: &mut dyn FnMut(&dyn std::error::Error) -> bool| {
        contents(backend).unwrap_or_else(|error| {
            is_clear(&error);
            contents(backend).unwrap()
        })
    };
    assert_eq!(look(&backend, &mut is_clear), expected[0].1, "{fault:?}");
    for (call, pair) in story.calls.iter().zip(expected.windows(2)) {
        let (before, after) = (&pair[0].1, &pair[1].1);
        if let Err(error) = call(&backend) {
            let is_poisoned = is_clear(&error);
            if is_poisoned {
                drop(backend);
                backend = FileBackend::open_at(&world.root).unwrap();
            }
            let found = contents(&backend).unwrap();
            assert!(
                found == *before || is_poisoned && found == *after,
                "{fault:?}: {found:?}"
            );
            if found == *before {
                call(&backend).unwrap_or_else(|error| panic!("{fault:?}: {}", chain(&error)));
            }
        }
        assert_eq!(look(&backend, &mut is_clear), *after, "{fault:?}");
    }
    drop(backend);
    world.disk.mend();
    let last = &expected[expected.len() - 1].1;
    let backend = FileBackend::open_at(&world.root).unwrap();
    assert_eq!(contents(&backend).unwrap(), *last, "{fault:?}");
    world.is_aligned();
    failed
}

#[test]
fn any_operation_may_fail_and_the_disk_be_full_from_any_on() {
    for story in [&SHORT, &SPACES] {
        let (_, expected) = tell(story);
        let world = World::new(story.prepare);
        let backend = (story.enter)(&world.root).unwrap();
        for call in story.calls {
            contents(&backend).unwrap();
            call(&backend).unwrap();
        }
        drop(backend);
        let (operations, growing) = (world.disk.asked(), world.disk.growing());
        let mut failed = [0; 2];
        for at in 0..operations {
            failed[0] += usize::from(fail(story, Fault::broken(at), &expected));
        }
        for at in growing {
            let full = Fault::full(at).after(at % 7).for_good();
            failed[1] += usize::from(fail(story, full, &expected));
        }
        println!("{operations} operations; calls failed in {failed:?} of the runs");
        assert!(failed.iter().all(|runs| *runs > 50), "{failed:?}");
    }
}

/// Returns an error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut at = error.source();
    while let Some(cause) = at {
        told.push_str(": ");
        told.push_str(&cause.to_string());
        at = cause.source();
    }
    told
}
