//! Whatever a server says for a reason of its own, it is not called a bug, and something can be done.

use testkit::corpus::Corpus;

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
