//! The file backend's numbers: how long a directory takes to open, the first time and after, and what
//! a durable write costs beside a sync of the same disk.
//!
//! `TULVING_BENCH_DIR` names a directory for it; `TULVING_BENCH_ROWS` (10,000) how many nodes of
//! 1024 numbers.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark fails by stopping"
)]

use std::env;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tulving::backend::file::FileBackend;
use tulving::backend::{Backend, Draft, Entry, Filter, Order, Page, Request};
use tulving::model::{Embedding, Node, Scope, Space, Timestamp};
use uuid::Uuid;

const OWNER: Scope = Scope::User(Uuid::from_u128(7));
const DIMS: usize = 1024;

fn main() {
    let rows: usize = env::var("TULVING_BENCH_ROWS").map_or(10_000, |rows| rows.parse().unwrap());
    let temporary = tempfile::tempdir().unwrap();
    let root = env::var("TULVING_BENCH_DIR").map_or(temporary.path().to_owned(), PathBuf::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(run(&root, rows));
}

async fn run(root: &Path, rows: usize) {
    let space = Arc::new(Space::local(Space::BGE_M3, DIMS));
    if !root.join("manifest.json").exists() {
        let filled = Instant::now();
        let backend = FileBackend::create(root, OWNER, Some(&space)).unwrap();
        for first in (0..rows).step_by(1000) {
            let batch = (first..rows.min(first + 1000)).map(|n| Draft::Whole(entry(n, &space)));
            backend.insert(OWNER, batch.collect()).await.unwrap();
        }
        backend.compact().unwrap();
        println!("filled with {rows} nodes in {:.1?}", filled.elapsed());
    }
    let derived = root.join("indexes").join("tulving");
    let _ = std::fs::remove_dir_all(&derived);
    let open = || {
        let begun = Instant::now();
        let backend = FileBackend::open(root).unwrap();
        (begun.elapsed(), backend)
    };
    println!("| open {rows} nodes | |\n|---|---|");
    println!("| the first time | {:.1?} |", open().0);
    let times = (0..5).map(|_| open().0).collect();
    println!("| after | {:.1?} |", median(times));
    let (_, backend) = open();
    let query = entry(0, &space).embedding.unwrap();
    let words = vec!["memory".to_owned(), "7".to_owned()];
    let near = Request::near(query, 50, Filter::default());
    let holding = Request::holding(words, 50, Filter::default());
    let page = Page {
        order: Order::Newest,
        after: None,
        limit: 20,
    };
    for first in ["first", "later"] {
        let all = Filter::default();
        let begun = Instant::now();
        backend.search(OWNER, &near).await.unwrap();
        println!("| {first} search by vector, 50 | {:.2?} |", begun.elapsed());
        let begun = Instant::now();
        backend.search(OWNER, &holding).await.unwrap();
        println!("| {first} search by words, 50 | {:.2?} |", begun.elapsed());
        let begun = Instant::now();
        backend.list(OWNER, &all, &page).await.unwrap();
        println!("| {first} page of 20 | {:.2?} |", begun.elapsed());
    }
    let (_, backend) = open();
    let begun = Instant::now();
    backend.search(OWNER, &near).await.unwrap();
    println!(
        "| first search by vector when it is derived | {:.2?} |",
        begun.elapsed()
    );
    let begun = Instant::now();
    backend.search(OWNER, &holding).await.unwrap();
    println!(
        "| first search by words when it is derived | {:.2?} |",
        begun.elapsed()
    );

    let mut probe = File::create(root.join("probe")).unwrap();
    let syncs = (0..50).map(|_| {
        let begun = Instant::now();
        probe.write_all(&[7; 6000]).unwrap();
        probe.sync_data().unwrap();
        begun.elapsed()
    });
    println!("| write and sync 6 kB | {:.2?} |", median(syncs.collect()));
    std::fs::remove_file(root.join("probe")).unwrap();
    let base = rows + 1_000_000;
    let mut writes = Vec::new();
    for n in 0..50 {
        let draft = Draft::Whole(entry(base + n, &space));
        let begun = Instant::now();
        backend.insert(OWNER, vec![draft]).await.unwrap();
        writes.push(begun.elapsed());
    }
    println!("| add one, durable | {:.2?} |", median(writes));
    let backend = Arc::new(backend);
    let begun = Instant::now();
    let tasks: Vec<_> = (0..32)
        .map(|task| {
            let (backend, space) = (Arc::clone(&backend), Arc::clone(&space));
            tokio::spawn(async move {
                for n in 0..10 {
                    let number = base + 1000 * (task + 1) + n;
                    let draft = Draft::Whole(entry(number, &space));
                    backend.insert(OWNER, vec![draft]).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let each = begun.elapsed() / 320;
    println!("| add by 32 writers at once, each | {each:.2?} |");
    let keys: Vec<_> = (0..50)
        .map(|n| entry(base + n, &space).memory.key())
        .chain((1..33).flat_map(|task| {
            let space = Arc::clone(&space);
            (0..10).map(move |n| entry(base + 1000 * task + n, &space).memory.key())
        }))
        .collect();
    let begun = Instant::now();
    backend.delete(OWNER, &keys).await.unwrap();
    println!("| delete {} | {:.2?} |", keys.len(), begun.elapsed());
    let begun = Instant::now();
    backend.compact().unwrap();
    println!("| compact | {:.1?} |", begun.elapsed());
}

fn entry(number: usize, space: &Arc<Space>) -> Entry {
    let at = Timestamp::from_micros(1_700_000_000_000_000 + number as i64).unwrap();
    let conversation = format!("conversation-{}", number / 8);
    let question = format!("What does the memory of {number} say of pools and timeouts?");
    let answer = format!("That {} workers waited for {}. ", number % 97, number % 31).repeat(12);
    let node = Node::new(&conversation, number as i64, &question, &answer, at);
    let mut seed = number as u64;
    let numbers = (0..space.dims).map(|_| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 40) as f32 / 8_388_608.0 - 1.0
    });
    Entry {
        memory: node.into(),
        embedding: Some(Embedding::new(Arc::clone(space), numbers.collect()).unwrap()),
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    *times.get(times.len() / 2).expect("one at least")
}
