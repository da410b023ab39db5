//! Documents, with memory in PostgreSQL.

use serde_json::json;

use crate::manuals::{self, Manuals};
use crate::support::World;

/// The program with the memory of an owner in the database.
fn of_owner(world: &World, owner: &[&str], promise: impl FnOnce(&Manuals<'_>)) {
    let of_owner = [&["--backend", "postgres"], owner].concat();
    let command = |args: &[&str]| world.command(&[args, &of_owner].concat());
    promise(&Manuals {
        command: &command,
        root: world.path("."),
    });
}

fn in_a_database(promise: impl FnOnce(&Manuals<'_>)) {
    let world = World::new();
    of_owner(&world, &["--user-id", &world.user], promise);
}

#[test]
fn hits_say_where_they_are_from() {
    in_a_database(manuals::hits_say_where_they_are_from);
}

#[test]
fn a_folder_is_followed() {
    in_a_database(manuals::a_folder_is_followed);
}

#[test]
fn a_folder_that_was_moved_is_there_once() {
    in_a_database(manuals::a_folder_that_was_moved_is_there_once);
}

#[test]
fn what_is_found_by_words_only_is_read_again_when_vectors_can_be_made() {
    in_a_database(manuals::what_is_found_by_words_only_is_read_again_when_vectors_can_be_made);
}

#[test]
fn bad_files_are_named_and_left_out() {
    in_a_database(manuals::bad_files_are_named_and_left_out);
}

#[test]
fn one_manual_in_two_forms_is_found_once() {
    in_a_database(manuals::one_manual_in_two_forms_is_found_once);
}

#[test]
fn neither_crowds_out_the_other() {
    in_a_database(manuals::neither_crowds_out_the_other);
}

#[test]
fn kills_leave_no_half_documents() {
    in_a_database(manuals::kills_leave_no_half_documents);
}

#[test]
fn two_forms_at_once_are_as_one() {
    in_a_database(manuals::two_forms_at_once_are_as_one);
}

#[test]
fn two_at_once_are_as_one() {
    in_a_database(manuals::two_at_once_are_as_one);
}

/// Equal documents of two owners are two; what one removes the other keeps, and neither sees the other's.
#[test]
fn owners_have_documents_of_their_own() {
    let world = World::new();
    let tenant = world.new_tenant("Acme");
    let owners = [["--user-id", &world.user], ["--tenant-id", &tenant]];
    of_owner(&world, &owners[0], |own| {
        own.write("HR/leave.md", "# Leave\n\nSixteen weeks of parental leave.");
        own.json(0, &["docs", "add", "Manuals"]);
    });
    of_owner(&world, &owners[1], |other| {
        assert_eq!(other.json(0, &["docs", "list"])["documents"], json!([]));
        other.run(&["docs", "show", "leave.md"]).expect(10);
        other
            .run(&["docs", "remove", "Manuals", "--yes"])
            .expect(10);
        let found = other.json(0, &["search", "parental leave"]);
        assert_eq!(found["hits"], json!([]));
        other.json(0, &["docs", "sync", "Manuals"]);
        other.json(0, &["docs", "remove", "leave.md", "--yes"]);
    });
    of_owner(&world, &owners[0], |own| {
        assert_eq!(own.whole().len(), 1);
        let found = own.json(0, &["search", "parental leave"]);
        assert_eq!(found["hits"].as_array().unwrap().len(), 1);
    });
}
