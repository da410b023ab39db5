//! How well questions about long conversations are answered: recall of turns on LoCoMo (Maharana et
//! al., 2024), which comes from its authors and not with this repository.
//!
//! ```text
//! cargo run --release -p tulving --example locomo -- locomo.json [postgresql://…]
//! ```
//!
//! One turn is one memory, one session one conversation, one sample one scope. Everything goes
//! through a store with the built-in embedder, as it does for a user: on files, or in a database
//! that has the schema, where it makes a user for each sample.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::path::Path;

use serde_json::Value;
use tulving::backend::file::FileBackend;
use tulving::backend::postgres::{ChosenId, Database, Making, UserToCreate};
use tulving::model::{Memory, Node, Scope, Timestamp};
use tulving::store::{Mode, Query, ScopedStore, Store, StoreConfig};
use uuid::Uuid;

/// A sample: its memories, and what is asked about them.
struct Sample {
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
    /// Names of turns.
    evidence: HashSet<String>,
}

/// Sums of recall, for all questions (`None`) and by category: count, at 5, at 10.
type Sums = HashMap<Option<i64>, (usize, f64, f64)>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: locomo FILE [DATABASE]")?;
    let database = arguments.next().map(|dsn| dsn.parse()).transpose()?;
    let database = database.map(Database::new);
    let samples: Value = serde_json::from_slice(&std::fs::read(file)?)?;
    let samples: Vec<Sample> = list(&samples).iter().map(sample).collect();
    let directory = std::env::temp_dir().join(Uuid::new_v4().to_string());
    let modes = [Mode::Keyword, Mode::Vector, Mode::Hybrid];
    let mut sums = modes.map(|_| Sums::new());
    for (number, sample) in samples.iter().enumerate() {
        let owner = Uuid::new_v4();
        let config = match &database {
            Some(database) => in_database(database, owner).await?,
            None => in_files(&directory.join(number.to_string()), owner)?,
        };
        let memory = Store::open(config).await?.scope(Scope::User(owner));
        remember(sample, &memory).await?;
        for (mode, sums) in modes.into_iter().zip(&mut sums) {
            ask(sample, &memory, mode, sums).await?;
        }
    }
    if database.is_none() {
        std::fs::remove_dir_all(directory)?;
    }
    println!("recall@5 / @10 in %    all          category 1   category 3");
    for (mode, sums) in modes.into_iter().zip(&sums) {
        report(mode, sums);
    }
    Ok(())
}

fn in_files(directory: &Path, owner: Uuid) -> Result<StoreConfig, Box<dyn Error>> {
    FileBackend::create(directory, Scope::User(owner), None)?;
    Ok(StoreConfig::files(directory))
}

async fn in_database(database: &Database, owner: Uuid) -> Result<StoreConfig, Box<dyn Error>> {
    let user = UserToCreate {
        id: owner,
        auth_provider: "local".to_owned(),
        external_id: owner.to_string(),
        email: Some(format!("{owner}@locomo.example")),
        tenant_id: None,
    };
    let making = Making {
        id: ChosenId::Given,
        if_not_exists: false,
    };
    let mut connection = database.connect().await?;
    connection.create_user(&user, making).await?;
    Ok(StoreConfig::postgres(database.clone()))
}

/// Writes the turns of a sample, each as a question without an answer.
async fn remember(sample: &Sample, memory: &ScopedStore) -> Result<(), Box<dyn Error>> {
    let nodes = sample.turns.iter().map(|turn| {
        let session = turn.session.to_string();
        let mut node = Node::new(&session, turn.index, &turn.text, "", Timestamp::now());
        node.id.clone_from(&turn.name);
        (Memory::from(node), None)
    });
    memory.insert(nodes.collect()).await?;
    Ok(())
}

async fn ask(
    sample: &Sample,
    memory: &ScopedStore,
    mode: Mode,
    sums: &mut Sums,
) -> Result<(), Box<dyn Error>> {
    for question in &sample.questions {
        let query = Query::text(&question.text).mode(mode).top_k(10);
        let found = memory.search(&query).await?;
        let recall = |k: usize| {
            let hits = found.hits.iter().take(k);
            let right = hits.filter(|hit| question.evidence.contains(hit.memory.id()));
            100.0 * right.count() as f64 / question.evidence.len() as f64
        };
        for group in [None, Some(question.category)] {
            let sum = sums.entry(group).or_default();
            *sum = (sum.0 + 1, sum.1 + recall(5), sum.2 + recall(10));
        }
    }
    Ok(())
}

fn report(mode: Mode, sums: &Sums) {
    let mean = |group| {
        let (count, at_5, at_10) = sums.get(&group).copied().unwrap_or_default();
        let count = count.max(1) as f64;
        format!("{:.1} / {:.1}", at_5 / count, at_10 / count)
    };
    let (all, one, three) = (mean(None), mean(Some(1)), mean(Some(3)));
    let mode = format!("{mode:?}").to_lowercase();
    println!("{mode:22} {all:12} {one:12} {three:12}");
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn sample(sample: &Value) -> Sample {
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
    let said: HashSet<&str> = turns.iter().map(|turn| turn.name.as_str()).collect();
    let questions = list(&sample["qa"]).iter().filter_map(|asked| {
        let evidence = list(&asked["evidence"]).iter().map(text).flat_map(names);
        let evidence: Option<HashSet<String>> = evidence
            .map(|name| said.contains(name.as_str()).then_some(name))
            .collect();
        Some(Question {
            text: text(&asked["question"]).to_owned(),
            category: asked["category"].as_i64()?,
            evidence: evidence.filter(|evidence| !evidence.is_empty())?,
        })
    });
    let questions = questions.collect();
    Sample { turns, questions }
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
