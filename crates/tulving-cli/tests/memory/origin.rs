//! What the program writes into files of the Python original loads there.

use std::process::Command;

use serde_json::{Value, json};
use tulving::backend::file::{FileBackend, npy};
use tulving::json::parse;
use tulving::model::{Key, Kind, Scope};
use tulving::record::{self, Stamp};
use tulving::store::{Store, StoreConfig};
use uuid::Uuid;

use crate::exports::chat;
use crate::support::{ANN, Desk};

const DIMS: usize = 4;

/// A directory of the original.
#[derive(Debug, Clone, Copy)]
struct Original {
    /// Whether its nodes say whose they are.
    newer: bool,
    /// Layout 1.x.
    dated: bool,
    nodes: usize,
    episodes: usize,
}

impl Original {
    const OLDER: Self = Self {
        newer: false,
        dated: false,
        nodes: 4,
        episodes: 2,
    };

    fn node(self, n: usize) -> Value {
        let mut node = json!({
            "id": format!("mem_{n:016x}"), "conversation_id": "c1", "sequence_index": n,
            "human_content": format!("question {n} of the original"), "assistant_content": "an answer",
            "source": if n == 0 { "openai" } else { "grok" }, "created_at": "2024-01-15T10:30:00.123456",
            "intent_type": "question", "complexity": "simple", "technical_depth": 3, "emotional_valence": "neutral",
            "urgency": "low", "conversation_mode": "chat", "action_required": false, "has_code": false,
            "has_error": false, "tags": {"domains": ["web"], "topics": [], "entities": [], "processes": []},
            "cluster_id": if n == 1 { -1 } else { 7 }, "cluster_label": "waiting", "cluster_confidence": 0.5,
            "access_count": 0, "last_accessed": null
        });
        if self.newer {
            node["user_id"] = ANN.into();
            node["tenant_id"] = Value::Null;
        }
        node
    }

    fn episode(n: usize) -> Value {
        json!({
            "id": format!("ep_{n}"), "title": format!("About {n}"),
            "messages": [{"role": "human", "content": "hello"}, {"role": "assistant", "content": "good day"}],
            "message_count": 2, "source": "openai", "created_at": "2024-01-15 10:30:00",
            "updated_at": "2024-01-15T11:00:00+00:00", "duration_minutes": 30.0,
            "llm_tags": {"summary": "greetings", "domains": []}, "dominant_intent": "statement",
            "avg_complexity": 1.0, "avg_technical_depth": 0.5, "emotional_arc": "neutral→positive",
            "has_code": false, "has_errors": false, "urgency_max": "low", "memory_node_ids": [],
            "related_episode_ids": [], "access_count": 0, "last_accessed": null
        })
    }

    fn write(self, desk: &Desk) {
        let nodes: Vec<Value> = (0..self.nodes).map(|n| self.node(n)).collect();
        let episodes: Vec<Value> = (0..self.episodes).map(Self::episode).collect();
        let (folders, names) = match self.dated {
            true => (
                ["memory_nodes", "episodic_memories"],
                ["nodes_1.json", "episodes_1.json"],
            ),
            false => (["corpus", "corpus"], ["nodes.json", "episodes.json"]),
        };
        for folder in ["vectors", "indexes", folders[0], folders[1]] {
            std::fs::create_dir_all(desk.path("data").join(folder)).unwrap();
        }
        let mut ids: Vec<Value> = vec!["0123456789abcdef".into()];
        for ((folder, name), records) in folders.into_iter().zip(names).zip([&nodes, &episodes]) {
            if name.starts_with("episodes") && self.episodes == 0 {
                continue;
            }
            ids.extend(records.iter().map(|record| record["id"].clone()));
            desk.write(
                &format!("data/{folder}/{name}"),
                serde_json::to_vec_pretty(records).unwrap(),
            );
            let mut vectors = npy::header(records.len() as u64, DIMS);
            for row in 0..records.len() {
                let numbers = [row as f32 + 1.0, 0.5, -1.0, 0.25];
                vectors.extend(numbers.into_iter().flat_map(f32::to_le_bytes));
            }
            desk.write(
                &format!("data/vectors/{}", name.replace("json", "npy")),
                vectors,
            );
        }
        if self.dated {
            let mut manifest =
                json!({"files": {"nodes_file": names[0], "node_embeddings_file": "nodes_1.npy"}});
            if self.episodes > 0 {
                manifest["files"]["episodes_file"] = names[1].into();
                manifest["files"]["episode_embeddings_file"] = "episodes_1.npy".into();
            }
            return desk.write("data/manifest_20240115.json", manifest.to_string());
        }
        desk.write(
            "data/corpus/dedup_index.json",
            json!({"ingested_ids": ids}).to_string(),
        );
        let clusters = match self.nodes {
            0 => json!({}),
            nodes => json!({"-1": [1], "7": (0..nodes).filter(|n| *n != 1).collect::<Vec<_>>()}),
        };
        desk.write("data/indexes/clusters.json", clusters.to_string());
        let manifest = json!({
            "version": "2.0.0", "structure": "unified", "updated_at": "2024-01-15T10:30:00",
            "corpus": {"nodes_file": "nodes.json", "episodes_file": "episodes.json"},
            "vectors": {"nodes_file": "nodes.npy", "episodes_file": "episodes.npy"},
            "stats": {"total_nodes": self.nodes, "total_episodes": self.episodes, "embedding_dim": DIMS}
        });
        desk.write(
            "data/manifest.json",
            serde_json::to_vec_pretty(&manifest).unwrap(),
        );
    }

