//! Nothing leaks, hangs or is lost when calls fail, are dropped, or the server goes away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use testkit::finding::matching;
use testkit::postgres::{Preset, Server};
use testkit::sample::{node, plain, saying, with_vector};
use tokio_postgres::NoTls;
use tulving::backend::postgres::{DatabaseError, PostgresBackend, PostgresOptions, Refusal};
use tulving::backend::{Backend, BackendError, Draft, Filter, Order, Page, Request};
use tulving::model::{Key, Kind, Memory, Scope};
use tulving::search::tokens::terms;

use crate::place::{PostgresFixture, fixture, options, other, own};

const ALL: Page = Page {
    order: Order::Oldest,
    after: None,
    limit: 10_000,
};

async fn all(backend: &PostgresBackend, scope: Scope) -> Vec<Memory> {
    backend
        .list(scope, &Filter::default(), &ALL)
        .await
        .unwrap()
        .memories
}

fn whole(memory: impl Into<Memory>) -> Vec<Draft> {
    vec![Draft::Whole(plain(memory))]
}

/// Gives up on a future after it was begun.
async fn abandon<T>(future: impl Future<Output = T>) {
    let mut future = std::pin::pin!(future);
    // Far enough for its first statements to be on their way.
    for _ in 0..3 {
        tokio::select! {
            biased;
            _ = &mut future => return,
            () = tokio::task::yield_now() => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_changes_of_scope_with_errors_between_mix_nothing() {
    let fixture = fixture().await;
    let backend = Arc::new(fixture.backend(&options(2)).await);
    let sides = [(own(), "crow"), (other(), "canary")];
    for (scope, bird) in sides {
        for n in 0..5 {
            backend
                .insert(scope, whole(saying(&n.to_string(), bird)))
                .await
                .unwrap();
        }
    }
    let tasks = (0..4usize).map(|task| {
        let backend = Arc::clone(&backend);
        tokio::spawn(async move {
            for n in 0..250 {
                let (scope, bird) = sides[(task + n) % 2];
                match n % 5 {
                    // An error in the middle of a transaction.
                    0 => {
                        let taken = backend.insert(scope, whole(saying("1", "thief"))).await;
                        assert!(
                            matches!(taken, Err(BackendError::Exists { .. })),
                            "{taken:?}"
                        );
                    }
                    // A caller that does not wait for the answer.
                    1 => {
                        let request = Request::holding(terms(bird), 9, Filter::default());
                        abandon(backend.search(scope, &request)).await;
                    }
                    2 => {
                        let missing = backend
                            .replace(
                                scope,
                                &saying("none", "x").into(),
                                plain(saying("none", "y")),
                            )
                            .await;
                        assert!(
                            matches!(missing, Err(BackendError::NoSuchMemory { .. })),
                            "{missing:?}"
                        );
                    }
                    3 => {
                        let words = terms("crow canary");
                        let everything = Filter::default();
                        let found = matching(&*backend, scope, &words, 99, &everything);
                        let found = found.await.unwrap();
                        assert_eq!(found.hits.len(), 5);
                    }
                    _ => {}
                }
                for memory in all(&backend, scope).await {
                    let Memory::Node(node) = memory else {
                        panic!("{memory:?}")
                    };
                    assert_eq!(node.human_content, bird);
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_dropped_leaves_no_transaction_and_is_done_whole_or_not_at_all() {
    let fixture = fixture().await;
    let backend = fixture.backend(&options(1)).await;
    for n in 0..50 {
        let drafts = [format!("{n} a"), format!("{n} b")].map(|id| Draft::Whole(plain(node(&id))));
        abandon(backend.insert(own(), drafts.to_vec())).await;
        // The only connection is free again, and bound to nobody.
        assert_eq!(all(&backend, other()).await, []);
        let ids: Vec<String> = all(&backend, own())
            .await
            .iter()
            .map(|memory| memory.id().to_owned())
            .collect();
        for id in &ids {
            let twin = id
                .replace(" a", " _")
                .replace(" b", " a")
                .replace(" _", " b");
            assert!(ids.contains(&twin), "{id} was written alone");
        }
    }
    drop(backend);
    let left = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
    let mut tries = 0;
    // A server notices that a client is gone when it comes to read or write.
    while fixture.database.scalar(left) != "0" {
        tries += 1;
        assert!(tries < 1000, "a transaction was left open");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_requests_on_four_connections_get_an_answer_or_are_told_to_come_back() {
    let fixture = fixture().await;
    let wait = Duration::from_millis(300);
    let backend = Arc::new(
        fixture
            .backend(&PostgresOptions { wait, ..options(4) })
            .await,
    );
    // Somebody holds the scope, so that writers wait and keep their connections.
    let (holder, connection) = tokio_postgres::connect(fixture.database.url(), NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    holder
        .batch_execute("BEGIN; SELECT FROM scopes FOR UPDATE")
        .await
        .unwrap();
    let mut requests = tokio::task::JoinSet::new();
    for n in 0..200 {
        let backend = Arc::clone(&backend);
        requests.spawn(async move { backend.insert(own(), whole(node(&n.to_string()))).await });
    }
    let (mut written, mut busy) = (0, 0);
    while let Some(answer) = requests.join_next().await {
        match answer.unwrap() {
            Ok(_) => written += 1,
            Err(error) => match error.downcast_ref() {
                Some(DatabaseError::Busy { .. }) => {
                    assert!(error.to_string().contains("all 4 connections"), "{error}");
                    busy += 1;
                }
                _ => panic!("{error:?}"),
            },
        }
        if busy == 196 {
            holder.batch_execute("ROLLBACK").await.unwrap();
        }
    }
    assert_eq!((written, busy), (4, 196));
    assert_eq!(all(&backend, own()).await.len(), 4);
}

/// Whether an error says that the server was not there, and not that something else is wrong.
fn is_absence(error: &BackendError) -> bool {
    matches!(
        error.downcast_ref(),
        Some(
            DatabaseError::Lost { .. }
                | DatabaseError::Uncertain { .. }
                | DatabaseError::Unreachable { .. }
                | DatabaseError::TimedOut { .. }
                | DatabaseError::Busy { .. }
        )
    )
}

/// Writes and reads until told to stop; gives the ids of what was acknowledged.
async fn load(backend: Arc<PostgresBackend>, task: usize, stop: Arc<AtomicBool>) -> Vec<String> {
    let mut written = Vec::new();
    for n in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let (scope, bird) = if n % 2 == 0 {
            (own(), "crow")
        } else {
            (other(), "canary")
        };
        let id = format!("{task}/{n}");
        match backend.insert(scope, whole(saying(&id, bird))).await {
            Ok(_) => written.push(id),
            Err(error) => assert!(is_absence(&error), "{error:?}"),
        }
        match backend.list(scope, &Filter::default(), &ALL).await {
            Ok(listing) => {
                for memory in listing.memories {
                    let Memory::Node(node) = memory else {
                        panic!("{memory:?}")
                    };
                    assert_eq!(node.human_content, bird);
                }
            }
            Err(error) => assert!(is_absence(&error), "{error:?}"),
        }
    }
    written
}

/// Disturbs a server under load; whatever was acknowledged must be there, and everything must work.
async fn survives(server: &mut Server, disturb: impl Fn(&mut Server, &PostgresFixture)) {
    let fixture = PostgresFixture::on(server);
    let backend = Arc::new(fixture.backend(&options(4)).await);
    let stop = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (0..8)
        .map(|task| tokio::spawn(load(Arc::clone(&backend), task, Arc::clone(&stop))))
        .collect();
    for _ in 0..3 {
        // Some work is under way, and some has been done.
        while fixture
            .backend(&options(1))
            .await
            .count(own(), &Filter::default())
            .await
            .unwrap()[Kind::Node]
            < 5
        {}
        tokio::task::block_in_place(|| disturb(server, &fixture));
    }
    stop.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    for task in tasks {
        acknowledged.extend(task.await.unwrap());
    }
    let mut there: Vec<String> = Vec::new();
    for scope in [own(), other()] {
        there.extend(
            all(&backend, scope)
                .await
                .iter()
                .map(|memory| memory.id().to_owned()),
        );
    }
    for id in acknowledged {
        assert!(there.contains(&id), "{id} was acknowledged and is gone");
    }
    // Whatever was found by its words was written whole.
    let words = terms("crow");
    let everything = Filter::default();
    let found = matching(&*backend, own(), &words, 100_000, &everything);
    let found = found.await.unwrap();
    assert_eq!(found.hits.len(), all(&backend, own()).await.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_restarted_under_load_loses_nothing_that_was_acknowledged() {
    let mut server = Server::start(Preset::Fast);
    survives(&mut server, |server, _| server.restart()).await;
    survives(&mut server, |server, _| {
        server.crash();
        server.restart();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_killed_are_replaced() {
    let mut server = Server::start(Preset::Fast);
    survives(&mut server, |_, fixture| {
        fixture.database.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wall_that_is_open_is_not_served_behind() {
    for (hole, told) in [
        (
            "ALTER TABLE node_postings NO FORCE ROW LEVEL SECURITY",
            "node_postings",
        ),
        (
            "ALTER TABLE memory_nodes DISABLE ROW LEVEL SECURITY",
            "memory_nodes",
        ),
        ("CREATE TABLE more (scope_id uuid)", "more"),
        ("CREATE POLICY wide ON scopes USING (true)", "scopes"),
        (
            "GRANT TRUNCATE ON episode_postings TO tulving_app",
            "episode_postings",
        ),
    ] {
        let fixture = fixture().await;
        fixture.database.batch(hole);
        let opened = PostgresBackend::open(fixture.target(), &options(1)).await;
        match opened {
            Err(DatabaseError::Refused(Refusal::WallOpen { what, .. })) => {
                assert!(what.contains(told), "{what}");
            }
            other => panic!("{hole}: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_driver_does_outside_the_wall_finds_nothing() {
    let fixture = fixture().await;
    let backend = fixture.backend(&options(1)).await;
    backend
        .insert(
            own(),
            vec![Draft::Whole(with_vector(saying("a", "crow"), &[1.0]))],
        )
        .await
        .unwrap();
    for table in ["scopes", "memory_nodes", "node_vectors", "node_postings"] {
        let rows = |bind: &str| {
            let rows = format!(
                "BEGIN; SET LOCAL ROLE tulving_app; {bind} SELECT count(*) FROM {table}; COMMIT"
            );
            fixture.database.rows(&rows)[0][0].clone().unwrap()
        };
        assert_eq!(rows(""), "0", "{table}");
        assert_eq!(rows("SET LOCAL tulving.scope_id = '';"), "0", "{table}");
        // The control.
        assert_ne!(
            rows(&format!("SET LOCAL tulving.scope_id = '{}';", own().id())),
            "0",
            "{table}"
        );
    }
    let key = Key::new(Kind::Node, "a");
    assert_eq!(backend.get(other(), &[key]).await.unwrap(), [None]);
}

/// Where pgvector is put into another schema after a first look did not find it, it is found there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pgvector_may_come_while_a_process_runs() {
    let server = Server::start(Preset::Fast);
    let fixture = PostgresFixture::on(&server);
    fixture.database.batch("DROP EXTENSION vector CASCADE");
    let database = fixture.target();
    let connection = database.connect().await.unwrap();
    let refused = connection.require_target().await.unwrap_err();
    assert!(
        matches!(
            refused,
            DatabaseError::Refused(Refusal::ExtensionMissing { .. })
        ),
        "{refused:?}"
    );
    fixture.database.batch(
        "CREATE SCHEMA extensions; GRANT USAGE ON SCHEMA extensions TO tulving_app; \
         CREATE EXTENSION vector SCHEMA extensions; \
         ALTER TABLE memory_nodes ADD COLUMN embedding extensions.vector; \
         ALTER TABLE episodic_memories ADD COLUMN embedding extensions.vector; \
         ALTER TABLE document_chunks ADD COLUMN embedding extensions.vector; \
         ALTER TABLE node_embeddings ADD COLUMN embedding extensions.vector NOT NULL; \
         ALTER TABLE episode_embeddings ADD COLUMN embedding extensions.vector NOT NULL; \
         ALTER TABLE chunk_embeddings ADD COLUMN embedding extensions.vector NOT NULL; \
         ALTER TABLE node_vectors ADD COLUMN v extensions.halfvec NOT NULL; \
         ALTER TABLE episode_vectors ADD COLUMN v extensions.halfvec NOT NULL; \
         ALTER TABLE chunk_vectors ADD COLUMN v extensions.halfvec NOT NULL",
    );
    let backend = PostgresBackend::open(database, &options(1)).await.unwrap();
    let draft = Draft::Whole(with_vector(saying("a", "crow"), &[1.0]));
    backend.insert(own(), vec![draft]).await.unwrap();
}
