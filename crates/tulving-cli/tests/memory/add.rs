//! `tulving add`: what is acknowledged is there, what cannot be kept is named.

use testkit::corpus::Corpus;

use crate::support::{ANN, Desk, Ran, ids};

#[test]
fn the_id_is_printed_alone() {
    let desk = Desk::new();
    let id = desk.add("Why?", "Because.");
    assert!(id.starts_with("mem_") && id.len() == 20, "{id}");
    let added = desk.json(&["add", "--question", "How?"]);
    assert_eq!(added, serde_json::json!({"id": desk.ids()[1]}));
}

#[test]
fn everything_that_is_given_is_kept() {
    let desk = Desk::new();
    let args = [
        "add",
        "--question",
        "-",
        "--answer",
        "Because.\n```\ncode\n```",
        "--conversation",
        "c1",
        "--created-at",
        "2024-01-15T10:30:00+02:00",
        "--source",
        "grok",
        "--tag",
        "a",
        "--tag",
        "b",
    ];
    let id = desk.fed(&args, "Why,\nreally?\n").expect(0).stdout;
    let kept = desk.json(&["get", id.trim_end()]);
    assert_eq!(kept["human_content"], "Why,\nreally?");
    assert_eq!(kept["assistant_content"], "Because.\n```\ncode\n```");
    assert_eq!(kept["conversation_id"], "c1");
    assert_eq!(kept["created_at"], "2024-01-15T08:30:00+00:00");
    assert_eq!(kept["source"], "grok");
    assert_eq!(kept["tags"], serde_json::json!({"topics": ["a", "b"]}));
    assert_eq!(
        (&kept["has_code"], &kept["has_vector"]),
        (&true.into(), &true.into())
    );
    desk.run(&["add", "--question", "And?", "--conversation", "c1"])
        .expect(0);
    let second = &desk.json(&["list"])["memories"][0];
    assert_eq!(
        (&second["sequence_index"], &second["conversation_id"]),
        (&1.into(), &"c1".into())
    );
}

#[test]
fn stdin_is_read_once() {
    let refused = Desk::new().fed(&["add", "--question", "-", "--answer", "-"], "x");
    refused.expect(2).says("stdin can be only one of them");
}

#[test]
fn ones_own_vector_may_be_json_or_numpy() {
    let desk = Desk::empty();
    Corpus::new(10)
        .dim(4)
        .episodes(false)
        .write(&desk.path("data"));
    desk.run(&["init", "--user-id", ANN]).expect(0);
    let header = tulving::backend::file::npy::header(1, 4);
    let numbers = [0.0_f32, 1.0, 0.0, 0.0].map(f32::to_le_bytes).concat();
    desk.write("row.npy", [header, numbers].concat());
    desk.write("row.json", "[0, 0, 1, 0]");
    for (file, question) in [("row.npy", "numpy"), ("row.json", "json")] {
        let args = ["add", "--question", question, "--vector", file];
        let id = desk.run(&args).expect(0).stdout;
        let near = desk.json(&["search", "--vector", file, "--top-k", "1"]);
        assert_eq!(ids(&near["hits"]), [id.trim_end()]);
    }
    let search = ["search", "--vector", "-", "--top-k", "1", "--json"];
    let found = desk.fed(&search, "[0, 1, 0, 0]").expect(0).json();
    assert_eq!(
        found["hits"][0]["snippet"], "numpy",
        "the numbers are the same in both"
    );
    let search = ["search", "--vector", "-", "--top-k", "1", "--json"];
    let found = desk.fed(&search, "[0, 1, 0, 0]").expect(0).json();
    assert_eq!(
        found["hits"][0]["snippet"], "numpy",
        "the numbers are the same in both"
    );
    let args = ["add", "--question", "q", "--vector", "-"];
    desk.fed(&args, "[1,2,3,4]").expect(0);
    desk.fed(&args, "[1,2,3]").expect(3).says("3 numbers");
    desk.fed(&args, "{}")
        .expect(3)
        .says("stdin holds no vector: it is an object");
    desk.fed(&args, "[1,2,3,NaN]")
        .expect(3)
        .says("number 3 of it is NaN");
    assert_eq!(desk.ids().len(), 13);
}

#[test]
fn where_no_vector_can_be_made_it_is_said() {
    let desk = Desk::empty();
    Corpus::new(10)
        .dim(8)
        .episodes(false)
        .write(&desk.path("data"));
    desk.run(&["init", "--user-id", ANN]).expect(0);
    let added = desk.run(&["add", "--question", "zanzibar"]).expect(0);
    let added = added.says("by words only");
    let id = added.stdout.trim_end();
    assert_eq!(desk.json(&["get", id])["has_vector"], false);
    assert_eq!(ids(&desk.json(&["search", "zanzibar"])["hits"])[0], id);
}

