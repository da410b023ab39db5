//! How well questions about long conversations are answered: recall of turns on LoCoMo (Maharana et
//! al., 2024), which comes from its authors and not with this repository.
//!
//! ```text
//! cargo run --release -p tulving --example locomo -- locomo.json [vectors]
//! ```
//!
//! One turn is one memory, one session one conversation, one sample one scope. `vectors` is made by
//! another program: rows and dimensions as two little-endian `u32`, then a row of `f32` for each
//! different text, turns first, then questions, in the order of the file.

use std::collections::{HashMap, HashSet};
use std::error::Error;

use serde_json::Value;
use tulving::model::{Facts, Kind, Timestamp};
use tulving::search::delta::Delta;
use tulving::search::fusion::{self, Candidate, Fusion};
use tulving::search::index::{Index, gather};
use tulving::search::{keyword, vector};

/// What each arm brings to the fusion.
const CANDIDATES: usize = 200;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Mode {
    Keyword,
    Vector,
    Hybrid,
}

/// A sample: its memories, and what is asked about them.
struct Scope {
    turns: Vec<Turn>,
    questions: Vec<Question>,
}

struct Turn {
    name: String,
    session: usize,
    index: i64,
    text: String,
}

struct Question {
    text: String,
    category: i64,
    /// Positions of turns.
    evidence: HashSet<usize>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: locomo FILE [VECTORS]")?;
    let samples: Value = serde_json::from_slice(&std::fs::read(file)?)?;
    let scopes: Vec<Scope> = list(&samples).iter().map(scope).collect();
    let vectors = match arguments.next() {
        Some(file) => vectors(&scopes, &std::fs::read(file)?)?,
        None => HashMap::new(),
    };
    println!("recall@5 / @10 in %    all          category 1   category 3");
    for mode in [Mode::Keyword, Mode::Vector, Mode::Hybrid] {
        if mode == Mode::Keyword || !vectors.is_empty() {
            report(mode, &scopes, &vectors);
        }
    }
    Ok(())
}

fn report(mode: Mode, scopes: &[Scope], vectors: &HashMap<&str, Vec<f32>>) {
    let mut sums: HashMap<Option<i64>, (usize, f64, f64)> = HashMap::new();
    for scope in scopes {
        let memory = Memory::new(&scope.turns, vectors);
        for question in &scope.questions {
            let found = memory.search(&question.text, mode, 10);
            let recall = |k: usize| {
                let hits = found.iter().take(k);
                let right = hits.filter(|at| question.evidence.contains(at)).count();
                100.0 * right as f64 / question.evidence.len() as f64
            };
            for group in [None, Some(question.category)] {
                let sum = sums.entry(group).or_default();
                *sum = (sum.0 + 1, sum.1 + recall(5), sum.2 + recall(10));
            }
        }
    }
    let mean = |group| {
        let (count, at_5, at_10) = sums.get(&group).copied().unwrap_or_default();
        let count = count.max(1) as f64;
        format!("{:.1} / {:.1}", at_5 / count, at_10 / count)
    };
    let (all, one, three) = (mean(None), mean(Some(1)), mean(Some(3)));
    let mode = format!("{mode:?}").to_lowercase();
    println!("{mode:22} {all:12} {one:12} {three:12}");
}

/// The memories of one scope, searchable.
struct Memory<'a> {
    turns: &'a [Turn],
    words: Delta,
    vectors: &'a HashMap<&'a str, Vec<f32>>,
}

impl<'a> Memory<'a> {
    fn new(turns: &'a [Turn], vectors: &'a HashMap<&'a str, Vec<f32>>) -> Self {
        let mut words = Delta::new();
        for (number, turn) in (0..).zip(turns) {
            words.add(number, &turn.text);
        }
        Self {
            turns,
            words,
            vectors,
        }
    }

