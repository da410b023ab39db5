//! `make bench`: search in PostgreSQL, beside the raw queries that one would otherwise write, from one
//! run on one private and durable server.
//!
//! `TULVING_BENCH_SEARCH_ROWS` (100000) nodes of 1024 in 115 scopes: one holds half of them, four a
//! tenth each, ten 0.5 % each, a hundred 0.05 % each. Then `TULVING_BENCH_SCOPES` (1000) scopes of 100.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on has failed"
)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use testkit::corpus::Corpus;
use testkit::finding::{matching, nearest};
use testkit::postgres::{Database as TestDatabase, Preset, Server};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, NoTls};
use tulving::backend::postgres::{Database, PostgresBackend, PostgresOptions};
use tulving::backend::{Backend, Draft, Entry, Filter, SearchMethod};
use tulving::model::{Embedding, Kind, Node, Scope, Space, Timestamp};
use tulving::search::keyword::query_terms;
use tulving::search::vector::similarity;
use uuid::Uuid;

const TOP: usize = 10;
const DIMS: usize = 1024;

/// Scopes of one size.
struct Class {
    scopes: Vec<Held>,
    queries: usize,
}

/// A scope, and its vectors as the source has them.
struct Held {
    id: Uuid,
    vectors: Vec<Vec<f32>>,
}

/// What one way of asking did.
#[derive(Default)]
struct Figures {
    took: Vec<Duration>,
    recall: Vec<f64>,
    fewest: Option<usize>,
    through_index: usize,
}

#[tokio::main]
async fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let number = |name: &str, usual: usize| {
        std::env::var(name).map_or(usual, |value| value.parse().unwrap())
    };
    let rows = number("TULVING_BENCH_SEARCH_ROWS", 100_000);
    let scopes = number("TULVING_BENCH_SCOPES", 1000);
    let server = Server::start(Preset::Durable);
    sizes(&server, rows).await;
    many(&server, scopes).await;
}

/// Scopes of all sizes in one database.
async fn sizes(server: &Server, rows: usize) {
    let database = schema(server).await;
    let directory = tempfile::tempdir().unwrap();
    let mut number = 0;
    let mut load = |count: usize, size: usize, queries: usize| {
        let scopes = (0..count).map(|_| {
            number += 1;
            migrated(&database, directory.path(), size.max(20), number)
        });
        Class {
            scopes: scopes.collect(),
            queries,
        }
    };
    let began = Instant::now();
    let classes = [
        load(1, rows / 2, 40),
        load(4, rows / 10, 15),
        load(10, rows / 200, 10),
        load(100, rows / 2000, 2),
    ];
    println!(
        "\n{rows} nodes of {DIMS} in {number} scopes, migrated in {:.1} s",
        began.elapsed().as_secs_f64()
    );
    database.batch("VACUUM ANALYZE");
    let backend = open(&database).await;
    let raw = connect(&database).await;

    let largest = &classes[0];
    let before = ours(&backend, largest).await;
    println!("\nthe largest scope without an index");
    before.print(&format!(
        "tulving, {} nodes",
        largest.scopes[0].vectors.len()
    ));
    let began = Instant::now();
    let scope = Scope::User(largest.scopes[0].id);
    let target = Database::new(database.url().parse().unwrap());
    let indexed = target.index(scope, false, &|_| {}).await.unwrap();
    println!(
        "tulving index: {:?} in {:.1} s",
        indexed[0].index,
        began.elapsed().as_secs_f64()
    );

    for class in &classes {
        println!(
            "\n{} × {} nodes, top {TOP}",
            class.scopes.len(),
            class.scopes[0].vectors.len()
        );
        println!(
            "{:52} {:>7} {:>8} {:>8} {:>6}",
            "", "recall", "p50 ms", "p95 ms", "hits"
        );
        let (exact, out_of_line) = (
            "raw: exact, narrow halfvec",
            "raw: exact, vector out of line",
        );
        let narrow = "SELECT id FROM node_vectors WHERE scope_id = 'SCOPE' ORDER BY (v <#> $1::text::halfvec) LIMIT 10";
        let wide = "SELECT id FROM memory_nodes WHERE scope_id = 'SCOPE' ORDER BY embedding <=> $1::text::vector LIMIT 10";
        let graph = "SELECT id FROM node_vectors WHERE scope_id = 'SCOPE' AND space_id = 1 \
                     ORDER BY (v::halfvec(1024)) <#> $1::text::halfvec(1024) LIMIT 10";
        ours(&backend, class).await.print("tulving");
        query(&raw, class, narrow).await.print(exact);
        query(&raw, class, wide).await.print(out_of_line);
        if std::ptr::eq(class, largest) {
            raw.batch_execute("SET enable_sort = off; SET hnsw.ef_search = 100")
                .await
                .unwrap();
            query(&raw, class, graph)
                .await
                .print("raw: the scope's own HNSW, ef_search 100");
            raw.batch_execute("RESET ALL").await.unwrap();
        }
        words(&database, &backend, class)
            .await
            .print("tulving, three words");
    }
    let mut insert = Figures::default();
    for number in 0..200 {
        let space = Arc::new(Space::local(Space::BGE_M3, DIMS));
        let vector = largest.scopes[0].vectors[number].clone();
        let entry = Entry {
            memory: Node::new(
                "bench",
                0,
                &format!("what of {number}?"),
                "an answer",
                Timestamp::now(),
            )
            .into(),
            embedding: Some(Embedding::new(space, vector).unwrap()),
        };
        let began = Instant::now();
        let scope = Scope::User(classes[1].scopes[0].id);
        backend
            .insert(scope, vec![Draft::Next(entry)])
            .await
            .unwrap();
        insert.took.push(began.elapsed());
    }
    println!("\none memory written, durably");
    insert.print("tulving");
}