    /// What its loader makes of the directory: it must start.
    #[track_caller]
    fn load(self, desk: &Desk) -> Value {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/memory/origin.py");
        let generation = if self.newer { "newer" } else { "older" };
        let data = desk.path("data");
        let loaded = Command::new("python3")
            .args([script, data.to_str().unwrap(), generation])
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&loaded.stderr);
        assert!(loaded.status.success(), "{self:?}: {told}");
        serde_json::from_slice(&loaded.stdout).unwrap()
    }

    fn on_a_desk(self) -> Desk {
        let desk = Desk::empty();
        self.write(&desk);
        self.load(&desk);
        desk.run(&["init", "--user-id", ANN]).expect(0);
        desk
    }
}

/// Every directory of the original that there may be.
fn all() -> impl Iterator<Item = Original> {
    let sizes = [(4, 0), (4, 2), (0, 0)];
    let each = sizes.into_iter().flat_map(|(nodes, episodes)| {
        [false, true].map(|dated| Original {
            // Where there are no nodes yet, they will say whose they are.
            newer: nodes == 0,
            dated,
            nodes,
            episodes,
        })
    });
    each.flat_map(|one| [one, Original { newer: true, ..one }])
}

/// What only a program does that is built on the library.
fn by_the_library(desk: &Desk, touched: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let me = Scope::User(Uuid::parse_str(ANN).unwrap());
        let store = Store::open(StoreConfig::files(desk.path("data"))).await.unwrap();
        let memory = store.scope(me);
        assert_eq!(memory.touch(&[Key::new(Kind::Node, touched)]).await.unwrap(), 1);
        let text = r#"{"id":"ep_new","title":"t","messages":[{"role":"human","content":"c"}],"source":"gemini",
            "created_at":"2024-01-15T10:30:00Z","updated_at":"2024-01-15T10:30:00.1Z","user_id":null}"#;
        let mut value = parse(text.as_bytes()).unwrap();
        let read = record::read(Kind::Episode, &mut value, &Stamp::only(me)).unwrap();
        memory.insert(vec![(read.memory, None)]).await.unwrap();
    });
}

