//! `make bench`: an export of years becomes memory, from the file to the clusters; then the same export once more, and one
//! with a question more. Beside it the built-in model alone, on the same questions with their answers.
//!
//! `TULVING_BENCH_TURNS` (20000) says how many questions there are. Memory is in files, on the disk of the folder for temporary ones.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on has failed"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tulving::embed::{Builtin, Embedder, Purpose};

/// Questions of one conversation.
const TURNS: usize = 8;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let turns = std::env::var("TULVING_BENCH_TURNS").map_or(20_000, |turns| turns.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("conversations.json");
    let mut conversations: Vec<Value> = (0..turns / TURNS).map(conversation).collect();
    write(&export, &conversations);
    let size = fs::metadata(&export).unwrap().len() as f64 / 1e6;

    println!("\n{turns} questions with their answers, {size:.0} MB");
    alone(&conversations);
    run(folder.path(), &["init"]);
    println!("| tulving ingest | seconds | new | unchanged | clusters | peak MiB |");
    println!("|---|---|---|---|---|---|");
    ingest(folder.path(), "all of it");
    ingest(folder.path(), "the same once more");
    ask_once_more(&mut conversations[0]);
    write(&export, &conversations);
    ingest(folder.path(), "with one question more");
}

/// What the embedder does by itself.
fn alone(conversations: &[Value]) {
    let pairs = conversations.iter().flat_map(|conversation| {
        let messages = conversation["chat_messages"].as_array().unwrap();
        messages.chunks(2).map(|pair| {
            let text = |message: &Value| message["text"].as_str().unwrap().to_owned();
            format!("Human: {}\n\nAssistant: {}", text(&pair[0]), text(&pair[1]))
        })
    });
    let texts: Vec<String> = pairs.collect();
    let embedder = Builtin::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let began = Instant::now();
    let made = runtime.block_on(embedder.embed(&texts, Purpose::Memory));
    assert_eq!(made.unwrap().len(), texts.len());
    let rate = texts.len() as f64 / began.elapsed().as_secs_f64();
    println!("the built-in model alone: {rate:.0} questions with their answers a second");
}

fn ingest(folder: &Path, what: &str) {
    let began = Instant::now();
    let (told, peak) = run(folder, &["ingest", "conversations.json", "--json"]);
    let seconds = began.elapsed().as_secs_f64();
    let nodes = &told["nodes"];
    println!(
        "| {what} | {seconds:.2} | {} | {} | {} | {peak} |",
        nodes["new"], nodes["duplicate"], told["clusters"]
    );
}

/// Runs the program; returns what it printed, and how much memory it had at most, in MiB.
fn run(folder: &Path, args: &[&str]) -> (Value, u64) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tulving"));
    command.args(args).current_dir(folder).env_clear();
    let out = folder.join("out");
    command.stdout(fs::File::create(&out).unwrap());
    let mut child = command.stderr(Stdio::inherit()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        let told = fs::read_to_string(&status).unwrap_or_default();
        let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak = peak.max(kib.unwrap_or(0) / 1024);
        match child.try_wait().unwrap() {
            Some(ended) => break ended,
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    assert!(ended.success(), "{args:?}");
    let told = fs::read(&out).unwrap();
    (serde_json::from_slice(&told).unwrap_or_default(), peak)
}

fn write(export: &Path, conversations: &[Value]) {
    fs::write(export, serde_json::to_vec(conversations).unwrap()).unwrap();
}

fn conversation(number: usize) -> Value {
    let mut random = Random(number as u64 * 2 + 1);
    let topic = random.below(60);
    let messages = (0..2 * TURNS).map(|at| {
        let (sender, words) = [("human", 20), ("assistant", 110)][at % 2];
        json!({
            "uuid": format!("{number}-{at}"), "sender": sender, "text": random.text(topic, words),
            "created_at": time(number * 100 + at),
        })
    });
    let messages: Vec<Value> = messages.collect();
    json!({
        "uuid": format!("c-{number}"), "name": format!("Conversation {number}"), "created_at": time(number * 100),
        "updated_at": time(number * 100 + 99), "chat_messages": messages,
    })
}

fn ask_once_more(conversation: &mut Value) {
    conversation["updated_at"] = json!(time(99));
    let question = json!({"uuid": "more", "sender": "human", "text": "And what else?", "created_at": time(98)});
    conversation["chat_messages"]
        .as_array_mut()
        .unwrap()
        .push(question);
}

fn time(minute: usize) -> String {
    let (day, rest) = (minute / 1440, minute % 1440);
    let (year, month, day) = (2020 + day / 336, day / 28 % 12 + 1, day % 28 + 1);
    format!(
        "{year}-{month:02}-{day:02}T{:02}:{:02}:00Z",
        rest / 60,
        rest % 60
    )
}

/// Words that look like some: each topic has its own, and all share others.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn word(&mut self, kind: u64) -> String {
        const PARTS: [&str; 16] = [
            "ba", "lo", "mi", "ter", "ka", "ran", "su", "vel", "do", "ny", "pra", "chi", "gon",
            "fe", "wal", "tu",
        ];
        let number = kind * 40 + self.below(40);
        let part = |shift: u64| PARTS[(number.wrapping_mul(2_654_435_761) >> shift) as usize % 16];
        [part(3), part(9), part(17)].concat()
    }

    fn text(&mut self, topic: u64, words: u64) -> String {
        let words = (0..words / 2 + self.below(words)).map(|_| {
            let kind = if self.below(3) == 0 { 99 } else { topic };
            self.word(kind)
        });
        words.collect::<Vec<_>>().join(" ")
    }
}
