//! What `tulving clusters` promises wherever memory is: shared by the test binaries.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::ran::{Ran, keys};

/// A folder for exports, and the program with an empty memory.
pub(crate) struct Topics<'a> {
    /// The program with these arguments, in `root`.
    pub(crate) command: &'a dyn Fn(&[&str]) -> Command,
    pub(crate) root: PathBuf,
}

/// What people ask about, and the words they ask with.
const TOPICS: [(&str, [&str; 6]); 4] = [
    (
        "bread",
        ["sourdough", "flour", "dough", "baking", "yeast", "crust"],
    ),
    (
        "rust",
        [
            "compiler", "borrow", "lifetime", "pointer", "thread", "mutex",
        ],
    ),
    (
        "garden",
        [
            "tomato",
            "soil",
            "seedlings",
            "compost",
            "watering",
            "greenhouse",
        ],
    ),
    (
        "sailing",
        ["harbour", "mast", "rigging", "anchor", "tide", "sailboat"],
    ),
];

/// Questions that are like no others.
const ODD: [&str; 2] = [
    "Which king signed the treaty of Westphalia?",
    "quarterly invoice spreadsheet totals mismatch",
];

/// The times between two questions.
const MINUTES: u64 = 10;

/// Questions about a topic by their numbers.
fn about(topic: &str, numbers: std::ops::Range<usize>) -> Vec<(String, String)> {
    let (name, words) = TOPICS.iter().find(|(name, _)| *name == topic).unwrap();
    let question = |number: usize| {
        let word = |step: usize| words[(number + step) % words.len()];
        let (a, b, c, d) = (word(0), word(1), word(2 + number / 6 % 2), word(4));
        (
            format!("{name}-{number}"),
            format!("{a} {b} {c} {d}, number {number}?"),
        )
    };
    numbers.map(question).collect()
}

fn odd() -> Vec<(String, String)> {
    let each = ODD.iter().enumerate();
    each.map(|(number, text)| (format!("odd-{number}"), (*text).to_owned()))
        .collect()
}

/// Three topics with ten questions each, and what is like nothing.
fn at_first() -> Vec<(String, String)> {
    let topics = ["bread", "rust", "garden"].map(|topic| about(topic, 0..10));
    topics.into_iter().flatten().chain(odd()).collect()
}

/// The cluster of a node, its label, and how firmly the node is in it.
type Member = (Option<i64>, Option<String>, Option<f64>);

impl Topics<'_> {
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        (self.command)(args).output().unwrap().into()
    }

    #[track_caller]
    fn json(&self, args: &[&str]) -> Value {
        self.run(&[args, &["--json"]].concat()).expect(0).json()
    }

    /// Writes an export with a conversation for each question; gives its name.
    fn export(&self, name: &str, questions: &[(String, String)]) -> String {
        let path = self.root.join(name);
        let conversations: Vec<Value> = (0..)
            .zip(questions)
            .map(|(place, (id, question)): (u64, _)| {
                let minute = place * MINUTES;
                let time = format!(
                    "2024-01-{:02}T{:02}:{:02}:00Z",
                    10 + minute / 1440,
                    minute / 60 % 24,
                    minute % 60
                );
                json!({
                    "id": id, "title": id, "created_at": time, "metadata": {"source": "anthropic"},
                    "messages": [{"role": "human", "content": question, "created_at": time}]
                })
            })
            .collect();
        fs::write(&path, serde_json::to_vec(&conversations).unwrap()).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Takes in an export of these questions; gives what was told.
    #[track_caller]
    fn ingest(&self, name: &str, questions: &[(String, String)], more: &[&str]) -> Value {
        let path = self.export(name, questions);
        self.json(&[&["ingest", path.as_str()], more].concat())
    }

    fn clusters(&self) -> Value {
        self.json(&["clusters"])
    }

    /// The cluster of each node by its conversation, none where it has none, and its label.
    fn members(&self) -> BTreeMap<String, Member> {
        let listed = self.json(&["list", "--kind", "node", "--limit", "1000"]);
        let nodes = listed["memories"].as_array().unwrap().iter();
        nodes
            .map(|node| {
                let label = node["cluster_label"].as_str().map(ToOwned::to_owned);
                let place = (
                    node["cluster_id"].as_i64(),
                    label,
                    node["cluster_confidence"].as_f64(),
                );
                (node["conversation_id"].as_str().unwrap().to_owned(), place)
            })
            .collect()
    }

    /// The cluster that each topic is in: all of its questions are in one, and nothing else is.
    #[track_caller]
    fn by_topic(&self) -> BTreeMap<String, i64> {
        let mut found: BTreeMap<String, BTreeSet<Option<i64>>> = BTreeMap::new();
        for (conversation, (cluster, ..)) in self.members() {
            let topic = conversation.split('-').next().unwrap().to_owned();
            found.entry(topic).or_default().insert(cluster);
        }
        assert_eq!(found.remove("odd").unwrap(), [Some(-1)].into());
        let one = |(topic, clusters): (String, BTreeSet<Option<i64>>)| {
            assert_eq!(clusters.len(), 1, "{topic}: {clusters:?}");
            (topic, clusters.into_iter().next().unwrap().unwrap())
        };
        let found: BTreeMap<String, i64> = found.into_iter().map(one).collect();
        let ids: BTreeSet<i64> = found.values().copied().collect();
        assert!(
            ids.len() == found.len() && ids.iter().all(|id| *id >= 0),
            "{found:?}"
        );
        found
    }
}