#[test]
fn many_are_added_a_line_each_and_their_ids_come_in_order() {
    let desk = Desk::new();
    let lines = "{\"question\":\"a\"}\n\n{\"question\":\"b\",\"answer\":\"c\",\"tags\":[\"t\"]}\r\n{\"question\":\"d\"}";
    let printed = desk.fed(&["add", "--jsonl", "-"], lines).expect(0).stdout;
    let printed: Vec<&str> = printed.lines().collect();
    let said = |id: &&str| {
        desk.json(&["get", id])["human_content"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        printed.iter().map(said).collect::<Vec<_>>(),
        ["a", "b", "d"]
    );
    desk.write("more.jsonl", "{\"question\":\"e\"}\n{\"question\":\"f\"}\n");
    let added = desk.json(&["add", "--jsonl", "more.jsonl"]);
    assert_eq!(added["ids"].as_array().unwrap().len(), 2);
    assert_eq!(
        desk.fed(&["add", "--jsonl", "-", "--json"], "")
            .expect(0)
            .json()["ids"],
        serde_json::json!([])
    );
}

#[test]
fn a_line_that_cannot_be_used_is_named_and_nothing_is_written() {
    let desk = Desk::new();
    for (line, why) in [
        (
            "{\"qestion\":\"b\"}",
            "unknown key \"qestion\"; did you mean question?",
        ),
        ("{\"answer\":\"b\"}", "question is missing"),
        ("{\"question\":\"b\"", "the value ends too early"),
        ("{\"question\":\"b\",\"source\":\"No!\"}", "source"),
        (
            "{\"question\":\"b\",\"embedding\":[1,2]}",
            "embedding: the vector is of unknown (2 numbers)",
        ),
        (
            "{\"question\":\"b\",\"created_at\":\"soon\"}",
            "\"soon\" is not a time",
        ),
    ] {
        let input = format!("{{\"question\":\"a\"}}\n{line}\n{{\"question\":\"c\"}}\n");
        let refused = desk
            .fed(&["add", "--jsonl", "-", "--json"], &input)
            .expect(3);
        let error = &refused.json()["error"];
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with("stdin, line 2: "), "{message}");
        assert!(message.contains(why), "{message}");
        assert_eq!(error["causes"][0], "nothing was written");
    }
    assert_eq!(desk.ids().len(), 0);
}

#[test]
fn after_a_bad_line_far_down_it_is_said_where_to_go_on() {
    let desk = Desk::new();
    let line = |number: u32| format!("{{\"question\":\"number {number}\"}}\n");
    let mut lines: Vec<String> = (1..=1_500).map(line).collect();
    lines[1_199] = "oops\n".to_owned();
    desk.write("m.jsonl", lines.concat());
    let refused = desk.run(&["add", "--jsonl", "m.jsonl"]).expect(3);
    assert_eq!(refused.stdout.lines().count(), 1_000);
    refused
        .says("m.jsonl, line 1200: ")
        .says("1,000 memories, the lines up to 1,000, were written")
        .says("tail -n +1001 m.jsonl | tulving add --jsonl -");
    lines[1_199] = line(1_200);
    let rest = desk.fed(&["add", "--jsonl", "-"], lines[1_000..].concat());
    assert_eq!(rest.expect(0).stdout.lines().count(), 500);
    let all = desk.json(&["list", "--limit", "10000"]);
    let mut said: Vec<&str> = all["memories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["human_content"].as_str().unwrap())
        .collect();
    said.sort_unstable();
    said.dedup();
    assert_eq!(said.len(), 1_500);
}

#[test]
#[cfg(target_os = "linux")]
fn where_the_id_cannot_be_printed_the_memory_is_said_to_be_stored() {
    let desk = Desk::new();
    let full = || {
        std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap()
    };
    let mut one = desk.command(&["add", "--question", "why?"]);
    let ran = Ran::from(one.stdout(full()).output().unwrap()).expect(7);
    let id = &desk.ids()[0];
    ran.says(&format!("the memory is stored, as {id}"))
        .says("try: free space there");
    desk.write(
        "lines.jsonl",
        "{\"question\": \"a\"}\n{\"question\": \"b\"}\n",
    );
    let mut many = desk.command(&["add", "--jsonl", "lines.jsonl"]);
    let ran = Ran::from(many.stdout(full()).output().unwrap()).expect(7);
    ran.says("2 memories were stored");
    assert_eq!(desk.ids().len(), 3);
}

#[test]
fn an_id_that_cannot_be_kept_is_told_without_a_number() {
    let desk = Desk::new();
    for id in ["", &"x".repeat(256)] {
        desk.run(&["add", "--id", id, "--question", "x"])
            .expect(3)
            .says("the memory cannot be kept: `id` ")
            .says("try: tulving add --help");
    }
    assert_eq!(desk.add("x", ""), desk.ids()[0]);
}

#[test]
fn what_says_the_same_is_named_whatever_becomes_of_it() {
    let desk = Desk::new();
    let id = desk.add("Why?", "Because.");
    let args = ["add", "--question", " Why? ", "--answer", "Because.\n"];
    let kept = desk.run(&args).expect(0);
    kept.says(&format!("says the same as {id}, which is there"));
    assert_ne!(kept.stdout.trim_end(), id);
    let skipped = desk
        .run(&[&args[..], &["--on-duplicate", "skip"]].concat())
        .expect(0);
    let first = desk.ids().into_iter().min().unwrap();
    assert_eq!(skipped.says("was not stored").stdout.trim_end(), first);
    assert_eq!(desk.ids().len(), 2);
    let linked = desk.json(&[&args[..], &["--on-duplicate", "link"]].concat());
    let linked = desk.json(&["get", linked["id"].as_str().unwrap()]);
    assert_eq!(
        linked["tags"],
        serde_json::json!({"processes": [format!("same-as:{first}")]})
    );
}
