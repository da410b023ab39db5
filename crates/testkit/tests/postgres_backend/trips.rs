//! How often a program waits for a server that is far away.

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

    // What a connection itself takes is one: there is no TLS, and no password.
    let backend = PostgresBackend::open(database(), &options(1))
        .await
        .unwrap();
    assert_eq!(line.trips(), 1 + 3);
    let drafts = vec![Draft::Whole(plain(saying("1", "crow")))];
    backend.insert(own(), drafts).await.unwrap();
    line.trips();
    let key = Key::new(Kind::Node, "1");
    assert!(backend.get(own(), &[key]).await.unwrap()[0].is_some());
    let trips = line.trips();
    assert!(trips <= 2, "{trips}");

    // A migration and a verification.
    let database = database();
    let mut connection = database.connect().await.unwrap();
    connection.require_target().await.unwrap();
    connection.require_scope(own()).await.unwrap();
    connection.require_wall(own()).await.unwrap();
    assert_eq!(line.trips(), 1 + 4);
    // What one connection has learned, the others know.
    let mut second = database.connect().await.unwrap();
    drop(second.scoped(own()).await.unwrap());
    let trips = line.trips();
    assert!(trips <= 1 + 2, "{trips}");
}
