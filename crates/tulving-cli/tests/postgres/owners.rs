//! Users and tenants are made once, by the program or by the SQL that it prints.

use std::fs;
use std::time::Duration;

use serde_json::json;
use testkit::postgres::Line;

use crate::roles::server;
use crate::support::{Ran, World, program};

/// Names as people have them, and as people who mean harm write them.
const NAMES: [&str; 5] = [
    "Driscoll",
    "O'Brien \"& Söhne\" 日本",
    r"back\slash\' and \\ more",
    r"'); DROP TABLE memory_nodes; --",
    "two\nlines; $$ {} %s :name",
];

#[test]
fn what_sql_prints_makes_what_create_makes() {
    let world = World::new();
    for (at, name) in NAMES.iter().enumerate() {
        for strict in ["on", "off"] {
            let id = format!("00000000-0000-4000-8000-0000000{strict:0>3}{at:02}")
                .replace("on", "11")
                .replace("off", "222");
            let args = ["tenant", "create", "--name", name, "--id", &id, "--sql"];
            let file = world.path("tenant.sql");
            let printed = world.run(&args).expect(0).stdout;
            fs::write(&file, printed).unwrap();
            let strings = format!("SET standard_conforming_strings = {strict}");
            world
                .psql(&["-c", &strings, "-f", file.to_str().unwrap()])
                .expect(0);
            let found = world
                .database
                .scalar(&format!("SELECT name FROM tenants WHERE id = '{id}'"));
            assert_eq!(found, *name, "{strict}");
        }
        world.run(&["tenant", "create", "--name", name]).expect(0);
    }
    let listed = world.run(&["tenant", "list", "--json"]).expect(0).json();
    let listed = listed["tenants"].as_array().unwrap();
    assert_eq!(listed.len(), 3 * NAMES.len());
    for name in NAMES {
        assert_eq!(
            listed
                .iter()
                .filter(|tenant| tenant["name"] == json!(name))
                .count(),
            3
        );
    }
    // Each has its scope, and for a person a name is one line.
    assert_eq!(world.database.scalar("SELECT count(*) FROM scopes"), "16");
    let shown = world.run(&["tenant", "list"]).expect(0).stdout;
    assert_eq!(shown.lines().count(), 1 + 3 * NAMES.len(), "{shown}");
}

#[test]
fn a_tenant_comes_with_its_first_user_or_not_at_all() {
    let world = World::new();
    let create = |name: &str, email: &str, more: &[&str]| {
        let args = [
            "tenant",
            "create",
            "--name",
            name,
            "--admin-email",
            email,
            "--json",
        ];
        world.run(&[&args, more].concat())
    };
    let made = create("driscoll", "admin@driscoll.com", &[])
        .expect(0)
        .json();
    let users = world.run(&["user", "list", "--json"]).expect(0).json();
    let admin = users["users"]
        .as_array()
        .unwrap()
        .iter()
        .find(|user| user["id"] == made["admin_user_id"]);
    assert_eq!(admin.unwrap()["tenant_id"], made["id"]);
    // The same person again: neither is made.
    let before = world.counts();
    create("second", "admin@driscoll.com", &[])
        .expect(9)
        .says("user admin@driscoll.com is there already");
    assert_eq!(world.counts(), before);

    let printed = create(
        "third",
        "third@driscoll.com",
        &["--sql", "--output", "third.sql"],
    )
    .expect(0)
    .json();
    assert_eq!(world.counts(), before);
    let file = world.path("third.sql");
    world.psql(&["-f", file.to_str().unwrap()]).expect(0);
    let query = format!(
        "SELECT name FROM tenants WHERE id = {}",
        printed["id"].to_string().replace('"', "'")
    );
    assert_eq!(world.database.scalar(&query), "third");
    world
        .run(&["tenant", "create", "--name", "x", "--output", "x.sql"])
        .expect(2);
}

