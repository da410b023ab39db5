//! How often a program waits for a server that is far away.

use std::future::Future;
use std::time::Duration;

use testkit::postgres::{Line, Preset, Server};
use testkit::sample::{plain, saying};
use tulving::backend::postgres::{Database, PostgresBackend};
use tulving::backend::{Backend, Draft};
use tulving::model::{Key, Kind};

use crate::place::{PostgresFixture, options, own};

/// Longer than a client pauses between two statements that it sends at once.
const DELAY: Duration = Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn start_up_takes_four_round_trips_at_most() {
    let server = Server::start(Preset::Fast);
    let fixture = PostgresFixture::on(&server);
    let line = Line::start(&server, DELAY);
    let database = || Database::new(line.url(fixture.database.name()).parse().unwrap());
    let drafts = vec![Draft::Whole(plain(saying("1", "crow")))];
    let first = fixture.backend(&options(1)).await;
    first.insert(own(), drafts).await.unwrap();

    // What a connection itself takes is one: there is no TLS, and no password.
    let opened = fewest(&line, 1 + 3, || async {
        let opened = PostgresBackend::open(database(), &options(1)).await;
        opened.unwrap();
    });
    assert_eq!(opened.await, 1 + 3);

    let backend = PostgresBackend::open(database(), &options(1))
        .await
        .unwrap();
    let key = Key::new(Kind::Node, "1");
    let got = fewest(&line, 2, || async {
        assert!(
            backend
                .get(own(), std::slice::from_ref(&key))
                .await
                .unwrap()[0]
                .is_some()
        );
    });
    assert!(got.await <= 2);

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
