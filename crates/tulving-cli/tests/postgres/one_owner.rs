//! One owner, from files to PostgreSQL: who is made there is who is configured, and whoever is not
//! is told of by name.

use std::process::Stdio;

use crate::support::{Ran, World};

const BEN: &str = "018f4a52-9d1e-7c3a-8b6f-5e4d3c2b1a09";

/// A database without the owner of the data directory, and who that is.
fn begun(flags: &[&str]) -> (World, String) {
    let world = World::new();
    let init = [&["init", "--json"], flags].concat();
    let made = world.run(&init).expect(0).json();
    world
        .run(&["add", "--question", "Why did the worker hang?"])
        .expect(0);
    (world, made["owner"]["id"].as_str().unwrap().to_owned())
}

fn id(ran: &Ran) -> String {
    ran.stdout.trim_end().to_owned()
}

#[test]
fn the_user_that_is_made_is_the_owner_of_the_files_and_nobody_need_be_named() {
    let (world, owner) = begun(&[]);
    let created = world
        .run(&["user", "create", "--email", "you@example.com"])
        .expect(0);
    assert_eq!(id(&created), owner);
    created.says("note: user you@example.com is the owner that config.yaml line ");
    world.run(&["migrate", "--yes"]).expect(0);
    world.run(&["verify"]).expect(0);
    world.run(&["doctor", "--parity"]).expect(0);
    world
        .run(&["search", "worker", "--backend", "postgres"])
        .expect(0);
    // Without a configuration it is the directory that says so.
    let (world, owner) = begun(&[]);
    std::fs::remove_file(world.path("config.yaml")).unwrap();
    let created = world
        .run(&["user", "create", "--email", "you@example.com", "--json"])
        .expect(0);
    assert_eq!(created.json()["id"], owner.as_str());
    assert_eq!(created.json()["created"], true);
    created.says("is the owner that the directory data names");
    world.run(&["migrate", "--yes"]).expect(0);
    world.run(&["verify"]).expect(0);
}

#[test]
fn a_tenant_that_is_made_is_the_owner_of_the_files() {
    let (world, owner) = begun(&["--tenant-id", BEN]);
    assert_eq!(owner, BEN);
    let create = ["tenant", "create", "--name", "driscoll"];
    let created = world.run(&create).expect(0);
    assert_eq!(id(&created), BEN);
    created.says("note: tenant driscoll is the owner that config.yaml line ");
    world.run(&["migrate", "--yes"]).expect(0);
    // Names of tenants may repeat: the same again is another.
    let again = world.run(&create).expect(0);
    assert_ne!(id(&again), BEN);
    again.says(&format!("tenant {BEN}, whom config.yaml line "));
    // Which of them is meant, the configuration says.
    let again = world
        .run(&[&create[..], &["--if-not-exists"]].concat())
        .expect(0);
    assert_eq!(id(&again), BEN);
}

#[test]
fn made_again_a_user_is_refused_by_name_or_given_as_it_is() {
    let (world, owner) = begun(&[]);
    let create = ["user", "create", "--email", "you@example.com"];
    let gently = [&create[..], &["--if-not-exists"]].concat();
    assert_eq!(id(&world.run(&gently).expect(0)), owner);
    let before = world.counts();
    world
        .run(&create)
        .expect(9)
        .says(&format!("is there already, with the id {owner}"))
        .says("--if-not-exists");
    for email in ["you@example.com", "You@Example.COM"] {
        let again = [
            "user",
            "create",
            "--email",
            email,
            "--if-not-exists",
            "--json",
        ];
        let again = world.run(&again).expect(0);
        assert_eq!(again.json()["id"], owner.as_str());
        assert_eq!(again.json()["created"], false);
        again.says("was there already");
    }
    assert_eq!(world.counts(), before);
    // A person whom SQL has made is known by the address too.
    world.database.batch(&format!(
        "INSERT INTO users (id, email) VALUES ('{BEN}', 'ben@example.com')"
    ));
    let ben = ["user", "create", "--email", "ben@example.com"];
    world
        .run(&[&ben[..], &["--if-not-exists"]].concat())
        .expect(9)
        .says(&format!(
            "user ben@example.com is user {BEN}, not user {owner}"
        ))
        .says(&format!("--id {BEN}"));
    let named = [&ben[..], &["--if-not-exists", "--id", BEN]].concat();
    assert_eq!(id(&world.run(&named).expect(0)), BEN);
}

