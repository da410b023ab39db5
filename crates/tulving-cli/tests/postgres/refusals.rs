//! Whatever a server says for a reason of its own, it is not called a bug, and something can be done.

use testkit::corpus::Corpus;
use testkit::postgres::Server;

use crate::roles::follow;
use crate::support::World;

fn migrated() -> World {
    let world = World::new();
    world.corpus(&Corpus::new(4).dim(8));
    world.migrate(&[]).expect(0);
    world
}

impl World {
    fn add(&self) -> crate::support::Ran {
        let owned = ["--backend", "postgres", "--user-id", &self.user];
        self.run(&[&["add", "--question", "q", "--answer", "a"][..], &owned].concat())
    }
}

/// PostgreSQL's own codes, one of each kind and class, as an operator's trigger may raise them.
///
/// What is advised is tried by other tests, on servers that are in that state: a full disk (53100,
/// `faults`), no connections left (53300, `connections`), a limit on temporary files (53400, below), a
/// library that is gone (58P01, below), rights (42501, `schema`, `wall`, `repair`), a read-only database
/// (25006, `read_only`), a lock (55P03, `faults`), statements and sessions that are ended (57014 and
/// 57P01, `faults`), a pooler that hands the connection on (`pooled`), triggers, constraints and tables
/// that somebody changed (below). Only raised here: memory that runs out (53200), a stack that is too
/// small (54001), what is not ready (55000 after the door), files and pages that a server cannot read (58, XX),
/// snapshots too old (72) and foreign tables (HV). Their advice is to do the same again once the cause,
/// which is shown, is gone, or to look into the server's log.
const RAISED: &[(&str, i32)] = &[
    ("08006", 7),
    ("0A000", 9),
    ("0L000", 9),
    ("0P000", 9),
    ("20000", 9),
    ("21000", 9),
    ("22001", 9),
    ("22003", 9),
    ("22021", 9),
    ("22023", 9),
    ("22P02", 9),
    ("22P05", 9),
    ("23502", 9),
    ("23503", 9),
    ("23514", 9),
    ("23P01", 9),
    ("25001", 9),
    ("25006", 9),
    ("25P03", 7),
    ("25P04", 7),
    ("26000", 9),
    ("28000", 7),
    ("2BP01", 9),
    ("2F002", 9),
    ("34000", 9),
    ("38001", 9),
    ("39P01", 9),
    ("3D000", 7),
    ("3F000", 9),
    ("40001", 8),
    ("40P01", 8),
    ("42501", 9),
    ("42601", 9),
    ("42703", 9),
    ("42883", 9),
    ("42P01", 9),
    ("42P05", 9),
    ("42P17", 9),
    ("44000", 9),
    ("53100", 7),
    ("53200", 7),
    ("53300", 7),
    ("53400", 7),
    ("54000", 9),
    ("54001", 9),
    ("55000", 9),
    ("55006", 8),
    ("55P03", 8),
    ("57014", 7),
    ("57P01", 7),
    ("57P03", 7),
    ("57P04", 7),
    ("58000", 7),
    ("58030", 7),
    ("58P01", 9),
    ("F0000", 7),
    ("HV000", 9),
    ("P0001", 9),
    ("P0002", 9),
    ("XX000", 7),
    ("XX001", 7),
    ("XX002", 7),
    ("Z1234", 9),
];

#[test]
fn every_kind_of_refusal_has_its_exit_code_and_something_to_do() {
    let world = migrated();
    for (code, exit) in RAISED {
        world.database.batch(&format!(
            "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'because of %', '{code}' USING ERRCODE = '{code}'; END $$; \
             CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON memory_nodes FOR EACH ROW EXECUTE FUNCTION refuse()"
        ));
        let ran = world.add();
        assert_eq!(ran.code, Some(*exit), "{code}: {}", ran.stderr);
        ran.says("try: ");
        // That a lock was not to be had is said in our own words.
        if *code != "55P03" {
            ran.says(&format!("caused by: because of {code}"));
        }
        assert!(!ran.stderr.contains("a bug"), "{code}: {}", ran.stderr);
    }
    world.database.batch("DROP TRIGGER refuse ON memory_nodes");
    world.add().expect(0);
}

#[test]
fn a_limit_that_is_raised_lets_the_same_command_through() {
    let world = World::new();
    world.corpus(&Corpus::new(400).dim(8));
    world.migrate(&[]).expect(0);
    let name = world.database.name();
    for setting in ["work_mem = '64kB'", "temp_file_limit = 0"] {
        world
            .database
            .batch(&format!("ALTER DATABASE {name} SET {setting}"));
    }
    let index = || world.run(&["index", "--rebuild", "--user-id", &world.user]);
    index()
        .expect(7)
        .says("temporary file size exceeds \"temp_file_limit\"")
        .says("or its administrator has raised the limit that the cause names");
    world.database.batch(&format!(
        "ALTER DATABASE {name} SET temp_file_limit = '1GB'"
    ));
    index().expect(0);
}

