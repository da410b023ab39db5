//! Conversations are added whole, and what brings an id is there once however often it is said, in
//! files and in PostgreSQL.

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};
use tulving::model::Node;

use crate::support::{Ran, World};

/// A memory in files and one in a database, of one owner.
fn worlds() -> (World, [&'static str; 2]) {
    let world = World::new();
    world.run(&["init"]).expect(0);
    world
        .run(&["user", "create", "--email", "you@example.com"])
        .expect(0);
    (world, ["file", "postgres"])
}

fn add(world: &World, backend: &str, lines: &[Value], more: &[&str]) -> Ran {
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    fs::write(world.path("lines.jsonl"), lines.join("\n")).unwrap();
    let args = [
        "add",
        "--backend",
        backend,
        "--json",
        "--jsonl",
        "lines.jsonl",
    ];
    world.run(&[&args, more].concat())
}

fn get(world: &World, backend: &str, id: &str) -> Value {
    world
        .run(&["get", id, "--backend", backend, "--json"])
        .expect(0)
        .json()
}

fn counts(world: &World, backend: &str) -> [usize; 2] {
    let listed = world.run(&["list", "--backend", backend, "--limit", "1000", "--json"]);
    let listed = listed.expect(0).json();
    let memories = listed["memories"].as_array().unwrap();
    ["node", "episode"].map(|kind| {
        memories
            .iter()
            .filter(|memory| memory["kind"] == kind)
            .count()
    })
}

fn outcome(ran: &Value) -> [i64; 3] {
    ["added", "updated", "unchanged"].map(|key| ran[key].as_i64().unwrap())
}

fn conversation() -> Value {
    json!({
        "id": "c1", "title": "Boats", "metadata": {"source": "grok", "message_count": 5},
        "messages": [
            {"id": "m0", "role": "system", "content": "Be kind."},
            {"id": "m1", "role": "human", "content": "Where did we row?", "created_at": "2024-01-15T10:30:00+00:00"},
            {"role": "user", "content": "Last summer, I mean."},
            {"role": "assistant", "content": "On lake Bled.", "created_at": "2024-01-15T10:33:00+00:00", "mood": "\u{0}"},
            {"role": "human", "content": "And before?"},
        ],
    })
}

#[test]
fn a_conversation_becomes_an_episode_and_its_questions() {
    let (world, backends) = worlds();
    for backend in backends {
        let added = add(&world, backend, &[conversation()], &[])
            .expect(0)
            .json();
        assert_eq!(added["ids"], json!(["c1"]));
        assert_eq!(outcome(&added), [1, 0, 0]);
        let question = "Where did we row?\n\nLast summer, I mean.";
        let ids = [
            Node::id_for("c1", 0, question),
            Node::id_for("c1", 1, "And before?"),
        ];
        let episode = get(&world, backend, "c1");
        assert_eq!(episode["messages"].as_array().unwrap().len(), 5);
        assert_eq!(episode["messages"][1]["id"], "m1");
        assert_eq!(episode["memory_node_ids"], json!(ids));
        assert_eq!(
            (&episode["title"], &episode["source"]),
            (&json!("Boats"), &json!("grok"))
        );
        assert_eq!(episode["created_at"], "2024-01-15T10:30:00+00:00");
        assert_eq!(episode["duration_minutes"], 3.0);
        let node = get(&world, backend, &ids[0]);
        assert_eq!(node["assistant_content"], "On lake Bled.");
        assert_eq!(
            (&node["sequence_index"], &node["source"]),
            (&json!(0), &json!("grok"))
        );
        assert_eq!(get(&world, backend, &ids[1])["assistant_content"], "");
        assert_eq!(counts(&world, backend), [2, 1]);
        // Without an id or a title it is another each time.
        let plain = json!({"messages": [{"role": "user", "content": "Hello?"}]});
        let twice = add(&world, backend, &[plain.clone(), plain], &[])
            .expect(0)
            .json();
        assert_ne!(twice["ids"][0], twice["ids"][1]);
        assert_eq!(
            get(&world, backend, twice["ids"][0].as_str().unwrap())["title"],
            "Hello?"
        );
    }
    // What was made in files is what the database proves to hold.
    world.run(&["compact"]).expect(0);
    world
        .run(&["migrate", "--yes", "--existing", "update"])
        .expect(0);
}

#[test]
fn the_same_again_changes_nothing_and_other_content_is_refused_or_updated() {
    let (world, backends) = worlds();
    for backend in backends {
        let line = json!({"id": "port", "question": "Which port?", "answer": "5432", "conversation_id": "ops"});
        let both = [line.clone(), conversation()];
        let first = add(&world, backend, &both, &[]).expect(0).json();
        assert_eq!(outcome(&first), [2, 0, 0]);
        for again in [&both[..], &[line.clone(), conversation(), line.clone()]] {
            let said = add(&world, backend, again, &[]).expect(0).json();
            assert_eq!(outcome(&said), [0, 0, again.len() as i64]);
            assert_eq!(said["ids"][0], "port");
        }
        let mut longer = conversation();
        longer["messages"].as_array_mut().unwrap().extend([
            json!({"role": "assistant", "content": "On the Soča."}),
            json!({"role": "user", "content": "Thanks!"}),
        ]);
        let mut other = line.clone();
        other["answer"] = json!("5433");
        let fresh = json!({"id": "fresh", "question": "New?"});
        let kept = counts(&world, backend);
        add(&world, backend, &[fresh.clone(), other.clone()], &[])
            .expect(3)
            .says("line 2: \"port\" is there already and differs in assistant_content")
            .says("try: the same command with --existing update   (")
            .says("tulving get port ");
        add(&world, backend, &[longer.clone()], &[])
            .expect(3)
            .says("\"c1\" is there already and differs in messages");
        add(
            &world,
            backend,
            &[fresh.clone(), json!({"id": "fresh", "question": "Newer?"})],
            &[],
        )
        .expect(3)
        .says("line 2: \"fresh\" is there already");
        assert_eq!(counts(&world, backend), kept, "nothing was written");
        let update = ["--existing", "update"];
        let said = add(&world, backend, &[fresh, other, longer.clone()], &update)
            .expect(0)
            .json();
        assert_eq!(outcome(&said), [1, 2, 0]);
        let port = get(&world, backend, "port");
        assert_eq!(
            (&port["assistant_content"], &port["conversation_id"]),
            (&json!("5433"), &json!("ops"))
        );
        assert_eq!(get(&world, backend, "c1")["message_count"], 7);
        let before = Node::id_for("c1", 1, "And before?");
        assert_eq!(
            get(&world, backend, &before)["assistant_content"],
            "On the Soča."
        );
        assert_eq!(counts(&world, backend), [kept[0] + 2, kept[1]]);
        let said = add(&world, backend, &[longer], &[]).expect(0).json();
        assert_eq!(outcome(&said), [0, 0, 1]);
        // A question that is no more goes with the update.
        let short =
            json!({"id": "c1", "messages": [{"role": "user", "content": "Where did we row?"}]});
        add(&world, backend, &[short], &update).expect(0);
        assert_eq!(
            get(&world, backend, "c1")["title"],
            "Boats",
            "what was not said stays"
        );
        assert_eq!(counts(&world, backend), [kept[0], kept[1]]);
        // One memory alone.
        let one = [
            "add",
            "--backend",
            backend,
            "--id",
            "port",
            "--question",
            "Which port?",
            "--answer",
        ];
        let ran = world.run(&[&one[..], &["5433"]].concat()).expect(0);
        assert_eq!(ran.stdout, "port\n");
        ran.says("was there already, and is the same");
        world.run(&[&one[..], &["80"]].concat()).expect(3);
        world.run(&[&one[..], &["80"], &update].concat()).expect(0);
        assert_eq!(get(&world, backend, "port")["assistant_content"], "80");
    }
}

#[test]
fn of_several_who_say_the_same_at_once_one_adds_it() {
    let (world, backends) = worlds();
    let lines: Vec<String> = (0..20)
        .map(|at| json!({"id": format!("n{at}"), "question": format!("q{at}")}).to_string())
        .chain([conversation().to_string()])
        .collect();
    fs::write(world.path("same.jsonl"), lines.join("\n")).unwrap();
    for backend in backends {
        let children: Vec<_> = (0..4)
            .map(|_| {
                let args = [
                    "add",
                    "--backend",
                    backend,
                    "--json",
                    "--jsonl",
                    "same.jsonl",
                ];
                let mut command = world.command(&args);
                command.stdout(Stdio::piped()).stderr(Stdio::piped());
                command.spawn().unwrap()
            })
            .collect();
        let mut added = 0;
        for child in children {
            let said = Ran::from(child.wait_with_output().unwrap())
                .expect(0)
                .json();
            let [new, updated, same] = outcome(&said);
            assert_eq!((new + same, updated), (21, 0));
            added += new;
        }
        assert_eq!(added, 21);
        assert_eq!(counts(&world, backend), [22, 1]);
    }
}

fn lines(texts: &[(&str, &str)]) -> Vec<Value> {
    let line = |(question, answer): &(&str, &str)| json!({"question": question, "answer": answer});
    texts.iter().map(line).collect()
}

const KEY: (&str, &str) = (
    "Where is the spare key?",
    "Under the third flower pot beside the shed.",
);
/// The same text, laid out otherwise.
const LAID_OUT: (&str, &str) = (
    "Where is the  spare key? ",
    "Under the third flower pot\u{a0}beside the shed.\n",
);
/// In other words.
const REWORDED: (&str, &str) = (
    "where is the spare key",
    "It is under the third flower pot, beside the shed",
);
/// With other signs, and a filler.
const NEAR: (&str, &str) = (
    "Please: where is the spare key?",
    "Under the third flower pot, beside the shed!",
);
/// Another answer.
const OTHER: (&str, &str) = (
    "Where is the spare key?",
    "Under the second flower pot beside the shed.",
);

/// What says the same as what is there, or came before it, is stored and named.
#[test]
fn what_says_the_same_is_stored_and_named() {
    let (world, backends) = worlds();
    for backend in backends {
        let args = [
            "add",
            "--backend",
            backend,
            "--question",
            KEY.0,
            "--answer",
            KEY.1,
            "--json",
        ];
        let first = world.run(&args).expect(0).json();
        assert_eq!(first.as_object().unwrap().len(), 1);
        let again = world.run(&args).expect(0).says("says the same as").json();
        assert_eq!(
            (&again["duplicate_of"], &again["near"]),
            (&first["id"], &json!(false))
        );
        assert_ne!(again["id"], first["id"]);
        let new = lines(&[
            ("New?", "Yes, new."),
            LAID_OUT,
            NEAR,
            OTHER,
            ("New?", "Yes,  new."),
        ]);
        let added = add(&world, backend, &new, &[]).expect(0).json();
        assert_eq!((&added["added"], &added["skipped"]), (&json!(5), &json!(0)));
        let ids = &added["ids"];
        let of = [first["id"].as_str().unwrap(), again["id"].as_str().unwrap()];
        let duplicates = json!([
            {"id": ids[1], "duplicate_of": of.iter().min(), "near": false},
            {"id": ids[4], "duplicate_of": ids[0], "near": false},
        ]);
        assert_eq!(added["duplicates"], duplicates);
        assert_eq!(counts(&world, backend), [7, 0]);
    }
}

#[test]
fn what_says_the_same_is_not_stored_where_that_is_asked_for() {
    let (world, backends) = worlds();
    for backend in backends {
        let key = add(&world, backend, &lines(&[KEY]), &[]).expect(0).json()["ids"][0].clone();
        let skip = ["--on-duplicate", "skip"];
        let new = lines(&[
            LAID_OUT,
            NEAR,
            OTHER,
            REWORDED,
            ("New?", "Yes, new."),
            ("New?", "Yes,  new."),
        ]);
        let added = add(&world, backend, &new, &skip).expect(0).json();
        let ids = added["ids"].as_array().unwrap();
        assert_eq!((&ids[0], &ids[1], &ids[4]), (&key, &key, &ids[5]));
        assert_eq!((&added["added"], &added["skipped"]), (&json!(3), &json!(3)));
        let near: Vec<&Value> = added["duplicates"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["near"])
            .collect();
        assert_eq!(near, [false, true, false]);
        assert_eq!(counts(&world, backend), [4, 0]);
        // One more time: nothing is new.
        let again = add(&world, backend, &new, &skip).expect(0).json();
        assert_eq!((&again["added"], &again["skipped"]), (&json!(0), &json!(6)));
        assert_eq!(counts(&world, backend), [4, 0]);
        let args = [
            "add",
            "--backend",
            backend,
            "--on-duplicate",
            "skip",
            "--question",
            KEY.0,
            "--answer",
            KEY.1,
        ];
        let one = world.run(&args).expect(0);
        assert_eq!(
            one.says("was not stored").stdout.trim_end(),
            key.as_str().unwrap()
        );
    }
}

#[test]
fn what_says_the_same_is_linked_where_that_is_asked_for() {
    let (world, backends) = worlds();
    for backend in backends {
        let key = add(&world, backend, &lines(&[KEY]), &[]).expect(0).json()["ids"][0].clone();
        let mut new = lines(&[
            LAID_OUT,
            NEAR,
            OTHER,
            ("New?", "Yes, new."),
            ("New?", "Yes,  new."),
        ]);
        new[0]["id"] = json!("mine");
        new[0]["tags"] = json!({"processes": ["moving"]});
        let link = ["--on-duplicate", "link"];
        let added = add(&world, backend, &new, &link).expect(0).json();
        assert_eq!((&added["added"], &added["skipped"]), (&json!(5), &json!(0)));
        let ids: Vec<&str> = added["ids"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let to_key = format!("same-as:{}", key.as_str().unwrap());
        assert_eq!(
            get(&world, backend, "mine")["tags"],
            json!({"processes": ["moving", to_key]})
        );
        assert_eq!(
            get(&world, backend, ids[1])["tags"],
            json!({"processes": [to_key]})
        );
        assert_eq!(get(&world, backend, ids[2])["tags"], json!({}));
        let to_new = format!("same-as:{}", ids[3]);
        assert_eq!(
            get(&world, backend, ids[4])["tags"],
            json!({"processes": [to_new]})
        );
        let found = world
            .run(&["list", "--backend", backend, "--tag", &to_key, "--json"])
            .expect(0)
            .json();
        assert_eq!(found["memories"].as_array().unwrap().len(), 2);
        // A link is nothing that was said: the same line again changes nothing.
        let again = add(&world, backend, &new[..1], &link).expect(0).json();
        assert_eq!(outcome(&again), [0, 0, 1]);
    }
}

/// A link is part of the memory: it goes where that goes, and comes back.
#[test]
fn a_link_moves_with_its_memory() {
    let (world, _) = worlds();
    let link = ["--on-duplicate", "link"];
    let added = add(&world, "file", &lines(&[KEY, NEAR]), &link);
    let ids = added.expect(0).json()["ids"].clone();
    let tags = json!({"processes": [format!("same-as:{}", ids[0].as_str().unwrap())]});
    let linked = ids[1].as_str().unwrap();
    world.run(&["migrate", "--yes"]).expect(0);
    assert_eq!(get(&world, "postgres", linked)["tags"], tags);
    let export = ["export", "--backend", "postgres", "--out", "back"];
    world.run(&export).expect(0);
    let back = [
        "get",
        linked,
        "--backend",
        "file",
        "--data-dir",
        "back",
        "--json",
    ];
    assert_eq!(world.run(&back).expect(0).json()["tags"], tags);
}

/// What another owner said is no duplicate.
#[test]
fn owners_are_not_compared() {
    let world = World::new();
    let tenant = world.new_tenant("Acme");
    for owner in [["--user-id", &world.user], ["--tenant-id", &tenant]] {
        for what in ["keep", "skip"] {
            let args = [
                "add",
                "--backend",
                "postgres",
                "--json",
                "--on-duplicate",
                what,
                "--question",
                KEY.0,
            ];
            let added = world.run(&[&args[..], &owner].concat()).expect(0).json();
            assert_eq!(added.get("duplicate_of").is_some(), what == "skip");
        }
    }
}