#[test]
fn whatever_is_written_loads_in_the_python_program() {
    for original in all() {
        let desk = original.on_a_desk();
        let added = desk.add("a question of ours", "with ```code```");
        let lines = "{\"question\": \"q1\", \"tags\": [\"rust\"], \"created_at\": \"2024-05-01T10:00:00.5Z\", \"source\": \"gemini\"}\n\
             {\"question\": \"q2\", \"answer\": \"\", \"conversation_id\": \"c1\", \"tags\": {\"domains\": [\"web\"]}}\n";
        let many = desk
            .fed(&["add", "--jsonl", "-", "--json"], lines)
            .expect(0)
            .json();
        desk.run(&[
            "update",
            &added,
            "--answer",
            "better",
            "--tag",
            "x",
            "--created-at",
            "2024-05-02T10:00:00Z",
        ])
        .expect(0);
        if original.nodes > 0 {
            let theirs = "mem_0000000000000002";
            desk.run(&[
                "update",
                theirs,
                "--question",
                "new",
                "--tag",
                "y",
                "--source",
                "anthropic",
            ])
            .expect(0);
            desk.run(&["delete", "mem_0000000000000003", "--yes"])
                .expect(0);
        }
        by_the_library(&desk, many["ids"][0].as_str().unwrap());
        for round in 0..2 {
            desk.run(&["compact"]).expect(0);
            let loaded = original.load(&desk);
            let nodes = loaded["nodes"].as_array().unwrap();
            let expected = 3 + original.nodes - usize::from(original.nodes > 0) + round;
            assert_eq!(nodes.len(), expected, "{original:?}: {loaded}");
            let node = |id: &Value| nodes.iter().find(|node| node["id"] == *id).unwrap();
            let ours = node(&added.clone().into());
            // The most frequent of its sources, or the first.
            let usual = if original.nodes > 0 {
                "grok"
            } else {
                "anthropic"
            };
            assert_eq!(ours["source"], usual, "{original:?}");
            assert_eq!(node(&many["ids"][0])["source"], "gemini");
            assert_eq!(node(&many["ids"][0])["access_count"], 1);
            if original.newer {
                assert_eq!(
                    (&ours["user_id"], &ours["tenant_id"]),
                    (&ANN.into(), &Value::Null)
                );
            }
            assert_eq!(
                loaded["episodes"].as_array().unwrap().len(),
                original.episodes + 1
            );
            let doctor = desk.json(&["doctor"]);
            let reader = check(&doctor);
            assert_eq!(reader["status"], "ok", "{reader}");
            desk.add("and once more", "");
        }
    }
}

#[track_caller]
fn check(doctor: &Value) -> &Value {
    let mut checks = doctor["checks"].as_array().unwrap().iter();
    checks
        .find(|check| check["name"] == "other reader")
        .unwrap()
}

#[test]
fn a_source_that_the_python_program_does_not_know_is_refused_or_kept_as_a_tag() {
    let original = Original::OLDER;
    let desk = original.on_a_desk();
    let (before, theirs) = (desk.ids(), "mem_0000000000000001");
    for source in ["slack", "tulving"] {
        let refused = desk
            .run(&["add", "--question", "q", "--source", source])
            .expect(2);
        refused
            .says(&format!("the source \"{source}\""))
            .says("--source-as grok");
    }
    let lines = "{\"question\": \"q1\"}\n{\"question\": \"q2\", \"source\": \"slack\"}\n";
    let refused = desk.fed(&["add", "--jsonl", "-"], lines).expect(2);
    refused.says("line 2").says("--source-as");
    desk.run(&["update", theirs, "--source", "slack"])
        .expect(2)
        .says("--source-as grok");
    let refused = desk.run(&["update", "ep_0", "--source", "slack"]).expect(2);
    refused.says("the same command with --source grok");
    desk.run(&[
        "add",
        "--question",
        "q",
        "--source",
        "slack",
        "--source-as",
        "teams",
    ])
    .expect(2);
    assert_eq!(desk.ids(), before);

    let ran = desk.run(&[
        "add",
        "--question",
        "q",
        "--source",
        "slack",
        "--source-as",
        "openai",
        "--tag",
        "t",
    ]);
    let one = ran.expect(0).stdout.trim().to_owned();
    let many = desk
        .fed(
            &["add", "--jsonl", "-", "--source-as", "gemini", "--json"],
            lines,
        )
        .expect(0)
        .json();
    desk.run(&[
        "update",
        theirs,
        "--source",
        "slack",
        "--source-as",
        "openai",
    ])
    .expect(0);
    desk.run(&["compact"]).expect(0);
    let loaded = original.load(&desk);
    let seen = |id: &str| {
        let nodes = loaded["nodes"].as_array().unwrap();
        let node = nodes.iter().find(|node| node["id"] == id).unwrap();
        (node["source"].clone(), node["tags"].clone())
    };
    let (source, tags) = seen(&one);
    assert_eq!(
        (source, &tags["processes"], &tags["topics"]),
        ("openai".into(), &json!(["source:slack"]), &json!(["t"]))
    );
    let (source, tags) = seen(many["ids"][0].as_str().unwrap());
    assert_eq!((source, &tags["processes"]), ("grok".into(), &json!([])));
    let (source, tags) = seen(many["ids"][1].as_str().unwrap());
    assert_eq!(
        (source, &tags["processes"]),
        ("gemini".into(), &json!(["source:slack"]))
    );
    let (source, tags) = seen(theirs);
    assert_eq!(
        (source, &tags["processes"], &tags["domains"]),
        ("openai".into(), &json!(["source:slack"]), &json!(["web"]))
    );
}

