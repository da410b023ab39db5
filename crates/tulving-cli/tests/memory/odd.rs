//! Input that nobody expects.

use crate::support::{Desk, ids};

#[test]
fn any_text_comes_back_as_it_was() {
    let desk = Desk::new();
    let long = "word ".repeat(1 << 18);
    for text in [
        "emoji 👩‍👩‍👧‍👦 🧠 and 記憶",
        "quotes ' \" % _ \\ ; --",
        "NUL \\u0000 as text",
        "--json",
        "-",
        "\u{202e}right to left\u{7}",
        &long,
    ] {
        let line = serde_json::json!({"question": text, "answer": text}).to_string();
        let ran = desk.fed(&["add", "--jsonl", "-"], &line).expect(0);
        let kept = desk.json(&["get", ran.stdout.trim_end()]);
        assert!(kept["human_content"] == text, "{text:.40}");
    }
    // A NUL, which no column holds, is carried in the file.
    let ran = desk
        .fed(&["add", "--jsonl", "-"], "{\"question\":\"a\\u0000b\"}")
        .expect(0);
    let kept = desk.json(&["get", ran.stdout.trim_end()]);
    assert_eq!(kept["human_content"], "a\0b");
    // Nor does any text hold half an emoji; it is carried too, and given back.
    let line = r#"{"question":"cut \ud83d","answer":"\udc00"}"#;
    let half = desk.fed(&["add", "--jsonl", "-"], line).expect(0);
    let said = |id: &str| desk.run(&["get", id, "--json"]).expect(0).stdout;
    let id = half.stdout.trim_end();
    for part in [
        r#""human_content":"cut \ud83d""#,
        r#""assistant_content":"\udc00""#,
    ] {
        assert!(said(id).contains(part), "{}", said(id));
    }
    desk.run(&["compact"]).expect(0);
    assert!(said(id).contains(r#""cut \ud83d""#), "{}", said(id));
    let nodes = std::fs::read_to_string(desk.path("data/corpus/nodes.json")).unwrap();
    assert!(nodes.contains("a\\u0000b"));
}

#[test]
fn an_answer_that_looks_like_an_option_is_an_answer() {
    let desk = Desk::new();
    let id = desk
        .run(&["add", "--question", "-x", "--answer", "--yes"])
        .expect(0);
    let kept = desk.json(&["get", id.stdout.trim_end()]);
    assert_eq!(
        (&kept["human_content"], &kept["assistant_content"]),
        (&"-x".into(), &"--yes".into())
    );
}

#[test]
fn what_a_memory_says_controls_no_terminal() {
    let desk = Desk::new();
    let evil = "\x1b]0;owned\x07 worker \x1b[2J\u{9b}31m\u{202e}";
    let line = serde_json::json!({
        "question": evil, "answer": evil, "conversation_id": evil, "tags": [evil],
    });
    let ran = desk
        .fed(&["add", "--jsonl", "-"], line.to_string())
        .expect(0);
    let id = ran.stdout.trim_end();
    for args in [
        &["get", id][..],
        &["list"],
        &["search", "worker"],
        &["search", "worker", "--context"],
        &["delete", id],
        &["get", evil],
        &["search", "--like", evil],
        &["list", "--after", evil],
    ] {
        let ran = desk.run(args);
        for (stream, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
            let control = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!text.contains(control), "{args:?} {stream}: {text:?}");
        }
    }
}

#[test]
fn a_query_may_be_anything() {
    let desk = Desk::new();
    let id = desk.add("why?", "because");
    desk.run(&["search", ""])
        .expect(2)
        .says("the query is empty");
    for query in [
        "?",
        "'; DROP TABLE x; --",
        "%_*\\",
        "\u{0301}",
        &"long ".repeat(20_000),
    ] {
        let found = desk.json(&["search", query]);
        assert_eq!(found["rows_in_scope"], 1, "{query:.20}");
    }
    assert_eq!(ids(&desk.json(&["search", "WHY"])["hits"]), [id]);
    desk.run(&["search"]).expect(2);
    desk.run(&["search", "x", "--recency", "0"])
        .expect(2)
        .says("above 0");
    desk.run(&["search", "x", "--vector", "none.npy"])
        .expect(2)
        .says("reading none.npy failed");
}
