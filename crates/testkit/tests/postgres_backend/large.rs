//! A scope that is large enough for an index of its own.

use std::sync::Arc;

use testkit::finding::{Nearest, nearest};
use testkit::sample::{self, node, saying};
use tulving::backend::postgres::{PostgresBackend, VectorIndex};
use tulving::backend::{Backend, Draft, Entry, Filter, Request, SearchMethod};
use tulving::model::{Embedding, Key, Kind, Space};
use tulving::search::keyword::query_terms;
use tulving::search::vector::similarity;

use crate::place::{PostgresFixture, fixture, options, other, own};

const ROWS: usize = 16_000;
const DIMS: usize = 16;

fn space() -> Arc<Space> {
    Arc::new(Space::local("m", DIMS))
}

fn embedding(numbers: Vec<f32>) -> Embedding {
    Embedding::new(space(), numbers).unwrap()
}

/// Rows of the own scope, and some of another that are nearer to every query.
fn fill(fixture: &PostgresFixture) {
    let (own, other) = (own().id(), other().id());
    let source = saying("x", "x").source;
    let nodes = |owner: &str, scope: uuid::Uuid, rows: usize| {
        format!(
            "INSERT INTO memory_nodes (scope_id, id, {owner}, ord, conversation_id, sequence_index, human_content, \
                                       assistant_content, source, created_at, space_id, dims, embedding) \
             SELECT '{scope}', 'n' || n, '{scope}', n, 'c' || n / 100, n % 100, 'crow ' || n, '', '{source}', now(), 2, {DIMS}, \
                    (SELECT array_agg(random() - 0.5) FROM generate_series(1, {DIMS}) i WHERE n >= 0)::vector \
             FROM generate_series(0, {rows} - 1) n; \
             UPDATE scopes SET space_id = 2 WHERE scope_id = '{scope}';"
        )
    };
    fixture.database.batch(&format!(
        "SELECT setseed(0.5); INSERT INTO embedding_spaces (space_id, provider, model, dims) VALUES (2, 'local', 'm', {DIMS}); {} {} \
         INSERT INTO node_vectors SELECT scope_id, id, space_id, l2_normalize(embedding)::halfvec FROM memory_nodes",
        nodes("user_id", own, ROWS),
        nodes("tenant_id", other, 300),
    ));
}

/// What looking at every vector gives.
fn truth(fixture: &PostgresFixture, query: &[f32], limit: usize) -> Vec<f64> {
    let vectors = fixture.database.rows(&format!(
        "SELECT embedding::text FROM memory_nodes WHERE scope_id = '{}' AND embedding IS NOT NULL",
        own().id()
    ));
    let mut scores: Vec<f64> = vectors
        .iter()
        .map(|row| {
            let text = row[0].as_deref().unwrap().trim_matches(['[', ']']);
            let numbers: Vec<f32> = text
                .split(',')
                .map(|number| number.parse().unwrap())
                .collect();
            similarity(query, &numbers)
        })
        .collect();
    scores.sort_unstable_by(|a, b| b.total_cmp(a));
    scores.truncate(limit);
    scores
}

async fn ask(backend: &PostgresBackend, query: &[f32], limit: usize, filter: &Filter) -> Nearest {
    let query = embedding(query.to_vec());
    let found = nearest(backend, own(), &query, limit, filter);
    found.await.unwrap()
}

fn scores(nearest: &Nearest) -> Vec<f64> {
    nearest.hits.iter().map(|hit| hit.score).collect()
}

fn query(number: usize) -> Vec<f32> {
    (0..DIMS)
        .map(|i| ((number * 31 + i * i) as f32).sin())
        .collect()
}