#[test]
fn in_a_directory_of_its_own_any_source_is_borne() {
    let desk = Desk::new();
    let (own, other) = (
        desk.add("q", "a"),
        desk.run(&[
            "add",
            "--question",
            "q",
            "--source",
            "slack",
            "--source-as",
            "grok",
        ]),
    );
    let source = |id: &str| desk.json(&["get", id])["source"].clone();
    assert_eq!(source(&own), "tulving");
    assert_eq!(source(other.expect(0).stdout.trim()), "slack");
    let doctor = desk.json(&["doctor"]);
    let checks = doctor["checks"].as_array().unwrap();
    assert!(
        !checks.is_empty() && checks.iter().all(|check| check["name"] != "other reader"),
        "{doctor}"
    );
}

#[test]
fn a_memory_that_the_python_program_does_not_take_is_named_and_stays_as_it_is() {
    let original = Original {
        nodes: 6,
        ..Original::OLDER
    };
    let desk = Desk::empty();
    original.write(&desk);
    let path = desk.path("data/corpus/nodes.json");
    let mut nodes: Vec<Value> = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    nodes[0]["dia_ids"] = json!(["D1:3"]);
    nodes[1]["created_at"] = "2024-01-15T10:30:00Z".into();
    nodes[2]["urgency"] = Value::Null;
    nodes[3]["source"] = "tulving".into();
    let texts: Vec<String> = nodes.iter().map(|node| format!("{node}")).collect();
    std::fs::write(&path, format!("[{}]", texts.join(",\n"))).unwrap();
    desk.run(&["init", "--user-id", ANN]).expect(0);
    let doctor = desk.json(&["doctor"]);
    let told = check(&doctor);
    assert_eq!(
        (&told["status"], &doctor["ok"]),
        (&"warn".into(), &true.into())
    );
    let detail = told["detail"].as_str().unwrap();
    for part in [
        "does not start with 4 of these",
        "the key \"dia_ids\": node \"mem_0000000000000000\"",
        "the time \"2024-01-15T10:30:00Z\" in created_at: node \"mem_0000000000000001\"",
        "urgency null: node \"mem_0000000000000002\"",
        "the source \"tulving\": node \"mem_0000000000000003\"",
    ] {
        assert!(detail.contains(part), "{part:?} in {detail}");
    }
    // What is advised for two of them helps.
    desk.run(&[
        "update",
        "mem_0000000000000001",
        "--created-at",
        "2024-01-15T10:30:00Z",
    ])
    .expect(0);
    desk.run(&["update", "mem_0000000000000003", "--source", "anthropic"])
        .expect(0);
    desk.add("q", "a");
    desk.run(&["compact"]).expect(0);
    let written = std::fs::read_to_string(&path).unwrap();
    for (n, text) in texts.iter().enumerate() {
        assert_eq!(written.contains(text), ![1, 3].contains(&n), "{text}");
    }
    let doctor = desk.json(&["doctor"]);
    assert!(
        check(&doctor)["detail"]
            .as_str()
            .unwrap()
            .contains("does not start with 2 of these")
    );
}

#[test]
fn a_memory_that_it_could_not_load_is_not_written() {
    let desk = Original::OLDER.on_a_desk();
    let before = desk.files("data");
    let line = "{\"question\": \"q\", \"tags\": {\"moods\": [\"glad\"]}}\n";
    let refused = desk.fed(&["add", "--jsonl", "-"], line).expect(3);
    refused.says("the key \"tags.moods\"");
    assert_eq!(desk.files("data"), before);
}

