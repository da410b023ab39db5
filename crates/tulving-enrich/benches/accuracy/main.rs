//! How often the fields of labelled turns are right, beside the origin's keyword rules: for the turns that the rules were made
//! for, those that were kept apart, and those that were written later.
//!
//! `TULVING_BENCH_MISSES=intent` prints what is wrong in a field, of the first alone.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by stopping")]

mod labelled;
mod origin;

use std::collections::BTreeMap;
use std::env;

use labelled::{FIELDS, Labelled, SETS, Score, Words, sets};
use tulving_enrich::enrich;

fn main() {
    let sets = sets();
    let ours = |turn: &Labelled| Words::from(enrich(&turn.human, &turn.assistant));
    let theirs = |turn: &Labelled| origin::enrich(&turn.human, &turn.assistant);
    let mut columns = Vec::new();
    for turns in &sets {
        for rules in [&ours as &dyn Fn(&Labelled) -> Words, &theirs] {
            let mut score = Score::default();
            for turn in turns {
                score.count(&turn.fields, &rules(turn));
            }
            columns.push(score.rates());
        }
    }
    print!("| field |");
    for (set, name) in sets.iter().zip(SETS) {
        print!(" {name} ({}) | origin's |", set.len());
    }
    println!("\n|---|{}", "---|---|".repeat(SETS.len()));
    for (number, field) in FIELDS.iter().enumerate() {
        print!("| {field} |");
        for (column, rates) in columns.iter().enumerate() {
            if field.starts_with("domains") && column % 2 == 1 {
                print!(" – |");
            } else {
                print!(" {:.3} |", rates[number]);
            }
        }
        println!();
    }
    for (name, pick) in [
        ("intent", (|words| &words.intent) as Pick),
        ("conversation_mode", |words| &words.mode),
        ("emotional_valence", |words| &words.valence),
    ] {
        for (set, what) in sets.iter().zip(SETS) {
            confusion(name, what, set.iter().map(|turn| (turn, ours(turn))), pick);
        }
    }
    languages(&sets, ours);
    if let Ok(field) = env::var("TULVING_BENCH_MISSES") {
        misses(&field, &sets[0], ours);
    }
}

type Pick = fn(&Words) -> &String;

/// Prints how often which label was found as which value.
fn confusion<'t>(
    name: &str,
    what: &str,
    turns: impl Iterator<Item = (&'t Labelled, Words)>,
    pick: Pick,
) {
    let mut counts: BTreeMap<(String, String), u32> = BTreeMap::new();
    let mut values: Vec<String> = Vec::new();
    for (turn, found) in turns {
        let (label, value) = (pick(&turn.fields), pick(&found));
        for value in [label, value] {
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
        *counts.entry((label.clone(), value.clone())).or_default() += 1;
    }
    values.sort();
    println!(
        "\n| {name}, {what}: label ↓ found → | {} |",
        values.join(" | ")
    );
    println!("|---|{}", "---|".repeat(values.len()));
    for label in &values {
        let row: Vec<String> = values
            .iter()
            .map(|value| {
                counts
                    .get(&(label.clone(), value.clone()))
                    .unwrap_or(&0)
                    .to_string()
            })
            .collect();
        println!("| {label} | {} |", row.join(" | "));
    }
}

/// Prints the intent and the mode by language, of all sets.
fn languages(sets: &[Vec<Labelled>], rules: impl Fn(&Labelled) -> Words) {
    let mut counts: BTreeMap<&str, [u32; 3]> = BTreeMap::new();
    for turn in sets.iter().flatten() {
        let found = rules(turn);
        let count = counts.entry(&turn.lang).or_default();
        count[0] += 1;
        count[1] += u32::from(turn.fields.intent == found.intent);
        count[2] += u32::from(turn.fields.mode == found.mode);
    }
    println!("\n| language | turns | intent | conversation_mode |");
    println!("|---|---|---|---|");
    for (language, [turns, intent, mode]) in counts {
        println!("| {language} | {turns} | {intent} | {mode} |");
    }
}

fn misses(field: &str, turns: &[Labelled], rules: impl Fn(&Labelled) -> Words) {
    let shown = |words: &Words| match field {
        "intent" => words.intent.clone(),
        "complexity" => words.complexity.clone(),
        "valence" => words.valence.clone(),
        "urgency" => words.urgency.clone(),
        "mode" => words.mode.clone(),
        "depth" => words.depth.to_string(),
        "action" => words.action.to_string(),
        "code" => words.code.to_string(),
        "error" => words.error.to_string(),
        "entities" => words.entities.join(", "),
        _ => words.domains.join(" "),
    };
    for (number, turn) in turns.iter().enumerate() {
        let found = rules(turn);
        let first = found.domains.first();
        if field == "domain" && first.is_some_and(|first| turn.fields.domains.contains(first)) {
            continue;
        }
        let (label, value) = (shown(&turn.fields), shown(&found));
        if label != value {
            let human: String = turn.human.chars().take(150).collect();
            println!(
                "{}: label {label}, found {value}: {human:?}",
                2 * number + 1
            );
        }
    }
}
