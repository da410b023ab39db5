//! What was migrated is compared in the embedding space of its source, as long as the database keeps it.

use std::sync::Arc;

use serde_json::{Value, json};
use testkit::corpus::Corpus;
use tokio::runtime::Runtime;
use tulving::backend::postgres::{Database, Dsn, PostgresBackend, PostgresOptions};
use tulving::backend::{Backend as _, Entry};
use tulving::model::{Embedding, Memory, Scope, Space};

use crate::exported::vectors;
use crate::support::World;

const ROWS: usize = 40;

/// A migrated scope whose memories have vectors in another space too, which is the one that is searched.
struct CutOver {
    world: World,
    backend: PostgresBackend,
    scope: Scope,
    runtime: Runtime,
}

impl CutOver {
    fn new() -> Self {
        let world = World::new();
        world.corpus(&Corpus::new(ROWS).dim(8).episodes(false));
        world.migrate(&["--receipt", "receipt.json"]).expect(0);
        let runtime = Runtime::new().unwrap();
        let database = Database::new(world.database.url().parse::<Dsn>().unwrap());
        let options = PostgresOptions::default();
        let opened = PostgresBackend::open(database, &options);
        let cut_over = Self {
            backend: runtime.block_on(opened).unwrap(),
            scope: Scope::User(world.user.parse().unwrap()),
            world,
            runtime,
        };
        cut_over.runtime.block_on(cut_over.fill());
        cut_over
    }

    async fn fill(&self) {
        let (backend, scope) = (&self.backend, self.scope);
        let space = Arc::new(Space::local("another", 3));
        backend.add_space(scope, &space).await.unwrap();
        let page = backend.lacking(scope, &space, None, 2 * ROWS).await;
        let made = |memory: Memory| Entry {
            memory,
            embedding: Some(Embedding::new(Arc::clone(&space), vec![1.0, 2.0, 3.0]).unwrap()),
        };
        let entries: Vec<Entry> = page.unwrap().memories.into_iter().map(made).collect();
        assert_eq!(entries.len(), ROWS);
        backend.put_vectors(scope, entries).await.unwrap();
        backend.cut_over(scope, &space).await.unwrap();
    }

    /// Moves vectors of the current space to their place, of so many memories.
    fn follow(&self, limit: usize) {
        let follow = self.backend.follow(self.scope, None, limit);
        self.runtime.block_on(follow).unwrap();
    }

    fn drop_origin(&self) {
        let space = Space::local("test-model", 8);
        let drop = self.backend.drop_space(self.scope, &space);
        assert!(self.runtime.block_on(drop).unwrap());
    }
}

#[test]
fn a_source_is_compared_in_its_space_wherever_its_vectors_are() {
    let scope = CutOver::new();
    let world = &scope.world;
    for limit in [0, ROWS / 2, 2 * ROWS] {
        if limit > 0 {
            scope.follow(limit);
        }
        for more in [&["--exact"][..], &["--against", "receipt.json"]] {
            let found = world.verify(more).expect(0).json();
            assert_eq!(found["nodes"]["equal"], json!(ROWS), "{limit}");
        }
        let again = world.migrate(&[]).expect(0).json();
        assert_eq!(again["nodes"]["unchanged"], json!(ROWS), "{limit}");
    }
    // One vector in the place of further ones that is not the source's.
    world.database.batch(
        "UPDATE node_embeddings SET embedding = array_fill(1, ARRAY[8])::vector \
         WHERE (scope_id, id) = (SELECT scope_id, id FROM memory_nodes WHERE ord = 3)",
    );
    let found = world.verify(&[]).expect(5).json();
    let fields = &found["nodes"]["different"][0]["fields"];
    assert_eq!(*fields, json!(["embedding", "search form"]));
    assert_eq!(found["nodes"]["different_count"], json!(1));
}

#[test]
fn rows_that_come_later_are_found_by_their_words() {
    let scope = CutOver::new();
    let world = &scope.world;
    scope.follow(2 * ROWS);
    world.corpus(&Corpus::new(ROWS + 5).dim(8).episodes(false));
    let report = world.migrate(&[]).expect(0).json();
    assert_eq!(report["nodes"]["inserted"], json!(5));
    world.verify(&["--exact"]).expect(0);
    let spaces = scope.runtime.block_on(scope.backend.spaces(scope.scope));
    let spaces = spaces.unwrap();
    assert_eq!(spaces.current.unwrap().vectors.total(), ROWS as u64);
    assert_eq!(spaces.further[0].vectors.total(), ROWS as u64 + 5);
}

#[test]
fn of_a_space_that_was_dropped_nothing_is_said_but_that() {
    let scope = CutOver::new();
    let world = &scope.world;
    scope.follow(2 * ROWS);
    scope.drop_origin();
    let before = world.counts();
    let said = "the database dropped the vectors of test-model (8 numbers), and keeps those of another (3 numbers)";
    for more in [&[][..], &["--against", "receipt.json"]] {
        world.verify(more).expect(9).says(said);
    }
    for more in [&[][..], &["--existing", "update"], &["--dry-run"]] {
        world.migrate(more).expect(9).says(said);
    }
    assert_eq!(world.counts(), before);
}

#[test]
fn another_model_is_kept_beside() {
    let world = World::new();
    world.corpus(&Corpus::new(ROWS).dim(8).episodes(false));
    world.migrate(&[]).expect(0);
    let again = ["migrate", "--user-id", &world.user, "--yes", "--json"];
    let other = ["--model", "m2", "--existing", "update"];
    let report: Value = world.run(&[&again[..], &other].concat()).expect(0).json();
    assert_eq!(report["nodes"]["updated"], json!(ROWS));
    let kept = "SELECT array_length(further, 1) FROM scopes";
    assert_eq!(world.database.scalar(kept), "1");
    world.verify(&["--exact"]).expect(0);
}

#[test]
fn an_export_has_the_vectors_of_one_space_and_names_the_others() {
    let scope = CutOver::new();
    let world = &scope.world;
    let report = world.export("current", &[]).expect(0).json();
    assert_eq!(report["spaces_left_out"], json!(["test-model (8 numbers)"]));
    assert_eq!(
        vectors(&world.path("current/vectors/nodes.npy")).len(),
        3 * ROWS
    );
    let report = world
        .export("origin", &["--space", "test-model"])
        .expect(0)
        .json();
    assert_eq!(report["spaces_left_out"], json!(["another (3 numbers)"]));
    let (there, back) = (world.path("data"), world.path("origin"));
    let file = "vectors/nodes.npy";
    assert_eq!(vectors(&there.join(file)), vectors(&back.join(file)));
    world
        .export("neither", &["--space", "third"])
        .expect(2)
        .says("try: --space another, or --space test-model");
}
