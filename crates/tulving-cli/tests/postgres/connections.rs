//! How many connections are needed: small hosted plans give a role two or three.

use testkit::corpus::Corpus;

use crate::roles::{ask, server, url_as};
use crate::support::{World, program};

#[test]
fn two_connections_are_enough_for_everything() {
    let server = server();
    let world = World::on(&server);
    world.corpus(&Corpus::new(400).dim(8));
    let role = "CREATE ROLE few LOGIN CONNECTION LIMIT 2; GRANT tulving_app TO few";
    ask(&server, world.database.url(), role).unwrap();
    let url = url_as(world.database.url(), "few");
    let run = |args: &[&str]| {
        let mut command = program(world.directory.path(), &url);
        command.env("TULVING_POOL_SIZE", "1");
        command.args(args).args(["--user-id", &world.user]);
        command.output().unwrap().into()
    };
    let expect = |args: &[&str], code| crate::support::Ran::expect(run(args), code);
    let migrate = [
        "migrate",
        "--model",
        "m",
        "--yes",
        "--workers",
        "4",
        "--batch-rows",
        "50",
    ];
    expect(&migrate, 0);
    expect(&["verify"], 0);
    let add = [
        "add",
        "--backend",
        "postgres",
        "--question",
        "few?",
        "--answer",
        "two",
    ];
    expect(&add, 0);
    expect(&["search", "anything", "--backend", "postgres"], 0);
    expect(&["list", "--backend", "postgres"], 0);

    ask(
        &server,
        world.database.url(),
        "ALTER ROLE few CONNECTION LIMIT 1",
    )
    .unwrap();
    let one = expect(&migrate, 7);
    one.says("too many connections for role \"few\"")
        .says("need two connections");
    for read in [
        &["search", "anything"][..],
        &["list"],
        &["add", "--question", "one?"],
    ] {
        expect(&[read, &["--backend", "postgres"]].concat(), 0);
    }
    let indexed = ["index"];
    expect(&indexed, 7).says("need two connections");
}
