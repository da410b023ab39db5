//! What memories are about, with memory in PostgreSQL.

use crate::support::World;
use crate::topics::{self, Topics};

fn in_a_database(promise: impl FnOnce(&Topics<'_>)) {
    let world = World::new();
    let owner = ["--backend", "postgres", "--user-id", world.user.as_str()];
    promise(&Topics {
        command: &|args| world.command(&[args, &owner].concat()),
        root: world.path("."),
    });
}

#[test]
fn clusters_are_found_and_shown() {
    in_a_database(topics::are_found_and_shown);
}

#[test]
fn clusters_keep_their_numbers() {
    in_a_database(topics::keep_their_numbers);
}

#[test]
fn clusters_get_labels_of_their_present_words() {
    in_a_database(topics::get_labels_of_their_present_words);
}

#[test]
fn clusters_are_made_when_they_are_asked_for() {
    in_a_database(topics::are_made_when_they_are_asked_for);
}