#[test]
fn a_directory_that_an_older_program_claimed_is_the_python_programs_too() {
    for (source, flawed, usual) in [
        ("grok", 0, "grok"),
        ("slack", 0, "tulving"),
        // Rows that are no memories say nothing of that.
        ("grok", 1, "grok"),
        ("grok", usize::MAX, "tulving"),
    ] {
        let desk = Desk::empty();
        Original::OLDER.write(&desk);
        let path = desk.path("data/corpus/nodes.json");
        let mut nodes: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        for node in &mut nodes {
            node["source"] = source.into();
        }
        for node in nodes.iter_mut().take(flawed) {
            node["created_at"] = "never".into();
        }
        desk.write("data/corpus/nodes.json", json!(nodes).to_string());
        // As version 0.1.0 left it, without a word on whose files these are.
        let manifest = json!({"version": "2.0.0", "structure": "unified", "owner": {"kind": "user", "id": ANN}});
        desk.write("data/manifest.json", manifest.to_string());
        let id = desk.add("q", "a");
        assert_eq!(desk.json(&["get", &id])["source"], usual);
    }
}

#[test]
fn a_directory_of_a_newer_program_is_refused_and_not_touched() {
    let newer = |from: &str, to: &str, file: &str| {
        let desk = Desk::new();
        desk.add("q", "a");
        let path = desk.path(file);
        let bytes = std::fs::read(&path).unwrap();
        let at = bytes
            .windows(from.len())
            .position(|part| part == from.as_bytes())
            .unwrap();
        let changed = [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat();
        std::fs::write(&path, changed).unwrap();
        desk
    };
    for desk in [
        newer(
            "\"version\": \"2.0.0\"",
            "\"version\": \"9.0.0\"",
            "data/manifest.json",
        ),
        newer("\"format\": 2", "\"format\": 9", "data/manifest.json"),
        newer(
            "tulving journal\n\u{2}",
            "tulving journal\n\u{9}",
            "data/journal/1.log",
        ),
    ] {
        let before = desk.everything();
        for command in [
            &["init"][..],
            &["list"],
            &["search", "q"],
            &["add", "--question", "q"],
            &["compact"],
            &["compact", "--rebase"],
            &["doctor"],
        ] {
            let refused = desk.run(&[command, &["--json"]].concat()).expect(9);
            let told = refused.stdout;
            assert!(
                told.contains("version 9, this program knows "),
                "{command:?}: {told}"
            );
            assert!(told.contains("use a newer tulving"), "{command:?}: {told}");
        }
        desk.is_as_it_was(&before, "refused");
    }
    // A program that looks at no manifest looks at the journal, which is there from the beginning.
    let desk = Original::OLDER.on_a_desk();
    let log = std::fs::read(desk.path("data/journal/1.log")).unwrap();
    assert_eq!(log[16..20], 2_u32.to_le_bytes());
    let me = Scope::User(Uuid::parse_str(ANN).unwrap());
    assert_eq!(
        FileBackend::open(&desk.path("data"))
            .unwrap()
            .owner()
            .unwrap(),
        me
    );
}

/// The Python program that reads these files knows four sources.
#[test]
fn transcripts_of_other_assistants_are_refused_or_kept_as_a_tag() {
    let desk = Original::OLDER.on_a_desk();
    let lines = [
        json!({"type": "user", "uuid": "u1", "parentUuid": null, "sessionId": "s1", "timestamp": "2026-01-01T10:00:00Z",
            "message": {"role": "user", "content": "Why is the build red?"}}),
        json!({"type": "assistant", "uuid": "u2", "parentUuid": "u1", "sessionId": "s1", "timestamp": "2026-01-01T10:00:05Z",
            "message": {"role": "assistant", "id": "m1", "content": [{"type": "text", "text": "A test is missing."}]}}),
    ];
    desk.write(
        "session.jsonl",
        lines.map(|line| line.to_string()).join("\n"),
    );
    let known = [chat("c1", 1, &["Which source is known?", "This one."])];
    desk.write("known.json", json!(known).to_string());
    let ran = desk
        .run(&["ingest", "session.jsonl", "known.json"])
        .expect(4);
    assert!(
        ran.stdout.contains("claude-code") && ran.stdout.contains("--source-as"),
        "{}",
        ran.stdout
    );
    // It cost nothing but itself.
    let told = desk.json(&[
        "ingest",
        "session.jsonl",
        "known.json",
        "--source-as",
        "anthropic",
    ]);
    assert_eq!(
        (&told["nodes"]["new"], &told["nodes"]["duplicate"]),
        (&json!(1), &json!(1))
    );
    desk.run(&["doctor"]).expect(0);
}
