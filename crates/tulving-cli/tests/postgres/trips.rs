//! How often a command waits for a server that is far away, start-up included.

use std::time::Duration;

use testkit::postgres::{Line, Preset, Server};

use crate::support::{Ran, World, program};

/// Longer than a client pauses between two statements that it sends at once.
const DELAY: Duration = Duration::from_millis(50);

#[test]
fn a_command_from_afar_takes_few_round_trips() {
    let server = Server::start(Preset::Fast);
    let world = World::on(&server);
    let line = Line::start(&server, DELAY);
    let run = |args: &[&str]| {
        line.trips();
        let owner = ["--backend", "postgres", "--user-id", &world.user];
        let mut program = program(world.directory.path(), &line.url(world.database.name()));
        let ran = Ran::from(program.args([&owner[..], args].concat()).output().unwrap());
        let ran = ran.expect(0);
        (ran, line.trips())
    };
    let add = [
        "add",
        "--question",
        "Why is the pool empty?",
        "--answer",
        "Every worker waits.",
    ];
    let (added, _) = run(&[&add[..], &["--json"]].concat());
    let id = added.json()["id"].as_str().unwrap().to_owned();
    // What a connection itself takes is one: there is no TLS, and no password.
    for (most, args) in [
        (8, &["search", "the pool of workers"][..]),
        (5, &["get", &id]),
        (8, &add),
    ] {
        // On a busy machine a client may pause between two messages of one trip, which are counted twice then.
        let tries = (0..5).map(|_| run(args).1);
        let fewest = tries.min().unwrap();
        assert!(fewest <= most, "{fewest} for {args:?}");
    }
}
