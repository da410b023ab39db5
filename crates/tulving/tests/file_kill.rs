//! Processes that write and compact are killed at random: what was acknowledged is there, and equal.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tulving::backend::file::FileBackend;
use tulving::backend::{Backend, Draft, Entry, Filter};
use tulving::model::{Embedding, Key, Kind, Node, Scope, Space, Timestamp};
use uuid::Uuid;

const DIMS: usize = 16;
const OWNER: Scope = Scope::User(Uuid::from_u128(7));

/// Numbers from a seed that a failure prints: SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

fn number(name: &str) -> Option<u64> {
    let value = env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} must be a number")),
    )
}

/// The memory of a number in its n-th version: the same in every process.
fn entry(number: u64, version: u64) -> Entry {
    let text = format!("question {number}, version {version}");
    let at = Timestamp::from_micros(1_700_000_000_000_000 + number as i64).unwrap();
    let answer = "words ".repeat((number % 40) as usize);
    let mut node = Node::new(
        &format!("c{}", number % 5),
        number as i64,
        &text,
        &answer,
        at,
    );
    node.id = format!("m{number}");
    let space = Arc::new(Space::local("kill", DIMS));
    let numbers = (0..DIMS).map(|i| (number * 31 + version * 7 + i as u64) as f32);
    Entry {
        memory: node.into(),
        embedding: Some(Embedding::new(space, numbers.collect()).unwrap()),
    }
}

fn key(number: u64) -> Key {
    Key::new(Kind::Node, format!("m{number}"))
}

/// Not a test: what a killed process does, between the lines `try` and `done` of each write.
#[tokio::test]
async fn child_that_writes_until_it_is_killed() {
    let Ok(directory) = env::var("TULVING_KILL_DIRECTORY") else {
        return;
    };
    let (mut random, first) = (
        Random(number("TULVING_KILL_SEED").unwrap()),
        number("TULVING_KILL_FIRST").unwrap(),
    );
    let say = |line: String| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "\n{line}").unwrap();
        out.flush().unwrap();
    };
    let backend = FileBackend::open(Path::new(&directory)).unwrap();
    let mut next = first + number("TULVING_KILL_KNOWN").unwrap();
    loop {
        match random.below(12) {
            0..=2 => {
                backend.compact().unwrap();
            }
            3..=4 if next > first => {
                let victim = first + random.below(next - first);
                say(format!("try delete {victim}"));
                backend.delete(OWNER, &[key(victim)]).await.unwrap();
                say(format!("done {victim}"));
            }
            5..=7 if next > first => {
                let old = first + random.below(next - first);
                let found = backend.get(OWNER, &[key(old)]).await.unwrap();
                let Some(found) = found.into_iter().next().flatten() else {
                    continue;
                };
                let version = 2 + random.below(1000);
                say(format!("try put {old} {version}"));
                let new = entry(old, version);
                backend.replace(OWNER, &found.memory, new).await.unwrap();
                say(format!("done {old}"));
            }
            _ => {
                let count = 1 + random.below(6);
                for number in next..next + count {
                    say(format!("try put {number} 1"));
                }
                let drafts = (next..next + count).map(|n| Draft::Whole(entry(n, 1)));
                backend.insert(OWNER, drafts.collect()).await.unwrap();
                for number in next..next + count {
                    say(format!("done {number}"));
                }
                next += count;
            }
        }
    }
}

/// What is known of a memory: its version, if it is there, and what it may have become since.
#[derive(Debug, Default, Clone)]
struct Known {
    version: Option<u64>,
    tried: Option<Option<u64>>,
}

struct Writer {
    child: Child,
    first: u64,
}

fn start(directory: &Path, first: u64, known: u64, seed: u64) -> Writer {
    let child = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "child_that_writes_until_it_is_killed",
            "--nocapture",
        ])
        .env("TULVING_KILL_DIRECTORY", directory)
        .env("TULVING_KILL_FIRST", first.to_string())
        .env("TULVING_KILL_KNOWN", known.to_string())
        .env("TULVING_KILL_SEED", seed.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    Writer { child, first }
}

