//! What is left of a scope in the database once it is erased.

use std::sync::Arc;
use std::time::{Duration, Instant};

use testkit::sample::{document, mixture, plain, saying};
use tulving::backend::{Backend, Draft, Entry};
use tulving::model::{Embedding, Scope, Space};

use crate::place::{PostgresFixture, fixture, options, other, own};

/// Sessions that wait for a lock of a scope.
const WAITING: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted \
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// How many rows each table has of a scope.
fn rows(fixture: &PostgresFixture, scope: Scope) -> Vec<(String, u64)> {
    let tables = fixture.database.rows(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid \
         WHERE a.attname = 'scope_id' AND NOT a.attisdropped AND c.relkind = 'r' \
           AND c.relnamespace = 'public'::regnamespace ORDER BY 1",
    );
    let names = tables.into_iter().flatten().flatten();
    let counted = names.map(|table| {
        let query = format!(
            "SELECT count(*) FROM {table} WHERE scope_id = '{}'",
            scope.id()
        );
        let count = fixture.database.scalar(&query).parse().unwrap();
        (table, count)
    });
    counted.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_table_has_a_row_of_an_erased_scope_but_those_that_make_it_one() {
    let fixture = fixture().await;
    let backend = fixture.backend(&options(2)).await;
    for scope in [own(), other()] {
        for id in ["c0", "c1", "c2", "c3"] {
            let put = backend.put_document(scope, document(id), Vec::new());
            put.await.unwrap();
        }
        let drafts = mixture(1, 200).into_iter().map(Draft::Whole);
        backend.insert(scope, drafts.collect()).await.unwrap();
        let further = Arc::new(Space::local("further", 2));
        backend.add_space(scope, &further).await.unwrap();
        let vectors = mixture(1, 200).into_iter().map(|entry| Entry {
            embedding: Some(Embedding::new(Arc::clone(&further), vec![1.0, 2.0]).unwrap()),
            ..entry
        });
        let put = backend.put_vectors(scope, vectors.collect()).await;
        assert_eq!(put.unwrap().len(), 200);
        fixture.database.batch(&format!(
            "INSERT INTO forgotten (scope_id, hash, salt) \
             VALUES ('{0}', uuid_send(gen_random_uuid()), uuid_send(gen_random_uuid())); \
             INSERT INTO forgetting VALUES ('{0}', 1, 'record'); \
             INSERT INTO runs (run_id, scope_id, kind, status, phase, inputs, version) \
             VALUES (gen_random_uuid(), '{0}', 'migrate', 'finished', 'verify', '{{}}', '0'); \
             INSERT INTO run_chunks (scope_id, run_id, kind, chunk, first_row, row_count, byte_start, byte_count) \
             SELECT '{0}', run_id, 'node', 0, 0, 1, 0, 1 FROM runs WHERE scope_id = '{0}'",
            scope.id()
        ));
    }
    let theirs = rows(&fixture, other());
    let held = rows(&fixture, own());
    let without: Vec<_> = held.iter().filter(|(_, count)| *count == 0).collect();
    assert!(without.is_empty(), "nothing is tried on {without:?}");
    let erased = backend.erase(own()).await.unwrap();
    assert_eq!(erased.total(), 200);
    let further = "SELECT count(*) FROM scopes WHERE further <> '{}'";
    assert_eq!(fixture.database.scalar(further), "1");
    for (table, count) in rows(&fixture, own()) {
        let expected = match table.as_str() {
            "scopes" | "scope_kinds" | "forgotten" | "forgetting" => {
                held.iter().find(|(held, _)| *held == table).unwrap().1
            }
            _ => 0,
        };
        assert_eq!(count, expected, "{table}");
    }
    let counts = "SELECT count(*) FROM scope_kinds WHERE (next, fresh, memories, tokens, dead) = (0, 0, 0, 0, '{}') \
                  AND scope_id = ";
    let begun_anew = fixture
        .database
        .scalar(&format!("{counts}'{}'", own().id()));
    let kinds = held
        .iter()
        .find(|(table, _)| table == "scope_kinds")
        .unwrap()
        .1;
    assert_eq!(begun_anew, kinds.to_string());
    assert_eq!(rows(&fixture, other()), theirs);
    let drafts = vec![Draft::Whole(plain(saying("one", "crow")))];
    backend.insert(own(), drafts).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_under_way_is_waited_for() {
    let fixture = fixture().await;
    let backend = fixture.backend(&options(2)).await;
    let drafts = vec![Draft::Whole(plain(saying("one", "crow")))];
    backend.insert(own(), drafts).await.unwrap();
    let run = backend.database().lock(own(), 1).await.unwrap();
    let erasing = tokio::spawn(async move { backend.erase(own()).await });
    let begun = Instant::now();
    while fixture.database.scalar(WAITING) == "0" {
        assert!(!erasing.is_finished(), "erased under a run");
        assert!(begun.elapsed() < Duration::from_secs(9), "waited in vain");
        tokio::task::yield_now().await;
    }
    let memories = "SELECT count(*) FROM memory_nodes";
    assert_eq!(fixture.database.scalar(memories), "1");
    drop(run);
    assert_eq!(erasing.await.unwrap().unwrap().total(), 1);
    assert_eq!(fixture.database.scalar(memories), "0");
}
