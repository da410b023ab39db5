//! A memory says something.

use std::process::Stdio;

use crate::support::Desk;

/// What shows nothing: white space of any script, controls, and characters without width.
const BLANK: [&str; 6] = [
    "",
    "   ",
    "\t\r\n",
    "\u{3000}\u{a0}",
    "\u{200b}\u{feff}",
    "\u{2800}",
];

#[test]
fn a_memory_that_says_nothing_is_refused_wherever_it_comes_from() {
    let desk = Desk::new();
    for text in BLANK {
        let refused = desk.run(&["add", "--question", text, "--answer", text]);
        refused
            .expect(2)
            .says("are both blank")
            .says("try: tulving add");
        desk.run(&["add", "--question", text]).expect(2);
        desk.fed(&["add", "--question", "-"], text).expect(2);
        let line = serde_json::json!({"question": text, "answer": text});
        let lines = format!("{{\"question\":\"first\"}}\n{line}\n");
        let refused = desk.fed(&["add", "--jsonl", "-"], &lines).expect(3);
        refused.says("stdin, line 2: ").says("both blank");
    }
    // Nobody says anything on a stdin that is closed.
    let mut add = desk.command(&["add", "--question", "-"]);
    let ran = add.stdin(Stdio::null()).output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
    assert_eq!(desk.ids().len(), 0);
}

#[test]
fn a_conversation_in_which_nothing_is_said_is_refused_as_one() {
    let desk = Desk::new();
    let blank = r#"{"messages":[{"role":"user","content":" "}]}"#;
    for line in [r#"{"messages":[]}"#, blank] {
        let refused = desk.fed(&["add", "--jsonl", "-"], line).expect(3);
        refused.says("stdin, line 1: a conversation in which nothing is said is not kept");
    }
}

#[test]
fn a_question_or_an_answer_alone_is_a_memory() {
    let desk = Desk::new();
    desk.run(&["add", "--question", "?"]).expect(0);
    desk.run(&["add", "--question", "", "--answer", "Paris."])
        .expect(0);
    desk.fed(&["add", "--jsonl", "-"], r#"{"question":"","answer":"a"}"#)
        .expect(0);
    assert_eq!(desk.ids().len(), 3);
}

#[test]
fn a_memory_is_not_made_blank_and_one_that_is_stays_useful() {
    let desk = Desk::new();
    let id = desk.add("Why?", "");
    for text in BLANK {
        desk.run(&["update", &id, "--question", text])
            .expect(2)
            .says("both blank");
        desk.run(&["update", &id, "--answer", text]).expect(0);
    }
    assert_eq!(desk.json(&["get", &id])["human_content"], "Why?");
    desk.run(&["compact"]).expect(0);
    // The origin kept such memories: they are read, and what else is known of them can change.
    let nodes = desk.path("data/corpus/nodes.json");
    let text = std::fs::read_to_string(&nodes).unwrap();
    std::fs::write(&nodes, text.replace("Why?", " ")).unwrap();
    assert_eq!(desk.json(&["get", &id])["human_content"], " ");
    desk.run(&["update", &id, "--tag", "empty"]).expect(0);
    desk.run(&["update", &id, "--answer", "Because."]).expect(0);
}