/// How often the scope's index was used, once everybody has left.
fn uses(fixture: &PostgresFixture) -> String {
    let busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    while fixture.database.scalar(busy) != "0" {}
    fixture.database.scalar("SELECT coalesce(sum(idx_scan), 0) FROM pg_stat_user_indexes WHERE indexrelname LIKE 'node\\_vectors\\_%\\_2'")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_scope_is_searched_exactly_until_its_index_is_ready_and_through_it_then() {
    let fixture = fixture().await;
    fill(&fixture);
    let backend = fixture.backend(&options(2)).await;
    let all = Filter::of(Kind::Node);
    for number in 0..5 {
        let found = ask(&backend, &query(number), 10, &all).await;
        assert_eq!(found.found_by, SearchMethod::Exact);
        assert_eq!(
            scores(&found),
            truth(&fixture, &query(number), 10),
            "{number}"
        );
    }
    let indexed = fixture.target().index(own(), false, &|_| {}).await.unwrap();
    assert_eq!(
        (indexed[0].vectors, indexed[0].index),
        (ROWS as u64, VectorIndex::Built)
    );
    let again = fixture.target().index(own(), false, &|_| {}).await.unwrap();
    assert_eq!(again[0].index, VectorIndex::Ready);
    drop(backend);
    assert_eq!(uses(&fixture), "0");

    let backend = fixture.backend(&options(2)).await;
    let mut right = 0;
    for number in 0..20 {
        let found = ask(&backend, &query(number), 10, &all).await;
        assert_eq!(
            (found.found_by, found.hits.len()),
            (SearchMethod::Index, 10)
        );
        let truth = truth(&fixture, &query(number), 10);
        right += scores(&found)
            .iter()
            .filter(|score| **score >= truth[9])
            .count();
    }
    assert!(right >= 198, "{right} of 200");
    // Never fewer than there are, however many are asked for.
    for limit in [500, ROWS, 10 * ROWS] {
        let found = ask(&backend, &query(1), limit, &all).await;
        assert_eq!(found.hits.len(), limit.min(ROWS));
    }
    drop(backend);
    assert_ne!(uses(&fixture), "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_to_an_indexed_scope_is_found_and_what_is_removed_is_not() {
    let fixture = fixture().await;
    fill(&fixture);
    fixture.target().index(own(), false, &|_| {}).await.unwrap();
    let backend = fixture.backend(&options(2)).await;
    let all = Filter::of(Kind::Node);
    let entry = Entry {
        memory: node("new").into(),
        embedding: Some(embedding(query(3))),
    };
    backend
        .insert(own(), vec![Draft::Whole(entry)])
        .await
        .unwrap();
    let found = ask(&backend, &query(3), 3, &all).await;
    assert_eq!(
        (found.found_by, found.hits[0].facts.id.as_str()),
        (SearchMethod::Index, "new")
    );
    // The nearest five hundred go: the graph is full of what is gone.
    let near = ask(&backend, &query(3), 500, &all).await;
    let keys: Vec<Key> = near.hits.iter().map(|hit| hit.facts.key()).collect();
    assert_eq!(backend.delete(own(), &keys).await.unwrap(), keys);
    let left = ask(&backend, &query(3), 10, &all).await;
    assert_eq!(left.hits.len(), 10);
    assert!(left.hits.iter().all(|hit| !keys.contains(&hit.facts.key())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_over_an_indexed_scope_misses_nothing() {
    let fixture = fixture().await;
    fill(&fixture);
    fixture.target().index(own(), false, &|_| {}).await.unwrap();
    let backend = fixture.backend(&options(2)).await;
    let one = Filter {
        conversations: vec!["c7".to_owned()],
        ..Filter::of(Kind::Node)
    };
    let found = ask(&backend, &query(2), 1000, &one).await;
    assert_eq!(
        (found.found_by, found.hits.len()),
        (SearchMethod::Exact, 100)
    );
    let most = Filter {
        sources: vec![saying("x", "x").source],
        ..Filter::of(Kind::Node)
    };
    let found = ask(&backend, &query(2), 25, &most).await;
    assert_eq!(
        (found.found_by, found.hits.len()),
        (SearchMethod::Index, 25)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_a_killed_build_left_is_not_used_and_built_anew() {
    let fixture = fixture().await;
    fill(&fixture);
    fixture.target().index(own(), false, &|_| {}).await.unwrap();
    // As CREATE INDEX CONCURRENTLY leaves it.
    fixture.database.batch(
        "UPDATE pg_index SET indisvalid = false \
         WHERE indexrelid = (SELECT oid FROM pg_class WHERE relname LIKE 'node\\_vectors\\_%\\_2')",
    );
    let backend = fixture.backend(&options(2)).await;
    let all = Filter::of(Kind::Node);
    let found = ask(&backend, &query(1), 10, &all).await;
    assert_eq!(found.found_by, SearchMethod::Exact);
    let indexed = fixture.target().index(own(), false, &|_| {}).await.unwrap();
    assert_eq!(indexed[0].index, VectorIndex::Built);
    assert_eq!(
        ask(&backend, &query(1), 10, &all).await.found_by,
        SearchMethod::Index
    );
    let names = "SELECT count(*) FROM pg_class WHERE relname LIKE 'node\\_vectors\\_%\\_2%'";
    assert_eq!(fixture.database.scalar(names), "1");
    // Anew although it is there: another one, and only one.
    let rebuilt = fixture.target().index(own(), true, &|_| {}).await.unwrap();
    assert_eq!(
        (rebuilt[0].index, fixture.database.scalar(names)),
        (VectorIndex::Built, "1".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_index_missed_and_words_bring_scores_as_if_it_had_not() {
    let fixture = fixture().await;
    fill(&fixture);
    fixture.target().index(own(), false, &|_| {}).await.unwrap();
    let backend = fixture.backend(&options(2)).await;
    // An index that takes no rows in misses the nearest of all.
    let ready = |ready: bool| {
        fixture.database.batch(&format!(
            "UPDATE pg_index SET indisready = {ready} \
             WHERE indexrelid = (SELECT oid FROM pg_class WHERE relname LIKE 'node\\_vectors\\_%\\_2')"
        ));
    };
    ready(false);
    let entry = Entry {
        memory: sample::admitted(saying("missed", "canary")),
        embedding: Some(embedding(query(3))),
    };
    let drafts = vec![Draft::Whole(entry)];
    backend.insert(own(), drafts).await.unwrap();
    ready(true);
    let nodes = Filter::of(Kind::Node);
    let found = ask(&backend, &query(3), 10, &nodes).await;
    assert_eq!(found.found_by, SearchMethod::Index);
    assert!(found.hits.iter().all(|hit| hit.facts.id != "missed"));
    for is_beside in [false, false, true] {
        if is_beside {
            // As they lie once a scope was cut over to their space, and its rows have not followed.
            fixture.database.batch(
                "INSERT INTO node_embeddings SELECT scope_id, id, space_id, dims, embedding FROM memory_nodes; \
                 UPDATE memory_nodes SET space_id = NULL, dims = NULL, embedding = NULL",
            );
        }
        let request = Request {
            terms: query_terms("canary"),
            ..Request::near(embedding(query(3)), 10, nodes.clone())
        };
        let both = backend.search(own(), &request).await.unwrap();
        let both = &both.kinds[Kind::Node];
        assert_eq!(
            (both.found_by, both.memories),
            (SearchMethod::Index, ROWS as u64 + 1)
        );
        let missed = both
            .candidates
            .iter()
            .find(|one| one.keyword.is_some())
            .unwrap();
        assert_eq!(missed.facts.id, "missed");
        assert!(missed.vector.unwrap() > 1.0 - 1e-6, "{missed:?}");
        // It takes the place of the last.
        let near: Vec<&str> = both
            .candidates
            .iter()
            .filter(|one| one.vector.is_some())
            .map(|one| one.facts.id.as_str())
            .collect();
        assert_eq!(near.len(), 10);
        assert!(!near.contains(&found.hits[9].facts.id.as_str()));
        assert!(
            found.hits[..9]
                .iter()
                .all(|hit| near.contains(&hit.facts.id.as_str()))
        );
    }
}