/// Many scopes of a hundred memories.
async fn many(server: &Server, scopes: usize) {
    let database = schema(server).await;
    let directory = tempfile::tempdir().unwrap();
    let first = migrated(&database, directory.path(), 100, 1);
    database.batch(&format!(
        "INSERT INTO users (email) SELECT 'u' || n || '@example.com' FROM generate_series(2, {scopes}) n"
    ));
    let columns: String = database.scalar(
        "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute \
         WHERE attrelid = 'memory_nodes'::regclass AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('scope_id', 'user_id')",
    );
    let id = first.id;
    database.batch(&format!(
        "INSERT INTO memory_nodes (scope_id, user_id, {columns}) SELECT u.id, u.id, {} FROM users u, memory_nodes m \
             WHERE m.scope_id = '{id}' AND u.id <> '{id}'; \
         INSERT INTO node_vectors SELECT u.id, m.id, m.space_id, m.v FROM users u, node_vectors m \
             WHERE m.scope_id = '{id}' AND u.id <> '{id}'; \
         INSERT INTO node_postings SELECT u.id, m.block, m.bucket, m.postings FROM users u, node_postings m \
             WHERE m.scope_id = '{id}' AND u.id <> '{id}'; \
         UPDATE scopes s SET space_id = f.space_id FROM scopes f WHERE f.scope_id = '{id}' AND s.scope_id <> '{id}'; \
         UPDATE scope_kinds s SET next = f.next, memories = f.memories, tokens = f.tokens \
             FROM scope_kinds f WHERE f.scope_id = '{id}' AND s.scope_id <> '{id}' AND s.kind = f.kind",
        columns.split(", ").map(|column| format!("m.{column}")).collect::<Vec<_>>().join(", ")
    ));
    database.batch("VACUUM ANALYZE");
    let backend = open(&database).await;
    let ids = database.rows(&format!(
        "SELECT id FROM users ORDER BY random() LIMIT {}",
        scopes.min(400)
    ));
    let class = Class {
        scopes: ids
            .iter()
            .map(|row| Held {
                id: row[0].as_ref().unwrap().parse().unwrap(),
                vectors: first.vectors.clone(),
            })
            .collect(),
        queries: 1,
    };
    println!("\n{scopes} scopes × 100 nodes, top {TOP}");
    println!(
        "{:52} {:>7} {:>8} {:>8} {:>6}",
        "", "recall", "p50 ms", "p95 ms", "hits"
    );
    ours(&backend, &class).await.print("tulving");
    words(&database, &backend, &class)
        .await
        .print("tulving, three words");
    let plan = database.rows(&format!(
        "EXPLAIN (ANALYZE, SUMMARY) SELECT id FROM node_vectors n WHERE scope_id = '{id}' AND space_id = 1 \
         ORDER BY v <#> (SELECT v FROM node_vectors LIMIT 1) LIMIT 70"
    ));
    for line in plan
        .iter()
        .flatten()
        .flatten()
        .filter(|line| line.contains("Time"))
    {
        println!("{line}");
    }
}

