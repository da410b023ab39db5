//! `make bench`: how long an assistant waits for a server that it has just started, on a directory of
//! `TULVING_BENCH_MCP` (10000) memories with vectors of the built-in model. Medians of 20 starts, each a process of its
//! own; a compacted directory, and files that were read before.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on has failed"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const STARTS: usize = 20;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let memories =
        std::env::var("TULVING_BENCH_MCP").map_or(10_000, |number| number.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let program = |args: &[&str]| {
        let ran = command(folder.path(), args).output().unwrap();
        assert!(
            ran.status.success(),
            "{args:?}: {}",
            String::from_utf8_lossy(&ran.stderr)
        );
    };
    let words = [
        "pool", "worker", "bread", "train", "harbour", "invoice", "garden", "signal",
    ];
    let lines = (0..memories).map(|number: usize| {
        let word = |step: usize| words[number / step % words.len()];
        let question = format!(
            "What of the {} and the {} in case {number}?",
            word(1),
            word(8)
        );
        let answer = format!(
            "The {} was settled with the {} after {} days.",
            word(64),
            word(8),
            number % 97
        );
        json!({"question": question, "answer": answer}).to_string() + "\n"
    });
    std::fs::write(
        folder.path().join("memories.jsonl"),
        lines.collect::<String>(),
    )
    .unwrap();
    program(&["init"]);
    program(&["add", "--jsonl", "memories.jsonl"]);
    program(&["compact"]);
    let (mut begun, mut first, mut second) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let [initialize, search, again] = waits(folder.path());
        begun.push(initialize);
        first.push(search);
        second.push(again);
    }
    println!("\n{memories} memories in files; milliseconds, medians of {STARTS}");
    for (what, mut waits) in [
        ("from the start to the answer of initialize", begun),
        ("the first search, which opens the memory", first),
        ("the next search", second),
    ] {
        waits.sort_unstable();
        println!("{what:44} {:>9.1}", waits[STARTS / 2].as_secs_f64() * 1e3);
    }
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tulving"));
    command.args(args).current_dir(folder).env_clear();
    command
}

/// Starts a server, and returns how long its first answers take.
fn waits(folder: &Path) -> [Duration; 3] {
    let started = Instant::now();
    let mut server = command(folder, &["mcp"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = server.stdin.take().unwrap();
    let mut answers = BufReader::new(server.stdout.take().unwrap());
    let mut ask = |method: &str, params: Value| {
        let line = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        writeln!(stdin, "{line}").unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert!(
            answer["result"].is_object() && answer["result"]["isError"] != true,
            "{answer}"
        );
    };
    ask(
        "initialize",
        json!({"protocolVersion": "2025-11-25", "capabilities": {}}),
    );
    let initialize = started.elapsed();
    let mut search = || {
        let asked = Instant::now();
        ask(
            "tools/call",
            json!({"name": "memory_search", "arguments": {"query": "how was the garden settled?"}}),
        );
        asked.elapsed()
    };
    let waits = [initialize, search(), search()];
    drop(stdin);
    assert!(server.wait().unwrap().success());
    waits
}
