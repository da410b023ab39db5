//! What holds of another embedding model on every backend: shared by the test binaries.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::models::{Models, order};
use crate::ran::Ran;

/// So many items are in a memory.
pub(crate) const ITEMS: u64 = 300;

/// The program with arguments, in the place of a memory.
type Program<'m> = dyn Fn(&[&str]) -> Command + Sync + 'm;

/// A memory of items with vectors of the model `up`. The configuration names `down` as the next.
pub(crate) struct Memory<'m> {
    pub(crate) models: Models,
    command: Box<Program<'m>>,
}

/// The section of a configuration that names these models, the second as the next.
pub(crate) fn section(models: &Models, named: &[&str]) -> String {
    let mut section = format!("embedding:\n  {{{}", models.section(named[0]));
    if let [_, next] = named {
        section.push_str(&format!(", next: {{{}}}", models.section(next)));
    }
    section + "}\n"
}

/// The first items when "item 0" is asked for.
pub(crate) fn first(model: &str) -> Vec<u64> {
    order(model, ITEMS).into_iter().take(10).collect()
}

/// The items of an answer.
pub(crate) fn items(found: &Value) -> Vec<u64> {
    let hits = found["hits"].as_array().unwrap().iter();
    hits.map(|hit| hit["id"].as_str().unwrap().parse().unwrap())
        .collect()
}

impl<'m> Memory<'m> {
    /// Adds the items.
    pub(crate) fn new(models: Models, command: impl Fn(&[&str]) -> Command + Sync + 'm) -> Self {
        let memory = Self {
            models,
            command: Box::new(command),
        };
        let lines: String = (0..ITEMS)
            .map(|item| format!("{{\"id\": \"{item:03}\", \"question\": \"item {item}\"}}\n"))
            .collect();
        memory.fed(&["add", "--jsonl", "-"], &lines).expect(0);
        memory
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        (self.command)(args).output().unwrap().into()
    }

    /// With a text on stdin.
    pub(crate) fn fed(&self, args: &[&str], stdin: &str) -> Ran {
        let mut command = (self.command)(args);
        let command = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        child.wait_with_output().unwrap().into()
    }

    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        self.run(&[args, &["--json"]].concat()).expect(0).json()
    }

    /// The items that are found by vector, the nearest first.
    #[track_caller]
    pub(crate) fn found(&self, top: &str) -> Vec<u64> {
        items(&self.json(&["search", "item 0", "--mode", "vector", "--top-k", top]))
    }
}

