//! `tulving index`: what finds a large scope's memories.

use serde_json::json;
use testkit::corpus::Corpus;

use crate::support::World;

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
    let world = World::new();
    world.corpus(&Corpus::new(10_300).dim(8).episodes(false));
    world.migrate(&[]).expect(0);
    let index = |more: &[&str]| world.index(more)["kinds"][0]["index"].clone();
    assert_eq!(index(&[]), json!("built"));
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
