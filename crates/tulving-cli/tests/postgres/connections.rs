//! How many connections are needed: small hosted plans give a role two or three.

use std::process::Stdio;
use std::time::Duration;

use testkit::corpus::Corpus;
use testkit::postgres::Line;

use crate::roles::{ask, follow_at, psql_command, server, url_as};
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

    expect("doctor --backend postgres --deep", 0);

    administer("ALTER ROLE few CONNECTION LIMIT 1");
    expect("verify", 0);
    expect("search anything --backend postgres", 0);
    expect("list --backend postgres", 0);
    expect("add --question few? --answer one --backend postgres", 0);
    expect("export --out back --workers 4 --backend postgres", 0);
    for two in ["migrate --model m --yes", "index"] {
        expect(two, 7)
            .says("too many connections for role \"few\"")
            .says("need two connections");
    }
    // It tells on stdout what it finds.
    expect("doctor --backend postgres", 7).shows("doctor need two connections");
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

#[test]
fn who_is_turned_away_at_the_door_gets_in_by_doing_what_is_said() {
    let mut server = server();
    let world = World::on(&server);
    let everywhere = server.url("postgres");
    ask(
        &server,
        &everywhere,
        "CREATE ROLE few LOGIN; GRANT tulving_app TO few",
    )
    .unwrap();
    let url = url_as(world.database.url(), "few");
    let list = || -> Ran {
        let args = ["list", "--backend", "postgres", "--user-id", &world.user];
        let mut command = program(world.directory.path(), &url);
        command.args(args).output().unwrap().into()
    };
    let database = world.database.name();
    for closed in [
        "ALTER ROLE few CONNECTION LIMIT 0",
        "ALTER DATABASE DATABASE CONNECTION LIMIT 0",
        "ALTER DATABASE DATABASE ALLOW_CONNECTIONS false",
        "REVOKE CONNECT ON DATABASE DATABASE FROM PUBLIC",
        "ALTER ROLE few NOLOGIN",
    ] {
        let sql = closed.replace("DATABASE DATABASE", &format!("DATABASE {database}"));
        ask(&server, &everywhere, &sql).unwrap();
        let refused = list();
        assert_eq!(refused.code, Some(7), "{closed}: {}", refused.stderr);
        follow_at(&server, world.directory.path(), &everywhere, &refused);
        let let_in = list();
        assert_eq!(let_in.code, Some(0), "{closed}: {}", let_in.stderr);
    }

    // One place is left for those who are no superusers, and another program has it.
    let few = "ALTER SYSTEM SET superuser_reserved_connections = 199";
    ask(&server, &everywhere, few).unwrap();
    server.restart();
    let mut other = psql_command(&server, &everywhere, &["-c", "SELECT pg_sleep(600)"]);
    let mut other = other.stdout(Stdio::null()).spawn().unwrap();
    let asleep = "FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    let count = || ask(&server, &everywhere, &format!("SELECT count(*) {asleep}")).unwrap();
    wait_until("the other is connected", || count() == "1");
    list()
        .expect(7)
        .says("remaining connection slots are reserved")
        .says("try: end other programs of this server")
        .says("or a larger max_connections in the server's postgresql.conf");
    let end = format!("SELECT count(pg_terminate_backend(pid)) {asleep}");
    ask(&server, &everywhere, &end).unwrap();
    other.wait().unwrap();
    wait_until("the other has gone", || count() == "0");
    list().expect(0);
}