#[test]
fn what_is_too_large_for_the_server_goes_through_when_it_is_shorter() {
    let world = World::new();
    // What repeats itself would be compressed.
    let long = world.column("SELECT gen_random_uuid()::text FROM generate_series(1, 110)");
    let create = |id: &str| {
        let identity = ["--auth-provider", "google", "--external-id", id];
        world.run(
            &[
                &["user", "create", "--email", "a@example.com"][..],
                &identity,
            ]
            .concat(),
        )
    };
    create(&long.concat())
        .expect(9)
        .says("it is larger than the server takes")
        .says("index row size")
        .says("try: something shorter");
    create(&long[0]).expect(0);
}

#[test]
fn a_library_that_is_installed_again_lets_the_same_command_through() {
    let world = migrated();
    // As after an upgrade of the server without its extension: the functions name a file that is gone.
    let library = |from: &str, to: &str| {
        let sql = format!("UPDATE pg_proc SET probin = '{to}' WHERE probin = '{from}'");
        world.database.batch(&sql);
    };
    let there = world
        .database
        .scalar("SELECT probin FROM pg_proc WHERE proname = 'vector_in'");
    library(&there, "$libdir/gone");
    world
        .add()
        .expect(9)
        .says("the server lacks a library")
        .says("could not access file")
        .says("try: install on the server what the cause names");
    library("$libdir/gone", &there);
    world.add().expect(0);
}

#[test]
fn a_constraint_of_somebody_elses_is_shown_by_the_command_that_is_told() {
    let world = migrated();
    world
        .database
        .batch("ALTER TABLE memory_nodes ADD CONSTRAINT long_enough CHECK (char_length(human_content) > 9) NOT VALID");
    let refused = world.add().expect(9);
    follow(Server::shared(), &world, &refused);
    let shown = world.psql(&["-c", "\\d memory_nodes"]);
    shown.shows("\"long_enough\" CHECK");
    world
        .database
        .batch("ALTER TABLE memory_nodes DROP CONSTRAINT long_enough");
    world.add().expect(0);
}

#[test]
fn a_trigger_that_refuses_is_named() {
    let world = migrated();
    // An audit that the application role may not write to.
    world.database.batch(
        "CREATE TABLE log (at timestamptz); \
         CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (now()); RETURN NEW; END $$; \
         CREATE TRIGGER audit AFTER INSERT ON memory_nodes FOR EACH ROW EXECUTE FUNCTION audit()",
    );
    world
        .add()
        .expect(9)
        .says("a trigger, function or policy in the database refuses it")
        .says("permission denied for table log")
        .says("by whoever made it: PL/pgSQL function audit()");
    world
        .database
        .batch("ALTER TABLE memory_nodes DISABLE TRIGGER audit");
    world.add().expect(0);
}

#[test]
fn tables_that_somebody_changed_are_not_a_bug() {
    for (change, said) in [
        (
            "ALTER TABLE memory_nodes ADD COLUMN note text NOT NULL",
            "a constraint of the database forbids it",
        ),
        (
            "ALTER TABLE memory_nodes ADD CHECK (char_length(human_content) > 9)",
            "a constraint of the database forbids it",
        ),
        (
            "ALTER TABLE memory_nodes DROP COLUMN has_code",
            "the database is not as the schema makes it",
        ),
        (
            "ALTER TABLE memory_nodes ALTER source TYPE varchar(3)",
            "does not take a value",
        ),
        (
            "ALTER TABLE memory_nodes RENAME COLUMN tags TO labels",
            "the database is not as the schema makes it",
        ),
        (
            "CREATE POLICY loop ON memory_nodes AS RESTRICTIVE USING (EXISTS (SELECT FROM memory_nodes))",
            "the database is not as the schema makes it",
        ),
    ] {
        let world = World::new();
        world.database.batch(change);
        world.add().expect(9).says(said).says("try: ");
    }
}

#[test]
fn a_table_that_is_missing_comes_back_with_apply() {
    let world = migrated();
    world.database.batch("DROP TABLE node_postings");
    world.add().expect(9).says("try: tulving schema apply");
    world
        .run(&["schema", "apply"])
        .expect(0)
        .shows("table node_postings");
    let owned = ["--user-id", &world.user];
    world
        .run(&[&["index", "--rebuild"][..], &owned].concat())
        .expect(0);
    world.add().expect(0);
    world.database.batch("DROP TABLE memory_nodes CASCADE");
    let ran = world.add().expect(9);
    ran.says("memory_nodes table does not exist")
        .says("try: tulving schema apply\n");
    world.run(&["schema", "apply"]).expect(0);
    world
        .run(&[&["index", "--rebuild"][..], &owned].concat())
        .expect(0);
    world.migrate(&["--restart"]).expect(0);
    world.verify(&[]).expect(0);
}