/// What a cluster of `tulving clusters --json` has to say.
const KEYS: [&str; 6] = ["examples", "first", "id", "label", "last", "nodes"];

pub(crate) fn are_found_and_shown(topics: &Topics<'_>) {
    topics.run(&["clusters"]).expect(0).says("tulving ingest");
    let nothing = json!({"clusters": [], "noise": 0, "unclustered": 0});
    assert_eq!(topics.clusters(), nothing);
    let told = topics.ingest("first.json", &at_first(), &[]);
    assert_eq!(told["clusters"], 3);
    let ids = topics.by_topic();
    let shown = topics.clusters();
    assert_eq!(keys(&shown), keys(&nothing));
    assert_eq!(
        (&shown["noise"], &shown["unclustered"]),
        (&json!(2), &json!(0))
    );
    let clusters = shown["clusters"].as_array().unwrap();
    assert_eq!(clusters.len(), 3);
    for cluster in clusters {
        assert_eq!(keys(cluster), KEYS);
        let id = cluster["id"].as_i64().unwrap();
        let topic = ids.iter().find(|(_, other)| **other == id).unwrap().0;
        let (place, (_, words)) = TOPICS
            .iter()
            .enumerate()
            .find(|(_, (name, _))| name == topic)
            .unwrap();
        let label = cluster["label"].as_str().unwrap();
        assert!(
            label.split(", ").all(|word| words.contains(&word)),
            "{topic}: {label}"
        );
        assert_eq!(cluster["nodes"], 10);
        let hours = place as u64 * 10 * MINUTES;
        let time = |minutes: u64| format!("2024-01-10T{:02}:{:02}:00", minutes / 60, minutes % 60);
        let (first, last) = (time(hours), time(hours + 9 * MINUTES));
        assert!(
            cluster["first"].as_str().unwrap().starts_with(&first),
            "{cluster}"
        );
        assert!(
            cluster["last"].as_str().unwrap().starts_with(&last),
            "{cluster}"
        );
        let examples = cluster["examples"].as_array().unwrap();
        let questions: BTreeSet<&str> = examples
            .iter()
            .map(|example| example["question"].as_str().unwrap())
            .collect();
        assert_eq!(questions.len(), 3);
        let asked = about(topic, 0..10);
        assert!(
            questions
                .iter()
                .all(|text| asked.iter().any(|(_, question)| question == text))
        );
        let id = id.to_string();
        let listed = topics.json(&["list", "--cluster", id.as_str()]);
        assert_eq!(listed["memories"].as_array().unwrap().len(), 10);
    }
    let found = topics.json(&["search", "treaty of Westphalia", "--cluster=-1"]);
    assert!(
        found["hits"][0]["snippet"]
            .as_str()
            .unwrap()
            .contains("Westphalia"),
        "{found}"
    );
    let label = clusters[0]["label"].as_str().unwrap();
    let page = topics.run(&["clusters"]).expect(0);
    page.shows(label)
        .shows("3 clusters; noise: 2 nodes; times are UTC");
    let page = topics.run(&["clusters", "--top", "1"]).expect(0);
    page.shows(label).shows("1 of 3 clusters; noise: 2 nodes");
    let shown = topics.json(&["clusters", "--top", "1"]);
    assert_eq!(shown["clusters"].as_array().unwrap(), &clusters[..1]);
}