/// A model is filled beside, then searched, gone back from and dropped.
pub(crate) fn the_whole_course(desk: &Memory) {
    let models = &desk.models;
    assert_eq!(desk.found("10"), first("up"));

    let plan = desk.json(&["reembed", "--dry-run"]);
    assert_eq!(plan["lacking"], json!({"nodes": ITEMS, "episodes": 0}));
    assert_eq!(
        desk.json(&["reembed", "--status"])["spaces"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    let filled = desk.json(&["reembed"]);
    assert_eq!(
        (&filled["made"], &filled["current"]),
        (&json!(ITEMS), &json!(false))
    );
    assert_eq!(
        filled["space"],
        json!({"provider": "http", "model": "down", "dimensions": 4})
    );
    // What was filled changes no answer, and nothing is made twice.
    assert_eq!(desk.found("10"), first("up"));
    let texts = models.texts();
    desk.run(&["reembed"])
        .expect(0)
        .shows("--cut-over")
        .shows("0 vectors");
    assert_eq!(models.texts(), texts);

    desk.run(&["reembed", "--cut-over"]).expect(2).says("--yes");
    assert_eq!(desk.found("10"), first("up"));
    let cut = desk.json(&["reembed", "--cut-over", "--yes"]);
    assert_eq!(
        (&cut["current"], &cut["configured"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(cut["moved"], json!(ITEMS));
    // Both models are named, so the question is embedded by the one that is searched.
    assert_eq!(desk.found("10"), first("down"));
    assert_eq!(desk.found("1000").len() as u64, ITEMS);
    let status = desk.json(&["reembed", "--status"]);
    let kept = |at: usize, what: &str| status["spaces"][at][what].clone();
    assert_eq!(
        (kept(0, "model"), kept(0, "current")),
        (json!("down"), json!(true))
    );
    assert_eq!(
        (kept(1, "model"), kept(1, "current")),
        (json!("up"), json!(false))
    );
    assert_eq!(status["behind"], 0);

    let back = desk.json(&["reembed", "--roll-back", "--yes"]);
    assert_eq!(
        (&back["space"]["model"], &back["lost"]),
        (&json!("up"), &json!(0))
    );
    assert_eq!(desk.found("10"), first("up"));
    desk.run(&["reembed", "--drop", "up", "--yes"])
        .expect(9)
        .says("is searched");
    // Who goes back twice is back.
    let again = desk.json(&["reembed", "--roll-back", "up", "--yes"]);
    assert_eq!(
        (&again["space"]["model"], &again["moved"]),
        (&json!("up"), &json!(0))
    );
    assert_eq!(desk.found("10"), first("up"));
    let spaces = || {
        let status = desk.json(&["reembed", "--status"]);
        status["spaces"].as_array().unwrap().len()
    };
    desk.run(&["reembed", "--drop"]).expect(2);
    assert_eq!(spaces(), 2);
    let dropped = desk.json(&["reembed", "--drop", "--yes"]);
    assert_eq!(dropped["dropped"]["model"], "down");
    assert_eq!(spaces(), 1);
    let gone = desk.json(&["reembed", "--drop", "down", "--yes"]);
    assert_eq!(gone["dropped"], json!(null));
    desk.run(&["reembed", "--roll-back", "--yes"])
        .expect(9)
        .says("no vectors");
    desk.run(&["doctor", "--deep"]).expect(0);
}

/// What is written meanwhile has vectors of both models, after the cut-over too.
pub(crate) fn written_meanwhile(desk: &Memory) {
    let models = &desk.models;
    let lacking = || -> Vec<u64> {
        let status = desk.json(&["reembed", "--status"]);
        let spaces = status["spaces"].as_array().unwrap().iter();
        spaces
            .map(|space| space["lacking"]["nodes"].as_u64().unwrap())
            .collect()
    };
    // Before there is such a space, nothing is made for it.
    let texts = models.texts();
    desk.run(&["add", "--question", "item 500", "--id", "500"])
        .expect(0);
    assert_eq!(models.texts(), texts + 1);
    desk.run(&["reembed"]).expect(0);
    for cut_over in [false, true] {
        if cut_over {
            desk.run(&["reembed", "--cut-over", "--yes"]).expect(0);
        }
        let new = if cut_over { "502" } else { "501" };
        let text = format!("item {new}");
        desk.run(&["add", "--question", &text, "--id", new])
            .expect(0);
        desk.run(&["update", "000", "--question", "item 550"])
            .expect(0);
        desk.run(&["update", "001", "--tag", "t"]).expect(0);
        let line = format!(
            "{{\"id\": \"000\", \"question\": \"item {}\"}}\n",
            551 + u64::from(cut_over)
        );
        desk.fed(&["add", "--jsonl", "-", "--existing", "update"], &line)
            .expect(0);
        assert_eq!(lacking(), [0, 0], "after the cut-over: {cut_over}");
    }
}

/// A number below `limit` from a seed that a failure prints: SplitMix64.
fn below(limit: u64, state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % limit
}

/// `TULVING_KILLS` (8) kills while a model is filled and cut over to, at any moment: the same command finishes the
/// work, and whoever searches meanwhile gets each answer wholly by one model. `TULVING_SEED` repeats a failure's
/// choices, though not its timing.
pub(crate) fn killed(memory: &Memory) {
    const REEMBED: [&str; 3] = ["reembed", "--cut-over", "--yes"];
    let number = |name| {
        std::env::var(name)
            .ok()
            .map(|text: String| text.parse::<u64>().unwrap())
    };
    let kills = number("TULVING_KILLS").unwrap_or(8);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut seed = number("TULVING_SEED").unwrap_or(now.as_secs());
    println!("TULVING_SEED={seed}");
    let begin_anew = || {
        memory.run(&["reembed", "--roll-back", "--yes"]).expect(0);
        memory.run(&["reembed", "--drop", "--yes"]).expect(0);
    };
    let began = Instant::now();
    memory.run(&REEMBED).expect(0);
    let lasts = began.elapsed();
    begin_anew();

    let is_over = AtomicBool::new(false);
    let answers = std::thread::scope(|threads| {
        let reading = threads.spawn(|| {
            let orders = ["up", "down"].map(|model| order(model, ITEMS));
            let mut answers = [0; 2];
            while !is_over.load(Ordering::SeqCst) {
                let found = memory.found("1000");
                let by = orders.iter().position(|order| *order == found);
                let by = by.unwrap_or_else(|| panic!("an answer of neither model: {found:?}"));
                answers[by] += 1;
            }
            answers
        });
        let mut killed = 0;
        while killed < kills && !reading.is_finished() {
            let mut child = (memory.command)(&REEMBED)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let part = below(120, &mut seed) as f64 / 100.0;
            std::thread::sleep(Duration::from_secs_f64(lasts.as_secs_f64() * part));
            child.kill().unwrap();
            if child.wait().unwrap().success() {
                // It came to its end first.
                assert_eq!(memory.found("10"), first("down"));
                begin_anew();
            } else {
                killed += 1;
            }
        }
        memory.run(&REEMBED).expect(0);
        is_over.store(true, Ordering::SeqCst);
        reading.join().unwrap()
    });
    println!("{kills} kills; answers by the old model and by the new one: {answers:?}");
    let status = memory.json(&["reembed", "--status"]);
    assert_eq!(status["behind"], 0);
    for space in status["spaces"].as_array().unwrap() {
        assert_eq!(space["vectors"]["nodes"], json!(ITEMS), "{status}");
    }
    assert_eq!(memory.found("1000"), order("down", ITEMS));
    memory.run(&["doctor", "--deep"]).expect(0);
}

/// `TULVING_KILLS` (8) kills while a model is gone back to, and as many while one is dropped: the same command
/// finishes it, and whoever searches meanwhile gets each answer wholly by one model.
pub(crate) fn killed_on_the_way_back(memory: &Memory) {
    let kills = std::env::var("TULVING_KILLS").map_or(8, |kills| kills.parse::<u64>().unwrap());
    let orders = ["up", "down"].map(|model| order(model, ITEMS));
    let spaces = || {
        let status = memory.json(&["reembed", "--status"]);
        assert_eq!(status["behind"], 0);
        status["spaces"].as_array().unwrap().len()
    };
    // Killed at the `part`th eighth of what it took the last time; whether it was.
    let kill_at = |args: &[&str], lasts: Duration, part: u64| {
        let mut child = (memory.command)(args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(lasts.mul_f64((part % 8) as f64 / 8.0));
        child.kill().unwrap();
        !child.wait().unwrap().success()
    };
    let timed = |args: &[&str]| {
        let began = Instant::now();
        memory.run(args).expect(0);
        began.elapsed()
    };
    memory.run(&["reembed", "--cut-over", "--yes"]).expect(0);
    // To and fro, so that nothing has to be made anew.
    let back = |to| ["reembed", "--roll-back", to, "--yes"];
    let mut lasts = timed(&back("up"));
    let (mut killed, mut round) = (0, 0);
    while killed < kills {
        let to = ["down", "up"][round as usize % 2];
        match kill_at(&back(to), lasts, round / 2) {
            true => killed += 1,
            // The machine has become faster.
            false => lasts = lasts.mul_f64(0.9),
        }
        let found = memory.found("1000");
        assert!(
            orders.contains(&found),
            "an answer of neither model: {found:?}"
        );
        memory.run(&back(to)).expect(0);
        assert_eq!(memory.found("1000"), order(to, ITEMS), "round {round}");
        assert_eq!(spaces(), 2);
        round += 1;
    }
    memory.run(&back("up")).expect(0);
    let drop = ["reembed", "--drop", "down", "--yes"];
    let mut lasts = timed(&drop);
    let (mut killed, mut round) = (0, 0);
    while killed < kills {
        memory.run(&["reembed"]).expect(0);
        match kill_at(&drop, lasts, round) {
            true => killed += 1,
            false => lasts = lasts.mul_f64(0.9),
        }
        assert_eq!(memory.found("1000"), orders[0], "round {round}");
        memory.run(&drop).expect(0);
        assert_eq!(spaces(), 1, "round {round}");
        round += 1;
    }
    memory.run(&["doctor", "--deep"]).expect(0);
}

/// What was made before a failure stays, and the same command goes on.
pub(crate) fn failed_half_way(memory: &Memory) {
    let models = &memory.models;
    models.is_wrong(true);
    memory
        .run(&["reembed"])
        .expect(7)
        .says("a vector of 5 numbers where 4 are expected");
    models.is_wrong(false);
    // One that makes zeros of everything is broken, and not to be searched.
    models.knows_nothing(true);
    memory
        .run(&["reembed", "--cut-over", "--yes"])
        .expect(7)
        .says("the embedding model down makes nothing but zeros");
    models.knows_nothing(false);
    // One request fewer than the vectors take.
    models.has_enough_after(9);
    let failed = memory.run(&["reembed", "--cut-over", "--yes"]).expect(7);
    failed.says("you have had enough");
    models.has_enough_after(0);
    assert_eq!(memory.found("10"), first("up"));
    let status = memory.json(&["reembed", "--status"]);
    let there = status["spaces"][1]["vectors"]["nodes"].as_u64().unwrap();
    assert!(there > 0 && there < ITEMS, "{there}");
    models.is_busy();
    let filled = memory.json(&["reembed"]);
    assert_eq!(filled["made"], json!(ITEMS - there));
}