impl Writer {
    /// Kills it once it has written something, and notes what it said.
    fn kill(mut self, after: Duration, expected: &mut BTreeMap<u64, Known>) -> u64 {
        let mut out = BufReader::new(self.child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("try ") {
            line.clear();
            if out.read_line(&mut line).unwrap() == 0 {
                let output = self.child.wait_with_output().unwrap();
                panic!(
                    "the writer ended: {}",
                    String::from_utf8_lossy(&output.stderr)
                );
            }
        }
        std::thread::sleep(after);
        self.child.kill().unwrap();
        let mut lines = vec![line.trim().to_owned()];
        lines.extend(out.lines().map_while(Result::ok));
        let output = self.child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!errors.contains("panicked"), "{errors}");
        let mut highest = 0;
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |at: usize| words.get(at).and_then(|word| word.parse::<u64>().ok());
            // A line that the kill cut in two says nothing.
            match (words[0], words.get(1).copied()) {
                ("try", Some("put")) => {
                    if let (Some(n), Some(version)) = (number(2), number(3)) {
                        expected.entry(n).or_default().tried = Some(Some(version));
                        highest = highest.max(n + 1 - self.first);
                    }
                }
                ("try", Some("delete")) => {
                    expected.entry(number(2).unwrap()).or_default().tried = Some(None);
                }
                ("done", _) => {
                    let known = expected.entry(number(1).unwrap()).or_default();
                    known.version = known.tried.take().unwrap();
                }
                _ => {}
            }
        }
        highest
    }
}

async fn check(directory: &Path, expected: &mut BTreeMap<u64, Known>) {
    let backend = FileBackend::open(directory).unwrap();
    let keys: Vec<Key> = expected.keys().copied().map(key).collect();
    let found = backend.get(OWNER, &keys).await.unwrap();
    let mut present = 0;
    for ((number, known), found) in expected.iter_mut().zip(found) {
        let mut possible = vec![known.version];
        possible.extend(known.tried.take());
        let matching = possible.iter().find(|version| match (version, &found) {
            (None, None) => true,
            (Some(version), Some(found)) => *found == entry(*number, *version),
            _ => false,
        });
        let Some(version) = matching else {
            panic!("m{number}: expected one of {possible:?}, found {found:?}");
        };
        known.version = *version;
        present += u64::from(version.is_some());
    }
    let counts = backend.count(OWNER, &Filter::default()).await.unwrap();
    assert_eq!(counts[Kind::Node], present, "nothing else is there");
}

/// `TULVING_KILLS` (24) kills of one or two processes at a time, all on one directory.
/// `TULVING_SEED` repeats a failure's choices, though not its timing.
#[tokio::test]
async fn what_was_acknowledged_survives_kills_during_writes_and_compaction() {
    if env::var("TULVING_KILL_DIRECTORY").is_ok() {
        return;
    }
    let kills = number("TULVING_KILLS").unwrap_or(24);
    let seed = number("TULVING_SEED").unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        now.as_secs()
    });
    println!("TULVING_SEED={seed}");
    let mut random = Random(seed);
    let directory = tempfile::tempdir().unwrap();
    let space = Space::local("kill", DIMS);
    drop(FileBackend::create(directory.path(), OWNER, Some(&space)).unwrap());

    let mut expected = BTreeMap::new();
    let (mut known, mut killed, mut interrupted) = ([0_u64; 2], 0, 0);
    while killed < kills {
        let writers: Vec<Writer> = (0..1 + random.below(2))
            .map(|which| {
                let known = known[which as usize];
                start(
                    directory.path(),
                    which * 1_000_000,
                    known,
                    random.below(1 << 40),
                )
            })
            .collect();
        for (which, writer) in writers.into_iter().enumerate() {
            let after = Duration::from_millis(random.below(120));
            let highest = writer.kill(after, &mut expected);
            known[which] = known[which].max(highest);
            killed += 1;
        }
        interrupted += u64::from(directory.path().join("journal/commit.json").exists());
        check(directory.path(), &mut expected).await;
    }
    let backend = FileBackend::open(directory.path()).unwrap();
    backend.compact().unwrap();
    drop(backend);
    check(directory.path(), &mut expected).await;
    let written = expected.values().filter(|known| known.version.is_some());
    println!(
        "{killed} kills, {interrupted} of them within a commit; {} memories written, {} left",
        expected.len(),
        written.count()
    );
}
