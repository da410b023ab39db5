//! How fast a large export becomes turns, on one core, and how much memory that takes; beside it Python's json.load of
//! the same file, which gives no turns. Time is the processor's, so that what else the machine does counts less.
//!
//! `TULVING_BENCH_MB` (200) says how large the export is.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by stopping")]

use std::env;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tulving_chats::{Conversation, FileReport, Limits, Sink, Turn, read};

/// Counts what it is given and keeps nothing.
#[derive(Default)]
struct Counted {
    conversations: u64,
    messages: u64,
    turns: u64,
    letters: u64,
}

impl Sink for Counted {
    fn conversation(
        &mut self,
        conversation: Conversation<'_>,
        turns: Vec<Turn>,
    ) -> ControlFlow<()> {
        self.conversations += 1;
        self.messages += conversation.messages.len() as u64;
        self.turns += turns.len() as u64;
        self.letters += turns
            .iter()
            .map(|turn| (turn.human.len() + turn.assistant.len()) as u64)
            .sum::<u64>();
        ControlFlow::Continue(())
    }

    fn file(&mut self, report: FileReport) {
        assert!(report.skipped.is_empty(), "{report:?}");
    }
}

fn main() {
    let size: u64 = env::var("TULVING_BENCH_MB").map_or(200, |size| size.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("conversations.json");
    export(&json, size * 1_000_000);
    let zip = folder.path().join("export.zip");
    packed(&json, &zip);
    let bytes = fs::metadata(&json).unwrap().len();
    let before = peak();
    println!("| what | MB | seconds, best and worst of 5 | MB/s, best | peak MiB |");
    println!("|---|---|---|---|---|");
    for (what, path) in [
        ("export → turns", &json),
        ("the same in a zip archive", &zip),
    ] {
        let mut times = Vec::new();
        let mut counted = Counted::default();
        for _ in 0..5 {
            counted = Counted::default();
            let begun = processor();
            read(&[path], &Limits::default(), &mut counted).unwrap();
            times.push(processor() - begun);
        }
        line(what, bytes, &mut times, peak());
        assert!(counted.turns > 0 && counted.letters > 0);
        if path == &json {
            eprintln!(
                "{} conversations, {} messages, {} turns; {before} MiB before",
                counted.conversations, counted.messages, counted.turns
            );
        }
    }
    python(&json, bytes);
}

fn line(what: &str, bytes: u64, times: &mut [Duration], peak: u64) {
    times.sort();
    let (best, worst) = (times[0].as_secs_f64(), times[times.len() - 1].as_secs_f64());
    let megabytes = bytes as f64 / 1e6;
    println!(
        "| {what} | {megabytes:.0} | {best:.2} … {worst:.2} | {:.0} | {peak} |",
        megabytes / best
    );
}

/// Measures what people have.
fn python(json: &Path, bytes: u64) {
    const SCRIPT: &str = "import json,sys,time,resource\n\
        t=time.process_time()\n\
        json.load(open(sys.argv[1],encoding='utf-8'))\n\
        print(time.process_time()-t, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss//1024)";
    let mut times = Vec::new();
    let mut most = 0;
    for _ in 0..3 {
        let Ok(output) = Command::new("python3")
            .args(["-c", SCRIPT])
            .arg(json)
            .output()
        else {
            return eprintln!("no python3 to compare with");
        };
        let text = String::from_utf8(output.stdout).unwrap();
        let mut words = text.split_whitespace();
        times.push(Duration::from_secs_f64(
            words.next().unwrap().parse().unwrap(),
        ));
        most = words.next().unwrap().parse().unwrap();
    }
    line(
        "Python json.load, best of 3, no turns",
        bytes,
        &mut times,
        most,
    );
}

/// Returns how long this process has had a processor.
fn processor() -> Duration {
    let seconds = fs::read_to_string("/proc/self/schedstat").unwrap();
    let nanos = seconds.split_whitespace().next().unwrap().parse().unwrap();
    Duration::from_nanos(nanos)
}

/// Returns the most memory that this process has had, in MiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

/// Writes an export as ChatGPT does: one line, each conversation a tree with hidden messages, tools, pages that were
/// looked up, and answers that were made again.
fn export(path: &Path, size: u64) {
    let mut out = BufWriter::new(File::create(path).unwrap());
    let mut written = 0;
    let mut number = 0;
    out.write_all(b"[").unwrap();
    while written < size {
        let conversation = conversation(number);
        if number > 0 {
            out.write_all(b", ").unwrap();
        }
        out.write_all(conversation.as_bytes()).unwrap();
        written += conversation.len() as u64;
        number += 1;
    }
    out.write_all(b"]").unwrap();
    out.flush().unwrap();
}

fn conversation(number: u64) -> String {
    let mut random = Random(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let begun = 1_650_000_000 + number * 7_000;
    let mut nodes = vec![
        r#""root": {"id": "root", "message": null, "parent": null, "children": ["n0"]}"#.to_owned(),
    ];
    let mut parent = "root".to_owned();
    for at in 0..8 + random.below(24) {
        let id = format!("{number:08x}-0000-4000-8000-{at:012x}");
        let (role, content) = match at % 6 {
            0 => (
                "system",
                r#"{"content_type": "text", "parts": [""]}"#.to_owned(),
            ),
            1 | 4 => ("user", said(&mut random, 20, number)),
            3 => (
                "tool",
                format!(
                    r#"{{"content_type": "execution_output", "text": "{}"}}"#,
                    random.words(60, false)
                ),
            ),
            _ => ("assistant", said(&mut random, 300, number)),
        };
        nodes.push(format!(
            r#""{id}": {{"id": "{id}", "message": {{"id": "{id}", "author": {{"role": "{role}", "name": null, "metadata": {{}}}}, "create_time": {}.{:06}, "update_time": null, "content": {content}, "status": "finished_successfully", "end_turn": true, "weight": 1.0, "metadata": {{"model_slug": "gpt-4o", "default_model_slug": "auto", "parent_id": "{parent}", "request_id": "{id}", "timestamp_": "absolute", "message_type": null, "finish_details": {{"type": "stop", "stop_tokens": [200002]}}, "citations": [], "content_references": [], "is_complete": true}}, "recipient": "all", "channel": null}}, "parent": "{parent}", "children": []}}"#,
            begun + at * 30,
            random.below(1_000_000),
        ));
        parent = id;
    }
    format!(
        r#"{{"title": "Conversation {number}", "create_time": {begun}.5, "update_time": {begun}.75, "mapping": {{{}}}, "moderation_results": [], "current_node": "{parent}", "plugin_ids": null, "conversation_id": "c-{number}", "id": "c-{number}", "default_model_slug": "gpt-4o", "is_archived": false, "safe_urls": []}}"#,
        nodes.join(", ")
    )
}

/// The content of a text; every second conversation is in a language that is written with escapes.
fn said(random: &mut Random, words: u64, number: u64) -> String {
    let count = 1 + random.below(words);
    format!(
        r#"{{"content_type": "text", "parts": ["{}"]}}"#,
        random.words(count, number % 2 == 1)
    )
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn words(&mut self, count: u64, escaped: bool) -> String {
        const PLAIN: [&str; 12] = [
            "memory",
            "borrow",
            "the",
            "of",
            "hive",
            "a",
            "compile",
            "which",
            "error\\n",
            "\\\"quoted\\\"",
            "is",
            "function",
        ];
        const ESCAPED: [&str; 6] = [
            "\\u0441\\u043b\\u043e\\u0432\\u043e",
            "\\u043c\\u0451\\u0434",
            "\\uae30\\uc5b5",
            "caf\\u00e9",
            "\\ud83d\\udc1d",
            "\\u5de2",
        ];
        let mut text = String::new();
        for _ in 0..count {
            let pick = self.below(12) as usize;
            text.push_str(if escaped {
                ESCAPED[pick % 6]
            } else {
                PLAIN[pick]
            });
            text.push(' ');
        }
        text
    }
}

fn packed(json: &Path, zip: &Path) {
    let mut out = zip::ZipWriter::new(File::create(zip).unwrap());
    out.start_file(
        "conversations.json",
        zip::write::SimpleFileOptions::default().large_file(true),
    )
    .unwrap();
    std::io::copy(&mut File::open(json).unwrap(), &mut out).unwrap();
    out.finish().unwrap();
}
