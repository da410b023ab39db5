//! What `tulving ingest` promises wherever memory is: shared by the test binaries.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::ran::Ran;

/// Exports in a folder, and the program with a memory.
pub(crate) struct Exports<'a> {
    /// The program with these arguments, in `root`.
    pub(crate) command: &'a dyn Fn(&[&str]) -> Command,
    pub(crate) root: PathBuf,
}

impl Exports<'_> {
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        (self.command)(args).output().unwrap().into()
    }

    #[track_caller]
    pub(crate) fn json(&self, code: i32, args: &[&str]) -> Value {
        self.run(&[args, &["--json"]].concat()).expect(code).json()
    }

    /// Ingests an export of these conversations; returns what was told.
    #[track_caller]
    pub(crate) fn ingest(&self, conversations: &[Value], flags: &[&str]) -> Value {
        fs::write(
            self.root.join("chats.json"),
            json!(conversations).to_string(),
        )
        .unwrap();
        self.json(0, &[&["ingest", "chats.json"], flags].concat())
    }

    /// All memories by id, as they are printed.
    fn all(&self) -> BTreeMap<String, Value> {
        let listed = self.json(0, &["list", "--limit", "10000"]);
        let listed = listed["memories"].as_array().unwrap().iter();
        listed
            .map(|memory| (memory["id"].as_str().unwrap().to_owned(), memory.clone()))
            .collect()
    }

    /// The questions that are there, in order.
    pub(crate) fn questions(&self) -> Vec<String> {
        let all = self.all();
        let mut questions: Vec<String> = all
            .values()
            .filter_map(|memory| memory["human_content"].as_str())
            .map(ToOwned::to_owned)
            .collect();
        questions.sort();
        questions
    }

    #[track_caller]
    fn hits(&self, question: &str) -> Vec<String> {
        let found = self.json(0, &["search", question, "--mode", "keyword"]);
        let hits = found["hits"].as_array().unwrap().iter();
        hits.map(|hit| hit["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// A conversation of ChatGPT's export: what both said, in turn. It was changed for the last time at `updated`.
pub(crate) fn chat(id: &str, updated: u32, said: &[&str]) -> Value {
    let mut mapping = serde_json::Map::new();
    let root = format!("{id}-root");
    mapping.insert(
        root.clone(),
        json!({"id": root, "message": null, "parent": null}),
    );
    let mut parent = root;
    for (at, text) in said.iter().enumerate() {
        let node = format!("{id}-{at}");
        let role = ["user", "assistant"][at % 2];
        mapping.insert(node.clone(), json!({
            "id": node, "parent": parent,
            "message": {
                "id": node, "author": {"role": role}, "create_time": 1_700_000_000 + at, "recipient": "all", "weight": 1,
                "content": {"content_type": "text", "parts": [text]},
            },
        }));
        parent = node;
    }
    json!({
        "id": id, "title": format!("About {id}"), "create_time": 1_700_000_000, "update_time": 1_700_000_000 + updated,
        "current_node": parent, "mapping": mapping,
    })
}

/// The course of a conversation about owls, and another.
const OWLS: [&str; 4] = [
    "Why does the owl fly without a sound?",
    "Its feathers are fringed.",
    "Which owls hunt by day?",
    "The hawk owl, mostly.",
];
const TIDES: [&str; 2] = ["What makes the tides?", "The moon, and the sun a little."];

fn counts(new: u64, changed: u64, duplicate: u64) -> Value {
    json!({"new": new, "changed": changed, "duplicate": duplicate, "removed": 0, "skipped": 0})
}

/// Questions with their answers and whole conversations are found, with what is known of them; again nothing happens.
pub(crate) fn an_export_becomes_memory_once(exports: &Exports<'_>) {
    let chats = [chat("owls", 9, &OWLS), chat("tides", 9, &TIDES)];
    let told = exports.ingest(&chats, &["--dry-run"]);
    assert_eq!(
        (&told["nodes"], &told["dry_run"]),
        (&counts(3, 0, 0), &json!(true))
    );
    assert_eq!(exports.all().len(), 0);

    let told = exports.ingest(&chats, &[]);
    assert_eq!(told["nodes"], counts(3, 0, 0));
    assert_eq!(told["episodes"], counts(2, 0, 0));
    let file = &told["files"][0];
    assert_eq!(file["provider"], "openai");
    assert_eq!(
        (&file["conversations"], &file["nodes"]),
        (&json!(2), &json!(3))
    );
    assert_eq!(file["skipped"], json!({}));
    let all = exports.all();
    assert_eq!(all.len(), 5);
    let asked = all
        .values()
        .find(|memory| memory["human_content"] == OWLS[2])
        .unwrap();
    assert_eq!(asked["assistant_content"], OWLS[3]);
    assert_eq!(asked["conversation_id"], "owls");
    assert_eq!(asked["sequence_index"], 1);
    assert_eq!(asked["source"], "openai");
    assert_eq!(asked["intent_type"], "question");
    assert!(
        asked["created_at"]
            .as_str()
            .unwrap()
            .starts_with("2023-11-14T22:13:22")
    );
    let whole = exports.json(0, &["get", "owls"]);
    assert_eq!(
        (&whole["title"], &whole["message_count"]),
        (&json!("About owls"), &json!(4))
    );
    assert_eq!(whole["memory_node_ids"].as_array().unwrap().len(), 2);
    assert_eq!(whole["dominant_intent"], "question");

    for flags in [&["--dry-run"][..], &[]] {
        let told = exports.ingest(&chats, flags);
        assert_eq!(
            (&told["nodes"], &told["episodes"]),
            (&counts(0, 0, 3), &counts(0, 0, 2))
        );
    }
    assert_eq!(exports.all(), all);
}

/// What was regenerated, what tools gave and what was hidden is in the episode, and found by nothing.
pub(crate) fn only_what_both_saw_is_found(exports: &Exports<'_>) {
    let mut owls = chat("owls", 9, &OWLS);
    let mapping = owls["mapping"].as_object_mut().unwrap();
    for (name, message) in [
        (
            "old",
            json!({"author": {"role": "assistant"}, "content": {"content_type": "text", "parts": ["zyxwregenerated"]}}),
        ),
        (
            "tool",
            json!({"author": {"role": "tool", "name": "browser"}, "content": {"content_type": "text", "parts": ["zyxwtool"]}}),
        ),
        (
            "thought",
            json!({"author": {"role": "assistant"}, "content": {"content_type": "thoughts", "thoughts": [{"content": "zyxwthought"}]}}),
        ),
    ] {
        mapping.insert(
            name.to_owned(),
            json!({"id": name, "parent": "owls-0", "message": message}),
        );
    }
    exports.ingest(&[owls], &[]);
    for word in ["zyxwregenerated", "zyxwtool", "zyxwthought"] {
        assert_eq!(exports.hits(word), [""; 0], "{word}");
        let whole = exports.json(0, &["get", "owls"]);
        assert!(whole["messages"].to_string().contains(word), "{word}");
    }
    assert_eq!(exports.hits("fringed feathers").len(), 2);
}

/// A newer export brings what is new and takes away what was edited away; an older one changes nothing.
pub(crate) fn a_newer_export_brings_what_is_new(exports: &Exports<'_>) {
    let old = [chat("owls", 1, &OWLS[..2]), chat("tides", 1, &TIDES)];
    exports.ingest(&old, &[]);
    exports
        .run(&["update", "tides", "--title", "Sea and moon"])
        .expect(0);
    let grown = [chat("owls", 2, &OWLS), chat("tides", 1, &TIDES)];
    let told = exports.ingest(&grown, &[]);
    assert_eq!(told["nodes"], counts(1, 0, 2));
    assert_eq!(told["episodes"], counts(0, 1, 1));
    let all = exports.all();
    assert_eq!(all["owls"]["message_count"], 4);
    // A name that was given here stays.
    assert_eq!(all["tides"]["title"], "Sea and moon");

    let told = exports.ingest(&old, &[]);
    assert_eq!(
        (&told["older"], &told["nodes"]),
        (&json!(1), &counts(0, 0, 1))
    );
    assert_eq!(exports.all(), all);

    let edited = [
        "Why does the owl fly silently?",
        "Its feathers are fringed.",
    ];
    for flags in [&["--dry-run"][..], &[]] {
        let told = exports.ingest(&[chat("owls", 3, &edited)], flags);
        let nodes = json!({"new": 1, "changed": 0, "duplicate": 0, "removed": 2, "skipped": 0});
        assert_eq!(told["nodes"], nodes, "{flags:?}");
    }
    assert_eq!(exports.questions(), [TIDES[0], edited[0]]);
}

/// What was corrected or deleted here stays so, as long as the conversation does not go on elsewhere.
pub(crate) fn what_was_changed_here_stays(exports: &Exports<'_>) {
    let chats = [chat("owls", 1, &OWLS), chat("tides", 1, &TIDES)];
    exports.ingest(&chats, &[]);
    let all = exports.all();
    let id_of = |question: &str| {
        let found = all
            .iter()
            .find(|(_, memory)| memory["human_content"] == question);
        found.unwrap().0.as_str()
    };
    exports
        .run(&[
            "update",
            id_of(OWLS[0]),
            "--answer",
            "Fringes break the air.",
        ])
        .expect(0);
    exports.run(&["delete", id_of(TIDES[0]), "--yes"]).expect(0);
    let before = exports.all();
    let told = exports.ingest(&chats, &[]);
    assert_eq!(told["nodes"], counts(0, 0, 3));
    assert_eq!(exports.all(), before);
}

/// Of several editions the newest counts, in whatever order they come; one without times is as old as it is long.
pub(crate) fn the_newest_edition_counts(exports: &Exports<'_>) {
    let two = ["One?", "1", "Nine?", "9"];
    let three = ["One?", "1", "Two?", "2", "Three?", "3"];
    exports.ingest(&[chat("c", 2, &two)], &[]);
    exports.ingest(&[chat("c", 1, &three[..4]), chat("c", 3, &three)], &[]);
    assert_eq!(exports.questions(), ["One?", "Three?", "Two?"]);
    let timeless = |said: &[&str]| {
        let mut chat = chat("d", 0, said);
        chat.as_object_mut().unwrap().remove("update_time");
        chat
    };
    exports.ingest(&[timeless(&three)], &[]);
    let told = exports.ingest(&[timeless(&three[..2])], &[]);
    assert_eq!(told["older"], 1);
    assert_eq!(exports.questions().len(), 6);
}

/// Ids of two providers may be equal. The second conversation is refused, and the first stays whole.
pub(crate) fn an_id_of_another_source_is_refused(exports: &Exports<'_>) {
    exports.ingest(&[chat("c1", 1, &OWLS)], &[]);
    let claude = json!([{"uuid": "c1", "name": "Mine", "created_at": "2026-03-01T10:00:00Z", "updated_at": "2026-03-01T10:00:00Z",
        "chat_messages": [{"uuid": "m", "sender": "human", "text": "Other?", "created_at": "2026-03-01T10:00:00Z"}]}]);
    fs::write(exports.root.join("claude.json"), claude.to_string()).unwrap();
    let before = exports.all();
    for paths in [&["claude.json"][..], &["chats.json", "claude.json"]] {
        let told = exports.json(4, &[&["ingest"], paths].concat());
        assert_eq!(told["refused"][0]["id"], "c1");
        let reason = told["refused"][0]["reason"].as_str().unwrap();
        assert!(reason.contains("a conversation from openai"), "{reason}");
        assert_eq!(exports.all(), before);
    }
}

/// What was forgotten stays forgotten, a question or a whole conversation, until it is asked for.
pub(crate) fn what_was_forgotten_does_not_come_back(exports: &Exports<'_>) {
    let chats = [chat("owls", 1, &OWLS), chat("tides", 1, &TIDES)];
    exports.ingest(&chats, &[]);
    exports
        .run(&["forget", "--conversation", "tides", "--yes"])
        .expect(0);
    let one = exports
        .all()
        .into_iter()
        .find(|(_, memory)| memory["human_content"] == OWLS[0])
        .unwrap()
        .0;
    exports.run(&["forget", "--id", &one, "--yes"]).expect(0);
    let grown = [
        chat(
            "owls",
            2,
            &[&OWLS[..], &["And the others?", "By night."]].concat(),
        ),
        chat("tides", 2, &TIDES),
    ];
    let told = exports.ingest(&grown, &[]);
    assert_eq!(
        (&told["forgotten"], &told["nodes"]),
        (&json!(1), &counts(1, 0, 1))
    );
    assert_eq!(exports.questions(), ["And the others?", OWLS[2]]);
    exports.ingest(&grown, &["--restore-forgotten"]);
    assert_eq!(exports.questions().len(), 4);
}

/// So many conversations has an export that is killed, or read twice at once.
const MANY: u32 = 100;

/// Many conversations of one export.
pub(crate) fn many(updated: u32, length: usize) -> Vec<Value> {
    let talk = |n: u32| {
        let said: Vec<String> = (0..2 * length)
            .map(|at| format!("Word {at} of conversation {n}: lamp and ladder"))
            .collect();
        chat(
            &format!("talk-{n:03}"),
            updated,
            &said.iter().map(String::as_str).collect::<Vec<_>>(),
        )
    };
    (0..MANY).map(talk).collect()
}

/// Killed at any moment: each conversation is there whole or not at all, and the same command finishes it.
pub(crate) fn kills_leave_no_half_conversation(exports: &Exports<'_>) {
    let kills = std::env::var("TULVING_KILLS").map_or(8, |kills| kills.parse().unwrap());
    let write = |round: u32| {
        let chats = many(round, 3 + round as usize % 4);
        fs::write(exports.root.join("chats.json"), json!(chats).to_string()).unwrap();
    };
    write(0);
    let began = Instant::now();
    exports.run(&["ingest", "chats.json"]).expect(0);
    let lasts = began.elapsed().max(Duration::from_millis(50));
    let (mut killed, mut round) = (0, 0);
    while killed < kills {
        round += 1;
        write(round);
        let mut run = (exports.command)(&["ingest", "chats.json"]);
        let mut run = run
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // At another moment in each round. One that came to its end first is not counted.
        std::thread::sleep(lasts.mul_f64(f64::from(round * 37 % 100) / 100.0));
        if run.try_wait().unwrap().is_none() {
            run.kill().unwrap();
            killed += 1;
        }
        run.wait().unwrap();
        exports.run(&["ingest", "chats.json"]).expect(0);
        let all = exports.all();
        let turns = 3 + round as usize % 4;
        assert_eq!(all.len(), MANY as usize * (1 + turns), "round {round}");
        for (id, memory) in all.iter().filter(|(_, memory)| memory["kind"] == "episode") {
            assert_eq!(
                memory["message_count"],
                json!(2 * turns),
                "round {round}: {id}"
            );
        }
    }
}

/// Of two that ingest editions of the same at once, the newer wins.
pub(crate) fn the_newer_of_two_at_once_wins(exports: &Exports<'_>) {
    exports.ingest(&many(1, 2), &[]);
    let runs: Vec<_> = [(3, 4), (2, 3)]
        .map(|(updated, length)| {
            let name = format!("edition-{updated}.json");
            fs::write(
                exports.root.join(&name),
                json!(many(updated, length)).to_string(),
            )
            .unwrap();
            let mut run = (exports.command)(&["ingest", &name, "--json"]);
            run.stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .into_iter()
        .collect();
    for run in runs {
        let told = Ran::from(run.wait_with_output().unwrap()).expect(0).json();
        let episodes = &told["episodes"];
        let sum: u64 = ["new", "changed", "duplicate"]
            .map(|key| episodes[key].as_u64().unwrap())
            .iter()
            .sum();
        assert_eq!(
            sum + told["older"].as_u64().unwrap(),
            u64::from(MANY),
            "{told}"
        );
    }
    let all = exports.all();
    let is_newest = |memory: &Value| memory["kind"] == "node" || memory["message_count"] == 8;
    assert!(all.values().all(is_newest));
    assert_eq!(all.len(), MANY as usize * 5);
}

/// Two that ingest the same at once do no harm to each other.
pub(crate) fn two_at_once_are_as_one(exports: &Exports<'_>) {
    fs::write(
        exports.root.join("chats.json"),
        json!(many(1, 4)).to_string(),
    )
    .unwrap();
    let runs: Vec<_> = (0..2)
        .map(|_| {
            let mut run = (exports.command)(&["ingest", "chats.json", "--json"]);
            run.stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut new = 0;
    for run in runs {
        let told = Ran::from(run.wait_with_output().unwrap()).expect(0).json();
        new += told["nodes"]["new"].as_u64().unwrap();
    }
    assert_eq!(new, u64::from(MANY) * 4);
    assert_eq!(exports.all().len(), MANY as usize * 5);
}

/// A question with its answer that another conversation has already: it is stored and named, or left to its conversation,
/// or linked. Again nothing happens.
pub(crate) fn what_says_the_same_is_told(exports: &Exports<'_>) {
    let first = chat("owls", 1, &OWLS);
    exports.ingest(&[first], &[]);
    let before = exports.questions().len();
    let said = [OWLS[2], OWLS[3], "And in winter?", "Then too."];
    let kept = exports.ingest(&[chat("keep", 1, &said)], &[]);
    assert_eq!(kept["duplicates"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&kept["nodes"]["new"], &kept["nodes"]["skipped"]),
        (&json!(2), &json!(0))
    );
    assert_eq!(exports.questions().len(), before + 2);
    let skip = ["--on-duplicate", "skip"];
    let told = exports
        .run(&["ingest", "chats.json", "--on-duplicate", "skip"])
        .expect(0);
    assert!(
        !told.stdout.contains("duplicates"),
        "what is there is no duplicate: {}",
        told.stdout
    );
    let skipped = chat(
        "skip",
        1,
        &[
            &format!("Please: {}", OWLS[2]),
            OWLS[3],
            "In spring?",
            "Less.",
        ],
    );
    for dry in [&["--dry-run"][..], &[]] {
        let ran = exports.ingest(std::slice::from_ref(&skipped), &[&skip[..], dry].concat());
        let duplicates = ran["duplicates"].as_array().unwrap();
        assert_eq!(
            (duplicates.len(), &duplicates[0]["near"]),
            (1, &json!(true))
        );
        assert_eq!(
            (&ran["nodes"]["new"], &ran["nodes"]["skipped"]),
            (&json!(1), &json!(1))
        );
    }
    assert_eq!(exports.questions().len(), before + 3);
    let episode = exports.json(0, &["get", "skip"]);
    assert_eq!(episode["message_count"], 4);
    let again = exports.ingest(&[skipped], &skip);
    assert_eq!(
        (&again["nodes"]["new"], &again["episodes"]["duplicate"]),
        (&json!(0), &json!(1))
    );
    let linked = exports.ingest(&[chat("link", 1, &OWLS[2..])], &["--on-duplicate", "link"]);
    let id = linked["duplicates"][0]["id"].as_str().unwrap();
    let tag = &exports.json(0, &["get", id])["tags"]["processes"][0];
    assert!(tag.as_str().unwrap().starts_with("same-as:mem_"), "{tag}");
}

/// A question that moves within its conversation has a new id, and its old one goes: it says the same as nothing that stays.
pub(crate) fn what_moves_is_no_duplicate(exports: &Exports<'_>) {
    let skip = ["--on-duplicate", "skip"];
    exports.ingest(&[chat("owls", 1, &OWLS)], &skip);
    let moved = [&TIDES[..], &OWLS[..]].concat();
    let ran = exports.ingest(&[chat("owls", 2, &moved)], &skip);
    assert_eq!(ran["duplicates"], json!([]));
    assert_eq!(exports.questions().len(), 3);
}
