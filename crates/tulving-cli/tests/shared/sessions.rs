//! What `tulving ingest` promises of assistants' own transcripts, wherever memory is: shared by the test binaries.

use std::fs;

use serde_json::{Value, json};

use crate::exports::{Exports, chat};

/// Lines of Claude Code: what both said, in turn, from a minute on.
fn lines(session: &str, from: usize, said: &[&str]) -> String {
    let line = |(at, text): (usize, &&str)| {
        let role = ["user", "assistant"][at % 2];
        let minute = from + at;
        let line = json!({
            "type": role, "sessionId": session, "uuid": format!("{session}-{minute}"), "parentUuid": null,
            "timestamp": format!("2026-06-01T08:{minute:02}:00Z"), "message": {"role": role, "content": text},
        });
        line.to_string() + "\n"
    };
    said.iter().enumerate().map(line).collect()
}

fn ingested(exports: &Exports<'_>, flags: &[&str]) -> Value {
    exports.json(0, &[&["ingest", "sessions"], flags].concat())
}

/// The program's own blocks are known again, however they come back.
pub(crate) fn what_was_recalled_is_not_stored_again(exports: &Exports<'_>) {
    let fact = "Bees swarm in May and June on warm days after rain, and the old queen leaves with half of the hive.";
    exports.ingest(&[chat("bees", 1, &["When do bees swarm?", fact])], &[]);
    let found = exports.json(0, &["search", "bees swarm", "--context"]);
    let block = found["context"].as_str().unwrap();
    assert!(block.contains(fact), "{block}");
    let asked = format!("{block}\nWhen was it that they swarm?");
    let answer = format!("From your notes: {fact}");
    let said = [
        asked.as_str(),
        &answer,
        "This year they went in April.",
        "Then begin to look for queen cells in March, two weeks earlier than before.",
    ];
    fs::create_dir_all(exports.root.join("sessions")).unwrap();
    fs::write(exports.root.join("sessions/a.jsonl"), lines("A", 0, &said)).unwrap();
    for flags in [&["--dry-run"][..], &[]] {
        let told = ingested(exports, flags);
        assert_eq!(told["nodes"]["new"], json!(1), "{told}");
        let skipped = &told["files"][0]["skipped"];
        assert_eq!(skipped, &json!({"recalled": 1}), "{told}");
    }
    assert_eq!(
        exports.questions(),
        ["This year they went in April.", "When do bees swarm?"]
    );
    // The conversation keeps the block, and is not found by it.
    let kept = exports.run(&["get", "A"]).expect(0).stdout;
    assert!(kept.contains("April"), "{kept}");
    let kept = exports.json(0, &["get", "A"]).to_string();
    assert!(kept.contains("<tulving:memory>"), "{kept}");
    let told = ingested(exports, &[]);
    assert_eq!(told["nodes"]["new"], json!(0), "{told}");
}

/// Whichever file is read first, alone or with others, and whether or not a session has gone on since.
pub(crate) fn a_question_of_two_sessions_is_one_memory(exports: &Exports<'_>) {
    let (first, second) = (["1?", "one"], ["2?", "two"]);
    let begun = [lines("B", 0, &first), lines("B", 2, &second)].concat();
    let fork = [begun.clone(), lines("A", 10, &["3?", "three"])].concat();
    let gone_on = [begun.clone(), lines("B", 20, &["4?", "four"])].concat();
    let folder = exports.root.join("sessions");
    fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("b.jsonl", &begun);
    ingested(exports, &[]);
    // The fork comes first by name, and is read first.
    write("a.jsonl", &fork);
    for flags in [&["--dry-run"][..], &[]] {
        let told = ingested(exports, flags);
        assert_eq!(told["nodes"]["new"], json!(1), "{told}");
        assert_eq!(told["nodes"]["removed"], json!(0), "{told}");
    }
    write("b.jsonl", &gone_on);
    let told = ingested(exports, &[]);
    assert_eq!(told["nodes"]["new"], json!(1), "{told}");
    assert_eq!(told["nodes"]["removed"], json!(0), "{told}");
    fs::remove_file(folder.join("b.jsonl")).unwrap();
    let told = ingested(exports, &[]);
    assert_eq!(told["nodes"]["new"], json!(0), "{told}");
    assert_eq!(exports.questions(), ["1?", "2?", "3?", "4?"]);
    for (id, questions) in [("A", 1), ("B", 3)] {
        let kept = exports.json(0, &["get", id]);
        let own = kept["memory_node_ids"].as_array().map(Vec::len);
        assert_eq!(own, Some(questions), "{kept}");
        assert_eq!(kept["message_count"], json!(6), "{kept}");
    }
}
