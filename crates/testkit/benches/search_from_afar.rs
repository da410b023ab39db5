//! `cargo bench -p testkit`: a hybrid search over files, over PostgreSQL beside them, and over PostgreSQL at the
//! end of a line that takes 5 ms each way, with the built-in embedder.
//!
//! `TULVING_BENCH_ROWS` (10,000) nodes.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on has failed"
)]

use std::time::{Duration, Instant};

use testkit::postgres::{Line, Preset, Server};
use testkit::sample;
use tulving::backend::file::FileBackend;
use tulving::backend::postgres::{ChosenId, Database, Making, UserToCreate};
use tulving::model::{Node, Scope, Timestamp};
use tulving::store::{Query, ScopedStore, Store, StoreConfig};

/// Each way.
const DELAY: Duration = Duration::from_millis(5);
const SEARCHES: usize = 200;
/// Words that texts and questions are made of; the first are the most frequent.
const WORDS: u64 = 4000;

#[tokio::main]
async fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let rows = std::env::var("TULVING_BENCH_ROWS");
    let rows: u64 = rows.map_or(10_000, |rows| rows.parse().unwrap());
    let owner = sample::user(1);
    let directory = tempfile::tempdir().unwrap();
    let config = StoreConfig::files(directory.path());
    let backend = FileBackend::create(directory.path(), owner, Some(config.embedder.space()));
    drop(backend.unwrap());
    let files = Store::open(config).await.unwrap().scope(owner);
    fill(&files, rows).await;
    drop(files);
    FileBackend::open(directory.path())
        .unwrap()
        .compact()
        .unwrap();
    let files = Store::open(StoreConfig::files(directory.path())).await;
    let files = files.unwrap().scope(owner);

    let server = Server::start(Preset::Durable);
    let database = server.database();
    make(database.url(), owner).await;
    let near = open(database.url(), owner).await;
    fill(&near, rows).await;
    database.batch("VACUUM ANALYZE");
    let line = Line::start(&server, DELAY);
    let far = open(&line.url(database.name()), owner).await;

    println!("{rows} nodes, hybrid search: p50, p95 in ms; round trips of one");
    for (what, memory) in [
        ("files", &files),
        ("PostgreSQL", &near),
        ("PostgreSQL, 5 ms each way", &far),
    ] {
        ask(memory, 0).await;
        line.trips();
        ask(memory, 1).await;
        let trips = line.trips();
        let mut took = Vec::new();
        for number in 0..SEARCHES as u64 {
            let begun = Instant::now();
            ask(memory, number).await;
            took.push(begun.elapsed());
        }
        took.sort_unstable();
        let at = |share: usize| took[SEARCHES * share / 100].as_secs_f64() * 1e3;
        println!("{what:26} {:7.2} {:7.2} {trips:4}", at(50), at(95));
    }
}

async fn make(url: &str, owner: Scope) {
    let database = Database::new(url.parse().unwrap());
    let mut connection = database.connect().await.unwrap();
    connection.apply_schema().await.unwrap();
    let user = UserToCreate {
        id: owner.id(),
        auth_provider: "local".to_owned(),
        external_id: "own".to_owned(),
        email: None,
        tenant_id: None,
    };
    let making = Making {
        id: ChosenId::Given,
        if_not_exists: false,
    };
    connection.create_user(&user, making).await.unwrap();
}

async fn open(url: &str, owner: Scope) -> ScopedStore {
    let database = Database::new(url.parse().unwrap());
    let store = Store::open(StoreConfig::postgres(database)).await;
    store.unwrap().scope(owner)
}

async fn fill(memory: &ScopedStore, rows: u64) {
    let numbers: Vec<u64> = (0..rows).collect();
    for batch in numbers.chunks(1000) {
        let nodes = batch.iter().map(|number| (node(*number).into(), None));
        memory.insert(nodes.collect()).await.unwrap();
    }
}

async fn ask(memory: &ScopedStore, number: u64) {
    let question = text(u64::MAX - number, 6);
    let found = memory.search(&Query::text(question)).await.unwrap();
    assert_eq!(found.hits.len(), 10);
}

fn node(number: u64) -> Node {
    let at = Timestamp::from_micros(1_700_000_000_000_000 + number.cast_signed() * 60_000_000);
    let conversation = format!("conversation-{}", number / 8);
    let (question, answer) = (text(number, 12), text(number + (1 << 32), 50));
    let place = (number % 8).cast_signed();
    Node::new(&conversation, place, &question, &answer, at.unwrap())
}

/// So many words, drawn with this seed.
fn text(seed: u64, words: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let words = (0..words).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // Squared, so that some words are frequent and most are rare.
        let share = (state >> 11) as f64 / (1u64 << 53) as f64;
        word((share * share * WORDS as f64) as u64)
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A word of consonants and vowels in turn.
fn word(number: u64) -> String {
    const CONSONANTS: &[u8; 16] = b"bcdfghjklmnprstv";
    const VOWELS: &[u8; 5] = b"aeiou";
    let mut rest = number + 16;
    let mut word = String::new();
    while rest > 0 {
        word.push(char::from(CONSONANTS[(rest % 16) as usize]));
        word.push(char::from(VOWELS[(rest / 16 % 5) as usize]));
        rest /= 80;
    }
    word
}
