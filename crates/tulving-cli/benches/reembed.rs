//! `make bench`: vectors made anew with another model, beside the embedder alone, from one run.
//!
//! `TULVING_BENCH_REEMBED` (10000) nodes. The built-in model is asked for all texts by itself, then by the program on
//! files and in PostgreSQL, where a migration of the same nodes stands beside it. Then a server that makes 800
//! vectors a second is asked in the same way. The server of PostgreSQL is private and durable: fsync is on.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on has failed"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::corpus::Corpus;
use testkit::postgres::{Database, Preset, Server};
use tokio::runtime::Runtime;
use tulving::backend::file::FileBackend;
use tulving::backend::{Backend as _, Filter, Order, Page};
use tulving::embed::{Builtin, Embedder, Http, HttpOptions, Purpose};
use tulving::model::Memory;
use tulving::search::text::embedded;

/// A request of the slow server takes so long, and it answers one after the other.
const SLOW: Duration = Duration::from_millis(40);

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let nodes =
        std::env::var("TULVING_BENCH_REEMBED").map_or(10_000, |nodes| nodes.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    Corpus::new(nodes)
        .dim(64)
        .episodes(false)
        .write(&folder.path().join("data"));
    let server = Server::start(Preset::Durable);
    let database = server.database();
    let program = |args: &[&str]| run(&database, folder.path(), args);
    program(&["schema", "apply"]);
    let user = program(&["user", "create", "--email", "a@example.com", "--json"]);
    let user = user["id"].as_str().unwrap();
    program(&["init", "--user-id", user, "--model", "m", "--json"]);
    let moved = program(&[
        "migrate",
        "--user-id",
        user,
        "--model",
        "m",
        "--restamp",
        "--yes",
        "--json",
    ]);
    let runtime = Runtime::new().unwrap();
    let texts = runtime.block_on(texts(&folder.path().join("data")));

    println!("\n{nodes} nodes; vectors a second");
    println!(
        "{:44} {:>9.0}",
        "a migration, verified, rows",
        moved["rate"].as_f64().unwrap()
    );
    let url = slow_server();
    let mut options = HttpOptions::new(&url, "slow");
    options.dims = Some(64);
    let slow = runtime.block_on(Http::connect(options)).unwrap();
    let named = [
        "--provider",
        "http",
        "--url",
        &url,
        "--model",
        "slow",
        "--dimensions",
        "64",
    ];
    let models: [(&str, &dyn Embedder, &[&str]); 2] = [
        ("the built-in model", &Builtin::new(), &[]),
        ("a server", &slow, &named),
    ];
    for (name, embedder, flags) in models {
        let began = Instant::now();
        runtime
            .block_on(embedder.embed(&texts, Purpose::Memory))
            .unwrap();
        let alone = texts.len() as f64 / began.elapsed().as_secs_f64();
        println!("{name:44} {alone:>9.0}");
        let in_database = ["--backend", "postgres", "--user-id", user];
        for (place, more) in [("in files", &[][..]), ("in PostgreSQL", &in_database)] {
            let args = [&["reembed", "--json"], flags, more].concat();
            let rate = program(&args)["rate"].as_f64().unwrap();
            println!(
                "  {:42} {rate:>9.0}  {:>5.2}x",
                format!("tulving reembed, {place}"),
                rate / alone
            );
        }
    }
}

/// What is embedded of each memory.
async fn texts(data: &Path) -> Vec<String> {
    let files = FileBackend::open(data).unwrap();
    let page = Page {
        order: Order::Oldest,
        after: None,
        limit: usize::MAX,
    };
    let listed = files
        .list(files.owner().unwrap(), &Filter::default(), &page)
        .await;
    let memories: Vec<Memory> = listed.unwrap().memories;
    memories.iter().map(embedded).collect()
}

fn run(database: &Database, folder: &Path, args: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tulving"));
    command.args(args).current_dir(folder).env_clear();
    let ran = command
        .env("DATABASE_URL", database.url())
        .output()
        .unwrap();
    assert!(
        ran.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&ran.stderr)
    );
    serde_json::from_slice(&ran.stdout).unwrap_or_default()
}

/// A server that answers one request after the other.
fn slow_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let turn = Arc::new(Mutex::new(()));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let turn = Arc::clone(&turn);
            std::thread::spawn(move || {
                let mut stream = BufReader::new(stream.unwrap());
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    stream.read_line(&mut line).unwrap();
                    let line = line.trim_end().to_lowercase();
                    if let Some(value) = line.strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    if line.is_empty() {
                        break;
                    }
                }
                let mut body = vec![0; length];
                stream.read_exact(&mut body).unwrap();
                let asked: Value = serde_json::from_slice(&body).unwrap();
                let texts = asked["input"].as_array().unwrap();
                let taken = turn.lock().unwrap();
                std::thread::sleep(SLOW.mul_f64(texts.len() as f64 / 32.0));
                drop(taken);
                let vector = |text: &Value| -> Vec<f64> {
                    let length = text.as_str().unwrap().len() as f64;
                    (1..=64).map(|at| (length * f64::from(at)).sin()).collect()
                };
                let data = texts.iter().enumerate();
                let data: Vec<Value> = data
                    .map(|(index, text)| json!({"index": index, "embedding": vector(text)}))
                    .collect();
                let answer = json!({"data": data}).to_string();
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
                let length = answer.len();
                let _ = write!(
                    stream.get_mut(),
                    "{head}\r\nContent-Length: {length}\r\n\r\n{answer}"
                );
            });
        }
    });
    url
}
