//! `tulving index`: what finds a large scope's memories.

use std::time::Duration;

use serde_json::json;
use testkit::corpus::Corpus;
use testkit::postgres::Line;

use crate::advised::{advised, paste};
use crate::roles::{server, url_as};
use crate::support::{Ran, World, program};

const VALID: &str = "SELECT count(*) FROM pg_index WHERE indisvalid \
                     AND indexrelid IN (SELECT oid FROM pg_class WHERE relname LIKE 'node\\_vectors\\_%\\_%')";

impl World {
    fn index(&self, more: &[&str]) -> serde_json::Value {
        let args = [&["index", "--user-id", &self.user, "--json"][..], more].concat();
        self.run(&args).expect(0).json()
    }
}

#[test]
fn a_small_scope_needs_none_and_an_unknown_one_is_refused() {
    let world = World::new();
    world.corpus(&Corpus::new(40).dim(8));
    world.migrate(&[]).expect(0);
    let kinds = json!([
        {"kind": "node", "entered": 0, "rebuilt": 0, "mended": 0, "vectors": 40, "index": "not needed"},
        {"kind": "episode", "entered": 0, "rebuilt": 0, "mended": 0, "vectors": 5, "index": "not needed"},
    ]);
    let indexed = world.index(&[]);
    assert_eq!(indexed["kinds"], kinds);
    assert_eq!(indexed["scope"]["id"], json!(world.user));
    let told = world.run(&["index", "--user-id", &world.user]).expect(0);
    assert!(
        told.stdout.contains("exactly: there are few enough"),
        "{}",
        told.stdout
    );
    let nobody = "00000000-0000-0000-0000-000000000009";
    world
        .run(&["index", "--user-id", nobody])
        .expect(9)
        .says("does not exist")
        .says("tulving user create");
}

#[test]
fn a_large_scope_gets_one_and_a_migration_into_it_builds_it_again() {
    let server = server();
    let world = World::on(&server);
    world.corpus(&Corpus::new(10_300).dim(8).episodes(false));
    world.migrate(&[]).expect(0);
    // Where a third connection cannot be had, nobody is told how far it came, and that is all.
    world.database.batch(
        "CREATE ROLE few LOGIN CONNECTION LIMIT 2; CREATE ROLE keepers; GRANT tulving_app, keepers TO few; \
         ALTER TABLE tulving_schema_versions OWNER TO keepers; ALTER TABLE node_vectors OWNER TO keepers; \
         GRANT CREATE ON SCHEMA public TO keepers",
    );
    let url = url_as(world.database.url(), "few");
    let mut few = program(world.directory.path(), &url);
    let few = few.args(["index", "--user-id", &world.user, "--json"]);
    let built = Ran::from(few.output().unwrap()).expect(0).json();
    assert_eq!(built["kinds"][0]["index"], json!("built"));
    let index = |more: &[&str]| world.index(more)["kinds"][0]["index"].clone();
    assert_eq!(index(&[]), json!("ready"));
    assert_eq!(index(&["--rebuild"]), json!("built"));
    assert_eq!(world.database.scalar(VALID), "1");
    // Other memories, so many that they are written without the index.
    world.corpus(&Corpus::new(2100).dim(8).seed(7).episodes(false));
    world
        .migrate(&[])
        .expect(0)
        .says("building the index of the vectors anew");
    assert_eq!(world.database.scalar(VALID), "1");
    assert_eq!(world.index(&[])["kinds"][0]["vectors"], json!(12_400));
    assert_eq!(index(&[]), json!("ready"));

    // There may be no more of them; those of owners that are gone can go.
    let own = "SELECT relname FROM pg_class WHERE relkind = 'i' AND relname LIKE 'node\\_vectors\\_%\\_%'";
    let own = world.database.scalar(own);
    world.database.batch(&format!("DROP INDEX {own}"));
    let foreign = (0..200).map(|number| {
        format!(
            "CREATE INDEX node_vectors_{number:032}_1 ON node_vectors USING hnsw ((v::halfvec(8)) halfvec_ip_ops) \
             WHERE scope_id = '00000000-0000-0000-0000-{number:012}';"
        )
    });
    world.database.batch(&foreign.collect::<String>());
    let full = world.run(&["index", "--user-id", &world.user]).expect(9);
    full.says("200 scopes have an index of their own");
    let environment = [("DATABASE_URL", world.database.url())];
    paste(world.directory.path(), &environment, advised(&full)).expect(0);
    assert_eq!(index(&[]), json!("built"));
    assert_eq!(world.database.scalar(VALID), "1");

    // Nobody's index is left behind.
    let delete = format!("DELETE FROM users WHERE id = '{}'", world.user);
    world.database.batch(&delete);
    assert_eq!(world.database.scalar(VALID), "1");
    let other = world.new_user("other@example.com");
    world.run(&["index", "--user-id", &other]).expect(0);
    assert_eq!(world.database.scalar(VALID), "1");
    let rebuilt = ["index", "--user-id", &other, "--rebuild"];
    world.run(&rebuilt).expect(0);
    assert_eq!(world.database.scalar(VALID), "0");
}

