//! Chat exports, with memory in PostgreSQL.

use crate::exports::{self, Exports};
use crate::imports;
use crate::sessions;
use crate::support::World;

/// The program with the memory of an owner in the database.
fn of_owner(world: &World, owner: &[&str], promise: impl FnOnce(&Exports<'_>)) {
    let of_owner = [&["--backend", "postgres"], owner].concat();
    let command = |args: &[&str]| world.command(&[args, &of_owner].concat());
    promise(&Exports {
        command: &command,
        root: world.path("."),
    });
}

fn in_a_database(promise: impl FnOnce(&Exports<'_>)) {
    let world = World::new();
    of_owner(&world, &["--user-id", &world.user], promise);
}

#[test]
fn an_export_becomes_memory_once() {
    in_a_database(exports::an_export_becomes_memory_once);
}

#[test]
fn only_what_both_saw_is_found() {
    in_a_database(exports::only_what_both_saw_is_found);
}

#[test]
fn a_newer_export_brings_what_is_new() {
    in_a_database(exports::a_newer_export_brings_what_is_new);
}

#[test]
fn what_was_forgotten_does_not_come_back() {
    in_a_database(exports::what_was_forgotten_does_not_come_back);
}

#[test]
fn what_was_changed_here_stays() {
    in_a_database(exports::what_was_changed_here_stays);
}

#[test]
fn the_newest_edition_counts() {
    in_a_database(exports::the_newest_edition_counts);
}

#[test]
fn an_id_of_another_source_is_refused() {
    in_a_database(exports::an_id_of_another_source_is_refused);
}

#[test]
fn the_newer_of_two_at_once_wins() {
    in_a_database(exports::the_newer_of_two_at_once_wins);
}

#[test]
fn kills_leave_no_half_conversation() {
    in_a_database(exports::kills_leave_no_half_conversation);
}

#[test]
fn what_says_the_same_is_told() {
    in_a_database(exports::what_says_the_same_is_told);
}

#[test]
fn what_moves_is_no_duplicate() {
    in_a_database(exports::what_moves_is_no_duplicate);
}

#[test]
fn two_at_once_are_as_one() {
    in_a_database(exports::two_at_once_are_as_one);
}

#[test]
fn what_was_recalled_is_not_stored_again() {
    in_a_database(sessions::what_was_recalled_is_not_stored_again);
}

#[test]
fn a_question_of_two_sessions_is_one_memory() {
    in_a_database(sessions::a_question_of_two_sessions_is_one_memory);
}

#[test]
fn imports_are_listed() {
    let world = World::new();
    let stuck = || {
        world.database.batch(
            "CREATE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(300); RETURN NULL; END'; \
             CREATE TRIGGER stuck AFTER INSERT ON memory_nodes FOR EACH STATEMENT EXECUTE FUNCTION stuck()",
        );
    };
    let freed = || {
        world.database.batch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        world.database.batch("DROP FUNCTION stuck() CASCADE");
    };
    of_owner(&world, &["--user-id", &world.user], |exports| {
        imports::are_listed(exports, &stuck, &freed);
    });
}

#[test]
fn imports_go_with_what_is_forgotten() {
    in_a_database(imports::go_with_what_is_forgotten);
}

/// The same export of two owners is two memories; what one forgets the other keeps.
#[test]
fn owners_have_chats_of_their_own() {
    let world = World::new();
    let tenant = world.new_tenant("Acme");
    let chats = [exports::chat("c1", 1, &["Who is there?", "Me."])];
    for owner in [["--user-id", &world.user], ["--tenant-id", &tenant]] {
        of_owner(&world, &owner, |exports| {
            assert_eq!(exports.ingest(&chats, &[])["nodes"]["new"], 1);
        });
    }
    of_owner(&world, &["--user-id", &world.user], |exports| {
        exports
            .run(&["forget", "--conversation", "c1", "--yes"])
            .expect(0);
        assert_eq!(exports.ingest(&chats, &[])["forgotten"], 1);
    });
    of_owner(&world, &["--tenant-id", &tenant], |exports| {
        assert_eq!(exports.ingest(&chats, &[])["nodes"]["duplicate"], 1);
    });
}
