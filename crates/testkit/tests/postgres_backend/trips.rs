//! How often a program waits for a server that is far away.

use std::future::Future;
use std::time::Duration;

use testkit::postgres::{Line, Preset, Server};
use testkit::sample::{self, plain, saying};
use tulving::backend::postgres::{Database, PostgresBackend};
use tulving::backend::{Backend, Draft, Filter};
use tulving::store::{Mode, NewNode, Query, Store, StoreConfig};

use crate::place::{PostgresFixture, options, own};

/// Longer than a client pauses between two statements that it sends at once.
const DELAY: Duration = Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn start_up_takes_three_round_trips_at_most() {
    let server = Server::start(Preset::Fast);
    let fixture = PostgresFixture::on(&server);
    let line = Line::start(&server, DELAY);
    let database = || Database::new(line.url(fixture.database.name()).parse().unwrap());
    let drafts = vec![Draft::Whole(plain(saying("1", "crow")))];
    let first = fixture.backend(&options(1)).await;
    first.insert(own(), drafts).await.unwrap();

    // What a connection itself takes is one: there is no TLS, and no password.
    let opened = fewest(&line, 1 + 2, || async {
        let opened = PostgresBackend::open(database(), &options(1)).await;
        opened.unwrap();
    });
    assert_eq!(opened.await, 1 + 2);

    // A migration and a verification.
    let prepared = fewest(&line, 1 + 4, || async {
        let mut connection = database().connect().await.unwrap();
        connection.require_target().await.unwrap();
        connection.require_scope(own()).await.unwrap();
        connection.require_wall(own()).await.unwrap();
    });
    assert_eq!(prepared.await, 1 + 4);

    // What one connection has learned, the others know.
    let database = database();
    let first = database.connect().await.unwrap();
    first.require_target().await.unwrap();
    let second = fewest(&line, 1 + 2, || async {
        let mut second = database.connect().await.unwrap();
        drop(second.scoped(own()).await.unwrap());
    });
    assert!(second.await <= 1 + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_takes_three_round_trips_writing_two_and_reading_one() {
    let server = Server::start(Preset::Fast);
    let fixture = PostgresFixture::on(&server);
    let line = Line::start(&server, DELAY);
    let database = Database::new(line.url(fixture.database.name()).parse().unwrap());
    let store = Store::open(StoreConfig::postgres(database)).await.unwrap();
    let memory = || store.scope(own());
    let said = |number: usize| {
        let mut node = NewNode::new(
            format!("Why is the worker {number} late?"),
            "The pool was empty.",
        );
        node.conversation_id = Some("c".to_owned());
        vec![node]
    };
    // The first of each learns what later ones know.
    let id = memory().add(said(0)).await.unwrap().ids.remove(0);
    let question = || Query::text("the pool of workers");
    assert_eq!(memory().search(&question()).await.unwrap().hits.len(), 1);

    let added = fewest(&line, 2, || async {
        memory().add(said(1)).await.unwrap();
    });
    assert_eq!(added.await, 2, "add");
    let got = fewest(&line, 1, || async {
        memory().get(&id).await.unwrap();
    });
    assert_eq!(got.await, 1, "get");
    let episode = sample::episode("about the pool");
    memory().insert(vec![(episode.into(), None)]).await.unwrap();
    let filtered = question().filter(Filter {
        conversations: vec!["c".to_owned()],
        has_code: Some(false),
        ..Filter::default()
    });
    let stored = memory().get(&id).await.unwrap().embedding.unwrap();
    let given = question().with_vector(stored.numbers().to_vec());
    for (query, most) in [
        (question(), 3),
        (filtered, 3),
        (given, 3),
        (question().mode(Mode::Vector), 3),
        (question().mode(Mode::Keyword), 3),
        // What it should be like is read first.
        (Query::like(&id), 4),
    ] {
        let searched = fewest(&line, most, || async {
            let found = memory().search(&query).await.unwrap();
            assert!(!found.hits.is_empty());
        });
        let trips = searched.await;
        assert!(trips <= most, "{trips} for {query:?}");
    }
}

/// The fewest round trips of a few tries, or the first that are no more than `wanted`: on a busy
/// machine a client may pause for longer than the delay, and what it sends at once is counted twice.
async fn fewest<F: Future<Output = ()>>(line: &Line, wanted: u32, once: impl Fn() -> F) -> u32 {
    let mut fewest = u32::MAX;
    for _ in 0..10 {
        line.trips();
        once().await;
        fewest = fewest.min(line.trips());
        if fewest <= wanted {
            break;
        }
    }
    fewest
}