    /// Positions of the best `k`.
    fn search(&self, question: &str, mode: Mode, k: usize) -> Vec<usize> {
        let mut candidates: HashMap<u32, Candidate> = HashMap::new();
        let blank = |number: u32| Candidate {
            facts: self.facts(number),
            vector: None,
            keyword: None,
        };
        if mode != Mode::Vector {
            let terms = keyword::query_terms(question);
            let postings = gather(&[&self.words], &terms, &|_| false, &|_| true);
            let scores = keyword::score(self.words.statistics(), &postings);
            for (number, score) in keyword::top(scores, CANDIDATES) {
                let candidate = candidates.entry(number).or_insert_with(|| blank(number));
                candidate.keyword = Some(score);
            }
        }
        if mode != Mode::Keyword {
            let scores = (0..).zip(self.turns).map(|(number, turn)| {
                let [a, b] = [question, &turn.text].map(|text| &self.vectors[text]);
                (number, vector::similarity(a, b))
            });
            for (number, score) in keyword::top(scores.collect(), CANDIDATES) {
                let candidate = candidates.entry(number).or_insert_with(|| blank(number));
                candidate.vector = Some(score);
            }
        }
        let found: Vec<u32> = candidates.keys().copied().collect();
        for (number, turn) in (0..).zip(self.turns) {
            let near = |other: &u32| {
                let other = &self.turns[*other as usize];
                other.session == turn.session && (other.index - turn.index).abs() <= fusion::REACH
            };
            if found.iter().any(near) {
                candidates.entry(number).or_insert_with(|| blank(number));
            }
        }
        let ranked = fusion::fuse(candidates.into_values().collect(), &Fusion::default());
        let numbers = ranked.iter().map(|ranked| ranked.facts.id.parse());
        numbers.take(k).filter_map(Result::ok).collect()
    }

    fn facts(&self, number: u32) -> Facts {
        let turn = &self.turns[number as usize];
        Facts {
            kind: Kind::Node,
            id: format!("{number:06}"),
            conversation_id: Some(turn.session.to_string()),
            sequence_index: turn.index,
            created_at: Timestamp::now(),
            cluster_id: None,
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn scope(sample: &Value) -> Scope {
    let mut turns = Vec::new();
    for session in 1..=100 {
        let conversation = &sample["conversation"];
        let date = text(&conversation[format!("session_{session}_date_time")]);
        let said = list(&conversation[format!("session_{session}")]);
        for (index, turn) in (0..).zip(said) {
            let mut words = format!(
                "{} ({date}): {}",
                text(&turn["speaker"]),
                text(&turn["text"])
            );
            if let Some(caption) = turn["blip_caption"].as_str() {
                words.push_str(&format!(" [{caption}]"));
            }
            turns.push(Turn {
                name: text(&turn["dia_id"]).to_owned(),
                session,
                index,
                text: words,
            });
        }
    }
    let places: HashMap<&str, usize> = turns
        .iter()
        .enumerate()
        .map(|(place, turn)| (turn.name.as_str(), place))
        .collect();
    let questions = list(&sample["qa"]).iter().filter_map(|asked| {
        let evidence = list(&asked["evidence"]).iter().map(text).flat_map(names);
        let evidence: Option<HashSet<usize>> = evidence
            .map(|name| places.get(name.as_str()).copied())
            .collect();
        Some(Question {
            text: text(&asked["question"]).to_owned(),
            category: asked["category"].as_i64()?,
            evidence: evidence.filter(|evidence| !evidence.is_empty())?,
        })
    });
    let questions = questions.collect();
    Scope { turns, questions }
}

/// The turns that a piece of evidence names, such as `D8:6; D9:17` or `D:3:04`.
fn names(evidence: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in evidence.split('D').skip(1) {
        let mut numbers = part
            .trim_start_matches(':')
            .split(|c: char| !c.is_ascii_digit())
            .map(str::parse::<u32>);
        if let (Some(Ok(session)), Some(Ok(turn))) = (numbers.next(), numbers.next()) {
            names.push(format!("D{session}:{turn}"));
        }
    }
    names
}

fn vectors<'a>(
    scopes: &'a [Scope],
    bytes: &[u8],
) -> Result<HashMap<&'a str, Vec<f32>>, Box<dyn Error>> {
    let numbers = bytes.as_chunks::<4>().0;
    let size = |at: usize| {
        numbers
            .get(at)
            .map(|bytes| u32::from_le_bytes(*bytes) as usize)
    };
    let dims = size(1).filter(|dims| *dims > 0).ok_or("no vectors")?;
    let rows = numbers[2..].chunks_exact(dims);
    let turns = scopes.iter().flat_map(|scope| &scope.turns);
    let questions = scopes.iter().flat_map(|scope| &scope.questions);
    let texts = turns
        .map(|turn| turn.text.as_str())
        .chain(questions.map(|question| question.text.as_str()));
    let mut seen = HashSet::new();
    let texts: Vec<&str> = texts.filter(|text| seen.insert(*text)).collect();
    if texts.len() > rows.len() {
        return Err("there are fewer vectors than texts".into());
    }
    Ok(texts
        .into_iter()
        .zip(rows)
        .map(|(text, row)| (text, row.iter().map(|x| f32::from_le_bytes(*x)).collect()))
        .collect())
}