#[test]
fn no_two_owners_have_one_address_or_one_id() {
    let world = World::new();
    let before = world.counts();
    world
        .run(&["user", "create", "--email", "test@example.com"])
        .expect(9)
        .says("user test@example.com is there already")
        .says("tulving user list");
    world
        .run(&[
            "user",
            "create",
            "--email",
            "other@example.com",
            "--id",
            &world.user,
        ])
        .expect(9)
        .says("its id is taken");
    world
        .run(&["tenant", "create", "--name", "taken", "--id", &world.user])
        .expect(9)
        .says("its id is taken");
    world
        .run(&["tenant", "create", "--name", "x", "--id", "7"])
        .expect(2)
        .says("Invalid UUID format");
    let nowhere = "00000000-0000-4000-8000-000000000009";
    world
        .run(&["user", "create", "--email", "a@b.c", "--tenant-id", nowhere])
        .expect(9)
        .says("belongs to a tenant that does not exist");
    assert_eq!(world.counts(), before);
    // Another identity is another person, the address notwithstanding.
    let elsewhere = ["--auth-provider", "google", "--external-id", "117"];
    let create = [
        &["user", "create", "--email", "test@example.com"],
        &elsewhere[..],
    ]
    .concat();
    world.run(&create).expect(0);
    world.run(&create).expect(9);
}

#[test]
fn an_owner_who_is_not_there_is_told_how_to_come() {
    let world = World::new();
    world.corpus(&testkit::corpus::Corpus::new(8).dim(4));
    let nobody = "00000000-0000-4000-8000-000000000009";
    for (flag, create) in [
        ("--user-id", "tulving user create"),
        ("--tenant-id", "tulving tenant create"),
    ] {
        for command in [&["migrate", "--yes"][..], &["verify"]] {
            world
                .run(&[command, &[flag, nobody]].concat())
                .expect(9)
                .says("does not exist")
                .says(create)
                .says(&format!("--id {nobody}"));
        }
    }
    // A user is no tenant.
    world
        .migrate_as(&["--tenant-id", &world.user], &[])
        .expect(9);
}

#[test]
fn a_blank_name_and_an_address_that_is_none_are_refused() {
    let world = World::new();
    let before = world.counts();
    for address in [
        "",
        " ",
        "ann",
        "@example.com",
        "ann@",
        "a@b@c",
        "an n@example.com",
        "ann@exam\nple.com",
        "ann@\u{200b}",
        "\u{a0}@example.com",
        &format!("{}@example.com", "a".repeat(243)),
    ] {
        for sql in [&[][..], &["--sql"]] {
            let refused = world.run(&[&["user", "create", "--email", address], sql].concat());
            refused
                .expect(2)
                .says("is not an e-mail address")
                .says("try: ");
            let tenant = ["tenant", "create", "--name", "T", "--admin-email", address];
            world.run(&[&tenant, sql].concat()).expect(2);
        }
    }
    for name in ["", "  ", "\u{3000}", "\u{200b}\u{feff}"] {
        let refused = world.run(&["tenant", "create", "--name", name]).expect(2);
        refused.says("the name ").says("try: ");
        let identity = ["--auth-provider", "google", "--external-id", name];
        world
            .run(&[&["user", "create", "--email", "a@b"], &identity[..]].concat())
            .expect(2);
    }
    assert_eq!(world.counts(), before);
    for address in ["a@b", "o'hara+x@sub.example.com", "用户@例え.jp"] {
        world.run(&["user", "create", "--email", address]).expect(0);
    }
}

/// Over a line where the server waits for each message, as it does where machines are far apart.
#[test]
fn owners_are_made_however_short_a_server_waits_in_a_transaction() {
    let server = server();
    let world = World::on(&server);
    let name = world.database.name();
    world.database.batch(&format!(
        "ALTER DATABASE {name} SET idle_in_transaction_session_timeout = '1ms'"
    ));
    let line = Line::start(&server, Duration::from_millis(20));
    let far = |args: &[&str]| {
        let ran = program(world.directory.path(), &line.url(name))
            .args(args)
            .output();
        Ran::from(ran.unwrap()).expect(0)
    };
    far(&["tenant", "create", "--name", "T", "--admin-email", "a@b.c"]);
    far(&["user", "show", "a@b.c"]);
    far(&["user", "rename", "a@b.c", "--email", "c@b.a"]);
    far(&["user", "list"]).shows("c@b.a");
}
