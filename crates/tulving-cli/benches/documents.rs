//! `make bench`: manuals that become memory with the built-in model: MB of text a second, the median of three runs.
//!
//! `TULVING_BENCH_MB` (8) of text and as much of Markdown, in files of about 100 kB; on files and in PostgreSQL, whose
//! server is private and durable. At least 5 MB/s is the aim on files.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on has failed"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::Value;
use testkit::postgres::{Database, Preset, Server};

/// Bytes of a file, about.
const FILE: usize = 100_000;
const RUNS: usize = 3;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let size = std::env::var("TULVING_BENCH_MB").map_or(8, |size| size.parse().unwrap());
    let server = Server::start(Preset::Durable);
    println!("\ntulving docs add with the built-in model, {size} MB of each, median of {RUNS}");
    println!("{:12} {:>10} {:>16}", "", "files", "PostgreSQL");
    for (name, extension) in [("text", "txt"), ("Markdown", "md")] {
        let mut rates = [Vec::new(), Vec::new()];
        for _ in 0..RUNS {
            let folder = tempfile::tempdir().unwrap();
            let bytes = lay_out(&folder.path().join("Manuals"), extension, size * 1_000_000);
            let database = server.database();
            let program = |args: &[&str]| run(&database, folder.path(), args);
            program(&["schema", "apply"]);
            let user = program(&["user", "create", "--email", "a@example.com", "--json"]);
            let owner = ["--user-id", user["id"].as_str().unwrap()];
            program(&[&["init", "--json"][..], &owner].concat());
            for (rates, backend) in rates.iter_mut().zip(["file", "postgres"]) {
                let add = ["docs", "add", "Manuals", "--json", "--backend", backend];
                let began = Instant::now();
                let told = program(&[&add[..], &owner].concat());
                rates.push(bytes as f64 / 1e6 / began.elapsed().as_secs_f64());
                assert_eq!(told["bytes"], Value::from(bytes));
            }
        }
        let [files, database] = rates.map(median);
        println!("{name:12} {files:>5.1} MB/s {database:>11.1} MB/s");
    }
}

/// Writes manuals, no two of which say the same; returns how many bytes they have.
fn lay_out(folder: &Path, extension: &str, size: usize) -> u64 {
    const WORDS: [&str; 24] = [
        "order",
        "invoice",
        "customer",
        "memo",
        "credit",
        "account",
        "field",
        "amount",
        "manager",
        "approves",
        "opens",
        "enters",
        "checks",
        "closes",
        "weekly",
        "before",
        "after",
        "region",
        "price",
        "delivery",
        "return",
        "warehouse",
        "contract",
        "receipt",
    ];
    std::fs::create_dir_all(folder).unwrap();
    let (mut written, mut state) = (0, 1_u64);
    let mut word = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        WORDS[(state >> 33) as usize % WORDS.len()]
    };
    for number in 0..size.div_ceil(FILE) {
        let mut text = format!("# Manual {number}\n\n");
        while text.len() < FILE {
            let (first, second) = (word(), word());
            write!(text, "## How the {first} {second}\n\n").unwrap();
            for _ in 0..3 {
                for _ in 0..12 {
                    let sentence: Vec<&str> = (0..14).map(|_| word()).collect();
                    write!(text, "The {}. ", sentence.join(" ")).unwrap();
                }
                text.push_str("\n\n");
            }
            for step in 1..6 {
                writeln!(
                    text,
                    "{step}. Open the {} and enter the {}.",
                    word(),
                    word()
                )
                .unwrap();
            }
            text.push('\n');
        }
        written += text.len() as u64;
        let path = folder.join(format!("manual{number:04}.{extension}"));
        std::fs::write(path, text).unwrap();
    }
    written
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
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