#[test]
fn beside_a_configured_owner_who_is_there_another_gets_a_new_id() {
    let (world, owner) = begun(&[]);
    world
        .run(&["user", "create", "--email", "you@example.com"])
        .expect(0);
    for more in [&[][..], &["--if-not-exists"]] {
        let email = format!("friend{}@example.com", more.len());
        let create = [&["user", "create", "--email", &email][..], more].concat();
        let made = world.run(&create).expect(0);
        assert_ne!(id(&made), owner);
        made.says(&format!("note: user {owner}, whom config.yaml line "))
            .says("is there already; user friend")
            .says("is another owner, with a new id");
    }
    // Whom to make is of the other kind: the id could not be used.
    let made = world.run(&["tenant", "create", "--name", "x"]).expect(0);
    assert_ne!(id(&made), owner);
    made.says(&format!("names user {owner}; tenant x is another owner"));
    // A member of a tenant is not the owner of the files, and neither is who was given an id.
    let tenant = id(&made);
    let member = [
        "user",
        "create",
        "--email",
        "m@example.com",
        "--tenant-id",
        &tenant,
    ];
    let made = world.run(&member).expect(0);
    assert_ne!(id(&made), owner);
    assert_eq!(made.stderr, "");
    let given = ["user", "create", "--email", "b@example.com", "--id", BEN];
    let made = world.run(&given).expect(0);
    assert_eq!((id(&made).as_str(), made.stderr.as_str()), (BEN, ""));
    // A member of nobody is not taken for one of a tenant.
    let other = [
        "user",
        "create",
        "--email",
        "b@example.com",
        "--if-not-exists",
    ];
    world
        .run(&[&other[..], &["--tenant-id", &tenant]].concat())
        .expect(9)
        .says(&format!("belongs to no tenant, not to tenant {tenant}"));
}

#[test]
fn of_several_who_make_the_same_owner_at_once_all_get_one() {
    let (world, owner) = begun(&[]);
    for create in [
        ["user", "create", "--email", "you@example.com"],
        ["tenant", "create", "--name", "driscoll"],
    ] {
        let children: Vec<_> = (0..6)
            .map(|_| {
                let create = [&create[..], &["--if-not-exists"]].concat();
                let mut command = world.command(&create);
                command.stdout(Stdio::piped()).stderr(Stdio::piped());
                command.spawn().unwrap()
            })
            .collect();
        let ids: Vec<_> = children
            .into_iter()
            .map(|child| id(&Ran::from(child.wait_with_output().unwrap()).expect(0)))
            .collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        if create[0] == "user" {
            assert_eq!(ids[0], owner);
        }
    }
    // Different people: one is the owner, each is somebody.
    let (world, owner) = begun(&[]);
    let children: Vec<_> = (0..4)
        .map(|at| {
            let email = format!("p{at}@example.com");
            let mut command = world.command(&["user", "create", "--email", &email]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    let ids: Vec<_> = children
        .into_iter()
        .map(|child| id(&Ran::from(child.wait_with_output().unwrap()).expect(0)))
        .collect();
    assert_eq!(ids.iter().filter(|id| **id == owner).count(), 1, "{ids:?}");
}

#[test]
fn a_tenant_is_found_again_with_its_first_user() {
    let world = World::new();
    let create = |name: &str, email: &str| {
        let args = ["tenant", "create", "--name", name, "--admin-email", email];
        world.run(&[&args[..], &["--if-not-exists", "--json"]].concat())
    };
    let made = create("driscoll", "admin@driscoll.com").expect(0).json();
    let again = create("driscoll", "admin@driscoll.com").expect(0).json();
    assert_eq!(made["id"], again["id"]);
    assert_eq!(made["admin_user_id"], again["admin_user_id"]);
    assert_eq!(
        (&made["created"], &again["created"]),
        (&true.into(), &false.into())
    );
    let before = world.counts();
    let of = made["id"].as_str().unwrap();
    create("other", "admin@driscoll.com")
        .expect(9)
        .says(&format!("belongs to tenant {of}, not to tenant "));
    assert_eq!(world.counts(), before);
    world
        .run(&["tenant", "create", "--name", "driscoll"])
        .expect(0);
    create("driscoll", "admin@driscoll.com")
        .expect(9)
        .says("several are called tenant driscoll: ")
        .says("--id ID");
}

#[test]
fn whoever_is_foreign_both_are_named() {
    let (world, owner) = begun(&[]);
    let (user, both) = (&world.user, |ran: &Ran| {
        ran.says(&format!("user {owner}"))
            .says(&format!("user {}", world.user));
    });
    for command in [
        &["migrate", "--yes"][..],
        &["migrate", "--dry-run"],
        &["verify"],
    ] {
        let ran = world
            .run(&[command, &["--user-id", user]].concat())
            .expect(3);
        both(&ran);
        ran.says(&format!("--user-id {owner}")).says("--restamp");
    }
    for command in [
        &["search", "x"][..],
        &["list"],
        &["init"],
        &["compact"],
        &["doctor"],
        &["doctor", "--parity"],
    ] {
        let ran = world
            .run(&[command, &["--user-id", user]].concat())
            .expect(9);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        for id in [&owner, user] {
            assert!(said.contains(&format!("user {id}")), "{command:?}: {said}");
        }
    }
    // What the files' changes have made unreadable is nobody else's to put right.
    let nodes = world.path("data/corpus/nodes.json");
    std::fs::write(&nodes, " []").unwrap();
    let ran = world
        .run(&["compact", "--rebase", "--user-id", user])
        .expect(9);
    both(&ran);
    // What was advised is possible.
    world.run(&["compact", "--rebase"]).expect(0);
    world
        .run(&["migrate", "--yes", "--user-id", user, "--restamp"])
        .expect(0);
}
