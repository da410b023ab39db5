//! Killed at any moment: whatever was acknowledged is there.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::Desk;

/// Lines that one run adds; they are written in several batches.
const LINES: u64 = 4_000;

/// A number below `limit` from a seed that a failure prints: SplitMix64.
fn below(limit: u64, state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % limit
}

/// `TULVING_SEED` repeats a failure's choices, though not its timing.
#[test]
fn every_id_that_was_printed_is_there() {
    let seed = std::env::var("TULVING_SEED");
    let mut seed = seed
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            now.as_secs()
        });
    println!("TULVING_SEED={seed}");
    let desk = Desk::new();
    let mut acknowledged = BTreeSet::new();
    for kill in 0..4 {
        let mut child = desk
            .command(&["add", "--jsonl", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // Input comes at its own pace until it is cut off, sometimes before the first batch is whole.
        let given = 1 + below(LINES, &mut seed);
        let feeder = std::thread::spawn(move || {
            for line in 0..given {
                // Its reader is killed at some point.
                if writeln!(stdin, "{{\"question\":\"{kill}: {line}\"}}").is_err() {
                    break;
                }
            }
            stdin
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let until = usize::try_from(below(given / 1_000 * 1_000 + 1, &mut seed)).unwrap();
        let mut printed: Vec<String> = lines.by_ref().take(until).map(Result::unwrap).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        printed.extend(lines.map_while(Result::ok));
        drop(feeder.join().unwrap());
        // What was being printed when it fell may be half an id.
        acknowledged.extend(printed.into_iter().filter(|id| id.len() == 20));
        let there = everything(&desk);
        let lost: Vec<_> = acknowledged.difference(&there).collect();
        assert!(lost.is_empty(), "kill {kill}: lost {lost:?}");
    }
    println!("{} acknowledged", acknowledged.len());
    desk.run(&["doctor"]).expect(0);
}

fn everything(desk: &Desk) -> BTreeSet<String> {
    let (mut all, mut after) = (BTreeSet::new(), None::<String>);
    loop {
        let mut args = vec!["list", "--limit", "10000"];
        if let Some(after) = &after {
            args.extend(["--after", after]);
        }
        let page = desk.json(&args);
        all.extend(crate::support::ids(&page["memories"]));
        match page["next"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => return all,
        }
    }
}
