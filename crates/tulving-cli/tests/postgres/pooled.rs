//! What a pooler refuses, and what is advised then.

use testkit::corpus::Corpus;
use testkit::postgres::Pooler;

use crate::roles::server;
use crate::support::{Ran, World, program};

#[test]
fn a_pooler_that_hands_on_within_transactions_is_told_from_a_lost_server() {
    let server = server();
    let world = World::on(&server);
    let Some(pooler) = Pooler::start_in(&server, "statement") else {
        return;
    };
    let args = ["list", "--backend", "postgres", "--user-id", &world.user];
    let list = |pooler: &Pooler| -> Ran {
        let url = pooler.url(world.database.name());
        let mut command = program(world.directory.path(), &url);
        command.args(args).output().unwrap().into()
    };
    // It hangs up in the same moment, and what it said last may be lost with that.
    let said = (0..50).find_map(|_| {
        let ran = list(&pooler);
        ran.stderr.contains("pooling mode").then_some(ran)
    });
    let refused = said.expect("it says why").expect(9);
    refused
        .says("the connection was handed on between statements")
        .says("try: connect to the server itself, or to its pooler in session mode");
    drop(pooler);
    let pooler = Pooler::start_in(&server, "session").expect("there was one");
    list(&pooler).expect(0);
}

#[test]
fn a_pooler_that_refuses_settings_is_passed_without_them() {
    let server = server();
    let world = World::on(&server);
    let Some(pooler) = Pooler::start(&server) else {
        return;
    };
    world.corpus(&Corpus::new(30).dim(8));
    let url = pooler.url(world.database.name());
    let run = |url: &str, options: Option<&str>, args: &[&str]| -> Ran {
        let mut command = program(world.directory.path(), url);
        command.args(args).args(["--user-id", &world.user]);
        command.envs(options.map(|options| ("PGOPTIONS", options)));
        command.output().unwrap().into()
    };
    let path = format!("{url}?options=-csearch_path%3Dpublic%20-cwork_mem%3D8MB");
    for refused in [
        run(&path, None, &["verify"]),
        run(&url, Some("-c work_mem=8MB"), &["verify"]),
    ] {
        refused
            .expect(7)
            .says("unsupported startup parameter")
            .says("try: take options out of DATABASE_URL, or unset PGOPTIONS");
    }
    for command in [
        "migrate --model m --yes --schema public",
        "verify --exact",
        "index",
        "index --rebuild",
        "search question --backend postgres",
        "export --out back --workers 2 --backend postgres",
    ] {
        let args: Vec<&str> = command.split(' ').collect();
        run(&url, None, &args).expect(0);
    }
}