pub(crate) fn keep_their_numbers(topics: &Topics<'_>) {
    topics.ingest("first.json", &at_first(), &[]);
    let (ids, before) = (topics.by_topic(), topics.members());
    // A few are put into what is there, and nothing else becomes different.
    let told = topics.ingest("few.json", &about("bread", 10..12), &[]);
    assert_eq!(told["clusters"], 3);
    assert_eq!(topics.by_topic(), ids);
    let now = topics.members();
    assert_eq!(now.len(), before.len() + 2);
    assert!(
        before
            .iter()
            .all(|(conversation, place)| &now[conversation] == place)
    );
    let (_, label, confidence) = &now["bread-10"];
    assert_eq!(label, &before["bread-0"].1);
    assert!(confidence.unwrap() > 0.0);
    // With many all are clustered anew.
    let told = topics.ingest("many.json", &about("sailing", 0..10), &[]);
    assert_eq!(told["clusters"], 4);
    let mut now = topics.by_topic();
    let new = now.remove("sailing").unwrap();
    assert_eq!(now, ids);
    assert!(ids.values().all(|id| *id != new));
}

pub(crate) fn get_labels_of_their_present_words(topics: &Topics<'_>) {
    topics.ingest("first.json", &at_first(), &[]);
    let id = topics.by_topic()["bread"];
    // Fewer of the words of before, and one more in all.
    let more: Vec<_> = about("bread", 10..28)
        .into_iter()
        .map(|(conversation, question)| {
            let words: Vec<&str> = question.split(' ').skip(1).collect();
            (conversation, format!("gluten {}", words.join(" ")))
        })
        .collect();
    topics.ingest("more.json", &more, &[]);
    assert_eq!(topics.by_topic()["bread"], id);
    let members = topics.members().into_iter();
    let labels: BTreeSet<_> = members
        .filter(|(conversation, _)| conversation.starts_with("bread"))
        .map(|(_, (_, label, _))| label.unwrap())
        .collect();
    assert_eq!(labels.len(), 1);
    assert!(
        labels.iter().all(|label| label.contains("gluten")),
        "{labels:?}"
    );
}

pub(crate) fn are_made_when_they_are_asked_for(topics: &Topics<'_>) {
    let few = &at_first()[..9];
    assert_eq!(topics.ingest("few.json", few, &[])["clusters"], Value::Null);
    topics
        .run(&["clusters", "--rebuild"])
        .expect(0)
        .shows("No clusters");
    for left_out in ["--dry-run", "--no-clusters"] {
        let told = topics.ingest("first.json", &at_first(), &[left_out]);
        assert_eq!(told["clusters"], Value::Null, "{left_out}");
    }
    assert!(
        topics
            .members()
            .values()
            .all(|(cluster, ..)| cluster.is_none())
    );
    assert_eq!(topics.clusters()["unclustered"], 32);
    topics
        .run(&["clusters"])
        .expect(0)
        .says("tulving clusters --rebuild");
    // What an earlier call left is done, though nothing is new.
    let told = topics.ingest("first.json", &at_first(), &[]);
    assert_eq!(
        (&told["nodes"]["new"], &told["clusters"]),
        (&json!(0), &json!(3))
    );
    let ids = topics.by_topic();
    // What is added one by one waits.
    topics
        .run(&["add", "--question", "sourdough dough crust"])
        .expect(0);
    assert_eq!(topics.clusters()["unclustered"], 1);
    topics
        .run(&["clusters"])
        .expect(0)
        .shows("not clustered: 1 node");
    let shown = topics.json(&["clusters", "--rebuild"]);
    assert_eq!(shown["unclustered"], 0);
    let now: BTreeSet<i64> = shown["clusters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cluster| cluster["id"].as_i64().unwrap())
        .collect();
    assert_eq!(now, ids.into_values().collect());
    assert_eq!(topics.json(&["clusters", "--rebuild"]), shown);
}