#[test]
fn an_index_that_an_interrupted_run_removed_is_built_by_the_next() {
    let server = server();
    let world = World::on(&server);
    world.corpus(&Corpus::new(10_300).dim(8).episodes(false));
    world.migrate(&[]).expect(0);
    world.index(&[]);
    assert_eq!(world.database.scalar(VALID), "1");
    // Nothing of it is written, and nothing of it is marked as done.
    world.database.batch(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$; \
         CREATE TRIGGER refuse BEFORE INSERT ON memory_nodes EXECUTE FUNCTION refuse()",
    );
    world.corpus(&Corpus::new(2100).dim(8).seed(7).episodes(false));
    let failed = world.migrate(&[]);
    assert_ne!(failed.code, Some(0), "{}", failed.stderr);
    assert_eq!(world.database.scalar(VALID), "0");
    world.database.batch("DROP TRIGGER refuse ON memory_nodes");
    // A run of its own, with few rows.
    world.corpus(&Corpus::new(10).dim(8).seed(9).episodes(false));
    world.migrate(&["--restart"]).expect(0);
    assert_eq!(world.database.scalar(VALID), "1");
    let removed = "SELECT count(*) FROM runs WHERE index_removed";
    assert_eq!(world.database.scalar(removed), "0");

    // Who may not build it has the rows all the same.
    let own = "SELECT relname FROM pg_class WHERE relkind = 'i' AND relname LIKE 'node\\_vectors\\_%\\_%'";
    let own = world.database.scalar(own);
    world.database.batch(&format!(
        "DROP INDEX {own}; CREATE ROLE writer LOGIN; GRANT tulving_app TO writer; \
         UPDATE runs SET index_removed = true WHERE run_id = (SELECT run_id FROM runs LIMIT 1)"
    ));
    world.corpus(&Corpus::new(20).dim(8).seed(9).episodes(false));
    let url = url_as(world.database.url(), "writer");
    let mut writer = program(world.directory.path(), &url);
    writer.args([
        "migrate",
        "--user-id",
        &world.user,
        "--model",
        "test-model",
        "--yes",
    ]);
    Ran::from(writer.output().unwrap())
        .expect(0)
        .says("the index was not built, and searches are exact until tulving index");
    assert_eq!(world.database.scalar(removed), "1");
}

#[test]
fn an_index_is_removed_in_one_round_trip() {
    let server = server();
    let world = World::on(&server);
    let line = Line::start(&server, Duration::from_millis(50));
    let trips = |indexes: u32| {
        for number in 0..indexes {
            world.database.batch(&format!(
                "CREATE INDEX node_vectors_{}_{number} ON node_vectors (id)",
                "0".repeat(32)
            ));
        }
        line.trips();
        let mut apply = program(world.directory.path(), &line.url(world.database.name()));
        Ran::from(apply.args(["schema", "apply"]).output().unwrap()).expect(0);
        assert_eq!(world.database.scalar(VALID), "0");
        line.trips()
    };
    // On a busy machine a client may pause between two messages of one trip, which are counted twice then.
    let fewest = |indexes| (0..4).map(|_| trips(indexes)).min().unwrap();
    assert_eq!(fewest(4) - fewest(0), 4);
}
