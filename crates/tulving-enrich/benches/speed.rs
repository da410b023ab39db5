//! How many turns a second are enriched, on one core: the best of five.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tulving_enrich::enrich;

#[derive(Deserialize)]
struct Turn {
    human: String,
    assistant: String,
}

fn main() {
    let labelled: Vec<Turn> = include_str!("../data/turns.jsonl")
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    // An answer of a language model has some 1,500 characters: those of the set, joined until it is as long.
    let long: Vec<Turn> = (0..labelled.len())
        .map(|start| {
            let answers = labelled[start..]
                .iter()
                .chain(&labelled)
                .map(|turn| turn.assistant.as_str());
            let mut assistant = String::new();
            for answer in answers {
                if assistant.len() >= 1_500 {
                    break;
                }
                assistant.push_str(answer);
                assistant.push_str("\n\n");
            }
            Turn {
                human: labelled[start].human.clone(),
                assistant,
            }
        })
        .collect();
    // The tables are compiled once.
    black_box(enrich("", ""));
    println!("| turns | characters a turn | turns/s | MB/s |");
    println!("|---|---|---|---|");
    for (name, turns) in [("labelled", &labelled), ("as long as real ones", &long)] {
        let bytes: usize = turns
            .iter()
            .map(|turn| turn.human.len() + turn.assistant.len())
            .sum();
        let best = (0..5).map(|_| round(turns)).min().unwrap_or_default();
        let rate = turns.len() as f64 / best.as_secs_f64();
        println!(
            "| {name} | {} | {rate:.0} | {:.0} |",
            bytes / turns.len(),
            bytes as f64 / 1e6 / best.as_secs_f64()
        );
    }
}

/// Returns how long it takes to enrich all turns once.
fn round(turns: &[Turn]) -> Duration {
    let begun = Instant::now();
    for turn in turns {
        black_box(enrich(&turn.human, &turn.assistant));
    }
    begun.elapsed()
}
