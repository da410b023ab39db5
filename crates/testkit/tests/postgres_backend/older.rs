//! Memories that are older than the keyword index.

use testkit::finding::matching;
use testkit::postgres::Server;
use testkit::sample::saying;
use tulving::backend::postgres::{
    Database, DatabaseError, PostgresBackend, Refusal, SchemaVersion,
};
use tulving::backend::{Backend, BackendError, Filter};
use tulving::model::{Key, Kind};

use crate::place::{PostgresFixture, fixture, options, own};

/// Rows as version 1 of the schema held them.
fn rows_of_before(owner: uuid::Uuid) -> String {
    let said = saying("x", "x");
    let source = said.source;
    format!(
        "INSERT INTO memory_nodes (scope_id, id, user_id, ord, conversation_id, sequence_index, human_content, \
                                   assistant_content, source, created_at, space_id, dims, embedding) \
         SELECT '{owner}', 'old ' || n, '{owner}', n, 'c', n, 'the crow says ' || n, '', '{source}', now(), 1, 1024, \
                array_fill(n + 1, ARRAY[1024])::vector \
         FROM generate_series(0, 1199) n"
    )
}

async fn found(backend: &PostgresBackend) -> Result<usize, BackendError> {
    let words = ["crow".to_owned()];
    let found = matching(backend, own(), &words, 10_000, &Filter::default()).await?;
    Ok(found.hits.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_version_1_is_brought_up_to_date_with_its_memories() {
    let database = Server::shared().database();
    let first = SchemaVersion::all()[0].sql;
    let plain: Vec<&str> = first
        .lines()
        .filter(|line| !line.starts_with('\\'))
        .collect();
    database.batch(&plain.join("\n"));
    database.batch(&format!("INSERT INTO users (id) VALUES ('{}')", own().id()));
    database.batch(&rows_of_before(own().id()));
    let target = Database::new(database.url().parse().unwrap());
    match PostgresBackend::open(target.clone(), &options(1)).await {
        Err(DatabaseError::Refused(Refusal::SchemaOlder { found: 1, .. })) => {}
        other => panic!("{other:?}"),
    }
    target
        .connect()
        .await
        .unwrap()
        .apply_schema()
        .await
        .unwrap();
    let backend = PostgresBackend::open(target, &options(1)).await.unwrap();
    assert_eq!(found(&backend).await.unwrap(), 1200);
    let space = backend.space(own()).await.unwrap().unwrap();
    assert_eq!((space.model.as_str(), space.dims), ("BAAI/bge-m3", 1024));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_says_that_it_would_miss_memories_until_they_are_indexed() {
    let fixture: PostgresFixture = fixture().await;
    fixture.database.batch(&rows_of_before(own().id()));
    let backend = fixture.backend(&options(1)).await;
    let refused = found(&backend).await.unwrap_err();
    match refused.downcast_ref() {
        Some(DatabaseError::Refused(Refusal::Unindexed { rows, kind, .. })) => {
            assert_eq!((*rows, *kind), (1200, "nodes"));
        }
        _ => panic!("{refused:?}"),
    }
    let indexed = fixture.target().index(own(), false, &|_| {}).await.unwrap();
    assert_eq!(indexed[0].words, 1200);
    assert_eq!(found(&backend).await.unwrap(), 1200);
    // They are memories like any other.
    let key = Key::new(Kind::Node, "old 7");
    assert_eq!(
        backend
            .delete(own(), std::slice::from_ref(&key))
            .await
            .unwrap(),
        [key]
    );
    assert_eq!(found(&backend).await.unwrap(), 1199);
}
