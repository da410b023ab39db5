//! Another embedding model in a database: filled beside the one that is searched, cut over, dropped.

use serde_json::json;
use testkit::corpus::Corpus;
use tokio::runtime::Runtime;
use tulving::backend::postgres::{Database, Dsn};
use tulving::model::Scope;

use crate::models::Models;
use crate::reembedding::{
    Memory, failed_half_way, first, killed, killed_on_the_way_back, section, the_whole_course,
    written_meanwhile,
};
use crate::support::World;

/// A user's memory of items; the configuration names both models.
fn memory<'w>(world: &'w World, user: &str) -> Memory<'w> {
    let models = Models::start();
    let config = format!("{user}.yaml");
    let text = format!(
        "memory: {{backend: postgres}}\nscope: {{user_id: {user}}}\n{}",
        section(&models, &["up", "down"])
    );
    std::fs::write(world.path(&config), text).unwrap();
    Memory::new(models, move |args| {
        let mut command = world.command(args);
        command.args(["--config", &config]);
        command
    })
}

#[test]
fn a_model_is_filled_beside_then_searched_gone_back_from_and_dropped() {
    let world = World::new();
    the_whole_course(&memory(&world, &world.user));
}

#[test]
fn what_is_written_meanwhile_has_vectors_of_both_models() {
    let world = World::new();
    written_meanwhile(&memory(&world, &world.user));
}

#[test]
fn a_run_that_is_killed_at_any_moment_is_finished_by_the_same_command_and_no_answer_is_mixed() {
    let world = World::new();
    killed(&memory(&world, &world.user));
}

#[test]
fn a_way_back_and_a_drop_that_are_killed_are_finished_by_the_same_command() {
    let world = World::new();
    killed_on_the_way_back(&memory(&world, &world.user));
}

#[test]
fn what_was_made_before_a_failure_stays_and_the_same_command_goes_on() {
    let world = World::new();
    failed_half_way(&memory(&world, &world.user));
}

/// Everything that a scope has in any table.
fn everything(world: &World, owner: &str) -> Vec<String> {
    let tables = world.column(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'scope_id' ORDER BY 1",
    );
    assert!(tables.len() > 10, "{tables:?}");
    let digest = |table: &String| {
        let rows = world.database.scalar(&format!(
            "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') \
             FROM {table} t WHERE scope_id = '{owner}'"
        ));
        format!("{table}: {rows}")
    };
    tables.iter().map(digest).collect()
}

#[test]
fn nothing_of_another_owner_is_read_or_changed() {
    let world = World::new();
    let other = world.new_user("canary@example.com");
    let (own, canary) = (memory(&world, &world.user), memory(&world, &other));
    canary.run(&["reembed"]).expect(0);
    let before = everything(&world, &other);
    let texts = canary.models.texts();
    let mut own_before = everything(&world, &world.user);
    for args in [
        &["reembed"][..],
        &["reembed", "--cut-over", "--yes"],
        &["reembed", "--roll-back", "--yes"],
        &["reembed", "--drop", "--yes"],
    ] {
        own.run(args).expect(0);
        let own_now = everything(&world, &world.user);
        assert_ne!(own_now, own_before, "{args:?}");
        own_before = own_now;
        assert_eq!(everything(&world, &other), before, "{args:?}");
    }
    assert_eq!(canary.models.texts(), texts);
    assert_eq!(canary.found("10"), first("up"));
    // Whoever is not there has nothing to be embedded.
    let nobody = "00000000-0000-0000-0000-000000000009";
    for more in [
        &[][..],
        &["--status"],
        &["--dry-run"],
        &["--drop", "down", "--yes"],
    ] {
        let args = [&["reembed", "--user-id", nobody], more].concat();
        own.run(&args).expect(9).says("holds no memory of");
    }
}

#[test]
fn two_runs_of_one_owner_are_never_at_it_at_once() {
    let world = World::new();
    let own = memory(&world, &world.user);
    let runtime = Runtime::new().unwrap();
    let database = Database::new(world.database.url().parse::<Dsn>().unwrap());
    let owner = Scope::User(world.user.parse().unwrap());
    let lock = runtime.block_on(database.lock(owner, 1)).unwrap();
    own.run(&["reembed"]).expect(8);
    drop(lock);
    runtime.shutdown_background();
    own.run(&["reembed"]).expect(0);
}

#[test]
fn the_index_of_many_vectors_is_there_before_they_are_searched() {
    let world = World::new();
    world.corpus(&Corpus::new(10_300).dim(8).episodes(false));
    world.migrate(&[]).expect(0);
    world.run(&["index", "--user-id", &world.user]).expect(0);
    let owner = ["--backend", "postgres", "--user-id", &world.user];
    let run = |args: &[&str]| world.run(&[args, &owner].concat());
    let indexes = || {
        world.database.scalar(
            "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
             WHERE i.indisvalid AND c.relname LIKE 'node\\_vectors\\_%\\_%'",
        )
    };
    assert_eq!(indexes(), "1");
    // Who may not build the index is told before anything is made.
    world
        .database
        .batch("CREATE ROLE member LOGIN; GRANT tulving_app TO member");
    let url = crate::roles::url_as(world.database.url(), "member");
    let mut member = crate::support::program(world.directory.path(), &url);
    let ran = member.args(["reembed", "--cut-over", "--yes"]).args(owner);
    let ran: crate::support::Ran = ran.output().unwrap().into();
    ran.expect(9).says("building the index of the vectors");
    let status = run(&["reembed", "--status", "--json"]).expect(0).json();
    assert_eq!(status["spaces"].as_array().unwrap().len(), 1, "{status}");
    let filled = run(&["reembed", "--json"]).expect(0).json();
    assert_eq!(filled["made"], json!(10_300));
    assert_eq!(indexes(), "1");
    let cut = run(&["reembed", "--cut-over", "--yes"]).expect(0);
    cut.says("indexing the vectors of nodes");
    assert_eq!(indexes(), "2");
    run(&["doctor"])
        .expect(0)
        .shows("tulving-static-1 (256 numbers), searched through an index");
    run(&["reembed", "--drop", "--yes"]).expect(0);
    assert_eq!(indexes(), "1");
}
