//! A database that takes no writes serves reads, and says why it refuses the rest.

use testkit::corpus::Corpus;
use testkit::postgres::Server;

use crate::roles::{server, url_as};
use crate::support::{Ran, World, first_node, program};

/// Everything that only reads works; everything that writes is refused, and writes nothing.
fn reads_and_no_more(world: &World, url: &str) {
    let run = |args: &[&str]| -> Ran {
        let mut command = program(world.directory.path(), url);
        command.args(args).output().unwrap().into()
    };
    let user = world.user.as_str();
    let owned = |args: &[&str]| run(&[args, &["--user-id", user]].concat());
    let memory = |args: &[&str]| owned(&[args, &["--backend", "postgres"]].concat());
    let rows = "SELECT (SELECT count(*) FROM memory_nodes) || ' ' || (SELECT count(*) FROM users) || ' ' || (SELECT count(*) FROM runs)";
    let before = world.database.scalar(rows);
    let id = first_node(&world.path("data"));
    let id = id.as_str();
    memory(&["search", "question"]).expect(0);
    memory(&["search", "--mode", "vector", "--like", id]).expect(0);
    memory(&["get", id]).expect(0);
    memory(&["list"]).expect(0);
    memory(&["doctor"]).expect(0);
    owned(&["verify"]).expect(0);
    owned(&["verify", "--exact"]).expect(0);
    owned(&["runs", "list"]).expect(0);
    run(&["runs", "list"]).expect(0);
    run(&["schema", "status"]).expect(0);
    run(&["user", "list"]).expect(0);
    for refused in [
        memory(&["add", "--question", "q", "--answer", "a"]),
        memory(&["update", id, "--answer", "a"]),
        memory(&["delete", id, "--yes"]),
        owned(&["migrate", "--model", "test-model", "--yes"]),
        owned(&["index"]),
        run(&["user", "create", "--email", "late@example.com"]),
        run(&[
            "tenant",
            "create",
            "--name",
            "late",
            "--admin-email",
            "l@example.com",
        ]),
        run(&["schema", "apply"]),
        run(&["schema", "apply", "--schema", "new"]),
    ] {
        refused
            .expect(9)
            .says("the database takes no writes")
            .says("try: name the primary server in DATABASE_URL");
    }
    assert_eq!(world.database.scalar(rows), before);
}

fn migrated(server: &Server) -> World {
    let world = World::on(server);
    world.corpus(&Corpus::new(20).dim(8).episodes(true));
    world.migrate(&[]).expect(0);
    world
}

#[test]
fn what_is_set_for_a_database_a_role_or_a_connection_is_kept() {
    let server = server();
    let world = migrated(&server);
    let name = world.database.name();
    let url = world.database.url();
    reads_and_no_more(
        &world,
        &format!("{url}?options=-cdefault_transaction_read_only%3Don"),
    );
    world.database.batch("CREATE ROLE reader LOGIN SUPERUSER; ALTER ROLE reader SET default_transaction_read_only = on");
    reads_and_no_more(&world, &url_as(url, "reader"));
    world.database.batch(&format!(
        "ALTER DATABASE {name} SET default_transaction_read_only = on"
    ));
    reads_and_no_more(&world, url);
}

#[test]
fn a_standby_serves_reads() {
    let mut server = server();
    let world = migrated(&server);
    server.become_standby();
    assert_eq!(world.database.scalar("SELECT pg_is_in_recovery()"), "t");
    reads_and_no_more(&world, world.database.url());
}
