//! How many connections are needed: small hosted plans give a role two or three.

use std::time::Duration;

use testkit::corpus::Corpus;
use testkit::postgres::Line;

use crate::roles::{ask, server, url_as};
use crate::support::{Ran, World, program};
use crate::under_way::wait_until;

#[test]
fn two_connections_are_enough_for_a_migration_and_one_for_all_else() {
    let server = server();
    let world = World::on(&server);
    world.corpus(&Corpus::new(400).dim(8));
    let administer = |sql: &str| ask(&server, world.database.url(), sql).unwrap();
    administer("CREATE ROLE few LOGIN CONNECTION LIMIT 2; GRANT tulving_app TO few");
    let url = url_as(world.database.url(), "few");
    let expect = |command: &str, code| {
        // A server takes a moment to notice that a program has ended, and counts it until then.
        let count = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'few'";
        wait_until("nobody is connected", || administer(count) == "0");
        let args = command.split(' ').chain(["--user-id", &world.user]);
        let mut command = program(world.directory.path(), &url);
        Ran::from(command.args(args).output().unwrap()).expect(code)
    };
    expect("migrate --model m --yes --workers 4 --batch-rows 50", 0);

    administer("ALTER ROLE few CONNECTION LIMIT 1");
    expect("verify", 0);
    expect("search anything --backend postgres", 0);
    expect("list --backend postgres", 0);
    expect("add --question few? --answer one --backend postgres", 0);
    for two in ["migrate --model m --yes", "index"] {
        expect(two, 7)
            .says("too many connections for role \"few\"")
            .says("need two connections");
    }
}

/// One of a run's two connections holds its lock. Over a slow line whoever has the other one keeps it for
/// longer than anyone waits for one: it must not be a worker that could do without.
#[test]
fn the_connection_that_is_left_goes_to_the_worker_that_needs_it() {
    let server = server();
    let world = World::on(&server);
    world.corpus(&Corpus::new(240).dim(8));
    let administer = |sql: &str| ask(&server, world.database.url(), sql).unwrap();
    administer("CREATE ROLE few LOGIN CONNECTION LIMIT 2; GRANT tulving_app TO few");
    let line = Line::start(&server, Duration::from_millis(30));
    let url = url_as(&line.url(world.database.name()), "few");
    let mut migrate = program(world.directory.path(), &url);
    let migrate = migrate.args(["migrate", "--user-id", &world.user, "--model", "m", "--yes"]);
    let migrate = migrate.args(["--workers", "16", "--batch-rows", "10"]);
    Ran::from(migrate.output().unwrap()).expect(0);
}