async fn schema(server: &Server) -> TestDatabase {
    let database = server.database();
    let target = Database::new(database.url().parse().unwrap());
    target
        .connect()
        .await
        .unwrap()
        .apply_schema()
        .await
        .unwrap();
    database
}

async fn open(database: &TestDatabase) -> PostgresBackend {
    let target = Database::new(database.url().parse().unwrap());
    PostgresBackend::open(target, &PostgresOptions::default())
        .await
        .unwrap()
}

async fn connect(database: &TestDatabase) -> Client {
    let (client, connection) = tokio_postgres::connect(database.url(), NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
}

/// A scope that the program migrated.
fn migrated(database: &TestDatabase, directory: &Path, size: usize, number: u64) -> Held {
    let data = directory.join("data");
    Corpus::new(size).episodes(false).seed(number).write(&data);
    let id = Uuid::from_u128(u128::from(number) << 64 | 0x8000_0000_0000_0001);
    let user = id.to_string();
    let email = format!("{number}@example.com");
    for args in [
        &["user", "create", "--email", &email, "--id", &user][..],
        &["migrate", "--user-id", &user, "--yes", "--json"],
    ] {
        let done = Command::new(env!("CARGO_BIN_EXE_tulving"))
            .args(args)
            .current_dir(directory)
            .env_clear()
            .env("DATABASE_URL", database.url())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    }
    let files = std::fs::read_dir(data.join("vectors")).unwrap();
    let file = files
        .map(|file| file.unwrap().path())
        .find(|path| path.ends_with("nodes.npy"));
    let bytes = std::fs::read(file.unwrap()).unwrap();
    let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let numbers = bytes[header..].as_chunks::<4>().0;
    let vectors = numbers.chunks_exact(DIMS);
    Held {
        id,
        vectors: vectors
            .map(|row| row.iter().map(|four| f32::from_le_bytes(*four)).collect())
            .collect(),
    }
}

/// Something between two of the scope's vectors, and the place of its ten nearest.
fn question(held: &Held, number: usize) -> (Vec<f32>, Vec<f64>) {
    let at = |offset: usize| &held.vectors[(number * 7919 + offset) % held.vectors.len()];
    let query: Vec<f32> = at(0)
        .iter()
        .zip(at(3))
        .map(|(a, b)| 0.8 * a + 0.2 * b)
        .collect();
    let mut scores: Vec<f64> = held
        .vectors
        .iter()
        .map(|vector| similarity(&query, vector))
        .collect();
    scores.sort_unstable_by(|a, b| b.total_cmp(a));
    scores.truncate(TOP);
    (query, scores)
}

/// How many of the hits are as near as the true ones.
fn recall(hits: &[f64], truth: &[f64]) -> f64 {
    let least = truth.last().copied().unwrap_or(1.0) - 1e-9;
    let found = hits.iter().filter(|score| **score >= least).count();
    found.min(truth.len()) as f64 / truth.len() as f64
}

async fn ours(backend: &PostgresBackend, class: &Class) -> Figures {
    let mut figures = Figures::default();
    let space = Arc::new(Space::local(Space::BGE_M3, DIMS));
    for held in &class.scopes {
        for number in 0..class.queries {
            let (query, truth) = question(held, number);
            let query = Embedding::new(Arc::clone(&space), query).unwrap();
            let began = Instant::now();
            let (scope, nodes) = (Scope::User(held.id), Filter::of(Kind::Node));
            let found = nearest(backend, scope, &query, TOP, &nodes).await.unwrap();
            figures.took.push(began.elapsed());
            let scores: Vec<f64> = found.hits.iter().map(|hit| hit.score).collect();
            figures.recall.push(recall(&scores, &truth));
            figures.hits(scores.len());
            figures.through_index += usize::from(found.found_by == SearchMethod::Index);
        }
    }
    figures
}

/// Three words of one of the scope's memories at a time.
async fn words(database: &TestDatabase, backend: &PostgresBackend, class: &Class) -> Figures {
    let mut figures = Figures::default();
    for held in &class.scopes {
        let texts = database.rows(&format!(
            "SELECT human_content FROM memory_nodes WHERE scope_id = '{}' ORDER BY id LIMIT {}",
            held.id, class.queries
        ));
        for text in texts.iter().flatten().flatten() {
            let mut terms = query_terms(text);
            terms.truncate(3);
            let began = Instant::now();
            let (scope, nodes) = (Scope::User(held.id), Filter::of(Kind::Node));
            let found = matching(backend, scope, &terms, TOP, &nodes).await.unwrap();
            figures.took.push(began.elapsed());
            figures.hits(found.hits.len());
        }
    }
    figures
}

async fn query(client: &Client, class: &Class, sql: &str) -> Figures {
    let mut figures = Figures::default();
    for held in &class.scopes {
        let sql = sql.replace("SCOPE", &held.id.to_string());
        let statement = client.prepare_typed(&sql, &[Type::TEXT]).await.unwrap();
        for number in 0..class.queries {
            let (query, truth) = question(held, number);
            let text = format!("{query:?}");
            let began = Instant::now();
            let rows = client.query(&statement, &[&text]).await.unwrap();
            figures.took.push(began.elapsed());
            let ids: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
            let places = "SELECT ord FROM memory_nodes WHERE scope_id = $1 AND id = ANY ($2)";
            let places = client.query(places, &[&held.id, &ids]).await.unwrap();
            let scores: Vec<f64> = places
                .iter()
                .map(|row| similarity(&query, &held.vectors[row.get::<_, i64>(0) as usize]))
                .collect();
            figures.recall.push(recall(&scores, &truth));
            figures.hits(scores.len());
        }
    }
    figures
}

impl Figures {
    fn hits(&mut self, hits: usize) {
        self.fewest = Some(self.fewest.map_or(hits, |fewest| fewest.min(hits)));
    }

    fn print(mut self, what: &str) {
        self.took.sort_unstable();
        let at = |share: f64| {
            let place = ((self.took.len() - 1) as f64 * share).round() as usize;
            self.took[place].as_secs_f64() * 1000.0
        };
        let recall = match self.recall.len() {
            0 => "–".to_owned(),
            count => format!("{:.4}", self.recall.iter().sum::<f64>() / count as f64),
        };
        let fewest = self
            .fewest
            .map_or("–".to_owned(), |fewest| fewest.to_string());
        let way = if self.through_index > 0 {
            " (index)"
        } else {
            ""
        };
        println!(
            "{:52} {recall:>7} {:>8.2} {:>8.2} {fewest:>6}",
            format!("{what}{way}"),
            at(0.5),
            at(0.95)
        );
    }
}
